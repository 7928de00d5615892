"""Why a place stays empty, a shift has no lead, or a volunteer stays below the pledge.

Reasons are counted, never worded: for every empty place how many people are left after each rule, which
shifts hold those who could have come, and the cheapest change that fills it. The plan is not altered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from linkage.kernels.roster.changes import RosterChange, cheapest_change
from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.objective import Costs
from linkage.kernels.roster.plan import Plan
from linkage.kernels.roster.problem import ANY, RosterProblem
from linkage.kernels.roster.result import RosterResult
from linkage.terms import RosterObjective, RosterStep, ShortfallCause


@dataclass(frozen=True, kw_only=True)
class FunnelStep:
    """How many volunteers are left after a rule."""

    step: RosterStep
    left_count: int


@dataclass(frozen=True, kw_only=True)
class Rival:
    """A shift that holds people who could have come; `priority` tells whether it goes before."""

    shift: int
    people_count: int
    priority: int


@dataclass(frozen=True, kw_only=True)
class Shortage:
    """An empty place, or a missing lead, and why.

    Parameters
    ----------
    seat
        Seat row, or `ANY` where the lead is missing.
    missing_count
        Empty places; 1 for a missing lead.
    funnel
        Rules in order. Up to `OVERLAP` they are hard facts that no plan changes; what `TAKEN` removes is held
        by other shifts of this plan, the `rivals`.
    change
        The cheapest change that fills one place; None where somebody is free and another aim goes first, and
        for a missing lead where the shift has no place that could change hands.
    """

    shift: int
    seat: int
    missing_count: int
    funnel: tuple[FunnelStep, ...]
    rivals: tuple[Rival, ...]
    change: RosterChange | None


@dataclass(frozen=True, kw_only=True)
class PledgeShortfall:
    """A volunteer below the pledge in one period.

    Parameters
    ----------
    owed_minutes
        Pledge less what was served before this plan.
    reachable_minutes
        Most the volunteer could serve in the period if every place were free.
    missing_shift_minutes
        Part of the shortfall for which there is no place left that the volunteer could take.
    """

    volunteer: int
    period: int
    owed_minutes: int
    planned_minutes: int
    reachable_minutes: int
    missing_shift_minutes: int
    cause: ShortfallCause

    @property
    def shortfall_minutes(self) -> int:
        """Minutes below the pledge."""
        return self.owed_minutes - self.planned_minutes


def plan_of(problem: RosterProblem, result: RosterResult) -> Plan:
    """Set a result up again as a plan that can be asked."""
    facts = HardFacts.of(problem)
    rows = zip(result.volunteer.tolist(), result.shift.tolist(), result.seat.tolist(), strict=True)
    return Plan(facts, Costs.of(facts), rows)


def _fixed_plan(plan: Plan) -> Plan:
    """Return the plan with nothing but the fixed pairs."""
    return Plan(plan.facts, plan.costs, [row for row in plan.rows if row[:2] in plan.fixed])


def _holders(plan: Plan, volunteer: int, shift: int) -> list[int]:
    """Shifts that keep this volunteer from the shift: those that clash, else all that use up the minutes."""
    own = [s for s in plan.own[volunteer] if s != shift]
    clashing = [s for s in own if plan.facts.clash(volunteer, shift, s)]
    return clashing or own


def _funnel(plan: Plan, bare: Plan, shift: int, people: Iterable[int]) -> tuple[list[FunnelStep], list[int], list[int]]:
    """Run the rules over those who have the skill; return the steps, who is free, and who is held by others."""
    facts = plan.facts
    left = list(people)
    steps = []
    if facts.problem.eligible is not None:
        left = [v for v in left if facts.listed[v, shift]]
        steps.append(FunnelStep(step=RosterStep.LISTED, left_count=len(left)))
    left = [v for v in left if facts.available[v, shift]]
    steps.append(FunnelStep(step=RosterStep.AVAILABLE, left_count=len(left)))
    left = [v for v in left if shift in plan.own[v] or bare.fits_caps(v, shift)]
    steps.append(FunnelStep(step=RosterStep.MINUTES, left_count=len(left)))
    left = [v for v in left if shift not in plan.own[v] and bare.can_serve(v, shift)]
    steps.append(FunnelStep(step=RosterStep.OVERLAP, left_count=len(left)))
    free = [v for v in left if plan.can_serve(v, shift)]
    steps.append(FunnelStep(step=RosterStep.TAKEN, left_count=len(free)))
    return steps, free, [v for v in left if not plan.can_serve(v, shift)]


def _shortage(plan: Plan, bare: Plan, shift: int, seat: int) -> Shortage:
    people = plan.facts.problem.volunteers
    if seat == ANY:
        able = np.flatnonzero(people.leads & plan.facts.skilled[:, shift]).tolist()
        first, missing = RosterStep.LEAD, 1
    else:
        skill = plan.facts.skill_of_seat[seat]
        able = np.flatnonzero(people.skills[:, skill]).tolist() if skill != ANY else list(range(len(plan.own)))
        first, missing = RosterStep.SKILL, plan.costs.target[seat] - plan.filled[seat]
    steps, free, held = _funnel(plan, bare, shift, able)
    rivals = Counter(s for volunteer in held for s in _holders(plan, volunteer, shift))
    priority = plan.facts.problem.shifts.priority
    can_enter = any(plan.is_open(s) for v in free for s in plan.seats_for[v][shift]) if seat == ANY else bool(free)
    return Shortage(
        shift=shift,
        seat=seat,
        missing_count=missing,
        funnel=(FunnelStep(step=first, left_count=len(able)), *steps),
        rivals=tuple(
            Rival(shift=s, people_count=count, priority=int(priority[s]))
            for s, count in sorted(rivals.items(), key=lambda item: (-item[1], item[0]))
        ),
        change=None if can_enter else cheapest_change(plan, shift, seat),
    )


def shortages(problem: RosterProblem, result: RosterResult) -> list[Shortage]:
    """Explain every seat below target and every shift without its lead, by shift and seat."""
    filled = np.bincount(result.seat, minlength=problem.seats.target.size)
    if (filled >= problem.seats.target).all() and not result.terms[RosterObjective.LEAD_MISSING]:
        return []
    plan = plan_of(problem, result)
    bare = _fixed_plan(plan)
    found = []
    for shift in range(problem.shift_count):
        found += [_shortage(plan, bare, shift, seat) for seat in plan.facts.seats_of_shift[shift] if plan.is_open(seat)]
        if plan.costs.lead_cost[shift] and not plan.led[shift]:
            found.append(_shortage(plan, bare, shift, ANY))
    return found


def _day_sums(plan: Plan, volunteer: int, shifts: list[int]) -> int:
    """Minutes that can be served on one day, as bits: bit m is set if some compatible shifts take m minutes."""
    mask = (1 << (plan.cap_day[volunteer] + 1)) - 1 if plan.cap_day[volunteer] < 2 * 1440 else -1
    clashes, place = plan.clashes[volunteer], plan.place
    ending: list[tuple[int, int]] = []
    sums = 1
    for shift in shifts:
        before = 1
        for other, bits in ending:
            if not clashes[shift] & place[other]:
                before |= bits
        bits = before << plan.minutes[shift] & mask
        ending.append((shift, bits))
        sums |= bits
    return sums


def _add_sums(left: int, right: int, cap: int) -> int:
    total = 0
    while right:
        lowest = right & -right
        total |= left * lowest
        right ^= lowest
    return total & ((1 << (cap + 1)) - 1) if total.bit_length() > cap + 1 else total


def reachable_minutes(plan: Plan, volunteer: int, period: int) -> int:
    """Most minutes a volunteer could serve in a period if every place were free (rest overnight left aside)."""
    days: dict[int, list[int]] = {}
    for shift in plan.facts.shifts_of[volunteer]:
        if plan.period[shift] == period:
            days.setdefault(plan.day[shift], []).append(shift)
    weeks: dict[int, int] = {}
    for shifts in days.values():
        week = plan.week[shifts[0]]
        weeks[week] = _add_sums(weeks.get(week, 1), _day_sums(plan, volunteer, shifts), plan.cap_week[volunteer])
    sums = 1
    for week_sums in weeks.values():
        sums = _add_sums(sums, week_sums, plan.cap[volunteer])
    return sums.bit_length() - 1


def _has_open_place(plan: Plan, volunteer: int, period: int) -> bool:
    return any(
        plan.period[s] == period and plan.can_serve(volunteer, s) and plan.open_seat(volunteer, s) >= 0
        for s in plan.facts.shifts_of[volunteer]
    )


def pledge_shortfalls(problem: RosterProblem, result: RosterResult) -> list[PledgeShortfall]:
    """Explain every volunteer below the pledge, by volunteer and period.

    The sum of `missing_shift_minutes` is what the shifts on offer lack for everybody to keep the pledge.
    """
    plan = plan_of(problem, result)
    found = []
    for volunteer, periods in enumerate(plan.costs.pledge):
        for period, owed in enumerate(periods):
            short = plan.owed[volunteer][period]
            if short <= 0:
                continue
            reachable = reachable_minutes(plan, volunteer, period)
            own_part = max(0, owed - reachable)
            demand = max(0, short - own_part)
            if _has_open_place(plan, volunteer, period):
                cause, demand = ShortfallCause.OTHER_AIMS, 0
            elif not demand:
                cause = ShortfallCause.OWN_LIMITS
            else:
                cause = ShortfallCause.BOTH if own_part else ShortfallCause.DEMAND
            found.append(
                PledgeShortfall(
                    volunteer=volunteer,
                    period=period,
                    owed_minutes=owed,
                    planned_minutes=owed - short,
                    reachable_minutes=reachable,
                    missing_shift_minutes=demand,
                    cause=cause,
                )
            )
    return found
