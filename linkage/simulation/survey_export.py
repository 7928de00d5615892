"""A simulated questionnaire export, written as 问卷星 writes its text form, so that the real import reads it.

The file says in its source column that it is simulated. It holds whatever the charter's survey source asks.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import datetime, timedelta

from linkage.schemas.charter_survey import SurveySource
from linkage.simulation.world import Resident, World, wishes

_MARK = "模拟数据"
_SKIPPED = "(跳过)"
_ADULT = 18


def export_csv(world: World, source: SurveySource, start_at: datetime) -> bytes:
    """Write the export of one survey source.

    Parameters
    ----------
    start_at
        Local time of the first answer; the rest follow within two weeks.

    Returns
    -------
    bytes
        CSV in UTF-8 with a byte-order mark, as spreadsheet programs expect it.
    """
    draw = world.stream(f"export|{source.source}")
    text = io.StringIO()
    writer = csv.writer(text)
    asked = _questions(source)
    titles = [f"{number}、{title}" for number, title in enumerate(asked, start=1)]
    writer.writerow(["序号", "提交答卷时间", "所用时间", "来源", "来源详情", "来自IP", *titles])
    at = start_at
    for number, resident in enumerate(respondents(world), start=1):
        at += timedelta(minutes=int(draw.integers(1, 90)))
        cells = [_cell(world, source, resident, title) for title in asked]
        seconds = int(draw.integers(60, 600))
        stamp = f"{at.year}/{at.month}/{at.day} {at:%H:%M:%S}"
        writer.writerow([number, stamp, f"{seconds}秒", _MARK, _MARK, "", *cells])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def respondents(world: World) -> tuple[Resident, ...]:
    """List who fills in the questionnaire: those of the age most often asked for by the offers, who answer."""
    ages = Counter(item.eligibility.min_age for item in world.charter.services if item.eligibility.min_age)
    least = max(_ADULT, ages.most_common(1)[0][0]) if ages else _ADULT
    return tuple(resident for resident in world.residents if resident.answers and resident.age >= least)


def _questions(source: SurveySource) -> list[str]:
    who = source.respondent
    titles = [who.name, who.gender, who.age, who.phone, who.id_number, who.area]
    titles += [question.question for question in source.needs]
    titles.append(who.consent.question if who.consent else None)
    return [title for title in titles if title is not None]


def _cell(world: World, source: SurveySource, resident: Resident, title: str) -> str:
    who = source.respondent
    labels = {code: label for label, code in source.area_labels.items()}
    known = {
        who.name: resident.name,
        who.gender: resident.gender,
        who.age: str(resident.age),
        who.phone: "",  # nor a telephone number that might be somebody's
        who.area: labels.get(resident.area, ""),
        who.id_number: "",  # nobody's identity number is made up
    }
    if who.consent and title == who.consent.question:
        return who.consent.yes[0] if resident.has_consented else "不同意"
    if title in known:
        return known[title]
    question = next(question for question in source.needs if question.question == title)
    if question.options:
        return "┋".join(wishes(world, resident, question.options, title)) or _SKIPPED
    picked = wishes(world, resident, question.keywords or {}, title)
    return f"希望能帮忙{picked[0]}" if picked else _SKIPPED
