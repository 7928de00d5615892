"""The people of a roster file: skills, windows, patterns, teams, and what pairs of people and shifts the file lists.

Ids are looked up and times compared; nothing is staffed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from linkage.imports.instances.columns import UNKNOWN, Id, Integers, looked_up, numbered, tell_repeated, whole, within
from linkage.imports.instances.kinds import Mistakes
from linkage.kernels.roster.problem import MINUTES_PER_DAY, NO_LIMIT, Pairs, Patterns, Requests, Volunteers, Windows

Rows = list[dict[str, Any]]

_RUNS: Final = {
    "min_minutes": 0,
    "max_consecutive_days": NO_LIMIT,
    "min_consecutive_days": 1,
    "min_consecutive_days_off": 1,
    "max_weekends": NO_LIMIT,
}


@dataclass(eq=False)
class RosterReading:
    """What is known of a file while it is read."""

    document: dict[str, Any]
    mistakes: Mistakes
    people: Rows
    shifts: Rows
    person_ids: dict[Id, int]
    shift_ids: dict[Id, int]
    remarks: list[str]

    def pairs(self, name: str) -> Pairs:
        """Look up a list of [volunteer, shift]; a pair that stands twice is told, but for the eligible ones."""
        rows = self.document.get(name) or []
        person = looked_up(
            [row[0] for row in rows], self.person_ids, within(name, rows, "[0]"), "volunteer", self.mistakes
        )
        shift = looked_up([row[1] for row in rows], self.shift_ids, within(name, rows, "[1]"), "shift", self.mistakes)
        if name != "eligible":
            self._tell_twice(name, rows, (person, shift))
        return Pairs.of(person, shift)

    def requests(self) -> Requests:
        """Look up the wishes."""
        rows = self.document.get("requests", [])
        person = looked_up(
            [row["volunteer"] for row in rows],
            self.person_ids,
            within("requests", rows, ".volunteer"),
            "volunteer",
            self.mistakes,
        )
        shift = looked_up(
            [row["shift"] for row in rows], self.shift_ids, within("requests", rows, ".shift"), "shift", self.mistakes
        )
        self._tell_twice("requests", rows, (person, shift))
        want = np.asarray([row.get("want", True) for row in rows], dtype=np.bool_)
        return Requests.of(person, shift, want=want, weight=whole(rows, "weight", 1))

    def _tell_twice(self, name: str, rows: Sequence[Any], ends: tuple[Integers, Integers]) -> None:
        keys = list(zip(ends[0].tolist(), ends[1].tolist(), strict=True))
        if len(set(keys)) < len(keys):
            unlike = [row if UNKNOWN in key else key for row, key in enumerate(keys)]
            tell_repeated(unlike, within(name, rows), "the same volunteer and shift", self.mistakes)

    def people_named(self, names: list[Id], where: str) -> Integers:
        """Look up volunteers."""
        return looked_up(names, self.person_ids, within(where, names), "volunteer", self.mistakes)


def volunteers_of(reading: RosterReading, skills: dict[Id, int]) -> Volunteers:
    """Build the table of people; where nobody says who may lead, everybody may."""
    rows, mistakes = reading.people, reading.mistakes
    where = within("volunteers", rows)
    held = np.zeros((len(rows), len(skills)), dtype=np.bool_)
    until = np.full(held.shape, NO_LIMIT, dtype=np.int64)
    for person, row in enumerate(rows):
        for skill in row.get("skills", ()):
            held[person, skills[skill]] = True
        own = {str(skill): skills[skill] for skill in row.get("skills", ())}
        for name, minute in row.get("certificates", {}).items():
            if name in own:
                until[person, own[name]] = minute
            else:
                mistakes.tell(f"{where(person)}.certificates.{name}", "is no skill of this volunteer")
        if row.get("newcomer") and row.get("experienced"):
            mistakes.tell(where(person), "is both newcomer and experienced; say one of them")
    patterns: Rows = [row.get("pattern") or {} for row in rows]
    group, _ = numbered(row.get("group") for row in rows)
    everybody = not any("lead" in row for row in rows)
    return Volunteers.of(
        len(rows),
        skills=held,
        skill_until=until,
        leads=np.asarray([row.get("lead", everybody) for row in rows], dtype=np.bool_),
        max_minutes=np.minimum(whole(rows, "max_minutes", NO_LIMIT), whole(patterns, "max_minutes", NO_LIMIT)),
        max_minutes_day=whole(rows, "max_minutes_day", NO_LIMIT),
        max_minutes_week=whole(rows, "max_minutes_week", NO_LIMIT),
        pledge_minutes=whole(rows, "pledge_minutes", 0),
        rest_minutes=whole(rows, "rest_minutes", 0),
        newcomer=np.asarray([row.get("newcomer", False) for row in rows], dtype=np.bool_),
        experienced=np.asarray([row.get("experienced", False) for row in rows], dtype=np.bool_),
        strain_cap_week=whole(rows, "max_strain_week", NO_LIMIT),
        group=group,
    )


def windows_of(reading: RosterReading, days: int) -> Windows:
    """List when people are available; who says nothing always is."""
    always = [[0, (days + 1) * MINUTES_PER_DAY]]
    person, start, end = [], [], []
    where = within("volunteers", reading.people)
    for index, row in enumerate(reading.people):
        for place, (opens, closes) in enumerate(row.get("available", always)):
            if closes < opens:
                reading.mistakes.tell(
                    f"{where(index)}.available[{place}]",
                    f"ends at {closes}, before it starts at {opens}; write [start, end] in minutes",
                )
            person.append(index)
            start.append(int(opens))
            end.append(int(closes))
    return Windows.of(person, start, end)


def patterns_of(reading: RosterReading, days: int, kinds: list[Id]) -> Patterns:
    """Build the table of work patterns; a kind that no shift has is only remarked."""
    number = {str(kind): index for index, kind in enumerate(kinds)}
    people = [index for index, row in enumerate(reading.people) if row.get("pattern") is not None]
    rows: Rows = [reading.people[index]["pattern"] for index in people]
    by_kind = np.full((len(rows), len(kinds)), NO_LIMIT, dtype=np.int64)
    off = []
    for place, (index, row) in enumerate(zip(people, rows, strict=True)):
        path = f"{within('volunteers', reading.people)(index)}.pattern"
        for name, most in row.get("max_shifts_by_kind", {}).items():
            if name in number:
                by_kind[place, number[name]] = most
            else:
                reading.remarks.append(f"{path}.max_shifts_by_kind.{name}: no shift is of this kind")
        for spot, day in enumerate(row.get("days_off", ())):
            if day < days:
                off.append((index, int(day)))
            else:
                reading.mistakes.tell(f"{path}.days_off[{spot}]", f"day {day} is outside the horizon of {days} days")
        most = row.get("max_minutes", NO_LIMIT)
        if row.get("min_minutes", 0) > most:
            reading.mistakes.tell(f"{path}.min_minutes", f"{row['min_minutes']} is above the most allowed, {most}")
    return Patterns.of(
        people,
        max_shifts_by_kind=by_kind,
        days_off=np.asarray(off, dtype=np.int64).reshape(-1, 2),
        **{name: whole(rows, name, default) for name, default in _RUNS.items()},
    )


def teams_of(reading: RosterReading) -> tuple[tuple[int, ...], ...]:
    """Look up the teams; nobody may be in two."""
    teams, seen = [], dict[int, int]()
    for number, names in enumerate(reading.document.get("teams", [])):
        team = reading.people_named(names, f"teams[{number}]").tolist()
        for place, person in enumerate(team):
            if person in seen:
                where = f"teams[{number}][{place}]"
                reading.mistakes.tell(where, f"{names[place]} is in teams[{seen[person]}] already")
            elif person != UNKNOWN:
                seen[person] = number
        teams.append(tuple(team))
    return tuple(teams)


def served_of(reading: RosterReading) -> Integers:
    """Spread the minutes served already over the people."""
    served = reading.document.get("served_minutes", {})
    if not served:
        return np.zeros((0, 0), dtype=np.int64)
    names: dict[Id, int] = {str(name): index for name, index in reading.person_ids.items()}
    people = looked_up(list(served), names, lambda _: "served_minutes", "volunteer", reading.mistakes)
    table = np.zeros((len(names), 1), dtype=np.int64)
    table[people, 0] = list(served.values())
    return table
