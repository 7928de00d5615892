"""A month's roster: people and seats as the kernel's arrays and back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from linkage.kernels.roster.solve import schedule
from linkage.rules.scheduling_roster import (
    Candidate,
    EmptySeat,
    MonthRoster,
    OpenSeat,
    PlannedOffer,
    RosterLimits,
    StaffedActivity,
    WeekdayWindow,
    months_of,
)
from linkage.terms import RosterChangeKind as Change
from linkage.terms import RosterStep as Step

LIMITS = RosterLimits(max_minutes_per_day=360, buffer_minutes=30)
ALL_WEEK = tuple(WeekdayWindow(day, 0, 1440) for day in range(1, 8))
MONDAY_MORNING = datetime(2024, 7, 1, 1, 0, tzinfo=UTC)
"""09:00 in Shanghai."""


def a_candidate(person_id: int, **changed: Any) -> Candidate:
    """Build somebody who can do anything at any time."""
    values: dict[str, Any] = {
        "person_id": person_id,
        "skills": frozenset({"做饭"}),
        "is_lead": True,
        "windows": ALL_WEEK,
        "max_minutes": 2400,
        "pledge_minutes": 0,
        "planned_minutes": 0,
        "joined_on": date(2024, 1, 1),
        "left_on": None,
    }
    return Candidate(**(values | changed))


def a_month(*candidates: Candidate, seats: tuple[OpenSeat, ...] | None = None, days: int = 1) -> MonthRoster:
    """Build a July with one activity of two hours each morning from the first on, one cook each."""
    activities = tuple(
        StaffedActivity(day, MONDAY_MORNING + timedelta(days=day), MONDAY_MORNING + timedelta(days=day, hours=2))
        for day in range(days)
    )
    if seats is None:
        seats = tuple(OpenSeat(100 + day, day, "做饭", False, 1, 1) for day in range(days))
    return MonthRoster(date(2024, 7, 1), date(2024, 7, 31), candidates, activities, seats, LIMITS)


def empty_seats(month: MonthRoster) -> tuple[EmptySeat, ...]:
    """Staff a month and list what stays empty."""
    problem = month.problem()
    return month.empty_seats(problem, schedule(problem))


def solve(month: MonthRoster) -> tuple[PlannedOffer, ...]:
    """Staff a month."""
    result = schedule(month.problem())
    return month.offers(result.volunteer.tolist(), result.seat.tolist())


@pytest.mark.parametrize(
    ("unfit", "reason", "change"),
    [
        pytest.param({"skills": frozenset()}, Step.SKILL, Change.GRANT_SKILL, id="skill-not-held"),
        pytest.param({"windows": ()}, Step.AVAILABLE, Change.EXTEND_AVAILABILITY, id="never-available"),
        pytest.param(
            {"windows": (WeekdayWindow(2, 0, 1440),)}, Step.AVAILABLE, Change.EXTEND_AVAILABILITY, id="other-weekday"
        ),
        pytest.param(
            {"windows": (WeekdayWindow(1, 9 * 60, 10 * 60),)},
            Step.AVAILABLE,
            Change.EXTEND_AVAILABILITY,
            id="window-too-short",
        ),
        pytest.param({"max_minutes": 119}, Step.MINUTES, Change.RAISE_MINUTES, id="minutes-used-up"),
        pytest.param({"joined_on": date(2024, 7, 2)}, Step.AVAILABLE, Change.EXTEND_AVAILABILITY, id="not-yet-joined"),
        pytest.param({"left_on": date(2024, 7, 1)}, Step.AVAILABLE, Change.EXTEND_AVAILABILITY, id="has-left"),
    ],
)
def test_nobody_is_asked_beyond_what_they_said(unfit: dict[str, Any], reason: Step, change: Change) -> None:
    """A seat stays empty, with the reason, rather than going to somebody who lacks the skill, time or minutes."""
    month = a_month(a_candidate(7, **unfit))

    [empty] = empty_seats(month)
    assert solve(month) == ()
    assert (empty.seat, empty.missing_count) == (month.seats[0], 1)
    assert (empty.reasons, empty.change, empty.change_person_id) == ((reason,), change, 7)


def test_missing_lead_is_told_as_a_missing_lead() -> None:
    """To the kernel leading is a skill; people read that nobody is fit to lead, and who could become so."""
    month = a_month(a_candidate(7, is_lead=False), seats=(OpenSeat(1, 0, "", True, 1, 1),))

    [empty] = empty_seats(month)
    assert (empty.reasons, empty.change, empty.change_person_id) == ((Step.LEAD,), Change.GRANT_LEAD, 7)
    assert empty.left_counts[0] == (Step.LEAD, 0)


def test_window_that_just_holds_the_shift_is_enough() -> None:
    """A weekday window in local time becomes minutes of the month: 09:00-11:00 fits 09:00-11:00."""
    month = a_month(a_candidate(7, windows=(WeekdayWindow(1, 9 * 60, 11 * 60),)))

    assert solve(month) == (PlannedOffer(100, 7),)
    assert empty_seats(month) == ()


def test_lead_seat_is_for_who_can_lead() -> None:
    """The lead's seat needs no skill and takes only who is fit to lead; a person takes one seat of an activity."""
    seats = (OpenSeat(1, 0, "", True, 1, 1), OpenSeat(2, 0, "", False, 1, 1))
    month = a_month(a_candidate(7), a_candidate(8, is_lead=False), seats=seats)

    assert solve(month) == (PlannedOffer(1, 7), PlannedOffer(2, 8))


def test_pledge_comes_before_even_shares() -> None:
    """Who pledged is asked before who did not, as far as the pledge goes; minutes promised elsewhere count."""
    month = a_month(
        a_candidate(7, pledge_minutes=360),
        a_candidate(8, pledge_minutes=360, planned_minutes=360),
        days=3,
    )

    assert {offer.person_id for offer in solve(month)} == {7}


def test_work_without_pledges_is_shared() -> None:
    """Among equals the minutes are shared evenly."""
    month = a_month(a_candidate(7), a_candidate(8), days=4)

    assert sorted(offer.person_id for offer in solve(month)) == [7, 7, 8, 8]


def test_month_without_anybody_is_still_a_roster() -> None:
    """Without volunteers every seat is told as unfilled; nothing fails."""
    month = a_month()

    assert solve(month) == ()
    [empty] = empty_seats(month)
    assert (empty.change, empty.change_person_id) == (Change.ADD_VOLUNTEER, None)


@pytest.mark.parametrize(
    ("from_on", "to_on", "months"),
    [
        pytest.param(date(2024, 7, 1), date(2024, 7, 31), [(1, 31)], id="one"),
        pytest.param(date(2024, 11, 15), date(2025, 1, 14), [(15, 30), (1, 31), (1, 14)], id="over-new-year"),
        pytest.param(date(2024, 7, 2), date(2024, 7, 1), [], id="none"),
    ],
)
def test_months_cover_the_span(from_on: date, to_on: date, months: list[tuple[int, int]]) -> None:
    """A span is cut at the ends of calendar months."""
    assert [(first.day, last.day) for first, last in months_of(from_on, to_on)] == months
