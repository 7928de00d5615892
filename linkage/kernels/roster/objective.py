"""What a plan costs: the seven terms as exact integers, and one integer that orders plans lexicographically.

The single integer gives every level a factor larger than all the levels behind it can reach together; Python's
integers do not overflow, so comparing two of them is comparing the levels in order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from linkage.kernels.roster.hard import HardFacts
from linkage.terms import RosterObjective

FAIRNESS_MINUTES = 30
"""Unfairness is the sum of squared loads in units of this length, begun units counted whole."""


def load_units(minutes: int) -> int:
    """Count begun units of load."""
    return -(-minutes // FAIRNESS_MINUTES)


def _ranges(
    facts: HardFacts, place_cost: list[tuple[int, int]], lead_cost: list[int], pledge: list[list[int]]
) -> tuple[dict[RosterObjective, int], dict[RosterObjective, int]]:
    """Return the largest value each term can reach and one it cannot go below."""
    problem, seats = facts.problem, facts.problem.seats
    volunteer, shift = np.nonzero(facts.candidate)
    offered = np.zeros(problem.volunteer_count, dtype=np.int64)
    np.add.at(offered, volunteer, problem.shifts.minutes[shift])
    reach = np.minimum(offered, problem.volunteers.max_minutes)
    uncovered = 0
    for (low, high), small, large, limit, over in zip(
        place_cost,
        seats.minimum.tolist(),
        seats.target.tolist(),
        seats.maximum.tolist(),
        seats.over_weight.tolist(),
        strict=True,
    ):
        beyond = over * max(0, min(limit, problem.volunteer_count) - large)
        uncovered += max(low * small + high * (large - small), beyond)
    sizes = np.unique(problem.volunteers.group[problem.volunteers.group >= 0], return_counts=True)[1]
    together = problem.together_weight * int(np.maximum(0, sizes - 1).sum()) * problem.shift_count
    most = {
        RosterObjective.UNCOVERED: uncovered,
        RosterObjective.LEAD_MISSING: sum(lead_cost),
        RosterObjective.PLEDGE_SHORTFALL: sum(map(sum, pledge)),
        RosterObjective.DISTURBANCE: len(facts.previous),
        RosterObjective.PREFERENCE: sum(problem.requests.weight.tolist()),
        RosterObjective.UNFAIRNESS: sum(load_units(minutes) ** 2 for minutes in reach.tolist()),
        RosterObjective.PEOPLE_USED: problem.volunteer_count,
    }
    return most, dict.fromkeys(RosterObjective, 0) | {RosterObjective.PREFERENCE: -together}


@dataclass(frozen=True, kw_only=True, eq=False)
class Costs:
    """The problem's weights as plain lists; build with `of`.

    Parameters
    ----------
    unit
        Lexicographic cost of one unit of each term, 0 for a term that is not in the objectives.
    most
        Largest value each term can reach.
    floor
        A value each term cannot go below.
    penalty
        More than all levels together: what each person left without the company that a hard rule demands costs while
        a plan is in the making.
    place_cost
        For every seat, cost of one missing person below minimum and between minimum and target, in `uncovered`.
    savings
        For every seat, what the first, second, ... person saves in `uncovered`; whoever comes after the last saves
        (or, below 0, costs) as much as the last.
    pledge
        For every volunteer and period, minutes still owed at the start.
    group
        Number of every volunteer's group, -1 for none.
    """

    facts: HardFacts
    levels: tuple[tuple[RosterObjective, ...], ...]
    unit: dict[RosterObjective, int]
    most: dict[RosterObjective, int]
    floor: dict[RosterObjective, int]
    penalty: int
    place_cost: list[tuple[int, int]]
    savings: list[list[int]]
    minimum: list[int]
    target: list[int]
    lead_cost: list[int]
    is_lead: list[bool]
    pledge: list[list[int]]
    wished: list[dict[int, int]]
    unwished: list[dict[int, int]]
    kept: list[set[int]]
    group: list[int]

    @classmethod
    def of(cls, facts: HardFacts) -> Costs:
        """Read the weights out of the problem."""
        problem = facts.problem
        priority = problem.shifts.priority.tolist()
        seats = problem.seats
        place_cost = [
            (priority[shift] * under * problem.minimum_factor, priority[shift] * under)
            for shift, under in zip(seats.shift.tolist(), seats.under_weight.tolist(), strict=True)
        ]
        owed = problem.volunteers.pledge_minutes[:, None] - problem.served
        pledge = [[max(0, left) for left in row] for row in owed.tolist()]
        wished: list[dict[int, int]] = [{} for _ in range(problem.volunteer_count)]
        unwished: list[dict[int, int]] = [{} for _ in range(problem.volunteer_count)]
        wishes = problem.requests
        for volunteer, shift, want, weight in zip(
            wishes.volunteer.tolist(), wishes.shift.tolist(), wishes.want.tolist(), wishes.weight.tolist(), strict=True
        ):
            (wished if want else unwished)[volunteer][shift] = weight
        kept: list[set[int]] = [set() for _ in range(problem.volunteer_count)]
        for volunteer, shift in facts.previous:
            kept[volunteer].add(shift)
        lead_cost = [p if asks else 0 for p, asks in zip(priority, problem.shifts.leads.tolist(), strict=True)]
        minimum, target, over = seats.minimum.tolist(), seats.target.tolist(), seats.over_weight.tolist()
        people = problem.volunteer_count
        savings = []
        for (low, high), small, large, beyond in zip(place_cost, minimum, target, over, strict=True):
            below = min(small, people)
            savings.append([low] * below + [high] * (min(large, people) - below) + [-beyond])
        most, floor = _ranges(facts, place_cost, lead_cost, pledge)
        unit = dict.fromkeys(RosterObjective, 0)
        scale = 1
        for level in reversed(problem.objectives):
            for term in level:
                unit[term] = scale * problem.weight_of(term)
            scale *= 1 + sum((most[term] - floor[term]) * problem.weight_of(term) for term in level)
        return cls(
            facts=facts,
            levels=problem.objectives,
            unit=unit,
            most=most,
            floor=floor,
            penalty=scale,
            place_cost=place_cost,
            savings=savings,
            minimum=minimum,
            target=target,
            lead_cost=lead_cost,
            is_lead=problem.volunteers.leads.tolist(),
            pledge=pledge,
            wished=wished,
            unwished=unwished,
            kept=kept,
            group=problem.volunteers.group.tolist(),
        )

    def level_value(self, level: Sequence[RosterObjective], terms: Mapping[RosterObjective, int]) -> int:
        """Weighted sum of a level."""
        return sum(self.facts.problem.weight_of(term) * terms[term] for term in level)

    def level_floor(self, level: Sequence[RosterObjective]) -> int:
        """Give a value that no plan goes below on a level."""
        return self.level_value(level, self.floor)

    def saving(self, seat: int, filled: int) -> int:
        """What one more person saves in `uncovered` where `filled` sit already; below 0 beyond the target."""
        steps = self.savings[seat]
        return steps[filled] if filled < len(steps) else steps[-1]

    def uncovered(self, seat: int, filled: int) -> int:
        """What the empty places of a seat, or the people beyond its target, cost when `filled` people sit there."""
        low, high = self.place_cost[seat]
        below = max(0, self.minimum[seat] - filled)
        beyond = max(0, filled - self.target[seat])
        return low * below + high * max(0, self.target[seat] - filled - below) - self.savings[seat][-1] * beyond

    def terms(self, assignments: Iterable[tuple[int, int, int]]) -> dict[RosterObjective, int]:
        """Compute all seven terms of a plan of (volunteer, shift, seat)."""
        facts = self.facts
        filled = [0] * len(self.target)
        led: set[int] = set()
        own: list[set[int]] = [set() for _ in self.is_lead]
        for volunteer, shift, seat in assignments:
            filled[seat] += 1
            own[volunteer].add(shift)
            if self.is_lead[volunteer]:
                led.add(shift)
        value = dict.fromkeys(RosterObjective, 0)
        value[RosterObjective.UNCOVERED] = sum(self.uncovered(seat, count) for seat, count in enumerate(filled))
        value[RosterObjective.LEAD_MISSING] = sum(c for shift, c in enumerate(self.lead_cost) if shift not in led)
        for volunteer, shifts in enumerate(own):
            owed = list(self.pledge[volunteer])
            for shift in shifts:
                owed[facts.period[shift]] -= facts.minutes[shift]
            value[RosterObjective.PLEDGE_SHORTFALL] += sum(max(0, left) for left in owed)
            value[RosterObjective.DISTURBANCE] += len(self.kept[volunteer] - shifts)
            value[RosterObjective.PREFERENCE] += sum(w for s, w in self.wished[volunteer].items() if s not in shifts)
            value[RosterObjective.PREFERENCE] += sum(w for s, w in self.unwished[volunteer].items() if s in shifts)
            value[RosterObjective.UNFAIRNESS] += load_units(sum(facts.minutes[s] for s in shifts)) ** 2
            value[RosterObjective.PEOPLE_USED] += bool(shifts)
        together = Counter((self.group[v], s) for v, shifts in enumerate(own) if self.group[v] >= 0 for s in shifts)
        further = sum(count - 1 for count in together.values())
        value[RosterObjective.PREFERENCE] -= facts.problem.together_weight * further
        return value
