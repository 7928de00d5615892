"""From a frozen context to what is printed: the same tree, with every value already written.

The unit stands in a field's name, and so does its format: `_fen` becomes yuan, `_minutes` hours, `_on` a
date. HTML and PDF are both made from this one tree, so they cannot differ. A figure that its own counts
contradict is refused here, before any page is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from pydantic import BaseModel

from linkage.documents import wording
from linkage.errors import ImpossibleFigure
from linkage.rules.figures import faults
from linkage.schemas.document import Cell, ColumnFormat, ListContext
from linkage.schemas.figure import Figure, Share
from linkage.schemas.report import UnitProgress
from linkage.terms import Term

Printed: TypeAlias = "str | bool | float | list[Printed] | dict[str, Printed] | None"

_PLAIN_NAMES = frozenset({"cycle", "number", "simulation_seed"})


def printed_context(context: BaseModel) -> dict[str, Printed]:
    """Write every value of a context as it will be read.

    Raises
    ------
    ImpossibleFigure
        A figure's percentage cannot come from its n; all such figures are named.
    """
    found = [fault for figure in _figures(context) for fault in faults(figure)]
    if found:
        raise ImpossibleFigure(
            f"{len(found)} figure(s) may not be printed; count them again", tuple(dict.fromkeys(found))
        )
    return _fields(context)


def printed_cell(value: Cell, column_format: ColumnFormat) -> str:  # noqa: PLR0911 - one case for each kind of cell
    """Write one cell of a list by what its column holds."""
    match value:
        case None:
            return ""
        case int() if column_format is ColumnFormat.MONEY_FEN:
            return wording.yuan(value).removesuffix(" 元")
        case int() if column_format is ColumnFormat.MINUTES:
            return wording.hours(value)
        case int() | Decimal() if column_format is ColumnFormat.COUNT:
            return wording.thousands(value)
        case datetime():
            return wording.chinese_instant(value)
        case date():
            return wording.chinese_date(value)
        case _:
            return wording.clean(str(value))


def _fields(record: BaseModel) -> dict[str, Printed]:
    """Write the fields of one record, with the few additions a page needs to draw it."""
    fields = {name: _printed(getattr(record, name), name) for name in type(record).model_fields}
    match record:
        case Figure():
            digits, unit = wording.figure_parts(record)
            fields |= {"digits": wording.clean(digits), "unit": wording.clean(unit)}
        case Share():
            whole = record.denominator
            fields |= {"text": wording.share(record), "bar": min(1.0, record.numerator / whole) if whole else 0.0}
        case UnitProgress():
            done = Share(numerator=record.counted_count, denominator=record.target_count)
            fields["done"] = _fields(done)
            expected = record.expected_count
            fields["expected_bar"] = None if expected is None else min(1.0, expected / record.target_count)
        case ListContext():
            fields["rows"] = [
                [printed_cell(cell, column.format) for cell, column in zip(row, record.columns, strict=True)]
                for row in record.rows
            ]
            fields["widths"] = [float(column.width) for column in record.columns]
            fields["is_numeric"] = [column.format in _NUMERIC for column in record.columns]
        case _:
            pass
    return fields


_NUMERIC = frozenset({ColumnFormat.COUNT, ColumnFormat.MONEY_FEN, ColumnFormat.MINUTES})


def _printed(value: object, name: str) -> Printed:  # noqa: PLR0911 - one case for each kind of value
    """Write one value by its type and, for numbers, by the unit in its name."""
    match value:
        case None | bool():
            return value
        case BaseModel():
            return _fields(value)
        case Term():
            return value.label
        case str():
            return wording.clean(value)
        case datetime():
            return wording.chinese_instant(value)
        case date():
            return wording.chinese_month(value) if name == "month_on" else wording.chinese_date(value)
        case int() | Decimal():
            return _number(value, name)
        case Mapping():
            return {str(key): _printed(item, name) for key, item in value.items()}
        case Sequence():
            return [] if name == "rows" else [_printed(item, name) for item in value]
        case _:
            return wording.clean(str(value))


def _number(value: int | Decimal, name: str) -> str:
    """Write a number by the unit in its field's name."""
    if name.endswith("_fen"):
        return wording.yuan(int(value))
    if name.endswith("_minutes"):
        return wording.hours(int(value))
    if name == "ratio" or name.endswith("_ratio"):
        return wording.plain_percent(Decimal(value))
    if name in _PLAIN_NAMES or name.endswith("_id"):
        return str(value)
    return wording.thousands(value)


def _figures(value: object) -> list[Figure]:
    """Find every figure of a context, in the order of its fields."""
    match value:
        case Figure():
            return [value]
        case BaseModel():
            return [figure for name in type(value).model_fields for figure in _figures(getattr(value, name))]
        case tuple() | list():
            return [figure for item in value if isinstance(item, BaseModel) for figure in _figures(item)]
        case _:
            return []
