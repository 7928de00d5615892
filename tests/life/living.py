"""Lives a short simulated project in a process of its own, and dies by SIGKILL where it is told.

Run as `python living.py FOLDER [URL]`. The boundaries of every stage (before and after each step, before notices are
sent) are written to a file as they are reached. A later run goes on at the instant the clock had reached, as a
restarted worker would.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from linkage.db.work import Work
from linkage.notify.outbox import deliver
from linkage.settings import load_settings
from linkage.simulation.drive import drive, start
from linkage.stages import lifecycle
from linkage.stages.steps import Due, Step, StepReport
from linkage.terms import Stage
from tests.life.conftest import short_charter


class Boundary:
    """Tells boundaries that were never reached before from those a later life passes again; kills at the former.

    Each life is allowed as many new boundaries as the file `new_boundaries` says, and ends where a project has just
    gone from one stage to the next; without the file it lives to the end.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "boundaries"
        self._seen = set(self._file.read_text().splitlines()) if self._file.exists() else set()
        allowed = folder / "new_boundaries"
        self._left = int(allowed.read_text()) if allowed.exists() else None
        self._versions = {label.split("|")[1] for label in self._seen}

    def cross(self, label: str) -> None:
        """Pass one boundary; die if it is the last new one of this life, or the first of a stage."""
        if label in self._seen:
            return
        version = label.split("|")[1]
        is_new_stage = version not in self._versions and version != "told"
        self._seen.add(label)
        self._versions.add(version)
        with self._file.open("a") as file:
            file.write(f"{label}\n")
        if self._left is None:
            return
        self._left -= 1
        if self._left == 0 or is_new_stage:
            os.kill(os.getpid(), signal.SIGKILL)


def live(folder: Path, url: str) -> None:
    """Live on from wherever the last life ended."""
    environment = {"LINKAGE_MODE": "inline", "LINKAGE_KEY_FILE": os.environ["LINKAGE_KEY_FILE"]}
    environment |= {"LINKAGE_DATABASE_URL": url} if url else {}
    settings = load_settings(environment, data_folder=folder / "data")
    work = Work.open(settings)
    boundary = Boundary(folder)
    _watch_steps(boundary)
    clock = folder / "clock"

    def tick(now: datetime) -> None:
        clock.write_text(now.isoformat())
        lifecycle.run_on(work, demonstration.table.project_id, now)
        boundary.cross(f"{now:%Y-%m-%dT%H}|told")
        deliver(work, now)

    demonstration = start(work, short_charter(), seed=3)
    resume = datetime.fromisoformat(clock.read_text()) if clock.exists() else None
    drive(demonstration, tick, resume_at=resume)
    work.close()


def _watch_steps(boundary: Boundary) -> None:
    """Cross a boundary before and after each step of every stage."""
    steps = lifecycle.steps

    def watched(stage: Stage) -> tuple[Step, ...]:
        def around(step: Step) -> Step:
            def run(work: Work, due: Due, now: datetime) -> StepReport:
                label = f"{now:%Y-%m-%dT%H}|{due.version}|{step.name}"
                boundary.cross(f"{label}|before")
                report = step.run(work, due, now)
                boundary.cross(f"{label}|after")
                return report

            return replace(step, run=run)

        return tuple(around(step) for step in steps(stage))

    lifecycle.steps = watched


if __name__ == "__main__":
    live(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "")
