"""Bounds by counting, without a solver and at any size: what no plan can avoid, seen seat by seat and person by person.

A seat that too few people can take, a lead nobody can be, a pledge beyond the person's own limits; and how evenly,
or by how few, the minutes that must be served can be served. They look at one thing at a time, so they are valid
but may be loose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heapify, heapreplace
from math import ceil

import numpy as np

from linkage.kernels.roster.fewest.overlap import overlap_bound
from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.objective import FAIRNESS_MINUTES, Costs, load_units
from linkage.terms import RosterObjective


def reach_minutes(facts: HardFacts, period: int | None = None) -> list[int]:
    """Bound the minutes each volunteer could serve (in one pledge period, if given) under the caps, clashes aside."""
    people = facts.problem.volunteers
    caps = (people.max_minutes_day.tolist(), people.max_minutes_week.tolist(), people.max_minutes.tolist())
    reach = []
    for volunteer, own in enumerate(facts.shifts_of):
        days: dict[int, int] = {}
        for shift in own:
            if period is not None and facts.period[shift] != period:
                continue
            days[facts.day[shift]] = days.get(facts.day[shift], 0) + facts.minutes[shift]
        weeks: dict[int, int] = {}
        for day, minutes in days.items():
            week = int(facts.problem.weeks[day])
            weeks[week] = weeks.get(week, 0) + min(minutes, caps[0][volunteer])
        reach.append(min(sum(min(minutes, caps[1][volunteer]) for minutes in weeks.values()), caps[2][volunteer]))
    return reach


def _most_filled(costs: Costs) -> list[int]:
    """Bound the people on each seat by its target and by how many may take it."""
    people, seats, candidate = costs.facts.problem.volunteers, costs.facts.problem.seats, costs.facts.candidate
    most = []
    for shift, skill, end, target in zip(
        seats.shift.tolist(),
        seats.skill.tolist(),
        costs.facts.problem.shifts.end[seats.shift].tolist(),
        costs.target,
        strict=True,
    ):
        able = candidate[:, shift]
        if skill >= 0:
            able = able & people.skills[:, skill] & (people.skill_until[:, skill] >= end)
        most.append(min(int(able.sum()), target))
    return most


def least_minutes(costs: Costs, uncovered: int) -> int:
    """Fewest person-minutes a plan serves if its empty places may cost this much.

    What nobody can fill is empty in every plan; of what is left to lose, the longest for the least go empty.
    """
    facts = costs.facts
    filled = _most_filled(costs)
    items = []
    total = 0
    for seat, shift in enumerate(facts.problem.seats.shift.tolist()):
        minutes, (low, high) = facts.minutes[shift], costs.place_cost[seat]
        total += minutes * filled[seat]
        items.append((high, minutes, max(0, filled[seat] - costs.minimum[seat])))
        items.append((low, minutes, min(filled[seat], costs.minimum[seat])))
    left = max(0.0, uncovered - sum(costs.uncovered(seat, count) for seat, count in enumerate(filled)))
    spared = 0.0
    for cost, minutes, count in sorted(items, key=lambda item: item[0] / item[1]):
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


def _unavoidable(costs: Costs, objective: RosterObjective) -> int:
    """Bound one term by what is impossible for each seat, shift, person or pair on its own."""
    facts = costs.facts
    if objective is RosterObjective.UNCOVERED:
        return sum(costs.uncovered(seat, count) for seat, count in enumerate(_most_filled(costs)))
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


def _load_bound(costs: Costs, objective: RosterObjective, minutes: int) -> int:
    """Bound fairness or people used by the minutes that must be served in all."""
    reach = reach_minutes(costs.facts)
    if objective is RosterObjective.UNFAIRNESS:
        return _even_load(-(-minutes // FAIRNESS_MINUTES), [load_units(most) for most in reach])
    people, left = 0, minutes
    for most in sorted(reach, reverse=True):
        if left <= 0 or most == 0:
            break
        people, left = people + 1, left - most
    return people


def counting_bound(costs: Costs, level: Sequence[RosterObjective], earlier: Mapping[RosterObjective, int]) -> int:
    """Bound a level given the most that earlier levels allow each term to be."""
    minutes = least_minutes(costs, earlier[RosterObjective.UNCOVERED]) if RosterObjective.UNCOVERED in earlier else 0
    bound = 0
    for objective in level:
        if objective in {RosterObjective.UNFAIRNESS, RosterObjective.PEOPLE_USED}:
            term = _load_bound(costs, objective, minutes)
            if objective is RosterObjective.PEOPLE_USED and RosterObjective.UNCOVERED in earlier:
                slack = earlier[RosterObjective.UNCOVERED] - _unavoidable(costs, RosterObjective.UNCOVERED)
                term = max(term, overlap_bound(costs, _most_filled(costs), slack))
        else:
            term = _unavoidable(costs, objective)
        bound += costs.facts.problem.weight_of(objective) * term
    return bound
