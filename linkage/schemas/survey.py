"""What a survey export says once it has been read: questions, answers and the cells that could not be read.

These records are the same for every export format. They hold what respondents answered and nothing of what
it means: classifying an answer as a need happens later, in the survey stage. Answers are plain slotted
dataclasses and not pydantic models, because a file may hold tens of thousands of them and each was built by
our own reader, not by a stranger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict


class SurveyFormat(StrEnum):
    """Which program wrote the file, told from its headers and never from its name."""

    WENJUANXING_TEXT = "wenjuanxing-text"  # 问卷星, 按选项文本
    WENJUANXING_CODE = "wenjuanxing-code"  # 问卷星, 按选项序号
    KOBO = "kobo"
    ODK = "odk"
    MAPPING = "mapping"  # any table, read through a mapping file


class QuestionKind(StrEnum):
    """What shape the answers to one question have."""

    SINGLE = "single"  # one option label
    MULTI = "multi"  # several option labels
    OPEN = "open"  # free text
    RANKING = "ranking"  # option labels in the order of preference
    MATRIX = "matrix"  # one value for each row label
    NUMBER = "number"  # a finite number


@dataclass(frozen=True, slots=True)
class OwnText:
    """An option that was chosen together with the respondent's own words (其他〖…〗)."""

    option: str
    text: str


Choice = str | OwnText
Value = str | int | float | OwnText | tuple[Choice, ...] | Mapping[str, "Value"] | None


class Question(BaseModel):
    """One question of the questionnaire.

    `key` is the question number as text where the export has numbers (问卷星), the header (the XML path) for
    KoboToolbox and ODK, and the mapping file's own key otherwise. `options` are in the order of the export;
    where the export does not list them they are the labels that were met, in the order they were met.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    title: str
    kind: QuestionKind
    options: tuple[str, ...] = ()


class CellProblem(BaseModel):
    """Something in the file that a person should look at.

    `row` is the row of the sheet as a spreadsheet program numbers it (the header is row 1), or the record's
    number in a CSV file; `column` is the header's text. `None` means the whole column, the whole row or the file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    row: int | None
    column: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What one respondent answered.

    `values` has an entry for every question; `None` stands for skipped and for not answered. `raw` is the row as
    it stood in the file, header to cell text; a header that stands twice is told apart by its column letter.
    """

    respondent: str
    values: Mapping[str, Value]
    submitted_at: datetime | None
    raw: Mapping[str, str]
    row: int


@dataclass(frozen=True, slots=True)
class SurveyFile:
    """A survey export as it was read."""

    format: SurveyFormat
    header: tuple[str, ...]
    questions: tuple[Question, ...]
    answers: tuple[Answer, ...]
    problems: tuple[CellProblem, ...] = field(default=())


def to_json(survey_file: SurveyFile) -> dict[str, Any]:
    """Return the public form of a read survey file, ready for `json.dumps`.

    Returns
    -------
    dict
        `{"format", "respondents", "questions", "answers", "problems"}`; see `linkage survey inspect --json`.
        Raw rows and instants stay inside: they are for the import, not for a reader of the summary.
    """
    return {
        "format": survey_file.format.value,
        "respondents": len(survey_file.answers),
        "questions": [
            {
                "key": question.key,
                "title": question.title,
                "kind": question.kind.value,
                "options": list(question.options),
            }
            for question in survey_file.questions
        ],
        "answers": [
            {
                "respondent": answer.respondent,
                "values": {key: plain(value) for key, value in answer.values.items()},
            }
            for answer in survey_file.answers
        ],
        "problems": [
            {"row": problem.row, "column": problem.column, "message": problem.message}
            for problem in survey_file.problems
        ],
    }


def as_line(values: Mapping[str, Value]) -> str:
    """Return answers as one line of JSON in the order of their keys, so that equal answers give equal lines."""
    return orjson.dumps(values, default=dict, option=orjson.OPT_SORT_KEYS).decode()


def plain(value: Value) -> Any:
    """Return one answer as JSON can hold it."""
    if isinstance(value, OwnText):
        return {"option": value.option, "text": value.text}
    if isinstance(value, tuple):
        return [plain(choice) for choice in value]
    if isinstance(value, Mapping):
        return {row: plain(inner) for row, inner in value.items()}
    return value
