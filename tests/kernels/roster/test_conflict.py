"""Contradictory hard rules come back as the smallest set, with people, shifts and numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from linkage.kernels.roster import conflict, solve
from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.problem import Pairs, Patterns, RosterProblem, Seats, Shifts, Volunteers, Windows
from linkage.kernels.roster.proof import Proven
from linkage.kernels.roster.reasons import shortages
from linkage.kernels.roster.result import RosterOptions, RuleUse
from linkage.kernels.roster.solve import schedule
from linkage.terms import RosterRule, RosterStatus

WEEK = Shifts.of(np.arange(7) * 1440 + 480, np.arange(7) * 1440 + 960, kind=[0] * 7)
SEATS = Seats.of(np.arange(7), maximum=[2] * 7)
MIN = RuleUse(rule=RosterRule.MIN_MINUTES, volunteer=0, limit=1440)


def a_week(a_roster: Callable[..., RosterProblem], **facts: object) -> RosterProblem:
    """Make seven day shifts of eight hours with two places; volunteer 0 owes three of them."""
    least = facts.pop("least", 1440)
    pattern = facts.pop("pattern", {})
    return a_roster(
        **{
            "shifts": WEEK,
            "seats": SEATS,
            "patterns": Patterns.of([0], min_minutes=[least], **pattern),
            **facts,
        }
    )


CONFLICTS = {
    "days off": (
        {"pattern": {"days_off": [(0, day) for day in range(5)]}},
        [MIN, *(RuleUse(rule=RosterRule.DAYS_OFF, volunteer=0, index=day) for day in range(5))],
    ),
    "weekends and kinds": (
        {"pattern": {"max_shifts_by_kind": [[2]], "max_weekends": [0]}},
        [MIN, RuleUse(rule=RosterRule.MAX_SHIFTS_BY_KIND, volunteer=0, index=0, limit=2)],
    ),
    "runs": (
        {"pattern": {"max_consecutive_days": [1], "min_consecutive_days_off": [4]}},
        [
            MIN,
            RuleUse(rule=RosterRule.MAX_CONSECUTIVE_DAYS, volunteer=0, limit=1),
            RuleUse(rule=RosterRule.MIN_CONSECUTIVE_DAYS_OFF, volunteer=0, limit=4),
        ],
    ),
    "windows": (
        {"windows": Windows.of([0, 1], [0, 0], [2400, 9999])},
        [MIN, RuleUse(rule=RosterRule.AVAILABLE, volunteer=0)],
    ),
    "list": (
        {"eligible": Pairs.of([0, 0, 1], [0, 1, 1])},
        [MIN, RuleUse(rule=RosterRule.LISTED, volunteer=0)],
    ),
    "certificate": (
        {
            "volunteers": Volunteers.of(2, skills=[[True], [True]], skill_until=[[3000], [9999]]),
            "seats": Seats.of(np.arange(7), skill=[0] * 7),
        },
        [MIN, RuleUse(rule=RosterRule.CERTIFICATE, volunteer=0, index=0)],
    ),
    "skill": (
        {"volunteers": Volunteers.of(2, skills=[[False], [True]]), "seats": Seats.of(np.arange(7), skill=[0] * 7)},
        [MIN, RuleUse(rule=RosterRule.SKILL, volunteer=0, index=0)],
    ),
    "cap": (
        {"volunteers": Volunteers.of(2, max_minutes=[1000, 9999])},
        [MIN, RuleUse(rule=RosterRule.MAX_MINUTES, volunteer=0, limit=1000)],
    ),
    "successions": (
        {"forbidden_successions": np.asarray([[0, 0]]), "least": 480 * 5},
        [
            RuleUse(rule=RosterRule.MIN_MINUTES, volunteer=0, limit=2400),
            RuleUse(rule=RosterRule.SUCCESSIONS, volunteer=0),
        ],
    ),
    "one a day": (
        {"shifts": Shifts.of([0, 480, 960], [480, 960, 1440]), "seats": Seats.of([0, 1, 2])},
        [MIN, RuleUse(rule=RosterRule.ONE_A_DAY, volunteer=0)],
    ),
    "rest": (
        {"volunteers": Volunteers.of(2, rest_minutes=[4500, 0])},
        [MIN, RuleUse(rule=RosterRule.GAPS, volunteer=0)],
    ),
    "fixed": (
        {"fixed": Pairs.of([0, 0], [1, 3]), "least": 0, "pattern": {"min_consecutive_days": [2], "max_weekends": [9]}},
        None,
    ),
}


@pytest.mark.parametrize(("facts", "expected"), CONFLICTS.values(), ids=CONFLICTS.keys())
def test_conflict_names_the_fewest_rules(
    a_roster: Callable[..., RosterProblem], facts: dict[str, object], expected: list[RuleUse] | None
) -> None:
    """A pattern nobody can meet is told with the rules that stand against it, and with no other."""
    result = schedule(a_week(a_roster, **dict(facts)))
    if expected is None:
        assert result.conflict is None
        return

    assert result.status == RosterStatus.CONTRADICTORY
    assert result.volunteer.size == 0
    assert result.gap_ratio == 0.0
    assert result.conflict is not None
    assert result.conflict.is_smallest
    assert list(result.conflict.rules) == sorted(expected)


def test_conflict_of_fixed_pairs_with_a_pattern(a_roster: Callable[..., RosterProblem]) -> None:
    """Two fixed shifts and the rule between them are the whole reason."""
    result = schedule(
        a_week(a_roster, fixed=Pairs.of([0, 0, 1], [1, 2, 4]), least=0, pattern={"max_consecutive_days": [1]})
    )

    assert result.conflict is not None
    assert set(result.conflict.rules) == {
        RuleUse(rule=RosterRule.FIXED, volunteer=0, shift=1),
        RuleUse(rule=RosterRule.FIXED, volunteer=0, shift=2),
        RuleUse(rule=RosterRule.MAX_CONSECUTIVE_DAYS, volunteer=0, limit=1),
    }


def test_conflict_between_people_names_the_seats_they_share(a_roster: Callable[..., RosterProblem]) -> None:
    """Each person alone could keep the minimum, both together find too few places."""
    result = schedule(a_week(a_roster, seats=Seats.of([0, 1, 2]), patterns=Patterns.of([0, 1], min_minutes=[960, 960])))

    assert result.conflict is not None
    rules = [use.rule for use in result.conflict.rules]
    assert rules.count(RosterRule.MIN_MINUTES) == 2
    assert rules.count(RosterRule.SEATS) == 3


def test_fixed_newcomer_whose_company_is_taken_is_a_conflict(a_roster: Callable[..., RosterProblem]) -> None:
    """The only experienced person is fixed elsewhere at that time: no search can mend it, so the rules are named."""
    problem = a_roster(
        volunteers=Volunteers.of(2, newcomer=[True, False], experienced=[False, True]),
        shifts=Shifts.of([540, 540], [660, 660]),
        seats=Seats.of([0, 1], target=[2, 1]),
        fixed=Pairs.of([0, 1], [0, 1]),
    )
    result = schedule(problem)

    assert result.conflict is not None
    assert {use.rule for use in result.conflict.rules} == {RosterRule.FIXED, RosterRule.NEWCOMER, RosterRule.GAPS}


class Clock:
    """A deadline that stays as far away as it is."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def remaining_seconds(self) -> float:
        """Give what was set."""
        return self.seconds


