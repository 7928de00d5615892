"""Points, scores, bands: the traps of the field as tables."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from linkage.rules.assessment import (
    Points,
    check_judgement,
    computed_points,
    conclude,
    judged_raters,
    rectification_items,
)
from linkage.schemas.rubric import Rubric
from linkage.schemas.rubric_check import load_rubric
from linkage.terms import AssessedFigure, RaterKind

RUBRICS = Path(__file__).resolve().parents[2] / "config" / "rubrics"


@pytest.fixture(scope="module")
def four_bands() -> Rubric:
    """Load the scheme with four bands and several raters."""
    return load_rubric(RUBRICS / "four-bands.yaml")


def every_line(rubric: Rubric, share: Fraction) -> list[Points]:
    """Give every line the same share of its points."""
    return [
        Points(line.code, line.rater, Decimal(share.numerator) / Decimal(share.denominator) * line.max_points, {})
        for line in rubric.indicators
    ]


@pytest.mark.parametrize(
    ("percent", "band", "pays"),
    [
        (100, "excellent", True),
        (90, "excellent", True),
        (Fraction(179, 2), "excellent", True),
        (Fraction(894, 10), "good", True),
        (80, "good", True),
        (60, "qualified", True),
        (Fraction(594, 10), "failed", False),
        (59, "failed", False),
        (0, "failed", False),
    ],
    ids=["100", "90", "89.5-rounds-up", "89.4", "80", "60", "59.4", "59", "0"],
)
def test_band_edges(four_bands: Rubric, percent: Fraction, band: str, pays: bool) -> None:
    """59 does not pay and 60 does; 89.5 is settled by the scheme's own rounding, not by chance."""
    result = conclude(four_bands, every_line(four_bands, Fraction(percent) / 100))

    assert result is not None
    assert (result.band.code, result.band.pays) == (band, pays)


def test_total_is_rounded_once(four_bands: Rubric) -> None:
    """A hair below 59.5 fails: the total was once rounded to four places first, then to 60, and paid."""
    result = conclude(four_bands, every_line(four_bands, Fraction(5949999, 100000) / 100))

    assert result is not None
    assert (result.score, result.band.pays) == (59, False)


def test_result_waits_for_every_line(four_bands: Rubric) -> None:
    """No result is computed while a rater's line is missing."""
    given = every_line(four_bands, Fraction(1))

    assert conclude(four_bands, given[:-1]) is None


def test_weights_follow_the_scheme(four_bands: Rubric) -> None:
    """Full points from one rater alone give exactly that rater's weight."""
    given = [
        Points(line.code, line.rater, line.max_points if line.rater is RaterKind.SERVICE_USER else Decimal(0), {})
        for line in four_bands.indicators
    ]
    result = conclude(four_bands, given)

    assert result is not None
    assert result.score == 15
    assert result.by_rater[RaterKind.SERVICE_USER] == 100


@pytest.mark.parametrize(
    ("ratio", "points"),
    [
        (Fraction(101, 100), 3),
        (Fraction(1), 3),
        (Fraction(999, 1000), 2),
        (Fraction(8, 10), 2),
        (Fraction(799, 1000), 1),
        (Fraction(6, 10), 1),
        (Fraction(599, 1000), 0),
        (Fraction(0), 0),
    ],
    ids=["over", "100", "99.9", "80", "79.9", "60", "59.9", "0"],
)
def test_people_served_steps(ratio: Fraction, points: int) -> None:
    """People served: 100 % or more earns 3, from 80 % 2, from 60 % 1, else 0 (公益招投标绩效版)."""
    rubric = load_rubric(RUBRICS / "performance.yaml")
    figures = dict.fromkeys(AssessedFigure, ratio)
    given = {given.indicator: given for given in computed_points(rubric, figures, ())}
    line = next(line for line in rubric.indicators if line.source.figure is AssessedFigure.PERSONS_RATIO)

    assert given[line.code].points == points


@pytest.mark.parametrize(
    ("ratings", "points"),
    [((5, 5, 5), "10.00"), ((1, 1), "0.00"), ((3,), "5.00"), ((5, 4), "8.75"), ((), "0")],
    ids=["all-five", "all-one", "middle", "mixed", "nobody-asked"],
)
def test_users_ratings_become_points(four_bands: Rubric, ratings: tuple[int, ...], points: str) -> None:
    """Service users are raters: all fives earn all points, all ones none, no answer none."""
    given = {given.indicator: given for given in computed_points(four_bands, {}, ratings)}

    assert given["satisfaction"].points == Decimal(points)


def test_missing_share_earns_nothing(four_bands: Rubric) -> None:
    """A share that could not be computed earns no points and says so."""
    given = {given.indicator: given for given in computed_points(four_bands, {}, ())}

    assert (given["units"].points, given["units"].basis["value"]) == (0, "none")


@pytest.mark.parametrize(
    ("sheet", "found"),
    [
        ({"daily": "9", "outcome": "8"}, ()),
        ({"daily": "9"}, ("outcome",)),
        ({"daily": "11", "outcome": "8"}, ("daily",)),
        ({"daily": "-1", "outcome": "8"}, ("daily",)),
        ({"daily": "8.125", "outcome": "8"}, ("daily",)),
        ({"daily": "9", "outcome": "8", "finance": "9"}, ("finance",)),
        ({"daily": "99", "finance": "9"}, ("finance", "daily", "outcome")),
    ],
    ids=["sound", "missing", "too-high", "negative", "too-fine", "foreign-line", "all-at-once"],
)
def test_rater_sheet_is_checked_whole(four_bands: Rubric, sheet: dict[str, str], found: tuple[str, ...]) -> None:
    """Every mistake of a rater's sheet is told at once."""
    given = {code: Decimal(points) for code, points in sheet.items()}

    assert found == tuple(problem.indicator for problem in check_judgement(four_bands, RaterKind.PURCHASER, given))


def test_judging_raters_are_those_with_judged_lines(four_bands: Rubric) -> None:
    """The system and the service users are not asked for a sheet."""
    expected = (RaterKind.THIRD_PARTY, RaterKind.PURCHASER, RaterKind.COMMUNITY)

    assert expected == judged_raters(four_bands)


def test_rectification_names_weak_lines(four_bands: Rubric) -> None:
    """Lines below 60 % of their points are what must be put right."""
    given = [
        Points(line.code, line.rater, Decimal(0) if line.code == "finance" else line.max_points, {})
        for line in four_bands.indicators
    ]

    assert rectification_items(four_bands, given) == ("finance",)
