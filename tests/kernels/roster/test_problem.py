"""Bad numbers are refused all at once, each with its row and rule."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from linkage.errors import InvalidProblem
from linkage.kernels.roster.problem import Pairs, Patterns, Requests, RosterProblem, Seats, Shifts, Volunteers, Windows
from linkage.terms import RosterObjective

BAD = {
    "horizon negative": ({"horizon_days": -1}, "horizon_days is -1"),
    "buffer negative": ({"buffer_minutes": -5}, "buffer_minutes is -5"),
    "minimum factor zero": ({"minimum_factor": 0}, "minimum_factor is 0"),
    "objective twice": (
        {"objectives": ((RosterObjective.UNCOVERED,), (RosterObjective.UNCOVERED,))},
        "names a term twice",
    ),
    "empty level": ({"objectives": ((),)}, "an empty level"),
    "negative weight": ({"weights": {RosterObjective.UNCOVERED: -1}}, "weights[uncovered] is -1"),
    "negative cap": ({"volunteers": Volunteers.of(2, max_minutes=[-1, 60])}, "volunteers.max_minutes[0] is outside"),
    "not a number": (
        {"volunteers": Volunteers.of(2, pledge_minutes=[float("nan"), 60])},
        "volunteers.pledge_minutes must hold whole numbers",
    ),
    "overflow": (
        {"volunteers": Volunteers.of(2, pledge_minutes=[10**30, 60])},
        "volunteers.pledge_minutes must hold whole numbers",
    ),
    "unsigned overflow": (
        {"volunteers": Volunteers.of(2, pledge_minutes=np.asarray([2**63, 60], dtype=np.uint64))},
        "volunteers.pledge_minutes must hold whole numbers",
    ),
    "too large": ({"volunteers": Volunteers.of(2, rest_minutes=[2**40, 0])}, "volunteers.rest_minutes[0] is outside"),
    "skills of another crew": ({"volunteers": Volunteers.of(2, skills=[[True]])}, "volunteers.skills has shape (1, 1)"),
    "column too short": ({"volunteers": Volunteers.of(2, max_minutes=[60])}, "volunteers.max_minutes has shape (1,)"),
    "shift ends first": ({"shifts": Shifts.of([540, 1980], [500, 2100])}, "shifts[0] ends before or when it starts"),
    "shift outside": ({"shifts": Shifts.of([540, 99_999], [660, 99_999])}, "shifts.start[1] is outside"),
    "leads of other shifts": (
        {"shifts": Shifts.of([540, 1980], [660, 2100], leads=[True])},
        "shifts.leads has shape (1,)",
    ),
    "unknown place": ({"shifts": Shifts.of([540, 1980], [660, 2100], place=[0, 0])}, "shifts.place[0] is outside"),
    "unknown shift": ({"seats": Seats.of([0, 7])}, "seats.shift[1] is outside 0..1"),
    "unknown skill": ({"seats": Seats.of([0, 1], skill=[0, -1])}, "seats.skill[0] is outside"),
    "minimum above target": (
        {"seats": Seats.of([0, 1], minimum=[2, 0], target=[1, 1])},
        "seats[0] has a minimum above",
    ),
    "window ends first": ({"windows": Windows.of([0], [60], [30])}, "windows[0] ends before it starts"),
    "unknown volunteer": ({"windows": Windows.of([5], [0], [30])}, "windows.volunteer[0] is outside 0..1"),
    "unknown eligible": ({"eligible": Pairs.of([0], [9])}, "eligible.shift[0] is outside 0..1"),
    "uneven pairs": ({"previous": Pairs.of([0, 1], [0])}, "previous.shift has shape (1,), expected (2,)"),
    "repeated pair": ({"previous": Pairs.of([0, 0], [1, 1])}, "previous[1] names the same volunteer and shift"),
    "wants of other rows": (
        {"requests": Requests.of([0, 1], [0, 1], want=[True])},
        "requests.want has shape (1,), expected (2,)",
    ),
    "released unknown": ({"released": np.asarray([4])}, "released[0] is outside"),
    "weeks fall": ({"week_of_day": np.asarray([0, 0, 1, 1, 0, 0, 0])}, "week_of_day must start at 0 and rise"),
    "served of another crew": (
        {"served_minutes": np.zeros((3, 1), dtype=np.int64) + 1},
        "served_minutes has shape (3, 1), expected (2, 1)",
    ),
    "served negative": ({"served_minutes": np.asarray([[-1], [0]])}, "served_minutes holds a value outside"),
    "served of other periods": (
        {"served_minutes": np.ones((2, 3), dtype=np.int64)},
        "served_minutes has 3 periods, expected 1",
    ),
    "certificates of another crew": (
        {"volunteers": Volunteers.of(2, skills=[[True], [True]], skill_until=[[5]])},
        "volunteers.skill_until has shape (1, 1), expected (2, 1)",
    ),
    "newcomers of another crew": (
        {"volunteers": Volunteers.of(2, newcomer=[True])},
        "volunteers.newcomer has shape (1,), expected (2,)",
    ),
    "both new and experienced": (
        {"volunteers": Volunteers.of(2, newcomer=[True, False], experienced=[True, False])},
        "volunteers[0] is both newcomer and experienced",
    ),
    "strain negative": (
        {"shifts": Shifts.of([540, 1980], [660, 2100], strain=[-1, 0])},
        "shifts.strain[0] is outside",
    ),
    "kind too large": (
        {"shifts": Shifts.of([540, 1980], [660, 2100], kind=[10**6, 0])},
        "shifts.kind[0] is outside",
    ),
    "maximum below target": (
        {"seats": Seats.of([0, 1], target=[2, 1], maximum=[1, 1])},
        "seats[0] has a maximum below its target",
    ),
    "over weight negative": ({"seats": Seats.of([0, 1], over_weight=[-1, 0])}, "seats.over_weight[0] is outside"),
    "pattern of nobody": ({"patterns": Patterns.of([7])}, "patterns.volunteer[0] is outside 0..1"),
    "pattern twice": ({"patterns": Patterns.of([1, 1])}, "patterns[1] names the same volunteer as an earlier row"),
    "run of no days": (
        {"patterns": Patterns.of([0], min_consecutive_days=[0])},
        "patterns.min_consecutive_days[0] is outside 1..",
    ),
    "kinds too few": (
        {
            "patterns": Patterns.of([0], max_shifts_by_kind=[[1]]),
            "shifts": Shifts.of([540, 1980], [660, 2100], kind=[0, 1]),
        },
        "patterns.max_shifts_by_kind has 1 kinds, expected 2",
    ),
    "day off of nobody": (
        {"patterns": Patterns.of(days_off=[(5, 0)])},
        "patterns.days_off[0] names a volunteer outside",
    ),
    "day off after the end": (
        {"patterns": Patterns.of(days_off=[(0, 99)])},
        "patterns.days_off[0] names a day outside",
    ),
    "days off not pairs": (
        {"patterns": Patterns.of(days_off=[(0, 1, 2)])},
        "patterns.days_off has shape (1, 3), expected (1, 2)",
    ),
    "succession of three": (
        {"forbidden_successions": np.asarray([[0, 1, 2]])},
        "forbidden_successions has shape (1, 3), expected (1, 2)",
    ),
    "weekday eight": ({"first_weekday": 8}, "first_weekday is 8"),
    "together negative": ({"together_weight": -1}, "together_weight is -1"),
    "team of one": ({"teams": ((0,),)}, "teams[0] has fewer than two volunteers"),
    "team with nobody": ({"teams": ((0, 9),)}, "teams[0] names volunteer 9, outside 0..1"),
    "team with half a person": ({"teams": ((0, 0.5),)}, "teams[0] names 0.5, which is no whole number"),
    "days off of no shape": (
        {"patterns": Patterns.of([0], days_off=5)},
        "patterns.days_off has shape (), expected (0, 2)",
    ),
    "limits of no shape": (
        {"patterns": Patterns.of([0], max_shifts_by_kind=5)},
        "patterns.max_shifts_by_kind has shape (), expected (1, 0)",
    ),
    "in two teams": ({"teams": ((0, 1), (1, 0))}, "teams[1] names volunteer 1, who is in a team already"),
    "fixed on a day off": (
        {"fixed": Pairs.of([0], [0]), "patterns": Patterns.of(days_off=[(0, 0)])},
        "fixed volunteer 0 on shift 0: it is a day off",
    ),
    "fixed newcomer": (
        {"fixed": Pairs.of([0], [0]), "volunteers": Volunteers.of(2, newcomer=[True, False])},
        "fixed volunteer 0 on shift 0: a newcomer, and nobody experienced can serve there",
    ),
    "fixed with half a team": (
        {"fixed": Pairs.of([0], [0]), "teams": ((0, 1),), "windows": Windows.of([0], [0], [9999])},
        "fixed volunteer 0 on shift 0: team [0, 1] cannot come complete",
    ),
    "fixed above the strain": (
        {
            "fixed": Pairs.of([0, 0], [0, 1]),
            "volunteers": Volunteers.of(2, strain_cap_week=[3, 3]),
            "shifts": Shifts.of([540, 1980], [660, 2100], strain=[2, 2]),
        },
        "fixed volunteer 0: 4 points of strain in week 0 exceed strain_cap_week 3",
    ),
    "fixed in forbidden succession": (
        {
            "fixed": Pairs.of([0, 0], [0, 1]),
            "shifts": Shifts.of([540, 1980], [660, 2100], kind=[0, 1]),
            "forbidden_successions": np.asarray([[0, 1]]),
        },
        "fixed volunteer 0 on shifts 0 and 1: they overlap or leave too little time, or must not follow",
    ),
    "fixed with an expired certificate": (
        {
            "fixed": Pairs.of([0], [0]),
            "seats": Seats.of([0], skill=[0]),
            "volunteers": Volunteers.of(2, skills=[[True], [True]], skill_until=[[100], [9999]]),
        },
        "fixed volunteer 0 on shift 0: no seat of the shift fits the volunteer's skills and certificates",
    ),
    "fixed not available": (
        {"fixed": Pairs.of([0], [0]), "windows": Windows.of([1], [0], [9999])},
        "fixed volunteer 0 on shift 0: the shift lies outside",
    ),
    "fixed not eligible": (
        {"fixed": Pairs.of([0], [0]), "eligible": Pairs.of([1], [0])},
        "fixed volunteer 0 on shift 0: the pair is not in the list",
    ),
    "fixed without skill": (
        {
            "fixed": Pairs.of([0], [0]),
            "seats": Seats.of([0], skill=[0]),
            "volunteers": Volunteers.of(2, skills=[[False], [True]]),
        },
        "fixed volunteer 0 on shift 0: no seat of the shift fits",
    ),
    "fixed above the cap of one": (
        {"fixed": Pairs.of([0], [0]), "volunteers": Volunteers.of(2, max_minutes_day=[60, 60])},
        "fixed volunteer 0 on shift 0: the shift takes 120 minutes",
    ),
    "fixed above the sum": (
        {"fixed": Pairs.of([0, 0], [0, 1]), "volunteers": Volunteers.of(2, max_minutes=[180, 180])},
        "fixed volunteer 0: 240 minutes exceed max_minutes 180",
    ),
    "fixed above the week": (
        {"fixed": Pairs.of([0, 0], [0, 1]), "volunteers": Volunteers.of(2, max_minutes_week=[180, 180])},
        "fixed volunteer 0: 240 minutes in week 0 exceed max_minutes_week 180",
    ),
    "fixed overlap": (
        {"fixed": Pairs.of([0, 0], [0, 1]), "shifts": Shifts.of([540, 600], [660, 700])},
        "fixed volunteer 0 on shifts 0 and 1: they overlap",
    ),
    "fixed without rest": (
        {"fixed": Pairs.of([0, 0], [0, 1]), "volunteers": Volunteers.of(2, rest_minutes=[1400, 0])},
        "fixed volunteer 0 on shifts 0 and 1: they overlap or leave too little time",
    ),
    "fixed too many": (
        {"fixed": Pairs.of([0, 1], [0, 0])},
        "fixed volunteers [0, 1] on shift 0: there are not enough seats",
    ),
}


@pytest.mark.parametrize(("changes", "message"), BAD.values(), ids=BAD.keys())
def test_problem_with_a_mistake_names_it(
    a_roster: Callable[..., RosterProblem], changes: dict[str, object], message: str
) -> None:
    """A mistake is told with its row, its value and the rule."""
    with pytest.raises(InvalidProblem) as caught:
        a_roster(**changes)

    assert [reason for reason in caught.value.reasons if message in reason], caught.value.reasons


def test_problem_with_many_mistakes_names_all(a_roster: Callable[..., RosterProblem]) -> None:
    """All mistakes of one kind of check are told at once; long runs are counted."""
    with pytest.raises(InvalidProblem) as caught:
        a_roster(shifts=Shifts.of([540] * 30, [500] * 30), windows=Windows.of([0, 1], [60, 60], [30, 30]))

    assert len(caught.value.reasons) == 23
    assert any("10 more" in reason for reason in caught.value.reasons)
