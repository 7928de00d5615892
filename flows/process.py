"""What the flows of one process share: the open database, the name it holds leases under, and what went wrong.

Flow parameters are stored in clear by Prefect, so a flow is given ids and finds everything else here. A flow that is
run by some other Prefect worker finds nothing here yet; the database is then opened from the settings. No Prefect
is imported: the inline driver and the command line use this module too.
"""

from __future__ import annotations

import os
import socket
import threading
import uuid
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Self

from linkage.db.work import Work
from linkage.errors import CannotWrite, Contended, DatabaseUnreachable, LinkageError
from linkage.settings import load_settings
from linkage.stages import lifecycle
from linkage.stages.steps import Due

_MAY_PASS = (CannotWrite, Contended, DatabaseUnreachable)
_NEVER_PASSES = (ArithmeticError, AttributeError, ImportError, LookupError, NameError, TypeError, ValueError)


class StepFailed(Exception):  # a fact, like the exceptions of linkage.errors
    """A step failed; says which and with what kind of error, without the error's own words.

    Those words may hold a name or a number, and Prefect stores the text of exceptions in clear.
    """

    def __init__(self, step: str, kind: str, *, may_pass: bool) -> None:
        super().__init__(f"{step}: {kind}")
        self.may_pass = may_pass


def _new_holder() -> str:
    return f"{socket.gethostname()[:60]}/{os.getpid()}/{uuid.uuid4().hex[:8]}"


@dataclass
class Process:
    """One process that runs stages.

    Parameters
    ----------
    holder
        Its name on leases; the same for all its runs, so that a stage begun by Prefect may be ended inline.
    queue
        Where a worker takes what a tick found; None in a process that has no worker.
    """

    work: Work
    holder: str = field(default_factory=_new_holder)
    faults: dict[str, Exception] = field(default_factory=dict, repr=False)
    queue: deque[tuple[Due, datetime]] | None = field(default=None, repr=False)
    _in_hand: set[int] = field(default_factory=set, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def dispatch(self, item: Due, now: datetime) -> None:
        """Have a stage run: by this process's worker, or at once if there is none."""
        if self.queue is None:
            lifecycle.run_inline(self.work, item, now, holder=self.holder)
        else:
            self.queue.append((item, now))

    @contextmanager
    def hold(self, project_id: int) -> Iterator[bool]:
        """Keep two threads of this process, which share its name, off one project; yields False if it is in hand."""
        with self._lock:
            is_free = project_id not in self._in_hand
            self._in_hand.add(project_id)
        try:
            yield is_free
        finally:
            if is_free:
                with self._lock:
                    self._in_hand.discard(project_id)


_current: Process | None = None


def current() -> Process:
    """Return this process, opening the database of the settings if nothing has been entered."""
    global _current  # noqa: PLW0603  # one process, one database; Prefect gives flows no other way to share it
    if _current is None:
        _current = Process(Work.open(load_settings()))
    return _current


@contextmanager
def entered(work: Work) -> Iterator[Process]:
    """Make `work` what the flows of this process use."""
    global _current  # noqa: PLW0603  # see `current`
    before, _current = _current, Process(work)
    try:
        yield _current
    finally:
        _current = before


@dataclass
class without_words:  # noqa: N801  # read as `with without_words(…)`
    """Let an error pass without its words; the error itself stays in the process under `key`."""

    process: Process
    key: str
    step: str

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if isinstance(error, Exception):
            self.process.faults[self.key] = error
            name = error.code if isinstance(error, LinkageError) else type(error).__name__
            may_pass = isinstance(error, _MAY_PASS) or not isinstance(error, (LinkageError, *_NEVER_PASSES))
            raise StepFailed(self.step, name, may_pass=may_pass) from None
