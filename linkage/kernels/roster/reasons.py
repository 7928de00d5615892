"""Why a place stays empty, a shift has no lead, or a volunteer stays below the pledge.

Reasons are counted, never worded: for every empty place how many people are left after each rule, which
shifts hold those who could have come, and the cheapest change that fills it. The plan is not altered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from linkage.kernels.roster.barriers import BIT, FUNNEL_BITS, Barriers, smallest_reasons
from linkage.kernels.roster.changes import RosterChange
from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.objective import Costs
from linkage.kernels.roster.plan import Plan
from linkage.kernels.roster.problem import ANY, RosterProblem
from linkage.kernels.roster.proposals import cheapest_change
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
        by other shifts of this plan, the `rivals`. Patterns, teams and company are seen as the plan stands.
    reasons
        The fewest rules of which everybody breaks at least one; none where somebody is free.
    change
        The cheapest change that fills one place; None where somebody is free and another aim goes first, and
        for a missing lead where the shift has no place that could change hands.
    """

    shift: int
    seat: int
    missing_count: int
    funnel: tuple[FunnelStep, ...]
    reasons: tuple[RosterStep, ...]
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


def _rivals(plan: Plan, shift: int, held: Iterable[int]) -> tuple[Rival, ...]:
    """Count the shifts that keep these people: those that clash, else all that use up the minutes."""
    count: Counter[int] = Counter()
    for volunteer in held:
        own = list(plan.own[volunteer])
        clashing = [s for s in own if plan.clashes[volunteer][shift] & plan.place[s]]
        count.update(clashing or own)
    priority = plan.facts.problem.shifts.priority
    return tuple(
        Rival(shift=s, people_count=people, priority=int(priority[s]))
        for s, people in sorted(count.items(), key=lambda item: (-item[1], item[0]))
    )


def _shortage(barriers: Barriers, shift: int, seat: int) -> Shortage:
    plan = barriers.plan
    found = barriers.of(shift, seat)
    missing = 1 if seat == ANY else plan.costs.target[seat] - plan.filled[seat]
    free = np.flatnonzero(found & FUNNEL_BITS == 0).tolist()
    can_enter = any(plan.is_open(s) for v in free for s in plan.seats_for[v][shift]) if seat == ANY else bool(free)
    return Shortage(
        shift=shift,
        seat=seat,
        missing_count=missing,
        funnel=tuple(FunnelStep(step=step, left_count=left) for step, left in barriers.funnel(found, seat)),
        reasons=() if can_enter else smallest_reasons(found),
        rivals=_rivals(plan, shift, np.flatnonzero(found & FUNNEL_BITS == BIT[RosterStep.TAKEN]).tolist()),
        change=None if can_enter else cheapest_change(barriers, found, shift, seat),
    )


def shortages(problem: RosterProblem, result: RosterResult) -> list[Shortage]:
    """Explain every seat below target and every shift without its lead, by shift and seat; none without a plan."""
    filled = np.bincount(result.seat, minlength=problem.seats.target.size)
    is_full = (filled >= problem.seats.target).all() and not result.terms[RosterObjective.LEAD_MISSING]
    if is_full or not result.has_plan:
        return []
    plan = plan_of(problem, result)
    barriers = Barriers(plan)
    found = []
    for shift in range(problem.shift_count):
        found += [_shortage(barriers, shift, seat) for seat in plan.facts.seats_of_shift[shift] if plan.is_short(seat)]
        if plan.costs.lead_cost[shift] and not plan.led[shift]:
            found.append(_shortage(barriers, shift, ANY))
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
