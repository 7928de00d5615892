"""How good and how fast the roster kernel is at a month's size, beside CP-SAT at equal time.

Run with `pytest -s tests/bench/test_roster.py`; it prints value, bound, gap and seconds, and takes less than a
minute. The workload is drawn as community volunteering looks: people with habits of the week, six skills, a few
leads; shifts of eight kinds, more at weekends. All figures are made up by the seed.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from time import perf_counter, process_time
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from linkage.kernels.roster import check
from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.model import LinearModel
from linkage.kernels.roster.objective import Costs
from linkage.kernels.roster.problem import Pairs, RosterProblem, Seats, Shifts, Volunteers, Windows
from linkage.kernels.roster.reasons import pledge_shortfalls, shortages
from linkage.kernels.roster.result import RosterOptions, RosterResult
from linkage.kernels.roster.solve import schedule
from linkage.terms import RosterObjective

SEGMENTS = (0.42, 0.25, 0.20, 0.13)  # retired, working, student, homemaker
# Chance to be free in the morning, afternoon, evening: on weekdays, then at weekends.
FREE = np.asarray(
    [
        [[0.55, 0.50, 0.15], [0.45, 0.40, 0.10]],
        [[0.05, 0.05, 0.35], [0.55, 0.55, 0.25]],
        [[0.10, 0.15, 0.35], [0.65, 0.60, 0.35]],
        [[0.50, 0.30, 0.10], [0.25, 0.25, 0.15]],
    ]
)
PARTS = ((480, 750), (750, 1050), (1050, 1320))
KINDS = np.asarray([0.22, 0.12, 0.20, 0.10, 0.08, 0.10, 0.10, 0.08])
CREW = (3, 2, 6, 2, 10, 3, 4, 2)
SKILL_SHARE = (0.1, 0.5, 0.0, 0.8, 0.2, 0.3, 0.9, 0.6)


def _windows(rng: np.random.Generator, people: int, days: int) -> Windows:
    segment = rng.choice(4, people, p=SEGMENTS)
    rows = []
    for volunteer in range(people):
        for day in range(days):
            if rng.random() < 0.12:
                continue
            chances = FREE[segment[volunteer], int(day % 7 >= 5)]
            rows += [
                (volunteer, day * 1440 + PARTS[part][0], day * 1440 + PARTS[part][1])
                for part in range(3)
                if rng.random() < chances[part]
            ]
    table = np.asarray(rows, dtype=np.int64).reshape(-1, 3)
    return Windows.of(table[:, 0], table[:, 1], table[:, 2])


def month(people: int, shifts: int, *, load: float = 0.9, seed: int = 1, **overrides: Any) -> RosterProblem:
    """Draw 28 days; demanded minutes = load x 0.6 x allowed minutes."""
    rng = np.random.default_rng(seed)
    days = 28
    windows = _windows(rng, people, days)
    weight = np.where(np.arange(days) % 7 == 5, 2.0, np.where(np.arange(days) % 7 == 6, 1.8, 1.0))
    kind = rng.choice(8, shifts, p=KINDS)
    minutes = rng.choice([60, 90, 120, 150, 180, 240], shifts, p=[0.1, 0.2, 0.35, 0.15, 0.12, 0.08])
    start = rng.choice(days, shifts, p=weight / weight.sum()) * 1440 + np.minimum(
        rng.integers(17, 41, shifts) * 30, 1290 - minutes
    )
    crew = 1 + rng.poisson(np.asarray(CREW)[kind] - 1)
    skilled = np.where(rng.random(shifts) < np.asarray(SKILL_SHARE)[kind], 1, 0)
    seat_shift, seat_skill, target = [], [], []
    for shift in range(shifts):
        if skilled[shift]:
            seat_shift.append(shift)
            seat_skill.append(int(rng.integers(0, 6)))
            target.append(1)
        if crew[shift] > skilled[shift]:
            seat_shift.append(shift)
            seat_skill.append(-1)
            target.append(int(crew[shift] - skilled[shift]))
    allowed = np.clip(rng.lognormal(np.log(480), 0.6, people), 180, 2400)
    allowed *= float((crew * minutes).sum()) / (load * 0.6 * allowed.sum())
    max_minutes = np.maximum(180, (allowed // 30 * 30)).astype(np.int64)
    facts: dict[str, Any] = {
        "horizon_days": days,
        "volunteers": Volunteers.of(
            people,
            skills=rng.random((people, 6)) < 0.14,
            leads=rng.random(people) < 0.18,
            max_minutes=max_minutes,
            max_minutes_week=np.maximum(180, (0.45 * allowed // 30 * 30)).astype(np.int64),
            max_minutes_day=np.full(people, 480),
            pledge_minutes=np.where(rng.random(people) < 0.46, 180, 0),
        ),
        "windows": windows,
        "shifts": Shifts.of(
            start,
            start + minutes,
            priority=rng.choice([1, 2, 4], shifts, p=[0.6, 0.3, 0.1]),
            leads=crew >= 3,
        ),
        "seats": Seats.of(seat_shift, skill=seat_skill, minimum=np.maximum(1, np.asarray(target) // 2), target=target),
        "buffer_minutes": 30,
    }
    return RosterProblem(**(facts | overrides))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _timed(problem: RosterProblem, options: RosterOptions | None = None) -> tuple[RosterResult, float]:
    """Solve and measure process seconds, which a busy machine does not stretch."""
    start = process_time()
    result = schedule(problem, options)
    return result, process_time() - start


def _show(name: str, result: RosterResult, seconds: float) -> None:
    _say(f"\n{name}: {seconds:.1f} CPU s, {result.trace.candidate_pairs} candidate pairs, {result.status}")
    for level in result.levels:
        gap = (level.value - level.bound) / level.value if level.value else 0.0
        _say(f"  {level.terms[0]:<18}{level.value:>8} bound {level.bound:>8} gap {gap:7.2%}")


def _peer_coverage(problem: RosterProblem, seconds: float) -> tuple[int | None, int]:
    """Let CP-SAT (2 workers) minimise coverage alone for the same time: value, if any, and bound."""
    facts = HardFacts.of(problem)
    model = LinearModel(facts, Costs.of(facts))
    entries, constant = model.level((RosterObjective.UNCOVERED,))
    peer = cp_model.CpModel()
    columns = [peer.new_int_var(0, upper, "") for upper in model.upper]
    for part, limit in model.rows:
        peer.add(sum(a * columns[c] for c, a in part) <= limit)
    peer.minimize(sum(a * columns[c] for c, a in entries))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 2
    solver.parameters.max_time_in_seconds = seconds
    status = solver.solve(peer)
    found = status in {cp_model.OPTIMAL, cp_model.FEASIBLE}
    value = round(solver.objective_value) + constant if found else None
    return value, round(solver.best_objective_bound) + constant


def test_month_of_sixty_volunteers() -> None:
    """60 x 150 in about two seconds, coverage proven."""
    result, seconds = _timed(month(60, 150))
    _show("60 x 150", result, seconds)
    value, bound = _peer_coverage(month(60, 150), seconds)
    _say(f"  CP-SAT, coverage alone, equal time: {value}, bound {bound}")

    assert result.levels[0].is_proven


def test_month_of_five_hundred_volunteers() -> None:
    """500 x 400 in about twenty seconds; then 5 % drop out and nobody else's plan changes without need."""
    problem = month(500, 400)
    result, seconds = _timed(problem)
    _show("500 x 400", result, seconds)
    start = perf_counter()
    empty, short = shortages(problem, result), pledge_shortfalls(problem, result)
    _say(f"  {len(empty)} shortages and {len(short)} shortfalls explained in {perf_counter() - start:.2f} s")
    value, bound = _peer_coverage(problem, min(seconds, 12.0))
    _say(f"  CP-SAT, coverage alone, equal time (at most 12 s): {value}, bound {bound}")

    gone = np.arange(0, 500, 20)
    stays = ~np.isin(problem.windows.volunteer, gone)
    windows = problem.windows
    dropped = replace(
        problem,
        windows=Windows.of(windows.volunteer[stays], windows.start[stays], windows.end[stays]),
        previous=Pairs.of(result.volunteer, result.shift),
        released=gone,
    )
    after, seconds = _timed(dropped, RosterOptions(bound_pairs=0))
    kept = result.volunteer.size - int(np.isin(result.volunteer, gone).sum())
    _show(f"25 of 500 drop out, {after.terms[RosterObjective.DISTURBANCE]} of {kept} kept places moved", after, seconds)

    assert check.violations(problem, result) == []
    assert value is None or result.levels[0].value <= value
