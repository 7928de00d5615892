"""How good and how quick large rosters are, beside CP-SAT at equal time and a greedy plan; nothing is asserted on time.

Run with `pytest -s tests/bench/test_roster.py`. Every line has value, bound, gap, seconds and CPU seconds; the gap is
the share of what is at stake (`RosterLevel.gap_ratio`). The worlds are drawn by `roster_world`. The largest case, of
10,000 people, runs only if LINKAGE_BENCH_LARGE is set.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter, process_time

import numpy as np
import pytest
from ortools.sat.python import cp_model

from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.model import LinearModel
from linkage.kernels.roster.objective import Costs
from linkage.kernels.roster.problem import Pairs, RosterProblem
from linkage.kernels.roster.result import RosterOptions, RosterResult
from linkage.kernels.roster.scale.solve import schedule_at_scale
from linkage.kernels.roster.solve import schedule
from linkage.terms import RosterObjective
from tests.bench.roster_world import after_dropping, roster_world, weighted, with_wishes


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    """Compile before anything is measured, and say how long that took."""
    start = process_time()
    for problem in (roster_world(50, 40, load=0.9), weighted(with_wishes(roster_world(50, 40, load=0.9)))):
        schedule_at_scale(problem, RosterOptions(moves=10))
    _say(f"\nfirst use: {process_time() - start:.1f} CPU s (compiling, or loading what was compiled)")


def _solved(name: str, problem: RosterProblem, moves: int) -> tuple[RosterResult, float]:
    wall, cpu = perf_counter(), process_time()
    result = schedule(problem, RosterOptions(moves=moves))
    wall, cpu = perf_counter() - wall, process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    _say(f"\n{name}: {wall:.1f} s, {cpu:.1f} CPU s, {memory} MB at most so far, {result.trace.candidate_pairs} pairs")
    for level in result.levels:
        _say(f"  {'+'.join(level.terms)[:40]:<40} {level.value:>10} bound {level.bound:>10} gap {level.gap_ratio:8.3%}")
    _say("  " + ", ".join(f"{term} {value}" for term, value in result.terms.items()))
    return result, wall


def _greedy(problem: RosterProblem) -> int:
    """Seat the first who can, the dearest shifts first: what the first level costs then."""
    from linkage.kernels.roster.scale.reading import work_out
    from linkage.kernels.roster.scale.state import SAT, best_seat, empty_state, may_serve, take
    from linkage.kernels.roster.scale.weights import empty_terms, level_weights

    facts = work_out(problem)
    state = empty_state(facts, empty_terms(facts, problem), 0)
    for shift in np.argsort(-problem.shifts.priority, kind="stable").tolist():
        for pair in facts.shift_pair[facts.shift_first[shift] : facts.shift_first[shift + 1]].tolist():
            seat = best_seat(facts, state, pair)
            if seat < 0 or state.filled[seat] >= facts.seats[seat, 2] or state.place[pair, SAT] >= 0:
                continue
            if may_serve(facts, state, pair):
                take(facts, state, pair, seat)
                state.misc[0] = 0
    return int((level_weights(problem)[0] * state.terms).sum())


def _peer(problem: RosterProblem, seconds: float) -> tuple[int | None, int]:
    """Let CP-SAT (2 workers) minimise the first level for as long: value, if any, and bound."""
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
    found = solver.solve(peer) in {cp_model.OPTIMAL, cp_model.FEASIBLE}
    return round(solver.objective_value) + constant if found else None, round(solver.best_objective_bound) + constant


def _beside(problem: RosterProblem, seconds: float, *, peer: bool = True) -> None:
    _say(f"  greedy, first level: {_greedy(problem)}")
    if peer:
        value, bound = _peer(problem, seconds)
        _say(f"  CP-SAT, first level, {seconds:.1f} s besides building the model: {value}, bound {bound}")


@pytest.mark.parametrize("form", [weighted, lambda problem: problem], ids=["sum", "order"])
def test_five_hundred_volunteers(form: Callable[[RosterProblem], RosterProblem]) -> None:
    """S1: 500 x 400, load 0.9, three seeds for the sum."""
    for seed in (1, 2, 3) if form is weighted else (1,):
        problem = form(with_wishes(roster_world(500, 400, load=0.9, seed=seed)))
        result, wall = _solved(f"S1 500 x 400, seed {seed}", problem, 400)
        if seed == 1:
            _beside(problem, wall)
        assert result.has_plan


@pytest.mark.parametrize("load", [0.9, 1.5])
def test_two_thousand_volunteers(load: float) -> None:
    """S2: 2,000 x 2,000; CP-SAT has no plan after minutes and gigabytes at this size and is left out."""
    problem = weighted(with_wishes(roster_world(2000, 2000, load=load)))
    result, wall = _solved(f"S2 2,000 x 2,000, load {load}", problem, 200)
    _beside(problem, wall, peer=False)
    assert result.has_plan


def test_ten_thousand_volunteers() -> None:
    """S3: 10,000 x 5,000; only where LINKAGE_BENCH_LARGE is set."""
    if not os.environ.get("LINKAGE_BENCH_LARGE"):
        _say("\nS3 10,000 x 5,000: left out; set LINKAGE_BENCH_LARGE=1 to run it")
        pytest.skip("LINKAGE_BENCH_LARGE is not set")
    result, _ = _solved("S3 10,000 x 5,000", weighted(with_wishes(roster_world(10_000, 5000, load=0.9))), 60)
    assert result.has_plan


@pytest.mark.parametrize(("people", "shifts", "moves"), [(500, 400, 400), (2000, 2000, 100)])
def test_five_percent_drop_out(people: int, shifts: int, moves: int) -> None:
    """S4: after a drop-out the plan covers as much as one made anew, and moves hardly anybody."""
    problem = roster_world(people, shifts, load=0.9)
    before, _ = _solved(f"S4 {people} x {shifts}, before", problem, moves)
    after = after_dropping(problem, Pairs.of(before.volunteer, before.shift))
    anew, _ = _solved("S4 made anew", replace(after, previous=Pairs.of()), moves)
    result, _ = _solved("S4 re-planned", after, moves // 4)
    stays = int((~np.isin(before.volunteer, after.released)).sum())
    moved = result.terms[RosterObjective.DISTURBANCE]
    _say(
        f"  {moved} of {stays} kept places moved ({moved / stays:.2%}); uncovered "
        f"{result.terms[RosterObjective.UNCOVERED]}, made anew {anew.terms[RosterObjective.UNCOVERED]}"
    )


def test_slack_month_at_seed_scale() -> None:
    """S5: 2,101 x 300, load 0.2: all seats and leads, and how many hours of shifts the pledges lack, proven."""
    result, _ = _solved("S5 2,101 x 300", roster_world(2101, 300, load=0.2), 400)
    missing = result.levels[2]
    _say(f"  {missing.value / 60:.1f} h of shifts are missing for the pledges, at least {missing.bound / 60:.1f} h")


def test_growth() -> None:
    """From a tenth of 2,000 x 2,000 to the whole."""
    for share in (0.1, 0.3, 1.0):
        size = int(2000 * share)
        _solved(f"growth {share:.0%}", weighted(with_wishes(roster_world(size, size, load=0.9))), 60)
