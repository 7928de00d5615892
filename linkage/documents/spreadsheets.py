"""Lists as XLSX: typed text stays text, numbers stay numbers.

Everything a person typed, and every id, code and phone number, is written as a string, so that `=cmd…` is
never a formula, `http://…` never a link and an 18-digit number loses no digit. Money is written in yuan.
"""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from linkage.documents import wording
from linkage.schemas.document import Cell, ColumnFormat, ListContext

SHEET_NAME = "清单"
CELL_CHARACTERS = 32_767
"""The most characters Excel keeps in a cell."""

_NUMBER_FORMATS = {
    ColumnFormat.COUNT: "#,##0.##",
    ColumnFormat.MONEY_FEN: "#,##0.00",
    ColumnFormat.MINUTES: "#,##0.00",
    ColumnFormat.DATE: "yyyy-mm-dd",
    ColumnFormat.INSTANT: "yyyy-mm-dd hh:mm",
    ColumnFormat.TEXT: "@",
}
_HEADING_UNITS = {ColumnFormat.MONEY_FEN: "（元）", ColumnFormat.MINUTES: "（小时）"}


def list_workbook(context: ListContext, marks: tuple[str, ...]) -> bytes:
    """Make a workbook of one list.

    Parameters
    ----------
    marks
        Lines above the table: the simulated mark, confidentiality, issuer and cut-off date.
    """
    import xlsxwriter  # loaded with the first workbook, not with every command

    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(
        buffer,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_date_format": "yyyy-mm-dd",
        },
    )
    workbook.set_properties(
        {
            "title": context.title,
            "author": context.organization,
            "company": context.organization,
            "created": context.generated_at.astimezone(wording.SHANGHAI).replace(tzinfo=None),
        }
    )
    _fill(workbook, context, marks)
    workbook.close()
    return buffer.getvalue()


def _fill(workbook: Any, context: ListContext, marks: tuple[str, ...]) -> None:
    """Write title, marks, headings, rows and notes."""
    sheet = workbook.add_worksheet(SHEET_NAME)
    font = {"font_name": "Microsoft YaHei", "font_size": 11, "valign": "top"}
    heading = workbook.add_format(
        font | {"bold": True, "bg_color": "#0B5C6E", "font_color": "#FFFFFF", "border": 1, "text_wrap": True}
    )
    cells = {
        column_format: workbook.add_format(
            font | {"num_format": number_format, "border": 1, "border_color": "#D8DEE3", "text_wrap": True}
        )
        for column_format, number_format in _NUMBER_FORMATS.items()
    }
    sheet.write_string(0, 0, wording.clean(context.title), workbook.add_format(font | {"bold": True, "font_size": 16}))
    note = workbook.add_format(font | {"font_color": "#52606D"})
    for row, mark in enumerate(marks, start=1):
        sheet.write_string(row, 0, wording.clean(mark), note)
    top = len(marks) + 2
    for column, described in enumerate(context.columns):
        sheet.set_column(column, column, 5 + 5 * described.width)
        sheet.write_string(top, column, described.label + _HEADING_UNITS.get(described.format, ""), heading)
    for row, values in enumerate(context.rows, start=top + 1):
        for column, value in enumerate(values):
            column_format = context.columns[column].format
            _write(sheet, (row, column), value, column_format, cells)
    for row, text in enumerate(context.notes, start=top + len(context.rows) + 2):
        sheet.write_string(row, 0, wording.clean(text), note)
    sheet.freeze_panes(top + 1, 0)
    sheet.repeat_rows(top)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    if context.rows:
        sheet.autofilter(top, 0, top + len(context.rows), len(context.columns) - 1)


def _write(
    sheet: Any, place: tuple[int, int], value: Cell, column_format: ColumnFormat, cells: dict[ColumnFormat, Any]
) -> None:
    """Write one cell with the type its column holds; whatever does not fit the column is text."""
    style = cells[column_format]
    match value, column_format:
        case None, _:
            sheet.write_blank(*place, None, style)
        case int(), ColumnFormat.MONEY_FEN:
            sheet.write_number(*place, value / 100, style)
        case int(), ColumnFormat.MINUTES:
            sheet.write_number(*place, value / 60, style)
        case ((int() | Decimal()), ColumnFormat.COUNT):
            sheet.write_number(*place, float(value), style)
        case datetime(), ColumnFormat.INSTANT:
            sheet.write_datetime(*place, value.astimezone(wording.SHANGHAI).replace(tzinfo=None), style)
        case date(), ColumnFormat.DATE:
            sheet.write_datetime(*place, value, style)
        case _:
            sheet.write_string(*place, _cleaned(str(value)), cells[ColumnFormat.TEXT])


@lru_cache(maxsize=8192)
def _cleaned(text: str) -> str:
    """Clean a text once: a register repeats its names and places ten thousand times."""
    return wording.clean(text)[:CELL_CHARACTERS]
