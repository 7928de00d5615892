"""The rules of pace: elapsed share, what is due, the forecast and the early warning."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.rules.pace import Pace, due_count, elapsed_share, pace
from linkage.terms import PaceStanding

FROM, TO = date(2024, 7, 1), date(2025, 6, 30)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        pytest.param(date(2024, 6, 30), Fraction(0), id="before"),
        pytest.param(date(2024, 7, 1), Fraction(1, 365), id="first-day"),
        pytest.param(date(2024, 12, 31), Fraction(184, 365), id="half"),
        pytest.param(date(2025, 6, 30), Fraction(1), id="last-day"),
        pytest.param(date(2025, 7, 9), Fraction(1), id="after"),
    ],
)
def test_elapsed_share_counts_both_ends(day: date, expected: Fraction) -> None:
    """Both the first and the last day of a period count."""
    assert elapsed_share(FROM, TO, day) == expected


def test_elapsed_share_refuses_a_period_that_ends_first() -> None:
    """A period ends on or after its first day."""
    with pytest.raises(ValueError, match="2024-07-01"):
        elapsed_share(TO, FROM, FROM)


def test_due_count_names_whole_units_only() -> None:
    """A unit begun is not yet due: eight festivals at half a year are four, not 4.03 and not five."""
    assert due_count(8, Fraction(184, 365)) == 4


@pytest.mark.parametrize(
    ("done", "target", "elapsed", "expected"),
    [
        pytest.param(0, 4, Fraction(0), Pace(0, None, PaceStanding.ON_PACE), id="not-begun"),
        pytest.param(1, 4, Fraction(92, 365), Pace(1, 4, PaceStanding.ON_PACE), id="one-group-a-quarter"),
        pytest.param(0, 4, Fraction(92, 365), Pace(1, 0, PaceStanding.BEHIND), id="no-group-a-quarter"),
        pytest.param(95, 200, Fraction(1, 2), Pace(100, 190, PaceStanding.ON_PACE), id="a-little-late"),
        pytest.param(90, 200, Fraction(1, 2), Pace(100, 180, PaceStanding.ON_PACE), id="a-tenth-late"),
        pytest.param(89, 200, Fraction(1, 2), Pace(100, 178, PaceStanding.BEHIND), id="more-than-a-tenth-late"),
        pytest.param(111, 200, Fraction(1, 2), Pace(100, 222, PaceStanding.AHEAD), id="ahead"),
        pytest.param(2, 4, Fraction(1, 4), Pace(1, 8, PaceStanding.ON_PACE), id="one-more-is-no-news"),
        pytest.param(200, 200, Fraction(1, 2), Pace(100, 400, PaceStanding.AHEAD), id="kept-early"),
        pytest.param(200, 200, Fraction(1), Pace(200, 200, PaceStanding.ON_PACE), id="kept"),
        pytest.param(199, 200, Fraction(1), Pace(200, 199, PaceStanding.BEHIND), id="one-short-at-the-end"),
    ],
)
def test_pace_warns_early(done: int, target: int, elapsed: Fraction, expected: Pace) -> None:
    """More than a tenth of delay that comes to a whole unit is behind; at the end anything missing is."""
    assert pace(done, target, elapsed) == expected


@given(st.integers(0, 10_000), st.integers(1, 10_000), st.integers(1, 365))
def test_forecast_is_exact(done: int, target: int, days: int) -> None:
    """The forecast is the present pace over the whole period, half up, without a binary fraction between."""
    found = pace(done, target, Fraction(days, 365))

    assert found.forecast_count == (2 * done * 365 + days) // (2 * days)
    assert found.due_count == target * days // 365


def test_distinct_persons_are_not_forecast() -> None:
    """Residents come again: 178 people at half the period are not 353 at its end."""
    assert pace(178, 240, Fraction(184, 365), is_growing=False) == Pace(120, None, PaceStanding.AHEAD)
