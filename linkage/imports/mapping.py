"""Reads any table as a survey by a mapping file, in which a person says what its columns mean.

Every mistake of the mapping file is told at once, with its line, including columns the table does not have. What
the mapping does not mention, and cells outside of its options, become problems of the survey file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Final

from linkage.errors import InvalidFile, UnreadableFile
from linkage.imports.assembly import assemble, moments
from linkage.imports.cells import CHINA, NUMBER
from linkage.imports.columns import CHECK_MARKS, Cells, Column, Reading, checked, choice, joined, matrix, plain, ranked
from linkage.imports.table import Sheet, clean_header
from linkage.schemas.draft import Draft, suggestion
from linkage.schemas.problem import in_order
from linkage.schemas.survey import OwnText, QuestionKind, SurveyFile, SurveyFormat
from linkage.schemas.survey_mapping import MappedQuestion, SurveyMapping, check_mapping, columns_named
from linkage.schemas.validation import read_record
from linkage.schemas.yaml_source import read_yaml

MAX_MAPPING_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class MappingDraft:
    """A mapping file on its way to being checked: its columns can only be checked against a table."""

    path: Path
    mapping: SurveyMapping | None
    draft: Draft


def open_mapping(path: Path) -> MappingDraft:
    """Read a mapping file; its mistakes are kept until the table is at hand.

    Raises
    ------
    UnreadableFile
        If there is no such file.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_MAPPING_BYTES)
    except OSError as fault:
        raise UnreadableFile(f"{path}: the mapping file cannot be opened ({fault.strerror}). Check its name") from fault
    mapping, draft = read_record(read_yaml(content), SurveyMapping)
    check_mapping(draft)
    return MappingDraft(path, mapping, draft)


def refuse_if_wrong(found: MappingDraft, sheet: Sheet | None) -> SurveyMapping:
    """Return the mapping if it is sound and fits the table.

    Raises
    ------
    InvalidFile
        With one reason per mistake.
    """
    if sheet is not None:
        known = dict.fromkeys(name for name in (*sheet.header, *sheet.raw_headers()) if name)
        for location, column in columns_named(found.draft):
            name = clean_header(column)
            if name not in known:
                message = f"the table has no column '{column}'; {suggestion(name, known)}"
                found.draft.tell(location, message)
            elif sheet.header.count(name) > 1:
                found.draft.tell(location, f"the column '{column}' stands more than once in the table; rename one")
    problems = in_order(found.draft.problems)
    if problems or found.mapping is None:
        raise InvalidFile(
            f"{found.path}: the mapping file has {len(problems)} mistake{'s' if len(problems) != 1 else ''}",
            [str(problem) for problem in problems],
        )
    return found.mapping


def read(source: str, sheet: Sheet, mapping: SurveyMapping) -> SurveyFile:
    """Read a table by a mapping that was found to fit it."""
    column = Column(sheet, frozenset({"", *(text.strip() for text in mapping.blanks)}))
    places = {name: index for index, name in enumerate(sheet.raw_headers())}
    places |= {name: index for index, name in enumerate(sheet.header) if sheet.header.count(name) == 1}
    reader = _Reader(column, places)
    readings = [reader.question(question) for question in mapping.questions]
    used = {clean_header(name) for name in _names(mapping)}
    for index, (title, raw) in enumerate(zip(sheet.header, sheet.raw_headers(), strict=True)):
        if title and not {title, raw} & used:
            column.complain(
                None, index, "The mapping file does not mention this column; map it or list it under 'ignore'"
            )
    submitted = None if mapping.submitted_at is None else places[clean_header(mapping.submitted_at)]
    return assemble(
        source,
        SurveyFormat.MAPPING,
        column,
        readings,
        respondent_index=places[clean_header(mapping.respondent)],
        submitted_at=moments(column, submitted, CHINA if mapping.zone == "Asia/Shanghai" else UTC),
    )


def _names(mapping: SurveyMapping) -> list[str]:
    names = [mapping.respondent, *([mapping.submitted_at] if mapping.submitted_at else []), *mapping.ignore]
    for question in mapping.questions:
        names += [question.column] if question.column else []
        names += (question.columns or {}).values()
    return names


