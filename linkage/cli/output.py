"""What the command line prints: JSON for scripts, tables for people, refusals with their reasons."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from linkage.errors import LinkageError

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def _plain(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    return str(value)


def print_json(value: Any) -> None:
    """Print one JSON document; nothing else goes to standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=_plain) + "\n")


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table for people."""
    table = Table(title=escape(title), title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(escape(column), overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else escape(str(cell)) for cell in row))
    console.print(table)


def say(text: str) -> None:
    """Print one line for people."""
    console.print(escape(text), soft_wrap=True)


def refuse(error: LinkageError) -> None:
    """Print a refusal and its reasons to standard error."""
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
        disable=not is_shown,
    ) as shown:
        yield shown
