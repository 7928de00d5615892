"""How many people a wave of calls or visits needs, when it ends, and what each does: exact rational arithmetic.

It counts; it knows no people, dates or numbers to call. A rate is kept as the fraction it came from: a rounded
one can ask for a person more (30,000 contacts in 1,456 hours of work need 56 people for two days of 13 hours, at a
"rate of 20.6" they need 57).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor, isfinite
from typing import Final, Self

from linkage.errors import InvalidProblem
from linkage.terms import SurgeFactor

Number = int | float | Fraction | str

MAX_CONTACTS: Final = 10**9
MAX_PEOPLE: Final = 10**6
MAX_DAYS: Final = 366
"""Days that quotas are told for, and the longest target."""

HOURS_PER_DAY: Final = 24


@dataclass(frozen=True, kw_only=True)
class SurgeProblem:
    """A wave of contacts; build with `of`, which raises `InvalidProblem` with every mistake.

    Parameters
    ----------
    contacts
        Households or persons to be reached, each once.
    contacts_per_hour
        Attempts one person makes in an hour, > 0.
    hours_per_day
        Hours each person works on a day, 0 < hours <= 24.
    people_by_day
        People on day 1, 2, ..; the last number holds for every day after.
    retry_share
        Share of attempts that must be made again, 0 <= share < 1; repeated attempts fail as often as first ones.
    days
        Days in which the wave should be over, or None.
    """

    contacts: int
    contacts_per_hour: Fraction
    hours_per_day: Fraction
    people_by_day: tuple[int, ...]
    retry_share: Fraction
    days: int | None

    @classmethod
    def of(
        cls,
        *,
        contacts: int,
        contacts_per_hour: Number,
        hours_per_day: Number,
        people_by_day: Sequence[int] = (),
        retry_share: Number = 0,
        days: int | None = None,
    ) -> Self:
        """Take numbers as they are written: 20.6 is 206/10, "30000/1456" is that fraction."""
        mistakes: list[str] = []
        rate = _fraction("contacts_per_hour", contacts_per_hour, mistakes)
        hours = _fraction("hours_per_day", hours_per_day, mistakes)
        retry = _fraction("retry_share", retry_share, mistakes)
        people = tuple(people_by_day)
        checks = (
            (not _is_count(contacts, MAX_CONTACTS), f"contacts: must be a whole number in 0 .. {MAX_CONTACTS}"),
            (rate is not None and rate <= 0, "contacts_per_hour: must be more than 0"),
            (hours is not None and not 0 < hours <= HOURS_PER_DAY, "hours_per_day: must be more than 0, at most 24"),
            (retry is not None and not 0 <= retry < 1, "retry_share: must be at least 0 and less than 1"),
            (
                days is not None and (not _is_count(days, MAX_DAYS) or days == 0),
                f"days: must be a whole number in 1 .. {MAX_DAYS}",
            ),
        )
        mistakes += [message for is_wrong, message in checks if is_wrong]
        mistakes += [
            f"people_by_day: day {day} must be a whole number in 0 .. {MAX_PEOPLE}"
            for day, count in enumerate(people, 1)
            if not _is_count(count, MAX_PEOPLE)
        ]
        if mistakes or rate is None or hours is None or retry is None:
            raise InvalidProblem(
                f"the surge problem has {len(mistakes)} mistake(s); correct them and try again", mistakes
            )
        return cls(
            contacts=contacts,
            contacts_per_hour=rate,
            hours_per_day=hours,
            people_by_day=people,
            retry_share=retry,
            days=days,
        )

    @property
    def attempts(self) -> Fraction:
        """Attempts expected until every contact is reached."""
        return self.contacts / (1 - self.retry_share)

    @property
    def work_hours(self) -> Fraction:
        """Hours of work, by everybody together."""
        return self.attempts / self.contacts_per_hour


@dataclass(frozen=True, kw_only=True)
class DayQuota:
    """What is done on one day: `people_more` of the people reach `each` + 1 contacts, the others `each`."""

    day: int
    people: int
    contacts: int
    each: int
    people_more: int


@dataclass(frozen=True, kw_only=True)
class SurgeVariant:
    """The answer if one number were another; None as in `SurgePlan`."""

    factor: SurgeFactor
    value: Fraction
    people_needed: int | None
    days_needed: Fraction | None


@dataclass(frozen=True, kw_only=True)
class SurgePlan:
    """What a wave takes.

    Parameters
    ----------
    work_hours
        Hours of work, by everybody together.
    people_needed
        Fewest people who finish within `days`, the same every day; None without a target.
    days_needed
        Days until the people given have finished, the last day in part; None if they never do.
    is_met
        The people given finish within the target; None without a target.
    people_short
        For each target day, people missing to `people_needed`.
    quotas
        Of the people given, day by day, at most `MAX_DAYS`.
    target_quotas
        Of `people_needed`, day by day.
    sensitivity
        The same question at a rate 10 % lower and higher, an hour a day less and more, one point and 10 points more
        retries, one person more a day.
    """

    work_hours: Fraction
    people_needed: int | None
    days_needed: Fraction | None
    is_met: bool | None
    people_short: tuple[int, ...]
    quotas: tuple[DayQuota, ...]
    target_quotas: tuple[DayQuota, ...]
    sensitivity: tuple[SurgeVariant, ...]


def plan(problem: SurgeProblem) -> SurgePlan:
    """Answer how many people the wave needs, when it ends, and what each person's share is."""
    needed = people_needed(problem)
    took = days_needed(problem)
    is_met: bool | None = None
    short: tuple[int, ...] = ()
    target_quotas: tuple[DayQuota, ...] = ()
    if problem.days is not None and needed is not None:
        is_met = took is not None and took <= problem.days
        short = tuple(max(0, needed - _people_on(problem, day)) for day in range(1, problem.days + 1))
        target_quotas = quotas(replace(problem, people_by_day=(needed,)))
    return SurgePlan(
        work_hours=problem.work_hours,
        people_needed=needed,
        days_needed=took,
        is_met=is_met,
        people_short=short,
        quotas=quotas(problem),
        target_quotas=target_quotas,
        sensitivity=tuple(_variants(problem)),
    )


