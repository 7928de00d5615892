"""The rounds format: depots, visits and workers on a map as one JSON object, read into the kernel's arrays.

It declares the format and checks what goes together; who visits whom is the kernel's matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np

from linkage.imports.instances.columns import UNKNOWN, Id, Integers, ids_of, looked_up, numbered, whole, within
from linkage.imports.instances.fields import Key, Many, Record, Row, place_in_file
from linkage.imports.instances.kinds import Mistakes, Name, Ratio, Real, Whole, as_fraction
from linkage.imports.instances.source import read
from linkage.kernels.rounds.problem import (
    DAYS_PER_WEEK,
    MAX_DAYS,
    MAX_PEOPLE,
    MAX_PRIORITY,
    MAX_TRAVEL,
    MINUTES_PER_DAY,
    NO_LIMIT,
    RoundsProblem,
    Visits,
    Workers,
)

Rows = Sequence[dict[str, Any]]

_LARGEST: Final = 2**31 - 1
_LARGEST_COORDINATE: Final = 1e8
_MOST_BOXES: Final = 10**6
_MOST_MINUTES_PER_DISTANCE: Final = 10**6

_PLACE: Final = Row((Real(_LARGEST_COORDINATE), Real(_LARGEST_COORDINATE)), "[x, y]")
_SPAN: Final = Row((Whole(0, _LARGEST), Whole(0, _LARGEST)), "[start, end] in minutes of the day")
_DAYS: Final = Many(Whole(0, MAX_DAYS - 1))
_MINUTES: Final = Whole(0, MINUTES_PER_DAY)
_DEPOT: Final = Record(
    {
        "id": Key(Name(), "the depot's id", is_required=True),
        "place": Key(_PLACE, "where it is", is_required=True),
    }
)
_VISIT: Final = Record(
    {
        "id": Key(Name(), "the visit's id", is_required=True),
        "place": Key(_PLACE, "where it is", is_required=True),
        "minutes": Key(_MINUTES, "minutes on the spot", is_required=True),
        "window": Key(_SPAN, "minutes of the day between which the visit begins; any time if absent", is_open=True),
        "people": Key(Whole(1, MAX_PEOPLE), "who come together: 1 or 2, each with the skill; 1 if absent"),
        "skill": Key(Name(), "skill asked for", is_open=True),
        "boxes": Key(Whole(0, _MOST_BOXES), "units, such as meals, each who comes brings; 0 if absent"),
        "priority": Key(Whole(1, MAX_PRIORITY), "what one missed visit weighs; 1 if absent"),
        "per_week": Key(
            Whole(1, DAYS_PER_WEEK), "visits in every week of the horizon; once in the horizon if absent", is_open=True
        ),
        "gap_days": Key(
            Whole(1, MAX_DAYS), "least days from one visit to the next; 1 if absent, 2 leaves a day between"
        ),
        "days": Key(_DAYS, "days, from 0, on which the visit may be; all if absent", is_open=True),
    }
)
_WORKER: Final = Record(
    {
        "id": Key(Name(), "the worker's id", is_required=True),
        "depot": Key(
            Name(), "id of the depot the worker leaves from and returns to; the first if absent", is_open=True
        ),
        "hours": Key(_SPAN, "minutes of the day the worker is out between; the whole day if absent", is_open=True),
        "skills": Key(Many(Name()), "skills held"),
        "boxes": Key(Whole(0, _LARGEST), "units that can be carried on a round; any if absent", is_open=True),
        "max_minutes": Key(Whole(0, _LARGEST), "minutes from leaving to being back, at most", is_open=True),
        "lunch": Key(
            Record(
                {
                    "minutes": Key(_MINUTES, "how long", is_required=True),
                    "window": Key(_SPAN, "minutes of the day between which it begins; any time if absent"),
                }
            ),
            "a break, taken on the way or at the depot",
            is_open=True,
        ),
        "days": Key(_DAYS, "days, from 0, on which the worker works; all if absent", is_open=True),
    }
)
FORMAT: Final = Record(
    {
        "horizon_days": Key(
            Whole(1, MAX_DAYS), "days; if absent 7 where a visit is per_week, else up to the last day named"
        ),
        "depots": Key(Many(_DEPOT), "where rounds begin and end"),
        "visits": Key(Many(_VISIT), "households to be visited"),
        "workers": Key(Many(_WORKER), "who goes on rounds"),
        "minutes_per_distance": Key(
            Ratio(Fraction(0), Fraction(_MOST_MINUTES_PER_DISTANCE)),
            "travel is the distance of two places times this, rounded up; 1 if absent",
        ),
    },
    note="Visit rounds: who visits which household on which day, in which order. Times are whole minutes of the day.",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class RoundsInstance:
    """A rounds problem with the ids its indices stand for."""

    problem: RoundsProblem
    visits: list[Id]
    workers: list[Id]
    skills: list[Id]
    depots: list[Id]
    depot_of: Integers
    """(n_workers,) int64 depot of each worker."""


def read_rounds(path: Path) -> RoundsInstance:
    """Read a rounds file.

    Raises
    ------
    UnreadableFile
        It is no JSON.
    InvalidFile
        Naming every mistake.
    """
    document, mistakes = read(path, FORMAT)
    depots, visits, workers = (document.get(name, []) for name in ("depots", "visits", "workers"))
    depot_ids = ids_of(depots, within("depots", depots), mistakes)
    visit_ids = ids_of(visits, within("visits", visits), mistakes)
    worker_ids = ids_of(workers, within("workers", workers), mistakes)
    if workers and not depots and "depots" not in {line.partition("[")[0] for line in mistakes.lines}:
        mistakes.tell("depots", "is missing: workers need a place to leave from")
    named = [row.get("depot") for row in workers]
    depot_of = looked_up(named, depot_ids, within("workers", workers, ".depot"), "depot", mistakes)
    depot_of = np.where(depot_of == UNKNOWN, 0, depot_of)
    days = _horizon_days(document, visits, workers)
    skill, names = numbered(
        [row.get("skill") for row in visits] + [s for row in workers for s in row.get("skills", ())]
    )
    number = {name: index for index, name in enumerate(names)}
    skills = np.zeros((len(workers), len(names)), dtype=np.bool_)
    for row, worker in enumerate(workers):
        skills[row, [number[name] for name in worker.get("skills", ())]] = True
    tables = {
        "window": _spans(visits, "visits", "window", mistakes),
        "hours": _spans(workers, "workers", "hours", mistakes),
        "lunch": _spans([row.get("lunch") or {} for row in workers], "workers", "window", mistakes, of=".lunch"),
        "visit_days": _days(visits, "visits", days, mistakes),
        "worker_days": _days(workers, "workers", days, mistakes),
    }
    place, travel = _map(document, depots, visits, mistakes)
    mistakes.refuse_if_any()
    problem = RoundsProblem(
        horizon_days=days,
        travel_minutes=travel,
        visits=Visits.of(
            place[len(depots) :],
            whole(visits, "minutes", 0),
            horizon_days=days,
            start=tables["window"][:, 0],
            end=tables["window"][:, 1],
            people=whole(visits, "people", 1),
            skill=skill[: len(visits)],
            boxes=whole(visits, "boxes", 0),
            priority=whole(visits, "priority", 1),
            per_week=whole(visits, "per_week", 0),
            gap_days=whole(visits, "gap_days", 1),
            days=tables["visit_days"],
        ),
        workers=Workers.of(
            place[depot_of],
            horizon_days=days,
            start=tables["hours"][:, 0],
            end=tables["hours"][:, 1],
            skills=skills,
            boxes=whole(workers, "boxes", NO_LIMIT),
            max_minutes=whole(workers, "max_minutes", NO_LIMIT),
            lunch_minutes=whole([row.get("lunch") or {} for row in workers], "minutes", 0),
            lunch_start=tables["lunch"][:, 0],
            lunch_end=tables["lunch"][:, 1],
            days=tables["worker_days"],
        ),
    )
    return RoundsInstance(
        problem=problem,
        visits=list(visit_ids),
        workers=list(worker_ids),
        skills=names,
        depots=list(depot_ids),
        depot_of=depot_of,
    )


def _horizon_days(document: dict[str, Any], visits: Rows, workers: Rows) -> int:
    if "horizon_days" in document:
        return int(document["horizon_days"])
    last = max((day for row in (*visits, *workers) for day in row.get("days") or ()), default=0)
    return max(DAYS_PER_WEEK if any(row.get("per_week") for row in visits) else 1, int(last) + 1)


def _spans(rows: Rows, name: str, key: str, mistakes: Mistakes, of: str = "") -> Integers:
    """Read [start, end] of every row, the whole day where it is absent."""
    found = np.tile(np.asarray([0, MINUTES_PER_DAY], dtype=np.int64), (len(rows), 1))
    for row, each in enumerate(rows):
        span = each.get(key)
        if span is None:
            continue
        path = f"{name}[{place_in_file(rows, row)}]{of}.{key}"
        start, end = (int(minute) for minute in span)
        if end < start:
            mistakes.tell(path, f"ends at {end}, before it starts at {start}; write [start, end] in minutes of the day")
        elif end > MINUTES_PER_DAY:
            day, minute = divmod(start, MINUTES_PER_DAY)
            right = f'; {start} would be minute {minute} with "days": [{day}]' if day else ""
            mistakes.tell(path, f"{end} is more than a day: a {key} is told in minutes of the day{right}")
        else:
            found[row] = start, end
    return found


def _days(rows: Rows, name: str, horizon_days: int, mistakes: Mistakes) -> np.ndarray[Any, np.dtype[np.bool_]]:
    found = np.ones((len(rows), horizon_days), dtype=np.bool_)
    for row, each in enumerate(rows):
        days = each.get("days")
        if days is None:
            continue
        found[row] = False
        for place, day in enumerate(days):
            if day < horizon_days:
                found[row, int(day)] = True
            else:
                path = f"{name}[{place_in_file(rows, row)}].days[{place}]"
                mistakes.tell(path, f"day {day} is outside the horizon of {horizon_days} days")
    return found


def _map(document: dict[str, Any], depots: Rows, visits: Rows, mistakes: Mistakes) -> tuple[Integers, Integers]:
    """Number the places of depots, then visits, and tell the minutes between places."""
    known: dict[tuple[float, float], int] = {}
    place = [known.setdefault(tuple(row["place"]), len(known)) for row in (*depots, *visits)]
    speed = as_fraction(document.get("minutes_per_distance", 1)) or Fraction(0)
    at = np.asarray(list(known), dtype=np.float64).reshape(-1, 2)
    distance = np.hypot(at[:, None, 0] - at[None, :, 0], at[:, None, 1] - at[None, :, 1])
    minutes = np.ceil(distance * float(speed) - 1e-9)
    longest = float(minutes.max(initial=0))
    if longest > MAX_TRAVEL:
        mistakes.tell(
            "minutes_per_distance", f"makes {longest:.3g} minutes of the longest way, more than {MAX_TRAVEL:,}"
        )
        minutes = np.zeros_like(minutes)
    return np.asarray(place, dtype=np.int64), minutes.astype(np.int64)
