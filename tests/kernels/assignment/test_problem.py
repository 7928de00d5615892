"""Wrong numbers never become a plan: every mistake is named, an empty problem has an empty plan."""

import numpy as np
import pytest

from linkage.errors import InvalidProblem
from linkage.kernels.assignment.problem import MAX_COST, MAX_PRIORITY, MAX_QUANTITY, AssignmentProblem
from linkage.kernels.assignment.solve import MatchOptions, match
from linkage.terms import MatchLimit, MatchObjective, MatchStatus

UNMET, UNFAIR, CHANGED, COST = (
    MatchObjective.UNMET_PRIORITY,
    MatchObjective.UNFAIRNESS,
    MatchObjective.CHANGED,
    MatchObjective.COST,
)


def _problem(**changes):
    columns = {
        "need_quantity": [1, 2],
        "offer_capacity": [3],
        "pair_need": [0, 1],
        "pair_offer": [0, 0],
        "pair_cost": [5, 6],
    }
    return AssignmentProblem.of(**(columns | changes))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"offer_capacity": [-1]}, "offer_capacity: must lie in 0", id="negative-capacity"),
        pytest.param({"need_quantity": [0, 1]}, "need_quantity: must lie in 1", id="nothing-asked"),
        pytest.param({"need_priority": [0, 1]}, "need_priority: must lie in 1", id="no-priority"),
        pytest.param({"need_priority": [1]}, "need_priority: has 1 rows", id="short-priority"),
        pytest.param({"pair_cost": [1]}, "pair_cost: has 1 rows", id="short-cost"),
        pytest.param({"pair_need": [0, 2]}, "pair_need: must lie in 0 .. 1", id="unknown-need"),
        pytest.param({"pair_offer": [0, 1]}, "pair_offer: must lie in 0 .. 0", id="unknown-offer"),
        pytest.param({"pair_offer": [0, -1]}, "pair_offer: must lie in 0 .. 0", id="negative-index"),
        pytest.param({"offer_source": [0]}, "offer_source: must lie in -1 .. -1", id="unknown-source"),
        pytest.param({"need_group": [0, 9]}, "need_group: must lie in", id="group-out-of-range"),
        pytest.param({"source_caps": [-2]}, "source_caps: must lie in", id="negative-cap"),
        pytest.param({"pair_use": [1, 0]}, "pair_use: must lie in 1", id="no-use"),
        pytest.param({"previous": [-1, 0]}, "previous: must lie in", id="negative-previous"),
        pytest.param({"fixed": [0, -3]}, "fixed: must lie in", id="negative-fixed"),
        pytest.param({"pair_cost": [1, np.nan]}, "pair_cost: not a number at index 1", id="nan"),
        pytest.param({"pair_cost": [np.inf, 1]}, "pair_cost: not a number at index 0", id="infinite"),
        pytest.param({"pair_cost": [1.5, 1]}, "pair_cost: not a whole number at index 0", id="fraction"),
        pytest.param({"pair_cost": [1e300, 1]}, "pair_cost: too large at index 0", id="huge-float"),
        pytest.param({"pair_cost": [10**30, 1]}, "pair_cost: holds something", id="huge-integer"),
        pytest.param(
            {"pair_cost": np.array([2**63, 1], dtype=np.uint64)}, "pair_cost: too large at index 0", id="huge-unsigned"
        ),
        pytest.param({"pair_cost": [MAX_COST + 1, 1]}, "pair_cost: must lie in", id="cost-out-of-range"),
        pytest.param({"need_quantity": [MAX_QUANTITY] * 2}, "need_quantity: adds up to", id="quantity-sum"),
        pytest.param(
            {"offer_capacity": [10**12] * 100_001, "pair_offer": [0, 1]}, "offer_capacity: adds up", id="capacity-sum"
        ),
        pytest.param({"pair_cost": ["1", "2"]}, "pair_cost: must hold whole numbers", id="text"),
        pytest.param({"pair_cost": [[1, 2]]}, "pair_cost: must be one column", id="two-dimensions"),
        pytest.param(
            {"pair_need": [1, 1]}, "pair (need 1, offer 0) is listed twice, at index 0 and 1", id="pair-twice"
        ),
        pytest.param(
            {"pair_need": [1, 1], "window_offer": [0], "window_capacity": [1], "pair_window": [0, 0]},
            "pair (need 1, offer 0, window 0) is listed twice",
            id="pair-twice-in-a-window",
        ),
        pytest.param({"window_offer": [1], "window_capacity": [1]}, "window_offer: must lie in 0 .. 0", id="no-offer"),
        pytest.param(
            {"window_offer": [0], "window_capacity": [-1]}, "window_capacity: must lie in", id="window-below-0"
        ),
        pytest.param({"window_offer": [0]}, "window_capacity: has 0 rows", id="window-without-capacity"),
        pytest.param({"pair_window": [0, -1]}, "pair_window: must lie in -1 .. -1", id="unknown-window"),
        pytest.param(
            {"offer_capacity": [3, 3], "window_offer": [1], "window_capacity": [1], "pair_window": [-1, 0]},
            "pair_window: is a window of another offer at index 1 (0)",
            id="window-of-another-offer",
        ),
        pytest.param({"group_min": [-1]}, "group_min: must lie in 0", id="minimum-below-0"),
        pytest.param({"group_max": [-2]}, "group_max: must lie in -1", id="maximum-below-none"),
        pytest.param(
            {"group_min": [1, 2], "group_max": [3]}, "group_max: has 1 rows, group_min has 2", id="quota-rows"
        ),
        pytest.param(
            {"group_min": [5], "group_max": [3]}, "group_min: is above group_max at index 0 (5)", id="crossed"
        ),
        pytest.param(
            {"group_max": [3], "need_group": [0, 1]}, "need_group: must lie in -1 .. 0", id="group-of-no-quota"
        ),
        pytest.param({"need_exclusive": [2, 0]}, "need_exclusive: must lie in -1 .. 1", id="exclusive-out-of-range"),
        pytest.param({"need_package": [0, -2]}, "need_package: must lie in -1 .. 1", id="package-out-of-range"),
        pytest.param({"is_last": [2, 0]}, "is_last: must lie in 0 .. 1", id="last-is-no-flag"),
    ],
)
def test_bad_numbers_are_refused(changes, reason):
    """A column that cannot be is refused by name and place."""
    with pytest.raises(InvalidProblem) as refusal:
        _problem(**changes)

    assert [line for line in refusal.value.reasons if line.startswith(reason)]


