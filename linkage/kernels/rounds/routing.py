"""The rounds of one day by PyVRP: a prize-collecting vehicle routing problem with time windows and skills.

Each worker is a vehicle type of its own; skills are routing profiles in which forbidden visits are too far away to be
worth it; visits are optional with prizes above any travel. What PyVRP has no words for is left to the caller: both
people of a visit by two are separate clients here, and lunch is a visit to the depot or time taken off the day.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray
from pyvrp import (
    Client,
    Depot,
    Location,
    PenaltyParams,
    ProblemData,
    Solution,
    SolveParams,
    VehicleType,
    solve,
)
from pyvrp.exceptions import PenaltyBoundWarning

from linkage.kernels.rounds.problem import MINUTES_PER_DAY, NO_LIMIT
from linkage.kernels.rounds.timeline import LUNCH_AT_DEPOT, Facts, Stops

STRICT: Final = 1e12
"""Most a minute too late may cost in the search: it hardly ever leaves what is feasible."""
SOFT: Final = 100.0
"""Most a minute too late may cost where the search should cross what is not feasible; it is adjusted more often, too."""

_SOFT_UPDATES: Final = 20
LUNCH_WORTH: Final = 2
"""A lunch is worth so many times all visits together, so that it is never given up for them."""


@dataclass(frozen=True, kw_only=True)
class Day:
    """What is asked of one day.

    Parameters
    ----------
    visits
        To be made if possible.
    windows
        Narrower windows of some, such as the common minute of a visit by two.
    has_lunch_stops
        Lunch is a stop at the depot; else it is taken off the end of the day and put in by the caller.
    penalty
        `STRICT` or `SOFT`: neither finds the better rounds every time.
    """

    day: int
    visits: tuple[int, ...]
    windows: Mapping[int, tuple[int, int]]
    has_lunch_stops: bool
    penalty: float = STRICT


@dataclass(frozen=True)
class _Stop:
    """A client of the day: a visit's person, or a worker's lunch."""

    visit: int
    lunch_of: int = -1


class _Stopping:
    """Stops after so many iterations, or when there is no time left."""

    def __init__(self, iterations: int, has_time: Callable[[], bool]) -> None:
        self._left = iterations
        self._has_time = has_time

    def __call__(self, best_cost: int) -> bool:
        del best_cost
        self._left -= 1
        return self._left < 0 or not self._has_time()


def route_day(
    facts: Facts, asked: Day, *, seed: int, iterations: int, has_time: Callable[[], bool]
) -> dict[int, Stops]:
    """Return stops by worker; a visit by two may stand with one worker only, or its people begin apart."""
    workers = [worker for worker in range(len(facts.depot)) if facts.works[worker][asked.day]]
    stops = [_Stop(visit) for visit in asked.visits for _ in range(facts.people[visit])]
    if asked.has_lunch_stops:
        stops += [_Stop(-1, worker) for worker in workers if facts.lunch[worker][0]]
    if not workers or not asked.visits:
        return {}
    data, largest_prize = _data(facts, asked, workers, stops)
    penalties = PenaltyParams(max_penalty=min(asked.penalty, 4.0 * largest_prize + 100_000.0))
    if asked.penalty == SOFT:
        penalties = PenaltyParams(max_penalty=SOFT, solutions_between_updates=_SOFT_UPDATES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PenaltyBoundWarning)  # an overfull day is an answer here, not a mistake
        best: Solution = solve(
            data,
            stop=_Stopping(iterations, has_time),
            seed=seed,
            collect_stats=False,
            params=SolveParams(penalty=penalties),
        ).best
    return _rounds(best, workers, stops)


def _rounds(best: Solution, workers: Sequence[int], stops: Sequence[_Stop]) -> dict[int, Stops]:
    if not best.is_feasible():
        return {}
    found: dict[int, Stops] = {}
    for route in best.routes():
        order = tuple(
            stops[activity.idx].visit if stops[activity.idx].visit >= 0 else LUNCH_AT_DEPOT
            for activity in route
            if activity.is_client()
        )
        found[workers[route.vehicle_type()]] = order
    return found


def _data(facts: Facts, asked: Day, workers: Sequence[int], stops: Sequence[_Stop]) -> tuple[ProblemData, int]:
    depots = sorted({facts.depot[worker] for worker in workers})
    places = [*depots, *(_place_of(facts, stop) for stop in stops)]
    travel = np.minimum(facts.problem.travel_minutes[np.ix_(places, places)], 2 * MINUTES_PER_DAY)
    # Dropping a visit can save no more than all travel of a plan, which is below `worth`.
    worth = int(travel.max(initial=0)) * (len(stops) + len(workers)) + 1
    prizes = [worth * facts.priority[stop.visit] if stop.visit >= 0 else 0 for stop in stops]
    lunch_prize = LUNCH_WORTH * sum(prizes) + 1
    prizes = [prize or lunch_prize for prize in prizes]
    forbidden = sum(prizes) + 1
    clients = [
        _client(facts, asked, stop, location, prize)
        for location, (stop, prize) in enumerate(zip(stops, prizes, strict=True), len(depots))
    ]
    profiles, distances = _profiles(facts, asked.day, workers, stops, travel, forbidden)
    types = [
        _vehicle(facts, asked, worker, depots.index(facts.depot[worker]), profile)
        for worker, profile in zip(workers, profiles, strict=True)
    ]
    data = ProblemData(
        [Location(0, 0) for _ in places],
        clients,
        [Depot(index) for index in range(len(depots))],
        types,
        [cast("Any", table) for table in distances],
        [cast("Any", travel)] * len(distances),
    )
    return data, max(prizes)


def _place_of(facts: Facts, stop: _Stop) -> int:
    return facts.place[stop.visit] if stop.visit >= 0 else facts.depot[stop.lunch_of]


def _client(facts: Facts, asked: Day, stop: _Stop, location: int, prize: int) -> Client:
    if stop.visit < 0:
        rest, opens, closes = facts.lunch[stop.lunch_of]
        return Client(
            location, delivery=[0], service_duration=rest, tw_early=opens, tw_late=closes, prize=prize, required=False
        )
    opens, closes = asked.windows.get(stop.visit, facts.window[stop.visit])
    return Client(
        location,
        delivery=[facts.boxes[stop.visit]],
        service_duration=facts.minutes[stop.visit],
        tw_early=opens,
        tw_late=closes,
        prize=prize,
        required=False,
    )


def _vehicle(facts: Facts, asked: Day, worker: int, depot: int, profile: int) -> VehicleType:
    limits, rest = facts.limits[worker], 0 if asked.has_lunch_stops else facts.lunch[worker][0]
    return VehicleType(
        capacity=[limits.boxes],
        start_depot=depot,
        end_depot=depot,
        tw_early=limits.start,
        tw_late=max(limits.start, limits.end - rest),
        shift_duration=min(max(0, limits.max_minutes - rest), NO_LIMIT),
        profile=profile,
    )


def _profiles(
    facts: Facts,
    day: int,
    workers: Sequence[int],
    stops: Sequence[_Stop],
    travel: NDArray[np.int64],
    forbidden: int,
) -> tuple[list[int], list[NDArray[np.int64]]]:
    """Give workers who may make the same stops one table, in which the other stops are out of reach."""
    tables: list[NDArray[np.int64]] = []
    number: dict[tuple[bool, ...], int] = {}
    users: dict[int, list[int]] = defaultdict(list)
    first = len(travel) - len(stops)
    for worker in workers:
        may = tuple(
            facts.can_come(stop.visit, worker, day) if stop.visit >= 0 else stop.lunch_of == worker for stop in stops
        )
        if may not in number:
            number[may] = len(tables)
            closed = first + np.flatnonzero(~np.asarray(may, dtype=np.bool_))
            table = travel.copy()
            table[closed, :] = forbidden
            table[:, closed] = forbidden
            np.fill_diagonal(table, 0)
            tables.append(table)
        users[number[may]].append(worker)
    profile_of = {worker: profile for profile, group in users.items() for worker in group}
    return [profile_of[worker] for worker in workers], tables
