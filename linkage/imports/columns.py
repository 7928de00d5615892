"""Turns columns of cells into one question with its values: the shapes that several export formats share.

Each function takes cells already cleaned (`None` is unanswered) and returns a `Reading`. Which columns belong
together, and what a header means, is the business of the format's own module.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from linkage.imports.cells import damage, number
from linkage.imports.kinds import guess
from linkage.imports.table import Sheet
from linkage.schemas.survey import CellProblem, Choice, OwnText, Question, QuestionKind, Value

Cells = list[str | None]

_OWN_TEXT: Final = re.compile(r"(.*?)〖(.*)〗", re.DOTALL)
_CHOSEN: Final = frozenset({"1", "true", "True", "TRUE"})
_NOT_CHOSEN: Final = frozenset({"0", "false", "False", "FALSE"})
CHECK_MARKS: Final = _CHOSEN | _NOT_CHOSEN


@dataclass(frozen=True, slots=True)
class Reading:
    """A question and its value for each row of the sheet, in the sheet's order."""

    question: Question
    values: Sequence[Value]


class Column:
    """Reads the cells of a sheet by column and remembers what it had to refuse."""

    def __init__(self, sheet: Sheet, blanks: frozenset[str]) -> None:
        self.sheet = sheet
        self.blanks = blanks
        self.problems: list[CellProblem] = list(sheet.problems)

    def cells(self, index: int) -> Cells:
        """Return the column's cells without surrounding blanks; unanswered and refused ones are None."""
        found = self.sheet.column(index)
        clean: dict[str, str | None] = {}
        refused: dict[str, str] = {}
        for text in set(found):
            stripped = text.strip()
            clean[text] = None if stripped in self.blanks else stripped
            if reason := damage(stripped):
                clean[text] = None
                refused[text] = reason
        for row, text in enumerate(found) if refused else ():
            if text in refused:
                self.complain(row, index, refused[text])
        return [clean[text] for text in found]

    def complain(self, row: int | None, index: int, message: str) -> None:
        """Note a problem with a cell, or with the whole column if `row` is None."""
        self.problems.append(
            CellProblem(
                row=None if row is None else self.sheet.row_numbers[row],
                column=self.sheet.header[index] or None,
                message=message,
            )
        )


def choice(text: str) -> Choice:
    """Return the option label, with the respondent's own words where the cell carries them."""
    if found := _OWN_TEXT.fullmatch(text):
        own = found[2].strip()
        return OwnText(found[1].strip(), own) if own else found[1].strip()
    return text


def label(chosen: Choice) -> str:
    """Return the option's label without own words."""
    return chosen.option if isinstance(chosen, OwnText) else chosen


def options_of(choices: Iterable[Choice]) -> tuple[str, ...]:
    """Return the labels in the order they were met; bare codes in the order of their numbers."""
    labels = list(dict.fromkeys(map(label, choices)))
    if all(text.isdecimal() for text in labels):
        labels.sort(key=int)
    return tuple(labels)


def plain(key: str, title: str, cells: Cells, kind: QuestionKind | None = None) -> Reading:
    """Read a column with at most one choice per cell; the kind is guessed if it is not given."""
    answered = [text for text in cells if text is not None]
    has_own = any(text.endswith("〗") for text in answered)
    if kind is None:
        kind = QuestionKind.SINGLE if has_own else guess(answered)
    values: Sequence[Value] = cells
    options: tuple[str, ...] = ()
    if kind is QuestionKind.SINGLE:
        different = dict.fromkeys(answered)
        parsed: dict[str | None, Value] = {None: None}
        choices = [choice(text) for text in different]
        parsed |= dict(zip(different, choices, strict=True))
        values = [parsed[text] for text in cells]
        options = options_of(choices)
    elif kind is QuestionKind.NUMBER:
        values = [None if text is None else number(text) for text in cells]
    return Reading(Question(key=key, title=title, kind=kind, options=options), values)


