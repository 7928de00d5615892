"""How `linkage solve` runs a kernel: the deadline, what a waiting person sees, and an end by Ctrl-C that leaves nothing.

The kernel works in a thread of its own, so that the window is answered at once whatever it computes. Inner loops are
compiled when they are first used on a machine: that is said while it lasts, and the deadline waits for it. Nothing is
read or printed here but progress.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, Final, TypeVar

from linkage.cli import INTERRUPTED
from linkage.cli.output import errors, progress

T = TypeVar("T")

DEFAULT_SECONDS: Final = 60.0
MAX_SECONDS: Final = 86_400.0
PREPARING: Final = "Preparing the optimiser for this machine, once, up to half a minute"

_LOOK_SECONDS: Final = 0.05
_COMPILES: Final = "numba:compile"


class Compilations:
    """Counts the seconds spent on compiling, from when the compiler is loaded; it does not load it."""

    def __init__(self) -> None:
        self._events: Any = None
        self._recorder: Any = None

    def watch(self) -> None:
        """Begin to listen if the compiler has been loaded meanwhile."""
        events = sys.modules.get("numba.core.event")
        if self._recorder is None and hasattr(events, "RecordingListener") and hasattr(events, "register"):
            self._events = events
            self._recorder = self._events.RecordingListener()
            self._events.register(_COMPILES, self._recorder)

    def end(self) -> None:
        """Listen no more."""
        if self._recorder is not None:
            self._events.unregister(_COMPILES, self._recorder)

    @property
    def is_running(self) -> bool:
        """Whether something is being compiled now."""
        return self._told()[1]

    @property
    def seconds(self) -> float:
        """Seconds spent so far; what is compiled within something else counts once."""
        return self._told()[0]

    def _told(self) -> tuple[float, bool]:
        if self._recorder is None:
            return 0.0, False
        depth, began, total = 0, 0.0, 0.0
        for at, event in list(self._recorder.buffer):
            if event.is_start:
                began = at if depth == 0 else began
                depth += 1
            else:
                depth -= 1
                total += at - began if depth == 0 else 0.0
        return total + (time.time() - began if depth else 0.0), depth > 0


class Clock:
    """A deadline on the monotonic clock, counted from when the command began; it stands still while loops are compiled."""

    def __init__(self, seconds: float) -> None:
        self._began = time.monotonic()
        self._seconds = seconds
        self.compilations = Compilations()

    def remaining_seconds(self) -> float:
        """Tell what is left, zero or less when the time is up."""
        self.compilations.watch()
        return self._seconds - self.spent_seconds()

    def spent_seconds(self) -> float:
        """Tell the time since the command began, without compiling."""
        return time.monotonic() - self._began - self.compilations.seconds


def run(work: Callable[[], T], what: str, clock: Clock, *, is_shown: bool) -> T:
    """Do the work while the terminal says what it is and how long it takes; Ctrl-C ends the process at once.

    Raises
    ------
    Exception
        What the work raised.
    """
    pool = ThreadPoolExecutor(max_workers=1)
    is_told = False
    try:
        with progress(is_shown=is_shown) as shown:
            task = shown.add_task(what, total=None, note="")
            working = pool.submit(work)
            while not wait([working], timeout=_LOOK_SECONDS).done:
                clock.compilations.watch()
                is_compiling = clock.compilations.is_running
                shown.update(task, description=PREPARING if is_compiling else what)
                if is_compiling and is_shown and not is_told and not errors.is_terminal:
                    errors.print(PREPARING, soft_wrap=True)
                    is_told = True
    except KeyboardInterrupt:
        errors.print("Stopped; nothing was kept", soft_wrap=True)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(INTERRUPTED)  # the worker may be inside compiled code, which no exception reaches
    clock.compilations.end()
    pool.shutdown()
    return working.result()
