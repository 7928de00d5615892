"""The simplex finds the same optimum as OR-Tools, proves it by its prices, and can be stopped and restarted."""

import itertools
import math
import threading
from dataclasses import replace

import numpy as np
import pytest

from linkage.kernels.assignment import duality, flow, network, objectives
from linkage.kernels.assignment.problem import AssignmentProblem
from linkage.kernels.assignment.remainder import room_of, subtract_fixed
from linkage.kernels.assignment.residual import PlanDefect
from linkage.kernels.assignment.simplex.state import Simplex
from linkage.kernels.assignment.solve import MatchOptions, match
from linkage.terms import MatchObjective, MatchStatus

LEVELS = (MatchObjective.UNMET_PRIORITY, MatchObjective.UNFAIRNESS, MatchObjective.CHANGED, MatchObjective.COST)


def never():
    return math.inf


def looks(count):
    """A clock that runs out after some looks."""
    left = itertools.repeat(1.0, count)
    return lambda: next(left, 0.0)


def laid_out(problem, levels=LEVELS):
    remainder, _ = subtract_fixed(problem)
    net = network.build(problem, levels, remainder, room_of(problem, remainder))
    return net, network.blocks_of(net)


def town(rng, *, needs=120, offers=25, most=3):
    """Draw a matching with groups, capped sources, costs with ties and a previous plan."""
    listed = np.argwhere(rng.random((needs, offers)) < 0.2)
    return AssignmentProblem.of(
        need_quantity=rng.integers(1, most + 1, needs),
        need_priority=rng.choice([1, 2, 4, 8], needs),
        need_group=rng.integers(-1, 6, needs),
        offer_capacity=rng.integers(0, 12, offers),
        offer_source=rng.integers(-1, 3, offers),
        source_caps=[-1, 30, 20],
        pair_need=listed[:, 0],
        pair_offer=listed[:, 1],
        pair_cost=rng.integers(-3, 12, len(listed)),
        previous=rng.integers(0, 2, len(listed)) * (rng.random(len(listed)) < 0.1),
    )


def weigh(net, found):
    return [int(level @ found) for level in net.level]


def assert_flow(net, found):
    """Every arc keeps its room, every node its balance."""
    over = net.supply.copy()
    np.subtract.at(over, net.tail, found)
    np.add.at(over, net.head, found)
    assert not over.any()
    assert ((found >= 0) & (found <= net.capacity)).all()


def test_simplex_equals_the_other_solver(random_problem):
    """The same value on every level as OR-Tools, on small matchings of every kind and on towns."""
    rng = np.random.default_rng(11)
    for number in range(260):
        problem = random_problem(rng) if number < 200 else town(rng)
        net, blocks = laid_out(problem)
        ours = flow.solve(net, blocks, never, large=0)
        theirs = flow.solve(net, blocks, never, large=10**9)

        assert ours.is_cheapest
        assert_flow(net, ours.flow)
        assert weigh(net, theirs.flow) == weigh(net, ours.flow)


def test_same_network_has_the_same_flow_every_time():
    """The same bytes on three runs, stopped or not."""
    for count in (5, 10**6):
        net, blocks = laid_out(town(np.random.default_rng(23)))
        flows = [flow.solve(net, blocks, looks(count), large=0, chunk=20).flow.tobytes() for _ in range(3)]

        assert len(set(flows)) == 1


def test_prices_prove_the_flow():
    """With the simplex's prices no arc that still has room gains, and no arc that is used loses."""
    rng = np.random.default_rng(12)
    for _ in range(20):
        net, blocks = laid_out(town(rng))
        solved = flow.solve(net, blocks, never, large=0)
        gain = blocks[0].weight(net) + solved.price[net.tail] - solved.price[net.head]

        assert (gain[solved.flow < net.capacity] >= 0).all()
        assert (gain[solved.flow > 0] <= 0).all()


def test_levels_that_share_no_weight_are_solved_one_by_one():
    """On the optimal face of the levels before: the same values as with one weight."""
    rng = np.random.default_rng(13)
    for _ in range(20):
        net, blocks = laid_out(town(rng))
        one_by_one = [network.Block(first=level, factors=(1,)) for level in range(len(LEVELS))]
        split = flow.solve(net, one_by_one, never, large=0)

        assert split.is_cheapest
        assert len(split.blocks) == len(LEVELS)
        assert weigh(net, flow.solve(net, blocks, never, large=0).flow) == weigh(net, split.flow)


def test_weight_beyond_the_numbers_is_split():
    """A block whose paths leave 64 bits loses its last level to a block of its own; a level alone is a defect."""
    net, blocks = laid_out(town(np.random.default_rng(14)))
    solved = flow.solve(net, [network.Block(first=0, factors=(2**58, 2**40, 2**20, 1))], never, large=0)

    assert len(solved.blocks) > 1
    assert weigh(net, flow.solve(net, blocks, never, large=0).flow) == weigh(net, solved.flow)
    with pytest.raises(PlanDefect):
        flow.solve(net, [network.Block(first=0, factors=(2**61,))], never, large=0)


