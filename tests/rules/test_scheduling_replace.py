"""Who is asked next for a seat somebody left."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from linkage.rules.scheduling_replace import ROUNDS, Span, Vacancy, replace, stand_ins
from linkage.rules.scheduling_roster import Candidate, PlannedOffer, RosterLimits, WeekdayWindow

LIMITS = RosterLimits(max_minutes_per_day=240, buffer_minutes=30)
ALL_WEEK = tuple(WeekdayWindow(day, 0, 1440) for day in range(1, 8))
START = datetime(2024, 7, 1, 1, 0, tzinfo=UTC)
"""Monday, 09:00 in Shanghai."""
HOUR = timedelta(hours=1)


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


def a_vacancy(**changed: Any) -> Vacancy:
    """Build one seat for a cook on Monday from nine to eleven."""
    values: dict[str, Any] = {
        "shift_id": 1,
        "activity_id": 1,
        "skill": "做饭",
        "is_lead": False,
        "starts_at": START,
        "ends_at": START + 2 * HOUR,
        "missing_count": 1,
        "rounds": 0,
        "asked": frozenset(),
    }
    return Vacancy(**(values | changed))


@pytest.mark.parametrize(
    ("person", "vacancy", "taken"),
    [
        pytest.param({}, {"asked": frozenset({7})}, (), id="asked-before"),
        pytest.param({"skills": frozenset()}, {}, (), id="skill"),
        pytest.param({"is_lead": False}, {"is_lead": True}, (), id="lead"),
        pytest.param({"windows": (WeekdayWindow(2, 0, 1440),)}, {}, (), id="weekday"),
        pytest.param({"windows": (WeekdayWindow(1, 541, 1440),)}, {}, (), id="window-starts-late"),
        pytest.param({"windows": (WeekdayWindow(1, 0, 659),)}, {}, (), id="window-ends-early"),
        pytest.param({"joined_on": date(2024, 7, 2)}, {}, (), id="not-yet-joined"),
        pytest.param({"left_on": date(2024, 7, 1)}, {}, (), id="has-left"),
        pytest.param({}, {}, (Span(START + HOUR, START + 3 * HOUR),), id="overlap"),
        pytest.param({}, {}, (Span(START - 2 * HOUR, START - HOUR / 3),), id="buffer"),
        pytest.param({}, {}, (Span(START + 4 * HOUR, START + 7 * HOUR),), id="minutes-of-the-day"),
        pytest.param(
            {"max_minutes": 200}, {}, (Span(START + 72 * HOUR, START + 74 * HOUR),), id="minutes-of-the-month"
        ),
    ],
)
def test_unfit_people_are_not_asked(person: dict[str, Any], vacancy: dict[str, Any], taken: tuple[Span, ...]) -> None:
    """Nobody is asked twice, beyond their skill, their time or their minutes, or for two places at once."""
    assert stand_ins(a_vacancy(**vacancy), [a_candidate(7, **person)], {7: taken}, {}, LIMITS) == ()


@pytest.mark.parametrize(
    ("person", "taken"),
    [
        pytest.param({}, (), id="free"),
        pytest.param({"windows": (WeekdayWindow(1, 540, 660),)}, (), id="window-just-fits"),
        pytest.param({}, (Span(START - 2 * HOUR, START - HOUR / 2),), id="buffer-just-kept"),
        pytest.param({"max_minutes": 120}, (Span(START + 24 * 40 * HOUR, START + 24 * 40 * HOUR + HOUR),), id="august"),
    ],
)
def test_fit_people_may_be_asked(person: dict[str, Any], taken: tuple[Span, ...]) -> None:
    """Whoever has the skill, the time and the minutes may be asked."""
    assert [one.person_id for one in stand_ins(a_vacancy(), [a_candidate(7, **person)], {7: taken}, {}, LIMITS)] == [7]


def asked(*people: Candidate, **how: Any) -> list[int]:
    """Return who is asked for one seat."""
    found = replace([a_vacancy()], people, how.get("taken", {}), how.get("last_asked_at", {}), LIMITS)
    return [offer.person_id for offer in found.offers]


def test_least_recently_asked_comes_first() -> None:
    """Who was never asked comes before who was asked long ago, and that one before who was asked lately."""
    people = (a_candidate(1), a_candidate(2), a_candidate(3))
    last_asked_at = {1: START - HOUR, 2: START - 9 * HOUR}

    assert asked(*people, last_asked_at=last_asked_at) == [3]
    assert asked(*people[:2], last_asked_at=last_asked_at) == [2]


def test_pledge_then_load_settle_equal_turns() -> None:
    """Among people asked at the same time, who is furthest below the pledge comes first, then who serves least."""
    busy = {1: [Span(START + 72 * HOUR, START + 74 * HOUR)]}

    assert asked(a_candidate(1), a_candidate(2, pledge_minutes=180)) == [2]
    assert asked(a_candidate(1), a_candidate(2), taken=busy) == [2]
    assert asked(a_candidate(1), a_candidate(2)) == [1]


def test_one_round_spreads_over_people() -> None:
    """Seats that fall vacant together go to different people, and one person is never asked for two at once."""
    vacancies = [
        a_vacancy(shift_id=1),
        a_vacancy(shift_id=2, activity_id=2),
        a_vacancy(shift_id=3, activity_id=3, starts_at=START + 48 * HOUR, ends_at=START + 50 * HOUR),
    ]

    found = replace(vacancies, [a_candidate(7), a_candidate(8)], {}, {}, LIMITS)

    assert found.offers == (PlannedOffer(1, 7), PlannedOffer(2, 8), PlannedOffer(3, 7))
    assert found.hopeless == ()


def test_seat_nobody_can_take_is_told() -> None:
    """A shift is told as hopeless when too few can take its seats, or when it was offered often enough."""
    too_few = replace([a_vacancy(missing_count=2)], [a_candidate(7)], {}, {}, LIMITS)
    often = replace([a_vacancy(rounds=ROUNDS)], [a_candidate(7)], {}, {}, LIMITS)

    assert too_few == ((PlannedOffer(1, 7),), (1,))
    assert often == ((), (1,))
