"""Small survey files of our own making, so that every format is tried without any sample."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import xlsxwriter

Rows = Sequence[Sequence[object]]
WriteCsv = Callable[..., Path]
WriteXlsx = Callable[..., Path]


@pytest.fixture
def write_csv(tmp_path: Path) -> WriteCsv:
    def write(
        rows: Rows, *, name: str = "survey.csv", encoding: str = "utf-8", delimiter: str = ",", **how: object
    ) -> Path:
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=delimiter, **how).writerows(rows)
        path = tmp_path / name
        path.write_bytes(text.getvalue().encode(encoding))
        return path

    return write


@pytest.fixture
def write_xlsx(tmp_path: Path) -> WriteXlsx:
    def write(
        *sheets: Rows, name: str = "survey.xlsx", names: Sequence[str] = (), at: tuple[int, int] = (0, 0)
    ) -> Path:
        path = tmp_path / name
        with xlsxwriter.Workbook(path) as book:
            for number, rows in enumerate(sheets):
                sheet = book.add_worksheet(names[number] if names else None)
                for offset, row in enumerate(rows):
                    sheet.write_row(at[0] + offset, at[1], row)
        return path

    return write
