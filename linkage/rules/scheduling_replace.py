"""Who is asked next for a seat that was declined, let lapse or given up: least recently asked first.

A seat is offered again a bounded number of times, and never twice to the same person. Asking again disturbs
nobody who has accepted: nobody is moved from another shift. Who may stand in, in which order and why is the roster
kernel's ranking on the month as it stands; here records become its numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

import numpy as np

from linkage.kernels.roster.problem import ANY, MINUTES_PER_DAY, RosterProblem, Seats, Shifts, Volunteers, Windows
from linkage.kernels.roster.replacement import NEVER_ASKED, Ranking
from linkage.rules.scheduling import LOCAL
from linkage.rules.scheduling_roster import Candidate, PlannedOffer, RosterLimits
from linkage.terms import ReplacementReason

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


class StandIn(NamedTuple):
    """Somebody who could be asked for a seat, and why they stand where they stand."""

    person_id: int
    reasons: tuple[ReplacementReason, ...]


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
        By person, what they are asked for or have accepted already, in the vacancies' months and on the evening
        before them.
    last_asked_at
        By person, when they were last asked for anything; who is missing was never asked.

    Returns
    -------
    Replacements
        A seat is filled by the fit person who was asked longest ago, whoever was asked in this round last; then
        by who is furthest below their pledge, then by who has least planned; ids settle what is equal.
    """
    offers: list[PlannedOffer] = []
    hopeless: list[int] = []
    turns = _Turns(candidates, last_asked_at)
    months: dict[date, _Month] = {}
    ordered = sorted(vacancies, key=lambda vacancy: (vacancy.starts_at, vacancy.shift_id))
    open_now = [vacancy for vacancy in ordered if vacancy.rounds < ROUNDS]
    for vacancy in ordered:
        if vacancy.rounds >= ROUNDS:
            hopeless.append(vacancy.shift_id)
            continue
        first = _first_of_month(vacancy.starts_at)
        if first not in months:
            own = [other for other in open_now if _first_of_month(other.starts_at) == first]
            months[first] = _Month(first, own, candidates, taken, limits)
        chosen = months[first].ask(vacancy, turns)
        offers += [PlannedOffer(vacancy.shift_id, person_id) for person_id in chosen]
        if len(chosen) < vacancy.missing_count:
            hopeless.append(vacancy.shift_id)
    return Replacements(tuple(offers), tuple(hopeless))


def stand_ins(
    vacancy: Vacancy,
    candidates: Sequence[Candidate],
    taken: Mapping[int, Sequence[Span]],
    last_asked_at: Mapping[int, datetime],
    limits: RosterLimits,
) -> tuple[StandIn, ...]:
    """Rank everybody who could be asked for a seat, with the reasons, in the order in which `replace` asks."""
    month = _Month(_first_of_month(vacancy.starts_at), [vacancy], candidates, taken, limits)
    return tuple(one for one, _ in month.ranked(vacancy, _Turns(candidates, last_asked_at)))


