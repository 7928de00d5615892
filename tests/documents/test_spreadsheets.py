"""A list as XLSX: text is text, numbers are numbers, and nothing is a formula or a link."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from python_calamine import CalamineWorkbook

from linkage.documents.spreadsheets import CELL_CHARACTERS, list_workbook
from linkage.schemas.document import Cell, ColumnFormat, ListColumn, ListContext

TYPED = ("=1+1", "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "http://a.example", "file:///x", "{=1}", "001", "1E5")


def rows_of(context: ListContext) -> list[list[object]]:
    """Read the cells of a workbook back."""
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(list_workbook(context, ("说明",))))
    return [list(row) for row in workbook.get_sheet_by_index(0).to_python()]


def with_rows(
    context: ListContext, formats: tuple[ColumnFormat, ...], rows: tuple[tuple[Cell, ...], ...]
) -> ListContext:
    """Give a list other columns and rows."""
    columns = tuple(ListColumn(label=f"列{number}", format=kind) for number, kind in enumerate(formats))
    return context.model_copy(update={"columns": columns, "rows": rows, "notes": ()})


@pytest.mark.parametrize("text", TYPED)
def test_typed_text_is_never_a_formula_link_or_number(needs_list: ListContext, text: str) -> None:
    """Whatever a person typed comes back letter by letter, in every kind of column."""
    context = with_rows(needs_list, tuple(ColumnFormat), ((text,) * len(ColumnFormat),))

    content = zipfile.ZipFile(io.BytesIO(list_workbook(context, (text,))))
    sheet = content.read("xl/worksheets/sheet1.xml").decode()

    assert [text] * len(ColumnFormat) == rows_of(context)[-1]
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    assert not [name for name in content.namelist() if "externalLink" in name or "vba" in name.lower()]


def test_values_get_the_type_of_their_column(needs_list: ListContext) -> None:
    """Money is yuan, minutes are hours, dates are dates; an 18-digit id keeps its digits as text."""
    kinds = (
        ColumnFormat.TEXT,
        ColumnFormat.COUNT,
        ColumnFormat.COUNT,
        ColumnFormat.MONEY_FEN,
        ColumnFormat.MINUTES,
        ColumnFormat.DATE,
        ColumnFormat.INSTANT,
        ColumnFormat.TEXT,
        ColumnFormat.COUNT,
    )
    row: tuple[Cell, ...] = (
        "110101194001011234", 12, Decimal("2.5"), 123456, 90, date(2024, 7, 1),
        datetime(2024, 6, 30, 17, 30, tzinfo=UTC), 7, None,
    )  # fmt: skip

    assert rows_of(with_rows(needs_list, kinds, (row,)))[-1] == [
        "110101194001011234", 12.0, 2.5, 1234.56, 1.5, date(2024, 7, 1), datetime.fromisoformat("2024-07-01T01:30"), "7", "",
    ]  # fmt: skip


def test_over_long_text_is_cut_to_what_a_cell_holds(needs_list: ListContext) -> None:
    """Excel keeps 32,767 characters in a cell; more would make the file unreadable."""
    (cell,) = rows_of(with_rows(needs_list, (ColumnFormat.TEXT,), (("字" * 40_000,),)))[-1]

    assert cell == "字" * CELL_CHARACTERS
