"""The hard rules of a large roster as flat arrays, and which pairs of them are looked at.

`reading` fills the tables from a problem. Chooses nothing and weighs nothing.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linkage.kernels.compiled import compiled

Integers = NDArray[np.int64]
Small = NDArray[np.int32]
Bytes = NDArray[np.int8]

KEPT: Final = 1
FIXED: Final = 2
MOST_SEATS: Final = 30
"""Seat rows of one shift that fit the bits of `pair_seats`."""


PERSON: Final = 0
SHIFT: Final = 1
SEATS: Final = 2
WISH: Final = 3
MARK: Final = 4
"""Columns of `pairs`."""

START: Final = 0
END: Final = 1
MINUTES: Final = 2
DAY: Final = 3
WEEK: Final = 4
PERIOD: Final = 5
PLACE: Final = 6
KIND: Final = 7
STRAIN: Final = 8
LEAD_COST: Final = 9
SEAT: Final = 10
SEAT_END: Final = 11
"""Columns of `shifts`."""

SHIFT_OF: Final = 0
MINIMUM: Final = 1
TARGET: Final = 2
MOST: Final = 3
LOW: Final = 4
HIGH: Final = 5
OVER: Final = 6
ROW: Final = 7
"""Columns of `seats`."""

IS_LEAD: Final = 0
NEWCOMER: Final = 1
EXPERIENCED: Final = 2
GROUP: Final = 3
CAP: Final = 4
CAP_WEEK: Final = 5
CAP_DAY: Final = 6
STRAIN_CAP: Final = 7
REST: Final = 8
PROMISED: Final = 9
"""Columns of `people`."""

BUFFER: Final = 0
TOGETHER: Final = 1
WEEKS: Final = 2
DAYS: Final = 3
DAY_COLUMN: Final = 4
PERIOD_COLUMN: Final = 5
STRAIN_COLUMN: Final = 6
WIDTH: Final = 7
"""Places of `limits`."""


class Facts(NamedTuple):
    """What compiled functions know of a roster. The tables are few and wide: each array passed costs a call time.

    Parameters
    ----------
    pair_first
        (n_volunteers + 1,) the pairs of volunteer v are rows pair_first[v] .. pair_first[v + 1] - 1, by start.
    pairs
        (n_pairs, 5) int32: volunteer; shift; bit i set if the i-th seat of the shift may be taken; what serving adds to
        preference; bits `KEPT` (in the previous plan) and `FIXED`.
    shift_first, shift_pair
        (n_shifts + 1,) and (n_pairs,) the pairs of each shift.
    shifts
        (n_shifts, 12): times, day, week, period, place, kind, strain, cost of a missing lead (0 where none is asked),
        first seat and end of its seats.
    seats
        (n_seats, 8), sorted by shift: shift; people below which one more saves `LOW`, up to which `HIGH`, and at most
        (beyond the target each costs `OVER`); row of the problem.
    people
        (n_volunteers, 10): lead, newcomer, experienced, group, caps, rest, whether a pledge is open.
    owed
        (n_volunteers, n_periods) minutes still owed of the pledge.
    travel, succession
        Shortest minutes between places; 1 where a kind must not follow a kind on the next day.
    limits
        Buffer minutes, weight of serving together, weeks, days, and the columns of `state.State.load`.
    """

    pair_first: Integers
    pairs: Small
    shift_first: Integers
    shift_pair: Small
    shifts: Integers
    seats: Integers
    people: Integers
    owed: Integers
    travel: Integers
    succession: Bytes
    limits: Integers


@compiled
def _by_shift(pairs: Small, shift_first: Integers, shift_pair: Small) -> None:
    """List the pairs of each shift in the order of volunteers."""
    for pair in range(pairs.shape[0]):
        shift_first[pairs[pair, SHIFT] + 1] += 1
    for shift in range(shift_first.size - 1):
        shift_first[shift + 1] += shift_first[shift]
    place = shift_first[:-1].copy()
    for pair in range(pairs.shape[0]):
        shift_pair[place[pairs[pair, SHIFT]]] = pair
        place[pairs[pair, SHIFT]] += 1


def index(pairs: Small, shifts: int) -> tuple[Integers, Small]:
    """List the pairs of each shift."""
    first = np.zeros(shifts + 1, dtype=np.int64)
    rows = np.zeros(pairs.shape[0], dtype=np.int32)
    _by_shift(pairs, first, rows)
    return first, rows


def sift(facts: Facts, keep: NDArray[np.bool_]) -> Facts:
    """Leave only some pairs."""
    pairs = facts.pairs[keep]
    first = np.zeros(facts.pair_first.size, dtype=np.int64)
    np.cumsum(np.bincount(pairs[:, PERSON], minlength=first.size - 1), out=first[1:])
    shift_first, shift_pair = index(pairs, facts.shift_first.size - 1)
    return facts._replace(pair_first=first, pairs=pairs, shift_first=shift_first, shift_pair=shift_pair)
