"""Why a visit is left out, and changes that let it in when they are applied."""

from __future__ import annotations

import numpy as np
import pytest

from linkage.kernels.rounds.changes import NEW, applied
from linkage.kernels.rounds.plan import Plan
from linkage.kernels.rounds.reasons import plan_of, unserved
from linkage.kernels.rounds.result import RoundsOptions
from linkage.kernels.rounds.solve import plan_rounds
from linkage.kernels.rounds.timeline import Facts
from linkage.terms import RoundsCause, RoundsChangeKind
from tests.kernels.rounds.conftest import line, random_problem

QUICK = RoundsOptions(iterations=100, together_tries=1, moves=5, sweeps=1)

SKILLS = np.asarray([[True, False]])

CASES = [
    pytest.param(
        line([5], visits={"skill": [1]}, workers={"skills": SKILLS}),
        RoundsCause.NO_SKILL, RoundsChangeKind.GRANT_SKILL, id="no-skill",
    ),
    pytest.param(line([5], visits={"people": [2]}), RoundsCause.TOO_FEW_PEOPLE, RoundsChangeKind.ADD_WORKER, id="alone"),
    pytest.param(line([5], workers={"place": []}), RoundsCause.TOO_FEW_PEOPLE, None, id="nobody"),
    pytest.param(
        line([5], visits={"boxes": [5]}, workers={"boxes": [3]}),
        RoundsCause.OVER_CAPACITY, RoundsChangeKind.RAISE_CAPACITY, id="boxes",
    ),
    pytest.param(
        line([5], visits={"start": [1080], "end": [1100]}, workers={"start": [480], "end": [1020]}),
        RoundsCause.OUTSIDE_HOURS, RoundsChangeKind.EXTEND_HOURS, id="evening",
    ),
    pytest.param(
        line([300], visits={"start": [480], "end": [960]}, workers={"start": [480], "end": [1020]}),
        RoundsCause.OUT_OF_REACH, RoundsChangeKind.EXTEND_HOURS, id="far",
    ),
    pytest.param(
        line([5], visits={"per_week": [3], "gap_days": [3]}, days=5),
        RoundsCause.TOO_FEW_DAYS, RoundsChangeKind.SHORTEN_GAP, id="too-often",
    ),
    pytest.param(
        line([5], visits={"days": [[False]]}), RoundsCause.TOO_FEW_DAYS, RoundsChangeKind.ALLOW_DAY, id="never",
    ),
    pytest.param(
        line([5], visits={"days": [[False]], "start": [2], "end": [3]}), RoundsCause.TOO_FEW_DAYS, None, id="nothing-helps",
    ),
    pytest.param(
        line([10, 20], visits={"start": [600, 600], "end": [600, 600], "priority": [1, 4]}),
        RoundsCause.NOT_ENOUGH_TIME, RoundsChangeKind.WIDEN_WINDOW, id="same-minute",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("problem", "cause", "kind"), CASES)
def test_the_first_rule_in_the_way_is_named(problem, cause, kind):
    """The cause is the rule, and the change is the cheapest kind that does away with it."""
    (reason,) = unserved(problem, plan_rounds(problem, QUICK))

    assert reason.cause is cause
    assert (reason.change and reason.change.kind) is kind


def test_the_visit_that_would_have_to_give_way_is_named():
    """Of two visits at the same minute the lighter one is out; the other is what it would displace."""
    problem = line([10, 20], visits={"start": [600, 600], "end": [600, 600], "priority": [1, 4]})
    (reason,) = unserved(problem, plan_rounds(problem, QUICK))

    assert (reason.visit, reason.instead_of, reason.instead_of_day) == (0, 1, 0)


@pytest.mark.parametrize("seed", range(25))
def test_applying_a_change_lets_the_visit_in(seed):
    """With the change applied the visit fits into the plan as it stands, and nobody else is moved out."""
    problem = random_problem(seed, visits=8, workers=2, together=seed % 2 == 0, lunch=seed % 3 == 0)
    result = plan_rounds(problem, QUICK)
    for reason in unserved(problem, result):
        if reason.change is None:
            continue
        old = plan_of(problem, result)
        new = Plan(Facts(applied(problem, reason.visit, reason.change)), dict(old.rounds), dict(old.together))
        insertion = new.insertion(reason.visit, reason.change.day)

        assert insertion is not None
        new.apply(reason.visit, reason.change.day, insertion)
        assert all(new.time(worker, day) is not None for worker, day in new.rounds)
        assert new.unserved() == old.unserved() - int(problem.visits.priority[reason.visit])


@pytest.mark.parametrize(
    ("asked", "days", "gap"),
    [
        pytest.param({"per_week": [3], "gap_days": [3]}, [0, 2, 4], 2, id="gap"),
        pytest.param(
            {"per_week": [3], "days": [[True, False, False, False, True, False, False]]}, [0, 1, 4], 0, id="day"
        ),
    ],
)
def test_the_least_change_of_days_is_told(asked, days, gap):
    """Three visits a week with two days between them, or on two days only: the smallest step that makes room."""
    problem = line([5], visits=asked, days=len(asked.get("days", [[0] * 5])[0]))
    (reason,) = unserved(problem, plan_rounds(problem, QUICK))
    change = reason.change

    assert change is not None
    assert change.gap == gap
    changed = plan_rounds(applied(problem, 0, change), QUICK)
    assert (sorted(changed.round_day.tolist()), changed.missing.tolist()) == (days, [0])


def test_fewer_minutes_would_not_do():
    """The minutes told are the fewest: one fewer leaves the visit out."""
    problem = line([300], visits={"start": [480], "end": [960]}, workers={"start": [480], "end": [1020]})
    result = plan_rounds(problem, QUICK)
    (reason,) = unserved(problem, result)
    change = reason.change

    assert change is not None
    assert change.minutes == 610 - 540
    assert change.worker not in (None, NEW)


def test_without_time_only_the_cause_is_told():
    """Rivals and changes are looked for while there is time."""
    problem = line([300], visits={"start": [480], "end": [960]}, workers={"start": [480], "end": [1020]})
    (reason,) = unserved(problem, plan_rounds(problem, QUICK), has_time=lambda: False)

    assert (reason.cause, reason.change) == (RoundsCause.OUT_OF_REACH, None)
