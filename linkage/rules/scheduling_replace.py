"""Who is asked next for a seat that was declined, let lapse or given up: least recently asked first.

A seat is offered again a bounded number of times, and never twice to the same person. Asking again disturbs
nobody who has accepted: nobody is moved from another shift.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from linkage.rules.scheduling import LOCAL
from linkage.rules.scheduling_roster import Candidate, PlannedOffer, RosterLimits

ROUNDS: Final = 3
"""How many times the empty seats of a shift are offered again before a person has to find somebody."""


class Span(NamedTuple):
    """A time somebody is already asked for or has promised."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Vacancy:
    """A shift with empty seats.

    Parameters
    ----------
    missing_count
        Seats for which no offer is open or accepted.
    rounds
        How many times this shift was offered again already.
    asked
        Everybody who was ever asked for this shift.
    """

    shift_id: int
    activity_id: int
    skill: str
    is_lead: bool
    starts_at: datetime
    ends_at: datetime
    missing_count: int
    rounds: int
    asked: frozenset[int]


class Replacements(NamedTuple):
    """Whom to ask, and the shifts for which nobody is left to ask."""

    offers: tuple[PlannedOffer, ...]
    hopeless: tuple[int, ...]


def replace(
    vacancies: Sequence[Vacancy],
    candidates: Sequence[Candidate],
    taken: Mapping[int, Sequence[Span]],
    last_asked_at: Mapping[int, datetime],
    limits: RosterLimits,
) -> Replacements:
    """Choose whom to ask for each empty seat, earliest activity first.

    Parameters
    ----------
    taken
        By person, what they are asked for or have accepted already, in the vacancies' months.
    last_asked_at
        By person, when they were last asked for anything; who is missing was never asked.

    Returns
    -------
    Replacements
        A seat is filled by the fit person who was asked longest ago; then by who is furthest below their
        pledge, then by who has least planned; ids settle what is equal.
    """
    spans = {person: list(own) for person, own in taken.items()}
    chosen: dict[int, int] = {}
    offers: list[PlannedOffer] = []
    hopeless: list[int] = []
    for vacancy in sorted(vacancies, key=lambda vacancy: (vacancy.starts_at, vacancy.shift_id)):
        if vacancy.rounds >= ROUNDS:
            hopeless.append(vacancy.shift_id)
            continue
        asked_now = {offer.person_id for offer in offers if offer.shift_id == vacancy.shift_id}
        fit = [
            person
            for person in candidates
            if person.person_id not in asked_now and is_fit(person, vacancy, spans.get(person.person_id, ()), limits)
        ]
        fit.sort(key=lambda person: _turn(person, vacancy, spans.get(person.person_id, ()), last_asked_at, chosen))
        for person in fit[: vacancy.missing_count]:
            offers.append(PlannedOffer(vacancy.shift_id, person.person_id))
            spans.setdefault(person.person_id, []).append(Span(vacancy.starts_at, vacancy.ends_at))
            chosen[person.person_id] = chosen.get(person.person_id, 0) + 1
        if len(fit) < vacancy.missing_count:
            hopeless.append(vacancy.shift_id)
    return Replacements(tuple(offers), tuple(hopeless))


def _turn(
    person: Candidate,
    vacancy: Vacancy,
    taken: Collection[Span],
    last_asked_at: Mapping[int, datetime],
    chosen: Mapping[int, int],
) -> tuple[int, float, int, int, int]:
    asked_at = last_asked_at.get(person.person_id)
    planned = _minutes_in_month(taken, _local_day(vacancy.starts_at))
    return (
        chosen.get(person.person_id, 0),
        asked_at.timestamp() if asked_at else float("-inf"),
        -max(0, person.pledge_minutes - planned),
        planned,
        person.person_id,
    )


def is_fit(person: Candidate, vacancy: Vacancy, taken: Collection[Span], limits: RosterLimits) -> bool:
    """Say whether a person may be asked for a seat: not asked before, skilled, free, and within their limits."""
    if person.person_id in vacancy.asked:
        return False
    if vacancy.is_lead and not person.is_lead:
        return False
    if vacancy.skill and vacancy.skill not in person.skills:
        return False
    return _is_available(person, vacancy) and _has_room(person, vacancy, taken, limits)


def _is_available(person: Candidate, vacancy: Vacancy) -> bool:
    day, from_minute, to_minute = _local_window(vacancy.starts_at, vacancy.ends_at)
    if not person.serves_on(day):
        return False
    return any(
        window.weekday == day.isoweekday() and window.from_minute <= from_minute and to_minute <= window.to_minute
        for window in person.windows
    )


def _has_room(person: Candidate, vacancy: Vacancy, taken: Collection[Span], limits: RosterLimits) -> bool:
    buffer = timedelta(minutes=limits.buffer_minutes)
    if any(span.starts_at < vacancy.ends_at + buffer and vacancy.starts_at < span.ends_at + buffer for span in taken):
        return False
    day = _local_day(vacancy.starts_at)
    minutes = _minutes(vacancy.starts_at, vacancy.ends_at)
    on_day = sum(_minutes(span.starts_at, span.ends_at) for span in taken if _local_day(span.starts_at) == day)
    if on_day + minutes > limits.max_minutes_per_day:
        return False
    return _minutes_in_month(taken, day) + minutes <= person.max_minutes


def _minutes_in_month(taken: Collection[Span], day: date) -> int:
    month = day.replace(day=1)
    return sum(
        _minutes(span.starts_at, span.ends_at) for span in taken if _local_day(span.starts_at).replace(day=1) == month
    )


@lru_cache(maxsize=1024)  # the same few shifts are looked at for every person
def _local_window(starts_at: datetime, ends_at: datetime) -> tuple[date, int, int]:
    """Return the local day of a span and its minutes after that day's midnight."""
    day = _local_day(starts_at)
    midnight = datetime.combine(day, datetime.min.time(), LOCAL)
    from_minute, to_minute = (int((instant - midnight).total_seconds()) // 60 for instant in (starts_at, ends_at))
    return day, from_minute, to_minute


@lru_cache(maxsize=4096)
def _local_day(instant: datetime) -> date:
    return instant.astimezone(LOCAL).date()


def _minutes(starts_at: datetime, ends_at: datetime) -> int:
    return int((ends_at - starts_at).total_seconds()) // 60
