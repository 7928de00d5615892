"""Candidates for a vacated place come in a fair and quiet order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from linkage.errors import InvalidProblem
from linkage.kernels.roster.problem import Pairs, Requests, RosterProblem, Seats, Shifts, Volunteers, Windows
from linkage.kernels.roster.replacement import NEVER_ASKED, replacements
from linkage.kernels.roster.solve import schedule
from linkage.terms import ReplacementReason


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
