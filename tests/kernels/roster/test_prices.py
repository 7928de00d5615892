"""A price says what one unit more really saves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from linkage.kernels.roster import solve
from linkage.kernels.roster.prices import Price, prices, with_one_more
from linkage.kernels.roster.problem import (
    NO_LIMIT,
    Pairs,
    Patterns,
    RosterProblem,
    Seats,
    Shifts,
    Volunteers,
    Windows,
)
from linkage.kernels.roster.result import RosterOptions, RuleUse
from linkage.kernels.roster.solve import schedule
from linkage.terms import RosterObjective, RosterRule

THOROUGH = RosterOptions(exact_effort=60.0, moves=40)
RELAXED = RosterOptions(exact_pairs=0, moves=40)
COVER = ((RosterObjective.UNCOVERED,), (RosterObjective.LEAD_MISSING,))


class OutOfTime:
    """A deadline that has passed."""

    def remaining_seconds(self) -> float:
        """Give nothing."""
        return 0.0


def told(found: list[Price]) -> list[tuple[RosterRule, int, int, float, bool]]:
    """Give rule, volunteer, shift, saving and exactness."""
    return [(p.use.rule, p.use.volunteer, p.use.shift, round(p.saved, 6), p.is_exact) for p in found]


def one_person(a_roster: Callable[..., RosterProblem], **people: object) -> RosterProblem:
    """Give one person two shifts of two hours, with caps to be told."""
    return a_roster(
        volunteers=Volunteers.of(1, **people), windows=Windows.always(1, 7), objectives=COVER, minimum_factor=1
    )


CAPS = {
    "minutes": ({"max_minutes": [180]}, RosterRule.MAX_MINUTES),
    "minutes of a week": ({"max_minutes_week": [180]}, RosterRule.MAX_MINUTES_WEEK),
    "strain": ({"strain_cap_week": [1]}, RosterRule.STRAIN_WEEK),
}


@pytest.mark.parametrize(("people", "rule"), CAPS.values(), ids=CAPS.keys())
def test_cap_that_binds_has_its_price(
    a_roster: Callable[..., RosterProblem], people: dict[str, object], rule: RosterRule
) -> None:
    """An hour or a point more lets the person serve the second shift; a helper on either is worth as much."""
    problem = one_person(a_roster, **people)
    problem = replace(problem, shifts=replace(problem.shifts, strain=np.asarray([1, 1])))
    found = told(prices(problem, schedule(problem, THOROUGH), THOROUGH))

    assert found == [
        (RosterRule.SEATS, -1, 0, 1, True),
        (RosterRule.SEATS, -1, 1, 1, True),
        (rule, 0, -1, 1, True),
    ]


PATTERNS = {
    "weekends": ({"max_weekends": [0]}, RosterRule.MAX_WEEKENDS, 0),
    "kinds": ({"max_shifts_by_kind": [[1]]}, RosterRule.MAX_SHIFTS_BY_KIND, 1),
    "days in a row": ({"max_consecutive_days": [1]}, RosterRule.MAX_CONSECUTIVE_DAYS, 1),
}


@pytest.mark.parametrize(("pattern", "rule", "limit"), PATTERNS.values(), ids=PATTERNS.keys())
def test_pattern_that_binds_has_its_price(
    a_roster: Callable[..., RosterProblem], pattern: dict[str, object], rule: RosterRule, limit: int
) -> None:
    """One weekend, shift of a kind or day in a row more covers the other shift."""
    problem = one_person(a_roster)
    problem = replace(
        problem,
        shifts=replace(problem.shifts, kind=np.asarray([0, 0])),
        patterns=Patterns.of([0], **pattern),
        first_weekday=4,
    )
    result = schedule(problem, THOROUGH)
    for options, is_exact in ((THOROUGH, True), (RELAXED, False)):
        found = [p for p in prices(problem, result, options) if p.use.rule is rule]
        if limit or is_exact:  # what no plan can use has no row in the relaxation
            assert [(p.use.limit, round(p.saved, 6), p.is_exact) for p in found] == [(limit, 1, is_exact)]


def test_pattern_that_has_room_has_no_price(a_roster: Callable[..., RosterProblem]) -> None:
    """Only what is used up is priced; the relaxation's rows of other rules are left aside."""
    problem = a_roster(
        volunteers=Volunteers.of(2, max_minutes=[180, 100]),
        objectives=COVER,
        patterns=Patterns.of([0], max_weekends=[3], max_shifts_by_kind=[[5]]),
        fixed=Pairs.of([0], [0]),
    )
    for options in (THOROUGH, RELAXED):
        found = prices(problem, schedule(problem, THOROUGH), options)
        assert {price.use.rule for price in found} <= {RosterRule.SEATS, RosterRule.MAX_MINUTES}


