"""Which activities a cycle holds: one for each day a service's schedule names, or as many as accepted needs ask.

Weekdays, days of the month, every-n-days and dates are taken as the charter states them, public holidays
included: whoever wrote `weekdays: [1, 3, 5]` for a canteen means the holidays too, and the reviewer strikes
out single days. Only `times_per_week` leaves the days open, and takes working days before days off. The same
charter, needs and days give the same codes, so planning twice plans once. Nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final

from linkage.rules.workdays import WorkCalendar, working_days_between
from linkage.schemas.charter_party import Schedule, ServiceItem
from linkage.terms import ServiceMethod

LOCAL: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has had no summer time since 1991."""

DEFAULT_START: Final = time(9)
"""Where accepted needs ask for a session and the charter gives no hour; example, unverified."""
DEFAULT_MINUTES: Final = 60
SESSIONS_PER_DAY: Final = 8
"""Sessions of one unscheduled service on one day that follow each other; more run side by side."""

WEEK: Final = 7


@dataclass(frozen=True)
class SeatPlan:
    """Seats of one skill at an activity.

    Parameters
    ----------
    skill
        Empty if none is asked.
    is_lead
        The seat of the one who leads; it stands beside the crew.
    """

    skill: str
    is_lead: bool
    min_count: int
    target_count: int


@dataclass(frozen=True)
class ActivityPlan:
    """One occasion of a service, with the seats it needs."""

    service_code: str
    code: str
    series: str | None
    capacity: int
    held_on: date
    starts_at: datetime
    ends_at: datetime
    seats: tuple[SeatPlan, ...]


@dataclass(frozen=True)
class PlanSpan:
    """The days to plan.

    Parameters
    ----------
    cycle_from_on
        The cycle's first day; `every_n_days` counts from it.
    from_on, to_on
        The days that may hold activities, both included; `from_on` is later than the cycle's first day when
        planning is late.
    """

    cycle: int
    cycle_from_on: date
    from_on: date
    to_on: date

    def days(self) -> tuple[date, ...]:
        """List the days of the span."""
        return tuple(self.from_on + timedelta(days=offset) for offset in range((self.to_on - self.from_on).days + 1))


def plan_activities(
    items: Sequence[ServiceItem], accepted: Mapping[str, int], span: PlanSpan, calendar: WorkCalendar
) -> tuple[ActivityPlan, ...]:
    """Plan a cycle's activities, in order of time.

    Parameters
    ----------
    accepted
        How many needs each service accepted this cycle, by service code. It matters for services without a
        schedule; a scheduled one is held whether or not needs were matched to it.
    """
    plans: list[ActivityPlan] = []
    for item in items:
        if item.schedule is not None:
            plans += [_session(item, span, day) for day in occurrences(item.schedule, span, calendar)]
        elif accepted.get(item.code, 0):
            plans += _asked_sessions(item, accepted[item.code], span, calendar)
    return tuple(sorted(plans, key=lambda plan: (plan.starts_at, plan.code)))


def occurrences(schedule: Schedule, span: PlanSpan, calendar: WorkCalendar) -> tuple[date, ...]:
    """List the days of the span on which a schedule holds."""
    days = span.days()
    if schedule.on_dates is not None:
        named = set(schedule.on_dates)
        return tuple(day for day in days if day in named)
    if schedule.weekdays is not None:
        return tuple(day for day in days if day.isoweekday() in schedule.weekdays)
    if schedule.day_of_month is not None:
        return tuple(day for day in days if day.day == schedule.day_of_month)
    if schedule.every_n_days is not None:
        return tuple(day for day in days if (day - span.cycle_from_on).days % schedule.every_n_days == 0)
    return tuple(day for week in _weeks(days) for day in _spread_in_week(week, schedule.times_per_week or 0, calendar))


def _weeks(days: Sequence[date]) -> list[list[date]]:
    weeks: dict[tuple[int, int], list[date]] = {}
    for day in days:
        weeks.setdefault(day.isocalendar()[:2], []).append(day)
    return list(weeks.values())


