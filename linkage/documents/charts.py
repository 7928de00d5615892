"""The charts of a report, as SVG for HTML and PDF alike.

Colours are told apart by colour-blind readers and by their grey on paper, and every bar carries its number,
so that colour is never the only signal. Numbers come counted; nothing is summed here. A chart is written in
Vega-Lite's grammar (vega.github.io/vega-lite, version 6) and drawn by the renderer, which is loaded on the first
chart only.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from linkage.documents import wording
from linkage.documents.fonts import font_files, wheel_folders
from linkage.schemas.report import MonthlyCount, NeedsFunnel, Satisfaction

CHART_FAMILY = "Noto Sans SC"
INK = "#22313f"
DEEP = "#0b5c6e"
OCHRE = "#d98a1f"
FAINT = "#d8dee3"
PAGE_WIDTH = 620
LABEL_CHARACTERS = 16

_Spec = dict[str, Any]
"""A part of a Vega-Lite specification, as plain JSON."""

_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.4.1.json"  # names the grammar's version; nothing is fetched
_TEXT: _Spec = {"field": "text", "type": "nominal"}
_CONFIG: _Spec = {
    "background": "transparent",
    "font": CHART_FAMILY,
    "view": {"continuousWidth": 300, "continuousHeight": 300, "strokeWidth": 0},
    "axis": {"labelColor": INK, "titleColor": INK, "labelFontSize": 11, "titleFontWeight": "normal"},
}
_CLIP = re.compile(r"\b(clip|gradient_)(\d+)")


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its label, its length and the text at its end."""

    label: str
    value: float
    text: str
    is_marked: bool = False


def monthly_chart(months: Sequence[MonthlyCount]) -> str:
    """Draw person-times by month, as columns."""
    bars = [
        Bar(f"{month.month_on:%y}-{month.month_on:%m}", month.person_times, wording.thousands(month.person_times))
        for month in months
    ]
    return _columns(bars, "服务人次", name="monthly")


def needs_chart(needs: NeedsFunnel) -> str:
    """Draw how far the needs came, the unmet ones marked."""
    steps = (
        ("提出", needs.asked_count, False),
        ("已匹配", needs.matched_count, False),
        ("已承接", needs.accepted_count, False),
        ("已满足", needs.met_count, False),
        ("暂未满足", needs.unmet_count, True),
    )
    return _rows([Bar(label, count, f"{count:,} 项", marked) for label, count, marked in steps], name="needs")


def satisfaction_chart(satisfaction: Satisfaction) -> str:
    """Draw the answers at each level of the scale."""
    answered = sum(level.answers_count for level in satisfaction.levels)
    bars = [
        Bar(level.label, level.answers_count, f"{level.answers_count:,} / {answered:,}")
        for level in satisfaction.levels
    ]
    return _rows(bars, name="satisfaction")


def _columns(bars: Sequence[Bar], axis_title: str, *, name: str) -> str:
    """Draw upright bars with their numbers above."""
    highest = max((bar.value for bar in bars), default=0)
    across: _Spec = {
        "field": "label",
        "type": "nominal",
        "sort": None,
        "title": None,
        "axis": {"labelAngle": 0, "ticks": False, "domainColor": INK},
    }
    up: _Spec = {
        "field": "value",
        "type": "quantitative",
        "title": axis_title,
        "scale": {"domain": [0, max(1, math.ceil(highest * 1.12))]},
        "axis": {"tickCount": 5, "format": ",d", "domain": False, "ticks": False, "gridColor": FAINT},
    }
    drawn: _Spec = {
        "mark": {"type": "bar", "color": DEEP, "size": min(34, 420 // max(1, len(bars)))},
        "encoding": {"x": across, "y": up},
    }
    labels: _Spec = {
        "mark": {"type": "text", "dy": -7, "color": INK, "fontSize": 11},
        "encoding": {"x": across, "y": {"field": "value", "type": "quantitative"}, "text": _TEXT},
    }
    return _svg({"layer": [drawn, labels], "width": PAGE_WIDTH - 70, "height": 210}, bars, name)


def _rows(bars: Sequence[Bar], *, name: str) -> str:
    """Draw lying bars with their numbers at the end; a marked one is ochre, which prints lighter."""
    longest = max((bar.value for bar in bars), default=0)
    place: _Spec = {
        "y": {
            "field": "label",
            "type": "nominal",
            "sort": None,
            "title": None,
            "axis": {"ticks": False, "domain": False, "labelFontSize": 13, "labelPadding": 8, "labelLimit": 240},
        },
        "x": {
            "field": "value",
            "type": "quantitative",
            "title": None,
            "axis": None,
            "scale": {"domain": [0, max(1.0, longest * 1.18)]},
        },
    }
    colour: _Spec = {"condition": {"test": "datum.is_marked", "value": OCHRE}, "value": DEEP}
    drawn: _Spec = {"mark": {"type": "bar", "size": 20}, "encoding": place | {"color": colour}}
    labels: _Spec = {
        "mark": {"type": "text", "align": "left", "dx": 6, "color": INK, "fontSize": 13},
        "encoding": place | {"text": _TEXT},
    }
    return _svg({"layer": [drawn, labels], "width": PAGE_WIDTH - 120, "height": 34 * max(1, len(bars))}, bars, name)


def _values(bars: Sequence[Bar]) -> _Spec:
    """Hand the bars over as inline values, labels cut to a length that fits."""
    return {
        "values": [
            {
                "label": _cut(wording.clean(bar.label)),
                "value": bar.value,
                "text": bar.text,
                "is_marked": bar.is_marked,
            }
            for bar in bars
        ]
    }


def _cut(label: str) -> str:
    """Shorten a label to what stands beside a bar."""
    return label if len(label) <= LABEL_CHARACTERS else f"{label[: LABEL_CHARACTERS - 1]}…"


def _svg(chart: _Spec, bars: Sequence[Bar], name: str) -> str:
    """Turn a chart into SVG whose inner names are its own, so that several stand in one page."""
    converter = _converter(wheel_folders())
    finished = {"$schema": _SCHEMA, "config": _CONFIG, "data": _values(bars)} | chart
    svg = str(converter.vegalite_to_svg(json.dumps(finished, ensure_ascii=False), allowed_base_urls=[]))
    return _CLIP.sub(rf"\g<1>-{name}-\g<2>", svg)


@lru_cache(maxsize=4)
def _converter(folders: tuple[Path, ...]) -> Any:
    """Load the renderer once and give it our fonts before its first chart."""
    import vl_convert

    for folder in dict.fromkeys(path.parent for path in font_files(folders)):
        vl_convert.register_font_directory(str(folder))
    return vl_convert
