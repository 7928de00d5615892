"""How `linkage solve` runs a kernel: the deadline, what a waiting person sees, and an end by Ctrl-C that leaves nothing.

The kernel works in a thread of its own, so that the window is answered at once whatever it computes. Inner loops are
compiled when they are first used on a machine: that is said while it lasts, and the deadline waits for it, as it does
for the engines to be loaded. Nothing is read or printed here but progress.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Lock
from typing import Any, Final, TypeVar

from linkage.cli import INTERRUPTED
from linkage.cli.output import errors, progress

T = TypeVar("T")

DEFAULT_SECONDS: Final = 60.0
MAX_SECONDS: Final = 86_400.0
PREPARING: Final = "Preparing the optimiser for this machine, once, up to half a minute"

_LOOK_SECONDS: Final = 0.05
COMPILES: Final = "numba:compile"
LOADS: Final = "numba:compiler_lock"
"""Held while a loop is compiled, or read as it was compiled before."""


class Tally:
    """Adds up the seconds that a kind of event of the compiler lasts; what happens within one counts once.

    An end whose beginning was not seen counts for nothing.
    """

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._lock = Lock()
        self._read = self._depth = 0
        self._began = self._total = 0.0

    def told(self) -> tuple[float, bool]:
        """Tell the seconds so far, and whether an event lasts now."""
        with self._lock:
            events = self.recorder.buffer[self._read :]
            self._read += len(events)
            for at, event in events:
                if event.is_start:
                    self._began = at if self._depth == 0 else self._began
                    self._depth += 1
                elif self._depth:
                    self._depth -= 1
                    self._total += at - self._began if self._depth == 0 else 0.0
            return self._total + (time.time() - self._began if self._depth else 0.0), self._depth > 0


class Compilations:
    """Counts the seconds spent on compiling loops and loading compiled ones, from when the compiler is loaded.

    It does not load the compiler.
    """

    def __init__(self) -> None:
        self._events: Any = None
        self.tallies: dict[str, Tally] = {}

    def watch(self) -> None:
        """Begin to listen if the compiler has been loaded meanwhile."""
        events = sys.modules.get("numba.core.event")
        if not self.tallies and hasattr(events, "RecordingListener") and hasattr(events, "register"):
            self._events = events
            for kind in (COMPILES, LOADS):
                self.tallies[kind] = Tally(self._events.RecordingListener())
                self._events.register(kind, self.tallies[kind].recorder)

    def end(self) -> None:
        """Listen no more."""
        for kind, tally in self.tallies.items():
            self._events.unregister(kind, tally.recorder)

    @property
    def is_running(self) -> bool:
        """Whether something is being compiled now."""
        return COMPILES in self.tallies and self.tallies[COMPILES].told()[1]

    @property
    def seconds(self) -> float:
        """Seconds spent so far, compiling or reading what was compiled before."""
        return self.tallies[LOADS].told()[0] if LOADS in self.tallies else 0.0


class Clock:
    """A deadline on the monotonic clock, counted from its start; it stands still while loops are compiled or loaded."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.compilations = Compilations()
        self.start()

    def start(self, engines: Iterable[str] = ()) -> None:
        """Count from now on, once the engines named are loaded: reading and loading are no part of solving."""
        if engines := list(engines):
            from linkage.kernels.preparing import ENGINES

            for name in engines:
                ENGINES[name]()
        self.compilations.watch()
        self._compiled_before = self.compilations.seconds
        self._began = time.monotonic()

    def remaining_seconds(self) -> float:
        """Tell what is left, zero or less when the time is up."""
        self.compilations.watch()
        return self._seconds - self.spent_seconds()

    def spent_seconds(self) -> float:
        """Tell the time since the start, without compiling."""
        return time.monotonic() - self._began - (self.compilations.seconds - self._compiled_before)


def run(work: Callable[[], T], what: str, clock: Clock, *, is_shown: bool) -> T:
    """Do the work while the terminal says what it is and how long it takes; Ctrl-C ends the process at once.

    Parameters
    ----------
    is_shown
        Also say where there is no terminal that loops are being compiled; not to a script that reads JSON.

    Raises
    ------
    Exception
        What the work raised.
    """
    pool = ThreadPoolExecutor(max_workers=1)
    is_told = False
    try:
        with progress() as shown:
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
