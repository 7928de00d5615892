"""How `linkage solve` runs a kernel: the deadline, what a waiting person sees, and an end by Ctrl-C that leaves nothing.

The kernel works in a thread of its own, so that the window is answered at once whatever it computes. Nothing is read
or printed here but progress.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Final, TypeVar

from linkage.cli.output import errors, progress

T = TypeVar("T")

DEFAULT_SECONDS: Final = 60.0
MAX_SECONDS: Final = 86_400.0
INTERRUPTED: Final = 130
"""Exit status of a process that Ctrl-C ended, as shells count it."""

_LOOK_SECONDS: Final = 0.05


class Clock:
    """A deadline on the monotonic clock, counted from when the command began."""

    def __init__(self, seconds: float) -> None:
        self._began = time.monotonic()
        self._seconds = seconds

    def remaining_seconds(self) -> float:
        """Tell what is left, zero or less when the time is up."""
        return self._began + self._seconds - time.monotonic()

    def spent_seconds(self) -> float:
        """Tell the time since the command began."""
        return time.monotonic() - self._began


def run(work: Callable[[], T], what: str, *, is_shown: bool) -> T:
    """Do the work while the terminal says what it is and how long it takes; Ctrl-C ends the process at once.

    Raises
    ------
    Exception
        What the work raised.
    """
    pool = ThreadPoolExecutor(max_workers=1)
    try:
        with progress(is_shown=is_shown) as shown:
            shown.add_task(what, total=None, note="")
            working = pool.submit(work)
            while not wait([working], timeout=_LOOK_SECONDS).done:
                pass
    except KeyboardInterrupt:
        errors.print("Stopped; nothing was kept", soft_wrap=True)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(INTERRUPTED)  # the worker may be inside compiled code, which no exception reaches
    pool.shutdown()
    return working.result()
