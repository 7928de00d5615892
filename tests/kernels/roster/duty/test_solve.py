"""Rosters of whole schedules: as good as the exact solver, never below it where they claim a bound."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from linkage.kernels.roster import check
from linkage.kernels.roster.duty.solve import can_solve, whole_schedules
from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.objective import Costs
from linkage.kernels.roster.problem import DEFAULT_OBJECTIVES, RosterProblem
from linkage.kernels.roster.proof import Proven, solve_exactly
from linkage.kernels.roster.result import RosterOptions, RosterTrace
from linkage.kernels.roster.solve import _result

PATIENT = RosterOptions(exact_effort=60.0)


def _both(problem: RosterProblem) -> tuple[Costs, Proven, Proven]:
    facts = HardFacts.of(problem)
    costs = Costs.of(facts)
    assert can_solve(facts, costs)
    return costs, whole_schedules(facts, costs, RosterOptions(moves=50)), solve_exactly(facts, costs, PATIENT)


def _values(costs: Costs, proven: Proven) -> list[int]:
    terms = costs.terms(proven.rows)
    return [costs.level_value(level, terms) for level in costs.levels]


@pytest.mark.parametrize("seed", range(30))
def test_whole_schedules_equal_the_exact_solver(seed: int, a_random_rota: Callable[..., RosterProblem]) -> None:
    """Level by level the same values; every bound holds; the checker finds nothing."""
    problem = a_random_rota(seed)

    costs, ours, exact = _both(problem)

    assert ours.has_plan == exact.has_plan
    assert not ours.is_impossible or exact.is_impossible
    if ours.has_plan:
        assert _values(costs, exact) == exact.bounds
        assert _values(costs, ours) == exact.bounds
        assert ours.bounds == exact.bounds
        check.verify(problem, _result(costs, ours.rows, ours.bounds, RosterTrace(seed=0, candidate_pairs=0)))


@pytest.mark.parametrize("seed", range(6))
def test_all_seven_levels_stay_valid(seed: int, a_random_rota: Callable[..., RosterProblem]) -> None:
    """Levels beyond what one whole number holds are left as they come; every bound still holds."""
    problem = a_random_rota(100 + seed, people=3, days=5, objectives=DEFAULT_OBJECTIVES)

    costs, ours, exact = _both(problem)

    assert ours.has_plan == exact.has_plan
    if ours.has_plan:
        check.verify(problem, _result(costs, ours.rows, ours.bounds, RosterTrace(seed=0, candidate_pairs=0)))
        best = _values(costs, exact)
        for number, (value, bound) in enumerate(zip(_values(costs, ours), ours.bounds, strict=True)):
            if _values(costs, ours)[:number] == best[:number]:
                assert bound <= best[number] <= value


def test_same_rows_on_two_runs(a_random_rota: Callable[..., RosterProblem]) -> None:
    """The same problem gives the same plan."""
    problem = a_random_rota(3, people=6, days=14)
    facts = HardFacts.of(problem)
    costs = Costs.of(facts)

    one, other = (whole_schedules(facts, costs, RosterOptions(moves=20)) for _ in range(2))

    assert one == other


def test_people_served_together_are_left_to_others(a_random_rota: Callable[..., RosterProblem]) -> None:
    """Teams couple people beyond the number on a seat, so that such a problem is not taken."""
    problem = a_random_rota(1, teams=((0, 1),))
    facts = HardFacts.of(problem)

    assert not can_solve(facts, Costs.of(facts))
    assert np.array_equal(facts.problem.patterns.volunteer, problem.patterns.volunteer)