def test_stopped_flow_is_feasible_with_an_honest_bound():
    """Wherever the deadline falls: a flow, and for each level a bound that the best plan is not below."""
    rng = np.random.default_rng(15)
    is_tight = 0
    for _ in range(12):
        problem = town(rng, most=2)
        net, blocks = laid_out(problem)
        best = weigh(net, flow.solve(net, blocks, never, large=0).flow)
        least = [-(10**9)] * len(LEVELS)
        for count in (0, 1, 3, 8, 20):
            solved = flow.solve(net, blocks, looks(count), large=0, chunk=10)
            values = weigh(net, solved.flow)
            bounds = duality.bounds_of(net, solved, values, least)

            assert_flow(net, solved.flow)
            assert best <= values
            assert solved.is_cheapest == (bounds == values)
            # Each bound speaks of plans that equal this one on the levels before.
            assert bounds[0] <= best[0]
            first = next((k for k in range(len(LEVELS)) if values[k] != best[k]), len(LEVELS) - 1)
            assert bounds[: first + 1] <= best[: first + 1]
            assert bounds[first] <= best[first]
            is_tight += 0 < values[0] - bounds[0] < best[0]
    assert is_tight


def test_stopped_between_levels_keeps_what_is_proven():
    """Levels whose block was finished are at their bound; those after it are only known to be above the least."""
    net, _ = laid_out(town(np.random.default_rng(16)))
    one_by_one = [network.Block(first=level, factors=(1,)) for level in range(len(LEVELS))]
    count = 1
    while (solved := flow.solve(net, one_by_one, looks(count), large=0, chunk=10)).cheapest_blocks < 1:
        count += 1
    values = weigh(net, solved.flow)
    bounds = duality.bounds_of(net, solved, values, [-(10**9)] * len(LEVELS))

    assert not solved.is_cheapest
    assert (values[0], -(10**9)) == (bounds[0], bounds[-1])


@pytest.mark.parametrize("large", [0, 10**9])
def test_network_without_a_flow_is_a_defect(large):
    """Every matching has a flow, for a need may stay unmet; where there is none nothing is returned."""
    net, blocks = laid_out(town(np.random.default_rng(20)))
    with pytest.raises(PlanDefect):
        flow.solve(replace(net, capacity=np.zeros_like(net.capacity)), blocks, never, large=large)


def test_first_flow_keeps_what_must_stay_unmet():
    """A group's maximum is kept from the first pivot on."""
    rng = np.random.default_rng(22)
    for _ in range(10):
        problem = replace(town(rng, most=1), group_min=np.zeros(6), group_max=rng.integers(0, 15, 6))
        net, blocks = laid_out(problem)
        solved = flow.solve(net, blocks, looks(0), large=0)

        assert_flow(net, solved.flow)


def test_no_time_to_load_is_no_flow(monkeypatch):
    """While the simplex is still being loaded, an early deadline is kept; the plan is then made without it."""
    is_loading = threading.Event()
    loader = threading.Thread(target=is_loading.wait, daemon=True)
    loader.start()
    monkeypatch.setattr(flow, "_loading", lambda: loader)
    problem = town(np.random.default_rng(19))
    net, blocks = laid_out(problem)
    solved = flow.solve(net, blocks, looks(2), large=0)
    result = match(problem, MatchOptions(simplex_arcs=0, seconds_left=looks(0)))
    is_loading.set()

    assert solved is None
    assert (result.method, result.status) == ("greedy", MatchStatus.BEST_SO_FAR)
    assert flow.solve(net, blocks, never, large=0).is_cheapest


def test_restart_from_any_flow_finds_the_optimum():
    """From a random flow out of balance, with a random tree asked for."""
    rng = np.random.default_rng(17)
    for _ in range(40):
        net, blocks = laid_out(town(rng))
        best = flow.solve(net, blocks, never, large=0)
        simplex = Simplex.of(
            tail=net.tail,
            head=net.head,
            capacity=net.capacity,
            weight=blocks[0].weight(net),
            supply=net.supply,
            root=net.sink,
            path_limit=flow.path_limit(net, blocks[0]),
        )
        simplex.restart(rng.integers(0, net.capacity + 1), rng.permutation(net.tail.size)[: net.nodes])

        assert simplex.run(never, flow.CHUNK)
        assert simplex.is_feasible
        assert weigh(net, best.flow) == weigh(net, simplex.flow)


def test_restart_from_the_optimum_needs_no_pivot():
    """Yesterday's flow and tree are at the optimum at once."""
    net, blocks = laid_out(town(np.random.default_rng(18)))
    solved = flow.solve(net, blocks, never, large=0)
    flow_before, basis = solved.flow, solved.simplex.basis
    solved.simplex.restart(flow_before, basis)

    assert solved.simplex.run(looks(1), 1)
    assert np.array_equal(flow_before, solved.simplex.flow)


def test_empty_network_has_an_empty_flow():
    """No needs, no flow; needs without offers stay unmet."""
    for needs, expected in ((0, []), (2, [5, 0])):
        problem = AssignmentProblem.of(
            need_quantity=[1] * needs,
            need_priority=[2, 3][:needs],
            offer_capacity=[1],
            pair_need=np.zeros(0, np.int64),
            pair_offer=np.zeros(0, np.int64),
            pair_cost=np.zeros(0, np.int64),
        )
        net, blocks = laid_out(problem, (MatchObjective.UNMET_PRIORITY, MatchObjective.COST))
        solved = flow.solve(net, blocks, never, large=0)

        assert (expected or [0, 0]) == weigh(net, solved.flow)
        assert objectives.values_of(problem, (MatchObjective.COST,), net.units(solved.flow, 0)) == (0,)
