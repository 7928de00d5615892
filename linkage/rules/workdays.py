"""Chinese working days: weekends, public holidays, and the weekend days that are worked in exchange (调休).

Legal limits such as order 67 art. 11 count working days, so holidays and make-up days both matter. The State
Council publishes the swaps of a year in the autumn before; the library carries them for the years it knows, and
an override (from `config/calendar`) wins over it day by day. For a year whose swaps nobody has told, only the
weekends and the statutory days are known: a result that touched such a year says so. This module reads no file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

SATURDAY: Final = 6
_SWAPPED: Final = "substituted"


class CalendarYear(NamedTuple):
    """What an installation knows better than the library about one year.

    Parameters
    ----------
    days_off, work_days
        Days that are free though they may look like working days, and weekend days that are worked.
    """

    year: int
    days_off: tuple[date, ...] = ()
    work_days: tuple[date, ...] = ()


@dataclass(frozen=True)
class WorkCalendar:
    """The days off and the worked weekend days of some years.

    Parameters
    ----------
    known_years
        Years whose swaps have been published and are in here.
    """

    days_off: frozenset[date]
    work_days: frozenset[date]
    known_years: frozenset[int]

    def is_working(self, day: date) -> bool:
        """Say whether a day is worked; a make-up day on a weekend is, a holiday in the week is not."""
        if day in self.work_days:
            return True
        return day.isoweekday() < SATURDAY and day not in self.days_off


class WorkingDay(NamedTuple):
    """A day found by counting working days.

    Parameters
    ----------
    unknown_years
        Years that the count touched and whose swaps are unknown: the day may shift when they are published.
    """

    on: date
    unknown_years: tuple[int, ...] = ()


def add_working_days(start_on: date, n: int, calendar: WorkCalendar) -> WorkingDay:
    """Return the n-th working day after a day; the day itself is not counted.

    Parameters
    ----------
    n
        At least 1.
    """
    if n < 1:
        raise ValueError(f"working days are counted from 1, not {n}")
    day, left, years = start_on, n, {start_on.year}
    while left:
        day += timedelta(days=1)
        years.add(day.year)
        left -= calendar.is_working(day)
    return WorkingDay(day, tuple(sorted(years - calendar.known_years)))


def working_days_between(from_on: date, to_on: date, calendar: WorkCalendar) -> tuple[date, ...]:
    """List the working days of a span, both ends included."""
    span = (from_on + timedelta(days=offset) for offset in range((to_on - from_on).days + 1))
    return tuple(day for day in span if calendar.is_working(day))


def china_calendar(years: Iterable[int], overrides: Sequence[CalendarYear] = ()) -> WorkCalendar:
    """Build the calendar of some years from the library, corrected by overrides day by day.

    A year counts as known if the library has a swapped day in it (every year since 2001 has had one) or if an
    override names it.
    """
    return _calendar(tuple(sorted(set(years))), tuple(overrides))


@lru_cache(maxsize=16)
def _calendar(years: tuple[int, ...], overrides: tuple[CalendarYear, ...]) -> WorkCalendar:
    from holidays import country_holidays  # 0.4 s: every country is imported with it

    official = country_holidays("CN", years=years, language="en_US")
    worked = {day for day in official.weekend_workdays if day.year in years}
    off = set(official)
    known = {day.year for day in worked} | {day.year for day, name in official.items() if _SWAPPED in name}
    for year in overrides:
        off = (off | set(year.days_off)) - set(year.work_days)
        worked = (worked | set(year.work_days)) - set(year.days_off)
        known.add(year.year)
    return WorkCalendar(frozenset(off), frozenset(worked), frozenset(known))
