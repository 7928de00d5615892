"""A city's installation: our database and Prefect's on PostgreSQL, and two workers that share one pool."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from flows.environment import server_variables, without_prefect
from flows.server import LoopbackServer
from linkage.db.tables import Message, Project, StageRun
from linkage.settings import Settings
from linkage.stages import survey
from linkage.terms import MessageState, Stage

from .conftest import NOW, adopted_in
from .test_worker import PATIENCE_SECONDS, answer, until, worker_of

pytestmark = pytest.mark.xdist_group("prefect")


@pytest.fixture
def city_server(postgres_address: str, tmp_path: Path) -> Iterator[str]:
    """Start a Prefect server whose records are in PostgreSQL; return its API address."""
    with psycopg.connect(postgres_address, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS prefect_records")
        connection.execute("CREATE DATABASE prefect_records")
    base, _, query = postgres_address.partition("?")
    url = f"{base.rsplit('/', 1)[0]}/prefect_records?{query}".replace("postgresql://", "postgresql+asyncpg://")
    home = tmp_path / "city"
    home.mkdir()
    variables = server_variables(home) | {
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": url,
        "PREFECT_API_DATABASE_CONNECTION_URL": url,
    }
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "flows.loopback", str(home), "0"],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            cwd=home,
            env=without_prefect(os.environ) | variables,
        )
    server = LoopbackServer(home, process)
    assert server.wait_ready(), (home / "server.log").read_text()
    yield server.wait_address() or ""
    server.stop()
    with psycopg.connect(postgres_address, autocommit=True) as connection:
        connection.execute("DROP DATABASE prefect_records WITH (FORCE)")


def test_two_workers_move_a_project_once(
    installation: Callable[..., Settings], city_server: str, postgres_url: str
) -> None:
    """Two workers with leases in our database and runs in one pool do each thing once, and end in silence."""
    settings = installation(database_url=postgres_url)
    environment = {"LINKAGE_PREFECT_API_URL": city_server, "LINKAGE_DATABASE_URL": postgres_url}
    with adopted_in(settings) as adopted:
        answer(adopted, 1)
        adopted.run(lambda session: survey.close(session, adopted.project_id, actor="centre", now=NOW))
        with ExitStack() as stack:
            workers = [stack.enter_context(worker_of(settings, "server", **environment)) for _ in range(2)]
            until(lambda: adopted.all(Project)[0].stage is not Stage.SURVEY, workers[0])
            until(lambda: all(one.state is MessageState.SENT for one in adopted.all(Message)), workers[0])
            for worker in workers:
                worker.send_signal(signal.SIGTERM)
            ends = [worker.communicate(timeout=PATIENCE_SECONDS) for worker in workers]

        assert [worker.returncode for worker in workers] == [0, 0]
        assert [err for _, err in ends] == ["", ""]
        done = Counter((row.version, row.step) for row in adopted.all(StageRun))
        assert set(done.values()) == {1}
        assert all(message.attempt_count == 1 for message in adopted.all(Message))
        assert adopted.all(Project)[0].lease_holder is None
