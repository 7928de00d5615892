"""Reads a roster file: ids become indices, names become numbers, and times are checked against each other.

It builds the kernel's tables; whether the shifts can be staffed is the kernel's matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from linkage.errors import InvalidProblem
from linkage.imports.instances.columns import (
    UNKNOWN,
    Id,
    Integers,
    ids_of,
    numbered,
    tell_twice,
    whole,
    within,
)
from linkage.imports.instances.fields import place_in_file
from linkage.imports.instances.kinds import as_fraction
from linkage.imports.instances.roster_format import FORMAT
from linkage.imports.instances.roster_people import (
    RosterReading,
    patterns_of,
    served_of,
    teams_of,
    volunteers_of,
    windows_of,
)
from linkage.imports.instances.source import read
from linkage.kernels.roster.problem import (
    DEFAULT_OBJECTIVES,
    MINUTES_PER_DAY,
    NO_LIMIT,
    RosterProblem,
    Seats,
    Shifts,
)
from linkage.terms import RosterObjective


@dataclass(frozen=True, kw_only=True, eq=False)
class RosterInstance:
    """A roster problem with the ids its indices stand for.

    Parameters
    ----------
    seat_of
        (n_seats,) int64 place of each seat row among the seats of its shift in the file, from 0.
    contradictions
        What the kernel says where the fixed pairs break hard rules, by index; the problem is then without the fixed
        pairs, and no plan is to be made of it.
    fixed
        The fixed pairs of volunteer and shift, by index.
    """

    problem: RosterProblem
    volunteers: list[Id]
    shifts: list[Id]
    skills: list[Id]
    kinds: list[Id]
    seat_of: Integers
    remarks: tuple[str, ...]
    contradictions: tuple[str, ...]
    fixed: frozenset[tuple[int, int]]


def read_roster(path: Path) -> RosterInstance:
    """Read a roster file.

    Raises
    ------
    UnreadableFile
        It is no JSON.
    InvalidFile
        Naming every mistake.
    InvalidProblem
        The kernel refuses numbers that single values do not show.
    """
    document, mistakes = read(path, FORMAT)
    people, shifts = document.get("volunteers", []), document.get("shifts", [])
    reading = RosterReading(
        document=document,
        mistakes=mistakes,
        people=people,
        shifts=shifts,
        person_ids=ids_of(people, within("volunteers", people), mistakes),
        shift_ids=ids_of(shifts, within("shifts", shifts), mistakes),
        remarks=[],
    )
    days = _horizon_days(reading)
    skills = _skills(reading)
    kind, kinds = numbered(row.get("kind") for row in shifts)
    place, travel = _places(reading)
    seats, seat_of = _seats(reading, skills)
    objectives, weights = _objectives(reading)
    fixed = reading.pairs("fixed")
    tables: dict[str, Any] = {
        "volunteers": volunteers_of(reading, skills),
        "windows": windows_of(reading, days),
        "shifts": _shift_table(reading, days, kind, place),
        "seats": seats,
        "requests": reading.requests(),
        "eligible": reading.pairs("eligible") if document.get("eligible") is not None else None,
        "previous": reading.pairs("previous"),
        "fixed": fixed,
        "released": reading.people_named(document.get("released", []), "released"),
        "patterns": patterns_of(reading, days, kinds),
        "forbidden_successions": _successions(reading, kinds),
        "teams": teams_of(reading),
        "served_minutes": served_of(reading),
    }
    mistakes.refuse_if_any()
    build = partial(
        RosterProblem,
        horizon_days=days,
        travel_minutes=travel,
        buffer_minutes=document.get("buffer_minutes", 0),
        minimum_factor=document.get("minimum_factor", 1),
        first_weekday=document.get("first_weekday", 0),
        together_weight=document.get("together_weight", 1),
        objectives=objectives,
        weights=weights,
    )
    contradictions: tuple[str, ...] = ()
    try:
        problem = build(**tables)
    except InvalidProblem as refusal:
        if not all(reason.startswith("fixed ") for reason in refusal.reasons):
            raise
        contradictions = refusal.reasons
        del tables["fixed"]
        problem = build(**tables)
    return RosterInstance(
        problem=problem,
        volunteers=list(reading.person_ids),
        shifts=list(reading.shift_ids),
        skills=list(skills),
        kinds=kinds,
        seat_of=seat_of,
        remarks=tuple(reading.remarks),
        contradictions=contradictions,
        fixed=frozenset(zip(fixed.volunteer.tolist(), fixed.shift.tolist(), strict=True)),
    )


def _horizon_days(reading: RosterReading) -> int:
    """Take the days stated, or as many as the shifts need."""
    stated = reading.document.get("horizon_days")
    if stated is not None:
        return int(stated)
    return max((int(row["start"]) // MINUTES_PER_DAY + 1 for row in reading.shifts), default=0)


def _skills(reading: RosterReading) -> dict[Id, int]:
    """Number every skill held or asked for."""
    held = (skill for row in reading.people for skill in row.get("skills", ()))
    asked = (seat.get("skill") for row in reading.shifts for seat in row["seats"])
    _, names = numbered(chain(held, asked))
    return {name: index for index, name in enumerate(names)}


def _shift_table(reading: RosterReading, days: int, kind: Integers, place: Integers) -> Shifts:
    rows = reading.shifts
    latest = (days + 1) * MINUTES_PER_DAY
    for index, row in enumerate(rows):
        for message in _time_mistakes(row, days, latest):
            reading.mistakes.tell(within("shifts", rows, f".{message[0]}")(index), message[1])
    return Shifts.of(
        whole(rows, "start", 0),
        whole(rows, "end", 0),
        priority=whole(rows, "priority", 1),
        leads=np.asarray([row.get("lead", False) for row in rows], dtype=np.bool_),
        place=place,
        kind=kind,
        strain=whole(rows, "strain", 0),
    )


def _time_mistakes(row: dict[str, Any], days: int, latest: int) -> Iterator[tuple[str, str]]:
    start, end = int(row["start"]), int(row["end"])
    day = int(row.get("day", start // MINUTES_PER_DAY))
    if start // MINUTES_PER_DAY != day:
        right = day * MINUTES_PER_DAY + start % MINUTES_PER_DAY
        where = f"{start} lies on day {start // MINUTES_PER_DAY}, the shift says day {day}"
        yield "start", f"{where}; times are minutes from the horizon's start, on day {day} that would be {right}"
    elif start >= days * MINUTES_PER_DAY:
        yield "start", f"{start} lies on day {day}, outside the horizon of {days} days"
    elif end > latest:
        yield "end", f"{end} lies more than a day after the horizon of {days} days"
    if end <= start:
        yield "end", f"{end} is not after the start at {start}; a shift past midnight ends on the day after"


def _seats(reading: RosterReading, skills: dict[Id, int]) -> tuple[Seats, Integers]:
    shift, place, rows = [], [], []
    for index, row in enumerate(reading.shifts):
        for number, seat in enumerate(row["seats"]):
            shift.append(index)
            place.append(number)
            rows.append(seat)
    target = whole([{"n": row.get("target", row.get("min", 1))} for row in rows], "n", 1)
    minimum = whole([{"n": row.get("min", row.get("target", 1))} for row in rows], "n", 1)
    is_open = np.asarray(
        [row.get("max", 0 if "over_weight" not in row else None) is None for row in rows], dtype=np.bool_
    )
    stated = np.asarray([row.get("max") is not None for row in rows], dtype=np.bool_)
    maximum = np.where(is_open, NO_LIMIT, np.where(stated, whole(rows, "max", 0), target))
    for at in np.flatnonzero(minimum > target).tolist():
        path = f"{within('shifts', reading.shifts)(shift[at])}.seats[{place[at]}]"
        reading.mistakes.tell(path, f"min {minimum[at]} is above target {target[at]}")
    for at in np.flatnonzero(maximum < target).tolist():
        path = f"{within('shifts', reading.shifts)(shift[at])}.seats[{place[at]}]"
        reading.mistakes.tell(path, f"max {maximum[at]} is below target {target[at]}")
    asked = [row.get("skill") for row in rows]
    seats = Seats.of(
        shift,
        skill=np.asarray([UNKNOWN if skill is None else skills[skill] for skill in asked], dtype=np.int64),
        minimum=minimum,
        target=target,
        under_weight=whole(rows, "under_weight", 1),
        maximum=maximum,
        over_weight=whole(rows, "over_weight", 0),
    )
    return seats, np.asarray(place, dtype=np.int64)


def _places(reading: RosterReading) -> tuple[Integers, Integers]:
    """Number the places and tell the minutes between them; without a speed nobody travels."""
    speed = as_fraction(reading.document.get("minutes_per_distance", 0))
    places = [row.get("place") for row in reading.shifts]
    if not speed or not any(place is not None for place in places):
        return np.full(len(places), UNKNOWN, dtype=np.int64), np.zeros((0, 0), dtype=np.int64)
    known: dict[tuple[float, float], int] = {}
    found = [UNKNOWN if place is None else known.setdefault(tuple(place), len(known)) for place in places]
    at = np.asarray(list(known), dtype=np.float64)
    distance = np.hypot(at[:, None, 0] - at[None, :, 0], at[:, None, 1] - at[None, :, 1])
    minutes = np.ceil(distance * float(speed) - 1e-9)
    if minutes.max() > NO_LIMIT:
        reading.mistakes.tell("minutes_per_distance", f"makes {minutes.max():.3g} minutes of the longest way")
        minutes = np.zeros_like(minutes)
    return np.asarray(found, dtype=np.int64), minutes.astype(np.int64)


def _successions(reading: RosterReading, kinds: list[Id]) -> Integers:
    number = {kind: index for index, kind in enumerate(kinds)}
    found = []
    for row, pair in enumerate(reading.document.get("forbidden_successions", [])):
        missing = [name for name in pair if name not in number]
        if missing:
            reading.remarks.append(f"forbidden_successions[{row}]: no shift is of kind {missing[0]}")
        else:
            found.append([number[name] for name in pair])
    return np.asarray(found, dtype=np.int64).reshape(-1, 2)


def _objectives(reading: RosterReading) -> tuple[tuple[tuple[RosterObjective, ...], ...], dict[RosterObjective, int]]:
    asked = reading.document.get("objectives", [])
    levels = [tuple(map(RosterObjective, level if isinstance(level, list) else [level])) for level in asked]
    where = within("objectives", asked)
    places = [
        (where(row) + (f"[{place_in_file(level, place)}]" if isinstance(level, list) else ""), term)
        for row, level in enumerate(asked)
        for place, term in enumerate(level if isinstance(level, list) else [level])
    ]
    tell_twice(places, reading.mistakes)
    weights = {RosterObjective(term): weight for term, weight in reading.document.get("weights", {}).items()}
    return (tuple(levels) if "objectives" in reading.document else DEFAULT_OBJECTIVES), weights
