"""How good and how fast whole schedules solve duty rotas, beside plain CP-SAT at equal time.

Run with `pytest -s tests/bench/test_duty.py`. It prints value, bound, gap, seconds, process seconds and memory for the
published instances found in the folder of samples, and for rotas drawn after the published families, from ten people
to sixty. All drawn figures are made up by the seed.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import pytest
from ortools.sat.python import cp_model

from linkage.kernels.roster import check
from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.model import LinearModel
from linkage.kernels.roster.objective import Costs
from linkage.kernels.roster.problem import (
    NO_LIMIT,
    Patterns,
    Requests,
    RosterProblem,
    Seats,
    Shifts,
    Volunteers,
    Windows,
)
from linkage.kernels.roster.result import RosterOptions
from linkage.kernels.roster.solve import schedule
from linkage.terms import RosterObjective
from tests.bench.curtois import BEST_KNOWN, read_curtois

SAMPLES = Path(__file__).parents[3] / "shared" / "samples" / "optimisation"
SECONDS = 60.0
"""Wall seconds of each solve, at most."""


class Clock:
    """Counts down from the moment it is made."""

    def __init__(self, seconds: float) -> None:
        self.end = perf_counter() + seconds

    def remaining_seconds(self) -> float:
        return self.end - perf_counter()


def rota(people: int, *, days: int = 28, kinds: int = 3, seed: int = 1) -> RosterProblem:
    """Draw a rota: full and part time, five or six days in a row, two weekends, wishes for whole runs of days."""
    rng = np.random.default_rng(seed)
    day, kind = np.repeat(np.arange(days), kinds), np.tile(np.arange(kinds), days)
    start = day * 1440 + 360 + 240 * kind
    weeks = days // 7
    is_part = rng.random(people) < 0.2
    most = np.where(is_part, 5 * weeks // 2, 9 * weeks // 2) * 480
    caps = np.where(rng.random((people, kinds)) < 0.2, 0, NO_LIMIT)
    caps[:, 0] = NO_LIMIT
    worked = (most - 480) // 480
    need = worked.sum() / (days * kinds)
    target = np.maximum(1, rng.poisson(need, day.size))
    wishes = []
    for person in range(people):
        for _ in range(int(rng.integers(1, 4))):
            first, length = int(rng.integers(0, days)), int(rng.integers(1, 6))
            choice, want, weight = int(rng.integers(0, kinds)), bool(rng.random() < 0.6), int(rng.integers(1, 4))
            wishes += [(person, d * kinds + choice, want, weight) for d in range(first, min(days, first + length))]
    table = {wish[:2]: wish for wish in wishes}
    return RosterProblem(
        horizon_days=days,
        volunteers=Volunteers.of(people, max_minutes=most),
        windows=Windows.always(people, days),
        shifts=Shifts.of(start, start + 480, kind=kind),
        seats=Seats.of(
            np.arange(day.size),
            minimum=np.zeros(day.size, dtype=np.int64),
            target=target,
            under_weight=np.full(day.size, 100),
            maximum=np.full(day.size, NO_LIMIT),
            over_weight=np.ones(day.size, dtype=np.int64),
        ),
        requests=Requests.of(
            [wish[0] for wish in table.values()],
            [wish[1] for wish in table.values()],
            want=[wish[2] for wish in table.values()],
            weight=[wish[3] for wish in table.values()],
        ),
        patterns=Patterns.of(
            np.arange(people),
            min_minutes=most - 960,
            max_consecutive_days=rng.choice([5, 6], people, p=[0.7, 0.3]),
            min_consecutive_days=np.where(is_part, 1, 2),
            min_consecutive_days_off=rng.choice([2, 3], people, p=[0.7, 0.3]),
            max_weekends=np.full(people, max(1, weeks // 2)),
            max_shifts_by_kind=caps,
            days_off=[(person, int(rng.integers(0, days))) for person in range(people)],
        ),
        forbidden_successions=np.asarray([(late, early) for late in range(kinds) for early in range(late)]),
        objectives=((RosterObjective.UNCOVERED, RosterObjective.PREFERENCE),),
    )


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _peer(problem: RosterProblem, seconds: float) -> tuple[int | None, int]:
    """Let CP-SAT (2 workers) solve the plain model for so long: value, if any, and bound."""
    facts = HardFacts.of(problem)
    model = LinearModel(facts, Costs.of(facts))
    entries, constant = model.level(problem.objectives[0])
    peer = cp_model.CpModel()
    columns = [peer.new_int_var(0, upper, "") for upper in model.upper]
    for part, limit in model.rows:
        peer.add(sum(a * columns[c] for c, a in part) <= limit)
    peer.minimize(sum(a * columns[c] for c, a in entries))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 2
    solver.parameters.max_time_in_seconds = seconds
    is_found = solver.solve(peer) in {cp_model.OPTIMAL, cp_model.FEASIBLE}
    bound = round(solver.best_objective_bound) + constant
    return round(solver.objective_value) + constant if is_found else None, bound


def _compare(name: str, problem: RosterProblem, seconds: float) -> int:
    """Solve, print, and return the value."""
    wall, cpu = perf_counter(), process_time()
    result = schedule(problem, RosterOptions(deadline=Clock(seconds)))
    wall, cpu = perf_counter() - wall, process_time() - cpu
    level = result.levels[0]
    gap = (level.value - level.bound) / max(1, level.value)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    value, bound = _peer(problem, max(1.0, wall))
    _say(
        f"{name:<22}{level.value:>7} bound {level.bound:>7} gap {gap:7.2%} {wall:7.1f} s {cpu:7.1f} CPU s {memory:6.0f} MB"
        f"   CP-SAT {value if value is not None else '-':>7} bound {bound:>7}"
    )
    assert check.violations(problem, result) == []
    assert value is None or level.bound <= value
    return level.value


def test_prepare_compiled_code() -> None:
    """The first solve on a machine compiles; later ones read what was compiled."""
    start = process_time()
    schedule(rota(30, days=14))
    _say(f"\ncompiling or loading, and a first rota: {process_time() - start:.1f} CPU s")


@pytest.mark.timeout(1200)
def test_published_instances() -> None:
    """Values of the samples beside the best published ones."""
    files = sorted(SAMPLES.glob("Instance*.txt"))
    if not files:
        pytest.skip("no folder of samples")
    for path in files:
        number = int(path.stem.removeprefix("Instance"))
        value = _compare(f"Curtois {number} ({BEST_KNOWN[number]})", read_curtois(path), SECONDS)
        assert value <= 1.01 * BEST_KNOWN[number]


@pytest.mark.timeout(1200)
def test_growth_from_ten_people_to_sixty() -> None:
    """Drawn rotas of four weeks."""
    for people in (10, 20, 40, 60):
        _compare(f"rota of {people}", rota(people), SECONDS / 2)
