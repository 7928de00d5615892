"""The driver that runs stages as Prefect flows, in this process, and goes on inline when Prefect is not there.

Flows run on a thread of their own: signals stay with the main thread, which lets the stage in hand end; one client
and one settings context serve all runs. What Prefect fails at is logged once and done inline; what a step fails at
is raised here as the error it was.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar, cast

import httpx
from prefect import Flow, State
from prefect.context import SyncClientContext
from prefect.events.worker import EventsWorker
from prefect.exceptions import PrefectException
from prefect.logging.handlers import APILogWorker

from flows import catalogue
from flows.driver import SUMMARIES, Inline
from flows.environment import without_heartbeats
from flows.pool import Pool
from flows.process import Process
from flows.server import LoopbackServer, answers
from flows.stage import fault_key
from linkage.notify.outbox import DeliveryCount
from linkage.stages.steps import Due, StageOutcome

logger = logging.getLogger(__name__)

T = TypeVar("T")

# Prefect tells of an API that does not answer by any of these; RuntimeError is its "Failed to reach API".
_PREFECT_TROUBLE = (PrefectException, httpx.HTTPError, OSError, RuntimeError)
_LOOK_SECONDS = 5.0
_REVIVE_SECONDS = 60.0
_DRAIN_SECONDS = 10.0


class PrefectTrouble(Exception):
    """Prefect itself failed, not the work it was given."""


class Engine:
    """Runs flows in this process.

    Parameters
    ----------
    server
        The loopback server to watch, if there is one; it is started again when it has ended by itself.
    """

    def __init__(self, process: Process, inline: Inline, api_url: str, server: LoopbackServer | None = None) -> None:
        self._process = process
        self._inline = inline
        self._api_url = api_url
        self._server = server
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="flows")
        self._contexts = ExitStack()
        self._pool = Pool(process.holder)
        self._is_up = True
        self._looked_at = float("-inf")
        self._revived_at = float("-inf")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Let the run in hand end, send what Prefect's client still holds, leave the thread."""
        self._thread.submit(self._contexts.close).result()
        self._thread.shutdown()
        if self.is_up:
            EventsWorker.drain_all(timeout=_DRAIN_SECONDS)
            APILogWorker.drain_all(timeout=_DRAIN_SECONDS)

    @property
    def is_up(self) -> bool:
        """Whether Prefect answers; asked at most every few seconds, told once when it changes."""
        if time.monotonic() - self._looked_at >= _LOOK_SECONDS:
            self._look()
        return self._is_up

    def _look(self) -> None:
        was_up, self._is_up = self._is_up, answers(self._api_url)
        self._looked_at = time.monotonic()
        if self._server is not None and not self._is_up and self._looked_at - self._revived_at >= _REVIVE_SECONDS:
            self._server.revive()
            self._revived_at = self._looked_at
        if was_up and not self._is_up:
            logger.warning("Prefect does not answer at %s; stages run without its record", self._api_url)
        elif self._is_up and not was_up:
            logger.warning("Prefect answers again at %s", self._api_url)
            self._pool.forget()

    def run_stage(self, item: Due, now: datetime) -> StageOutcome:
        """Run one stage of one project as its flow."""
        key = fault_key(item.project_id, item.version)
        return self._run(
            key,
            catalogue.of_stage(item.stage).flow,
            {
                "organization_id": item.organization_id,
                "project_id": item.project_id,
                "version": item.version,
                "now": now,
            },
            lambda: self._inline.run_stage(item, now),
        )

    def deliver(self, now: datetime) -> DeliveryCount:
        """Send the messages that are due, as a flow."""
        return self._run("outbox", catalogue.entry("outbox").flow, {"now": now}, lambda: self._inline.deliver(now))

    def summarise(self, now: datetime) -> int:
        """Send the community summaries that are due, as a flow."""
        named = catalogue.entry("community-summaries").flow
        return self._run(SUMMARIES, named, {"now": now}, lambda: self._inline.summarise(now))

    def poll(self) -> int:
        """Run what operators and schedules asked for in the work pool."""
        if not self.is_up:
            return 0
        try:
            return self._on_thread(self._take_scheduled)
        except _PREFECT_TROUBLE as error:
            self._stumbled(error)
            return 0

    def _take_scheduled(self) -> int:
        self._enter_contexts()
        return self._pool.run_scheduled()

    def _run(self, key: str, flow: Flow[..., Any], parameters: dict[str, Any], inline: Callable[[], T]) -> T:
        if self.is_up:
            try:
                return cast("T", self._on_thread(lambda: self._result(key, flow, parameters)))
            except PrefectTrouble as trouble:
                self._stumbled(trouble)
        return inline()

    def _result(self, key: str, flow: Flow[..., Any], parameters: dict[str, Any]) -> Any:
        self._process.faults.pop(key, None)
        try:
            self._enter_contexts()
            state: State = cast("State", flow(**parameters, return_state=True))
        except _PREFECT_TROUBLE as error:
            raise PrefectTrouble(type(error).__name__) from error
        if state.is_completed():
            return state.result()
        fault = self._process.faults.pop(key, None)
        if fault is not None:
            raise fault
        raise PrefectTrouble(state.name or state.type.value)

    def _stumbled(self, error: Exception) -> None:
        """Tell that Prefect failed, unless it is gone: that is told already."""
        self._look()
        if self._is_up:
            known = str(error) if isinstance(error, PrefectTrouble) else type(error).__name__
            logger.warning("Prefect failed (%s); going on without its record", known)
        logger.debug("how Prefect failed", exc_info=error)

    def _on_thread(self, work: Callable[[], T]) -> T:
        return self._thread.submit(work).result()

    def _enter_contexts(self) -> None:
        if SyncClientContext.get() is None:
            with ExitStack() as stack:
                stack.enter_context(without_heartbeats())
                stack.enter_context(SyncClientContext.get_or_create())
                self._contexts = stack.pop_all()
