"""How good and how fast the matching kernel is at city size, beside greedy, the bare OR-Tools flow and a linear program.

Run with `python -m pytest -s tests/bench/test_assignment.py`; each method runs in a process of its own, so that its
peak memory is its own, and the table stands in one run. The first call compiles and is not counted. Values are
lower is better: unmet priority, then metres; with fair groups the unfairness between them.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ortools.graph.python import min_cost_flow
from scipy.optimize import linprog
from scipy.sparse import coo_array

from linkage.kernels.assignment import exchange, explain, rematch
from linkage.kernels.assignment.problem import NONE
from linkage.kernels.assignment.solve import MatchOptions, match, match_and_keep
from linkage.terms import MatchObjective
from tests.bench.matching_world import BEST, ESTATES, SIDE_METRES, district, towns

ROOT = Path(__file__).parents[2]
TENTH, CITY, REGION = (2_000, 200), (20_000, 2_000), (100_000, 10_000)
WORTH = {"fair, capped": 4_000, "fair, capped, scored": 4_000 + BEST}
PLAIN = MatchOptions(is_explained=False)
OTHER_SOLVER = MatchOptions(is_explained=False, simplex_arcs=10**9)
EXCHANGED = (MatchObjective.UNMET_PRIORITY, MatchObjective.COST, MatchObjective.CHANGED)


def show(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


# --- methods: each tells its values, bounds and whatever else it knows ---


def greedy(problem):
    """First come by priority, then by cost, as is done by hand."""
    order = np.lexsort((problem.pair_cost, -problem.need_priority[problem.pair_need]))
    left, free = problem.need_quantity.tolist(), problem.offer_capacity.tolist()
    cost = 0
    columns = (problem.pair_need, problem.pair_offer, problem.pair_cost)
    for need, offer, metres in zip(*(column[order].tolist() for column in columns), strict=True):
        units = left[need] if left[need] <= free[offer] else 0 if problem.indivisible else free[offer]
        left[need] -= units
        free[offer] -= units
        cost += units * metres
    return {"value": [int(problem.need_priority @ np.array(left)), cost], "unmet": sum(left)}


def hand_made(problem):
    """One weight in place of two levels, chosen by hand."""
    return 10 * SIDE_METRES * min(problem.need_count, problem.offer_count)


def bare_flow(problem, weight=None):
    """The same network given to OR-Tools directly, and nothing else: no check, no bound, no reasons.

    A unit of priority 1 unmet weighs `weight`, or so much that no other counts.
    """
    needs, offers, sink = problem.need_count, problem.offer_count, problem.need_count + problem.offer_count
    solver = min_cost_flow.SimpleMinCostFlow()
    tail = np.concatenate((problem.pair_need, np.arange(needs), needs + np.arange(offers)))
    head = np.concatenate((needs + problem.pair_offer, np.full(needs + offers, sink)))
    room = np.concatenate((problem.need_quantity[problem.pair_need], problem.need_quantity, problem.offer_capacity))
    unmet_weight = (weight or hand_made(problem)) * problem.need_priority
    weight = np.concatenate((problem.pair_cost, unmet_weight, np.zeros(offers, dtype=np.int64)))
    solver.add_arcs_with_capacity_and_unit_cost(tail.astype(np.int32), head.astype(np.int32), room, weight)
    solver.set_nodes_supplies(
        np.arange(sink + 1, dtype=np.int32),
        np.append(problem.need_quantity, [0] * offers + [-sum(problem.need_quantity)]),
    )
    solver.solve()
    flow = solver.flows(np.arange(tail.size, dtype=np.int32))
    unmet = flow[problem.pair_count : problem.pair_count + needs]
    value = [int(problem.need_priority @ unmet), int(problem.pair_cost @ flow[: problem.pair_count])]
    return {"value": value, "unmet": int(unmet.sum())}


def linear_program(problem):
    """The same as a linear program for HiGHS."""
    pairs, needs, offers = problem.pair_count, problem.need_count, problem.offer_count
    columns = np.arange(pairs + needs)
    by_need = coo_array((np.ones(pairs + needs), (np.append(problem.pair_need, np.arange(needs)), columns)))
    by_offer = coo_array((np.ones(pairs), (problem.pair_offer, columns[:pairs])), shape=(offers, pairs + needs))
    cost = np.append(problem.pair_cost, hand_made(problem) * problem.need_priority)
    found = linprog(
        cost, A_ub=by_offer, b_ub=problem.offer_capacity, A_eq=by_need, b_eq=problem.need_quantity, method="highs"
    )
    units = np.rint(found.x).astype(np.int64)
    value = [int(problem.need_priority @ units[pairs:]), int(problem.pair_cost @ units[:pairs])]
    return {"value": value, "unmet": int(units[pairs:].sum())}


def told(problem, result):
    """Values, bounds and gap of a result."""
    coverage = [
        1 - result.unmet[inside].sum() / problem.need_quantity[inside].sum()
        for inside in (problem.need_group == group for group in range(ESTATES))
        if inside.any()
    ]
    return {
        "value": [objective.value for objective in result.objectives],
        "bound": [objective.bound for objective in result.objectives],
        "gap": round(result.gap_ratio, 6),
        "unmet": int(result.unmet.sum()),
        "status": result.status.value,
        "least_served_estate": round(float(min(coverage, default=1)), 4),
    }


METHODS = {
    "greedy": greedy,
    "OR-Tools flow": bare_flow,
    "HiGHS linear program": linear_program,
    "match": lambda problem: told(problem, match(problem, PLAIN)),
    "match with reasons": lambda problem: told(problem, match(problem)),
}
CASES = {
    "units": {},
    "fair, capped": {"fair_groups": True, "capped": 1},
    "fair, capped, scored": {"fair_groups": True, "capped": 1, "scored": True},
    "undivided": {"indivisible": True, "most": 4},
}


# --- what runs in a process of its own ---


def warm_up():
    """Compile, or load what was compiled."""
    small = district(300, 60)
    for options in (PLAIN, MatchOptions()):
        match(small, replace(options, simplex_arcs=0))
    match(district(*TENTH, **CASES["undivided"]), PLAIN)


def peak_mib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def timed(act):
    """Tell what an act returns, and its wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = act()
    return found, round(time.perf_counter() - wall, 3), round(time.process_time() - cpu, 3)


