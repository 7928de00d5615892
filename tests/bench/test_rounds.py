"""How good and how fast visit rounds are, beside nearest neighbour first and OR-Tools' routing at equal time.

Run with `pytest -s tests/bench/test_rounds.py`; it prints unserved weight, travel, bounds and seconds of this process.
Workloads are drawn as a district looks: households on a map of 2.4 km, windows in the day, skills, meals at lunch
time. OR-Tools' routing is given the day without lunches and visits by two, which it has no plain words for.
"""

from __future__ import annotations

import math
import sys
from time import process_time
from typing import Any

import numpy as np
import pytest
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from linkage.kernels.rounds.plan import Plan, insert
from linkage.kernels.rounds.problem import RoundsProblem, Visits, Workers
from linkage.kernels.rounds.reasons import unserved
from linkage.kernels.rounds.solve import plan_rounds
from linkage.kernels.rounds.timeline import Facts

METRES = 2400
METRES_A_MINUTE = 80


def district(visits: int, workers: int, *, seed: int = 1, days: int = 1, is_plain: bool = False) -> RoundsProblem:
    """Draw households and workers; `is_plain` leaves lunches and visits by two out."""
    rng = np.random.default_rng(seed)
    xy = rng.integers(0, METRES, (visits + 2, 2))
    metres = np.hypot(xy[:, None, 0] - xy[None, :, 0], xy[:, None, 1] - xy[None, :, 1])
    start = rng.choice([480, 540, 660, 840], visits)
    skills = rng.random((workers, 2)) < 0.5
    skills[0] = True
    together = np.zeros(visits) if is_plain else rng.random(visits) < 0.1
    return RoundsProblem(
        horizon_days=days,
        travel_minutes=np.ceil(metres / METRES_A_MINUTE).astype(np.int64),
        visits=Visits.of(
            np.arange(2, visits + 2),
            rng.integers(10, 50, visits),
            horizon_days=days,
            start=start,
            end=start + rng.choice([60, 120, 240], visits),
            people=1 + together.astype(np.int64),
            skill=np.where(rng.random(visits) < 0.3, rng.integers(0, 2, visits), -1),
            boxes=rng.integers(0, 3, visits),
            priority=rng.choice([1, 2, 4], visits),
            per_week=rng.choice([0, 2, 3, 4], visits) if days > 1 else None,
            gap_days=rng.choice([1, 2], visits) if days > 1 else None,
        ),
        workers=Workers.of(
            np.arange(workers) % 2,
            horizon_days=days,
            start=np.full(workers, 480),
            end=np.full(workers, 1080),
            skills=skills,
            boxes=np.full(workers, 20),
            lunch_minutes=np.full(workers, 0 if is_plain else 40),
            lunch_start=np.full(workers, 690),
            lunch_end=np.full(workers, 780),
        ),
    )


def nearest_first(problem: RoundsProblem) -> Plan:
    """Send each worker to the nearest household that can still be reached in time, as people do by hand."""
    facts = Facts(problem)
    plan = Plan(facts)
    for worker in range(len(facts.depot)):
        left = {v for v, missing in enumerate(plan.missing()) if missing and facts.people[v] == 1}
        here = facts.depot[worker]
        while left:
            near = sorted(left, key=lambda v: (facts.travel[here][facts.place[v]], v))
            for visit in near:
                stops = plan.stops(worker, 0)
                found = insert(facts, worker, stops, visit, {}, moves_lunch=True) if facts.able[visit][worker] else None
                if found is not None and [stop for stop in found[1] if stop >= 0][-1] == visit:
                    plan.set(worker, 0, found[1])
                    here = facts.place[visit]
                    left.discard(visit)
                    break
            else:
                break
    return plan