def test_price_that_is_not_proven_is_not_told(
    a_roster: Callable[..., RosterProblem], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where solving again gives no plan there is no exact price."""
    problem = one_person(a_roster, max_minutes=[180])
    result = schedule(problem, THOROUGH)
    monkeypatch.setattr(solve, "schedule", lambda problem, options: replace(result, has_plan=False))

    assert prices(problem, result, THOROUGH) == []


def test_missing_lead_has_its_price(a_roster: Callable[..., RosterProblem]) -> None:
    """A lead from outside saves what the shift's missing lead costs, exactly or by the relaxation."""
    problem = a_roster(
        shifts=Shifts.of([540, 1980], [660, 2100], leads=[True, False], priority=[3, 1]), objectives=COVER
    )

    for options, is_exact in ((THOROUGH, True), (RELAXED, False)):
        found = prices(problem, schedule(problem, options), options)
        assert told(found) == [(RosterRule.LEAD, -1, 0, 3, is_exact)]
        assert found[0].level == 1


def test_daily_cap_is_priced_by_the_relaxation(a_roster: Callable[..., RosterProblem]) -> None:
    """At the margin an hour is worth half a shift of two hours."""
    problem = replace(
        one_person(a_roster, max_minutes_day=[180]), shifts=Shifts.of([540, 700], [660, 820]), minimum_factor=1
    )
    found = prices(problem, schedule(problem, RELAXED), RELAXED)

    assert (RosterRule.MAX_MINUTES_DAY, 0, -1, 0.5, False) in told(found)


@pytest.mark.parametrize("seed", range(10))
def test_exact_price_is_what_solving_again_saves(a_random_roster: Callable[..., RosterProblem], seed: int) -> None:
    """Nothing that is told to save anything saves less, and a problem in which nothing is left to save has no price."""
    problem = a_random_roster(seed, people=4, shifts=6, objectives=COVER)
    result = schedule(problem, THOROUGH)
    found = prices(problem, result, THOROUGH)

    assert bool(found) <= any(level.value for level in result.levels)
    for price in found[:3]:
        again = schedule(with_one_more(problem, price.use), THOROUGH)
        assert result.levels[price.level].value - again.levels[price.level].value == price.saved > 0


def test_helper_takes_no_place_from_who_is_fixed(a_roster: Callable[..., RosterProblem]) -> None:
    """The people fixed on a seat keep it; an open seat stays open."""
    problem = a_roster(fixed=Pairs.of([0], [0]), seats=Seats.of([0, 1], maximum=[1, NO_LIMIT]))
    first, second = (
        with_one_more(problem, RuleUse(rule=RosterRule.SEATS, shift=shift, seat=shift, limit=1)).seats
        for shift in (0, 1)
    )

    assert (first.target.tolist(), first.maximum.tolist()) == ([0, 1], [1, NO_LIMIT])
    assert (second.target.tolist(), second.maximum.tolist()) == ([1, 0], [1, NO_LIMIT])


def test_nothing_to_price(a_roster: Callable[..., RosterProblem]) -> None:
    """A perfect plan, no plan, no time for either way have no prices."""
    perfect = a_roster(objectives=COVER)
    impossible = a_roster(patterns=Patterns.of([0], min_minutes=[9999]))
    short = one_person(a_roster, max_minutes=[180])
    result = schedule(short, THOROUGH)

    assert prices(perfect, schedule(perfect)) == []
    assert prices(impossible, schedule(impossible)) == []
    assert prices(short, result, replace(THOROUGH, deadline=OutOfTime())) == []
    assert prices(short, result, replace(RELAXED, deadline=OutOfTime())) == []
