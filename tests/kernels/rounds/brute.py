"""The best rounds of a small day by trying every order of every choice of visits; it shares no code with the kernel."""

from __future__ import annotations

from itertools import permutations

from linkage.kernels.rounds.problem import RoundsProblem


def best_value(problem: RoundsProblem) -> tuple[int, int]:
    """Return unserved weight and travel of the best plan of a one-day problem without visits by two and lunches."""
    visits, workers = problem.visits, problem.workers
    every = range(problem.visit_count)
    best_of: list[dict[frozenset[int], int]] = []
    for worker in range(problem.worker_count):
        own: dict[frozenset[int], int] = {frozenset(): 0}
        may = [visit for visit in every if _may(problem, worker, visit)]
        for count in range(1, len(may) + 1):
            for order in permutations(may, count):
                travel = _travel(problem, worker, order)
                key = frozenset(order)
                if travel is not None and travel < own.get(key, 10**9):
                    own[key] = travel
        best_of.append(own)
    plans: dict[frozenset[int], int] = {frozenset(): 0}
    for own in best_of:
        joined = dict(plans)
        for taken, travel in plans.items():
            for more, further in own.items():
                if not taken & more:
                    key = taken | more
                    joined[key] = min(joined.get(key, 10**9), travel + further)
        plans = joined
    weight = {key: sum(int(visits.priority[visit]) for visit in every if visit not in key) for key in plans}
    del workers
    return min((weight[key], travel) for key, travel in plans.items())


def _may(problem: RoundsProblem, worker: int, visit: int) -> bool:
    skill = int(problem.visits.skill[visit])
    has_skill = skill < 0 or bool(problem.workers.skills[worker, skill])
    return has_skill and bool(problem.visits.days[visit, 0]) and bool(problem.workers.days[worker, 0])


def _travel(problem: RoundsProblem, worker: int, order: tuple[int, ...]) -> int | None:
    """Return the travel of a round, or None if no departure lets it be kept."""
    visits, workers, travel = problem.visits, problem.workers, problem.travel_minutes
    if sum(int(visits.boxes[visit]) for visit in order) > workers.boxes[worker]:
        return None
    depot = int(workers.place[worker])
    for leave in range(int(workers.start[worker]), int(workers.end[worker]) + 1):
        clock, here, way, is_kept = leave, depot, 0, True
        for visit in order:
            step = int(travel[here, visits.place[visit]])
            clock, way, here = max(clock + step, int(visits.start[visit])), way + step, int(visits.place[visit])
            if clock > visits.end[visit]:
                is_kept = False
                break
            clock += int(visits.minutes[visit])
        if not is_kept:
            return None  # a later departure would be late too
        back = clock + int(travel[here, depot])
        if back > workers.end[worker]:
            return None
        if back - leave <= workers.max_minutes[worker]:
            return way + int(travel[here, depot])
    return None
