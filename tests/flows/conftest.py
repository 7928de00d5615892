"""One real Prefect server for the tests of this folder, and installations whose flows it records."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from flows.driver import Driver, open_driver
from flows.environment import prefect_home
from flows.process import Process, entered
from flows.server import LoopbackServer, start_in_background
from linkage.db.work import Work
from linkage.settings import Mode, Settings, load_settings
from linkage.stages import initiation

EMPTY = "empty.db"


def _stage_builders() -> Any:
    """Load the builders of the stage tests: one small charter serves both."""
    path = Path(__file__).parents[1] / "stages" / "conftest.py"
    spec = importlib.util.spec_from_file_location("stage_builders", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


builders = _stage_builders()
NOW = builders.NOW


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackServer]:
    """Start the one server; the process environment is given back afterwards."""
    before = dict(os.environ)
    server = start_in_background(load_settings({}, data_folder=tmp_path_factory.mktemp("prefect-data")))
    assert server.wait_ready(), (server.home / "server.log").read_text()
    with (
        closing(sqlite3.connect(server.home / "prefect.db")) as full,
        closing(sqlite3.connect(server.home / EMPTY)) as empty,
    ):
        full.backup(empty)
    yield server
    server.stop()
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def emptied(prefect_server: LoopbackServer) -> Callable[[Settings], None]:
    """Return what gives an installation an empty Prefect database (already migrated, which spares seconds)."""

    def empty(settings: Settings) -> None:
        home = prefect_home(settings)
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        shutil.copy(prefect_server.home / EMPTY, home / "prefect.db")

    return empty


@pytest.fixture
def installation(tmp_path: Path) -> Callable[..., Settings]:
    """Return a builder of settings for a data folder of the test's own."""

    def build(folder: Path | None = None, **values: str) -> Settings:
        environment = {f"LINKAGE_{name.upper()}": value for name, value in values.items()}
        return load_settings(environment, data_folder=folder or tmp_path / "data")

    return build


@contextmanager
def adopted_in(settings: Settings) -> Iterator[Any]:
    """Open an installation with the small project and one answered questionnaire, its survey closed."""
    work = Work.open(settings, now=lambda: NOW)
    organization_id = work.organization("sunshine", "阳光社会工作服务中心")
    with work.begin(organization_id, now=NOW) as session:
        project_id = initiation.adopt(session, builders.build_charter(), NOW)
    yield builders.Adopted(work, organization_id, project_id)
    work.close()


@contextmanager
def prefect_driver(work: Work, server: LoopbackServer) -> Iterator[tuple[Process, Driver]]:
    """Open the Prefect driver against the tests' server, which stays."""
    with (
        entered(work) as process,
        open_driver(process, mode=Mode.EMBEDDED, server=LoopbackServer(server.home, None)) as driver,
    ):
        yield process, driver


def run_script(script: str, *arguments: str, environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """Start a Python script in a process of its own, with warnings shown."""
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "LINKAGE_"))}
    return subprocess.Popen(
        [sys.executable, "-W", "default", "-c", script, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=keep | (environment or {}),
    )
