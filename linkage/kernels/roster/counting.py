"""Bounds by counting: how little must be served in all, and how evenly or by how few that can be done.

Cheap at any size and without a solver. They ignore who may serve what, beyond how many minutes each person
could serve at most, so they are valid but may be loose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heapify, heapreplace
from math import ceil

from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.objective import FAIRNESS_MINUTES, Costs, load_units
from linkage.terms import RosterObjective


def reach_minutes(facts: HardFacts) -> list[int]:
    """Bound the minutes each volunteer could serve from above: candidates under the day, week and horizon caps."""
    people = facts.problem.volunteers
    caps = (people.max_minutes_day.tolist(), people.max_minutes_week.tolist(), people.max_minutes.tolist())
    reach = []
    for volunteer, own in enumerate(facts.shifts_of):
        days: dict[int, int] = {}
        for shift in own:
            days[facts.day[shift]] = days.get(facts.day[shift], 0) + facts.minutes[shift]
        weeks: dict[int, int] = {}
        for day, minutes in days.items():
            week = int(facts.problem.weeks[day])
            weeks[week] = weeks.get(week, 0) + min(minutes, caps[0][volunteer])
        reach.append(min(sum(min(minutes, caps[1][volunteer]) for minutes in weeks.values()), caps[2][volunteer]))
    return reach


def least_minutes(costs: Costs, uncovered: int) -> int:
    """Fewest person-minutes a plan serves if its empty places may cost this much: the longest for the least go empty."""
    facts = costs.facts
    items = []
    total = 0
    for seat, shift in enumerate(facts.problem.seats.shift.tolist()):
        minutes, (low, high) = facts.minutes[shift], costs.place_cost[seat]
        total += minutes * costs.target[seat]
        items.append((high, minutes, costs.target[seat] - costs.minimum[seat]))
        items.append((low, minutes, costs.minimum[seat]))
    left = float(uncovered)
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


def counting_bound(costs: Costs, level: Sequence[RosterObjective], earlier: Mapping[RosterObjective, int]) -> int:
    """Bound a level given the most that earlier levels allow each term to be."""
    minutes = least_minutes(costs, earlier[RosterObjective.UNCOVERED]) if RosterObjective.UNCOVERED in earlier else 0
    reach = reach_minutes(costs.facts)
    weight_of = costs.facts.problem.weight_of
    bound = 0
    if RosterObjective.UNFAIRNESS in level:
        units = -(-minutes // FAIRNESS_MINUTES)
        bound += weight_of(RosterObjective.UNFAIRNESS) * _even_load(units, [load_units(m) for m in reach])
    if RosterObjective.PEOPLE_USED in level:
        people, left = 0, minutes
        for most in sorted(reach, reverse=True):
            if left <= 0 or most == 0:
                break
            people, left = people + 1, left - most
        bound += weight_of(RosterObjective.PEOPLE_USED) * people
    return bound
