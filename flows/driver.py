"""Who runs a stage: this process by itself, or this process with Prefect keeping the record.

One interface, so that the lifecycle goes on in the same way when Prefect is not there. This module imports no
Prefect; the Prefect driver is loaded when it is first wanted.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from threading import Event
from typing import Protocol

from flows.environment import enter
from flows.process import Process, StepFailed, without_words
from flows.server import START_SECONDS, LoopbackServer, Progress, answers, start_in_background
from linkage.errors import MisconfiguredSetting
from linkage.notify.outbox import DeliveryCount, deliver
from linkage.settings import Mode
from linkage.stages import lifecycle, summaries
from linkage.stages.steps import Due, StageOutcome

logger = logging.getLogger(__name__)

SUMMARIES = "summaries"
"""The key under which a process keeps what went wrong with summaries."""


class Driver(Protocol):
    """Runs the three kinds of work there are."""

    def run_stage(self, item: Due, now: datetime) -> StageOutcome:
        """Run one stage of one project: claim, steps, settle."""
        ...

    def deliver(self, now: datetime) -> DeliveryCount:
        """Send the messages that are due."""
        ...

    def summarise(self, now: datetime) -> int:
        """Send the community summaries that are due; returns how many."""
        ...

    def poll(self) -> int:
        """Run what operators and schedules asked Prefect for; returns how many runs."""
        ...


class Inline:
    """Runs everything in this process, without Prefect."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def run_stage(self, item: Due, now: datetime) -> StageOutcome:
        """Run one stage of one project."""
        return lifecycle.run_inline(self._process.work, item, now, holder=self._process.holder)

    def deliver(self, now: datetime) -> DeliveryCount:
        """Send the messages that are due."""
        return deliver(self._process.work, now)

    def summarise(self, now: datetime) -> int:
        """Send the community summaries that are due."""
        found = summaries.due_summaries(self._process.work, now)
        try:
            return send_each(self._process, found, now)
        except StepFailed:
            raise self._process.faults.pop(SUMMARIES) from None

    def poll(self) -> int:
        """Do nothing: nobody can ask here."""
        return 0


def send_each(process: Process, found: Sequence[summaries.DueSummary], now: datetime) -> int:
    """Send summaries one by one; one that fails does not keep the others from leaving, and is told at the end."""
    failed: StepFailed | None = None
    for item in found:
        try:
            with without_words(process, SUMMARIES, "send"):
                summaries.send_summary(process.work, item, now)
        except StepFailed as error:
            failed = error
    if failed is not None:
        raise failed
    return len(found)


@contextmanager
def open_driver(
    process: Process,
    *,
    mode: Mode | None = None,
    server: LoopbackServer | None = None,
    on_progress: Progress | None = None,
    timeout_seconds: float = START_SECONDS,
    stop: Event | None = None,
) -> Iterator[Driver]:
    """Open the driver of the settings' mode, or of another; if Prefect does not come up, the inline one.

    Parameters
    ----------
    server
        A loopback server started earlier (`flows.server.start_in_background`), so that its start hid behind other
        work; it is stopped here.
    on_progress
        Called a few times a second with the seconds waited for the server so far.
    stop
        Set it to give up waiting.
    """
    settings = process.work.settings
    mode = mode or settings.mode
    inline = Inline(process)
    if mode is Mode.INLINE:
        yield inline
        return
    with ExitStack() as stack:
        if mode is Mode.EMBEDDED:
            server = server or start_in_background(settings)
            stack.callback(server.stop)
            api_url = server.wait_address() or ""
            if api_url:
                enter(settings, api_url)
                import flows.engine  # noqa: F401  # its two seconds pass while the server starts
            is_up = server.wait_ready(timeout_seconds, on_progress, stop)
        else:
            api_url = settings.prefect_api_url.rstrip("/")
            if not api_url:
                message = "mode server needs prefect_api_url (LINKAGE_PREFECT_API_URL), such as http://host:4200/api"
                raise MisconfiguredSetting(message)
            enter(settings, api_url)
            is_up = answers(api_url)
        if mode is Mode.EMBEDDED and not is_up:
            if stop is None or not stop.is_set():
                logger.warning(
                    "the Prefect server did not start (see prefect/server.log); stages run without its record"
                )
            yield inline
            return
        from flows.engine import Engine

        yield stack.enter_context(Engine(process, inline, api_url, server))
