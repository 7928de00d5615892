"""Instance files as people write them, small ones, and ways to break them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

MATCHING: dict[str, Any] = {
    "needs": [
        {"id": "n1", "quantity": 2, "priority": 3, "group": "estate-3", "window": [600, 700]},
        {"id": "n2", "quantity": 3, "group": "estate-4", "last": "o1"},
        {"id": "n3", "group": "estate-3"},
        {"id": "n4"},
    ],
    "offers": [
        {
            "id": "o1",
            "capacity": 4,
            "source": "merchant",
            "windows": [
                {"id": "am", "start": 540, "end": 660, "capacity": 2},
                {"id": "pm", "start": 780, "end": 900},
            ],
        },
        {"id": "o2", "capacity": 1, "source": "merchant"},
    ],
    "pairs": [
        {"need": "n1", "offer": "o1", "cost": 3},
        {"need": "n2", "offer": "o1", "cost": 4, "use": 1},
        {"need": "n3", "offer": "o2", "cost": 1},
        {"need": "n4", "offer": "o2"},
    ],
    "rules": {
        "indivisible": False,
        "source_caps": {"merchant": 40},
        "fair_groups": False,
        "quotas": {"estate-4": {"min": 1, "max": 2}},
        "exclusive": [["n3", "n4"]],
        "packages": [],
    },
    "previous": [{"need": "n1", "offer": "o1", "quantity": 1}],
    "fixed": [],
    "objectives": ["quota_shortfall", "unmet_priority", "changed", "continuity", "cost"],
}

ROSTER: dict[str, Any] = {
    "horizon_days": 7,
    "first_weekday": 0,
    "volunteers": [
        {
            "id": "v1",
            "skills": ["cook"],
            "certificates": {"cook": 9000},
            "available": [[480, 960], [1920, 2400]],
            "max_minutes": 1200,
            "max_minutes_day": 480,
            "pledge_minutes": 180,
            "group": "friends",
            "lead": True,
            "experienced": True,
        },
        {"id": "v2", "newcomer": True, "group": "friends", "max_strain_week": 9},
        {
            "id": "v3",
            "pattern": {
                "max_shifts_by_kind": {"D": 14},
                "min_minutes": 0,
                "max_minutes": 4320,
                "max_consecutive_days": 5,
                "days_off": [6],
            },
        },
    ],
    "shifts": [
        {
            "id": "s1",
            "kind": "D",
            "day": 0,
            "start": 480,
            "end": 960,
            "seats": [
                {"skill": "cook", "min": 1, "target": 2, "max": None, "under_weight": 100, "over_weight": 1},
                {"skill": None, "min": 1},
            ],
            "lead": True,
            "place": [0, 0],
            "priority": 2,
            "strain": 3,
        },
        {"id": "s2", "start": 1920, "end": 2000, "seats": [{"target": 1}], "place": [30, 40]},
    ],
    "requests": [{"volunteer": "v1", "shift": "s1", "want": True, "weight": 2}],
    "forbidden_successions": [["D", "D"]],
    "previous": [["v1", "s1"]],
    "fixed": [],
    "released": ["v3"],
    "teams": [],
    "buffer_minutes": 30,
    "minutes_per_distance": 0.5,
    "served_minutes": {"v1": 60},
    "weights": {"uncovered": 3},
    "objectives": ["uncovered", ["lead_missing", "pledge_shortfall"], "disturbance", "preference"],
}

SURGE: dict[str, Any] = {
    "contacts": 30000,
    "contacts_per_hour": "30000/1456",
    "hours_per_day": 13,
    "people_by_day": [16],
    "days": 2,
    "outcomes": {"needs_action": 0.05},
}

ROUNDS: dict[str, Any] = {
    "horizon_days": 5,
    "minutes_per_distance": "1/80",
    "depots": [{"id": "station", "place": [0, 0]}],
    "visits": [
        {"id": "Li", "place": [400, 300], "minutes": 40, "window": [540, 660], "per_week": 3, "gap_days": 2},
        {"id": "Wang", "place": [900, -200], "minutes": 30, "window": [660, 690], "people": 2, "skill": "nurse"},
        {"id": "Zhao", "place": [-400, 700], "minutes": 15, "window": [660, 720], "boxes": 2, "per_week": 5},
    ],
    "workers": [
        {
            "id": "a",
            "depot": "station",
            "hours": [480, 1020],
            "skills": ["nurse"],
            "boxes": 10,
            "lunch": {"minutes": 60, "window": [690, 780]},
        },
        {"id": "b", "hours": [480, 1020], "skills": ["nurse"], "days": [1, 3]},
    ],
}

EXAMPLES = {"matching": MATCHING, "roster": ROSTER, "surge": SURGE, "rounds": ROUNDS}


@pytest.fixture
def example() -> Callable[[str], Any]:
    """A sound document of a format, to be changed at will."""
    return lambda name: copy.deepcopy(EXAMPLES[name])


@pytest.fixture
def written(tmp_path: Path) -> Callable[[Any], Path]:
    """Writes a document, or raw text, into a file."""

    def write(document: Any) -> Path:
        path = tmp_path / "instance.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
        return path

    return write


def changed(document: Any, path: str, value: Any) -> Any:
    """Set a value deep in a document: `pairs.0.cost`; the value `...` takes the key away."""
    *way, last = path.split(".")
    here = document
    for step in way:
        here = here[int(step)] if isinstance(here, list) else here[step]
    if value is ...:
        del here[last]
    elif isinstance(here, list):
        if int(last) == len(here):
            here.append(value)
        else:
            here[int(last)] = value
    else:
        here[last] = value
    return document
