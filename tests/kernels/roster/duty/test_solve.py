"""Rosters of whole schedules: as good as the exact solver, never below it where they claim a bound."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from linkage.kernels.roster import check
from linkage.kernels.roster.duty import pricing
from linkage.kernels.roster.duty import solve as duty_solve
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


class _Hours:
    """A clock that has so many looks before the time is up."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    def remaining_seconds(self) -> float:
        self.looks -= 1
        return 100.0 if self.looks > 0 else 0.0


@pytest.mark.parametrize("looks", [1, 4, 9, 40, 300])
def test_a_deadline_at_any_look_leaves_a_valid_plan_or_none(
    looks: int, a_random_rota: Callable[..., RosterProblem]
) -> None:
    """Wherever the time is up, the plan keeps every rule; before everybody has a schedule there is none."""
    problem = a_random_rota(3, people=9, days=14)
    facts = HardFacts.of(problem)
    costs = Costs.of(facts)

    proven = whole_schedules(facts, costs, RosterOptions(moves=20, deadline=_Hours(looks)))

    assert not proven.is_impossible
    assert proven.has_plan == (looks > 2 * 9)
    if proven.has_plan:
        check.verify(problem, _result(costs, proven.rows, proven.bounds, RosterTrace(seed=0, candidate_pairs=0)))


def test_same_rows_on_one_thread_and_two(
    a_random_rota: Callable[..., RosterProblem], monkeypatch: pytest.MonkeyPatch
) -> None:
    """People are dealt to threads by number, so that their number changes nothing."""
    problem = a_random_rota(3, people=9, days=14)
    facts = HardFacts.of(problem)
    costs = Costs.of(facts)
    two = whole_schedules(facts, costs, RosterOptions(moves=20))
    monkeypatch.setattr(pricing, "ALONE", 100)

    one = whole_schedules(facts, costs, RosterOptions(moves=20))

    assert one == two


def test_no_solver_is_begun_when_the_time_is_up(
    a_random_rota: Callable[..., RosterProblem], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large rota without time to load compiled code gives no plan at once, and claims nothing."""
    facts = HardFacts.of(a_random_rota(3, people=60, days=28))
    monkeypatch.setattr(duty_solve, "solve_exactly", None)

    proven = duty_solve.roster_with_patterns(facts, Costs.of(facts), RosterOptions(deadline=_Hours(0)))

    assert not proven.has_plan
    assert not proven.is_impossible


class _Second:
    """A clock that stands at one second for so many looks."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    def remaining_seconds(self) -> float:
        self.looks -= 1
        return 1.0 if self.looks > 0 else 0.0


def test_an_engine_in_memory_is_used_however_short_the_time(
    a_random_rota: Callable[..., RosterProblem], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once its loops are loaded nothing is kept back for loading: a rota has a plan that keeps every rule."""
    problem = a_random_rota(3, people=60, days=28)
    facts = HardFacts.of(problem)
    costs = Costs.of(facts)
    whole_schedules(facts, costs, RosterOptions(moves=1, deadline=_Hours(2 * 60 + 10)))
    monkeypatch.setattr(duty_solve, "solve_exactly", None)

    proven = duty_solve.roster_with_patterns(facts, costs, RosterOptions(moves=1, deadline=_Second(400)))

    assert proven.has_plan
    check.verify(problem, _result(costs, proven.rows, proven.bounds, RosterTrace(seed=0, candidate_pairs=0)))
