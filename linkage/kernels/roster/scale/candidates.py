"""Which pairs are worth a look: for every seat and person those that gain most, the rest is priced at the end.

Leaving pairs out changes no bound: before a bound is told, all pairs are priced (`bounds`). Seats nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.kernels.compiled import compiled
from linkage.kernels.roster.scale.facts import (
    IS_LEAD,
    LEAD_COST,
    MARK,
    MINUTES,
    PERSON,
    SEAT,
    SEAT_END,
    SEATS,
    SHIFT,
    TARGET,
    WISH,
    Bytes,
    Facts,
    Integers,
)
from linkage.kernels.roster.scale.state import DISTURBANCE, PREFERENCE
from linkage.kernels.roster.watch import OutOfTime

FEW_PAIRS: Final = 120_000
"""Below so many pairs none are left out."""
LEAST: Final = 30
TIMES: Final = 12
"""Pairs kept for a seat: so many times its places, and not fewer than `LEAST`."""
LEADS: Final = 12
"""Leads kept for a shift that asks for one."""
OWN: Final = 10
"""Pairs kept for a person."""


@compiled
def gains(
    facts: Facts, weight: Integers, price: Integers, lead_price: Integers, span: tuple[int, int], out: Integers
) -> None:
    """Tell what each pair of some volunteers gains at these prices, the load aside."""
    for pair in range(facts.pair_first[span[0]], facts.pair_first[span[1]]):
        shift = facts.pairs[pair, SHIFT]
        bits = facts.pairs[pair, SEATS]
        best = -(1 << 60)
        for seat in range(facts.shifts[shift, SEAT], facts.shifts[shift, SEAT_END]):
            if bits & 1:
                best = max(best, price[seat])
            bits >>= 1
        best -= weight[PREFERENCE] * facts.pairs[pair, WISH]
        best += weight[DISTURBANCE] * (facts.pairs[pair, MARK] & 1)
        if facts.people[facts.pairs[pair, PERSON], IS_LEAD]:
            best += lead_price[shift]
        out[pair] = best


@compiled
def keep_best(facts: Facts, gain: Integers, span: tuple[int, int], keep: Bytes) -> None:
    """Mark the best pairs of every seat (and lead) of some shifts; equal gains are spread over people."""
    for shift in range(span[0], span[1]):
        low, high = facts.shift_first[shift], facts.shift_first[shift + 1]
        key = np.empty(high - low, np.float64)
        for row in range(low, high):
            pair = facts.shift_pair[row]
            key[row - low] = -np.float64(gain[pair]) + ((pair * 40503 + shift * 77) % 1009) / 1009.0
        order = np.argsort(key)
        for seat in range(facts.shifts[shift, SEAT], facts.shifts[shift, SEAT_END]):
            left = max(LEAST, TIMES * facts.seats[seat, TARGET])
            bit = 1 << (seat - facts.shifts[shift, SEAT])
            for row in order:
                if left == 0:
                    break
                pair = facts.shift_pair[low + row]
                if facts.pairs[pair, SEATS] & bit:
                    keep[pair] = 1
                    left -= 1
        left = LEADS if facts.shifts[shift, LEAD_COST] else 0
        for row in order:
            if left == 0:
                break
            pair = facts.shift_pair[low + row]
            if facts.people[facts.pairs[pair, PERSON], IS_LEAD]:
                keep[pair] = 1
                left -= 1


@compiled
def keep_own(facts: Facts, gain: Integers, span: tuple[int, int], keep: Bytes) -> None:
    """Mark the best pairs of some volunteers, by gain for the minute, and those of the previous plan."""
    for volunteer in range(span[0], span[1]):
        low, high = facts.pair_first[volunteer], facts.pair_first[volunteer + 1]
        key = np.empty(high - low, np.float64)
        for pair in range(low, high):
            key[pair - low] = -np.float64(gain[pair]) / facts.shifts[facts.pairs[pair, SHIFT], MINUTES]
            if facts.pairs[pair, MARK]:
                keep[pair] = 1
        order = np.argsort(key)
        for row in order[:OWN]:
            keep[low + row] = 1


def worth_a_look(
    facts: Facts, weight: Integers, prices: tuple[Integers, Integers], has_time: Callable[[], bool]
) -> NDArray[np.int8]:
    """(n_pairs,) 1 for the pairs to be kept at these scaled prices of seats and leads; raise `OutOfTime` when it is up."""
    if facts.pairs.shape[0] <= FEW_PAIRS:
        return np.ones(facts.pairs.shape[0], dtype=np.int8)
    return best_pairs(facts, weight, prices, has_time)


def best_pairs(
    facts: Facts, weight: Integers, prices: tuple[Integers, Integers], has_time: Callable[[], bool]
) -> NDArray[np.int8]:
    """(n_pairs,) 1 for the best pairs of every seat and person, however few there are."""
    keep = np.zeros(facts.pairs.shape[0], dtype=np.int8)
    gain = np.zeros(keep.size, dtype=np.int64)
    people, shifts = facts.people.shape[0], facts.shifts.shape[0]
    for span in _spans(people, 500, has_time):
        gains(facts, weight, *prices, span, gain)
    for span in _spans(shifts, 50, has_time):
        keep_best(facts, gain, span, keep)
    for span in _spans(people, 500, has_time):
        keep_own(facts, gain, span, keep)
    return keep


def _spans(count: int, size: int, has_time: Callable[[], bool]) -> Iterator[tuple[int, int]]:
    """Split the numbers below `count`; raise `OutOfTime` between two spans when it is up."""
    for first in range(0, count, size):
        if not has_time():
            raise OutOfTime
        yield first, min(first + size, count)
