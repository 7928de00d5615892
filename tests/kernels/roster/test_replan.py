"""A roster made again changes as little as can be, and says of every change why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linkage.errors import InvalidProblem
from linkage.kernels.roster import check
from linkage.kernels.roster.disruption import Disruption, problem_after
from linkage.kernels.roster.problem import (
    DEFAULT_OBJECTIVES,
    Pairs,
    Patterns,
    RosterProblem,
    Seats,
    Shifts,
    Volunteers,
    Windows,
)
from linkage.kernels.roster.replan import Replan, objectives_for_replanning, replan
from linkage.kernels.roster.result import RosterOptions
from linkage.kernels.roster.solve import schedule
from linkage.terms import RosterMoveReason, RosterObjective, RosterStatus

SEARCH_ONLY = RosterOptions(exact_pairs=0, bound_pairs=0, moves=60)
THOROUGH = RosterOptions(exact_effort=60.0, moves=40)
QUICK = settings(
    max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def told(made: Replan) -> list[tuple[int, int, bool, RosterMoveReason, int]]:
    """Give the moves as plain rows."""
    return [(m.volunteer, m.shift, m.is_given_up, m.reason, m.because_of) for m in made.moves]


def pairs_of(made: Replan) -> set[tuple[int, int]]:
    """Give the pairs of the new plan."""
    return set(zip(made.result.volunteer.tolist(), made.result.shift.tolist(), strict=True))


def test_drop_out_is_filled_by_who_is_free(a_roster: Callable[..., RosterProblem]) -> None:
    """The place of who drops out goes to somebody free, and nobody else moves."""
    problem = a_roster(volunteers=Volunteers.of(3), windows=Windows.always(3, 7))
    made = replan(problem, Pairs.of([0, 1], [0, 1]), Disruption(dropped=(0,)), last_asked=[5, 5, -1])

    assert told(made) == [
        (0, 0, True, RosterMoveReason.DROPPED_OUT, -1),
        (2, 0, False, RosterMoveReason.FILLS_VACATED, 0),
    ]
    assert made.moved == ()
    assert [c.volunteer for c in made.candidates[0]] == [2, 1]
    assert made.result.status == RosterStatus.OPTIMAL


def test_released_places_move_only_where_coverage_gains(a_roster: Callable[..., RosterProblem]) -> None:
    """With the places released, one person moves to where only that person can serve, and a free one follows."""
    problem = a_roster(
        volunteers=Volunteers.of(3, skills=[[True], [True], [False]]),
        windows=Windows.always(3, 7),
        shifts=Shifts.of([540, 540], [660, 660]),
        seats=Seats.of([0, 1], skill=[0, -1]),
    )
    accepted = Pairs.of([0, 1], [0, 1])
    kept = replan(problem, accepted, Disruption(dropped=(0,)))
    freed = replan(problem, accepted, Disruption(dropped=(0,)), movable=accepted)

    assert kept.result.terms[RosterObjective.UNCOVERED] > 0
    assert freed.result.terms[RosterObjective.UNCOVERED] == 0
    assert (1, 1, True, RosterMoveReason.NEEDED_ELSEWHERE, 0) in told(freed)
    assert freed.result.terms[RosterObjective.DISTURBANCE] == 1
    assert freed.result.status == RosterStatus.OPTIMAL


def test_new_and_cancelled_shifts_change_nothing_else(a_roster: Callable[..., RosterProblem]) -> None:
    """A new shift is filled, a cancelled one is left, and the rest stays."""
    problem = a_roster(eligible=Pairs.of([0, 0, 1, 1], [0, 1, 0, 1]))
    made = replan(
        problem,
        Pairs.of([0, 1], [0, 1]),
        Disruption(cancelled=(1,), shifts=Shifts.of([5000], [5060]), seats=Seats.of([0])),
    )

    assert told(made)[0] == (1, 1, True, RosterMoveReason.CANCELLED, -1)
    assert told(made)[1][1:4] == (2, False, RosterMoveReason.FILLS_NEW)
    assert (0, 0) in pairs_of(made)


def test_new_shift_is_for_everybody_or_for_those_listed(a_roster: Callable[..., RosterProblem]) -> None:
    """Where pairs are listed, new shifts are open to everybody unless they bring a list of their own."""
    new = {"shifts": Shifts.of([5000], [5060]), "seats": Seats.of([0], target=[2])}
    listed = a_roster(eligible=Pairs.of([0], [0]))
    problems = [
        problem_after(a_roster(), Disruption(**new)),
        problem_after(listed, Disruption(**new)),
        problem_after(listed, Disruption(**new, eligible=Pairs.of([1], [0]))),
    ]

    assert [p.eligible and p.eligible.volunteer.tolist() for p in problems] == [None, [0, 0, 1], [0, 1]]
    assert [p.seats.shift.tolist() for p in problems] == [[0, 1, 2]] * 3


def test_absence_cuts_the_windows_around_the_shift(a_roster: Callable[..., RosterProblem]) -> None:
    """Who cannot come to one shift still serves before and after it."""
    problem = a_roster(shifts=Shifts.of([300, 540, 700], [400, 660, 800]), seats=Seats.of([0, 1, 2]))
    made = replan(problem, Pairs.of([0, 0, 0], [0, 1, 2]), Disruption(absent=Pairs.of([0], [1])))

    assert told(made) == [
        (0, 1, True, RosterMoveReason.UNAVAILABLE, -1),
        (1, 1, False, RosterMoveReason.FILLS_VACATED, 0),
    ]


def test_newcomer_left_alone_and_torn_team_are_told(a_roster: Callable[..., RosterProblem]) -> None:
    """What the rules of company demand of those who stay is named, not hidden."""
    newcomer = a_roster(
        volunteers=Volunteers.of(2, newcomer=[True, False], experienced=[False, True]), seats=Seats.of([0], target=[2])
    )
    team = a_roster(seats=Seats.of([0], target=[2]), teams=((0, 1),))
    accepted = Pairs.of([0, 1], [0, 0])

    assert told(replan(newcomer, accepted, Disruption(dropped=(1,))))[0][3] is RosterMoveReason.COMPANY
    assert told(replan(team, accepted, Disruption(dropped=(1,))))[0][3] is RosterMoveReason.TEAM


def test_newcomer_stays_where_somebody_experienced_can_follow(a_roster: Callable[..., RosterProblem]) -> None:
    """The newcomer keeps the place because another experienced person takes the vacated one."""
    problem = a_roster(
        volunteers=Volunteers.of(3, newcomer=[True, False, False], experienced=[False, True, True]),
        windows=Windows.always(3, 7),
        seats=Seats.of([0], target=[2]),
    )
    made = replan(problem, Pairs.of([0, 1], [0, 0]), Disruption(dropped=(1,)))

    assert pairs_of(made) == {(0, 0), (2, 0)}


def test_pattern_of_who_drops_out_lapses(a_roster: Callable[..., RosterProblem]) -> None:
    """A minimum of minutes binds nobody who left, and who lost a day may be planned anew."""
    problem = a_roster(patterns=Patterns.of([0, 1], min_minutes=[120, 120]))
    made = replan(problem, Pairs.of([0, 1], [0, 1]), Disruption(dropped=(0,)))
    moved = replan(problem, Pairs.of([0, 1], [0, 1]), Disruption(absent=Pairs.of([0], [0])), options=THOROUGH)

    assert made.result.status == RosterStatus.OPTIMAL
    assert pairs_of(made) == {(1, 0), (1, 1)}
    assert moved.result.conflict is not None


def test_rule_that_came_later_frees_the_place(a_roster: Callable[..., RosterProblem]) -> None:
    """An accepted pair that the facts no longer allow is given up, with the rule as the reason."""
    problem = a_roster(windows=Windows.of([0, 1], [1000, 0], [9999, 9999]))
    made = replan(problem, Pairs.of([0], [0]), Disruption())

    assert told(made)[0] == (0, 0, True, RosterMoveReason.RULE, -1)


def test_other_aims_may_go_first(a_roster: Callable[..., RosterProblem]) -> None:
    """A released place is given up for nothing only where the caller puts another aim first."""
    problem = a_roster()
    accepted = Pairs.of([0, 1], [0, 1])
    levels = ((RosterObjective.PEOPLE_USED,), (RosterObjective.DISTURBANCE,))
    made = replan(problem, accepted, Disruption(), movable=accepted, objectives=levels)

    assert {row[3] for row in told(made)} == {RosterMoveReason.OTHER_AIMS}


def test_disturbance_stands_behind_coverage() -> None:
    """Levels keep their order; disturbance gets one of its own."""
    assert objectives_for_replanning(DEFAULT_OBJECTIVES)[:3] == (
        (RosterObjective.UNCOVERED,),
        (RosterObjective.LEAD_MISSING,),
        (RosterObjective.DISTURBANCE,),
    )
    assert objectives_for_replanning(((RosterObjective.PREFERENCE, RosterObjective.DISTURBANCE),)) == (
        (RosterObjective.DISTURBANCE,),
        (RosterObjective.PREFERENCE,),
    )


@pytest.mark.parametrize(
    ("accepted", "disruption", "message"),
    [
        pytest.param(Pairs.of(), Disruption(dropped=(9,)), "dropped volunteer 9", id="unknown volunteer"),
        pytest.param(Pairs.of(), Disruption(cancelled=(9,)), "cancelled shift 9", id="unknown shift"),
        pytest.param(Pairs.of(), Disruption(absent=Pairs.of([0], [9])), "absent volunteer 0 on shift 9", id="absent"),
        pytest.param(Pairs.of(), Disruption(seats=Seats.of([0])), "given together", id="seats alone"),
        pytest.param(Pairs.of([0], [9]), Disruption(), "accepted volunteer 0 on shift 9", id="unknown pair"),
    ],
)
def test_wrong_disruption_is_named(
    a_roster: Callable[..., RosterProblem], accepted: Pairs, disruption: Disruption, message: str
) -> None:
    """What the problem does not have is refused with its index."""
    with pytest.raises(InvalidProblem) as caught:
        replan(a_roster(), accepted, disruption)

    assert any(message in reason for reason in caught.value.reasons)


@given(seed=st.integers(0, 10_000))
@QUICK
def test_whoever_stays_keeps_every_accepted_place(a_random_roster: Callable[..., RosterProblem], seed: int) -> None:
    """Unless released, accepted places stay; released, the optimum of coverage is that of planning from scratch."""
    problem = a_random_roster(seed, people=6, shifts=9, days=5)
    before = schedule(problem, SEARCH_ONLY)
    accepted = Pairs.of(before.volunteer, before.shift)
    disruption = Disruption(dropped=(int(np.random.default_rng(seed).integers(6)),))
    kept = replan(problem, accepted, disruption, options=SEARCH_ONLY)
    freed = replan(problem, accepted, disruption, movable=accepted, options=THOROUGH)
    scratch = schedule(
        replace(problem_after(problem, disruption), objectives=((RosterObjective.UNCOVERED,),)), THOROUGH
    )

    stays = {
        p for p in zip(before.volunteer.tolist(), before.shift.tolist(), strict=True) if p[0] not in disruption.dropped
    }
    assert stays <= pairs_of(kept)
    assert kept.moved == ()
    assert freed.result.terms[RosterObjective.UNCOVERED] == scratch.levels[0].value
    assert freed.result.terms[RosterObjective.DISTURBANCE] == len(stays - pairs_of(freed)) == len(freed.moved)
    assert check.violations(freed.problem, freed.result) == []
