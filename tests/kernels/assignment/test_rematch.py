"""After any change the new plan is the optimum of the new problem, found from the earlier one."""

from dataclasses import replace

import numpy as np
import pytest

from linkage.kernels.assignment import rematch
from linkage.kernels.assignment.problem import NONE, AssignmentProblem
from linkage.kernels.assignment.solve import MatchOptions, match
from linkage.terms import MatchObjective, MatchStatus

LEAST_DISTURBANCE_LAST = (MatchObjective.UNMET_PRIORITY, MatchObjective.COST, MatchObjective.CHANGED)


def options(*objectives):
    return MatchOptions(objectives=objectives or None, simplex_arcs=0, is_explained=False)


def values(result):
    return {objective.objective: objective.value for objective in result.objectives}


def shrunk(problem, rng):
    """Some offers drop out, some shrink, some grow."""
    factor = rng.choice([0, 0.5, 1, 1, 1, 2], problem.offer_count)
    return replace(problem, offer_capacity=(problem.offer_capacity * factor).astype(np.int64)), None


def asked_anew(problem, rng):
    """Quantities, priorities and costs move."""
    return replace(
        problem,
        need_quantity=rng.integers(1, 4, problem.need_count),
        need_priority=np.maximum(1, problem.need_priority + rng.integers(-1, 2, problem.need_count)),
        pair_cost=problem.pair_cost + rng.integers(-3, 4, problem.pair_count),
    ), None


def renumbered(problem, rng):
    """Some needs and offers vanish, others appear, and the rows that stay move."""
    needs, offers = rng.permutation(problem.need_count), rng.permutation(problem.offer_count)
    needs, offers = needs[: rng.integers(1, needs.size + 1)], offers[: rng.integers(1, offers.size + 1)]
    need = np.append(needs, [NONE])
    offer = np.append(offers, [NONE])
    cost = {
        (n, o): c
        for n, o, c in zip(
            problem.pair_need.tolist(), problem.pair_offer.tolist(), problem.pair_cost.tolist(), strict=True
        )
    }
    listed = [
        (i, k, cost.get((n, o), 7))
        for i, n in enumerate(need.tolist())
        for k, o in enumerate(offer.tolist())
        if (n, o) in cost or (NONE in {n, o} and rng.random() < 0.5)
    ]
    changed = AssignmentProblem.of(
        need_quantity=np.append(problem.need_quantity[needs], [2]),
        need_priority=np.append(problem.need_priority[needs], [2]),
        need_group=np.where(np.append(problem.need_group[needs], [NONE]) < need.size, 0, NONE),
        offer_capacity=np.append(problem.offer_capacity[offers], [2]),
        offer_source=np.append(problem.offer_source[offers], [NONE]),
        source_caps=problem.source_caps,
        pair_need=[row[0] for row in listed],
        pair_offer=[row[1] for row in listed],
        pair_cost=[row[2] for row in listed],
        fair_groups=problem.fair_groups,
    )
    return changed, rematch.Identity(need=need, offer=offer, window=np.zeros(0, np.int64))


@pytest.mark.parametrize("change", [shrunk, asked_anew, renumbered])
def test_rematching_equals_matching_anew(random_problem, change):
    """The same values and proof as a cold solve by the other solver, one day after the other."""
    rng = np.random.default_rng(7)
    for _ in range(60):
        problem = random_problem(rng, needs=8, offers=5)
        _, standing = rematch.match_standing(problem, options())
        for _ in range(3):
            problem, identity = change(replace(standing.problem, previous=np.zeros_like(standing.units)), rng)
            result, standing = rematch.rematch(problem, standing, identity, options())

            cold = match(standing.problem)
            assert result.status is MatchStatus.OPTIMAL
            assert values(result) == values(cold)


def test_fewest_changes_among_the_best(random_problem):
    """With `changed` last, value and proof are those of a cold solve of the three levels."""
    rng = np.random.default_rng(8)
    for _ in range(60):
        problem = random_problem(rng, needs=8, offers=5)
        _, standing = rematch.match_standing(problem, options())
        problem, _ = shrunk(standing.problem, rng)
        result, after = rematch.rematch(problem, standing, None, options(*LEAST_DISTURBANCE_LAST))

        assert values(result) == values(match(after.problem, MatchOptions(objectives=LEAST_DISTURBANCE_LAST)))


def test_earlier_plan_is_the_previous_one():
    """Nobody moves when nothing changed; a previous plan of the problem's own is left as it is."""
    problem = AssignmentProblem.of(
        need_quantity=[1, 1], offer_capacity=[1, 1], pair_need=[0, 0, 1, 1], pair_offer=[0, 1, 0, 1], pair_cost=[1] * 4
    )
    own = replace(problem, previous=[0, 1, 1, 0])
    _, standing = rematch.match_standing(problem, options())
    result, after = rematch.rematch(problem, standing, None, options())
    other, _ = rematch.rematch(own, standing, None, options())

    assert np.array_equal(standing.units, after.problem.previous)
    assert (values(result)[MatchObjective.CHANGED], values(other)[MatchObjective.CHANGED]) == (0, 0)
    assert np.array_equal(standing.units, after.units)
    assert other.offer.tolist() == [1, 0]


def test_stopped_rematching_has_a_plan(random_problem):
    """Whenever the deadline falls, a plan that was checked, with a bound that holds."""
    rng = np.random.default_rng(12)
    for _ in range(30):
        problem = random_problem(rng, needs=8, offers=5)
        _, standing = rematch.match_standing(problem, options())
        problem, _ = shrunk(standing.problem, rng)
        for count in range(1, 8):
            left = iter([1.0] * count)
            stopped = replace(options(), seconds_left=lambda left=left: next(left, 0.0))
            result, after = rematch.rematch(problem, standing, None, stopped)
            best = match(after.problem)

            assert result.objectives[0].bound <= best.objectives[0].value <= result.objectives[0].value


def test_stored_plan_is_taken_up(random_problem):
    """A plan without its flow serves as well, and so does one that was not the best."""
    rng = np.random.default_rng(9)
    for _ in range(40):
        problem = random_problem(rng, needs=8, offers=5)
        result = match(replace(problem, previous=np.zeros_like(problem.previous)), options())
        standing = rematch.Standing.of(problem, result)
        problem, _ = asked_anew(problem, rng)
        new, after = rematch.rematch(problem, standing, None, options())

        assert values(new) == values(match(after.problem))


def test_vanished_windows_are_no_pairs():
    """Pairs of a window that is new have no earlier units; those of one that stays keep theirs."""
    problem = AssignmentProblem.of(
        need_quantity=[1, 1],
        offer_capacity=[2],
        window_offer=[0, 0],
        window_capacity=[1, 1],
        pair_need=[0, 1],
        pair_offer=[0, 0],
        pair_window=[0, 1],
        pair_cost=[1, 1],
    )
    _, standing = rematch.match_standing(problem, options())
    identity = rematch.Identity(need=np.array([0, 1]), offer=np.array([0]), window=np.array([0, NONE]))
    _, after = rematch.rematch(problem, standing, identity, options())

    assert after.problem.previous.tolist() == [1, 0]


def test_undivided_needs_are_matched_anew(random_problem):
    """Where no flow proves the plan, the earlier plan counts as the previous one and no more."""
    rng = np.random.default_rng(10)
    for _ in range(10):
        problem = random_problem(rng, use=2, indivisible=True)
        _, standing = rematch.match_standing(problem, options())
        problem, _ = shrunk(problem, rng)
        result, after = rematch.rematch(problem, standing, None, options())

        assert values(result) == values(match(after.problem))
