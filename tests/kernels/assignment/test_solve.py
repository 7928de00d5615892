"""The matching is best among all plans, and says honestly how good it is."""

import itertools

import numpy as np
import pytest

from linkage.kernels.assignment import check
from linkage.kernels.assignment.problem import AssignmentProblem
from linkage.kernels.assignment.solve import MatchOptions, match
from linkage.terms import MatchObjective, MatchStatus

UNMET, UNFAIR, CHANGED, COST = (
    MatchObjective.UNMET_PRIORITY,
    MatchObjective.UNFAIRNESS,
    MatchObjective.CHANGED,
    MatchObjective.COST,
)


def _values(result):
    return tuple(objective.value for objective in result.objectives)


def _levels(result):
    return [objective.objective for objective in result.objectives]


@pytest.mark.parametrize("seed", range(15))
def test_units_match_is_the_best_of_all_plans(random_problem, best_values, seed):
    """Divisible needs with even use: the flow's values are those of the best plan, proven."""
    rng = np.random.default_rng(seed)
    for _ in range(100):
        problem = random_problem(rng)
        result = match(problem, MatchOptions(is_explained=False))

        assert result.method == "flow"
        assert result.status is MatchStatus.OPTIMAL
        assert _values(result) == best_values(problem, _levels(result))


@pytest.mark.parametrize("order", list(itertools.permutations((UNMET, UNFAIR, CHANGED))), ids=str)
def test_units_match_follows_the_order_of_objectives(random_problem, best_values, order):
    """Whatever the order of the objectives before cost, the values are the lexicographically best."""
    rng = np.random.default_rng(7)
    for _ in range(60):
        problem = random_problem(rng)
        result = match(problem, MatchOptions(objectives=(*order, COST), is_explained=False))

        assert _values(result) == best_values(problem, (*order, COST))


@pytest.mark.parametrize("indivisible", [True, False], ids=["undivided", "divided"])
@pytest.mark.parametrize("seed", range(4))
def test_uneven_match_is_the_best_of_all_plans(random_problem, best_values, seed, indivisible):
    """Undivided needs or uneven use: small problems are solved exactly, and the bounds meet the values."""
    rng = np.random.default_rng(100 + seed)
    for _ in range(25):
        problem = random_problem(rng, use=3, indivisible=indivisible)
        result = match(problem, MatchOptions(is_explained=False))

        assert result.status is MatchStatus.OPTIMAL
        assert _values(result) == best_values(problem, _levels(result))


@pytest.mark.parametrize("indivisible", [True, False], ids=["undivided", "divided"])
def test_repair_without_proof_keeps_honest_bounds(random_problem, best_values, indivisible):
    """The local search alone never claims a bound that a better plan breaks."""
    rng = np.random.default_rng(5)
    for _ in range(300):
        problem = random_problem(rng, use=3, indivisible=indivisible)
        result = match(problem, MatchOptions(exact_pairs=0, is_explained=False))
        best = best_values(problem, _levels(result))

        assert best <= _values(result)
        for objective, least in zip(result.objectives, best, strict=True):
            assert objective.bound <= least
            if objective.value != least:
                break  # later bounds speak of plans with these values on the levels before


def test_fixed_pairs_stay_or_the_conflict_is_told(random_problem, best_values):
    """Fixed pairs are kept and the rest is best around them; where no plan keeps them, the limits are named."""
    rng = np.random.default_rng(9)
    outcomes = set()
    for _ in range(300):
        drawn = random_problem(rng, indivisible=bool(rng.random() < 0.3))
        fixed = rng.integers(0, 3, drawn.pair_count) * (rng.random(drawn.pair_count) < 0.3)
        problem = _with(drawn, fixed=fixed)
        result = match(problem, MatchOptions(is_explained=False))
        best = best_values(problem, _levels(result))

        outcomes.add(result.status)
        assert (result.status is MatchStatus.CONTRADICTORY) == (best is None)
        if best is not None:
            assert _values(result) == best
    assert outcomes == {MatchStatus.OPTIMAL, MatchStatus.CONTRADICTORY}


def _with(problem, **changes):
    columns = {
        name: getattr(problem, name)
        for name in (
            "need_quantity",
            "need_priority",
            "need_group",
            "offer_capacity",
            "offer_source",
            "source_caps",
            "pair_need",
            "pair_offer",
            "pair_cost",
            "pair_use",
            "previous",
            "fixed",
            "indivisible",
            "fair_groups",
        )
    }
    return AssignmentProblem.of(**(columns | changes))


def test_verify_accepts_every_result(random_problem):
    """The checker finds nothing in what `match` returned, asked again from outside."""
    rng = np.random.default_rng(3)
    for _ in range(50):
        problem = random_problem(rng)

        assert check.verify(problem, match(problem)) == ()
