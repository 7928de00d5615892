"""Volunteers' minutes, flags and the pledge."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from linkage.rules.hours import (
    PledgeStanding,
    Presence,
    PresenceRules,
    assess_presence,
    below_pledge,
    pledge_share,
    presence_minutes,
    record_flag,
)
from linkage.schemas.figure import Share
from linkage.terms import RecordFlag

START = datetime(2024, 7, 1, 2, 0, tzinfo=UTC)
RULES = PresenceRules(min_presence_ratio=0.6, max_overrun_minutes=60)
JULY = date(2024, 7, 1)
JOINED = date(2024, 1, 1)


@pytest.mark.parametrize(
    ("seconds", "rounding", "minutes"),
    [
        pytest.param(7259, 1, 120, id="whole-minutes"),
        pytest.param(6060, 1, 101, id="not-rounded-to-hours"),
        pytest.param(6060, 30, 90, id="rounded-down-where-configured"),
        pytest.param(0, 1, 0, id="nothing"),
        pytest.param(-60, 1, 0, id="never-below-zero"),
    ],
)
def test_time_is_the_time_really_given(seconds: int, rounding: int, minutes: int) -> None:
    """Order 67 art. 7: time really given; no rounding unless configured, travel is between no check events."""
    assert presence_minutes(START, START + timedelta(seconds=seconds), rounding) == minutes


@pytest.mark.parametrize(
    ("minutes", "is_late", "expected"),
    [
        pytest.param(None, False, Presence(0, RecordFlag.NO_CHECK_OUT), id="no-check-out"),
        pytest.param(71, False, Presence(71, RecordFlag.TOO_SHORT), id="below-60-percent-of-120"),
        pytest.param(72, False, Presence(72, None), id="just-60-percent"),
        pytest.param(120, False, Presence(120, None), id="as-planned"),
        pytest.param(180, False, Presence(180, None), id="overrun-allowed"),
        pytest.param(181, False, Presence(181, RecordFlag.TOO_LONG), id="overrun"),
        pytest.param(120, True, Presence(120, RecordFlag.LATE_RECORD), id="late"),
        pytest.param(181, True, Presence(181, RecordFlag.TOO_LONG), id="graver-than-late"),
        pytest.param(0, False, Presence(0, RecordFlag.TOO_SHORT), id="in-and-out-at-once"),
    ],
)
def test_presence_that_looks_wrong_waits(minutes: int | None, is_late: bool, expected: Presence) -> None:
    """A presence of 120 planned minutes waits for a person when it looks wrong, and keeps its minutes."""
    out_at = None if minutes is None else START + timedelta(minutes=minutes)

    assert assess_presence(START, out_at, 120, RULES, is_late=is_late) == expected


def test_zero_minutes_wait_even_without_a_least_share() -> None:
    """A presence of no minutes is never entered by itself, whatever the configured share."""
    rules = PresenceRules(min_presence_ratio=0, max_overrun_minutes=0)

    assert assess_presence(START, START, 120, rules, is_late=False).flag is RecordFlag.TOO_SHORT


@pytest.mark.parametrize(
    ("minutes", "is_late", "flag"),
    [
        pytest.param(30, False, None, id="short-contact-is-fine"),
        pytest.param(180, False, None, id="at-the-limit"),
        pytest.param(181, False, RecordFlag.TOO_LONG, id="too-long"),
        pytest.param(30, True, RecordFlag.LATE_RECORD, id="late"),
    ],
)
def test_record_that_looks_wrong_waits(minutes: int, is_late: bool, flag: RecordFlag | None) -> None:
    """A service record may be short (a meal), but not longer than the activity allows nor late."""
    assert record_flag(minutes, 120, 60, is_late=is_late) is flag


def test_975_pledges_are_listed_on_day_20() -> None:
    """Of 975 people who pledged 3 h a month, those below 180 minutes are listed, by id, and nobody else."""
    standings = [PledgeStanding(person, 180, 180 if person % 3 else 179, JOINED) for person in range(975, 0, -1)]

    below = below_pledge(standings, JULY)

    assert len(below) == 325
    assert [standing.person_id for standing in below[:2]] == [3, 6]
    assert {standing.missing_minutes for standing in below} == {1}


@pytest.mark.parametrize(
    ("standing", "is_asked"),
    [
        pytest.param(PledgeStanding(1, 180, 0, JOINED), True, id="served-nothing"),
        pytest.param(PledgeStanding(1, 180, 180, JOINED), False, id="kept"),
        pytest.param(PledgeStanding(1, 0, 0, JOINED), False, id="promised-nothing"),
        pytest.param(PledgeStanding(1, 180, 0, date(2024, 7, 2)), False, id="joined-within-the-month"),
        pytest.param(PledgeStanding(1, 180, 0, JOINED, date(2024, 7, 5)), False, id="has-left"),
    ],
)
def test_pledge_is_asked_for_whole_months_only(standing: PledgeStanding, is_asked: bool) -> None:
    """Only a promise that covers the whole month is looked at."""
    assert bool(below_pledge([standing], JULY)) is is_asked


def test_pledge_rate_keeps_its_counts() -> None:
    """The rate is kept promises out of promises; who promised nothing is in neither."""
    standings = [
        PledgeStanding(1, 180, 200, JOINED),
        PledgeStanding(2, 180, 10, JOINED),
        PledgeStanding(3, 0, 500, JOINED),
    ]

    assert pledge_share(standings, JULY) == Share(numerator=1, denominator=2)
    assert pledge_share([], JULY) == Share(numerator=0, denominator=0)
