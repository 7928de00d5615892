"""Bounds by counting, without a solver and at any size: what no plan can avoid, seen seat by seat and person by person.

A seat that too few people can take, a lead nobody can be, a pledge beyond the person's own limits; and how evenly,
or by how few, the minutes that must be served can be served. They look at one thing at a time, so they are valid
but may be loose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from heapq import heapify, heapreplace
from math import ceil
from typing import Final

import numpy as np

from linkage.kernels.roster.fewest.overlap import overlap_bound
from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.objective import FAIRNESS_MINUTES, Costs, load_units
from linkage.terms import RosterObjective

_OF_LOAD: Final = frozenset({RosterObjective.UNFAIRNESS, RosterObjective.PEOPLE_USED})


class Counted:
    """What was counted for one problem, so that it is counted once."""

    def __init__(self, costs: Costs) -> None:
        self.costs = costs
        self._unavoidable: dict[RosterObjective, int] = {}

    @cached_property
    def reach(self) -> list[int]:
        """Bound the minutes each volunteer could serve."""
        return reach_minutes(self.costs.facts)

    @cached_property
    def most_filled(self) -> list[int]:
        """Bound the people on each seat."""
        return _most_filled(self.costs)

    def unavoidable(self, objective: RosterObjective) -> int:
        """Bound one term by what is impossible for each seat, shift, person or pair on its own."""
        if objective not in self._unavoidable:
            self._unavoidable[objective] = _unavoidable(self, objective)
        return self._unavoidable[objective]

    @cached_property
    def items(self) -> list[tuple[int, int, int]]:
        """Cost of leaving one place empty, minutes it spares, number of such places; the cheapest minutes first."""
        costs, found = self.costs, []
        for seat, shift in enumerate(costs.facts.problem.seats.shift.tolist()):
            minutes, (low, high) = costs.facts.minutes[shift], costs.place_cost[seat]
            filled = self.most_filled[seat]
            found.append((high, minutes, max(0, filled - costs.minimum[seat])))
            found.append((low, minutes, min(filled, costs.minimum[seat])))
        return sorted((item for item in found if item[2]), key=lambda item: item[0] / item[1])

    def warm(self) -> None:
        """Count now what will be asked for."""
        _ = self.items
        for level in self.costs.levels:
            counting_bound(self, level, {})


def reach_minutes(facts: HardFacts, period: int | None = None) -> list[int]:
    """Bound the minutes each volunteer could serve (in one pledge period, if given) under the caps, clashes aside."""
    people, order = facts.problem.volunteers, facts.order
    day = facts.problem.shifts.day[order]
    if order.size == 0:
        return [0] * facts.problem.volunteer_count
    minutes = facts.problem.shifts.minutes[order]
    if period is not None:
        minutes = np.where(facts.problem.periods[day] == period, minutes, 0)
    first = np.flatnonzero(np.diff(day, prepend=-1))
    offered = np.where(facts.candidate[:, order], minutes.astype(np.int32), np.int32(0))
    by_day = np.minimum(np.add.reduceat(offered, first, axis=1, dtype=np.int64), people.max_minutes_day[:, None])
    week = facts.problem.weeks[day[first]]
    by_week = np.add.reduceat(by_day, np.flatnonzero(np.diff(week, prepend=-1)), axis=1)
    total = np.minimum(by_week, people.max_minutes_week[:, None]).sum(axis=1)
    reach: list[int] = np.minimum(total, people.max_minutes).tolist()
    return reach


def _most_filled(costs: Costs) -> list[int]:
    """Bound the people on each seat by its target and by how many may take it."""
    people, seats, crews = costs.facts.problem.volunteers, costs.facts.problem.seats, costs.facts.crews
    most = []
    for shift, skill, end, target in zip(
        seats.shift.tolist(),
        seats.skill.tolist(),
        costs.facts.problem.shifts.end[seats.shift].tolist(),
        costs.target,
        strict=True,
    ):
        able = crews[shift]
        if skill >= 0:
            able = able & people.skills[:, skill] & (people.skill_until[:, skill] >= end)
        most.append(min(int(able.sum()), target))
    return most


def least_minutes(counted: Counted, uncovered: int) -> int:
    """Fewest person-minutes a plan serves if its empty places may cost this much.

    What nobody can fill is empty in every plan; of what is left to lose, the longest for the least go empty.
    """
    left = max(0.0, uncovered - counted.unavoidable(RosterObjective.UNCOVERED))
    total = spared = 0.0
    for cost, minutes, count in counted.items:
        total += minutes * count
        dropped = float(count) if cost == 0 else min(float(count), left / cost)
        spared += dropped * minutes
        left -= dropped * cost
    return max(0, ceil(total - spared - 1e-6))


def _even_load(units: int, most: Sequence[int]) -> int:
    """Smallest sum of squares of whole loads that add up to `units`, none above its most."""
    heap = [(1, m) for m in most if m > 0]
    heapify(heap)
    total = 0
    for _ in range(min(units, sum(most))):
        step, room = heap[0]
        total += step
        heapreplace(heap, (step + 2, room - 1) if room > 1 else (1 << 60, 0))
    return total


def _unavoidable(counted: Counted, objective: RosterObjective) -> int:
    """Bound one term by what is impossible for each seat, shift, person or pair on its own."""
    costs, facts = counted.costs, counted.costs.facts
    if objective is RosterObjective.UNCOVERED:
        return sum(costs.uncovered(seat, count) for seat, count in enumerate(counted.most_filled))
    if objective is RosterObjective.LEAD_MISSING:
        return sum(
            cost
            for shift, cost in enumerate(costs.lead_cost)
            if cost and not any(costs.is_lead[v] for v in facts.people_of[shift])
        )
    if objective is RosterObjective.PLEDGE_SHORTFALL:
        return sum(
            max(0, costs.pledge[volunteer][period] - reach)
            for period in range(facts.problem.period_count)
            for volunteer, reach in enumerate(reach_minutes(facts, period))
        )
    if objective is RosterObjective.DISTURBANCE:
        return sum(not facts.candidate[pair] for pair in facts.previous)
    return _least_preference(costs)


def _least_preference(costs: Costs) -> int:
    """Bound preference: wishes that cannot be followed, less what groups save if they are together wherever they can."""
    facts = costs.facts
    unmet = sum(
        weight for v, wishes in enumerate(costs.wished) for s, weight in wishes.items() if not facts.candidate[v, s]
    )
    groups = facts.problem.volunteers.group
    for group in np.unique(groups[groups >= 0]).tolist():
        able = facts.candidate[groups == group].sum(axis=0)
        unmet -= facts.problem.together_weight * int(np.maximum(0, able - 1).sum())
    return unmet


def _load_bound(counted: Counted, objective: RosterObjective, minutes: int) -> int:
    """Bound fairness or people used by the minutes that must be served in all."""
    if objective is RosterObjective.UNFAIRNESS:
        return _even_load(-(-minutes // FAIRNESS_MINUTES), [load_units(most) for most in counted.reach])
    people, left = 0, minutes
    for most in sorted(counted.reach, reverse=True):
        if left <= 0 or most == 0:
            break
        people, left = people + 1, left - most
    return people


def counting_bound(
    counted: Costs | Counted, level: Sequence[RosterObjective], earlier: Mapping[RosterObjective, int]
) -> int:
    """Bound a level given the most that earlier levels allow each term to be."""
    counted = counted if isinstance(counted, Counted) else Counted(counted)
    costs = counted.costs
    minutes = least_minutes(counted, earlier[RosterObjective.UNCOVERED]) if RosterObjective.UNCOVERED in earlier else 0
    bound = 0
    for objective in level:
        if objective in _OF_LOAD:
            term = _load_bound(counted, objective, minutes)
            if objective is RosterObjective.PEOPLE_USED and RosterObjective.UNCOVERED in earlier:
                slack = earlier[RosterObjective.UNCOVERED] - counted.unavoidable(RosterObjective.UNCOVERED)
                term = max(term, overlap_bound(costs, counted.most_filled, slack))
        else:
            term = counted.unavoidable(objective)
        bound += costs.facts.problem.weight_of(objective) * term
    return bound
