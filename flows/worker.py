"""The worker: one long-lived process that moves projects by its own clock and takes what Prefect's pool holds.

With `embedded` it supervises one loopback Prefect server; with `server` any number of workers share one elsewhere.
If Prefect does not answer, the lifecycle goes on inline. On Ctrl-C or SIGTERM the stage in hand is ended, so that
no lease is left behind, and the process goes in silence; a second signal does not wait for it.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event as Flag
from types import FrameType

from flows.drain import OnEvent, one_pass, run_told, telling_failure
from flows.driver import Driver, open_driver
from flows.process import Process, entered
from flows.server import LoopbackServer, Progress
from linkage.db.work import Work
from linkage.settings import Mode


@contextmanager
def stopping(stop: Flag) -> Iterator[None]:
    """Set `stop` on Ctrl-C or SIGTERM instead of dying; a second signal ends the process at once.

    That is safe: a step is one transaction, a lease runs out, and the server ends when its pipe closes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals belong to the main thread; who runs a worker on another one stops it by its flag
        return

    def ask(number: int, _: FrameType | None) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def serve(
    work: Work,
    on_event: OnEvent,
    *,
    stop: Flag | None = None,
    mode: Mode | None = None,
    server: LoopbackServer | None = None,
    on_progress: Progress | None = None,
) -> None:
    """Work until told to stop.

    Parameters
    ----------
    stop
        Set it to stop from another thread; signals set it too.
    server
        A loopback server started earlier; it is stopped here.
    on_progress
        Called with the seconds waited while the server starts.
    """
    stop = stop or Flag()
    with stopping(stop), entered(work) as process:
        process.queue = deque()
        with open_driver(process, mode=mode, server=server, on_progress=on_progress, stop=stop) as driver:
            while not stop.is_set():
                moved = _tick(process, driver, on_event, stop)
                if not moved:
                    stop.wait(work.settings.lifecycle.tick_seconds)


def _tick(process: Process, driver: Driver, on_event: OnEvent, stop: Flag) -> int:
    with telling_failure("poll", on_event):
        driver.poll()
    queue = process.queue
    while queue and not stop.is_set():
        item, now = queue.popleft()
        run_told(driver, item, now, on_event)
    return one_pass(process.work, driver, process.work.now(), on_event, stop)
