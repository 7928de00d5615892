"""What a single cell of text can be: nothing, a number, a date, or a value the spreadsheet program has destroyed.

Rules about one cell only; what a whole column is gets decided in `kinds.py`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

CHINA: Final = timezone(timedelta(hours=8))  # exports of Chinese programs carry local time without saying so

NUMBER: Final = re.compile(
    r"[+-]?(?:0|[1-9]\d{0,6})(?:\.\d{1,10})?"
)  # longer runs of digits are telephone or other numbers
_DATE_LIKE: Final = re.compile(
    r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:[T ]\d{1,2}:\d{2}.*)?|\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?"
)
_DESTROYED: Final = re.compile(r"[+-]?(?:\d\.\d+[eE]\+?\d{1,3}|\d[eE]\+\d{1,3}|\d{16,}\.0)")
_ERROR: Final = frozenset({"#N/A", "#VALUE!", "#REF!", "#DIV/0!", "#NUM!", "#NAME?", "#NULL!", "#GETTING_DATA"})
_MOMENT: Final = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:\s*(\d{1,2})[:：时](\d{1,2})(?:[:：分](\d{1,2})秒?|分)?(?:\.\d+)?)?"
)


def is_date_like(text: str) -> bool:
    """Tell whether the text is a date, a time or both."""
    return _DATE_LIKE.fullmatch(text) is not None


def number(text: str) -> int | float | None:
    """Return the number the text is, or None; identity, telephone and postal numbers are not numbers."""
    if not NUMBER.fullmatch(text):
        return None
    value = float(text)
    return int(value) if value.is_integer() else value


def damage(text: str) -> str | None:
    """Return why the cell is refused, or None if it is sound."""
    if _DESTROYED.fullmatch(text):
        return (
            f"The cell holds {text}: the spreadsheet program turned a long number (an ID or bank number?) into a "
            "rounded one, and its last digits are lost. Format the column as text before the numbers are entered, "
            "or export again without opening the file in a spreadsheet program"
        )
    if text in _ERROR:
        return f"The cell holds the spreadsheet error {text}. Correct the formula and save the values"
    return None


def moment(text: str, zone: timezone) -> datetime | None:
    """Return the instant in UTC the text names, or None if it names none.

    Parameters
    ----------
    zone
        Where the clock stood if the text does not say.
    """
    try:
        found = _MOMENT.fullmatch(text)
        parsed = (
            datetime(*(int(part or 0) for part in found.groups()), tzinfo=zone)  # type: ignore[arg-type, misc]  # six numbers
            if found
            else datetime.fromisoformat(text)
        )
        if parsed.tzinfo is None:
            parsed = parsed.replace(tzinfo=zone)
        return parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
