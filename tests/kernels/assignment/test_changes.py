"""A change that is suggested really meets the need, with the effect told; a price is what one more unit brings."""

from dataclasses import replace

import numpy as np
import pytest

from linkage.kernels.assignment.changes import Raise, apply_change
from linkage.kernels.assignment.confirm import without_reserving
from linkage.kernels.assignment.problem import NONE, AssignmentProblem
from linkage.kernels.assignment.solve import MatchOptions, match
from linkage.terms import MatchLimit, MatchObjective, MatchStatus, UnmetCause

CASES = {
    "plain": ((), {}),
    "windows": ({"windows"}, {}),
    "quotas": ({"quotas"}, {}),
    "last-helpers": ({"last"}, {}),
    "one-of-these": ({"exclusive"}, {}),
    "packages": ({"packages"}, {}),
    "all-undivided": ({"windows", "quotas", "last", "exclusive", "packages"}, {"use": 3, "indivisible": True}),
    "all-uneven": ({"windows", "quotas", "last", "exclusive", "packages"}, {"use": 2}),
}


def _values(result):
    return tuple(objective.value for objective in result.objectives)


def _levels(result):
    return tuple(objective.objective for objective in result.objectives)


def _difference(after, before):
    return tuple(np.subtract(_values(after), _values(before)).tolist())


def _drawn(random_problem, rng, case):
    rules, how = CASES[case]
    while True:
        problem = random_problem(rng, rules=rules, **how)
        if rng.random() < 0.3:
            fixed = rng.integers(0, 2, problem.pair_count) * (rng.random(problem.pair_count) < 0.25)
            problem = replace(problem, fixed=fixed)
        result = match(problem)
        if result.status is MatchStatus.OPTIMAL and result.unmet.any():
            return problem, result


@pytest.mark.parametrize("case", CASES)
def test_change_meets_the_need_with_the_effect_told(random_problem, case):
    """Applied and solved again, the need (and its package) is met; the objectives change exactly as claimed."""
    rng = np.random.default_rng(61)
    exact = told = 0
    for _ in range(25):
        problem, result = _drawn(random_problem, rng, case)
        options = MatchOptions(objectives=_levels(result), is_explained=False)
        for row in range(int((result.unmet > 0).sum())):
            for change in result.reasons.of_unmet(row).changes:
                after = match(apply_change(problem, change), options)

                assert after.unmet[[placement.need for placement in change.placements]].sum() == 0
                difference = _difference(after, result)
                assert difference == change.effect if change.is_exact else difference <= change.effect
                exact += change.is_exact
                told += 1
    assert exact > told // 5 > 5


@pytest.mark.parametrize("case", ["plain", "windows", "quotas", "one-of-these"])
def test_every_limit_of_a_change_is_needed(random_problem, case):
    """The limits named are a smallest set: leaving out any one of them, somebody else would have to lose."""
    rng = np.random.default_rng(62)
    checked = 0
    while checked < 40:
        problem, result = _drawn(random_problem, rng, case)
        for row in range(int((result.unmet > 0).sum())):
            reason = result.reasons.of_unmet(row)
            if reason.change is None:
                continue
            for one in reason.change.raises:
                less = tuple(other for other in reason.change.raises if other is not one)
                standing = replace(problem, fixed=result.reasons.units)
                kept = match(apply_change(standing, replace(reason.change, raises=less)))

                assert kept.status is MatchStatus.CONTRADICTORY
                checked += 1
            assert set(reason.limits) == {one.limit for one in reason.change.raises}


def test_change_without_reserving_meets_the_need(random_problem):
    """With the room told and no place kept, a new plan meets the need; with one unit less of it, it does not."""
    rng = np.random.default_rng(63)
    found = 0
    while found < 40:
        problem, result = _drawn(random_problem, rng, "plain")
        for row in range(int((result.unmet > 0).sum())):
            change = result.reasons.of_unmet(row).change
            wider = None if change is None else without_reserving(problem, result, change)
            if wider is None:
                continue
            after = match(apply_change(problem, wider), MatchOptions(objectives=_levels(result)))

            assert not wider.is_reserved
            assert after.unmet[change.need] == 0
            assert wider.effect == _difference(after, result)
            assert wider.added_capacity >= change.added_capacity
            found += 1


