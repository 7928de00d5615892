"""Stages through a real Prefect server: the same rows as inline, whatever is killed, and nothing personal in Prefect."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.drain import Event, MessagesSent, StageEnded, drain
from flows.driver import Inline
from flows.process import entered
from flows.server import LoopbackServer
from linkage.db.base import Base
from linkage.db.tables import Message, Need, Project
from linkage.settings import Settings
from linkage.stages import survey
from linkage.stages.lifecycle import claim, due
from linkage.stages.steps import Outcome
from linkage.stages.survey_import import import_responses
from linkage.terms import MessageState, Stage

from .conftest import NOW, adopted_in, builders, prefect_driver, run_script

pytestmark = pytest.mark.xdist_group("prefect")

CANARY = "金丝雀甲乙"
LATER = NOW + timedelta(minutes=10)

KILLED_AT_COMMIT = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from sqlalchemy import Engine, event
from flows.drain import drain
from flows.driver import open_driver
from flows.process import entered
from flows.server import LoopbackServer
from linkage.db.work import Work
from linkage.settings import Mode, load_settings

data, home, last, now = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), datetime.fromisoformat(sys.argv[4])
work = Work.open(load_settings({}, data_folder=data), now=lambda: now)
with entered(work) as process, open_driver(process, mode=Mode.EMBEDDED, server=LoopbackServer(home, None)) as driver:
    seen = []

    @event.listens_for(Engine, "commit")
    def _(connection):
        if connection.engine.url.database.endswith("linkage.db"):
            seen.append(1)
            if len(seen) == last:
                os.kill(os.getpid(), signal.SIGKILL)

    drain(work, driver, now, print)
"""


def _answer(adopted: Any) -> None:
    answers = builders.build_file(builders.build_answer(1, ("午餐", "陪诊"), q1=CANARY), builders.build_answer(2))
    adopted.run(
        lambda session: import_responses(session, adopted.project_id, answers, "paper", file_sha256="a" * 64, now=NOW)
    )


@pytest.fixture
def asked(prefect_server: LoopbackServer) -> Iterator[Any]:
    """Return a client of the tests' server."""
    from prefect.client.orchestration import SyncPrefectClient

    with SyncPrefectClient(prefect_server.wait_address() or "") as client:
        yield client


def _close_survey(adopted: Any) -> None:
    adopted.run(lambda session: survey.close(session, adopted.project_id, actor="centre", now=NOW))


def _rows(path: Path) -> dict[str, list[str]]:
    """Return all rows but instants, random bytes and the chain over both, table by table."""
    found = {}
    with closing(sqlite3.connect(path)) as connection:
        for table in Base.metadata.sorted_tables:
            columns = [
                column.name
                for column in table.columns
                if not column.name.endswith("_at") and column.name not in {"lease_holder", "hash", "previous_hash"}
            ]
            rows = connection.execute(f"SELECT {', '.join(columns)} FROM {table.name}").fetchall()
            found[table.name] = sorted(repr([value for value in row if not isinstance(value, bytes)]) for row in rows)
    return {name: rows for name, rows in found.items() if not name.startswith("audit")}


def test_stage_runs_as_flow_and_its_page_shows_it(
    installation: Callable[..., Settings], prefect_server: LoopbackServer, asked: Any
) -> None:
    """A project moves through Prefect as it would inline; the run says what it waits for; nobody is told twice."""
    with adopted_in(installation()) as adopted, prefect_driver(adopted.work, prefect_server) as (_, driver):
        _answer(adopted)
        events: list[Event] = []
        waiting = drain(adopted.work, driver, NOW, events.append)
        _close_survey(adopted)
        moved = drain(adopted.work, driver, NOW, events.append)

        assert [outcome.outcome for outcome in waiting] == [Outcome.WAITING]
        assert len(adopted.all(Need)) == 3
        assert (moved[0].stage, moved[0].outcome) == (Stage.SURVEY, Outcome.MOVED)
        assert all(outcome.outcome is not Outcome.CONTENDED for outcome in moved)
        assert any(isinstance(event, MessagesSent) for event in events)
        assert sum(isinstance(event, StageEnded) for event in events) == len(waiting) + len(moved)
        messages = adopted.all(Message)
        assert {message.state for message in messages} == {MessageState.SENT}
        assert all(message.attempt_count == 1 for message in messages)
        project = adopted.all(Project)[0]
        assert (project.lease_holder, project.lease_until_at) == (None, None)

    states = {(run.name, run.state.name, run.state.message) for run in asked.read_flow_runs() if run.state}
    assert ("survey-p1-v1", "waiting", "等待：承接方结束需求调查") in states
    assert ("survey-p1-v1", "moved", "已完成，进入下一环节") in states
    assert {artifact.key for artifact in asked.read_artifacts()} >= {"common-issues-p1"}


