"""The worker as a process: it moves projects, goes in silence, leaves nothing behind, and survives losing Prefect."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from flows.server import LoopbackServer
from linkage.db.tables import Message, Project, StageRun
from linkage.settings import Settings
from linkage.stages import survey
from linkage.stages.survey_import import import_responses
from linkage.terms import MessageState, Stage

from .conftest import NOW, adopted_in, builders, run_script

pytestmark = pytest.mark.xdist_group("prefect")

WORKER = """
import sys
from datetime import datetime
from pathlib import Path
from flows.worker import serve
from linkage.db.work import Work
from linkage.settings import load_settings

now = datetime.fromisoformat(sys.argv[2])
work = Work.open(load_settings(data_folder=Path(sys.argv[1])), now=lambda: now)
serve(work, lambda event: print(type(event).__name__, getattr(event, "error", ""), flush=True))
work.close()
"""
PATIENCE_SECONDS = 120.0


def until(happened: Callable[[], bool], worker: subprocess.Popen[str]) -> None:
    """Wait for something that a living worker does."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert worker.poll() is None, worker.communicate()
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.2)


@contextmanager
def worker_of(settings: Settings, mode: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Start a worker on an installation; it is killed if the test ends before it."""
    worker = run_script(
        WORKER,
        str(settings.data_folder),
        NOW.isoformat(),
        environment={"LINKAGE_MODE": mode, "LINKAGE_LIFECYCLE__TICK_SECONDS": "1", **environment},
    )
    try:
        yield worker
    finally:
        if worker.poll() is None:
            worker.kill()
            worker.communicate()


def _stage(adopted: Any) -> Stage:
    return adopted.all(Project)[0].stage


def _belonging_to(folder: Path) -> list[psutil.Process]:
    """Return the processes that were started for a data folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(folder) in " ".join(process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return found


def answer(adopted: Any, number: int) -> None:
    """Import one answered questionnaire."""
    answers = builders.build_file(builders.build_answer(number, ("午餐", "陪诊")))
    sha256 = str(number) * 64
    adopted.run(
        lambda session: import_responses(session, adopted.project_id, answers, "paper", file_sha256=sha256, now=NOW)
    )


def test_worker_lives_and_dies_quietly(
    installation: Callable[..., Settings], emptied: Callable[[Settings], None]
) -> None:
    """A worker with its own server moves a project, survives an emptied Prefect database, and leaves nothing.

    First life: told to stop, it ends in silence, gives its lease back and stops its server. Then Prefect's database is
    emptied. Second life: the project goes on and nothing is repeated. It is killed; its server ends by itself.
    """
    settings = installation()
    emptied(settings)
    with adopted_in(settings) as adopted:
        answer(adopted, 1)
        with worker_of(settings, "embedded") as worker:
            until(lambda: len(adopted.all(StageRun)) > 0, worker)
            worker.send_signal(signal.SIGTERM)
            out, err = worker.communicate(timeout=PATIENCE_SECONDS)
        assert (worker.returncode, err) == (0, "")
        assert "Failed" not in out
        assert _belonging_to(settings.data_folder) == []
        project = adopted.all(Project)[0]
        assert (project.stage, project.lease_holder) == (Stage.SURVEY, None)
        sent = len(adopted.all(Message))

        emptied(settings)
        adopted.run(lambda session: survey.close(session, adopted.project_id, actor="centre", now=NOW))
        with worker_of(settings, "embedded") as worker:
            until(lambda: _stage(adopted) is not Stage.SURVEY, worker)
            until(lambda: all(one.state is MessageState.SENT for one in adopted.all(Message)), worker)
            worker.kill()
            worker.communicate()
        messages = adopted.all(Message)
        assert len(messages) > sent
        assert all(message.attempt_count == 1 for message in messages)
        done = Counter((row.version, row.step) for row in adopted.all(StageRun))
        assert set(done.values()) == {1}
        end = time.monotonic() + 20
        while _belonging_to(settings.data_folder) and time.monotonic() < end:
            time.sleep(0.2)
        assert _belonging_to(settings.data_folder) == []


def test_worker_of_a_server_elsewhere(installation: Callable[..., Settings], prefect_server: LoopbackServer) -> None:
    """In `server` mode a worker takes the address from its settings, starts no server, and ends on Ctrl-C in silence."""
    settings = installation()
    with adopted_in(settings) as adopted:
        answer(adopted, 1)
        api_url = prefect_server.wait_address() or ""
        with worker_of(settings, "server", LINKAGE_PREFECT_API_URL=api_url) as worker:
            until(lambda: len(adopted.all(StageRun)) > 0, worker)
            worker.send_signal(signal.SIGINT)
            out, err = worker.communicate(timeout=PATIENCE_SECONDS)

        assert (worker.returncode, err) == (0, "")
        assert "StageEnded" in out
        assert not (settings.data_folder / "prefect" / "server.log").exists()
        assert adopted.all(Project)[0].lease_holder is None


def test_worker_goes_on_without_prefect(installation: Callable[..., Settings]) -> None:
    """If there is no server at the address, one line says so and the lifecycle goes on."""
    settings = installation()
    with adopted_in(settings) as adopted:
        answer(adopted, 1)
        with worker_of(settings, "server", LINKAGE_PREFECT_API_URL="http://127.0.0.1:1/api") as worker:
            until(lambda: len(adopted.all(StageRun)) > 0, worker)
            worker.send_signal(signal.SIGTERM)
            _, err = worker.communicate(timeout=PATIENCE_SECONDS)

        assert worker.returncode == 0
        assert err == "Prefect does not answer at http://127.0.0.1:1/api; stages run without its record\n"


def test_inline_worker_imports_no_prefect(installation: Callable[..., Settings]) -> None:
    """The inline mode, and everything a command needs to start, does without Prefect."""
    script = run_script(
        "import sys, flows.worker, flows.drain, flows.driver, flows.server; print('prefect' in sys.modules)"
    )

    out, err = script.communicate(timeout=PATIENCE_SECONDS)

    assert (out, err, script.returncode) == ("False\n", "", os.EX_OK)
