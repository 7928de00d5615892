"""Volunteers' minutes: what a check-in and a check-out come to, when they wait for a person, what the pledge asks.

志愿服务记录与证明出具办法(试行) (Ministry of Civil Affairs order 67, in force 2021-02-01): time is the time really given,
in hours (art. 7); it is recorded within 10 working days (art. 11). The text gives no rule for rounding or travel:
minutes are kept as they are, travel is not counted, and rounding down is a setting that is off. Nothing here
knows points: hours and points are two ledgers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from linkage.schemas.figure import Share
from linkage.terms import RecordFlag


@dataclass(frozen=True)
class PresenceRules:
    """How presence becomes minutes.

    Parameters
    ----------
    min_presence_ratio
        Below this share of the planned length a presence waits for a person.
    max_overrun_minutes
        Above the planned length by more than this it waits too.
    rounding_minutes
        Minutes are rounded down to a multiple of this; 1 keeps them as they are.
    """

    min_presence_ratio: float
    max_overrun_minutes: int
    rounding_minutes: int = 1


class Presence(NamedTuple):
    """The minutes of one person at one activity, and why they wait, if they do."""

    minutes: int
    flag: RecordFlag | None


def presence_minutes(in_at: datetime, out_at: datetime, rounding_minutes: int = 1) -> int:
    """Return the whole minutes between a check-in and a check-out, never below zero."""
    minutes = max(0, int((out_at - in_at).total_seconds())) // 60
    return minutes - minutes % rounding_minutes


def assess_presence(
    in_at: datetime, out_at: datetime | None, planned_minutes: int, rules: PresenceRules, *, is_late: bool
) -> Presence:
    """Turn check events into minutes and find what a person should look at.

    Parameters
    ----------
    out_at
        None when the activity is over and nobody checked out.
    is_late
        Whether it was recorded after the working-day limit.

    Returns
    -------
    Presence
        The gravest reason to wait is kept: no check-out, then too short, too long, late.
    """
    if out_at is None:
        return Presence(0, RecordFlag.NO_CHECK_OUT)
    minutes = presence_minutes(in_at, out_at, rules.rounding_minutes)
    if minutes <= 0 or minutes < rules.min_presence_ratio * planned_minutes:
        return Presence(minutes, RecordFlag.TOO_SHORT)
    return Presence(minutes, record_flag(minutes, planned_minutes, rules.max_overrun_minutes, is_late=is_late))


def record_flag(minutes: int, planned_minutes: int, max_overrun_minutes: int, *, is_late: bool) -> RecordFlag | None:
    """Say why a service record waits for a person before it counts, if it does."""
    if minutes > planned_minutes + max_overrun_minutes:
        return RecordFlag.TOO_LONG
    return RecordFlag.LATE_RECORD if is_late else None


class PledgeStanding(NamedTuple):
    """How far somebody is with the minutes they promised for a month.

    Parameters
    ----------
    joined_on, left_on
        Only who was there for the whole month is asked about the whole promise.
    """

    person_id: int
    pledge_minutes: int
    served_minutes: int
    joined_on: date
    left_on: date | None = None

    @property
    def missing_minutes(self) -> int:
        """What is left of the promise."""
        return max(0, self.pledge_minutes - self.served_minutes)


REMINDER_DAY = 20
"""From this day of the month on, who is below their pledge hears of it once (domain: day 20)."""


def pledged_for_month(standings: Iterable[PledgeStanding], month_on: date) -> tuple[PledgeStanding, ...]:
    """List those whose promise covers the whole month, by id.

    Parameters
    ----------
    month_on
        The first of the month.
    """
    return tuple(
        sorted(
            standing
            for standing in standings
            if standing.pledge_minutes > 0 and standing.joined_on <= month_on and standing.left_on is None
        )
    )


def below_pledge(standings: Iterable[PledgeStanding], month_on: date) -> tuple[PledgeStanding, ...]:
    """List who has not yet served what they promised; it is voluntary, so the list is for help, not for penalty."""
    return tuple(standing for standing in pledged_for_month(standings, month_on) if standing.missing_minutes)


def pledge_share(standings: Iterable[PledgeStanding], month_on: date) -> Share:
    """Return how many kept their promise out of how many had promised."""
    pledged = pledged_for_month(standings, month_on)
    return Share(numerator=sum(not standing.missing_minutes for standing in pledged), denominator=len(pledged))
