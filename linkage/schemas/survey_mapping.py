"""The mapping file: how to read a survey table that no program we know has written.

It names the column of each question, the kind of its answers, what separates several choices and what the codes
in the cells mean. This module holds the form of the file and the rules that need nothing but the file; whether the
columns exist is checked where the table is read.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints

from linkage.schemas.draft import EACH, Draft
from linkage.schemas.problem import Location
from linkage.schemas.record import Name, Positive, Record
from linkage.schemas.survey import QuestionKind

Title = Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
Separator = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=5)]

_MANY: Final = {QuestionKind.MULTI, QuestionKind.RANKING}
_FREE: Final = {QuestionKind.OPEN, QuestionKind.NUMBER}


class MappedQuestion(Record):
    """One question and where its answers stand."""

    key: Name = Field(description="题目代码，自定，不可重复")
    title: Title | None = Field(default=None, description="题目全文；不写则用列名")
    kind: QuestionKind = Field(description="single 单选、multi 多选、open 填空、ranking 排序、matrix 矩阵、number 数字")
    column: Title | None = Field(default=None, description="答案所在的列（表头原文）")
    columns: dict[Title, Title] | None = Field(
        default=None,
        description="一题多列时：选项或矩阵行的名称 → 列（表头原文）。多选填 1/0，排序填名次，矩阵填各行答案",
    )
    separator: Separator | None = Field(default=None, description="多选或排序写在一格里时，各选项之间的分隔符")
    options: dict[Title, Title] | None = Field(default=None, description="单元格内容 → 选项名称；写了就只认这些")


class SurveyMapping(Record):
    """How a table is read as a survey."""

    respondent: Title = Field(description="区分填答人的列（表头原文），每人一个值")
    submitted_at: Title | None = Field(default=None, description="提交时间所在的列")
    zone: Literal["Asia/Shanghai", "UTC"] = Field(default="Asia/Shanghai", description="提交时间没有写时区时按哪里算")
    sheet: Title | None = Field(default=None, description="工作表名称；不写则用第一张")
    header_row: Positive | None = Field(default=None, description="表头在第几行；不写则用第一个非空行")
    blanks: tuple[str, ...] = Field(default=(), description="除空格外，哪些单元格内容也算没有回答")
    ignore: tuple[Title, ...] = Field(default=(), description="知道而不要的列")
    questions: tuple[MappedQuestion, ...] = Field(min_length=1, description="题目，按顺序")


def check_mapping(draft: Draft) -> None:
    """Tell every contradiction inside the mapping file."""
    keys: dict[str, Location] = {}
    for location, key in draft.find("questions", EACH, "key"):
        if key in keys:
            first = draft.source.line(keys[key])
            draft.tell(location, f"the key '{key}' stands already on line {first}; give each question its own")
        keys.setdefault(key, location)
    users: dict[str, Location] = {}
    for location, column in columns_named(draft):
        if column in users:
            first = draft.source.line(users[column])
            draft.tell(location, f"the column '{column}' is used already on line {first}; use it once")
        users.setdefault(column, location)
    for location, question in draft.items("questions", EACH):
        kind = question.get("kind")
        if draft.is_sound((*location, "kind")) and isinstance(kind, str):
            _check_question(draft, location, question, QuestionKind(kind))


def columns_named(draft: Draft) -> list[tuple[Location, str]]:
    """Return every column the file names, with its location, in the order of the file."""
    patterns: list[tuple[str, ...]] = [
        ("respondent",),
        ("submitted_at",),
        ("ignore", EACH),
        ("questions", EACH, "column"),
        ("questions", EACH, "columns", EACH),
    ]
    found = [each for pattern in patterns for each in draft.find(*pattern)]
    return sorted(
        ((location, name) for location, name in found if isinstance(name, str)),
        key=lambda each: draft.source.line(each[0]),
    )


def _check_question(draft: Draft, location: Location, question: dict[str, Any], kind: QuestionKind) -> None:
    has = {name for name in ("column", "columns", "separator", "options") if question.get(name) is not None}
    if {"column", "columns"} <= has:
        draft.tell(location, "'column' and 'columns' exclude each other; keep the one that fits the table")
        return
    if kind is QuestionKind.MATRIX and "columns" not in has:
        draft.tell(location, "a matrix needs 'columns': one line 'row: column' for each row")
    elif kind in _MANY and not has & {"column", "columns"}:
        draft.tell(
            location, f"a {kind} question needs 'column' with 'separator', or 'columns' with one column per option"
        )
    elif kind not in _MANY and kind is not QuestionKind.MATRIX and "column" not in has:
        draft.tell(location, f"a {kind} question needs 'column', the header of its column")
    if kind in _MANY and "column" in has and "separator" not in has:
        draft.tell(location, f"a {kind} question in one column needs 'separator', e.g. separator: \"、\"")
    if "separator" in has and (kind not in _MANY or "columns" in has):
        draft.tell(
            (*location, "separator"), "'separator' goes with a multi or ranking question in one column; remove it"
        )
    if "options" in has and (kind in _FREE or (kind in _MANY and "columns" in has)):
        draft.tell((*location, "options"), "'options' goes with choices written in cells; remove it")
