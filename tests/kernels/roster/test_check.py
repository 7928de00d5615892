"""The checker finds every broken rule on its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from linkage.kernels.roster import check
from linkage.kernels.roster.problem import Pairs, Patterns, RosterProblem, Seats, Shifts, Volunteers, Windows
from linkage.kernels.roster.result import RosterLevel, RosterResult, RosterTrace
from linkage.kernels.roster.solve import schedule
from linkage.terms import RosterObjective


def a_result(rows: list[tuple[int, int, int]]) -> RosterResult:
    """Make a result of these rows that claims nothing."""
    table = np.asarray(rows, dtype=np.int64).reshape(-1, 3)
    trace = RosterTrace(seed=0, candidate_pairs=0)
    return RosterResult(volunteer=table[:, 0], shift=table[:, 1], seat=table[:, 2], levels=(), terms={}, trace=trace)


BOTH = [(0, 0, 0), (0, 1, 1)]
STRAINED = Shifts.of([540, 1980], [660, 2100], strain=[2, 2], kind=[0, 1])
BROKEN = {
    "seat of another shift": ({}, [(0, 0, 1)], "seat 1 belongs to another shift"),
    "skill": (
        {"volunteers": Volunteers.of(2, skills=[[False], [True]]), "seats": Seats.of([0, 1], skill=[0, -1])},
        [(0, 0, 0)],
        "lacks skill 0",
    ),
    "not listed": ({"eligible": Pairs.of([1], [0])}, [(0, 0, 0)], "not an eligible pair"),
    "not available": ({"windows": Windows.of([0, 0], [0, 650], [600, 700])}, [(0, 0, 0)], "not available"),
    "crowded": ({}, [(0, 0, 0), (1, 0, 0)], "seat 0: 2 people on 1 places"),
    "twice": ({"seats": Seats.of([0, 0])}, [(0, 0, 0), (0, 0, 1)], "sits twice in one shift"),
    "overlap": ({"shifts": Shifts.of([540, 600], [660, 700])}, BOTH, "shifts 0 and 1 leave less than 0"),
    "buffer": (
        {"shifts": Shifts.of([540, 670], [660, 700]), "buffer_minutes": 30},
        BOTH,
        "shifts 0 and 1 leave less than 30",
    ),
    "rest": ({"volunteers": Volunteers.of(2, rest_minutes=[1400, 0])}, BOTH, "leave less than 1400"),
    "travel": (
        {
            "shifts": Shifts.of([540, 670], [660, 700], place=[0, 1]),
            "travel_minutes": np.asarray([[0, 90, 10], [90, 0, 10], [10, 10, 0]]),
        },
        BOTH,
        "leave less than 20",
    ),
    "horizon cap": ({"volunteers": Volunteers.of(2, max_minutes=[200, 0])}, BOTH, "240 minutes in all"),
    "week cap": ({"volunteers": Volunteers.of(2, max_minutes_week=[200, 0])}, BOTH, "240 minutes in week 0"),
    "day cap": ({"volunteers": Volunteers.of(2, max_minutes_day=[100, 0])}, BOTH, "120 minutes in day 0"),
    "certificate": (
        {
            "volunteers": Volunteers.of(2, skills=[[True], [True]], skill_until=[[650], [9999]]),
            "seats": Seats.of([0, 1], skill=[0, -1]),
        },
        [(0, 0, 0)],
        "the certificate of skill 0 ends before the shift",
    ),
    "strain": (
        {"volunteers": Volunteers.of(2, strain_cap_week=[3, 9]), "shifts": STRAINED},
        BOTH,
        "strain 4 in week 0",
    ),
    "newcomer alone": (
        {"volunteers": Volunteers.of(2, newcomer=[True, False], experienced=[False, True])},
        BOTH,
        "shift 0: a newcomer without an experienced person",
    ),
    "team torn": ({"teams": ((0, 1),)}, BOTH, "shift 0: team 0 is not complete"),
    "beyond the maximum": (
        {"seats": Seats.of([0, 1], target=[0, 1], maximum=[1, 1])},
        [(0, 0, 0), (1, 0, 0)],
        "seat 0: 2 people on 1 places",
    ),
    "succession": (
        {"forbidden_successions": np.asarray([[0, 1]]), "shifts": STRAINED},
        BOTH,
        "shift 1 must not follow shift 0",
    ),
    "two on a day": (
        {"patterns": Patterns.of([0]), "shifts": Shifts.of([540, 700], [660, 800])},
        BOTH,
        "2 shifts on day 0",
    ),
    "day off": ({"patterns": Patterns.of(days_off=[(0, 1)])}, BOTH, "shift 1 on day 1, a day off"),
    "too few minutes": ({"patterns": Patterns.of([0], min_minutes=[300])}, BOTH, "240 minutes, at least 300"),
    "too many in a row": (
        {"patterns": Patterns.of([0], max_consecutive_days=[1])},
        BOTH,
        "2 days in a row from day 0, at most 1",
    ),
    "too few in a row": (
        {"patterns": Patterns.of([0], min_consecutive_days=[2])},
        [(0, 1, 1)],
        "1 days in a row from day 1, at least 2",
    ),
    "too few off": (
        {"patterns": Patterns.of([0], min_consecutive_days_off=[2]), "shifts": Shifts.of([540, 3420], [660, 3540])},
        BOTH,
        "1 days off from day 1, at least 2",
    ),
    "weekends": ({"patterns": Patterns.of([0], max_weekends=[0]), "first_weekday": 4}, BOTH, "1 weekends, at most 0"),
    "kinds": (
        {"patterns": Patterns.of([0], max_shifts_by_kind=[[0, 9]]), "shifts": STRAINED},
        BOTH,
        "1 shifts of kind 0, at most 0",
    ),
    "fixed gone": ({"fixed": Pairs.of([1], [0])}, BOTH, "volunteer 1 was fixed on shift 0"),
}


@pytest.mark.parametrize(("changes", "rows", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_violations_name_each_broken_rule(
    a_roster: Callable[..., RosterProblem],
    changes: dict[str, object],
    rows: list[tuple[int, int, int]],
    message: str,
) -> None:
    """Each hard rule, broken alone, is found."""
    found = check.violations(a_roster(**changes), a_result(rows))

    assert any(message in line for line in found), found


def test_violations_of_a_correct_plan_are_none(a_roster: Callable[..., RosterProblem]) -> None:
    """Touching windows count as one, and a released volunteer's fixed pair does not bind."""
    problem = a_roster(
        windows=Windows.of([0, 0, 0], [0, 600, 2000], [600, 2050, 3000]),
        fixed=Pairs.of([0], [0]),
        released=np.asarray([0]),
    )

    assert check.violations(problem, a_result([(0, 1, 1)])) == []


