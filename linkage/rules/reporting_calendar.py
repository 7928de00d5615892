"""When a community's summary falls due, and for which days.

Pure. A monthly summary is due on its day of the month for the calendar month before it; a weekly one on its weekday
for the seven days before it. Periods are cut to the project's own days. Hours are local (Asia/Shanghai).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, timezone
from itertools import takewhile
from typing import Final, NamedTuple

from linkage.schemas.charter_calendar import SummaryRule

LOCAL: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has had no summer time since 1991."""

WEEK: Final = timedelta(days=7)


class SummaryPeriod(NamedTuple):
    """The days one summary is about, when it is due, and when the next one takes its place."""

    from_on: date
    to_on: date
    due_at: datetime
    next_due_at: datetime


def periods_due(rule: SummaryRule, from_on: date, to_on: date, now: datetime) -> tuple[SummaryPeriod, ...]:
    """List the summaries that have fallen due by an instant, oldest first.

    Parameters
    ----------
    from_on, to_on
        The project's period.
    """
    spans = _months(rule, from_on) if rule.day_of_month is not None else _weeks(rule, from_on)
    return tuple(
        SummaryPeriod(max(start, from_on), min(end, to_on), due_at, next_due_at)
        for start, end, due_at, next_due_at in takewhile(
            lambda span: span.due_at <= now and span.from_on <= to_on, spans
        )
    )


def _months(rule: SummaryRule, from_on: date) -> Iterator[SummaryPeriod]:
    first = from_on.replace(day=1)
    while True:
        following = _next_month(first)
        due_on = following.replace(day=rule.day_of_month or 1)
        next_due_on = _next_month(following).replace(day=rule.day_of_month or 1)
        yield SummaryPeriod(first, following - timedelta(days=1), _at(rule, due_on), _at(rule, next_due_on))
        first = following


def _weeks(rule: SummaryRule, from_on: date) -> Iterator[SummaryPeriod]:
    due_on = from_on + timedelta(days=1)
    due_on += timedelta(days=((rule.weekday or 1) - due_on.isoweekday()) % 7)
    while True:
        yield SummaryPeriod(due_on - WEEK, due_on - timedelta(days=1), _at(rule, due_on), _at(rule, due_on + WEEK))
        due_on += WEEK


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _at(rule: SummaryRule, day: date) -> datetime:
    return datetime.combine(day, time(rule.hour), LOCAL)
