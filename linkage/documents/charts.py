"""The charts of a report, as SVG for HTML and PDF alike.

Colours are told apart by colour-blind readers and by their grey on paper, and every bar carries its number,
so that colour is never the only signal. Numbers come counted; nothing is summed here. Altair and its
renderer are loaded on the first chart only, since that costs a second.
"""

from __future__ import annotations

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
    import altair as alt

    highest = max((bar.value for bar in bars), default=0)
    base = alt.Chart(_values(alt, bars)).encode(
        x=alt.X("label:N", sort=None, title=None, axis=alt.Axis(labelAngle=0, ticks=False, domainColor=INK)),
    )
    drawn = base.mark_bar(color=DEEP, size=min(34, 420 // max(1, len(bars)))).encode(
        y=alt.Y(
            "value:Q",
            title=axis_title,
            scale=alt.Scale(domain=[0, max(1, math.ceil(highest * 1.12))]),
            axis=alt.Axis(tickCount=5, format=",d", domain=False, ticks=False, gridColor=FAINT),
        )
    )
    labels = base.mark_text(dy=-7, color=INK, fontSize=11).encode(y="value:Q", text="text:N")
    return _svg(alt.layer(drawn, labels).properties(width=PAGE_WIDTH - 70, height=210), name)


def _rows(bars: Sequence[Bar], *, name: str) -> str:
    """Draw lying bars with their numbers at the end; a marked one is ochre, which prints lighter."""
    import altair as alt

    longest = max((bar.value for bar in bars), default=0)
    base = alt.Chart(_values(alt, bars)).encode(
        y=alt.Y(
            "label:N",
            sort=None,
            title=None,
            axis=alt.Axis(ticks=False, domain=False, labelFontSize=13, labelPadding=8, labelLimit=240),
        ),
        x=alt.X("value:Q", title=None, axis=None, scale=alt.Scale(domain=[0, max(1.0, longest * 1.18)])),
    )
    drawn = base.mark_bar(size=20).encode(color=alt.condition("datum.is_marked", alt.value(OCHRE), alt.value(DEEP)))
    labels = base.mark_text(align="left", dx=6, color=INK, fontSize=13).encode(text="text:N")
    height = 34 * max(1, len(bars))
    return _svg(alt.layer(drawn, labels).properties(width=PAGE_WIDTH - 120, height=height), name)


def _values(alt: Any, bars: Sequence[Bar]) -> Any:
    """Hand the bars over as inline values, labels cut to a length that fits."""
    return alt.Data(
        values=[
            {
                "label": _cut(wording.clean(bar.label)),
                "value": bar.value,
                "text": bar.text,
                "is_marked": bar.is_marked,
            }
            for bar in bars
        ]
    )


def _cut(label: str) -> str:
    """Shorten a label to what stands beside a bar."""
    return label if len(label) <= LABEL_CHARACTERS else f"{label[: LABEL_CHARACTERS - 1]}…"


def _svg(chart: Any, name: str) -> str:
    """Turn a chart into SVG whose inner names are its own, so that several stand in one page."""
    converter = _converter(wheel_folders())
    finished = chart.configure(font=CHART_FAMILY, background="transparent").configure_view(strokeWidth=0)
    finished = finished.configure_axis(labelColor=INK, titleColor=INK, labelFontSize=11, titleFontWeight="normal")
    svg = str(converter.vegalite_to_svg(finished.to_json(), allowed_base_urls=[]))
    return _CLIP.sub(rf"\g<1>-{name}-\g<2>", svg)


@lru_cache(maxsize=4)
def _converter(folders: tuple[Path, ...]) -> Any:
    """Load the renderer once and give it our fonts before its first chart."""
    import vl_convert

    for folder in dict.fromkeys(path.parent for path in font_files(folders)):
        vl_convert.register_font_directory(str(folder))
    return vl_convert
