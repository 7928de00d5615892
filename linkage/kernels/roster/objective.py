"""What a plan costs: the seven terms as exact integers, and one integer that orders plans lexicographically.

The single integer gives every level a factor larger than all the levels behind it can reach together; Python's
integers do not overflow, so comparing two of them is comparing the levels in order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from linkage.kernels.roster.hard import HardFacts
from linkage.terms import RosterObjective

FAIRNESS_MINUTES = 30
"""Unfairness is the sum of squared loads in units of this length, begun units counted whole."""


def load_units(minutes: int) -> int:
    """Count begun units of load."""
    return -(-minutes // FAIRNESS_MINUTES)


@dataclass(frozen=True, kw_only=True, eq=False)
class Costs:
    """The problem's weights as plain lists; build with `of`.

    Parameters
    ----------
    unit
        Lexicographic cost of one unit of each term, 0 for a term that is not in the objectives.
    most
        Largest value each term can reach.
    place_cost
        For every seat, cost of one missing person below minimum and between minimum and target, in `uncovered`.
    pledge
        For every volunteer and period, minutes still owed at the start.
    gain
        For every volunteer, terms saved (positive) or paid (negative) by serving a shift: preference alone.
    """

    facts: HardFacts
    levels: tuple[tuple[RosterObjective, ...], ...]
    unit: dict[RosterObjective, int]
    most: dict[RosterObjective, int]
    place_cost: list[tuple[int, int]]
    minimum: list[int]
    target: list[int]
    lead_cost: list[int]
    is_lead: list[bool]
    pledge: list[list[int]]
    wished: list[dict[int, int]]
    unwished: list[dict[int, int]]
    kept: list[set[int]]

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
        minimum, target = seats.minimum.tolist(), seats.target.tolist()
        reach = [
            min(sum(facts.minutes[s] for s in own), int(cap))
            for own, cap in zip(facts.shifts_of, problem.volunteers.max_minutes.tolist(), strict=True)
        ]
        most = {
            RosterObjective.UNCOVERED: sum(
                low * small + high * (large - small)
                for (low, high), small, large in zip(place_cost, minimum, target, strict=True)
            ),
            RosterObjective.LEAD_MISSING: sum(lead_cost),
            RosterObjective.PLEDGE_SHORTFALL: sum(map(sum, pledge)),
            RosterObjective.DISTURBANCE: len(facts.previous),
            RosterObjective.PREFERENCE: sum(wishes.weight.tolist()),
            RosterObjective.UNFAIRNESS: sum(load_units(minutes) ** 2 for minutes in reach),
            RosterObjective.PEOPLE_USED: problem.volunteer_count,
        }
        unit = dict.fromkeys(RosterObjective, 0)
        scale = 1
        for level in reversed(problem.objectives):
            for term in level:
                unit[term] = scale * problem.weight_of(term)
            scale *= 1 + sum(most[term] * problem.weight_of(term) for term in level)
        return cls(
            facts=facts,
            levels=problem.objectives,
            unit=unit,
            most=most,
            place_cost=place_cost,
            minimum=minimum,
            target=target,
            lead_cost=lead_cost,
            is_lead=problem.volunteers.leads.tolist(),
            pledge=pledge,
            wished=wished,
            unwished=unwished,
            kept=kept,
        )

    def level_value(self, level: Sequence[RosterObjective], terms: dict[RosterObjective, int]) -> int:
        """Weighted sum of a level."""
        return sum(self.facts.problem.weight_of(term) * terms[term] for term in level)

    def uncovered(self, seat: int, filled: int) -> int:
        """What the empty places of a seat cost when `filled` people sit there."""
        low, high = self.place_cost[seat]
        below = max(0, self.minimum[seat] - filled)
        return low * below + high * (self.target[seat] - filled - below)

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
        return value
