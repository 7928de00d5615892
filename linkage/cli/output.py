"""What the command line prints: JSON for scripts, tables for people, refusals with their reasons.

Results go to standard output, everything else (progress, refusals) to standard error. In a terminal a table fits the
window; into a file or a pipe it is written as wide as it is.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from rich import box
from rich.console import Console, JustifyMethod
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from linkage.errors import LinkageError

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

_UNBOUNDED: Final = 10_000
_NARROWEST: Final = 12
_NUMBER: Final = re.compile(r"-?[\d,.]*")


def prepare_streams() -> None:
    """Let a character that the terminal's encoding lacks be shown as its code instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _plain(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    return str(value)


def _is_utf8() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def print_json(value: Any) -> None:
    """Print one JSON document; nothing else goes to standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=not _is_utf8(), indent=2, default=_plain) + "\n")


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, wraps: Collection[str] | None = None
) -> None:
    """Print a table for people; a column that says nothing in any row is left out, numbers stand right.

    Parameters
    ----------
    wraps
        The columns that may be broken over lines where the window is narrow; by default the last. Codes and numbers
        stay whole as long as they can, so that they can be copied.
    """
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    console.print(f"[bold]{escape(title)}[/]", soft_wrap=True)
    if not cells:
        say("  none")
        return
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    shown = [place for place in range(len(columns)) if any(row[place] for row in cells)]
    breakable = {columns[-1]} if wraps is None else set(wraps)
    for place in shown:
        name = columns[place]
        floor = _NARROWEST if name in breakable else None
        align: JustifyMethod = "right" if all(_NUMBER.fullmatch(row[place]) for row in cells) else "left"
        table.add_column(escape(name), overflow="fold", no_wrap=name not in breakable, min_width=floor, justify=align)
    for row in cells:
        table.add_row(*(escape(row[place]) for place in shown))
    _page().print(table)


def _page() -> Console:
    """Return the terminal, or a page without a right edge where there is none."""
    if console.is_terminal or "COLUMNS" in os.environ:
        return console
    return Console(highlight=False, width=_UNBOUNDED)


def say(text: str) -> None:
    """Print one line for people."""
    console.print(escape(text), soft_wrap=True)


def tell(text: str, result: dict[str, Any], *, as_json: bool) -> None:
    """Print what a command did: one line for people, or one JSON object for scripts."""
    if as_json:
        print_json(result)
    else:
        say(text)


def counted(count: int, noun: str) -> str:
    """Write a number with its noun: `1 match`, `3 matches`."""
    if count == 1:
        return f"1 {noun}"
    if noun.endswith("y"):
        return f"{count:,} {noun[:-1]}ies"
    return f"{count:,} {noun}{'es' if noun.endswith('ch') else 's'}"


def refuse(error: LinkageError, *, as_json: bool = False) -> None:
    """Print a refusal and its reasons to standard error; with `as_json` as one JSON object on one line."""
    if as_json:
        told = {"error": error.code, "message": error.message, "reasons": list(error.reasons)}
        sys.stderr.write(json.dumps(told, ensure_ascii=not _is_utf8()) + "\n")
        return
    errors.print(f"[bold red]Refused[/] ({error.code}): {escape(error.message)}", soft_wrap=True)
    for reason in error.reasons:
        errors.print(f"  • {escape(reason)}", soft_wrap=True)


@contextmanager
def progress(*, is_shown: bool = True) -> Iterator[Progress]:
    """Show what is going on wherever a person waits; it leaves no line behind that is not a result."""
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
        console=errors,
        transient=True,
        disable=not (is_shown and errors.is_terminal),
    ) as shown:
        yield shown


@contextmanager
def waiting(what: str, *, is_shown: bool = True) -> Iterator[None]:
    """Say what a person waits for while it lasts."""
    with progress(is_shown=is_shown) as shown:
        shown.add_task(what, total=None, note="")
        yield