class _Reader:
    """Reads mapped questions of one sheet."""

    def __init__(self, column: Column, places: Mapping[str, int]) -> None:
        self.column = column
        self.places = places

    def question(self, question: MappedQuestion) -> Reading:
        key = question.key
        title = question.title or question.column or key
        if question.columns:
            return self._spread(question, key, title, question.columns)
        index = self.places[clean_header(question.column or "")]
        cells = self.column.cells(index)
        if question.kind in {QuestionKind.MULTI, QuestionKind.RANKING}:
            return self._joined(question, key, title, index)
        if question.kind is QuestionKind.NUMBER:
            return plain(key, title, self._only_numbers(cells, index), question.kind)
        if question.kind is QuestionKind.OPEN:
            return plain(key, title, cells, question.kind)
        return _with_options(plain(key, title, self._labelled(question, cells, index), question.kind), question)

    def _spread(self, question: MappedQuestion, key: str, title: str, columns: Mapping[str, str]) -> Reading:
        places = {name: self.places[clean_header(header)] for name, header in columns.items()}
        cells = {name: self.column.cells(index) for name, index in places.items()}
        if question.kind is QuestionKind.MULTI:
            for name, index in places.items():
                for row, text in enumerate(cells[name]):
                    if text is not None and text not in CHECK_MARKS:
                        self.column.complain(
                            row, index, f"{text!r} is neither 1 nor 0; it is read as the option's own text"
                        )
            return checked(key, title, cells)
        if question.kind is QuestionKind.RANKING:
            reading, wrong = ranked(key, title, cells)
            for row, message in wrong:
                self.column.complain(row, next(iter(places.values())), f"{message}; correct the ranks of this row")
            return reading
        labelled = {name: self._labelled(question, cells[name], index) for name, index in places.items()}
        return _with_options(matrix(key, title, labelled), question)

    def _joined(self, question: MappedQuestion, key: str, title: str, index: int) -> Reading:
        separator = question.separator or ""
        parts_of = {
            text: [part.strip() for part in text.split(separator) if part.strip()]
            for text in set(self.column.cells(index)) - {None}
            if text is not None
        }
        cells = self.column.cells(index)
        if question.options is not None:
            unknown = {
                text: [part for part in parts if _label(part) not in question.options]
                for text, parts in parts_of.items()
            }
            for row, text in enumerate(cells):
                if text is not None and unknown[text]:
                    self.column.complain(row, index, _unmapped(unknown[text]))
            parts_of = {
                text: [_relabelled(part, question.options) for part in parts] for text, parts in parts_of.items()
            }
        reading = joined(key, title, cells, kind=question.kind, split=parts_of.__getitem__)
        return _with_options(reading, question)

    def _labelled(self, question: MappedQuestion, cells: Cells, index: int) -> Cells:
        options = question.options
        if options is None:
            return cells
        for row, text in enumerate(cells):
            if text is not None and _label(text) not in options:
                self.column.complain(row, index, _unmapped([text]))
        return [None if text is None else _relabelled(text, options) for text in cells]

    def _only_numbers(self, cells: Cells, index: int) -> Cells:
        kept: Cells = []
        for row, text in enumerate(cells):
            is_number = text is None or NUMBER.fullmatch(text) is not None
            if not is_number:
                self.column.complain(row, index, f"{text!r} is not a number; write digits only, without unit")
            kept.append(text if is_number else None)
        return kept


def _label(text: str) -> str:
    found = choice(text)
    return found.option if isinstance(found, OwnText) else found


def _relabelled(text: str, options: Mapping[str, str]) -> str:
    found = choice(text)
    if isinstance(found, OwnText):
        return f"{options.get(found.option, found.option)}〖{found.text}〗"
    return options.get(found, found)


def _unmapped(parts: list[str]) -> str:
    names = ", ".join(repr(part) for part in parts)
    return f"{names} is not among the options of the mapping file; add it there or correct the cell"


def _with_options(reading: Reading, question: MappedQuestion) -> Reading:
    """Let the mapping file's options stand first, in its order, also those nobody chose."""
    if question.options is None:
        return reading
    options = tuple(dict.fromkeys([*question.options.values(), *reading.question.options]))
    return Reading(reading.question.model_copy(update={"options": options}), reading.values)