def test_operator_starts_a_flow_from_the_pool(
    installation: Callable[..., Settings], prefect_server: LoopbackServer, asked: Any
) -> None:
    """What an operator or a schedule asks for is run in this process, once, from the catalogue only."""
    with adopted_in(installation()) as adopted, prefect_driver(adopted.work, prefect_server) as (process, driver):
        _answer(adopted)
        assert driver.poll() == 0
        deployment = asked.read_deployment_by_name("survey/需求调查").id
        ids = {"organization_id": adopted.organization_id, "project_id": adopted.project_id, "version": 1}
        stage = asked.create_flow_run_from_deployment(deployment, parameters=ids)
        tick = asked.create_flow_run_from_deployment(asked.read_deployment_by_name("lifecycle-tick/推进与找回").id)
        with pytest.raises(Exception, match="409"):
            asked.create_flow_run_from_deployment(deployment, parameters=ids | {"project_id": CANARY})

        assert driver.poll() == 2
        assert driver.poll() == 0
        assert asked.read_flow_run(stage.id).state.name == "waiting"
        assert asked.read_flow_run(tick.id).state.name == "Completed"
        assert process.faults == {}


def test_two_runners_do_not_share_a_project(
    installation: Callable[..., Settings], prefect_server: LoopbackServer
) -> None:
    """One project is in one hand: the second runner is told so and writes nothing."""
    settings = installation()
    with adopted_in(settings) as adopted:
        _answer(adopted)
        with prefect_driver(adopted.work, prefect_server) as (process, driver), entered(adopted.work) as other:
            item = adopted.due
            assert process.holder != other.holder
            assert claim(adopted.work, item, "somebody-else", NOW)
            before = _rows(settings.data_folder / "linkage.db")

            assert driver.run_stage(item, NOW).outcome is Outcome.CONTENDED
            assert Inline(other).run_stage(item, NOW).outcome is Outcome.CONTENDED
            assert _rows(settings.data_folder / "linkage.db") == before


@pytest.mark.parametrize("commit", [2, 4])
def test_kill_in_a_stage_and_rerun_gives_the_same_rows(
    installation: Callable[..., Settings], prefect_server: LoopbackServer, tmp_path: Path, commit: int
) -> None:
    """A process killed inside a stage leaves nothing that a rerun does not complete: all tables are equal."""
    killed, calm = installation(tmp_path / "killed"), installation(tmp_path / "calm")
    for settings in (killed, calm):
        with adopted_in(settings) as adopted:
            _answer(adopted)
            _close_survey(adopted)

    script = run_script(
        KILLED_AT_COMMIT, str(killed.data_folder), str(prefect_server.home), str(commit), NOW.isoformat()
    )
    out, err = script.communicate(timeout=60)
    assert script.returncode == -signal.SIGKILL, out + err
    for settings in (killed, calm):
        with adopted_in(settings) as adopted, prefect_driver(adopted.work, prefect_server) as (_, driver):
            drain(adopted.work, driver, LATER, lambda _: None)

    assert _rows(killed.data_folder / "linkage.db") == _rows(calm.data_folder / "linkage.db")


def test_nothing_personal_reaches_prefect(
    installation: Callable[..., Settings], prefect_server: LoopbackServer
) -> None:
    """Names, phones and the words of errors stay in our database: Prefect's files hold none of them."""
    settings = installation()
    with adopted_in(settings) as adopted, prefect_driver(adopted.work, prefect_server) as (process, driver):
        _answer(adopted)
        _close_survey(adopted)
        drain(adopted.work, driver, NOW, lambda _: None)
        from flows.process import StepFailed, without_words

        with pytest.raises(StepFailed), without_words(process, "canary", "step"):
            raise ValueError(CANARY)

    kept = b"".join(path.read_bytes() for path in prefect_server.home.rglob("*") if path.is_file())
    assert b"survey-p1-v1" in kept
    for text in (CANARY, "13800000001", "居民2"):
        assert text.encode() not in kept
        assert text.encode("unicode_escape") not in kept


def test_lost_prefect_is_told_once_and_work_goes_on(
    installation: Callable[..., Settings],
    prefect_server: LoopbackServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """If Prefect does not answer, one line says so and the stages run inline."""
    with adopted_in(installation()) as adopted, prefect_driver(adopted.work, prefect_server) as (process, _):
        from flows.engine import Engine

        _answer(adopted)
        _close_survey(adopted)
        with Engine(process, Inline(process), "http://127.0.0.1:1/api") as driver:
            outcomes = drain(adopted.work, driver, NOW, lambda _: None)

        assert outcomes[0].outcome is Outcome.MOVED
        assert [record.levelname for record in caplog.records if record.name == "flows.engine"] == ["WARNING"]
        assert due(adopted.work, NOW) == ()


def test_server_of_a_folder_is_shared(prefect_server: LoopbackServer, installation: Callable[..., Settings]) -> None:
    """A second start for the same folder finds the running server and does not stop it."""
    from flows.server import start_in_background

    second = start_in_background(installation(prefect_server.home.parent))

    assert second.process is None
    assert second.wait_address() == prefect_server.wait_address()
    second.stop()
    assert prefect_server.is_alive
    assert second.wait_ready(5)
