"""What no plan can avoid, and how evenly or by how few its minutes can be served: bounds by counting, at any size.

The rules are those of `linkage.kernels.roster.counting`: of what may stay empty, the longest for the least goes empty.
It looks at totals alone, so the bounds are valid but may be loose.
"""

from __future__ import annotations

import numpy as np

from linkage.kernels.roster.scale.facts import (
    CAP,
    HIGH,
    IS_LEAD,
    LEAD_COST,
    LOW,
    MINIMUM,
    MINUTES,
    PERIOD,
    PERSON,
    SEAT,
    SEAT_END,
    SEATS,
    SHIFT,
    SHIFT_OF,
    TARGET,
    Facts,
    Integers,
)
from linkage.kernels.roster.scale.state import FAIRNESS_MINUTES


def least_minutes(facts: Facts, uncovered: int) -> int:
    """Fewest person-minutes a plan serves if its empty places may cost this much; rounded down.

    A seat has its minimum places at the dear price and the rest at the cheap one.
    """
    seats = facts.seats
    minutes = np.tile(facts.shifts[seats[:, SHIFT_OF], MINUTES], 2)
    places = np.concatenate((seats[:, TARGET] - seats[:, MINIMUM], seats[:, MINIMUM]))
    cost = np.concatenate((seats[:, HIGH], seats[:, LOW]))
    left, spared = uncovered, 0
    for row in np.argsort(cost / minutes, kind="stable").tolist():
        each = int(cost[row])
        dropped = int(places[row]) if not each else min(int(places[row]), left // each)
        spared += dropped * int(minutes[row])
        left -= dropped * each
        if each and dropped < places[row]:
            spared += -(-left * int(minutes[row]) // each)
            break
    return max(0, int((places * minutes).sum()) - spared)


def most_minutes(facts: Facts) -> Integers:
    """(n_volunteers,) most minutes each could serve: all pairs, or the cap."""
    sums = np.bincount(
        facts.pairs[:, PERSON],
        weights=facts.shifts[facts.pairs[:, SHIFT], MINUTES],
        minlength=facts.people.shape[0],
    )
    return np.minimum(np.rint(sums).astype(np.int64), facts.people[:, CAP])


def even_load(facts: Facts, minutes: int) -> int:
    """Smallest sum of squares of whole half hours that add up to so many minutes, nobody above the most."""
    most = -(-most_minutes(facts) // FAIRNESS_MINUTES)
    units = min(-(-minutes // FAIRNESS_MINUTES), int(most.sum()))
    low, high = 0, int(most.max(initial=0))
    while low < high:
        middle = (low + high + 1) // 2
        if int(np.minimum(most, middle).sum()) <= units:
            low = middle
        else:
            high = middle - 1
    level = np.minimum(most, low)
    return int((level * level).sum()) + (units - int(level.sum())) * (2 * low + 1)


def never_covered(facts: Facts) -> int:
    """What the places cost for which there are too few people, each seat on its own."""
    seats, shift = facts.seats, facts.pairs[:, SHIFT]
    able = np.zeros(seats.shape[0], dtype=np.int64)
    first, end = facts.shifts[shift, SEAT], facts.shifts[shift, SEAT_END]
    for place in range(int((facts.shifts[:, SEAT_END] - facts.shifts[:, SEAT]).max(initial=0))):
        may = (first + place < end) & (facts.pairs[:, SEATS] >> place & 1 == 1)
        able += np.bincount(first[may] + place, minlength=able.size)
    below = np.maximum(seats[:, MINIMUM] - able, 0)
    cheap = np.maximum(seats[:, TARGET] - np.maximum(able, seats[:, MINIMUM]), 0)
    return int((below * seats[:, LOW] + cheap * seats[:, HIGH]).sum())


def never_promised(facts: Facts) -> int:
    """Minutes by which pledges lie beyond what each person could serve in each period."""
    missing = 0
    period, minutes = facts.shifts[facts.pairs[:, SHIFT], PERIOD], facts.shifts[facts.pairs[:, SHIFT], MINUTES]
    for number in range(facts.owed.shape[1]):
        own = np.where(period == number, minutes, 0)
        sums = np.bincount(facts.pairs[:, PERSON], weights=own, minlength=facts.people.shape[0])
        reach = np.minimum(np.rint(sums).astype(np.int64), facts.people[:, CAP])
        missing += int(np.maximum(facts.owed[:, number] - reach, 0).sum())
    return missing


def never_led(facts: Facts) -> int:
    """What the shifts cost that nobody could lead."""
    leads = facts.people[facts.pairs[:, PERSON], IS_LEAD] == 1
    able = np.bincount(facts.pairs[leads, SHIFT], minlength=facts.shifts.shape[0])
    return int(facts.shifts[able == 0, LEAD_COST].sum())


def fewest_people(facts: Facts, minutes: int) -> int:
    """Fewest people who could serve so many minutes."""
    reach = np.sort(most_minutes(facts))[::-1].cumsum()
    return min(int(np.searchsorted(reach, minutes)) + 1, reach.size) if minutes > 0 else 0