def one_method(case, method, needs, offers):
    """Run one method on one case."""
    problem = district(needs, offers, **CASES[case])
    if "match" in method:
        warm_up()
    before = peak_mib()
    found, wall, cpu = timed(lambda: METHODS[method](problem))
    return {"wall": wall, "cpu": cpu, "peak_mib": peak_mib(), "more_mib": peak_mib() - before, **found}


def after_changes(needs, offers):
    """Offers drop out, one at a time and 5 % at once: match from the plan that stands, and anew."""
    warm_up()
    problem = district(needs, offers)
    _, standing = rematch.match_standing(problem, PLAIN)
    rng = np.random.default_rng(3)
    used = np.flatnonzero(np.bincount(problem.pair_offer, weights=standing.units, minlength=offers))
    rows = []
    for count in (1, 1, 1, 1, 1, offers // 20):
        capacity = problem.offer_capacity.copy()
        capacity[rng.choice(used, count, replace=False)] = 0
        changed = replace(problem, offer_capacity=capacity, previous=standing.units)
        options = replace(PLAIN, objectives=EXCHANGED)
        (found, _), wall, cpu = timed(lambda: rematch.rematch(changed, standing, None, options))  # noqa: B023 called at once
        anew = match(changed, replace(OTHER_SOLVER, objectives=EXCHANGED))
        careless = match(replace(changed, previous=np.zeros_like(standing.units)), OTHER_SOLVER)
        after = rematch.Standing.of(changed, careless).units
        rows.append(
            {
                "out": count,
                "wall": wall,
                "cpu": cpu,
                "value": [objective.value for objective in found.objectives],
                "anew": [objective.value for objective in anew.objectives],
                "bound": [objective.bound for objective in found.objectives],
                "changed_without_the_objective": int(np.maximum(standing.units - after, 0).sum()),
            }
        )
    return rows


def explained(needs, offers, samples):
    """Explain every unmet need and price every offer; try some of the answers by solving anew."""
    warm_up()
    problem = district(needs, offers)
    _, units, proven = match_and_keep(problem, PLAIN)

    def explain_all():
        unmet = explain.unmet_columns(problem, units, proven.levels, is_proven=True)
        return exchange.with_exchanges(proven, unmet), exchange.prices(proven)[0]

    (unmet, price), wall, cpu = timed(explain_all)
    base = np.array(bare_flow(problem)["value"])
    rng = np.random.default_rng(4)
    right = 0
    for row in rng.choice(np.flatnonzero(unmet.displaced_need != NONE), samples, replace=False).tolist():
        priority = problem.need_priority.copy()
        priority[unmet.need[row]] = 64  # it must be served
        loss = np.array(bare_flow(replace(problem, need_priority=priority))["value"]) - base
        level = int(unmet.decided_by[row])
        right += not loss.any() if level == NONE else bool(loss[level] == unmet.margin[row] and not loss[:level].any())
    for offer in rng.choice(offers, samples, replace=False).tolist():
        capacity = problem.offer_capacity.copy()
        capacity[offer] += 1
        gain = base - np.array(bare_flow(replace(problem, offer_capacity=capacity))["value"])
        right += bool((gain == price[:, offer]).all())
    return {
        "wall": wall,
        "cpu": cpu,
        "unmet_needs": unmet.need.size,
        "with_displaced_need": int((unmet.displaced_need != NONE).sum()),
        "offers": offers,
        "tried": 2 * samples,
        "right": right,
    }


def fairest(case, needs, offers):
    """How well the least served estate could be served at most, without losing anything of a higher objective."""
    problem = district(needs, offers, **CASES[case])
    demand = np.bincount(problem.need_group, weights=problem.need_quantity, minlength=ESTATES)
    aims = (MatchObjective.UNMET_PRIORITY, MatchObjective.QUOTA_SHORTFALL)
    low, high = 0, 1_000
    while high - low > 1:
        middle = (low + high) // 2
        least = (demand * middle // 1_000).astype(np.int64)
        asked = replace(problem, fair_groups=False, group_min=least, group_max=np.full(ESTATES, NONE))
        found = match(asked, replace(PLAIN, objectives=aims))
        low, high = (middle, high) if found.objectives[1].value == 0 else (low, middle)
    without = match(replace(problem, fair_groups=False), PLAIN)
    asked = int(problem.need_priority @ problem.need_quantity)
    return {"best_possible": low / 1_000, "asked": asked, **told(problem, without)}


def at_deadlines(needs, offers):
    """How late a plan comes, and how good it is, when time is short."""
    warm_up()
    problem = district(needs, offers, **CASES["fair, capped"])
    rows = []
    for seconds in (0.1, 0.3, 0.5, 1.0, 2.0):
        end = time.perf_counter() + seconds
        result = match(problem, MatchOptions(seconds_left=lambda: end - time.perf_counter()))  # noqa: B023 called at once
        rows.append({"seconds": seconds, "late": round(time.perf_counter() - end, 3), **told(problem, result)})
    return rows


def many_towns(count):
    """Many small matchings in one: solved as one network, that has as many parts."""
    warm_up()
    problem = towns(count, 1_000, 150)
    found, wall, cpu = timed(lambda: told(problem, match(problem, PLAIN)))
    return {"pairs": problem.pair_count, "wall": wall, "cpu": cpu, **found}


RUNS = {
    "one_method": one_method,
    "after_changes": after_changes,
    "explained": explained,
    "fairest": fairest,
    "at_deadlines": at_deadlines,
    "many_towns": many_towns,
}


def apart(run, *arguments):
    """Run one of these in a process of its own."""
    call = [sys.executable, "-m", "tests.bench.test_assignment", json.dumps([run, *arguments])]
    done = subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    return json.loads(done.stdout)


def line(name, row):
    show(f"  {name:22}" + "  ".join(f"{key} {value}" for key, value in row.items()))


# --- the table ---


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("size", [TENTH, CITY], ids=["tenth", "city"])
def test_matching_at_size(case, size):
    """Never worse than greedy, equal to the bare flow on units."""
    show(f"\n{case}: {size[0]} needs x {size[1]} offers")
    rows = {}
    for method in METHODS:
        if case != "units" and method in {"OR-Tools flow", "HiGHS linear program"}:
            continue  # they would solve another problem
        if size != TENTH and method == "HiGHS linear program":
            continue
        rows[method] = apart("one_method", case, method, *size)
        line(method, rows[method])

    best = rows["match with reasons"]
    if "capped" not in case:  # greedy keeps no caps
        assert best["value"][0] <= rows["greedy"]["value"][0]
    if case == "units":
        assert best["value"] == rows["OR-Tools flow"]["value"] == best["bound"]
    if "capped" in case:
        limit = apart("fairest", case, *size)
        line("same without fairness", limit)
        assert best["value"][0] == limit["value"][0]
        assert best["unmet"] == limit["unmet"]
        worth = [WORTH[case] * (limit["asked"] - values[0]) - values[-1] for values in (best["value"], limit["value"])]
        lost = 1 - worth[0] / worth[1]
        show(f"  worth lost to fairness {lost:.6f}, to meet a unit of priority 1 being worth {WORTH[case]}")
        if size == CITY:  # where one need is less than a point of its estate
            assert best["least_served_estate"] >= limit["best_possible"] - 0.01
            assert lost <= 1e-4 or case == "fair, capped"  # where only the nearest offers serve, fairness takes metres


def test_growth():
    """From 10 % to 100 % of a region: near-linear in the pairs."""
    show(f"\ngrowth to {REGION[0]} needs x {REGION[1]} offers")
    for share in (10, 25, 50, 100):
        size = [part * share // 100 for part in REGION]
        ours = apart("one_method", "units", "match", *size)
        theirs = apart("one_method", "units", "OR-Tools flow", *size)
        line(
            f"{share} %",
            {**ours, "OR-Tools_cpu": theirs["cpu"], "us_per_pair": round(ours["cpu"] / size[0] / 20e-6, 2)},
        )
        assert ours["value"] == theirs["value"]


def test_many_towns():
    """Parts that have nothing to do with each other cost what they would cost one by one."""
    show("\ntowns of 1,000 needs x 150 offers")
    for count in (1, 10, 100):
        line(f"{count} towns", apart("many_towns", count))


@pytest.mark.parametrize("size", [TENTH, CITY], ids=["tenth", "city"])
def test_matching_again(size):
    """The exact optimum of the changed problem, with the fewest changes among the best."""
    show(f"\noffers drop out: {size[0]} needs x {size[1]} offers")
    rows = apart("after_changes", *size)
    for row in rows:
        line(f"{row['out']} out", row)
        assert row["value"] == row["anew"] == row["bound"]
    line("one out, median", {"cpu": statistics.median(row["cpu"] for row in rows[:-1])})


@pytest.mark.parametrize("size", [TENTH, CITY], ids=["tenth", "city"])
def test_explaining_everything(size):
    """Every answer that was tried by solving anew was right."""
    show(f"\nreasons of all: {size[0]} needs x {size[1]} offers")
    row = apart("explained", *size, 6)
    line("explained", row)
    assert row["right"] == row["tried"]


def test_deadlines():
    """Whatever the time, a plan that was checked and a bound that holds."""
    show(f"\ndeadlines: {CITY[0]} needs x {CITY[1]} offers, fair, capped")
    rows = apart("at_deadlines", *CITY)
    for row in rows:
        line(f"{row['seconds']} s", row)
        assert row["bound"][0] <= rows[-1]["value"][0]


if __name__ == "__main__":
    name, *given = json.loads(sys.argv[1])
    show(json.dumps(RUNS[name](*given)))
