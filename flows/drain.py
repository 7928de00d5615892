"""Running what can run: one pass over all that is due, and passes until nothing can move.

A pass is what the worker's clock repeats and what a one-shot command does; both tell what happened as events. No
Prefect is imported here: the driver decides whether there is any.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Event as Flag
from types import TracebackType
from typing import Self

from flows.driver import Driver
from linkage.db.work import Work
from linkage.errors import LinkageError
from linkage.notify.outbox import DeliveryCount, due_count
from linkage.stages import lifecycle, summaries
from linkage.stages.steps import Due, Outcome, StageOutcome

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class StageStarted:
    """A stage begins to run."""

    item: Due


@dataclass(frozen=True)
class StageEnded:
    """A stage has run."""

    outcome: StageOutcome


@dataclass(frozen=True)
class Failed:
    """Something could not run; a stage's lease runs out and it is tried again, the rest at the next tick.

    Parameters
    ----------
    error
        A stable code or the name of the error; never its words, which may name a person.
    """

    what: str
    error: str


@dataclass(frozen=True)
class MessagesSent:
    """Messages have left, or could not."""

    count: DeliveryCount


@dataclass(frozen=True)
class SummariesSent:
    """Communities were sent their summaries."""

    count: int


Event = StageStarted | StageEnded | Failed | MessagesSent | SummariesSent
OnEvent = Callable[[Event], None]


def drain(work: Work, driver: Driver, now: datetime, on_event: OnEvent) -> tuple[StageOutcome, ...]:
    """Run everything that can move at `now`, for as long as something moves; an error ends it.

    Returns
    -------
    tuple
        One outcome for each stage run, in order.
    """
    outcomes: list[StageOutcome] = []
    seen: dict[tuple[int, int], tuple[tuple[str, str], ...]] = {}
    rested: set[tuple[int, int]] = set()
    while True:
        found = [item for item in lifecycle.due(work, now) if (item.project_id, item.version) not in rested]
        if not found:
            break
        for item in found:
            outcome = _run(driver, item, now, on_event)
            outcomes.append(outcome)
            if outcome.outcome is Outcome.MOVED:
                continue
            key = item.project_id, item.version
            waits = tuple((wait.code, wait.detail) for wait in outcome.waits)
            if outcome.outcome is not Outcome.WAITING or seen.get(key) == waits:
                rested.add(key)  # a second look found the same: only somebody else, or time, can move it
            seen[key] = waits
    _send(work, driver, now, on_event)
    return tuple(outcomes)


@dataclass
class telling_failure:  # noqa: N801  # read as `with telling_failure(…)`
    """Let a worker outlive what fails in it: the failure is told and logged, and the worker goes on."""

    what: str
    on_event: OnEvent

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        if not isinstance(error, Exception):
            return False
        name = error.code if isinstance(error, LinkageError) else type(error).__name__
        frames = "".join(traceback.format_tb(error.__traceback__))  # where, without the error's words
        logger.debug("%s failed: %s\n%s", self.what, name, frames)
        self.on_event(Failed(self.what, name))
        return True


def one_pass(work: Work, driver: Driver, now: datetime, on_event: OnEvent, stop: Flag) -> int:
    """Run what is due once and send what is due; what fails is told and does not stop the rest.

    Returns
    -------
    int
        How many projects moved.
    """
    moved = 0
    with telling_failure("tick", on_event):
        for item in lifecycle.reconcile(work, now):
            if stop.is_set():
                return moved
            moved += run_told(driver, item, now, on_event)
    with telling_failure("sending", on_event):
        _send(work, driver, now, on_event)
    return moved


def run_told(driver: Driver, item: Due, now: datetime, on_event: OnEvent) -> bool:
    """Run one stage and tell how it ended, whatever the end; says whether the project moved."""
    with telling_failure(f"{item.stage.value} of project {item.project_id} version {item.version}", on_event):
        return _run(driver, item, now, on_event).outcome is Outcome.MOVED
    return False


def _run(driver: Driver, item: Due, now: datetime, on_event: OnEvent) -> StageOutcome:
    on_event(StageStarted(item))
    outcome = driver.run_stage(item, now)
    on_event(StageEnded(outcome))
    return outcome


def _send(work: Work, driver: Driver, now: datetime, on_event: OnEvent) -> None:
    if summaries.due_summaries(work, now):
        on_event(SummariesSent(driver.summarise(now)))
    if due_count(work, now):
        on_event(MessagesSent(driver.deliver(now)))
