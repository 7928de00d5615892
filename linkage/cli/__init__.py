"""The command line: what people and scripts ask of an installation.

It parses, calls one use case and prints; it decides nothing. It starts without Prefect and without the solvers;
a command that needs them imports them itself. Exit status: 0 done, 1 refused with reasons, 2 wrong usage.
"""

from linkage.cli.app import main

__all__ = ["main"]
