"""Opens one workbook in a process of its own, under limits of memory and processor time.

Started by `workbook.py` as `python -m linkage.imports.child`: the workbook comes in on standard input, the cells
go out as JSON on standard output. The parser may abort the whole process on hostile input (an allocation that
fails is no exception there), so it never runs in the parent. It turns cells into text and
decides nothing about what they mean.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import math
import resource
import sys
from collections.abc import Callable
from typing import Any, Final

import python_calamine as calamine

from linkage.imports.guard import MAX_CELL_CHARACTERS, MAX_CELL_COUNT, MAX_COLUMN_COUNT, MAX_ROW_COUNT
from linkage.memory import collector_paused

MEMORY_BYTES: Final = 1024 * 1024 * 1024
PROCESSOR_SECONDS: Final = 30
MAX_TEXT_CHARACTERS: Final = 150_000_000
MAX_SHEET_COUNT: Final = 50
EATEN_FROM: Final = (
    1e15  # a spreadsheet keeps 15 significant digits; a longer number is written so that `cells` sees it
)


class _Refused(Exception):
    """The workbook is of a shape that no survey export has."""


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _float_text(number: float) -> str:
    if not math.isfinite(number):
        return "#NUM!"
    if number.is_integer() and abs(number) < EATEN_FROM:
        return str(int(number))
    return repr(number)


def _int_text(number: int) -> str:
    return str(number) if abs(number) < EATEN_FROM else repr(float(number))


def _duration_text(duration: dt.timedelta) -> str:
    return _float_text(duration.total_seconds())


_TEXT: Final[dict[type, Callable[[Any], str]]] = {
    float: _float_text,
    int: _int_text,
    bool: lambda cell: "1" if cell else "0",
    dt.datetime: lambda cell: cell.isoformat(),
    dt.date: lambda cell: cell.isoformat(),
    dt.time: lambda cell: cell.isoformat(),
    dt.timedelta: _duration_text,
}


def _sheet_cells(sheet: calamine.CalamineSheet) -> dict[str, Any]:
    start = sheet.start or (0, 0)
    height, width = sheet.height, sheet.width
    if width > MAX_COLUMN_COUNT:
        raise _Refused(
            f"sheet {sheet.name!r} uses {width} columns; at most {MAX_COLUMN_COUNT} are read, "
            f"{width - MAX_COLUMN_COUNT} are too many. Delete the columns that do not belong to the survey"
        )
    if height > MAX_ROW_COUNT or height * width > MAX_CELL_COUNT:
        raise _Refused(
            f"sheet {sheet.name!r} uses {height} rows × {width} columns. "
            "Delete what stands outside of the table, or split the export by date"
        )
    rows: list[list[str]] = []
    characters = 0
    text = _TEXT
    for number, cells in enumerate(sheet.to_python()):
        row = [cell if type(cell) is str else text[type(cell)](cell) for cell in cells]
        size = sum(map(len, row))
        if size > MAX_CELL_CHARACTERS and (longest := max(map(len, row))) > MAX_CELL_CHARACTERS:
            raise _Refused(
                f"sheet {sheet.name!r}, row {start[0] + number + 1} has a cell of {longest} characters; "
                f"a spreadsheet cell holds at most {MAX_CELL_CHARACTERS}. Shorten it and save again"
            )
        characters += size
        if characters > MAX_TEXT_CHARACTERS:
            raise _Refused(f"sheet {sheet.name!r} holds too much text. Split the export by date")
        rows.append(row)
    return {"name": sheet.name, "start": list(start), "rows": rows}


@collector_paused()
def _read(content: bytes) -> dict[str, Any]:
    workbook = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    names = [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.visible == calamine.SheetVisibleEnum.Visible and sheet.typ == calamine.SheetTypeEnum.WorkSheet
    ]
    if not names:
        raise _Refused("it has no visible sheet. Show the sheet that holds the answers and save again")
    if len(names) > MAX_SHEET_COUNT:
        raise _Refused(f"it has {len(names)} sheets; at most {MAX_SHEET_COUNT} are read")
    return {"sheets": [_sheet_cells(workbook.get_sheet_by_name(name)) for name in names]}


def main() -> int:
    """Read a workbook from standard input and write its cells to standard output."""
    _limit()
    content = sys.stdin.buffer.read()
    try:
        outcome = _read(content)
    except _Refused as refusal:
        outcome = {"refused": str(refusal)}
    except calamine.PasswordError:
        outcome = {"refused": "it is locked with a password. Save a copy without the password and import that"}
    except calamine.CalamineError as fault:
        outcome = {"refused": f"it is damaged or not a workbook ({fault}). Export it again"}
    except MemoryError:
        outcome = {"refused": "it needs too much memory. Split the export by date"}
    sys.stdout.buffer.write(json.dumps(outcome, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
