"""Reads exports of KoboToolbox: CSV with semicolons or XLSX, headers by XML name or by label, repeat groups.

A repeat group is a sheet of its own whose rows name their respondent in `_parent_index`. Each of its columns
becomes one matrix question whose row labels count the repeats: `{"1": …, "2": …}`. Groups stand in the header,
`group/question`. `_submission_time` is UTC without saying so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC
from typing import Final

from linkage.errors import UnreadableFile
from linkage.imports.assembly import assemble, moments
from linkage.imports.columns import Column, Reading, options_of
from linkage.imports.table import Sheet
from linkage.imports.xlsform import BLANKS, questions
from linkage.schemas.survey import Choice, OwnText, Question, QuestionKind, SurveyFile, SurveyFormat, Value

RESPONDENT_COLUMNS: Final = ("_uuid", "meta/instanceID", "_id", "_index")
SUBMITTED_COLUMNS: Final = ("_submission_time", "end", "start")
PARENT_INDEX: Final = "_parent_index"
_METADATA: Final = frozenset(
    {
        "start", "end", "today", "deviceid", "subscriberid", "simserial", "simid", "devicephonenum", "username", "imei",
        "audit", "audit_URL", "background-audio", "instanceID", "formhub/uuid", "rootUuid",
        "_id", "_uuid", "_submission_time", "_validation_status", "_notes", "_status", "_submitted_by", "__version__",
        "_version_", "_tags", "_index", "_attachments", "_geolocation", "_xform_id_string", "_bamboo_dataset_id",
        "_parent_table_name", "_parent_index", "_edited", "_duration", "_date_modified", "_media_count", "_total_media",
        "_media_all_received", "_suspect", "_supplementalDetails", "_root_uuid",
    }
)  # fmt: skip
_METADATA_PREFIX: Final = ("meta/", "_submission__", "_validation_status", "__version__", "_version__")
_GEO: Final = re.compile(r"_(.+)_(latitude|longitude|altitude|precision)")
_NO_ROW: Final = -1


def is_kobo(header: tuple[str, ...]) -> bool:
    """Tell from the header whether the sheet is the main table of a KoboToolbox export."""
    titles = set(header)
    return PARENT_INDEX not in titles and bool(titles & {"_uuid", "_submission_time", "_index"})


def is_repeat(header: tuple[str, ...]) -> bool:
    """Tell from the header whether the sheet is the table of a repeat group."""
    return PARENT_INDEX in header


def read(source: str, main: Sheet, others: Sequence[Sheet]) -> SurveyFile:
    """Read the main table and the repeat groups that stand beside it."""
    titles = list(main.header)
    respondent = next((name for name in RESPONDENT_COLUMNS if name in titles), None)
    if respondent is None:
        raise UnreadableFile(
            f"{source}: has none of the columns {', '.join(RESPONDENT_COLUMNS)} that tell respondents apart. "
            "Export from KoboToolbox again with its metadata"
        )
    column = Column(main, BLANKS)
    readings = questions(column, _answers(column))
    for sheet in others:
        if is_repeat(sheet.header):
            readings += _repeat(column, sheet, others)
    submitted = next((name for name in SUBMITTED_COLUMNS if name in titles), None)
    return assemble(
        source,
        SurveyFormat.KOBO,
        column,
        readings,
        respondent_index=titles.index(respondent),
        submitted_at=moments(column, None if submitted is None else titles.index(submitted), UTC),
    )


def _answers(column: Column) -> list[int]:
    """Return the columns that hold answers, complaining of those that look like metadata we do not know."""
    header = column.sheet.header
    known = set(header)
    indexes = []
    for index, title in enumerate(header):
        if not title or title in _METADATA or title.startswith(_METADATA_PREFIX):
            continue
        if (geo := _GEO.fullmatch(title)) and any(name == geo[1] or name.endswith(f"/{geo[1]}") for name in known):
            continue
        if title.endswith("_URL") and title.removesuffix("_URL") in known:
            continue
        if title.startswith("_") and geo is None:
            column.complain(
                None, index, "Unknown column of metadata; it is kept with the raw row and not read as an answer"
            )
            continue
        indexes.append(index)
    return indexes


def _repeat(main: Column, sheet: Sheet, others: Sequence[Sheet]) -> list[Reading]:
    column = Column(sheet, BLANKS)
    inner = questions(column, _answers(column))
    parents = _main_rows(main, sheet, others, column)
    main.problems += column.problems
    count = len(main.sheet.rows)
    readings = []
    for reading in inner:
        collected: list[dict[str, Value]] = [{} for _ in range(count)]
        for parent, value in zip(parents, reading.values, strict=True):
            if parent != _NO_ROW:
                collected[parent][str(len(collected[parent]) + 1)] = value
        key = reading.question.key
        question = Question(
            key=key if key.startswith(f"{sheet.name}/") else f"{sheet.name}/{key}",
            title=reading.question.title,
            kind=QuestionKind.MATRIX,
            options=reading.question.options or _options(reading),
        )
        readings.append(Reading(question, [repeats or None for repeats in collected]))
    return readings


def _options(reading: Reading) -> tuple[str, ...]:
    if reading.question.kind not in {QuestionKind.SINGLE, QuestionKind.MULTI}:
        return ()
    met: list[Choice] = []
    for value in reading.values:
        met += value if isinstance(value, tuple) else [value] if isinstance(value, str | OwnText) else []
    return options_of(met)


def _main_rows(main: Column, sheet: Sheet, others: Sequence[Sheet], column: Column) -> list[int]:
    """Return for each row of a repeat group the row of the main table it belongs to."""
    titles = list(main.sheet.header)
    if "_index" not in titles:
        raise UnreadableFile(
            f"{sheet.name} is a repeat group, and the main sheet has no column _index to join it by. "
            "Export from KoboToolbox again with its metadata"
        )
    rows = {text: row for row, text in enumerate(main.cells(titles.index("_index"))) if text is not None}
    above = _parent_sheet(sheet, others)
    if above is not None:
        outer = _main_rows(main, above, [each for each in others if each is not sheet], Column(above, BLANKS))
        if "_index" not in above.header:
            raise UnreadableFile(
                f"{above.name} has no column _index to join {sheet.name} by. Export again with metadata"
            )
        inner = Column(above, BLANKS).cells(list(above.header).index("_index"))
        rows = {text: row for text, row in zip(inner, outer, strict=True) if text is not None}
    at = list(sheet.header).index(PARENT_INDEX)
    found = []
    for row, text in enumerate(column.cells(at)):
        parent = rows.get(text or "", _NO_ROW)
        if parent == _NO_ROW:
            column.complain(row, at, f"{sheet.name}: no respondent has the index {text}; the row is left out")
        found.append(parent)
    return found


def _parent_sheet(sheet: Sheet, others: Sequence[Sheet]) -> Sheet | None:
    """Return the repeat group this one is nested in, or None if its parent is the main table."""
    if "_parent_table_name" not in sheet.header or not sheet.rows:
        return None
    parent = sheet.rows[0][list(sheet.header).index("_parent_table_name")].strip()
    candidates = [each for each in others if each is not sheet and is_repeat(each.header)]
    return next((each for each in candidates if each.name == parent), None)
