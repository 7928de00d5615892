"""Lives a short simulated project in a process of its own, and dies by SIGKILL where it is told.

Run as `python living.py FOLDER [URL]`. Each boundary of a stage (before and after every step, before settling) is
counted in a file; at the boundary named in `die_at` the process kills itself. A later run goes on at the instant
the clock had reached, as a restarted worker would.
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
from linkage.stages.steps import Step
from tests.life.conftest import short_charter


class Boundary:
    """Counts boundaries across lives and kills at one of them."""

    def __init__(self, folder: Path) -> None:
        self._count_file = folder / "boundaries"
        self._die_file = folder / "die_at"

    def cross(self) -> None:
        """Count one boundary; die if it is the one."""
        count = int(self._count_file.read_text()) + 1 if self._count_file.exists() else 1
        self._count_file.write_text(str(count))
        if self._die_file.exists() and int(self._die_file.read_text()) == count:
            self._die_file.write_text(str(count + 1))
            os.kill(os.getpid(), signal.SIGKILL)


def live(folder: Path, url: str) -> None:
    """Live on from wherever the last life ended."""
    environment = {"LINKAGE_MODE": "inline"} | ({"LINKAGE_DATABASE_URL": url} if url else {})
    settings = load_settings(environment, data_folder=folder / "data")
    work = Work.open(settings)
    boundary = Boundary(folder)
    _watch_steps(boundary)
    clock = folder / "clock"

    def tick(now: datetime) -> None:
        clock.write_text(now.isoformat())
        lifecycle.run_on(work, demonstration.table.project_id, now)
        boundary.cross()
        deliver(work, now)

    demonstration = start(work, short_charter(), seed=3)
    resume = datetime.fromisoformat(clock.read_text()) if clock.exists() else None
    drive(demonstration, tick, resume_at=resume)
    work.close()


def _watch_steps(boundary: Boundary) -> None:
    """Cross a boundary before and after each step of every stage."""
    steps = lifecycle.steps

    def watched(stage: lifecycle.Stage) -> tuple[Step, ...]:
        def around(step: Step) -> Step:
            def run(*arguments: object) -> object:
                boundary.cross()
                report = step.run(*arguments)  # type: ignore[arg-type]
                boundary.cross()
                return report

            return replace(step, run=run)

        return tuple(around(step) for step in steps(stage))

    lifecycle.steps = watched


if __name__ == "__main__":
    live(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "")