class _Turns:
    """When everybody was last asked, in minutes; who is asked now comes behind all who were not."""

    def __init__(self, candidates: Sequence[Candidate], last_asked_at: Mapping[int, datetime]) -> None:
        asked = [last_asked_at.get(person.person_id) for person in candidates]
        self.minutes = np.asarray(
            [NEVER_ASKED if instant is None else int(instant.timestamp()) // 60 for instant in asked], dtype=np.int64
        )
        self._latest = int(self.minutes.max(initial=0))
        self._times = [0] * len(candidates)

    def ask(self, row: int) -> None:
        self._times[row] += 1
        self.minutes[row] = self._latest + self._times[row]


class _Month:
    """The vacancies of one month and what everybody has taken in it, as the kernel's plan.

    Day 0 is the evening before the month: what is served there keeps its distance to the first morning, and counts
    in no limit of the month.
    """

    def __init__(
        self,
        first_on: date,
        vacancies: Sequence[Vacancy],
        candidates: Sequence[Candidate],
        taken: Mapping[int, Sequence[Span]],
        limits: RosterLimits,
    ) -> None:
        self._midnight = datetime.combine(first_on - timedelta(days=1), datetime.min.time(), LOCAL)
        self._candidates = candidates
        self._seat_of = {vacancy.shift_id: seat for seat, vacancy in enumerate(vacancies)}
        self._days = (_first_of_month(self._midnight + timedelta(days=40)) - first_on).days + 1
        held = [self._held(taken.get(person.person_id, ())) for person in candidates]
        caps = [
            max(0, person.max_minutes) + sum(end - start for start, end in own if start < MINUTES_PER_DAY)
            for person, own in zip(candidates, held, strict=True)
        ]
        longest = [max((end - start for start, end in own), default=0) for own in held]
        has_room = [most <= min(cap, limits.max_minutes_per_day) for most, cap in zip(longest, caps, strict=True)]
        spans = sorted({span for own in held for span in own})
        shifts = [self._span(vacancy) for vacancy in vacancies] + spans
        shift_of = {span: len(vacancies) + row for row, span in enumerate(spans)}
        kinds = sorted({(vacancy.skill, vacancy.is_lead) for vacancy in vacancies})
        windows = [
            (row, start, end)
            for row, person in enumerate(candidates)
            if has_room[row]  # limits that were lowered since ask no more of those who hold more
            for start, end in (*self._windows(person, vacancies), *held[row])
        ]
        problem = RosterProblem(
            horizon_days=self._days,
            volunteers=Volunteers.of(
                len(candidates),
                skills=np.asarray(
                    [
                        [
                            (not lead or person.is_lead) and (not skill or skill in person.skills)
                            for skill, lead in kinds
                        ]
                        for person in candidates
                    ],
                    dtype=np.bool_,
                ).reshape(len(candidates), len(kinds)),
                max_minutes=caps,
                max_minutes_day=[limits.max_minutes_per_day] * len(candidates),
                pledge_minutes=[person.pledge_minutes for person in candidates],
            ),
            windows=Windows.of(*([list(column) for column in zip(*windows, strict=True)] or ([], [], []))),
            shifts=Shifts.of([start for start, _ in shifts], [end for _, end in shifts]),
            seats=Seats.of(
                range(len(shifts)),
                skill=[kinds.index((vacancy.skill, vacancy.is_lead)) for vacancy in vacancies] + [ANY] * len(spans),
                target=[vacancy.missing_count for vacancy in vacancies] + [len(candidates)] * len(spans),
            ),
            period_of_day=np.minimum(np.arange(self._days), 1),
            buffer_minutes=limits.buffer_minutes,
        )
        rows = [(row, shift_of[span], shift_of[span]) for row, own in enumerate(held) if has_room[row] for span in own]
        self._ranking = Ranking(problem, rows)

    def ask(self, vacancy: Vacancy, turns: _Turns) -> list[int]:
        """Take the first of the ranking for each empty seat."""
        seat, chosen = self._seat_of[vacancy.shift_id], []
        for one, row in self.ranked(vacancy, turns)[: vacancy.missing_count]:
            self._ranking.take(row, seat, seat)
            turns.ask(row)
            chosen.append(one.person_id)
        return chosen

    def ranked(self, vacancy: Vacancy, turns: _Turns) -> list[tuple[StandIn, int]]:
        """Rank who is free and was not asked for this seat before, with their rows."""
        seat = self._seat_of[vacancy.shift_id]
        found = self._ranking.candidates(seat, seat, turns.minutes, may_leave=False)
        people = [(self._candidates[one.volunteer].person_id, one) for one in found]
        return [(StandIn(person, one.reasons), one.volunteer) for person, one in people if person not in vacancy.asked]

    def _minute(self, instant: datetime) -> int:
        return int((instant - self._midnight).total_seconds()) // 60

    def _span(self, span: Span | Vacancy) -> tuple[int, int]:
        return self._minute(span.starts_at), self._minute(span.ends_at)

    def _held(self, spans: Sequence[Span]) -> list[tuple[int, int]]:
        """Return what is taken within the month and the day before it."""
        found = {self._span(span) for span in spans}
        return sorted((start, end) for start, end in found if 0 <= start < self._days * MINUTES_PER_DAY)

    def _windows(self, person: Candidate, vacancies: Sequence[Vacancy]) -> list[tuple[int, int]]:
        found = []
        for offset in sorted({self._minute(vacancy.starts_at) // MINUTES_PER_DAY for vacancy in vacancies}):
            day = self._midnight.date() + timedelta(days=offset)
            if person.serves_on(day):
                start = offset * MINUTES_PER_DAY
                found += [
                    (start + window.from_minute, start + window.to_minute)
                    for window in person.windows
                    if window.weekday == day.isoweekday()
                ]
        return found


def _first_of_month(instant: datetime) -> date:
    return instant.astimezone(LOCAL).date().replace(day=1)
