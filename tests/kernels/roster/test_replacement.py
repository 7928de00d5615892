"""Candidates for a vacated place come in a fair and quiet order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from linkage.errors import InvalidProblem
from linkage.kernels.roster.problem import Pairs, Patterns, Requests, RosterProblem, Seats, Shifts, Volunteers, Windows
from linkage.kernels.roster.replacement import NEVER_ASKED, Ranking, replacements
from linkage.kernels.roster.solve import schedule
from linkage.terms import ReplacementReason

KINDS = Shifts.of([540, 540], [660, 660], kind=[0, 0])


def a_team(a_roster: Callable[..., RosterProblem], people: int = 6, **facts: object) -> RosterProblem:
    """Make a team with volunteer 0 on the first of two shifts at the same time and volunteer 1 on the second."""
    return a_roster(
        **{
            "volunteers": Volunteers.of(people),
            "windows": Windows.always(people, 7),
            "shifts": Shifts.of([540, 540], [660, 660]),
            "fixed": Pairs.of([0], [0]),
            "previous": Pairs.of([1], [1]),
            **facts,
        }
    )


def test_replacements_ask_the_least_recently_asked_first(a_roster: Callable[..., RosterProblem]) -> None:
    """Never asked comes before long ago, long ago before lately; whoever would leave another shift comes last."""
    problem = a_team(a_roster)
    ranked = replacements(
        problem, schedule(problem), 0, 0, last_asked=[0, NEVER_ASKED, 30, NEVER_ASKED, 10, 20], leaving=[0]
    )

    assert [c.volunteer for c in ranked] == [3, 4, 5, 2, 1]
    assert ranked[0].reasons == (ReplacementReason.FREE, ReplacementReason.NEVER_ASKED)
    assert ranked[-1].leaves_shift == 1
    assert ranked[-1].refill_count == 4
    assert ReplacementReason.LEAVES_OTHER in ranked[-1].reasons


def test_replacements_prefer_leads_wishes_and_open_pledges(a_roster: Callable[..., RosterProblem]) -> None:
    """A lead where the lead left, then nobody against their wish, then open pledges."""
    problem = a_team(
        a_roster,
        volunteers=Volunteers.of(
            6, leads=[True, False, False, False, True, False], pledge_minutes=[0, 0, 0, 120, 0, 0]
        ),
        shifts=Shifts.of([540, 540], [660, 660], leads=[True, False]),
        requests=Requests.of([2, 5], [0, 0], want=[False, True]),
        fixed=Pairs.of([0, 1], [0, 1]),
    )
    ranked = replacements(problem, schedule(problem), 0, 0, last_asked=np.zeros(6, dtype=np.int64), leaving=[0])

    assert [c.volunteer for c in ranked] == [4, 3, 5, 2]
    assert ReplacementReason.LEADS in ranked[0].reasons
    assert ReplacementReason.BELOW_PLEDGE in ranked[1].reasons
    assert ReplacementReason.WANTS in ranked[2].reasons
    assert ReplacementReason.WOULD_RATHER_NOT in ranked[3].reasons


def test_replacements_hold_every_hard_rule(a_roster: Callable[..., RosterProblem]) -> None:
    """Without the skill, the time or the minutes nobody is a candidate; fixed duties are not given up."""
    problem = a_team(
        a_roster,
        people=5,
        volunteers=Volunteers.of(
            5, skills=[[True], [True], [False], [True], [True]], max_minutes=[999, 999, 999, 60, 999]
        ),
        windows=Windows.of([0, 1, 2, 3], [0, 0, 0, 0], [9999, 9999, 9999, 9999]),
        seats=Seats.of([0, 0, 1], skill=[0, -1, -1], target=[1, 0, 1]),
        fixed=Pairs.of([0, 1], [0, 1]),
        previous=Pairs.of(),
    )

    assert replacements(problem, schedule(problem), 0, 0, last_asked=[0] * 5, leaving=[0]) == []


KEPT = {
    "certificate": {
        "volunteers": Volunteers.of(3, skills=[[True]] * 3, skill_until=[[9999], [9999], [100]]),
        "seats": Seats.of([0, 1], skill=[0, 0]),
    },
    "strain": {
        "volunteers": Volunteers.of(3, strain_cap_week=[9, 9, 1]),
        "shifts": Shifts.of([540, 540], [660, 660], strain=[2, 0]),
    },
    "newcomer": {"volunteers": Volunteers.of(3, newcomer=[False, False, True], experienced=[True, False, False])},
    "day off": {"patterns": Patterns.of(days_off=[(2, 0)])},
    "pattern": {"patterns": Patterns.of([2], max_shifts_by_kind=[[0]]), "shifts": KINDS},
    "team": {
        "teams": ((2, 3),),
        "volunteers": Volunteers.of(4),
        "windows": Windows.always(4, 7),
        "seats": Seats.of([0, 1], target=[1, 1], maximum=[3, 1], over_weight=[1, 0]),
    },
}


@pytest.mark.parametrize("facts", KEPT.values(), ids=KEPT.keys())
def test_replacements_keep_the_rule(a_roster: Callable[..., RosterProblem], facts: dict[str, object]) -> None:
    """Volunteer 2 could come but for the rule, and volunteer 1, fixed on the other shift, may not leave it."""
    people = facts["volunteers"].leads.size if isinstance(facts.get("volunteers"), Volunteers) else 3
    problem = a_team(a_roster, people=people, **{"fixed": Pairs.of([0, 1], [0, 1]), "previous": Pairs.of(), **facts})
    result = schedule(problem)

    assert replacements(problem, result, 0, 0, last_asked=[0] * people, leaving=[0]) == []


def test_ranking_knows_who_was_taken_and_may_leave_others_in_peace(a_roster: Callable[..., RosterProblem]) -> None:
    """Asked seat by seat, one plan remembers who stepped in; nobody is called away from elsewhere unless allowed."""
    problem = a_team(a_roster, people=3, fixed=Pairs.of(), previous=Pairs.of())
    ranking = Ranking(problem, [(1, 1, 1)])
    alone = ranking.candidates(0, 0, [0] * 3, may_leave=False)
    ranking.take(alone[0].volunteer, 0, 0)

    assert [c.volunteer for c in alone] == [0, 2]
    assert [c.volunteer for c in ranking.candidates(1, 1, [0] * 3, may_leave=False)] == [2]


def test_replacements_leave_no_newcomer_alone(a_roster: Callable[..., RosterProblem]) -> None:
    """The only experienced person beside a newcomer is not asked to leave; one of two is."""
    facts = {
        "volunteers": Volunteers.of(4, newcomer=[False, True, False, False], experienced=[True, False, True, True]),
        "seats": Seats.of([0, 1], target=[1, 3]),
    }
    one = a_team(
        a_roster, people=4, **facts, fixed=Pairs.of([0, 1], [0, 1]), eligible=Pairs.of([0, 1, 2, 2], [0, 1, 0, 1])
    )
    two = a_team(a_roster, people=4, **facts, fixed=Pairs.of([0, 1, 3], [0, 1, 1]))
    found = [replacements(p, schedule(p), 0, 0, last_asked=[0] * 4, leaving=[0]) for p in (one, two)]

    assert [[c.volunteer for c in each] for each in found] == [[], [2]]


def test_replacements_tell_when_nobody_could_refill(a_roster: Callable[..., RosterProblem]) -> None:
    """Who leaves a place that stays empty comes after who leaves one that somebody takes."""
    problem = a_team(a_roster, people=2)
    ranked = replacements(problem, schedule(problem), 0, 0, last_asked=[0, 0], leaving=[0])

    assert [(c.volunteer, c.leaves_shift, c.refill_count) for c in ranked] == [(1, 1, 0)]


@pytest.mark.parametrize(
    ("shift", "seat", "asked", "message"),
    [
        pytest.param(9, 0, [0] * 6, "shift 9 is outside", id="unknown shift"),
        pytest.param(0, 9, [0] * 6, "seat 9 is outside", id="unknown seat"),
        pytest.param(0, 1, [0] * 6, "seat 1 belongs to shift 1", id="seat of another shift"),
        pytest.param(0, 0, [0], "last_asked has shape", id="column too short"),
        pytest.param(0, 0, [0.5] * 6, "last_asked must hold whole numbers", id="not whole"),
    ],
)
def test_replacements_refuse_wrong_arguments(
    a_roster: Callable[..., RosterProblem], shift: int, seat: int, asked: list[int], message: str
) -> None:
    """A wrong index or column is named."""
    problem = a_team(a_roster)
    with pytest.raises(InvalidProblem) as caught:
        replacements(problem, schedule(problem), shift, seat, last_asked=asked)

    assert any(message in reason for reason in caught.value.reasons)