def test_change_without_reserving_counts_who_comes_first():
    """Two needs wait ahead of the third at one offer: three places meet it, or one that is kept for it."""
    problem = AssignmentProblem.of(
        need_quantity=[1, 1, 1, 1],
        need_priority=[1, 2, 3, 4],
        offer_capacity=[1],
        pair_need=[0, 1, 2, 3],
        pair_offer=[0, 0, 0, 0],
        pair_cost=[1, 1, 1, 1],
    )
    result = match(problem)
    change = result.reasons.of_unmet(0).change
    wider = without_reserving(problem, result, change)

    assert (change.added_capacity, change.effect, change.is_exact) == (1, (-1, 1), True)
    assert (wider.added_capacity, wider.effect, wider.is_exact) == (3, (-6, 3), True)
    assert [(holder.need, holder.offer) for holder in result.reasons.ahead_of(0)] == [(3, 0)]


def test_no_room_helps_a_need_that_rules_are_against():
    """A place is free but keeping last helpers stands first: no more room makes the plan take it."""
    problem = AssignmentProblem.of(
        need_quantity=[1],
        offer_capacity=[0, 1],
        pair_need=[0, 0],
        pair_offer=[0, 1],
        pair_cost=[1, 1],
        is_last=[1, 0],
    )
    order = (MatchObjective.CONTINUITY, MatchObjective.UNMET_PRIORITY, MatchObjective.COST)
    result = match(problem, MatchOptions(objectives=order))
    reason = result.reasons.of_unmet(0)

    assert reason.cause is UnmetCause.CONTINUITY
    assert reason.change.raises == ()
    assert without_reserving(problem, result, reason.change) is None
    assert without_reserving(problem, result, replace(reason.change, raises=_none_left())) is None


def _none_left():
    return (Raise(limit=MatchLimit.OFFER_CAPACITY, index=1, by=1),)


def test_no_time_ends_the_search_for_room(random_problem):
    """Without time left only the change as it stands is tried."""
    problem = AssignmentProblem.of(
        need_quantity=[1, 1, 1],
        need_priority=[1, 2, 3],
        offer_capacity=[1],
        pair_need=[0, 1, 2],
        pair_offer=[0, 0, 0],
        pair_cost=[1, 1, 1],
    )
    result = match(problem)
    change = result.reasons.of_unmet(0).change

    assert without_reserving(problem, result, change, MatchOptions(seconds_left=lambda: 0.0)) is None


@pytest.mark.parametrize("case", ["windows", "quotas"])
def test_price_of_a_rule_is_what_one_more_unit_brings(random_problem, case):
    """One more unit of a window, or under a group's maximum, lowers the objectives by exactly its price."""
    rng = np.random.default_rng(64)
    worth = 0
    for _ in range(60):
        rules, _ = CASES[case]
        problem = random_problem(rng, needs=5, rules=rules)
        result = match(problem)
        options = MatchOptions(objectives=_levels(result), is_explained=False)
        prices = (
            ("window_capacity", result.reasons.window_price),
            ("group_max", result.reasons.group_price),
            ("offer_capacity", result.reasons.offer_price),
        )
        for name, price in prices:
            limits = getattr(problem, name)
            for index in np.flatnonzero(limits != NONE).tolist():
                more = limits.copy()
                more[index] += 1
                after = match(replace(problem, **{name: more}), options)

                assert tuple(price[:, index].tolist()) == tuple(np.negative(_difference(after, result)).tolist())
                worth += bool(price[:, index].any())
    assert worth > 20


_ONE_OFFER = {"offer_capacity": [2], "pair_need": [0, 1], "pair_offer": [0, 0], "pair_cost": [1, 1]}


@pytest.mark.parametrize(
    ("columns", "cause", "raises"),
    [
        pytest.param(
            {"window_offer": [0], "window_capacity": [1], "pair_window": [0, 0]},
            UnmetCause.WINDOW_TAKEN,
            (Raise(limit=MatchLimit.WINDOW_CAPACITY, index=0, by=1),),
            id="window",
        ),
        pytest.param(
            {"need_group": [0, 0], "group_max": [1]},
            UnmetCause.GROUP_MAX,
            (Raise(limit=MatchLimit.GROUP_MAX, index=0, by=1),),
            id="group-maximum",
        ),
        pytest.param(
            {"need_exclusive": [0, 0]},
            UnmetCause.EXCLUSIVE,
            (Raise(limit=MatchLimit.EXCLUSIVE, index=0, by=0),),
            id="exclusive",
        ),
        pytest.param(
            {"offer_capacity": [1], "need_package": [0, -1], "pair_cost": [9, 1]},
            UnmetCause.CAPACITY_TAKEN,
            (Raise(limit=MatchLimit.OFFER_CAPACITY, index=0, by=1),),
            id="package-of-one",
        ),
        pytest.param(
            {"offer_capacity": [1], "need_group": [0, 1], "group_min": [0, 1], "need_priority": [5, 1]},
            UnmetCause.QUOTA,
            (Raise(limit=MatchLimit.OFFER_CAPACITY, index=0, by=1),),
            id="quota-of-another-group",
        ),
    ],
)
def test_unmet_need_names_the_rule_and_its_change(columns, cause, raises):
    """Two needs of which one stays unmet by one rule: the rule is the cause, and raising it the change."""
    reasons = match(AssignmentProblem.of(need_quantity=[1, 1], **(_ONE_OFFER | columns))).reasons
    reason = reasons.of_unmet(0)

    assert (reasons.unmet.need.size, reason.cause, reason.change.raises) == (1, cause, raises)
    assert reason.limits == (raises[0].limit,)