def test_all_mistakes_are_told_at_once():
    """Three columns wrong, three reasons; many places are counted, not listed."""
    with pytest.raises(InvalidProblem) as refusal:
        _problem(need_quantity=[0, -1], offer_capacity=[-1] * 9, pair_cost=[MAX_COST * 2, 1])

    assert len(refusal.value.reasons) == 3
    assert "index 0 (-1), 1 (-1), 2 (-1), 3 (-1), 4 (-1) and 4 more; give 0" in refusal.value.reasons[1]


def test_mistakes_of_shape_range_and_sum_are_told_together():
    """A short column does not hide a wrong number elsewhere, and each mistake says what to do."""
    with pytest.raises(InvalidProblem) as refusal:
        _problem(need_priority=[1], offer_capacity=[-1], pair_cost=[np.nan, 1.5], pair_offer=[0, 7])

    told = dict(line.split(": ", 1) for line in refusal.value.reasons if "pair_cost" not in line)
    assert set(told) == {"need_priority", "offer_capacity", "pair_offer"}
    assert [line for line in refusal.value.reasons if "pair_cost" in line] == [
        "pair_cost: not a number at index 0; give a whole number",
        "pair_cost: not a whole number at index 1 (1.5); round it or count in a finer unit",
    ]
    assert all("; " in line for line in refusal.value.reasons)