def _spread_in_week(week: Sequence[date], times: int, calendar: WorkCalendar) -> list[date]:
    """Choose days evenly, working days first; the two parts of a week that a cycle's end cuts share its times."""
    wanted = (times * len(week) + WEEK // 2) // WEEK
    working = [day for day in week if calendar.is_working(day)]
    rest = [day for day in week if not calendar.is_working(day)]
    chosen = _evenly(working, min(wanted, len(working)))
    return sorted(chosen + _evenly(rest, min(wanted - len(chosen), len(rest))))


def _evenly(days: Sequence[date], count: int) -> list[date]:
    return [days[(2 * index + 1) * len(days) // (2 * count)] for index in range(count)]


def _session(item: ServiceItem, span: PlanSpan, day: date) -> ActivityPlan:
    schedule = item.schedule
    start, minutes = (
        (DEFAULT_START, DEFAULT_MINUTES) if schedule is None else (schedule.start, schedule.duration_minutes)
    )
    starts_at = datetime.combine(day, start, LOCAL).astimezone(UTC)
    return ActivityPlan(
        service_code=item.code,
        code=f"{item.code}-{day.isoformat()}",
        series=series_of(item, span.cycle),
        capacity=item.capacity_each,
        held_on=day,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        seats=seats_of(item),
    )


def _asked_sessions(item: ServiceItem, quantity: int, span: PlanSpan, calendar: WorkCalendar) -> list[ActivityPlan]:
    """Spread the sessions that accepted needs ask evenly over the working days; several a day follow each other."""
    count = -(-quantity // item.capacity_each)
    days = working_days_between(span.from_on, span.to_on, calendar) or span.days()
    if not days:
        return []
    plans: list[ActivityPlan] = []
    ordinals: dict[date, int] = {}
    for index in range(count):
        day = days[(2 * index + 1) * len(days) // (2 * count)]
        ordinal = ordinals[day] = ordinals.get(day, 0) + 1
        first = _session(item, span, day)
        shift = timedelta(minutes=DEFAULT_MINUTES * ((ordinal - 1) % SESSIONS_PER_DAY))
        plans.append(
            ActivityPlan(
                service_code=first.service_code,
                code=first.code if ordinal == 1 else f"{first.code}-{ordinal}",
                series=first.series,
                capacity=first.capacity,
                held_on=day,
                starts_at=first.starts_at + shift,
                ends_at=first.ends_at + shift,
                seats=first.seats,
            )
        )
    return plans


def series_of(item: ServiceItem, cycle: int) -> str | None:
    """Return what a session belongs to: a group's sessions of one cycle share one series.

    A case is one beneficiary's, so its series is known only when a service is recorded (`case_series`).
    """
    return f"{item.code}-c{cycle}" if item.method is ServiceMethod.GROUP_WORK else None


def case_series(service_code: str, person_id: int) -> str:
    """Return the series of one beneficiary's case; it goes on over cycles."""
    return f"{service_code}-person-{person_id}"


def seats_of(item: ServiceItem) -> tuple[SeatPlan, ...]:
    """List the seats a session offers: its crew, cut to its places, and the one who leads.

    Places without a crew are open seats that need not be filled. Where places are fewer than the crew's target,
    minimums are kept and the rest is given out in the crew's order.
    """
    places = None if item.schedule is None else item.schedule.places
    lead = (SeatPlan("", is_lead=True, min_count=1, target_count=1),) if item.needs_lead else ()
    if not item.crew:
        return (*lead, SeatPlan("", is_lead=False, min_count=0, target_count=places)) if places else lead
    left = None if places is None else places - sum(need.min for need in item.crew)
    seats: list[SeatPlan] = []
    for need in item.crew:
        more = need.target - need.min if left is None else min(need.target - need.min, max(0, left))
        left = None if left is None else left - more
        if need.min + more:
            seats.append(SeatPlan(need.skill or "", is_lead=False, min_count=need.min, target_count=need.min + more))
    return (*lead, *seats)
