"""The shape every file is brought to before its format matters: sheets of text cells under one header row.

It knows rows and columns. It must not know question kinds, formats or encodings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from linkage.errors import UnreadableFile
from linkage.imports.guard import MAX_COLUMN_COUNT
from linkage.schemas.survey import CellProblem

MAX_UNTITLED_COLUMNS: Final = 20
_INVISIBLE: Final = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060"))


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: a header and rows of text, every row as long as the header.

    `row_numbers` are those of the spreadsheet; blank rows are left out.
    """

    name: str
    header: tuple[str, ...]
    rows: list[list[str]]
    row_numbers: list[int]
    problems: tuple[CellProblem, ...] = field(default=())

    def column(self, index: int) -> list[str]:
        """Return the cells of one column, top to bottom."""
        return [row[index] for row in self.rows]

    def raw_headers(self) -> tuple[str, ...]:
        """Return the header with every name made unique: an absent or repeated one carries its column letter."""
        met = Counter(self.header)
        return tuple(
            name if name and met[name] == 1 else f"{name} ({letters(index)})".strip()
            for index, name in enumerate(self.header)
        )


def letters(index: int) -> str:
    """Return the spreadsheet name of a column: 0 is A, 26 is AA."""
    name = ""
    index += 1
    while index:
        index, remainder = divmod(index - 1, 26)
        name = chr(ord("A") + remainder) + name
    return name


def clean_header(text: str) -> str:
    """Return a header without invisible marks, line breaks and surrounding blanks."""
    return " ".join(text.translate(_INVISIBLE).replace("\xa0", " ").split())


def build(
    source: str,
    name: str,
    lines: Sequence[list[str]],
    *,
    first_number: int = 1,
    header_row: int | None = None,
) -> Sheet:
    """Make a sheet of raw lines.

    Parameters
    ----------
    source
        How errors name the file.
    name
        The sheet's name; empty for a file that is one table.
    lines
        All lines of the sheet, header included, as text.
    first_number
        The spreadsheet's number of the first line.
    header_row
        The spreadsheet's number of the header; the first line that is not blank if absent.

    Raises
    ------
    UnreadableFile
        If there is no header or the rows are wider than it by more than a slip.
    """
    named = f"sheet {name!r}" if name else "the table"
    at = next((index for index, line in enumerate(lines) if any(map(str.strip, line))), None)
    if header_row is not None:
        at = header_row - first_number
    if at is None or not 0 <= at < len(lines):
        where = "is empty" if header_row is None else f"has no row {header_row} to take the header from"
        raise UnreadableFile(f"{source}: {named} {where}. Export the survey again with its header row")
    header = [clean_header(cell) for cell in lines[at]]
    while header and not header[-1]:
        header.pop()
    titled = len(header)
    body = lines[at + 1 :]
    width = max([titled, *map(len, body)])
    if width > titled:
        width = max([titled, *(_used(line) for line in body if len(line) > titled)])
    if width > MAX_COLUMN_COUNT:
        raise UnreadableFile(
            f"{source}: {named} has {width} columns; at most {MAX_COLUMN_COUNT} are read, {width - MAX_COLUMN_COUNT} are "
            "too many. Delete the columns that do not belong to the survey"
        )
    if width - titled > MAX_UNTITLED_COLUMNS:
        wide = next(index for index, line in enumerate(body) if len(line) > titled and _used(line) == width)
        raise UnreadableFile(
            f"{source}: {named}, row {first_number + at + 1 + wide} has {width} cells where the header has {titled}: "
            f"{width - titled} columns too many. Give every column a title, or check the delimiter and the quotes"
        )
    header += [""] * (width - titled)
    return _fill(name, header, body, first_number + at + 1)


def _used(line: Sequence[str]) -> int:
    return next((index for index in range(len(line), 0, -1) if line[index - 1].strip()), 0)


def _fill(name: str, header: list[str], body: Sequence[list[str]], first_number: int) -> Sheet:
    width = len(header)
    rows: list[list[str]] = []
    row_numbers: list[int] = []
    for index, line in enumerate(body):
        if not any(map(str.strip, line)):
            continue
        if len(line) != width:
            line = (line + [""] * (width - len(line)))[:width]  # noqa: PLW2901 - the padded line replaces the short one
        rows.append(line)
        row_numbers.append(first_number + index)
    problems = [
        CellProblem(
            row=None, column=None, message=f"Column {letters(column)} has cells but no title; give it one or delete it"
        )
        for column, title in enumerate(header)
        if not title and any(row[column].strip() for row in rows)
    ]
    return Sheet(name, tuple(header), rows, row_numbers, tuple(problems))
