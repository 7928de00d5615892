"""Charts are our own SVG: numbers on every bar, Chinese labels as text, names unique in a page."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from linkage.documents import charts
from linkage.schemas.report import ReportContext


def texts_of(svg: str) -> list[str]:
    """Read the texts of a drawing."""
    return [element.text or "" for element in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_every_bar_carries_its_number(report: ReportContext) -> None:
    """Colour and length are never the only signal."""
    shown = texts_of(charts.needs_chart(report.needs))

    assert {"243 项", "214 项", "201 项", "187 项", "29 项", "暂未满足"} <= set(shown)


def test_chart_uses_our_font_and_needs_nothing_from_elsewhere(report: ReportContext) -> None:
    """The drawing names the font that the PDF embeds and refers to nothing outside itself."""
    svg = charts.monthly_chart(report.monthly)

    assert charts.CHART_FAMILY in svg
    assert not re.search(r"(href|url\()\s*=?\s*[\"']?(http|file)", svg)
    assert {"512", "1,015", "24-07"} <= set(texts_of(svg))


def test_hostile_label_stays_text_and_is_cut(report: ReportContext) -> None:
    """A label that looks like markup is escaped; one that is too long is cut."""
    assert report.satisfaction is not None
    levels = report.satisfaction.levels
    labelled = (levels[0].model_copy(update={"label": '<b>&"x'}), levels[1].model_copy(update={"label": "长" * 40}))

    shown = texts_of(charts.satisfaction_chart(report.satisfaction.model_copy(update={"levels": labelled})))

    assert '<b>&"x' in shown
    assert "长" * 15 + "…" in shown


def test_same_numbers_draw_the_same_chart(report: ReportContext) -> None:
    """A chart is the same, letter by letter, each time it is drawn."""
    assert charts.monthly_chart(report.monthly) == charts.monthly_chart(report.monthly)
