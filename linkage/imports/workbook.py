"""Reads workbooks (.xlsx, .xls, .ods) by way of a limited child process; the only door to python-calamine.

The parent never parses a cell, never waits longer than the limits allow and never dies of what is in the file.
Formats and questions are not its business.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import linkage
from linkage.errors import UnreadableFile
from linkage.imports.table import Sheet, build

WAIT_SECONDS: Final = 90  # beyond the child's 30 processor seconds: a busy machine is slow, not hostile


def read_workbook(
    path: Path, content: bytes, *, sheet: str | None = None, header_row: int | None = None
) -> list[Sheet]:
    """Return the visible, non-empty sheets of a workbook that has passed the preflight.

    Parameters
    ----------
    sheet
        Only the sheet of this name.
    header_row
        The spreadsheet's number of the header row; the first row that is not blank if absent.

    Raises
    ------
    UnreadableFile
        If the workbook is damaged, locked, or needs more memory or time than a survey export may.
    """
    outcome = _ask_child(path, content)
    found = [each for each in outcome["sheets"] if sheet is None or each["name"] == sheet]
    if sheet is not None and not found:
        names = ", ".join(each["name"] for each in outcome["sheets"])
        raise UnreadableFile(f"{path}: has no visible sheet named {sheet!r}; it has: {names}")
    filled = [each for each in found if any(any(map(str.strip, row)) for row in each["rows"])]
    if not filled:
        raise UnreadableFile(f"{path}: is a workbook without any cell. Export the survey again")
    return [
        build(
            str(path),
            each["name"],
            [[""] * each["start"][1] + row for row in each["rows"]] if each["start"][1] else each["rows"],
            first_number=each["start"][0] + 1,
            header_row=header_row,
        )
        for each in filled
    ]


def _ask_child(path: Path, content: bytes) -> dict[str, Any]:
    root = str(Path(linkage.__file__).parent.parent)
    environment = {"PYTHONPATH": root, "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8", "PATH": os.defpath}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "linkage.imports.child"],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=WAIT_SECONDS,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired as fault:
        raise UnreadableFile(f"{path}: could not be opened within {WAIT_SECONDS} s. {_TOO_MUCH}") from fault
    if done.returncode != 0 or not done.stdout:
        raise UnreadableFile(f"{path}: cannot be opened within the limits of memory and time. {_TOO_MUCH}")
    outcome: dict[str, Any] = json.loads(done.stdout)
    if refused := outcome.get("refused"):
        raise UnreadableFile(f"{path}: {refused}")
    return outcome


_TOO_MUCH: Final = (
    "It is damaged, or a stray cell far outside of the table makes it huge: copy the table into a new workbook, "
    "save it as .xlsx and import that"
)
