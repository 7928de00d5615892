"""How good and how fast undivided needs are seated, beside greedy and CP-SAT in equal time.

Run with `python -m pytest -s tests/bench/test_undivided.py`; each method runs in a process of its own, so that its
peak memory is its own. The first call compiles and is not counted. Published files are read from the folder of
samples if it is there; more of types b, c and d are drawn by seed. Values are lower is better: unmet priority, then
cost.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from linkage.kernels.assignment import exact, greedy, objectives
from linkage.kernels.assignment.problem import AssignmentProblem
from linkage.kernels.assignment.remainder import subtract_fixed
from linkage.kernels.assignment.solve import MatchOptions, match
from tests.bench import gap
from tests.bench.matching_world import district
from tests.bench.test_assignment import bare_flow, peak_mib, show, timed

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT.parent / "shared" / "samples" / "optimisation"
PUBLISHED = {"a05100": 1698, "c05100": 1931, "d05100": 6353}
DRAWN = [(kind, agents, jobs) for kind in "bcd" for agents, jobs in ((5, 100), (10, 200), (20, 200))]
SECONDS = 20.0
SIZES = {"600 x 60": (600, 60), "2k x 200": (2_000, 200), "20k x 2k": (20_000, 2_000)}
DEADLINES = {"600 x 60": (0.5, 20.0), "2k x 200": (0.3, 0.5, 2.0), "20k x 2k": (3.0, 5.0, 20.0)}
WORTH = 4_000


def first_come(problem, _):
    """By priority, then cost, as is done by hand."""
    remainder, _ = subtract_fixed(problem)
    return greedy.plan(problem, remainder, seconds_left=lambda: SECONDS), None


def by_cp_sat(problem, seconds):
    """The exact solver of the package, from the greedy plan."""
    end = time.perf_counter() + seconds
    remainder, _ = subtract_fixed(problem)
    effort = exact.ExactEffort(deterministic=1e9, seconds_left=lambda: end - time.perf_counter(), seed=0)
    levels = objectives.levels_of(problem, None)
    start, _ = first_come(problem, seconds)
    return exact.improve(problem, levels, remainder, start=start, floor=0, effort=effort)


def by_match(problem, seconds):
    """The kernel, checked as always; the time is CPU time, as the machine may be shared."""
    start = time.process_time()
    limit = MatchOptions(seconds_left=lambda: seconds - (time.process_time() - start), is_explained=False)
    result = match(problem, limit)
    keys = problem.pair_need * problem.offer_count + problem.pair_offer
    units = np.zeros(problem.pair_count, dtype=np.int64)
    units[np.searchsorted(keys, result.need * problem.offer_count + result.offer)] = result.quantity
    return units, [objective.bound for objective in result.objectives]


METHODS = {"greedy": first_come, "CP-SAT": by_cp_sat, "match": by_match}


def problem_named(name) -> AssignmentProblem:
    """Find or draw a problem by its name."""
    if name in PUBLISHED:
        return gap.read((SAMPLES / name).read_text())
    if name in SIZES:
        needs, offers = SIZES[name]
        return district(needs, offers, indivisible=True, most=4)
    kind, agents, jobs, seed = name.split("-")
    return gap.draw(kind, int(agents), int(jobs), seed=int(seed))


def measure(name, method, seconds):
    """Run one method on one problem; a small problem of the kind is solved before, to load what is compiled."""
    if method == "match":
        by_match(gap.draw("c", 5, 100, seed=0), 100.0)
        by_match(district(*SIZES["2k x 200"], indivisible=True, most=4), 100.0)
    problem = problem_named(name)
    before = peak_mib()
    (units, bound), wall, cpu = timed(lambda: METHODS[method](problem, seconds))
    value = objectives.values_of(problem, objectives.levels_of(problem, None), units)
    row = {"value": value, "bound": bound}
    if name in SIZES:
        row["gap_of_worth"] = gap_of_worth(problem, value)
    ratio = None
    if bound and value[0] == bound[0]:
        ratio = round((value[1] - bound[1]) / max(1, value[1]), 6)
    return {**row, "gap_of_cost": ratio, "wall": wall, "cpu": cpu, "mib": peak_mib() - before}


def gap_of_worth(problem, value):
    """How far a plan is from the best flow of units, where a unit of priority 1 is worth so many metres."""
    asked = int(problem.need_priority @ problem.need_quantity)
    best = bare_flow(problem, WORTH)["value"]
    worth = [WORTH * (asked - unmet) - metres for unmet, metres in (value, best)]
    return round(1 - worth[0] / worth[1], 6)


def apart(name, method, seconds):
    """Measure in a process of its own, and show the figures."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.bench.test_undivided", name, method, str(seconds)],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    row = json.loads(run.stdout)
    show(f"  {name:10}  {method:8}" + "".join(f"  {key} {value}" for key, value in row.items()))
    return row


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_files_are_solved_to_their_optimum(name):
    """The given files to the published value, proven."""
    if not (SAMPLES / name).exists():
        pytest.skip("the samples are not here")
    rows = {method: apart(name, method, 60.0) for method in METHODS}

    assert rows["match"]["value"] == rows["match"]["bound"] == [0, PUBLISHED[name]]


@pytest.mark.parametrize(("kind", "agents", "jobs"), DRAWN)
def test_drawn_instances_are_solved_or_nearly(kind, agents, jobs):
    """Types b and c proven, d within 0.2 % of the bound; never worse than CP-SAT in equal time."""
    name = f"{kind}-{agents}-{jobs}-1"
    rows = {method: apart(name, method, SECONDS) for method in METHODS}
    ours = rows["match"]

    assert ours["value"] <= rows["greedy"]["value"]
    assert ours["value"] <= rows["CP-SAT"]["value"]
    assert ours["gap_of_cost"] <= (0.002 if kind == "d" else 0.0)


@pytest.mark.parametrize("name", SIZES)
def test_quantities_at_city_size(name):
    """Needs of 1 to 4 units taken whole from one offer: what is reached in which time."""
    show(f"\n{name}, needs of 1 to 4 units")
    by_hand = apart(name, "greedy", 5.0)
    for seconds in DEADLINES[name]:
        assert apart(name, "match", seconds)["value"] <= by_hand["value"]


if __name__ == "__main__":
    show(json.dumps(measure(sys.argv[1], sys.argv[2], float(sys.argv[3]))))
