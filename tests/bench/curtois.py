"""Reads the shift scheduling instances of Curtois and Qu (2014) as roster problems.

The files are sectioned lists of comma separated values; lines that start with # say nothing. Hours of the day are not
given, so every shift starts at eight; rules of succession are in the file.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np

from linkage.kernels.roster.problem import (
    NO_LIMIT,
    Patterns,
    Requests,
    RosterProblem,
    Seats,
    Shifts,
    Volunteers,
    Windows,
)
from linkage.terms import RosterObjective

START = 480
DAY = 1440

BEST_KNOWN = {
    1: 607,
    2: 828,
    3: 1001,
    4: 1716,
    5: 1143,
    6: 1950,
    7: 1056,
    8: 1300,
    9: 439,
    10: 4631,
    11: 3443,
    12: 4040,
}
"""Best published values of the first instances."""


def _sections(path: Path) -> dict[str, list[list[str]]]:
    sections: dict[str, list[list[str]]] = defaultdict(list)
    name = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        text = line.strip()
        if text.startswith("SECTION_"):
            name = text.removeprefix("SECTION_")
        elif text and not text.startswith("#"):
            sections[name].append(text.split(","))
    return sections


def read_curtois(path: Path) -> RosterProblem:
    """Read a file; uncovered places and wishes are one level."""
    sections = _sections(path)
    days = int(sections["HORIZON"][0][0])
    kinds = {row[0]: index for index, row in enumerate(sections["SHIFTS"])}
    minutes = [int(row[1]) for row in sections["SHIFTS"]]
    successions = [(kinds[row[0]], kinds[after]) for row in sections["SHIFTS"] for after in row[2].split("|") if after]
    people = {row[0]: index for index, row in enumerate(sections["STAFF"])}
    numbers = np.asarray([[int(value) for value in row[2:8]] for row in sections["STAFF"]])
    caps = np.full((len(people), len(kinds)), NO_LIMIT)
    for row in sections["STAFF"]:
        for entry in row[1].split("|"):
            kind, _, most = entry.partition("=")
            caps[people[row[0]], kinds[kind]] = int(most)
    day = np.repeat(np.arange(days), len(kinds))
    kind_of = np.tile(np.arange(len(kinds)), days)
    start = day * DAY + START
    cover = np.zeros((days * len(kinds), 3), dtype=np.int64)
    for row in sections["COVER"]:
        cover[int(row[0]) * len(kinds) + kinds[row[1]]] = [int(value) for value in row[2:5]]
    wishes = [
        (people[row[0]], int(row[1]) * len(kinds) + kinds[row[2]], want, int(row[3]))
        for section, want in (("SHIFT_ON_REQUESTS", True), ("SHIFT_OFF_REQUESTS", False))
        for row in sections[section]
    ]
    return RosterProblem(
        horizon_days=days,
        volunteers=Volunteers.of(len(people), max_minutes=numbers[:, 0]),
        windows=Windows.always(len(people), days),
        shifts=Shifts.of(start, start + np.asarray(minutes)[kind_of], kind=kind_of),
        seats=Seats.of(
            np.arange(start.size),
            minimum=np.zeros(start.size, dtype=np.int64),
            target=cover[:, 0],
            under_weight=cover[:, 1],
            maximum=np.full(start.size, NO_LIMIT),
            over_weight=cover[:, 2],
        ),
        requests=Requests.of(
            [wish[0] for wish in wishes],
            [wish[1] for wish in wishes],
            want=[wish[2] for wish in wishes],
            weight=[wish[3] for wish in wishes],
        ),
        patterns=Patterns.of(
            np.arange(len(people)),
            min_minutes=numbers[:, 1],
            max_consecutive_days=numbers[:, 2],
            min_consecutive_days=numbers[:, 3],
            min_consecutive_days_off=numbers[:, 4],
            max_weekends=numbers[:, 5],
            max_shifts_by_kind=caps,
            days_off=[(people[row[0]], int(free)) for row in sections["DAYS_OFF"] for free in row[1:]],
        ),
        forbidden_successions=np.asarray(successions, dtype=np.int64).reshape(-1, 2),
        objectives=((RosterObjective.UNCOVERED, RosterObjective.PREFERENCE),),
    )
