"""Checks a plan of rounds against every rule, from the problem's arrays and the plan's times alone.

It shares no code with what makes plans, and decides nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np

from linkage.kernels.rounds.problem import ANY, DAYS_PER_WEEK, Integers, RoundsProblem
from linkage.kernels.rounds.result import RoundsResult
from linkage.terms import RoundsObjective

_LUNCH_AT_DEPOT, _LUNCH_ON_SPOT = -1, -2


class PlanDefect(RuntimeError):
    """A plan of rounds breaks a rule: a defect in this kernel."""


def verify(problem: RoundsProblem, result: RoundsResult) -> list[str]:
    """Return every rule a plan breaks; empty for a sound plan."""
    return [
        *_round_violations(problem, result),
        *_visit_violations(problem, result),
        *_value_violations(problem, result),
    ]


def _round_violations(problem: RoundsProblem, result: RoundsResult) -> Iterator[str]:
    keys = list(zip(result.round_day.tolist(), result.round_worker.tolist(), strict=True))
    if len(set(keys)) < len(keys):
        yield "a worker has two rounds on a day"
    workers = problem.workers
    for row, (day, worker) in enumerate(keys):
        name = f"round of worker {worker} on day {day}"
        leave, back = int(result.round_leave[row]), int(result.round_back[row])
        if not workers.days[worker, day]:
            yield f"{name}: does not work then"
        if leave < workers.start[worker] or back > workers.end[worker] or back - leave > workers.max_minutes[worker]:
            yield f"{name}: out {leave}..{back}, outside the hours or too long"
        own = np.flatnonzero(result.stop_round == row)
        visits = result.stop_visit[own]
        visits = visits[visits >= 0]
        if problem.visits.boxes[visits].sum() > workers.boxes[worker]:
            yield f"{name}: carries too many boxes"
        skill = problem.visits.skill[visits]
        if not workers.skills[worker, skill[skill != ANY]].all() or not problem.visits.days[visits, day].all():
            yield f"{name}: makes a visit without the skill, or on a day it may not be"
        yield from (f"{name}: {text}" for text in _time_violations(problem, result, row, own))


def _time_violations(problem: RoundsProblem, result: RoundsResult, row: int, own: Integers) -> Iterator[str]:
    workers, visits, travel = problem.workers, problem.visits, problem.travel_minutes
    worker, leave, back = (int(column[row]) for column in (result.round_worker, result.round_leave, result.round_back))
    depot = here = int(workers.place[worker])
    length, opens, closes = (
        int(column[worker]) for column in (workers.lunch_minutes, workers.lunch_start, workers.lunch_end)
    )
    clock, lunches = leave, 0
    for stop in own.tolist():
        visit, arrive, begin = (
            int(column[stop]) for column in (result.stop_visit, result.stop_arrive, result.stop_begin)
        )
        place, rest, low, high = (depot if visit == _LUNCH_AT_DEPOT else here), length, opens, closes
        if visit >= 0:
            place, rest = int(visits.place[visit]), int(visits.minutes[visit])
            low, high = int(visits.start[visit]), int(visits.end[visit])
        lunches += visit < 0
        if arrive < clock + travel[here, place] or begin < arrive or not low <= begin <= high:
            yield f"stop {visit} arrives {arrive}, begins {begin}, which cannot be"
        clock, here = begin + rest, place
    if back < clock + travel[here, depot]:
        yield f"is back at {back}, too early to be true"
    if lunches > 1 or (length and not lunches and back > closes and leave < opens + length):
        yield f"has {lunches} lunches"


def _visit_violations(problem: RoundsProblem, result: RoundsResult) -> Iterator[str]:
    comers: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for row, visit, begin in zip(
        result.stop_round.tolist(), result.stop_visit.tolist(), result.stop_begin.tolist(), strict=True
    ):
        if visit >= 0:
            comers[visit, int(result.round_day[row])].append((int(result.round_worker[row]), begin))
    for (visit, day), came in comers.items():
        people = int(problem.visits.people[visit])
        if len(came) != people or len({worker for worker, _ in came}) != people:
            yield f"visit {visit} on day {day} has {len(came)} people, not {people}"
        if len({begin for _, begin in came}) > 1:
            yield f"visit {visit} on day {day} does not begin together"
    days: dict[int, list[int]] = defaultdict(list)
    for visit, day in sorted(comers):
        days[visit].append(day)
    yield from _day_violations(problem, result, days)


def _day_violations(problem: RoundsProblem, result: RoundsResult, days: Mapping[int, list[int]]) -> Iterator[str]:
    for visit, made in days.items():
        most = int(problem.visits.per_week[visit])
        if any(later - earlier < problem.visits.gap_days[visit] for earlier, later in pairwise(made)):
            yield f"visit {visit} is made on days {made}, too close"
        if most and max(Counter(day // DAYS_PER_WEEK for day in made).values()) > most:
            yield f"visit {visit} is made on days {made}, too often in a week"
    missing = [times - len(days.get(visit, ())) for visit, times in enumerate(problem.times().tolist())]
    if missing != result.missing.tolist() or min(missing, default=0) < 0:
        yield "the visits missing are counted wrong, or one is made too often"


def _value_violations(problem: RoundsProblem, result: RoundsResult) -> Iterator[str]:
    travel = 0
    for row, worker in enumerate(result.round_worker.tolist()):
        depot = here = int(problem.workers.place[worker])
        for visit in result.stop_visit[result.stop_round == row].tolist():
            if visit != _LUNCH_ON_SPOT:
                place = depot if visit == _LUNCH_AT_DEPOT else int(problem.visits.place[visit])
                travel += int(problem.travel_minutes[here, place])
                here = place
        travel += int(problem.travel_minutes[here, depot])
    counted = {
        RoundsObjective.UNSERVED: int(problem.visits.priority @ result.missing),
        RoundsObjective.TRAVEL_MINUTES: travel,
    }
    for level in result.levels:
        if level.value != counted[level.objective]:
            yield f"{level.objective} is {counted[level.objective]}, told as {level.value}"
        if level.bound > level.value:
            yield f"{level.objective} has a bound above its value"
