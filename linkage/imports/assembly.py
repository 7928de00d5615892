"""Puts what the columns say together into the record of a survey file, one answer per respondent.

Decides only who counts: a row without a respondent's key, or with a key that stood in an earlier row, is left
out and named as a problem. The first row of a respondent counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone

from linkage.errors import UnreadableFile
from linkage.imports.cells import moment
from linkage.imports.columns import Cells, Column, Reading
from linkage.imports.table import Sheet
from linkage.schemas.survey import Answer, CellProblem, SurveyFile, SurveyFormat, Value


def moments(column: Column, index: int | None, zone: timezone) -> list[datetime | None]:
    """Return the instants of a column, naming each cell that holds none."""
    if index is None:
        return [None] * len(column.sheet.rows)
    found: list[datetime | None] = []
    for row, text in enumerate(column.cells(index)):
        at = None if text is None else moment(text, zone)
        if text is not None and at is None:
            column.complain(row, index, f"{text!r} is not a date and time; write it as 2026-10-12 09:30:00")
        found.append(at)
    return found


def assemble(
    source: str,
    survey_format: SurveyFormat,
    column: Column,
    readings: Sequence[Reading],
    *,
    respondent_index: int,
    submitted_at: Sequence[datetime | None],
) -> SurveyFile:
    """Make the survey file.

    Raises
    ------
    UnreadableFile
        If there is a header and no answer below it.
    """
    sheet = column.sheet
    if not sheet.rows:
        raise UnreadableFile(f"{source}: has a header and no answers below it. Export again with the answers included")
    respondents = column.cells(respondent_index)
    keys = _unique([reading.question.key for reading in readings])
    questions = tuple(
        reading.question if reading.question.key == key else reading.question.model_copy(update={"key": key})
        for key, reading in zip(keys, readings, strict=True)
    )
    values: Sequence[tuple[Value, ...]] = list(zip(*(reading.values for reading in readings), strict=True))
    if not values:
        values = [()] * len(sheet.rows)
    kept = _rows_that_count(column, respondents, respondent_index)
    raw_headers = sheet.raw_headers()
    answers = tuple(
        Answer(
            respondent=respondent,
            values=dict(zip(keys, values[row], strict=True)),
            submitted_at=submitted_at[row],
            raw=dict(zip(raw_headers, sheet.rows[row], strict=True)),
            row=sheet.row_numbers[row],
        )
        for row, respondent in kept
    )
    return SurveyFile(survey_format, sheet.header, questions, answers, in_order(column.problems, sheet))


def _rows_that_count(column: Column, respondents: Cells, respondent_index: int) -> list[tuple[int, str]]:
    first: dict[str, int] = {}
    kept: list[tuple[int, str]] = []
    for row, respondent in enumerate(respondents):
        if respondent is None:
            column.complain(row, respondent_index, "The row has no respondent key and is left out; give it one")
        elif respondent in first:
            column.complain(
                row,
                respondent_index,
                f"Respondent {respondent} stands already in row {column.sheet.row_numbers[first[respondent]]}; "
                "this row is left out. Delete one of the two",
            )
        else:
            first[respondent] = row
            kept.append((row, respondent))
    return kept


def _unique(keys: Sequence[str]) -> list[str]:
    met: dict[str, int] = {}
    unique: list[str] = []
    for key in keys:
        met[key] = met.get(key, 0) + 1
        unique.append(key if met[key] == 1 else f"{key} #{met[key]}")
    return unique


def in_order(problems: Sequence[CellProblem], sheet: Sheet) -> tuple[CellProblem, ...]:
    """Return the problems by row and column as a person would walk through the sheet, each once."""
    place = {title: index for index, title in reversed(list(enumerate(sheet.header)))}
    different = dict.fromkeys((problem.row, problem.column, problem.message) for problem in problems)
    ordered = sorted(different, key=lambda each: (each[0] or 0, place.get(each[1] or "", -1)))
    return tuple(CellProblem(row=row, column=title, message=message) for row, title, message in ordered)
