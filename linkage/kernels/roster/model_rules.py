"""The rows of the roster's linear model that speak of several people or of many days: company and duty patterns.

Runs of days on and off are held by forbidding every run that is too short or too long at the place where it would
stand (Curtois and Qu 2014 give the meaning; the conventions at the edges are those of the `Patterns` table).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from linkage.kernels.roster.columns import NO_LIMIT
from linkage.kernels.roster.result import RuleUse
from linkage.terms import RosterRule

if TYPE_CHECKING:
    from linkage.kernels.roster.model import Entries, LinearModel

RuleRow = tuple["Entries", int, RuleUse]


def newcomer_rows(model: LinearModel) -> Iterator[RuleRow]:
    """Yield: a newcomer serves at most as often as experienced people serve there."""
    people = model.facts.problem.volunteers
    if not people.newcomer.any():
        return
    for shift, crew in enumerate(model.facts.people_of):
        old = [(sits, -1) for v in crew if people.experienced[v] for sits in model.serving(v, shift)]
        for volunteer in crew:
            if people.newcomer[volunteer]:
                use = RuleUse(rule=RosterRule.NEWCOMER, volunteer=volunteer, shift=shift)
                yield [*((sits, 1) for sits in model.serving(volunteer, shift)), *old], 0, use


def team_rows(model: LinearModel) -> Iterator[RuleRow]:
    """Yield: whoever of a team serves a shift, the next of the team serves it too, around the team."""
    for number, team in enumerate(model.facts.problem.teams):
        for one, other in zip(team, (*team[1:], team[0]), strict=True):
            for shift in model.facts.shifts_of[one]:
                row = [(sits, 1) for sits in model.serving(one, shift)]
                row += [(sits, -1) for sits in model.serving(other, shift)]
                yield row, 0, RuleUse(rule=RosterRule.TEAM, volunteer=one, shift=shift, index=number)


def pattern_rows(model: LinearModel) -> Iterator[RuleRow]:
    """Yield the rows of every duty pattern; one shift a day is among the clashes."""
    for row, volunteer in enumerate(model.facts.problem.patterns.volunteer.tolist()):
        days: dict[int, Entries] = defaultdict(list)
        for shift in model.facts.shifts_of[volunteer]:
            days[model.facts.day[shift]] += [(sits, 1) for sits in model.serving(volunteer, shift)]
        yield from _amount_rows(model, row, volunteer)
        yield from _run_rows(model, row, volunteer, days)
        yield from _weekend_rows(model, row, volunteer, days)


def _amount_rows(model: LinearModel, row: int, volunteer: int) -> Iterator[RuleRow]:
    patterns, facts = model.facts.problem.patterns, model.facts
    own = facts.shifts_of[volunteer]
    least = int(patterns.min_minutes[row])
    if least:
        served = [(sits, -facts.minutes[s]) for s in own for sits in model.serving(volunteer, s)]
        yield served, -least, RuleUse(rule=RosterRule.MIN_MINUTES, volunteer=volunteer, limit=least)
    for kind, most in enumerate(patterns.max_shifts_by_kind[row].tolist()):
        alike = [s for s in own if facts.problem.shifts.kind[s] == kind]
        if len(alike) > most:
            use = RuleUse(rule=RosterRule.MAX_SHIFTS_BY_KIND, volunteer=volunteer, index=kind, limit=most)
            yield [(sits, 1) for s in alike for sits in model.serving(volunteer, s)], most, use


def _run_rows(model: LinearModel, row: int, volunteer: int, days: dict[int, Entries]) -> Iterator[RuleRow]:
    patterns, horizon = model.facts.problem.patterns, model.facts.problem.horizon_days
    most = int(patterns.max_consecutive_days[row])
    if most < horizon:
        use = RuleUse(rule=RosterRule.MAX_CONSECUTIVE_DAYS, volunteer=volunteer, limit=most)
        for first in range(horizon - most):
            yield [e for day in range(first, first + most + 1) for e in days.get(day, ())], most, use
    for rule, least, sign in (
        (RosterRule.MIN_CONSECUTIVE_DAYS, int(patterns.min_consecutive_days[row]), 1),
        (RosterRule.MIN_CONSECUTIVE_DAYS_OFF, int(patterns.min_consecutive_days_off[row]), -1),
    ):
        use = RuleUse(rule=rule, volunteer=volunteer, limit=least)
        for length in range(1, min(least, horizon - 1)):
            for first in range(1, horizon - length):
                inside = [(c, sign) for day in range(first, first + length) for c, _ in days.get(day, ())]
                edges = [(c, -sign) for day in (first - 1, first + length) for c, _ in days.get(day, ())]
                yield inside + edges, length - 1 if sign > 0 else 1, use


def _weekend_rows(model: LinearModel, row: int, volunteer: int, days: dict[int, Entries]) -> Iterator[RuleRow]:
    most = int(model.facts.problem.patterns.max_weekends[row])
    if most == NO_LIMIT:
        return
    use = RuleUse(rule=RosterRule.MAX_WEEKENDS, volunteer=volunteer, limit=most)
    weekends: dict[int, int] = {}
    for day, weekend in enumerate(model.facts.problem.weekend_of_day.tolist()):
        if weekend >= 0 and days.get(day):
            if weekend not in weekends:
                weekends[weekend] = model.column(1)
            yield [(weekends[weekend], -1), *days[day]], 0, use
    if len(weekends) > most:
        yield [(column, 1) for column in weekends.values()], most, use
