"""A month's roster between records and numbers: people and seats become the kernel's arrays, its plan becomes offers.

What is asked of a person never exceeds what they said: weekday windows, their minutes a month, the installation's
minutes a day. Nobody is assigned here: a plan is a list of offers (条例 art. 25). Who leads is a seat of its own
that only people fit to lead can take.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

import numpy as np

from linkage.kernels.roster.problem import MINUTES_PER_DAY, RosterProblem, Seats, Shifts, Volunteers, Windows
from linkage.kernels.roster.reasons import Shortage, shortages
from linkage.kernels.roster.result import RosterResult
from linkage.rules.scheduling import LOCAL
from linkage.terms import RosterChangeKind, RosterObjective, RosterStep

LEAD_WEIGHT: Final = 3
"""One missing lead weighs like three missing people: without a lead the rest cannot serve. Example, unverified."""


OBJECTIVES: Final = (
    (RosterObjective.UNCOVERED,),
    (RosterObjective.PLEDGE_SHORTFALL,),
    (RosterObjective.UNFAIRNESS,),
)
"""Fill the seats, let people serve what they pledged, share the rest fairly; a first roster disturbs nobody."""

MOVES: Final = 600
"""The most a month is searched: the one of a demonstrated year's 12 months that needs more than a round kept every pledge
for 6 of 8 seeds with as many, for 3 of 8 with 400."""

CLOSE_ENOUGH_RATIO: Final = 0.02
"""A month whose seats and pledges are at their bound and whose fairness is this near it is not searched further: in a
demonstrated year a second round of the search made 11 of 12 months more even by less than 0.1 %."""

EXACT_PAIRS: Final = 1000
"""Up to this many candidate pairs the exact solver polishes a month. In a demonstrated year of 12 months of 1,450 to
1,650 pairs it improved none, and cost as much as all the rest; the relaxation bounds those within 2 %."""

EXACT_EFFORT: Final = 0.02
"""Deterministic seconds a month may cost the exact solver: on a month of 60 activities and 46 volunteers a hundred times
as much did not improve the plan."""


class WeekdayWindow(NamedTuple):
    """A span of every week in which somebody can serve: weekday 1 (Monday) to 7, minutes after midnight."""

    weekday: int
    from_minute: int
    to_minute: int


@dataclass(frozen=True)
class Candidate:
    """A volunteer as a roster sees them.

    Parameters
    ----------
    windows
        When they can serve; none means never.
    max_minutes
        What may still be asked of them in the month.
    pledge_minutes
        Promised for each month; 0 if nothing was promised.
    planned_minutes
        Already served or promised in the month outside this roster; counts towards the pledge.
    """

    person_id: int
    skills: frozenset[str]
    is_lead: bool
    windows: tuple[WeekdayWindow, ...]
    max_minutes: int
    pledge_minutes: int
    planned_minutes: int
    joined_on: date
    left_on: date | None

    def serves_on(self, day: date) -> bool:
        """Say whether the person is a volunteer of the project on a day."""
        return self.joined_on <= day and (self.left_on is None or day < self.left_on)


@dataclass(frozen=True)
class OpenSeat:
    """Seats of one shift that are to be offered."""

    shift_id: int
    activity_id: int
    skill: str
    is_lead: bool
    min_count: int
    target_count: int


@dataclass(frozen=True)
class StaffedActivity:
    """An activity with seats to fill."""

    activity_id: int
    starts_at: datetime
    ends_at: datetime


class PlannedOffer(NamedTuple):
    """A seat for a person to be asked for."""

    shift_id: int
    person_id: int


@dataclass(frozen=True)
class EmptySeat:
    """Seats of a shift that nobody is asked for, and why.

    Parameters
    ----------
    left_counts
        How many volunteers are left after each rule, in the rules' order.
    reasons
        The fewest rules of which everybody breaks at least one; none where somebody is free and another aim goes first.
    change
        The cheapest change that would fill one seat; None where another aim goes first.
    change_person_id
        Whom the change concerns; None for somebody still to be found.
    """

    seat: OpenSeat
    missing_count: int
    left_counts: tuple[tuple[RosterStep, int], ...]
    reasons: tuple[RosterStep, ...]
    change: RosterChangeKind | None
    change_person_id: int | None


@dataclass(frozen=True)
class RosterLimits:
    """What the installation allows."""

    max_minutes_per_day: int
    buffer_minutes: int


@dataclass(frozen=True)
class MonthRoster:
    """A month to staff: facts in a fixed order, so that the same facts give the same problem.

    Parameters
    ----------
    from_on, to_on
        The days of the month that are planned, both included.
    """

    from_on: date
    to_on: date
    candidates: tuple[Candidate, ...]
    activities: tuple[StaffedActivity, ...]
    seats: tuple[OpenSeat, ...]
    limits: RosterLimits

    def problem(self) -> RosterProblem:
        """Build the kernel's problem; every index is a position in this record."""
        row_of = {activity.activity_id: row for row, activity in enumerate(self.activities)}
        skills = tuple(sorted({seat.skill for seat in self.seats if seat.skill}))
        column_of = {skill: column for column, skill in enumerate(skills)}
        lead = len(skills)
        held = np.zeros((len(self.candidates), lead + 1), dtype=np.bool_)
        for row, person in enumerate(self.candidates):
            for skill in person.skills & column_of.keys():
                held[row, column_of[skill]] = True
            held[row, lead] = person.is_lead
        windows = [
            (row, start, end) for row, person in enumerate(self.candidates) for start, end in self._windows(person)
        ]
        return RosterProblem(
            horizon_days=(self.to_on - self.from_on).days + 1,
            volunteers=Volunteers.of(
                len(self.candidates),
                skills=held,
                leads=[person.is_lead for person in self.candidates],
                max_minutes=[max(0, person.max_minutes) for person in self.candidates],
                max_minutes_day=[self.limits.max_minutes_per_day] * len(self.candidates),
                pledge_minutes=[person.pledge_minutes for person in self.candidates],
            ),
            windows=Windows.of(*([list(column) for column in zip(*windows, strict=True)] or ([], [], []))),
            shifts=Shifts.of(
                [self._minute(activity.starts_at) for activity in self.activities],
                [self._minute(activity.ends_at) for activity in self.activities],
            ),
            seats=Seats.of(
                [row_of[seat.activity_id] for seat in self.seats],
                skill=[lead if seat.is_lead else column_of.get(seat.skill, -1) for seat in self.seats],
                minimum=[seat.min_count for seat in self.seats],
                target=[seat.target_count for seat in self.seats],
                under_weight=[LEAD_WEIGHT if seat.is_lead else 1 for seat in self.seats],
            ),
            served_minutes=np.asarray([[person.planned_minutes] for person in self.candidates], dtype=np.int64),
            buffer_minutes=self.limits.buffer_minutes,
            objectives=OBJECTIVES,
        )

    def offers(self, volunteers: Sequence[int], seats: Sequence[int]) -> tuple[PlannedOffer, ...]:
        """Turn the kernel's rows back into seats and people."""
        return tuple(
            PlannedOffer(self.seats[seat].shift_id, self.candidates[volunteer].person_id)
            for volunteer, seat in zip(volunteers, seats, strict=True)
        )

    def empty_seats(self, problem: RosterProblem, result: RosterResult) -> tuple[EmptySeat, ...]:
        """List the seats that nobody is asked for, each with its reason and the cheapest change."""
        return tuple(self._empty_seat(shortage) for shortage in shortages(problem, result))

    def _empty_seat(self, shortage: Shortage) -> EmptySeat:
        seat, change = self.seats[shortage.seat], shortage.change
        left = tuple((_lead_step(step.step, seat), step.left_count) for step in shortage.funnel)
        kind = None if change is None else change.kind
        if seat.is_lead and kind is RosterChangeKind.GRANT_SKILL:
            kind = RosterChangeKind.GRANT_LEAD
        is_known = change is not None and change.volunteer >= 0
        return EmptySeat(
            seat=seat,
            missing_count=shortage.missing_count,
            left_counts=left,
            reasons=tuple(_lead_step(step, seat) for step in shortage.reasons),
            change=kind,
            change_person_id=self.candidates[change.volunteer].person_id if is_known and change else None,
        )

    def _minute(self, instant: datetime) -> int:
        midnight = datetime.combine(self.from_on, datetime.min.time(), LOCAL)
        return int((instant - midnight).total_seconds()) // 60

    def _windows(self, person: Candidate) -> list[tuple[int, int]]:
        spans: list[tuple[int, int]] = []
        for offset in range((self.to_on - self.from_on).days + 1):
            day = self.from_on + timedelta(days=offset)
            if not person.serves_on(day):
                continue
            midnight = offset * MINUTES_PER_DAY
            spans += [
                (midnight + window.from_minute, midnight + window.to_minute)
                for window in person.windows
                if window.weekday == day.isoweekday()
            ]
        return spans


def _lead_step(step: RosterStep, seat: OpenSeat) -> RosterStep:
    """Name the rule for a lead's seat: to the kernel, being fit to lead is a skill."""
    return RosterStep.LEAD if seat.is_lead and step is RosterStep.SKILL else step


def months_of(from_on: date, to_on: date) -> tuple[tuple[date, date], ...]:
    """Cut a span into its calendar months, each with its first and last day in the span."""
    months: list[tuple[date, date]] = []
    first = from_on
    while first <= to_on:
        following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        months.append((first, min(to_on, following - timedelta(days=1))))
        first = following
    return tuple(months)
