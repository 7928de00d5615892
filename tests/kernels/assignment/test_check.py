"""The checker finds every kind of wrong plan by itself."""

from dataclasses import replace

import numpy as np
import pytest

from linkage.kernels.assignment import check
from linkage.kernels.assignment.problem import NONE, AssignmentProblem
from linkage.kernels.assignment.remainder import Conflict
from linkage.kernels.assignment.result import ObjectiveValue
from linkage.kernels.assignment.solve import match
from linkage.terms import MatchLimit, MatchObjective, MatchStatus


def _problem(**changes):
    columns = {
        "need_quantity": [1, 2],
        "need_group": [0, 0],
        "offer_capacity": [2, 2],
        "offer_source": [0, -1],
        "source_caps": [2],
        "pair_need": [0, 0, 1],
        "pair_offer": [0, 1, 1],
        "pair_cost": [5, 9, 6],
        "fixed": [1, 0, 0],
        "fair_groups": True,
    }
    return AssignmentProblem.of(**(columns | changes))


def _column(*values):
    return np.array(values, dtype=np.int64)


def _claim(objective, value, bound):
    return ObjectiveValue(objective=objective, value=value, bound=bound)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"need": _column(0)}, "columns differ", id="columns"),
        pytest.param({"need": _column(1, 0), "offer": _column(1, 0)}, "not sorted", id="order"),
        pytest.param({"window": _column(0, NONE)}, "offer 0 in window 0, which is not eligible", id="window"),
        pytest.param({"need": _column(0, 0), "offer": _column(0, 0)}, "lists a pair twice", id="pair-twice"),
        pytest.param({"quantity": _column(1, 0)}, "no units", id="no-units"),
        pytest.param({"need": _column(0, 1), "offer": _column(0, 0)}, "not eligible", id="not-eligible"),
        pytest.param({"quantity": _column(2, 2)}, "served 2 of 1", id="too-much"),
        pytest.param({"unmet": _column(0, 1)}, "told are 1", id="unmet-told-wrong"),
        pytest.param({"need": _column(0, 1), "offer": _column(1, 1)}, "keeps 0 of 1 fixed", id="fixed-lost"),
        pytest.param({"objectives": (_claim(MatchObjective.COST, 3, 3),)}, "counts 17", id="value-told-wrong"),
        pytest.param({"objectives": (_claim(MatchObjective.COST, 17, 18),)}, "bound 18 above", id="bound-wrong-side"),
        pytest.param({"objectives": (_claim(MatchObjective.COST, 17, 16),)}, "bounds say otherwise", id="not-proven"),
        pytest.param({"status": MatchStatus.BEST_SO_FAR}, "bounds say otherwise", id="proven"),
        pytest.param({"gap_ratio": 0.5}, "gap is told", id="gap"),
        pytest.param({"status": MatchStatus.CONTRADICTORY}, "0 conflicts", id="no-conflicts"),
        pytest.param(
            {
                "status": MatchStatus.CONTRADICTORY,
                "conflicts": (Conflict(limit=MatchLimit.SOURCE_CAP, index=0, asked=2, allowed=1),),
            },
            "has a plan",
            id="contradictory-plan",
        ),
    ],
)
def test_false_result_is_found(changes, words):
    """Each number changed in a true result is found and named."""
    result = match(_problem())
    assert check.verify(_problem(), result) == ()

    found = check.verify(_problem(), replace(result, **changes))
    assert [line for line in found if words in line]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"offer_capacity": [2, 1]}, "offer 1 gives 2 of 1", id="capacity"),
        pytest.param({"pair_use": [1, 1, 2]}, "offer 1 gives 4 of 2", id="use"),
        pytest.param({"source_caps": [0]}, "source 0 gives 1 of 0", id="source-cap"),
        pytest.param({"need_quantity": [1, 3], "indivisible": True}, "need 1 is split", id="undivided"),
        pytest.param({"previous": [1, 1, 1]}, None, id="previous"),
        pytest.param({"group_max": [2]}, "group 0 is met 3 of at most 2", id="group-maximum"),
        pytest.param({"need_exclusive": [1, 1]}, "needs [0, 1] of exclusive group 1 are met together", id="exclusive"),
        pytest.param({"need_quantity": [2, 2], "need_package": [0, 0]}, "need 0 of package 0 is not met", id="package"),
        pytest.param({"group_min": [5]}, None, id="minimum-is-no-limit"),
    ],
)
def test_plan_of_another_problem_is_found(changes, words):
    """A plan that keeps the limits of one problem is not taken for one of another."""
    found = check.verify(_problem(**changes), match(_problem()))

    assert bool(found) == (words is not None)
    assert words is None or [line for line in found if words in line]


def test_window_beyond_its_capacity_is_found():
    """A plan for a wide window is not taken for one of a narrow one."""
    columns = {"window_offer": [1], "pair_window": [NONE, 0, 0]}
    result = match(_problem(window_capacity=[2], **columns))
    found = check.verify(_problem(window_capacity=[1], **columns), result)

    assert [line for line in found if "window 0 gives 2 of 1" in line]


def test_fairness_and_changes_are_counted(random_problem):
    """The checker counts unfairness and changes like the objectives do, by another way."""
    rng = np.random.default_rng(4)
    for _ in range(30):
        problem = random_problem(
            rng, indivisible=True, use=2, rules={"windows", "quotas", "last", "exclusive", "packages"}
        )

        assert check.verify(problem, match(problem)) == ()
