"""The command line: what people and scripts ask of an installation.

It parses, calls one use case and prints; it decides nothing. It starts without Prefect and without the solvers;
a command that needs them imports them itself. Exit status: 0 done, 1 refused with reasons, 2 wrong usage, 130 stopped
by Ctrl-C.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

INTERRUPTED = 130
"""Exit status of a process that Ctrl-C ended, as shells count it."""

__all__ = ["INTERRUPTED", "main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and end the process; a Ctrl-C while the commands are still being loaded is no error either.

    Parameters
    ----------
    arguments
        What was typed after `linkage`; by default the process's own.
    """
    try:
        from linkage.cli import app

        app.main(arguments)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped\n")
        sys.exit(INTERRUPTED)
