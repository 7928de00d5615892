"""The flow is lexicographically best however its levels are put into weights, and a worse one is found out."""

import math

import numpy as np
import pytest

from linkage.kernels.assignment import flow as flows
from linkage.kernels.assignment import network, objectives
from linkage.kernels.assignment.problem import MAX_COST, MAX_PRIORITY, AssignmentProblem
from linkage.kernels.assignment.remainder import room_of, subtract_fixed
from linkage.kernels.assignment.residual import PlanDefect
from linkage.terms import MatchObjective

ALL = tuple(MatchObjective)
FOUR = (MatchObjective.UNMET_PRIORITY, MatchObjective.UNFAIRNESS, MatchObjective.CHANGED, MatchObjective.COST)


def _network(problem, levels=ALL):
    remainder, _ = subtract_fixed(problem)
    return network.build(problem, levels, remainder, room_of(problem, remainder))


def _solve(net, blocks):
    solved = flows.solve(net, blocks, lambda: math.inf)
    return solved.flow, solved.blocks


def test_levels_solved_one_by_one_reach_the_best_plan(random_problem, best_values):
    """Each level on the optimal face of those before it: the same values as with one weight, and the best of all."""
    rng = np.random.default_rng(31)
    for _ in range(150):
        problem = random_problem(rng)
        net = _network(problem)
        one_by_one = [network.Block(first=level, factors=(1,)) for level in range(len(ALL))]
        flow, _ = _solve(net, one_by_one)

        values = objectives.values_of(problem, ALL, net.units(flow, problem.pair_count))
        assert values == best_values(problem, ALL)


def test_weights_are_split_only_where_64_bits_are_too_few(random_problem):
    """Everyday numbers share one weight; numbers at the limits of their ranges need several."""
    everyday = random_problem(np.random.default_rng(1))
    extreme = AssignmentProblem.of(
        need_quantity=[1] * 500,
        need_priority=[MAX_PRIORITY] * 500,
        need_group=[0] * 500,
        offer_capacity=[1] * 500,
        pair_need=range(500),
        pair_offer=range(500),
        pair_cost=[MAX_COST, -MAX_COST] * 250,
        previous=[1] * 500,
    )

    assert len(network.blocks_of(_network(everyday))) == 1
    assert len(network.blocks_of(_network(extreme))) > 1


def test_weights_too_large_for_the_solver_are_split(random_problem, best_values):
    """Where the solver's own prices would leave 64 bits the block is split, with the best values all the same."""
    rng = np.random.default_rng(3)
    for _ in range(20):
        problem = random_problem(rng)
        net = _network(problem, FOUR)
        flow, blocks = _solve(net, [network.Block(first=0, factors=(2**60, 10**9, 10**6, 1))])

        assert len(blocks) > 1 or not net.supply.any()
        assert objectives.values_of(problem, FOUR, net.units(flow, problem.pair_count)) == best_values(problem, FOUR)


def test_one_level_too_large_for_the_solver_is_a_defect(random_problem):
    """A single level that the solver has no numbers for gives no plan; the ranges of a problem prevent it."""
    net = _network(random_problem(np.random.default_rng(1)))

    with pytest.raises(PlanDefect):
        _solve(net, [network.Block(first=ALL.index(MatchObjective.UNMET_PRIORITY), factors=(2**61,))])


def test_flow_that_is_not_the_cheapest_is_found_out():
    """A residual cycle that makes the plan better means that it was not the best: no prices come from it."""
    problem = AssignmentProblem.of(
        need_quantity=[1], offer_capacity=[1, 1], pair_need=[0, 0], pair_offer=[0, 1], pair_cost=[1, 5]
    )
    net = _network(problem)
    block = network.blocks_of(net)[0]
    flow, _ = _solve(net, [block])
    pair, offer = net.spans["pair"], net.spans["offer"]
    flow[pair], flow[offer] = flow[pair][::-1].copy(), flow[offer][::-1].copy()
    end = np.array([net.sink])

    with pytest.raises(PlanDefect):
        network.residual_of(net, flow, block.weight(net)).shortest(end, np.zeros(1, dtype=np.int64), end)


def test_path_length_is_taken_apart_into_levels():
    """A combined weight is read back exactly, negative parts included."""
    block = network.Block(first=0, factors=(1_000, 20, 1))
    lengths = np.array([[3, -7, 9], [-2, 24, -9], [0, 0, 0]])

    assert np.array_equal(block.parts(lengths @ np.array(block.factors)), lengths.T)
