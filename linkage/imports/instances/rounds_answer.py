"""Tells visit rounds in the file's ids: who leaves when, arrives where, and what could not be visited and why.

It words nothing: reasons are codes with numbers and ids. It decides nothing either.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from linkage.imports.instances.rounds import RoundsInstance
from linkage.kernels.rounds.changes import NEW, RoundsChange, nearest_depot
from linkage.kernels.rounds.problem import ANY
from linkage.kernels.rounds.reasons import Unserved
from linkage.kernels.rounds.result import RoundsResult
from linkage.kernels.rounds.timeline import LUNCH_AT_DEPOT
from linkage.terms import RoundsChangeKind


def rounds_answer(
    instance: RoundsInstance, result: RoundsResult, unserved: Sequence[Unserved], seconds: float
) -> dict[str, Any]:
    """Build the answer of `linkage solve rounds`."""
    return {
        "status": result.status.value,
        "objectives": {level.objective.value: {"value": level.value, "bound": level.bound} for level in result.levels},
        "gap": result.gap_ratio,
        "seconds": round(seconds, 3),
        "rounds": [_round(instance, result, row) for row in range(result.round_worker.size)],
        "unserved": [_unserved(instance, each) for each in unserved],
    }


def _round(instance: RoundsInstance, result: RoundsResult, row: int) -> dict[str, Any]:
    problem, worker = instance.problem, int(result.round_worker[row])
    depot = here = int(problem.workers.place[worker])
    travel = 0
    stops = []
    for stop in np.flatnonzero(result.stop_round == row).tolist():
        visit, arrive, begin = (
            int(column[stop]) for column in (result.stop_visit, result.stop_arrive, result.stop_begin)
        )
        if visit >= 0:
            told: dict[str, Any] = {"visit": instance.visits[visit]}
            place, minutes = int(problem.visits.place[visit]), int(problem.visits.minutes[visit])
            if problem.visits.people[visit] > 1:
                told["people"] = int(problem.visits.people[visit])
        else:
            told = {"lunch": "depot" if visit == LUNCH_AT_DEPOT else "on the way"}
            place, minutes = (depot if visit == LUNCH_AT_DEPOT else here), int(problem.workers.lunch_minutes[worker])
        way = int(problem.travel_minutes[here, place])
        stops.append(
            told | {"travel": way, "arrive": arrive, "wait": begin - arrive, "begin": begin, "end": begin + minutes}
        )
        travel, here = travel + way, place
    travel += int(problem.travel_minutes[here, depot])
    return {
        "worker": instance.workers[worker],
        "day": int(result.round_day[row]),
        "depot": instance.depots[int(instance.depot_of[worker])],
        "leave": int(result.round_leave[row]),
        "back": int(result.round_back[row]),
        "travel_minutes": travel,
        "waiting_minutes": sum(stop["wait"] for stop in stops),
        "stops": stops,
    }


def _unserved(instance: RoundsInstance, each: Unserved) -> dict[str, Any]:
    visits = instance.problem.visits
    skill = int(visits.skill[each.visit])
    detail: dict[str, Any] = {"able_workers": each.able, "possible_days": each.days}
    if skill != ANY:
        detail["skill"] = instance.skills[skill]
    if visits.people[each.visit] > 1:
        detail["people"] = int(visits.people[each.visit])
    if each.instead_of is not None:
        detail |= {"instead_of": instance.visits[each.instead_of], "on_day": each.instead_of_day}
    return {
        "visit": instance.visits[each.visit],
        "missing": each.missing,
        "reasons": [{"code": each.cause.value, "detail": detail}],
        "cheapest_change": None if each.change is None else _change(instance, each),
    }


def _change(instance: RoundsInstance, each: Unserved) -> dict[str, Any]:
    change: RoundsChange | None = each.change
    if change is None:
        return {}
    told: dict[str, Any] = {"kind": change.kind.value, "day": change.day}
    if change.worker == NEW:
        depot = int(instance.depot_of[nearest_depot(instance.problem, each.visit)])
        told |= {"worker": None, "count": change.count, "depot": instance.depots[depot]}
    elif change.worker is not None:
        told["worker"] = instance.workers[change.worker]
    if change.kind is RoundsChangeKind.GRANT_SKILL:
        told["skill"] = instance.skills[int(instance.problem.visits.skill[each.visit])]
    if change.kind is RoundsChangeKind.WIDEN_WINDOW:
        told["window"] = [change.start, change.end]
    elif change.kind in {RoundsChangeKind.EXTEND_HOURS, RoundsChangeKind.ADD_WORKER}:
        told["hours"] = [change.start, change.end]
    if change.gap:
        told["gap_days"] = change.gap
    if change.minutes:
        told["minutes"] = change.minutes
    if change.boxes:
        told["boxes"] = change.boxes
    return told
