"""What one unit more of a binding rule would save: one helper more on a seat, one hour more of a person's cap.

The first level that is unproven or above its floor is priced. On small problems each unit is given and the problem
solved again, so that the price is what really would be saved; elsewhere the prices of the relaxation are given, which
hold at the margin only. Which of the two it is, every price says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from linkage.kernels.roster.columns import NO_LIMIT
from linkage.kernels.roster.plan import Plan
from linkage.kernels.roster.problem import RosterProblem
from linkage.kernels.roster.reasons import plan_of
from linkage.kernels.roster.result import RosterOptions, RosterResult, RuleUse
from linkage.terms import RosterRule

UNIT: Final = {
    RosterRule.SEATS: 1,
    RosterRule.LEAD: 1,
    RosterRule.MAX_MINUTES: 60,
    RosterRule.MAX_MINUTES_WEEK: 60,
    RosterRule.MAX_MINUTES_DAY: 60,
    RosterRule.STRAIN_WEEK: 1,
    RosterRule.MAX_WEEKENDS: 1,
    RosterRule.MAX_SHIFTS_BY_KIND: 1,
    RosterRule.MAX_CONSECUTIVE_DAYS: 1,
}
"""What one unit is: a helper from outside on a seat, a lead from outside, an hour, a point, a weekend, a shift, a day."""
MOST_SOLVES = 60
"""Binding rules up to which each is solved anew."""
SMALLEST_PRICE = 1e-6

_COLUMN: Final = {
    RosterRule.MAX_MINUTES: "max_minutes",
    RosterRule.MAX_MINUTES_WEEK: "max_minutes_week",
    RosterRule.MAX_MINUTES_DAY: "max_minutes_day",
    RosterRule.STRAIN_WEEK: "strain_cap_week",
    RosterRule.MAX_WEEKENDS: "max_weekends",
    RosterRule.MAX_SHIFTS_BY_KIND: "max_shifts_by_kind",
    RosterRule.MAX_CONSECUTIVE_DAYS: "max_consecutive_days",
}


@dataclass(frozen=True, kw_only=True)
class Price:
    """What one unit more of a rule saves.

    Parameters
    ----------
    use
        The rule and whom or what it concerns; a weekly or daily cap is one rule for all weeks or days.
    unit
        How much one unit is, in the rule's own measure (minutes, places, points, weekends, shifts, days).
    level
        Which level of the objectives is priced, from 0.
    saved
        By how much that level falls, in its own unit; a whole number where it is exact.
    is_exact
        Whether the problem was solved again with the unit given, and proven; otherwise the price is the relaxation's.
    """

    use: RuleUse
    unit: int
    level: int
    saved: float
    is_exact: bool


def _priced_level(plan: Plan, result: RosterResult) -> int:
    for number, level in enumerate(result.levels):
        if not level.is_proven or level.value > plan.costs.level_floor(level.terms):
            return number
    return -1


def _binding_caps(plan: Plan, volunteer: int) -> Iterator[RuleUse]:
    """Yield the caps of a person that keep some candidate shift out of the plan as it stands."""
    left = [s for s in plan.facts.shifts_of[volunteer] if s not in plan.own[volunteer]]
    total, week, day, strain = (
        plan.cap[volunteer],
        plan.cap_week[volunteer],
        plan.cap_day[volunteer],
        plan.cap_strain[volunteer],
    )
    if any(plan.total[volunteer] + plan.minutes[s] > total for s in left):
        yield RuleUse(rule=RosterRule.MAX_MINUTES, volunteer=volunteer, limit=total)
    if any(plan.in_week[volunteer][plan.week[s]] + plan.minutes[s] > week for s in left):
        yield RuleUse(rule=RosterRule.MAX_MINUTES_WEEK, volunteer=volunteer, limit=week)
    if any(plan.in_day[volunteer][plan.day[s]] + plan.minutes[s] > day for s in left):
        yield RuleUse(rule=RosterRule.MAX_MINUTES_DAY, volunteer=volunteer, limit=day)
    if any(plan.strain_in_week[volunteer][plan.week[s]] + plan.strain[s] > strain for s in left):
        yield RuleUse(rule=RosterRule.STRAIN_WEEK, volunteer=volunteer, limit=strain)


def _binding_patterns(plan: Plan) -> Iterator[RuleUse]:
    """Yield the limits of duty patterns that are used up in the plan."""
    problem = plan.facts.problem
    patterns = problem.patterns
    for row, volunteer in enumerate(patterns.volunteer.tolist()):
        own = list(plan.own[volunteer])
        weekends = {int(problem.weekend_of_day[plan.day[s]]) for s in own} - {-1}
        if len(weekends) >= patterns.max_weekends[row]:
            yield RuleUse(rule=RosterRule.MAX_WEEKENDS, volunteer=volunteer, limit=int(patterns.max_weekends[row]))
        for kind, limit in enumerate(patterns.max_shifts_by_kind[row].tolist()):
            if sum(problem.shifts.kind[s] == kind for s in own) >= limit:
                yield RuleUse(rule=RosterRule.MAX_SHIFTS_BY_KIND, volunteer=volunteer, index=kind, limit=limit)
        run = int(patterns.max_consecutive_days[row])
        if run < problem.horizon_days:
            yield RuleUse(rule=RosterRule.MAX_CONSECUTIVE_DAYS, volunteer=volunteer, limit=run)


def _binding(plan: Plan) -> list[RuleUse]:
    """List what one unit more might help: places that are empty or taken, missing leads, caps that keep shifts out."""
    seats = plan.facts.problem.seats
    found = [
        RuleUse(rule=RosterRule.SEATS, shift=int(seats.shift[seat]), seat=seat, limit=target)
        for seat, target in enumerate(plan.costs.target)
        if target
    ]
    found += [
        RuleUse(rule=RosterRule.LEAD, shift=shift)
        for shift, cost in enumerate(plan.costs.lead_cost)
        if cost and not plan.led[shift]
    ]
    for volunteer in range(len(plan.own)):
        found += _binding_caps(plan, volunteer)
    return found + list(_binding_patterns(plan))


def with_one_more(problem: RosterProblem, use: RuleUse) -> RosterProblem:
    """Return the problem with one unit more of a rule.

    A helper from outside takes one place of the seat (target, minimum and maximum fall by one, though not below the
    people who are fixed there); a lead from outside leads the shift.
    """
    if use.rule is RosterRule.SEATS:
        seats, fixed = problem.seats, int((problem.fixed.shift == use.shift).sum())
        columns = {name: getattr(seats, name).copy() for name in ("minimum", "target", "maximum")}
        columns["target"][use.seat] -= 1
        columns["minimum"][use.seat] = min(columns["minimum"][use.seat], columns["target"][use.seat])
        if columns["maximum"][use.seat] < NO_LIMIT:
            columns["maximum"][use.seat] = max(columns["maximum"][use.seat] - 1, columns["target"][use.seat], fixed)
        return replace(problem, seats=replace(seats, **columns))
    if use.rule is RosterRule.LEAD:
        leads = problem.shifts.leads.copy()
        leads[use.shift] = False
        return replace(problem, shifts=replace(problem.shifts, leads=leads))
    name = _COLUMN[use.rule]
    if use.rule in {RosterRule.MAX_WEEKENDS, RosterRule.MAX_SHIFTS_BY_KIND, RosterRule.MAX_CONSECUTIVE_DAYS}:
        column = getattr(problem.patterns, name).copy()
        row = int(np.flatnonzero(problem.patterns.volunteer == use.volunteer)[0])
        column[(row, use.index) if column.ndim == 2 else row] = use.limit + UNIT[use.rule]
        return replace(problem, patterns=replace(problem.patterns, **{name: column}))
    column = getattr(problem.volunteers, name).copy()
    column[use.volunteer] = use.limit + UNIT[use.rule]
    return replace(problem, volunteers=replace(problem.volunteers, **{name: column}))


def _exact(problem: RosterProblem, level: int, value: int, uses: list[RuleUse], options: RosterOptions) -> list[Price]:
    """Solve again for each rule; only what is proven is told."""
    from linkage.kernels.roster.solve import schedule  # reads the reasons' tables itself

    found = []
    short = replace(problem, objectives=problem.objectives[: level + 1])
    for use in uses:
        if not options.has_time():
            break
        again = schedule(with_one_more(short, use), options)
        if again.has_plan and all(part.is_proven for part in again.levels):
            saved = value - again.levels[level].value
            found.append(Price(use=use, unit=UNIT[use.rule], level=level, saved=saved, is_exact=True))
    return found


def _relaxed(plan: Plan, result: RosterResult, level: int, options: RosterOptions) -> list[Price]:
    """Read the prices of the relaxation, with the levels before held at their values."""
    from linkage.kernels.roster.linear import relax  # loads the solver: only where it is wanted
    from linkage.kernels.roster.model import LinearModel

    model = LinearModel(plan.facts, plan.costs)
    for earlier in result.levels[:level]:
        model.limit_level(earlier.terms, earlier.value)
    relaxed = relax(model, *model.level(result.levels[level].terms), options)
    if relaxed is None:
        return []
    saved: dict[RuleUse, float] = defaultdict(float)
    for row, use in model.uses.items():
        if use.rule in _COLUMN:
            index = use.index if use.rule is RosterRule.MAX_SHIFTS_BY_KIND else -1
            saved[replace(use, index=index)] += UNIT[use.rule] * float(relaxed.prices[row])
        elif use.rule is RosterRule.SEATS and use.seat >= 0:
            saved[replace(use, limit=plan.costs.target[use.seat])] -= float(relaxed.prices[row])
    shift_of = plan.facts.problem.seats.shift
    for row, seat in model.cover_rows:
        use = RuleUse(rule=RosterRule.SEATS, shift=int(shift_of[seat]), seat=seat, limit=plan.costs.target[seat])
        saved[use] += float(relaxed.prices[row])
    for row, shift in model.lead_rows:
        saved[RuleUse(rule=RosterRule.LEAD, shift=shift)] += float(relaxed.prices[row])
    return [
        Price(use=use, unit=UNIT[use.rule], level=level, saved=price, is_exact=False) for use, price in saved.items()
    ]


def prices(problem: RosterProblem, result: RosterResult, options: RosterOptions | None = None) -> list[Price]:
    """Price one unit more of every binding rule, the dearest first; what saves nothing is left out.

    Parameters
    ----------
    result
        A plan of this problem, as `schedule` returned it.
    options
        Effort of each new solve; up to `exact_pairs` candidate pairs and `MOST_SOLVES` rules are solved again.
    """
    options = options or RosterOptions()
    if not result.has_plan:
        return []
    plan = plan_of(problem, result)
    level = _priced_level(plan, result)
    if level < 0:
        return []
    uses = _binding(plan)
    is_small = len(uses) <= MOST_SOLVES and result.trace.candidate_pairs <= options.exact_pairs
    if is_small and all(part.is_proven for part in result.levels[: level + 1]):
        found = _exact(problem, level, result.levels[level].value, uses, options)
    else:
        found = _relaxed(plan, result, level, options)
    order = list(RosterRule)
    return sorted(
        (price for price in found if price.saved > SMALLEST_PRICE),
        key=lambda price: (-price.saved, order.index(price.use.rule), price.use),
    )
