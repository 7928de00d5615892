"""Assessment: how points become a score, a band and its consequence.

Pure: figures, ratings and raters' points come in, a result comes out. The scheme says weights, steps, bands and
rounding; nothing here knows a number of any city. Points are exact decimals until the scheme rounds them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction

from linkage.schemas.rubric import Band, Indicator, Rubric
from linkage.terms import AssessedFigure, RaterKind

RATING_FLOOR = 1
RATING_CEILING = 5


@dataclass(frozen=True)
class Points:
    """What one rater gave on one indicator, and what it rests on."""

    indicator: str
    rater: RaterKind
    points: Decimal
    basis: Mapping[str, str]


@dataclass(frozen=True)
class Result:
    """The outcome of an assessment.

    Parameters
    ----------
    score
        0 to 100, rounded as the scheme says.
    by_rater
        Each rater's own score, 0 to 100, before weighting.
    """

    score: Decimal
    band: Band
    by_rater: Mapping[RaterKind, Decimal]


@dataclass(frozen=True)
class PointsProblem:
    """A rater's points that cannot stand, and what would be right."""

    indicator: str
    message: str


def computed_points(
    rubric: Rubric, figures: Mapping[AssessedFigure, Fraction], ratings: Sequence[int]
) -> tuple[Points, ...]:
    """Give the points that follow from figures and from service users' ratings.

    Parameters
    ----------
    figures
        Each assessed share, 1 meaning all of it; a share without a denominator is left out and earns nothing.
    ratings
        Service users' ratings from 1 to 5.
    """
    given: list[Points] = []
    for indicator in rubric.indicators:
        source = indicator.source
        if source.figure is not None:
            share = figures.get(source.figure)
            value = Decimal(0) if share is None else Decimal(share.numerator) / Decimal(share.denominator)
            basis = {"figure": source.figure.value, "value": "none" if share is None else str(share)}
            given.append(Points(indicator.code, indicator.rater, source.points(value), basis))
        elif source.ratings:
            given.append(_rated(indicator, ratings))
    return tuple(given)


def _rated(indicator: Indicator, ratings: Sequence[int]) -> Points:
    """Turn ratings of 1 to 5 into points: all fives give all points, all ones none."""
    basis = {"ratings": str(len(ratings)), "sum": str(sum(ratings))}
    if not ratings:
        return Points(indicator.code, indicator.rater, Decimal(0), basis)
    span = RATING_CEILING - RATING_FLOOR
    share = Fraction(sum(ratings) - RATING_FLOOR * len(ratings), span * len(ratings))
    exact = Decimal(share.numerator) / Decimal(share.denominator) * indicator.max_points
    return Points(indicator.code, indicator.rater, exact.quantize(Decimal("0.01")), basis)


def judged_raters(rubric: Rubric) -> tuple[RaterKind, ...]:
    """List the raters who give points themselves, in the scheme's order."""
    return tuple(
        rater.kind
        for rater in rubric.raters
        if any(indicator.source.judged for indicator in rubric.indicators_of(rater.kind))
    )


def check_judgement(rubric: Rubric, rater: RaterKind, given: Mapping[str, Decimal]) -> tuple[PointsProblem, ...]:
    """Tell everything wrong with a rater's sheet: missing and foreign lines, points off the scale."""
    asked = {indicator.code: indicator for indicator in rubric.indicators_of(rater) if indicator.source.judged}
    problems = [
        PointsProblem(code, f"{code} is not a line of {rater.value}; its lines are {', '.join(asked) or 'none'}")
        for code in given
        if code not in asked
    ]
    for code, indicator in asked.items():
        if code not in given:
            problems.append(PointsProblem(code, f"{code} is missing; give 0 to {indicator.max_points} points"))
            continue
        problems.extend(_off_scale(indicator, given[code]))
    return tuple(problems)


def _off_scale(indicator: Indicator, points: Decimal) -> list[PointsProblem]:
    levels = [level.points for level in indicator.source.levels]
    if levels and points not in levels:
        allowed = ", ".join(str(level) for level in levels)
        return [PointsProblem(indicator.code, f"{indicator.code} has {points} points; allowed are {allowed}")]
    if not 0 <= points <= indicator.max_points or points != points.quantize(Decimal("0.01")):
        limit = f"0 to {indicator.max_points}, at most two decimals"
        return [PointsProblem(indicator.code, f"{indicator.code} has {points} points; allowed are {limit}")]
    return []


def conclude(rubric: Rubric, given: Sequence[Points]) -> Result | None:
    """Compute the result, or None while a line of the score sheet has no points yet.

    A rater's score is 100 times the points given over the points possible on that rater's lines; the total is
    the sum of the raters' scores by their weights.
    """
    by_line = {(points.indicator, points.rater): points.points for points in given}
    scores: dict[RaterKind, Decimal] = {}
    total = Fraction(0)
    for rater in rubric.raters:
        lines = rubric.indicators_of(rater.kind)
        if any((line.code, line.rater) not in by_line for line in lines):
            return None
        possible = sum((line.max_points for line in lines), Decimal(0))
        earned = sum((by_line[line.code, line.rater] for line in lines), Decimal(0))
        exact = Fraction(earned) * 100 / Fraction(possible)
        scores[rater.kind] = _decimal(exact).quantize(Decimal("0.01"))
        total += exact * Fraction(rater.weight_percent) / 100
    cut = _decimal(total).quantize(Decimal("0.0001"), rounding=ROUND_DOWN)  # cut, so that it is rounded once
    score = rubric.rounded(cut)
    return Result(score, rubric.band_of(score), scores)


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def rectification_due_on(rubric: Rubric, concluded_on: date) -> date:
    """Return by when what failed must be put right."""
    return concluded_on + timedelta(days=rubric.rectification_days)


def rectification_items(
    rubric: Rubric, given: Sequence[Points], *, below: Fraction = Fraction(6, 10)
) -> tuple[str, ...]:
    """List the lines to put right: those that earned less than a share of their points."""
    best = {indicator.code: indicator.max_points for indicator in rubric.indicators}
    weak = [points for points in given if Fraction(points.points) < below * Fraction(best[points.indicator])]
    return tuple(points.indicator for points in weak)