def people_needed(problem: SurgeProblem) -> int | None:
    """Tell the fewest people who finish within the target, the same number every day."""
    if problem.days is None:
        return None
    return ceil(problem.work_hours / (problem.hours_per_day * problem.days))


def days_needed(problem: SurgeProblem) -> Fraction | None:
    """Tell after how many days the people given have finished; None if they never do."""
    left = problem.work_hours
    for day, people in enumerate(problem.people_by_day):
        done = people * problem.hours_per_day
        if done >= left:
            return day + (left / done if left else Fraction(0))
        left -= done
    steady = _people_on(problem, len(problem.people_by_day)) * problem.hours_per_day
    if not left:
        return Fraction(0)
    return len(problem.people_by_day) + left / steady if steady else None


def contacts_possible(problem: SurgeProblem, days: int) -> int:
    """Tell how many contacts the people given reach in some days: the inverse of `days_needed`."""
    return floor(_reached(problem, days))


def contacts_per_hour_needed(problem: SurgeProblem) -> Fraction | None:
    """Tell the slowest rate at which the people given finish within the target; None without people or target."""
    if problem.days is None:
        return None
    hours = sum(_people_on(problem, day) for day in range(1, problem.days + 1)) * problem.hours_per_day
    return problem.attempts / hours if hours else None


def hours_per_day_needed(problem: SurgeProblem) -> Fraction | None:
    """Tell the shortest day on which the people given finish within the target; None if 24 hours are too few."""
    if problem.days is None:
        return None
    people_days = sum(_people_on(problem, day) for day in range(1, problem.days + 1))
    if not people_days or problem.work_hours > people_days * HOURS_PER_DAY:
        return None
    return problem.work_hours / people_days


def quotas(problem: SurgeProblem) -> tuple[DayQuota, ...]:
    """Split the contacts among days by what the people given can reach, and each day evenly among them."""
    rows = []
    before = 0
    for day in range(1, MAX_DAYS + 1):
        if before >= problem.contacts or _is_idle_from(problem, day):
            break
        until = min(problem.contacts, floor(_reached(problem, day)))
        people = _people_on(problem, day)
        each, people_more = divmod(until - before, people) if people else (0, 0)
        rows.append(DayQuota(day=day, people=people, contacts=until - before, each=each, people_more=people_more))
        before = until
    return tuple(rows)


def _variants(problem: SurgeProblem) -> Iterator[SurgeVariant]:
    rate, hours, retry = problem.contacts_per_hour, problem.hours_per_day, problem.retry_share
    tenth = Fraction(1, 10)
    changed: list[tuple[SurgeFactor, Fraction, SurgeProblem]] = [
        (SurgeFactor.CONTACTS_PER_HOUR, value, replace(problem, contacts_per_hour=value))
        for value in (rate * (1 - tenth), rate * (1 + tenth))
    ]
    changed += [
        (SurgeFactor.HOURS_PER_DAY, value, replace(problem, hours_per_day=value))
        for value in (hours - 1, hours + 1)
        if 0 < value <= HOURS_PER_DAY
    ]
    changed += [
        (SurgeFactor.RETRY_SHARE, value, replace(problem, retry_share=value))
        for value in (retry + tenth / 10, retry + tenth)
        if value < 1
    ]
    if problem.people_by_day:
        more = tuple(people + 1 for people in problem.people_by_day)
        changed.append((SurgeFactor.PEOPLE, Fraction(more[0]), replace(problem, people_by_day=more)))
    for factor, value, variant in changed:
        yield SurgeVariant(
            factor=factor, value=value, people_needed=people_needed(variant), days_needed=days_needed(variant)
        )


def _people_on(problem: SurgeProblem, day: int) -> int:
    """Tell the people on a day counted from 1; the last number given holds for ever."""
    if not problem.people_by_day:
        return 0
    return problem.people_by_day[min(max(day, 1), len(problem.people_by_day)) - 1]


def _is_idle_from(problem: SurgeProblem, day: int) -> bool:
    return not any(problem.people_by_day[day - 1 :]) and _people_on(problem, day) == 0


def _reached(problem: SurgeProblem, days: int) -> Fraction:
    given = min(days, len(problem.people_by_day))
    people_days = sum(problem.people_by_day[:given]) + (days - given) * _people_on(problem, days)
    return people_days * problem.hours_per_day * problem.contacts_per_hour * (1 - problem.retry_share)


def _fraction(name: str, value: Number, mistakes: list[str]) -> Fraction | None:
    """Read a number as it is written; name it if it is none."""
    if isinstance(value, float) and not isfinite(value):
        mistakes.append(f"{name}: not a number")
        return None
    try:
        return Fraction(str(value) if isinstance(value, float) else value)
    except (ValueError, ZeroDivisionError, TypeError):
        mistakes.append(f"{name}: not a number")
        return None


def _is_count(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most
