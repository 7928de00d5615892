"""How few people cover everything, how surely and how fast, beside plain CP-SAT at equal time and greedy.

Run with `pytest -s tests/bench/test_fewest.py`; it prints value, bound, seconds, process seconds and peak memory. The
published sample files are read if they lie beside the repository; the others are drawn after the published recipe.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import pytest
from ortools.sat.python import cp_model

from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.problem import RosterProblem
from linkage.kernels.roster.result import RosterResult
from linkage.kernels.roster.solve import schedule
from tests.bench import ptask

SAMPLES = Path(__file__).parents[3] / "shared" / "samples" / "optimisation"
SIZES = [(20, 40, 0.66), (20, 60, 0.33), (20, 120, 0.33), (40, 104, 0.33), (40, 180, 0.66), (20, 219, 0.66)]
"""People of the plan the instance is drawn from, jobs, share of jobs each is qualified for."""
GROWTH = [(20, 200), (40, 400), (80, 800), (160, 1600), (200, 2000)]


class Clock:
    """A deadline on the wall clock."""

    def __init__(self, seconds: float) -> None:
        self.end = perf_counter() + seconds

    def remaining_seconds(self) -> float:
        return self.end - perf_counter()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def greedy(problem: RosterProblem) -> int | None:
    """Count the people of a plan made in order of start: who already serves and is free, else whoever can do it."""
    facts = HardFacts.of(problem)
    busy: dict[int, int] = {}
    for job in np.argsort(problem.shifts.start, kind="stable").tolist():
        free = [v for v in facts.people_of[job] if busy.get(v, -1) <= facts.start[job]]
        if not free:
            return None
        busy[max(free, key=lambda v: busy.get(v, -1))] = facts.end[job]
    return len(busy)


def plain_model(problem: RosterProblem, seconds: float) -> tuple[int | None, int]:
    """Let CP-SAT (2 workers) look for as long: value, if any, and bound."""
    facts = HardFacts.of(problem)
    model = cp_model.CpModel()
    used = [model.new_bool_var("") for _ in range(problem.volunteer_count)]
    takes = {(v, s): model.new_bool_var("") for v, own in enumerate(facts.shifts_of) for s in own}
    for job, people in enumerate(facts.people_of):
        model.add_exactly_one([takes[v, job] for v in people])
    for volunteer, own in enumerate(facts.shifts_of):
        for job in own:
            now = [s for s in own if facts.start[s] <= facts.start[job] < facts.end[s]]
            model.add(sum(takes[volunteer, s] for s in now) <= used[volunteer])
    model.minimize(sum(used))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 2
    solver.parameters.max_time_in_seconds = max(0.1, seconds)
    found = solver.solve(model) in {cp_model.OPTIMAL, cp_model.FEASIBLE}
    return round(solver.objective_value) if found else None, round(solver.best_objective_bound)


def show(name: str, problem: RosterProblem, *, beside: bool = True) -> RosterResult:
    """Solve, and print a line of figures."""
    wall, cpu = perf_counter(), process_time()
    result = schedule(problem)
    wall, cpu = perf_counter() - wall, process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    covered, people = result.levels
    peers = f"  greedy {greedy(problem)}, CP-SAT {plain_model(problem, wall)}" if beside else ""
    _say(
        f"{name:<28} people {people.value:>4} bound {people.bound:>4} uncovered {covered.value}  {wall:6.2f} s "
        f"{cpu:6.2f} CPU s  {memory} MB{peers}"
    )
    return result


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    """Compile outside the measurements."""
    _say("")
    show("(compiling)", ptask.drawn(0, people=30, jobs=300, multi_skilling=0.5), beside=False)


@pytest.mark.parametrize("name", ["data_1_23_40_66.dat", "data_5_25_60_33.dat"])
def test_published_samples_need_twenty_people(name: str) -> None:
    """The published optimum of both is the number of jobs that overlap."""
    if not (SAMPLES / name).is_file():
        pytest.skip("the sample files are not beside the repository")
    people = show(name, ptask.read(SAMPLES / name)).levels[1]

    assert (people.value, people.bound) == (20, 20)


@pytest.mark.parametrize(("people", "jobs", "share"), SIZES, ids=str)
def test_drawn_instances_are_proven_or_one_person_off(people: int, jobs: int, share: float) -> None:
    """Of the sizes of the published ones up to 219 jobs."""
    for seed in (1, 2):
        problem = ptask.drawn(seed, people=people, jobs=jobs, multi_skilling=share)
        covered, level = show(f"{people} people {jobs} jobs {share:.0%} #{seed}", problem).levels

        assert covered.value == 0
        assert level.value - level.bound <= 1


@pytest.mark.parametrize(("people", "jobs"), GROWTH, ids=str)
def test_growth_from_two_hundred_to_two_thousand_jobs(people: int, jobs: int) -> None:
    """Ten jobs a person."""
    for share in (0.33, 0.66):
        problem = ptask.drawn(7, people=people, jobs=jobs, multi_skilling=share)
        level = show(f"{people} people {jobs} jobs {share:.0%}", problem, beside=jobs <= 800).levels[1]

        assert level.value <= level.bound + 2