def test_pairs_may_come_in_any_order_and_once_for_each_window():
    """Pairs are sorted by need, offer and window; the same need and offer may stand once per window and once without."""
    problem = AssignmentProblem.of(
        need_quantity=[1, 1],
        offer_capacity=[1, 1],
        window_offer=[0, 0],
        window_capacity=[1, 1],
        pair_need=[1, 0, 0, 0],
        pair_offer=[1, 0, 0, 0],
        pair_window=[-1, 1, 0, -1],
        pair_cost=[4, 3, 2, 1],
    )

    assert problem.pair_window.tolist() == [-1, 0, 1, -1]
    assert problem.pair_cost.tolist() == [1, 2, 3, 4]
    assert problem.need_start.tolist() == [0, 3, 4]


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        pytest.param((COST,), "unmet_priority is missing", id="missing"),
        pytest.param((UNMET, COST, COST), "cost stands twice", id="twice"),
        pytest.param((COST, UNMET), "cost stands before", id="cost-first"),
    ],
)
def test_senseless_objectives_are_refused(order, reason):
    """An order of objectives whose best plan would be to do nothing is refused."""
    with pytest.raises(InvalidProblem) as refusal:
        match(_problem(), MatchOptions(objectives=order))

    assert [line for line in refusal.value.reasons if reason in line]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"need_quantity": [], "pair_need": [], "pair_offer": [], "pair_cost": []}, id="no-needs"),
        pytest.param({"offer_capacity": [], "pair_need": [], "pair_offer": [], "pair_cost": []}, id="no-offers"),
        pytest.param({"pair_need": [], "pair_offer": [], "pair_cost": []}, id="no-pairs"),
        pytest.param({"offer_capacity": [0]}, id="no-capacity"),
        pytest.param({"source_caps": [0], "offer_source": [0]}, id="capped-out"),
    ],
)
@pytest.mark.parametrize("indivisible", [True, False], ids=["undivided", "divided"])
def test_nothing_to_match_is_an_empty_plan(changes, indivisible):
    """Without needs, offers, pairs or room the plan is empty and proven, and all that is asked is unmet."""
    problem = _problem(**changes, indivisible=indivisible, fair_groups=True)
    result = match(problem)

    assert (result.status, result.need.size) == (MatchStatus.OPTIMAL, 0)
    assert result.unmet.tolist() == problem.need_quantity.tolist()
    assert [result.reasons.of_unmet(row).quantity for row in range(problem.need_count)] == result.unmet.tolist()


@pytest.mark.parametrize(
    ("changes", "limits"),
    [
        pytest.param({"fixed": [2, 0]}, {(MatchLimit.NEED_QUANTITY, 0, 2, 1)}, id="quantity"),
        pytest.param({"fixed": [1, 2], "offer_capacity": [2]}, {(MatchLimit.OFFER_CAPACITY, 0, 3, 2)}, id="capacity"),
        pytest.param(
            {"fixed": [1, 2], "offer_source": [0], "source_caps": [1], "offer_capacity": [2]},
            {(MatchLimit.OFFER_CAPACITY, 0, 3, 2), (MatchLimit.SOURCE_CAP, 0, 3, 1)},
            id="capacity-and-cap",
        ),
        pytest.param(
            {
                "pair_need": [0, 0],
                "pair_offer": [0, 1],
                "offer_capacity": [3, 3],
                "need_quantity": [2],
                "fixed": [1, 1],
                "indivisible": True,
            },
            {(MatchLimit.INDIVISIBLE, 0, 2, 1)},
            id="undivided",
        ),
    ],
)
def test_contradictory_fixed_pairs_name_every_limit(changes, limits):
    """Fixed pairs that cannot all stay give no plan, and each limit they break with its numbers."""
    result = match(_problem(**changes))

    assert (result.status, result.need.size, result.reasons) == (MatchStatus.CONTRADICTORY, 0, None)
    assert {(row.limit, row.index, row.asked, row.allowed) for row in result.conflicts} == limits


def test_extreme_numbers_are_matched_level_by_level():
    """At the limits of the ranges one 64-bit weight is too small: the levels are solved one after the other."""
    rng = np.random.default_rng(1)
    needs, offers = 40, 8
    pairs = np.argwhere(rng.random((needs, offers)) < 0.5)
    columns = {
        "need_quantity": rng.integers(1, 10**6, needs),
        "need_priority": rng.integers(1, MAX_PRIORITY, needs),
        "need_group": rng.integers(0, 4, needs),
        "offer_capacity": rng.integers(1, 10**6, offers),
        "pair_need": pairs[:, 0],
        "pair_offer": pairs[:, 1],
        "pair_cost": rng.integers(-MAX_COST, MAX_COST, len(pairs)),
        "previous": rng.integers(0, 2, len(pairs)),
        "fair_groups": True,
    }
    result = match(AssignmentProblem.of(**columns))
    values = [objective.value for objective in result.objectives]
    first = match(AssignmentProblem.of(**columns), MatchOptions(objectives=(UNMET, UNFAIR, COST)))

    assert result.status is MatchStatus.OPTIMAL
    assert values[:2] == [objective.value for objective in first.objectives[:2]]
    assert values[3] >= first.objectives[2].value