def test_runs_at_the_edges_are_not_held_to_their_minimum(a_roster: Callable[..., RosterProblem]) -> None:
    """A run of days on or off that touches the first or last day may be short (Curtois and Qu 2014)."""
    problem = a_roster(
        horizon_days=3,
        shifts=Shifts.of([540, 3420], [660, 3540]),
        patterns=Patterns.of([0], min_consecutive_days=[3], min_consecutive_days_off=[2]),
    )

    assert check.violations(problem, a_result([(0, 0, 0)])) == []
    assert check.violations(problem, a_result([])) == []
    assert len(check.violations(problem, a_result(BOTH))) == 1


def test_verify_refuses_wrong_claims(a_roster: Callable[..., RosterProblem]) -> None:
    """A value that does not come out, or that lies below its bound, is a defect."""
    problem = a_roster()
    result = schedule(problem)
    wrong_term = replace(result, terms={**result.terms, RosterObjective.UNCOVERED: 3})
    level = RosterLevel(terms=(RosterObjective.UNCOVERED,), value=1, bound=2)

    with pytest.raises(check.BrokenPlan, match="uncovered is 0, claimed 3"):
        check.verify(problem, wrong_term)
    with pytest.raises(check.BrokenPlan, match=r"claimed 1.*below its bound 2"):
        check.verify(problem, replace(result, levels=(level,)))
