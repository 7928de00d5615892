"""Pace: what is done against the time that has passed, where it leads, and whether to warn early.

Pure and exact: shares are fractions, and only whole units are ever called due. A year's promise is taken to fall due
evenly over the days of its period; services with a calendar of their own (festivals) run ahead of that or behind it,
which is why a warning asks for more than a tenth of delay.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from linkage.terms import PaceStanding

TOLERANCE: Final = Fraction(1, 10)
"""How far from an even pace is still on pace while the period runs; example, unverified."""


def elapsed_share(from_on: date, to_on: date, as_of_on: date) -> Fraction:
    """Return how much of a period has passed at the end of a day: 0 before it, 1 at its end and after.

    Parameters
    ----------
    from_on, to_on
        The period, both days included.
    """
    whole = (to_on - from_on).days + 1
    if whole < 1:
        raise ValueError(f"a period ends on or after its first day, not {to_on} before {from_on}")
    passed = (as_of_on - from_on).days + 1
    return Fraction(min(max(passed, 0), whole), whole)


def due_count(target_count: int, elapsed: Fraction) -> int:
    """Return the whole units an even pace has finished; a unit begun is not yet due."""
    return int(target_count * elapsed)


@dataclass(frozen=True)
class Pace:
    """Where a promise stands.

    Parameters
    ----------
    due_count
        What an even pace would have finished by now.
    forecast_count
        What the present pace comes to at the end, to the nearest whole; None before the period has begun, and for
        what does not grow with time.
    """

    due_count: int
    forecast_count: int | None
    standing: PaceStanding


def pace(done_count: int, target_count: int, elapsed: Fraction, *, is_growing: bool = True) -> Pace:
    """Compare what is done with the time that has passed.

    A kept promise is never behind. While the period runs, more than a tenth of delay that comes to at least one whole
    unit is behind; at its end anything missing is.

    Parameters
    ----------
    is_growing
        Whether twice the time makes twice the count; distinct persons come again and are not forecast.
    """
    due = due_count(target_count, elapsed)
    forecast = int(done_count / elapsed + Fraction(1, 2)) if elapsed and is_growing else None
    even = target_count * elapsed
    if done_count >= target_count:
        standing = PaceStanding.AHEAD if elapsed < 1 else PaceStanding.ON_PACE
    elif elapsed == 1 or (done_count < due and done_count < even * (1 - TOLERANCE)):
        standing = PaceStanding.BEHIND
    elif done_count > even * (1 + TOLERANCE) and done_count > due + 1:
        standing = PaceStanding.AHEAD
    else:
        standing = PaceStanding.ON_PACE
    return Pace(due, forecast, standing)
