"""Which figures are possible, which may be combined, and how a percentage is written.

The field reports that this project grew from print satisfaction figures no survey of their size could give,
divide counts of one cut-off date by counts of another, and add visits to persons. Those are refused here, by
pure functions; nothing here reads records or writes text other than a percentage with its n.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from linkage.errors import ImpossibleFigure, IncomparableFigures
from linkage.schemas.figure import PERCENT_UNIT, Figure


def is_reachable(percent: Decimal, n: int) -> bool:
    """Tell whether some count out of `n`, rounded to the places shown, gives this percentage.

    97.85 is 91 of 93 and cannot come from fewer answers. A value exactly between two printed ones may have
    been rounded either way and counts as reachable.

    Parameters
    ----------
    percent
        0 to 100; its number of decimals is the precision that was printed.
    n
        The base, at least 1.
    """
    if n < 1 or not 0 <= percent <= 100:
        return False
    half_a_step = Fraction(1, 2 * 10 ** _places(percent))
    wanted = Fraction(percent)
    lower = int(wanted * n / 100)
    return any(abs(Fraction(100 * count, n) - wanted) <= half_a_step for count in (lower, lower + 1) if count <= n)


def percentage(numerator: int, denominator: int, places: int = 2) -> Decimal | None:
    """Round a part of a whole to a percentage, half up; None when there is no whole."""
    if denominator < 1:
        return None
    exact = Fraction(100 * numerator, denominator)
    step = 10**places
    rounded = (exact.numerator * step * 2 + exact.denominator) // (exact.denominator * 2)
    return Decimal(rounded).scaleb(-places)


def percent_with_n(percent: Decimal, n: int) -> str:
    """Write a percentage with its base, as it must always be printed.

    Raises
    ------
    ImpossibleFigure
        No count out of `n` gives this percentage.
    """
    if not is_reachable(percent, n):
        raise ImpossibleFigure(
            f"{percent}% cannot come from n={n}: no count out of {n} rounds to it; give the numerator and denominator"
        )
    return f"{percent}%（n={n:,}）"


def faults(figure: Figure) -> tuple[str, ...]:
    """List what makes a figure impossible to print; an empty result is a sound figure."""
    found = []
    if figure.value is not None and figure.unit == PERCENT_UNIT and figure.n is not None:
        percent = Decimal(figure.value)
        if figure.numerator is None:
            if not is_reachable(percent, figure.n):
                found.append(f"{figure.trace} {figure.code}: {percent}% cannot come from n={figure.n}")
        elif not _rounds_to(figure.numerator, figure.n, percent):
            found.append(f"{figure.trace} {figure.code}: {percent}% is not {figure.numerator} of {figure.n}")
    if figure.cut_off_on < figure.period.from_on:
        found.append(f"{figure.trace} {figure.code}: the cut-off {figure.cut_off_on} lies before its period begins")
    return tuple(found)


def ratio(numerator: Figure, denominator: Figure) -> Fraction:
    """Divide one counted figure by another of the same cut-off date and period.

    Raises
    ------
    IncomparableFigures
        Another cut-off date or period, a percentage, a missing value or an empty whole.
    """
    pair = f"{numerator.trace} {numerator.code} / {denominator.trace} {denominator.code}"
    _same_dates((numerator, denominator), pair)
    if PERCENT_UNIT in {numerator.unit, denominator.unit}:
        raise IncomparableFigures(f"{pair}: a percentage is not divided; divide the counts behind it")
    if numerator.value is None or not denominator.value:
        raise IncomparableFigures(f"{pair}: nothing was counted on one side, so there is no ratio")
    return Fraction(numerator.value) / Fraction(denominator.value)


def total(figures: Sequence[Figure]) -> Decimal:
    """Add figures of one unit, one cut-off date and one period.

    Person-times are not persons, and meals may be contained in person-times: figures of two units are never
    added. Percentages are never added at all.

    Raises
    ------
    IncomparableFigures
        Nothing to add, two units, two dates, a percentage or a missing value.
    """
    names = " + ".join(f"{figure.trace} {figure.code}" for figure in figures)
    if not figures:
        raise IncomparableFigures("there is nothing to add; name the figures")
    units = {figure.unit for figure in figures}
    if len(units) > 1:
        raise IncomparableFigures(f"{names}: different units ({', '.join(sorted(units))}) are never added")
    if PERCENT_UNIT in units:
        raise IncomparableFigures(f"{names}: percentages are never added; add the counts behind them")
    _same_dates(figures, names)
    values = [figure.value for figure in figures if figure.value is not None]
    if len(values) < len(figures):
        raise IncomparableFigures(f"{names}: one of them was not counted; leave it out by name")
    return sum((Decimal(value) for value in values), Decimal(0))


def _same_dates(figures: Sequence[Figure], names: str) -> None:
    """Refuse figures that were counted to different days or over different periods."""
    if len({figure.cut_off_on for figure in figures}) > 1:
        days = ", ".join(str(day) for day in sorted({figure.cut_off_on for figure in figures}))
        raise IncomparableFigures(f"{names}: counted to different days ({days}); count both to one day")
    if len({(figure.period.from_on, figure.period.to_on) for figure in figures}) > 1:
        raise IncomparableFigures(f"{names}: counted over different periods; count both over one")


def _rounds_to(numerator: int, denominator: int, percent: Decimal) -> bool:
    """Tell whether exactly this count gives the percentage as printed."""
    if denominator < 1:
        return False
    exact = Fraction(100 * numerator, denominator)
    return abs(exact - Fraction(percent)) <= Fraction(1, 2 * 10 ** _places(percent))


def _places(number: Decimal) -> int:
    """How many decimals a number is written with."""
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