def by_routing(problem: RoundsProblem, seconds: float) -> tuple[int, int]:
    """Solve a plain day with OR-Tools' routing; return unserved weight and travel."""
    facts = Facts(problem)
    places = [*facts.depot, *facts.place]
    count = len(facts.depot)
    manager = pywrapcp.RoutingIndexManager(len(places), count, list(range(count)), list(range(count)))
    routing: Any = pywrapcp.RoutingModel(manager)

    def travel(one: int, other: int) -> int:
        return facts.travel[places[manager.IndexToNode(one)]][places[manager.IndexToNode(other)]]

    def spent(one: int, other: int) -> int:
        visit = manager.IndexToNode(one) - count
        return travel(one, other) + (facts.minutes[visit] if visit >= 0 else 0)

    def carried(one: int) -> int:
        visit = manager.IndexToNode(one) - count
        return facts.boxes[visit] if visit >= 0 else 0

    routing.SetArcCostEvaluatorOfAllVehicles(routing.RegisterTransitCallback(travel))
    routing.AddDimension(routing.RegisterTransitCallback(spent), 1440, 1440, False, "time")
    routing.AddDimensionWithVehicleCapacity(
        routing.RegisterUnaryTransitCallback(carried), 0, [each.boxes for each in facts.limits], True, "boxes"
    )
    time = routing.GetDimensionOrDie("time")
    worth = max(map(max, facts.travel)) * (len(places) + 1) + 1
    for visit, (opens, closes) in enumerate(facts.window):
        node = manager.NodeToIndex(count + visit)
        time.CumulVar(node).SetRange(opens, closes)
        routing.AddDisjunction([node], worth * facts.priority[visit])
        for worker in (w for w in range(count) if not facts.able[visit][w]):
            routing.VehicleVar(node).RemoveValue(worker)
    for worker, limits in enumerate(facts.limits):
        time.CumulVar(routing.Start(worker)).SetRange(limits.start, limits.end)
        time.CumulVar(routing.End(worker)).SetRange(limits.start, limits.end)
    asked = pywrapcp.DefaultRoutingSearchParameters()
    asked.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    asked.time_limit.FromMilliseconds(max(200, math.ceil(seconds * 1000)))
    found = routing.SolveWithParameters(asked)
    if found is None:
        return sum(facts.priority), 0
    out = [v for v in range(len(facts.place)) if found.Value(routing.NextVar(manager.NodeToIndex(count + v))) == manager.NodeToIndex(count + v)]  # fmt: skip
    dropped = sum(facts.priority[visit] for visit in out)
    return dropped, found.ObjectiveValue() - worth * dropped


@pytest.mark.parametrize(("visits", "workers"), [(9, 2), (30, 3), (100, 8), (200, 16)])
def test_a_plain_day_beside_its_peers(visits, workers):
    """Ours is never worse than nearest first, and the bound is honest."""
    problem = district(visits, workers, is_plain=True)
    began = process_time()
    result = plan_rounds(problem)
    spent = process_time() - began
    unserved_level, travel_level = result.levels
    greedy = nearest_first(problem)
    routing = by_routing(problem, spent)
    sys.stdout.write(
        f"\n{visits:4} visits {workers:2} workers  unserved {unserved_level.value:3} (bound {unserved_level.bound})  "
        f"travel {travel_level.value:4} (bound {travel_level.bound})  {result.status}  {spent:5.2f} CPU s   |  "
        f"OR-Tools routing {routing}  nearest first {greedy.value()}\n"
    )

    assert (unserved_level.value, travel_level.value) <= greedy.value()


@pytest.mark.parametrize(("visits", "workers", "days"), [(9, 2, 1), (30, 3, 1), (100, 8, 1), (20, 3, 7), (40, 5, 7)])
def test_days_with_lunch_and_visits_by_two(visits, workers, days):
    """The whole set of rules: value, bound, seconds, and seconds for all reasons."""
    problem = district(visits, workers, days=days)
    began = process_time()
    result = plan_rounds(problem)
    solved = process_time()
    reasons = unserved(problem, result)
    told = process_time()
    unserved_level, travel_level = result.levels
    asked = int((problem.times() * problem.visits.people).sum())
    sys.stdout.write(
        f"\n{visits:4} households {workers:2} workers {days} day(s), {asked} stops  unserved {unserved_level.value:3} "
        f"(bound {unserved_level.bound})  travel {travel_level.value:4} (bound {travel_level.bound})  "
        f"{solved - began:5.2f} CPU s, {len(reasons)} reasons {told - solved:.2f} s\n"
    )

    assert all(level.bound <= level.value for level in result.levels)
