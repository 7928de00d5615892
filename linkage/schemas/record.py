"""The base of every record in `schemas`, and the small types their fields share.

A record is frozen and refuses unknown keys. Numbers are strict: a count is an integer, never `true` or
`"12"`; money and percentages are decimals taken from the text, never binary fractions. No rule about more
than one field stands here: those are checked with the whole file, where their lines are known.
"""

from __future__ import annotations

import contextlib
import re
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError


class Record(BaseModel):
    """A frozen record that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, hide_input_in_errors=True)


CODE_PATTERN = r"^[a-z][a-z0-9_-]{0,39}$"
DAY_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
CLOCK_PATTERN = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
AS_OF_PATTERN = r"^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"


def no_flag(value: Any) -> Any:
    """Refuse `true` where a number is meant; Python would count it as 1."""
    if isinstance(value, bool):
        raise PydanticCustomError("spelling", "a number is expected, not true or false")
    return value


def _day(value: Any) -> Any:
    """Refuse digits that would be read as seconds since 1970; leave the rest to the date type."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and re.fullmatch(DAY_PATTERN, value):
        with contextlib.suppress(ValueError):
            return date.fromisoformat(value)
    raise PydanticCustomError("spelling", "a day of the calendar is written as YYYY-MM-DD, e.g. 2024-07-01")


def _clock(value: Any) -> Any:
    """Read `"10:30"` as a time of day; refuse a bare number, which would be read as seconds."""
    if isinstance(value, time):
        return value
    if isinstance(value, str) and re.fullmatch(CLOCK_PATTERN, value):
        return time.fromisoformat(value)
    raise PydanticCustomError("spelling", 'a time of day is written as "HH:MM", e.g. "10:30"')


def _clock_text(value: time) -> str:
    return value.strftime("%H:%M")


def _as_of(value: Any) -> Any:
    """Keep a cut-off date as precise as its source gave it: a year, a month or a day."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


Code = Annotated[str, StringConstraints(pattern=CODE_PATTERN)]
"""A short name that other sections refer to; lower-case ASCII so that it fits a command line and a file name."""

Reference = Annotated[
    str,
    StringConstraints(min_length=1, max_length=120),
    WithJsonSchema({"type": "string", "pattern": CODE_PATTERN}),
]
"""A code that another section gives; whether it does is checked with the whole file."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]

Count = Annotated[int, Field(strict=True, ge=0, le=1_000_000_000)]
Positive = Annotated[int, Field(strict=True, ge=1, le=1_000_000_000)]
Age = Annotated[int, Field(strict=True, ge=0, le=130)]
Weekday = Annotated[int, Field(strict=True, ge=1, le=7)]
DayOfMonth = Annotated[int, Field(strict=True, ge=1, le=28)]
Flag = Annotated[bool, Field(strict=True)]

Ratio = Annotated[float, BeforeValidator(no_flag), Field(ge=0, le=1, allow_inf_nan=False)]
"""A share from 0 to 1, for simulation hints only; money and scores use decimals."""

Percent = Annotated[
    Decimal,
    BeforeValidator(no_flag),
    Field(gt=0, le=100, max_digits=9, decimal_places=6),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0, "maximum": 100},
                {"type": "string", "pattern": r"^\d+(\.\d+)?$"},
            ]
        }
    ),
]
Yuan = Annotated[
    Decimal,
    BeforeValidator(no_flag),
    Field(ge=0, le=Decimal(10_000_000_000), decimal_places=2),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": r"^\d+(\.\d{1,2})?$"}]}),
]
"""An amount of money in yuan with at most two decimals; code computes in integer fen."""

Number = Annotated[
    Decimal,
    BeforeValidator(no_flag),
    Field(max_digits=18, decimal_places=6),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}]}),
]
"""A number as its source printed it."""

Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "pattern": DAY_PATTERN}),
]
"""A calendar day in Asia/Shanghai, written YYYY-MM-DD."""

ClockTime = Annotated[
    time,
    BeforeValidator(_clock),
    PlainSerializer(_clock_text, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": CLOCK_PATTERN}),
]
AsOf = Annotated[
    str,
    BeforeValidator(_as_of),
    StringConstraints(pattern=AS_OF_PATTERN),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": AS_OF_PATTERN}, {"type": "integer"}]}),
]
"""A cut-off date as precise as its source gave it: `2022`, `2022-05` or `2022-05-31`."""


def to_fen(yuan: Decimal) -> int:
    """Turn an amount of at most two decimals into integer fen."""
    return int(yuan * 100)