def test_conflict_is_not_looked_for_without_time(a_roster: Callable[..., RosterProblem]) -> None:
    """Out of time no rule is blamed."""
    facts = HardFacts.of(a_week(a_roster, least=99_999))

    assert conflict.find_conflict(facts, RosterOptions(deadline=Clock(0.0))) is None
    assert conflict.find_conflict(facts, RosterOptions(deadline=Clock(9.0))) is not None


def test_no_plan_found_in_time_is_said(a_roster: Callable[..., RosterProblem], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where neither a plan nor a contradiction was found, the result is empty and says so."""
    monkeypatch.setattr(
        solve,
        "solve_exactly",
        lambda facts, costs, options: Proven(rows=[], bounds=[], has_plan=False),
    )
    problem = a_roster(
        volunteers=Volunteers.of(2, newcomer=[True, False], experienced=[False, True]),
        shifts=Shifts.of([540, 540], [660, 660]),
        seats=Seats.of([0, 1], target=[2, 1]),
        fixed=Pairs.of([0, 1], [0, 1]),
    )
    result = schedule(problem)

    assert (result.status, result.conflict, result.volunteer.size) == (RosterStatus.NO_PLAN, None, 0)
    assert shortages(problem, result) == []


def test_conflict_cut_short_is_not_called_smallest(
    a_roster: Callable[..., RosterProblem], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With no more questions to ask, the set found so far contradicts itself but may be larger than needed."""
    monkeypatch.setattr(conflict, "MOST_QUESTIONS", 1)
    result = schedule(a_week(a_roster, least=99_999))

    assert result.conflict is not None
    assert not result.conflict.is_smallest
    assert replace(MIN, limit=99_999) in result.conflict.rules


@pytest.mark.parametrize(("guard", "least"), [("MOST_SHIFTS", 99_999), ("MOST_PAIRS", 960)])
def test_large_problem_is_not_looked_into(
    a_roster: Callable[..., RosterProblem], monkeypatch: pytest.MonkeyPatch, guard: str, least: int
) -> None:
    """Beyond a size the contradiction is told without its rules."""
    monkeypatch.setattr(conflict, guard, 1)
    problem = a_week(a_roster, seats=Seats.of([0, 1, 2]), patterns=Patterns.of([0, 1], min_minutes=[least, least]))
    result = schedule(problem)

    assert (result.status, result.conflict) == (RosterStatus.NO_PLAN, None)


def test_conflict_of_a_late_row_names_the_person(a_roster: Callable[..., RosterProblem]) -> None:
    """Each person is looked at alone, with the facts of that person and under the person's own number."""
    problem = a_week(
        a_roster,
        eligible=Pairs.of([0, 0, 1, 1], [0, 1, 2, 5]),
        windows=Windows.of([0, 0, 1], [0, 1000, 0], [1000, 99_999, 99_999]),
        patterns=Patterns.of([0, 1], min_minutes=[480, 480], max_weekends=[9, 0], days_off=[(0, 5), (1, 2)]),
    )
    result = schedule(problem)

    assert result.conflict is not None
    assert {use.volunteer for use in result.conflict.rules} == {1}
    assert {use.rule for use in result.conflict.rules} == {
        RosterRule.MIN_MINUTES,
        RosterRule.LISTED,
        RosterRule.DAYS_OFF,
        RosterRule.MAX_WEEKENDS,
    }
