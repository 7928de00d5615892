"""Working days of China: weekends, holidays, make-up days, overrides, unknown years."""

from __future__ import annotations

from datetime import date

import pytest

from linkage.rules.workdays import (
    CalendarYear,
    WorkingDay,
    add_working_days,
    china_calendar,
    working_days_between,
)

YEARS = range(2024, 2028)


@pytest.mark.parametrize(
    ("start_on", "record_by_on"),
    [
        pytest.param(date(2024, 9, 30), date(2024, 10, 18), id="2024-holiday-1-to-7-work-on-saturday-12"),
        pytest.param(date(2025, 9, 30), date(2025, 10, 21), id="2025-holiday-1-to-8-work-on-saturday-11"),
        pytest.param(date(2026, 9, 30), date(2026, 10, 20), id="2026-holiday-1-to-7-work-on-saturday-10"),
        pytest.param(date(2024, 9, 28), date(2024, 10, 16), id="2024-sunday-29-is-worked"),
        pytest.param(date(2025, 1, 24), date(2025, 2, 13), id="2025-spring-festival-work-on-26-and-8"),
        pytest.param(date(2024, 7, 3), date(2024, 7, 17), id="no-holiday-in-between"),
        pytest.param(date(2024, 7, 6), date(2024, 7, 19), id="starts-on-a-saturday"),
    ],
)
def test_ten_working_days_across_holidays(start_on: date, record_by_on: date) -> None:
    """Records are made within 10 working days (order 67 art. 11): holidays do not count, make-up days do."""
    calendar = china_calendar(YEARS)

    assert WorkingDay(record_by_on) == add_working_days(start_on, 10, calendar)


def test_unknown_year_is_told() -> None:
    """A count that touches a year whose swaps are unknown names the year."""
    assert add_working_days(date(2099, 9, 30), 10, china_calendar([2099])).unknown_years == (2099,)
    assert add_working_days(date(2029, 12, 31), 1, china_calendar([2029, 2030], [CalendarYear(2029)]))[1] == (2030,)


def test_year_outside_the_calendar_knows_weekends_only() -> None:
    """A year the calendar was not built for counts by weekends and is told as unknown."""
    assert WorkingDay(date(2024, 10, 14), (2024,)) == add_working_days(date(2024, 9, 30), 10, china_calendar([2025]))


def test_override_wins_over_the_library() -> None:
    """A day named in the override is worked or free whatever the library says, and makes its year known."""
    override = CalendarYear(2099, days_off=(date(2099, 3, 4),), work_days=(date(2099, 10, 1), date(2099, 3, 7)))
    calendar = china_calendar([2099], [override])

    assert not calendar.is_working(date(2099, 3, 4))
    assert calendar.is_working(date(2099, 10, 1))
    assert calendar.is_working(date(2099, 3, 7))
    assert calendar.known_years == {2099}


def test_working_days_between_lists_both_ends() -> None:
    """A span's working days contain its ends if they are worked."""
    days = working_days_between(date(2024, 9, 29), date(2024, 10, 8), china_calendar(YEARS))

    assert (date(2024, 9, 29), date(2024, 9, 30), date(2024, 10, 8)) == days


def test_counting_from_zero_is_refused() -> None:
    """The day itself is never its own limit."""
    with pytest.raises(ValueError, match="counted from 1"):
        add_working_days(date(2024, 7, 1), 0, china_calendar([2024]))
