"""What no plan can avoid, and how evenly or by how few its minutes can be served: bounds by counting, at any size.

The rules are those of `linkage.kernels.roster.counting`: of what may stay empty, the longest for the least goes empty.
It looks at totals alone, so the bounds are valid but may be loose.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from linkage.kernels.compiled import compiled
from linkage.kernels.roster.scale.facts import (
    CAP,
    GROUP,
    HIGH,
    IS_LEAD,
    LEAD_COST,
    LOW,
    MINIMUM,
    MINUTES,
    PERIOD,
    SEAT,
    SEAT_END,
    SEATS,
    SHIFT,
    SHIFT_OF,
    TARGET,
    TOGETHER,
    Facts,
    Integers,
)
from linkage.kernels.roster.scale.state import (
    FAIRNESS_MINUTES,
    LEAD,
    PEOPLE,
    PLEDGE,
    PREFERENCE,
    UNCOVERED,
    UNFAIRNESS,
)

CHUNK_PEOPLE: Final = 200
"""Volunteers counted between two looks at the clock."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Counts:
    """What was counted over all pairs, once.

    Parameters
    ----------
    uncovered
        What the places cost for which there are too few people, each seat on its own.
    lead
        What the shifts cost that nobody could lead.
    pledge
        Minutes by which pledges lie beyond what each person could serve in each period.
    most
        (n_volunteers,) most minutes each could serve: all pairs, or the cap.
    """

    uncovered: int
    lead: int
    pledge: int
    most: Integers

    @classmethod
    def of(cls, facts: Facts, has_time: Callable[[], bool]) -> Counts | None:
        """Count, or give None where the time is up."""
        seats, people = facts.seats, facts.people.shape[0]
        able, leads = np.zeros(seats.shape[0], dtype=np.int64), np.zeros(facts.shifts.shape[0], dtype=np.int64)
        served = np.zeros_like(facts.owed)
        for first in range(0, people, CHUNK_PEOPLE):
            if not has_time():
                return None
            _count(facts, (first, min(first + CHUNK_PEOPLE, people)), able, leads, served)
        below = np.maximum(seats[:, MINIMUM] - able, 0)
        cheap = np.maximum(seats[:, TARGET] - np.maximum(able, seats[:, MINIMUM]), 0)
        return cls(
            uncovered=int((below * seats[:, LOW] + cheap * seats[:, HIGH]).sum()),
            lead=int(facts.shifts[leads == 0, LEAD_COST].sum()),
            pledge=int(np.maximum(facts.owed - np.minimum(served, facts.people[:, CAP, None]), 0).sum()),
            most=np.minimum(served.sum(axis=1), facts.people[:, CAP]),
        )


@compiled
def _count(facts: Facts, span: tuple[int, int], able: Integers, leads: Integers, served: Integers) -> None:
    """Count who could take each seat and lead each shift, and each one's minutes by period, for some volunteers."""
    for volunteer in range(span[0], span[1]):
        is_lead = facts.people[volunteer, IS_LEAD]
        for pair in range(facts.pair_first[volunteer], facts.pair_first[volunteer + 1]):
            shift = facts.pairs[pair, SHIFT]
            bits = facts.pairs[pair, SEATS]
            for seat in range(facts.shifts[shift, SEAT], facts.shifts[shift, SEAT_END]):
                able[seat] += bits & 1
                bits >>= 1
            leads[shift] += is_lead
            served[volunteer, facts.shifts[shift, PERIOD]] += facts.shifts[shift, MINUTES]


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


def even_load(most_minutes: Integers, minutes: int) -> int:
    """Smallest sum of squares of whole half hours that add up to so many minutes, nobody above the most."""
    most = -(-most_minutes // FAIRNESS_MINUTES)
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


def fewest_people(most_minutes: Integers, minutes: int) -> int:
    """Fewest people who could serve so many minutes."""
    reach = np.sort(most_minutes)[::-1].cumsum()
    return min(int(np.searchsorted(reach, minutes)) + 1, reach.size) if minutes > 0 else 0


@dataclass(kw_only=True, eq=False)
class Leasts:
    """The least each level can be, by counting; where the pairs were not counted, by the places and the caps alone."""

    facts: Facts
    levels: list[Integers]
    counts: Counts | None = None
    _minutes: dict[int, int] = field(default_factory=dict)

    def of(self, level: Integers, before: list[int]) -> int:
        """Bound a level, given the values of those before it and what their coverage asks for."""
        counts, facts = self.counts, self.facts
        least = 0
        if counts:
            least = int(level[UNCOVERED] * counts.uncovered + level[LEAD] * counts.lead + level[PLEDGE] * counts.pledge)
        if facts.limits[TOGETHER] and level[PREFERENCE]:
            most_own = np.diff(facts.pair_first) if counts else facts.shifts.shape[0]
            grouped = int(((facts.people[:, GROUP] >= 0) * most_own).sum())
            least -= int(level[PREFERENCE] * facts.limits[TOGETHER]) * grouped
        most = counts.most if counts else facts.people[:, CAP]
        for weight, value in zip(self.levels, before, strict=False):
            if weight[UNCOVERED]:
                minutes = self._least_minutes(value // int(weight[UNCOVERED]))
                least += int(level[UNFAIRNESS]) * even_load(most, minutes) if level[UNFAIRNESS] else 0
                least += int(level[PEOPLE]) * fewest_people(most, minutes) if level[PEOPLE] else 0
        return least

    def _least_minutes(self, uncovered: int) -> int:
        if uncovered not in self._minutes:
            self._minutes[uncovered] = least_minutes(self.facts, uncovered)
        return self._minutes[uncovered]
