"""The rules of printed figures: reachable percentages, and what may be added or divided."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from linkage.errors import ImpossibleFigure, IncomparableFigures
from linkage.rules import figures
from linkage.schemas.figure import Figure, Period

PERIOD = Period(from_on=date(2024, 7, 1), to_on=date(2025, 6, 30))


def a_figure(value: int | Decimal | None = 10, unit: str = "人次", **changes: object) -> Figure:
    """Build a figure of 2024-07 to 2025-06, counted to the last day."""
    fields: dict[str, object] = {
        "figure_id": 1,
        "code": "person_times",
        "label": "服务人次",
        "value": value,
        "unit": unit,
        "n_records": 10,
        "cut_off_on": date(2025, 6, 30),
        "period": PERIOD,
        "trace": "F1",
    }
    return Figure.model_validate(fields | changes)


def test_percentage_of_the_paper_needs_93_answers() -> None:
    """97.85 % is impossible below n = 93 (91 of 93)."""
    reachable = [n for n in range(1, 94) if figures.is_reachable(Decimal("97.85"), n)]

    assert reachable == [93]


@pytest.mark.parametrize(
    ("percent", "n", "expected"),
    [
        pytest.param("100", 1, True, id="all-of-one"),
        pytest.param("50", 1, False, id="half-of-one"),
        pytest.param("33.3", 3, True, id="a-third-one-place"),
        pytest.param("33.33", 3, True, id="a-third-two-places"),
        pytest.param("33.4", 3, False, id="not-a-third"),
        pytest.param("0", 7, True, id="none"),
        pytest.param("12.5", 8, True, id="exact"),
        pytest.param("13", 8, True, id="tie-up"),
        pytest.param("12", 8, True, id="tie-down"),
        pytest.param("100.5", 200, False, id="above-hundred"),
        pytest.param("-1", 100, False, id="negative"),
        pytest.param("50", 0, False, id="no-answers"),
    ],
)
def test_percentage_is_reachable_only_with_a_count_behind_it(percent: str, n: int, expected: bool) -> None:
    """A printed percentage must be some count out of its n, rounded to the places shown."""
    assert expected is figures.is_reachable(Decimal(percent), n)


@given(n=st.integers(1, 5000), share=st.floats(0, 1), places=st.integers(0, 3))
def test_percentage_of_a_count_is_always_reachable(n: int, share: float, places: int) -> None:
    """What `percentage` prints, `is_reachable` accepts."""
    percent = figures.percentage(int(share * n), n, places)

    assert percent is not None
    assert figures.is_reachable(percent, n)


@pytest.mark.parametrize(
    ("numerator", "denominator", "places", "expected"),
    [
        pytest.param(91, 93, 2, Decimal("97.85"), id="the-paper"),
        pytest.param(6, 7, 1, Decimal("85.7"), id="six-of-seven"),
        pytest.param(1, 8, 0, Decimal(13), id="tie-goes-up"),
        pytest.param(0, 5, 2, Decimal("0.00"), id="none"),
        pytest.param(1, 0, 2, None, id="no-whole"),
        pytest.param(3, 2, 1, Decimal("150.0"), id="more-than-planned"),
    ],
)
def test_percentage_rounds_half_up(numerator: int, denominator: int, places: int, expected: Decimal | None) -> None:
    """A percentage is rounded half up to the places asked for; of nothing there is none."""
    assert expected == figures.percentage(numerator, denominator, places)


def test_percentage_text_carries_its_n() -> None:
    """Any printed percentage prints its n."""
    assert figures.percent_with_n(Decimal("97.85"), 93) == "97.85%（n=93）"


def test_percentage_text_is_refused_when_impossible() -> None:
    """A percentage no count can give is refused with its n."""
    with pytest.raises(ImpossibleFigure, match="n=92"):
        figures.percent_with_n(Decimal("97.85"), 92)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"n_responses": 93}, (), id="possible"),
        pytest.param({"n_responses": 92}, ("F1 person_times: 97.85% cannot come from n=92",), id="impossible"),
        pytest.param({"numerator": 91, "denominator": 93}, (), id="counts-agree"),
        pytest.param(
            {"numerator": 90, "denominator": 93}, ("F1 person_times: 97.85% is not 90 of 93",), id="counts-disagree"
        ),
        pytest.param({"numerator": 0, "denominator": 0}, ("F1 person_times: 97.85% is not 0 of 0",), id="of-nothing"),
        pytest.param(
            {"n_responses": 93, "cut_off_on": date(2024, 6, 30)},
            ("F1 person_times: the cut-off 2024-06-30 lies before its period begins",),
            id="cut-off-before-period",
        ),
    ],
)
def test_faults_of_a_percentage_are_listed(changes: dict[str, object], expected: tuple[str, ...]) -> None:
    """A figure is printed only if its counts can give it."""
    assert expected == figures.faults(a_figure(Decimal("97.85"), "%", **changes))


def test_faults_of_a_rate_above_hundred_are_none_when_counts_agree() -> None:
    """A completion rate may pass 100 %: 2,050 of 1,800 planned."""
    assert figures.faults(a_figure(Decimal("113.9"), "%", numerator=2050, denominator=1800)) == ()


def test_faults_of_an_uncounted_percentage_are_none() -> None:
    """Nothing counted is not an impossible percentage."""
    assert figures.faults(a_figure(None, "%")) == ()


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"unit": "%", "value": Decimal(50)}, id="percentage-without-n"),
        pytest.param({"numerator": 3}, id="numerator-alone"),
        pytest.param({"period": {"from_on": date(2025, 1, 2), "to_on": date(2025, 1, 1)}}, id="period-backwards"),
    ],
)
def test_figure_is_refused_without_what_checks_it(changes: dict[str, object]) -> None:
    """A percentage without n, half a ratio or a backward period is no figure."""
    with pytest.raises(ValidationError):
        a_figure(**changes)  # type: ignore[arg-type]  # the table holds wrong fields on purpose


def test_total_adds_figures_of_one_unit_and_day() -> None:
    """Person-times of one cut-off date add up."""
    assert figures.total((a_figure(10), a_figure(5))) == Decimal(15)


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        pytest.param((a_figure(10), a_figure(5, "人")), "different units", id="person-times-and-persons"),
        pytest.param((a_figure(10328), a_figure(7928, "份")), "different units", id="person-times-and-meals"),
        pytest.param((a_figure(10), a_figure(5, cut_off_on=date(2025, 5, 31))), "different days", id="two-cut-offs"),
        pytest.param(
            (a_figure(10), a_figure(5, period=Period(from_on=date(2025, 1, 1), to_on=date(2025, 6, 30)))),
            "different periods",
            id="two-periods",
        ),
        pytest.param((a_figure(Decimal(50), "%", n_responses=2),), "percentages", id="percentages"),
        pytest.param((a_figure(10), a_figure(None)), "not counted", id="missing-value"),
        pytest.param((), "nothing to add", id="nothing"),
    ],
)
def test_total_is_refused(pair: tuple[Figure, ...], message: str) -> None:
    """Person-times are never added to persons or meals, nor counts of two dates to each other."""
    with pytest.raises(IncomparableFigures, match=message):
        figures.total(pair)


def test_ratio_divides_figures_of_one_day() -> None:
    """A ratio of two counts of one cut-off date is exact."""
    assert figures.ratio(a_figure(26755), a_figure(1092, "场")) == Fraction(26755, 1092)


@pytest.mark.parametrize(
    ("whole", "message"),
    [
        pytest.param(a_figure(1092, "场", cut_off_on=date(2025, 8, 31)), "different days", id="colourful-circle"),
        pytest.param(a_figure(Decimal(50), "%", n_responses=2), "percentage is not divided", id="percentage"),
        pytest.param(a_figure(0), "no ratio", id="empty-whole"),
        pytest.param(a_figure(None), "no ratio", id="uncounted"),
    ],
)
def test_ratio_is_refused(whole: Figure, message: str) -> None:
    """Colourful Circle mixes cut-off dates (2022-05, 2022-08): a ratio across dates is refused."""
    with pytest.raises(IncomparableFigures, match=message):
        figures.ratio(a_figure(26755), whole)