def joined(key: str, title: str, cells: Cells, *, kind: QuestionKind, split: Callable[[str], Iterable[str]]) -> Reading:
    """Read a column whose cells hold several choices (multi) or an order of choices (ranking)."""
    parsed: dict[str | None, tuple[Choice, ...] | None] = {None: None}
    met: list[Choice] = []
    for text in dict.fromkeys(cells):
        if text is not None:
            choices = tuple(choice(part.strip()) for part in split(text) if part.strip())
            parsed[text] = choices or None
            met += choices
    question = Question(key=key, title=title, kind=kind, options=options_of(met))
    return Reading(question, [parsed[text] for text in cells])


def checked(key: str, title: str, columns: Mapping[str, Cells]) -> Reading:
    """Read a multiple choice from one column per option: 1 chosen, 0 not, other text is the respondent's own."""
    labels = tuple(columns)
    marks = [[_mark(name, text) for text in cells] for name, cells in columns.items()]
    values = [tuple(mark for mark in row if mark is not None) or None for row in zip(*marks, strict=True)]
    return Reading(Question(key=key, title=title, kind=QuestionKind.MULTI, options=labels), values)


def _mark(name: str, text: str | None) -> Choice | None:
    if text is None or text in _NOT_CHOSEN:
        return None
    if text in _CHOSEN:
        return name
    found = choice(text)
    return OwnText(name, found.text if isinstance(found, OwnText) else text)


def ranked(key: str, title: str, columns: Mapping[str, Cells]) -> tuple[Reading, list[tuple[int, str]]]:
    """Read an order of preference from one column of ranks per option.

    Returns
    -------
    The reading, and (row index, what is wrong) for rows whose ranks are not whole numbers or stand twice.
    """
    labels = tuple(columns)
    values: list[Value] = []
    wrong: list[tuple[int, str]] = []
    for row, ranks in enumerate(zip(*columns.values(), strict=True)):
        given = [(rank, name) for rank, name in zip(ranks, labels, strict=True) if rank not in {None, "0"}]
        order = sorted((int(rank), name) for rank, name in given if rank and rank.isdecimal())
        if len(order) < len(given):
            wrong.append((row, "A rank is not a whole number"))
        elif len({rank for rank, _ in order}) < len(order):
            wrong.append((row, "Two options have the same rank"))
        values.append(tuple(name for _, name in order) or None)
    return Reading(Question(key=key, title=title, kind=QuestionKind.RANKING, options=labels), values), wrong


def matrix(
    key: str, title: str, rows: Mapping[str, Cells], *, split: Callable[[str], Sequence[str]] | None = None
) -> Reading:
    """Read one column per matrix row. Cells that hold several choices become lists, numbers beyond a scale numbers."""
    answered = [text for cells in rows.values() for text in cells if text is not None]
    different = dict.fromkeys(answered)
    inner = guess(answered)
    is_number = inner is QuestionKind.NUMBER and not all(text.isdecimal() and int(text) <= 10 for text in different)
    parsed: dict[str | None, Value] = {None: None}
    met: list[Choice] = []
    for text in different:
        parts = split(text) if split else [text]
        choices = tuple(choice(part.strip()) for part in parts if part.strip())
        met += choices
        parsed[text] = number(text) if is_number else choices[0] if len(choices) == 1 else choices
    has_marks = any(isinstance(chosen, OwnText) for chosen in met) or any(isinstance(v, tuple) for v in parsed.values())
    is_free = is_number or (inner is QuestionKind.OPEN and not has_marks)
    question = Question(key=key, title=title, kind=QuestionKind.MATRIX, options=() if is_free else options_of(met))
    labels = tuple(rows)
    values: list[Value] = []
    for cells in zip(*rows.values(), strict=True):
        is_answered = any(text is not None for text in cells)
        values.append({name: parsed[text] for name, text in zip(labels, cells, strict=True)} if is_answered else None)
    return Reading(question, values)
