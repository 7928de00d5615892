"""Whole numbers that many rows make up together: how many people are missing, or too many, at one weight.

In every plan such a sum is whole, though no row tells it; parts of the search may bound it. Here are the sums a
problem has and what each row adds to them. Prices and bounds of sums belong to `master`, splitting to `branch`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from linkage.kernels.roster.duty.tables import HARD, Integers

Floats = NDArray[np.float64]
MOST_SUMS = 6
"""Sums looked at, the steepest first."""


def segments_of(row_cost: Integers, most: int) -> list[tuple[int, int, int]]:
    """Split the cost of a row at 0 .. `most` people where its slope changes: slope, first and last number."""
    slopes = np.diff(row_cost[: most + 1])
    slopes = slopes[slopes < HARD // 2]
    if slopes.size == 0:
        return []
    starts = [0, *(np.flatnonzero(np.diff(slopes)) + 1).tolist(), slopes.size]
    return [(int(slopes[first]), first, last) for first, last in pairwise(starts)]


class Sums:
    """The sums over all segments of the same slope, the steepest first.

    Parameters
    ----------
    segments
        Of every row, as `segments_of` gives them.
    numbers
        How many numbers of people are told apart.

    Attributes
    ----------
    members
        (row, segment) of every sum.
    adds
        (n_sums, n_rows, numbers) int64 what a row adds to a sum when so many cover it.
    most
        (n_sums,) int64 largest value.
    """

    def __init__(self, segments: Sequence[Sequence[tuple[int, int, int]]], numbers: int) -> None:
        by_slope: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for row, parts in enumerate(segments):
            for index, (slope, _, _) in enumerate(parts):
                if slope:
                    by_slope[slope].append((row, index))
        several = sorted((slope for slope in by_slope if len(by_slope[slope]) > 1), key=lambda s: (-abs(s), s))
        self.members = [by_slope[slope] for slope in several[:MOST_SUMS]]
        self.adds = np.zeros((len(self.members), len(segments), numbers), dtype=np.int64)
        count = np.arange(numbers)
        for index, members in enumerate(self.members):
            for row, part in members:
                _, first, last = segments[row][part]
                self.adds[index, row] += np.clip(count - first, 0, last - first)
        self.most: Integers = self.adds.max(axis=2, initial=0).sum(axis=1)

    def tilt(self, reduced: Integers, price: Integers) -> Integers:
        """Charge rows for what they add to sums at these prices."""
        if not price.any():
            return reduced
        tilted: Integers = reduced - np.tensordot(price, self.adds, axes=1)
        return tilted

    def floor(self, price: Integers, low: Integers, high: Integers) -> int:
        """Give the least that sums within bounds are worth at these prices."""
        return int(np.where(price > 0, price * low, price * high).sum())

    def uphill(self, price: Floats, low: Integers, high: Integers, wanted: Integers) -> Floats:
        """Say in which direction prices of sums would raise the bound when rows have their `wanted` numbers."""
        value: Integers = self.adds[:, np.arange(wanted.size), wanted].sum(axis=1)
        bound = np.where(price > 0, low, np.where(price < 0, high, np.clip(value, low, high)))
        return (bound - value).astype(np.float64)
