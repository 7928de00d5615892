"""How values are written in Chinese documents."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from linkage.documents import wording
from linkage.schemas.figure import Figure, Period, Share


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param(wording.yuan(123456), "1,234.56 元", id="yuan"),
        pytest.param(wording.yuan(5), "0.05 元", id="yuan-fen-only"),
        pytest.param(wording.yuan(-100), "-1.00 元", id="yuan-returned"),
        pytest.param(wording.capital_yuan(123456), "壹仟贰佰叁拾肆元伍角陆分", id="capital"),
        pytest.param(wording.capital_yuan(105000000), "壹佰零伍万元整", id="capital-changsha"),
        pytest.param(wording.capital_yuan(-5), "负伍分", id="capital-negative"),
        pytest.param(wording.chinese_date(date(2024, 7, 1)), "2024年7月1日", id="date"),
        pytest.param(
            wording.chinese_date(datetime(2024, 6, 30, 16, 30, tzinfo=UTC)), "2024年7月1日", id="instant-next-day-there"
        ),
        pytest.param(
            wording.chinese_instant(datetime(2024, 6, 30, 16, 5, tzinfo=UTC)), "2024年7月1日 00:05", id="instant"
        ),
        pytest.param(wording.chinese_month(date(2024, 12, 1)), "2024年12月", id="month"),
        pytest.param(wording.hours(150), "2.5 小时", id="hours-exact-tenths"),
        pytest.param(wording.hours(100), "1 小时 40 分", id="hours-never-rounded"),
        pytest.param(wording.hours(40), "40 分钟", id="less-than-an-hour"),
        pytest.param(wording.hours(0), "0 小时", id="no-time"),
        pytest.param(wording.hours(60_000), "1,000 小时", id="thousand-hours"),
        pytest.param(wording.share(Share(numerator=6, denominator=7)), "85.71%（6/7）", id="share"),
        pytest.param(wording.share(Share(numerator=0, denominator=0)), "—", id="share-of-nothing"),
        pytest.param(wording.plain_percent(Decimal("0.4")), "40%", id="agreed-ratio"),
        pytest.param(wording.plain_percent(Decimal("0.0565")), "5.65%", id="agreed-tax"),
        pytest.param(wording.thousands(10328), "10,328", id="thousands"),
    ],
)
def test_wording_writes_units_as_chinese_readers_expect(written: str, expected: str) -> None:
    """Money, dates, hours and shares read the same in every document."""
    assert expected == written


@pytest.mark.parametrize(
    ("value", "unit", "more", "expected"),
    [
        pytest.param(10328, "人次", {}, ("10,328", "人次"), id="count"),
        pytest.param(100, "分钟", {}, ("1", "小时 40 分"), id="minutes"),
        pytest.param(Decimal("183420.5"), "元", {}, ("183,420.50", "元"), id="yuan"),
        pytest.param(Decimal("97.85"), "%", {"n_responses": 93}, ("97.85", "%（n=93）"), id="percent-with-n"),
        pytest.param(
            Decimal("97.85"),
            "%",
            {"numerator": 91, "denominator": 93},
            ("97.85", "%（91/93）"),
            id="percent-with-counts",
        ),
        pytest.param(None, "%", {}, ("—", ""), id="not-counted"),
    ],
)
def test_figure_is_written_with_its_unit_and_n(
    value: int | Decimal | None, unit: str, more: dict[str, int], expected: tuple[str, str]
) -> None:
    """A figure prints its unit, and a percentage its n."""
    figure = Figure(
        figure_id=1,
        code="c",
        label="l",
        value=value,
        unit=unit,
        n_records=1,
        cut_off_on=date(2025, 6, 30),
        period=Period(from_on=date(2024, 7, 1), to_on=date(2025, 6, 30)),
        trace="F1",
        **more,
    )

    assert expected == wording.figure_parts(figure)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("王\u202e小\u2066明", "王小明", id="bidirectional-marks"),
        pytest.param("a\x00b\x1bc", "abc", id="control-characters"),
        pytest.param("\ufeff甲\u200b乙\ufe0f", "甲乙", id="invisible"),
        pytest.param("一\t二\r\n三", "一 二\n三", id="tabs-and-line-ends"),
        pytest.param("\ue000", "", id="private-use"),
    ],
)
def test_clean_drops_what_has_no_place_on_paper(typed: str, expected: str) -> None:
    """Invisible and misleading characters are not printed; line breaks are."""
    assert expected == wording.clean(typed)
