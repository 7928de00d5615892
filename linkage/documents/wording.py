"""How values are written in Chinese documents: money, dates, hours, shares, thousands.

Every function turns one value into text and knows nothing else; the same ones serve the HTML, the PDF and
the messages, so that a number never reads differently in two places. Times are shown in Asia/Shanghai.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

from linkage.rules.figures import percent_with_n, percentage
from linkage.schemas.figure import MINUTES_UNIT, PERCENT_UNIT, YUAN_UNIT, Figure, Share

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has had no summer time since 1991; documents are of this century."""

NOTHING = "—"
"""Printed where nothing was counted, which is not zero."""

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Characters that only select a variant of the one before them."""


def thousands(number: int | Decimal) -> str:
    """Write 10328 as `10,328`."""
    return f"{number:,}"


def yuan(fen: int) -> str:
    """Write 123456 fen as `1,234.56 元`."""
    return f"{_yuan_digits(fen)} 元"


def capital_yuan(fen: int) -> str:
    """Write 123456 fen as `壹仟贰佰叁拾肆元伍角陆分`, as vouchers want it."""
    import cn2an  # slow to load, and few documents spell an amount out

    words = str(cn2an.an2cn(_yuan_digits(abs(fen)).replace(",", ""), "rmb"))
    return f"负{words}" if fen < 0 else words


def chinese_date(day: date) -> str:
    """Write a day as `2024年7月1日`."""
    local = day.astimezone(SHANGHAI) if isinstance(day, datetime) else day
    return f"{local.year}年{local.month}月{local.day}日"


def chinese_month(day: date) -> str:
    """Write the month of a day as `2024年7月`."""
    return f"{day.year}年{day.month}月"


def chinese_instant(instant: datetime) -> str:
    """Write an instant as `2024年7月1日 09:30`, Asia/Shanghai."""
    local = instant.astimezone(SHANGHAI)
    return f"{chinese_date(local)} {local:%H:%M}"


def hours(minutes: int) -> str:
    """Write minutes as hours without rounding: `2.5 小时`, `1 小时 40 分`."""
    digits, unit = _hour_parts(minutes)
    return f"{digits} {unit}"


def share(part: Share) -> str:
    """Write a share with its counts: `85.71%（6/7）`; of nothing there is none."""
    percent = percentage(part.numerator, part.denominator)
    if percent is None:
        return NOTHING
    return f"{percent}%（{part.numerator:,}/{part.denominator:,}）"


def plain_percent(ratio: Decimal) -> str:
    """Write an agreed ratio (a tranche's 0.4) as `40%`; a measured one goes through `share`."""
    return f"{_trimmed(ratio * 100)}%"


def figure_parts(figure: Figure) -> tuple[str, str]:
    """Write a figure as digits and unit: (`10,328`, `人次`), (`97.85`, `%（n=93）`)."""
    if figure.value is None:
        return NOTHING, ""
    if figure.unit == MINUTES_UNIT:
        return _hour_parts(int(figure.value))
    if figure.unit == YUAN_UNIT:
        return f"{figure.value:,.2f}", YUAN_UNIT
    if figure.unit == PERCENT_UNIT and figure.n is not None:
        if figure.numerator is not None:
            return str(figure.value), f"%（{figure.numerator:,}/{figure.n:,}）"
        text = percent_with_n(Decimal(figure.value), figure.n)
        return str(figure.value), text.removeprefix(str(figure.value))
    return thousands(figure.value), figure.unit


def clean(text: str) -> str:
    """Drop what has no place on paper: control and bidirectional marks, joiners, private-use characters.

    They print as nothing or as a box, and the bidirectional ones could make a line read as another. Line
    breaks stay; tabs become spaces.
    """
    spaced = text.replace("\t", " ").replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join(map(_clean_line, spaced.split("\n")))


def _clean_line(line: str) -> str:
    """Clean one line; almost every line is clean and is only looked at."""
    if line.isprintable() and _SELECTORS.search(line) is None and unicodedata.is_normalized("NFC", line):
        return line
    return "".join(
        character
        for character in unicodedata.normalize("NFC", line)
        if unicodedata.category(character) not in _INVISIBLE and not _SELECTORS.match(character)
    )


def _yuan_digits(fen: int) -> str:
    """Write fen as yuan with two decimals, exactly."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def _hour_parts(minutes: int) -> tuple[str, str]:
    """Write minutes as digits and unit, in tenths of an hour where that is exact."""
    if minutes % 6 == 0:
        return f"{_trimmed(Decimal(minutes) / 60):,}", "小时"
    whole, rest = divmod(minutes, 60)
    return (f"{whole:,}", f"小时 {rest} 分") if whole else (str(rest), "分钟")


def _trimmed(number: Decimal) -> Decimal:
    """Drop trailing zeros without falling into scientific notation."""
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()