def test_package_that_cannot_be_whole_raises_what_all_its_needs_lack():
    """Two needs of a package and one place: the change adds the second place, and both are met by it."""
    problem = AssignmentProblem.of(
        need_quantity=[1, 1],
        need_package=[0, 0],
        offer_capacity=[1],
        pair_need=[0, 1],
        pair_offer=[0, 0],
        pair_cost=[1, 1],
    )
    result = match(problem)
    reason = result.reasons.of_unmet(0)

    assert (reason.cause, reason.change.added_capacity, reason.change.meets) == (UnmetCause.PACKAGE, 1, 1)
    assert [placement.need for placement in reason.change.placements] == [0, 1]
    assert not match(apply_change(problem, reason.change)).unmet.any()


def test_need_without_offer_is_met_by_a_new_pair():
    """Nobody is eligible: the change makes the offer with most room eligible, with what that lacks."""
    problem = AssignmentProblem.of(
        need_quantity=[2, 1],
        need_exclusive=[0, 0],
        need_group=[0, 0],
        group_max=[1],
        offer_capacity=[1, 2],
        offer_source=[0, 0],
        source_caps=[2],
        pair_need=[1],
        pair_offer=[1],
        pair_cost=[7],
        is_last=[1],
    )
    reason = match(problem).reasons.of_unmet(0)
    change = reason.new_pair

    assert (reason.change, change.is_new_pair, change.lifts_exclusive) == (None, True, True)
    assert (change.offer, change.window, change.added_capacity, change.added_window) == (0, None, 1, 0)
    assert (change.source, change.added_cap, change.group, change.added_most, change.meets) == (0, 1, 0, 2, 2)
    assert not match(apply_change(problem, change)).unmet.any()


def test_nothing_can_be_changed_where_there_is_no_offer():
    """Without any offer there is no pair to add either, and a met package needs no change."""
    alone = match(AssignmentProblem.of(need_quantity=[1], offer_capacity=[], pair_need=[], pair_offer=[], pair_cost=[]))
    packed = match(AssignmentProblem.of(need_quantity=[1, 1, 1], need_package=[0, 0, -1], **_ONE_OFFER))

    assert alone.reasons.of_unmet(0).changes == ()
    assert alone.reasons.of_unmet(0).limits == ()
    assert packed.reasons.unmet.need.tolist() == [2]


def test_package_is_met_by_new_pairs_for_those_without():
    """A package whose second need nobody may serve: that one gets a new pair, the first stays with its own offer."""
    problem = AssignmentProblem.of(need_quantity=[1, 1, 1], need_package=[0, -1, 0], **_ONE_OFFER)
    reason = match(problem).reasons.of_unmet(0)
    change = reason.new_pair

    assert reason.change is None
    assert {place.need: place.is_new_pair for place in change.placements} == {0: False, 2: True}
    after = match(apply_change(problem, change))
    assert not after.unmet[[0, 2]].any()
    assert after.objectives[0].value - match(problem).objectives[0].value == change.effect[0]


def test_new_pair_takes_a_window_that_the_caller_names():
    """Where the need can only be served in one window of an offer, that window's room counts, not the offer's."""
    problem = AssignmentProblem.of(
        need_quantity=[2], offer_capacity=[9, 9], window_offer=[0, 0], window_capacity=[1, 9],
        pair_need=[], pair_offer=[], pair_cost=[],
    )  # fmt: skip
    free = match(problem).reasons.free
    change = free.by_new_pair(0, lambda _: (np.array([0]), np.array([0])))

    assert (change.offer, change.window, change.added_window, change.added_capacity) == (0, 0, 1, 0)
    assert not match(apply_change(problem, change)).unmet.any()
    assert free.by_new_pair(0, lambda _: (np.array([], dtype=np.int64), np.array([], dtype=np.int64))) is None


def test_prices_are_told_for_proven_flows_only():
    """A plan that is proven another way has no prices of its rules."""
    reasons = match(
        AssignmentProblem.of(need_quantity=[2, 2], indivisible=True, **(_ONE_OFFER | {"offer_capacity": [3]}))
    ).reasons

    assert reasons.offer_price is reasons.source_price is reasons.window_price is reasons.group_price is None
