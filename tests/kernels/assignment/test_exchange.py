"""What one unit more is worth, and whom serving one would cost: the same by both searches, and true when tried."""

from dataclasses import replace

import numpy as np
import pytest

from linkage.kernels.assignment import exchange
from linkage.kernels.assignment.problem import MAX_PRIORITY, NONE, AssignmentProblem
from linkage.kernels.assignment.residual import PlanDefect
from linkage.kernels.assignment.solve import MatchOptions, match, match_and_keep

EXPLAINED = MatchOptions(simplex_arcs=0)
OURS = MatchOptions(simplex_arcs=0, is_explained=False)


def town(rng, *, needs=60, offers=15, fair_groups=False, cap=20):
    """Draw a matching with too little room, groups and a capped source."""
    listed = np.argwhere(rng.random((needs, offers)) < 0.25)
    return AssignmentProblem.of(
        need_quantity=np.ones(needs, np.int64),
        need_priority=rng.choice([1, 2, 4, 8], needs),
        need_group=rng.integers(-1, 5, needs),
        offer_capacity=rng.integers(0, 6, offers),
        offer_source=rng.integers(-1, 2, offers),
        source_caps=[cap, -1],
        pair_need=listed[:, 0],
        pair_offer=listed[:, 1],
        pair_cost=rng.integers(0, 30, len(listed)),
        previous=rng.random(len(listed)) < 0.05,
        fair_groups=fair_groups,
    )


def values(problem, levels):
    result = match(problem, MatchOptions(objectives=levels, is_explained=False))
    return np.array([objective.value for objective in result.objectives])


@pytest.mark.parametrize("fair_groups", [False, True])
def test_both_searches_tell_the_same(fair_groups):
    """With the simplex's prices or without: the same margins, prices and causes; ties may name another need."""
    rng = np.random.default_rng(21)
    named = 0
    for _ in range(25):
        problem = town(rng, fair_groups=fair_groups)
        result, _, proven = match_and_keep(problem, EXPLAINED)
        plain, columns = replace(proven, price=None), result.reasons.unmet
        quick, slow = exchange.with_exchanges(proven, columns), exchange.with_exchanges(plain, columns)

        for name in ("cause", "decided_by", "margin"):
            assert np.array_equal(getattr(quick, name), getattr(slow, name)), name
        assert np.array_equal(quick.displaced_need == NONE, slow.displaced_need == NONE)
        assert np.array_equal(quick.other_offer == NONE, slow.other_offer == NONE)
        for ours, theirs in zip(exchange.prices(proven), exchange.prices(plain), strict=True):
            assert np.array_equal(ours, theirs)
        named += int((quick.displaced_need != NONE).sum())
    assert named


def test_prices_are_what_one_unit_more_is_worth():
    """Room for one more at an offer, or under a cap, takes off each objective what its price says."""
    rng = np.random.default_rng(22)
    for _ in range(6):
        problem = town(rng)
        result, _, proven = match_and_keep(problem, OURS)
        levels = proven.levels
        best = np.array([objective.value for objective in result.objectives])
        of_offer, of_source = exchange.prices(proven)
        for offer in range(problem.offer_count):
            capacity = problem.offer_capacity.copy()
            capacity[offer] += 1
            more = values(replace(problem, offer_capacity=capacity), levels)
            capped = (
                problem.offer_source[offer] == 0
                and result.quantity[problem.offer_source[result.offer] == 0].sum() == problem.source_caps[0]
            )
            if not capped:  # a price at a source that is full speaks of room under its cap as well
                assert np.array_equal(best - more, of_offer[:, offer])
        more = values(replace(problem, source_caps=problem.source_caps + np.array([1, 0])), levels)
        assert np.array_equal(best - more, of_source[:, 0])


def test_margins_are_what_serving_a_need_costs():
    """Served all the same, an unmet need makes the first objective that moves worse by its margin."""
    rng = np.random.default_rng(23)
    seen = 0
    for _ in range(6):
        problem = town(rng)
        result, _, proven = match_and_keep(problem, EXPLAINED)
        columns = result.reasons.unmet
        best = np.array([objective.value for objective in result.objectives])
        for row, need in enumerate(columns.need.tolist()):
            priority = problem.need_priority.copy()
            priority[need] = MAX_PRIORITY
            forced = values(replace(problem, need_priority=priority), proven.levels)
            if columns.displaced_need[row] == NONE:
                continue
            loss = forced - best
            level = columns.decided_by[row]
            seen += 1
            assert not loss[: max(level, 0)].any()
            assert (0 if level == NONE else loss[level]) == columns.margin[row]
    assert seen


def test_prices_of_another_flow_are_found_out():
    """A flow that its prices do not prove gives no reasons."""
    problem = AssignmentProblem.of(
        need_quantity=[1], offer_capacity=[1, 1], pair_need=[0, 0], pair_offer=[0, 1], pair_cost=[1, 5]
    )
    _, _, proven = match_and_keep(problem, OURS)
    pair, offer = proven.network.spans["pair"], proven.network.spans["offer"]
    flow = proven.flow.copy()
    flow[pair], flow[offer] = flow[pair][::-1].copy(), flow[offer][::-1].copy()

    with pytest.raises(PlanDefect):
        exchange.prices(replace(proven, flow=flow, price=np.zeros_like(proven.price)))
