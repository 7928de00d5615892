"""A short simulated project: two cycles of one month, few services, few people; every stage twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from linkage.schemas.charter import Charter

ROOT = Path(__file__).resolve().parents[2]
KEPT_SERVICES = {"canteen-lunch", "home-visit", "festival"}
KEPT_UNITS = {"meals", "direct-service", "reached", "visits", "festivals"}


def short_charter() -> Charter:
    """Cut the Drum Tower Canteen's charter down to two months, a few services and a tenth of its people."""
    body: dict[str, Any] = YAML(typ="safe").load((ROOT / "config/projects/drum-tower-canteen.yaml").read_text("utf-8"))
    project = body["project"]
    project["period"] = {"from_on": "2024-09-01", "to_on": "2024-10-31"}
    project["cycle_months"] = 1
    body["services"] = [item for item in body["services"] if item["code"] in KEPT_SERVICES]
    for item in body["services"]:
        if item["code"] == "canteen-lunch":
            item["schedule"]["weekdays"] = [1, 3]
        if item["code"] == "festival":
            item["schedule"]["on_dates"] = ["2024-09-16", "2024-10-11"]
    body["contract_units"] = [unit for unit in body["contract_units"] if unit["code"] in KEPT_UNITS]
    for unit, count in zip(body["contract_units"], (300, 500, 30, 20, 2), strict=True):
        unit["target_count"] = count
    for tranche, cycle in zip(body["tranches"], (0, 1, 2), strict=True):
        tranche["cycle"] = cycle
    rates = body["simulation"]
    rates["volunteers_count"] = 14
    rates["volunteer_skills"] = {"做饭": 0.7, "侗语": 0.9}
    rates["population"] = [{"min_age": 60, "max_age": 90, "population_count": 60}]
    rates["take_up"] = {code: ratio for code, ratio in rates["take_up"].items() if code in KEPT_SERVICES}
    for duty in body["responsibilities"]:
        duty.pop("due_on", None)
    return Charter.model_validate_json(json.dumps(body, default=str, ensure_ascii=False))


def live(folder: Path, url: str = "") -> int:
    """Live on in a process of its own; return its exit status, negative if it was killed."""
    key = folder.parent / "linkage.key"  # one key for all lives, so that keyed hashes can be compared
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LINKAGE_KEY_FILE": str(key)}
    ran = subprocess.run(
        [sys.executable, str(ROOT / "tests/life/living.py"), str(folder), url],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert ran.returncode in {0, -signal.SIGKILL}, ran.stderr[-3000:]
    return ran.returncode


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Live the short project once without a disturbance."""
    folder = tmp_path_factory.mktemp("undisturbed")
    assert live(folder) == 0
    return folder
