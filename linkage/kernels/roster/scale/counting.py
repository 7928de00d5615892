"""How evenly, or by how few, the minutes that must be served can be served: bounds by counting, at any size.

The rules are those of `linkage.kernels.roster.counting`: of what may stay empty, the longest for the least goes empty.
It looks at totals alone, so the bounds are valid but may be loose.
"""

from __future__ import annotations

import numpy as np

from linkage.kernels.roster.scale.facts import (
    CAP,
    HIGH,
    LOW,
    MINIMUM,
    MINUTES,
    PERSON,
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


def fewest_people(facts: Facts, minutes: int) -> int:
    """Fewest people who could serve so many minutes."""
    reach = np.sort(most_minutes(facts))[::-1].cumsum()
    return min(int(np.searchsorted(reach, minutes)) + 1, reach.size) if minutes > 0 else 0
