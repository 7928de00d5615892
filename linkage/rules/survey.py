"""What a survey file says under a charter: who asks for what, where, with which consent, and what needs a person.

Pure: it reads a file that was read and a charter's source, and returns what was heard together with every
remark a person should see before anything is written. It knows neither the store nor earlier imports. Who did
not allow the use of their answers is heard without their details (PIPL 13: no consent, no personal data).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final

from linkage.rules.survey_fit import Layout, lay_out
from linkage.rules.survey_needs import Classified, StatedNeed, classify, strongest
from linkage.rules.survey_places import Place, only_place, places_by_text
from linkage.rules.survey_respondent import Respondent, birth_year, gender, id_number, phone, text
from linkage.schemas.charter import Charter
from linkage.schemas.charter_survey import NeedQuestion, SurveySource
from linkage.schemas.survey import Answer, QuestionKind, SurveyFile, SurveyFormat, Value
from linkage.terms import ImportRemark

ROWS_SHOWN: Final = 10
KEY_LENGTH: Final = 120


@dataclass(frozen=True, slots=True)
class Remark:
    """Something a person should know of the file, told once for all rows it concerns.

    Parameters
    ----------
    subject
        The question's title, the option or the column; never a respondent's own words.
    rows
        The first rows of the file it concerns, as a spreadsheet program numbers them.
    """

    kind: ImportRemark
    subject: str
    count: int
    rows: tuple[int, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """One respondent as understood.

    Parameters
    ----------
    respondent
        Details to keep; None without consent.
    place
        None where nobody can tell; such a respondent is not imported.
    unclassified
        Keys of the open questions whose answers wait for a person.
    is_superseded
        The same person answered again later; this answer is kept and asks for nothing.
    values, raw
        The answers and the row as it stood; without consent only the answers to the needs questions.
    """

    key: str
    row: int
    submitted_at: datetime | None
    place: Place | None
    has_consent: bool
    respondent: Respondent | None
    needs: tuple[StatedNeed, ...]
    unclassified: tuple[str, ...]
    values: Mapping[str, Value] = field(repr=False)
    raw: Mapping[str, str] | None = field(repr=False)
    is_superseded: bool = False


@dataclass(frozen=True, slots=True)
class Hearing:
    """A whole file as understood; `misfits` says why it does not fit the source, and then nobody was heard."""

    heard: tuple[Heard, ...]
    refused: tuple[Heard, ...]
    remarks: tuple[Remark, ...]
    misfits: tuple[str, ...] = ()


class _Remarks:
    """Gathers remarks by kind and subject while rows are read."""

    def __init__(self) -> None:
        self._rows: dict[tuple[ImportRemark, str, str], list[int]] = {}

    def add(self, kind: ImportRemark, subject: str, row: int | None, detail: str = "") -> None:
        rows = self._rows.setdefault((kind, subject, detail), [])
        if row is not None:
            rows.append(row)

    def listed(self) -> tuple[Remark, ...]:
        order = list(ImportRemark)
        remarks = (
            Remark(kind, subject, max(len(rows), 1), tuple(rows[:ROWS_SHOWN]), detail)
            for (kind, subject, detail), rows in self._rows.items()
        )
        return tuple(sorted(remarks, key=lambda remark: (order.index(remark.kind), -remark.count, remark.subject)))


def hear(file: SurveyFile, source: SurveySource, charter: Charter, today: date) -> Hearing:
    """Understand a survey file under one source of a charter.

    Parameters
    ----------
    today
        The day from which ages are counted where an answer carries no date.
    """
    layout, misfits = lay_out(file, source)
    if layout is None:
        return Hearing((), (), (), misfits)
    remarks = _Remarks()
    for problem in file.problems:
        remarks.add(ImportRemark.REFUSED_CELL, problem.column or "", problem.row, problem.message)
    for question in file.questions:
        if question.key not in layout.used:
            remarks.add(ImportRemark.UNKNOWN_QUESTION, question.title, None)
    if layout.consent is None:
        remarks.add(ImportRemark.NO_CONSENT_QUESTION, source.title, None)
    reader = _Reader(file, source, charter, layout, remarks, today)
    answers = _each_once(file.answers, remarks)
    heard = [reader.hear(answer) for answer in answers]
    misfits = tuple(reader.misfits())
    if misfits:
        return Hearing((), (), remarks.listed(), misfits)
    heard = _last_word(heard, remarks)
    placed = tuple(one for one in heard if one.place is not None)
    refused = tuple(one for one in heard if one.place is None)
    return Hearing(placed, refused, remarks.listed())


def _each_once(answers: Iterable[Answer], remarks: _Remarks) -> Iterable[Answer]:
    seen: set[str] = set()
    for answer in answers:
        if answer.respondent in seen or len(answer.respondent) > KEY_LENGTH:
            remarks.add(ImportRemark.REPEATED_RESPONDENT, "", answer.row)
            continue
        seen.add(answer.respondent)
        yield answer


class _Reader:
    """Reads the answers of one file, one respondent at a time."""

    def __init__(
        self, file: SurveyFile, source: SurveySource, charter: Charter, layout: Layout, remarks: _Remarks, today: date
    ) -> None:
        self.layout = layout
        self.remarks = remarks
        self.today = today
        self.titles = {question.key: question.title for question in file.questions}
        self.typed = {question.key for question in file.questions if question.kind is QuestionKind.OPEN}
        self.places = places_by_text(charter, source.area_labels)
        self.only_place = only_place(charter)
        self.yes = frozenset(source.respondent.consent.yes) if source.respondent.consent else frozenset()
        self.is_coded = file.format is SurveyFormat.WENJUANXING_CODE
        self.asked = tuple(key for _, key in layout.needs)
        self.matrices = {question.key for question in file.questions if question.kind is QuestionKind.MATRIX}
        self.classified: dict[tuple[str, Value], Classified] = {}
        self.chosen: dict[str, int] = dict.fromkeys(self.asked, 0)
        self.mapped: dict[str, int] = dict.fromkeys(self.chosen, 0)

    def hear(self, answer: Answer) -> Heard:
        """Understand one respondent."""
        has_consent = self.layout.consent is not None and text(self._value(answer, self.layout.consent)) in self.yes
        if self.layout.consent is not None and not has_consent:
            self.remarks.add(ImportRemark.NO_CONSENT, self.titles[self.layout.consent], answer.row)
        needs, unclassified = self._needs(answer)
        respondent = self._respondent(answer) if has_consent else None
        return Heard(
            key=answer.respondent,
            row=answer.row,
            submitted_at=answer.submitted_at,
            place=self._place(answer),
            has_consent=has_consent,
            respondent=respondent if respondent is not None and respondent.is_known else None,
            needs=needs,
            unclassified=unclassified,
            values=answer.values if has_consent else {key: answer.values[key] for key in self.asked},
            raw=answer.raw if has_consent else None,
        )

    def misfits(self) -> Iterable[str]:
        """Tell the needs questions that were answered, but never with a word the source knows."""
        for key, chosen in self.chosen.items():
            if chosen and not self.mapped[key]:
                yield f"none of the {chosen} choices for '{self.titles[key]}' is an option of the charter; check them"

    def _value(self, answer: Answer, key: str | None) -> Value:
        return None if key is None else answer.values.get(key)

    def _respondent(self, answer: Answer) -> Respondent:
        layout = self.layout
        identity = self._usable(answer, layout.id_number, id_number(self._value(answer, layout.id_number)))
        on = answer.submitted_at.date() if answer.submitted_at else self.today
        age = None if self.is_coded else self._value(answer, layout.age)
        born = birth_year(age, identity, on)
        self._usable(answer, layout.age, born)
        return Respondent(
            name=text(self._value(answer, layout.name)),
            phone=self._usable(answer, layout.phone, phone(self._value(answer, layout.phone))),
            id_number=identity,
            birth_year=born,
            gender=gender(self._value(answer, layout.gender)),
        )

    def _usable(self, answer: Answer, key: str | None, read: str | int | None) -> str | None:
        if key is not None and read is None and text(self._value(answer, key)) is not None:
            self.remarks.add(ImportRemark.UNUSABLE_VALUE, self.titles[key], answer.row)
        return read if isinstance(read, str) else None

    def _place(self, answer: Answer) -> Place | None:
        said = text(self._value(answer, self.layout.area))
        if said is None:
            if self.only_place is None:
                self.remarks.add(ImportRemark.UNKNOWN_AREA, "", answer.row)
            return self.only_place
        place = self.places.get(said)
        if place is None:
            self.remarks.add(ImportRemark.UNKNOWN_AREA, self._shown(self.layout.area, said), answer.row)
        return place or self.only_place

    def _shown(self, key: str | None, said: str) -> str:
        """Name a question and the option chosen; words a respondent typed stay in the file."""
        title = self.titles.get(key or "", "")
        return title if key in self.typed else f"{title}：{said}"

    def _classified(self, question: NeedQuestion, key: str, value: Value) -> Classified:
        """Classify an answer; the same answer of many respondents is classified once."""
        if key in self.matrices:  # a dictionary cannot be looked up
            return classify(question, key, value)
        known = self.classified.get((key, value))
        if known is None:
            known = self.classified[key, value] = classify(question, key, value)
        return known

    def _needs(self, answer: Answer) -> tuple[tuple[StatedNeed, ...], tuple[str, ...]]:
        needs: list[StatedNeed] = []
        unclassified: list[str] = []
        for question, key in self.layout.needs:
            classified = self._classified(question, key, answer.values.get(key))
            needs += classified.needs
            for option in classified.unmapped:
                self.remarks.add(ImportRemark.UNMAPPED_OPTION, self._shown(key, option), answer.row)
            if classified.is_unclassified:
                self.remarks.add(ImportRemark.UNCLASSIFIED_TEXT, self.titles[key], answer.row)
                unclassified.append(key)
            if not question.open:
                self.mapped[key] += len(classified.needs)
                self.chosen[key] += len(classified.needs) + len(classified.unmapped)
        return strongest(needs), tuple(unclassified)


def _last_word(heard: list[Heard], remarks: _Remarks) -> list[Heard]:
    """Let the last answer of a person who answered several times count; tell phones that several people share."""
    latest: dict[tuple[str, str], int] = {}
    names: dict[str, set[str]] = {}
    superseded: set[int] = set()
    for number, one in enumerate(heard):
        if one.respondent is None or one.respondent.phone is None:
            continue
        number_called, name = one.respondent.phone, one.respondent.name or ""
        if names.setdefault(number_called, {name}) - {name}:
            remarks.add(ImportRemark.SHARED_PHONE, "", one.row)
        names[number_called].add(name)
        before = latest.get((number_called, name))
        if before is None:
            latest[number_called, name] = number
            continue
        first, last = sorted((before, number), key=lambda index: _when(heard[index]))
        superseded.add(first)
        latest[number_called, name] = last
        remarks.add(ImportRemark.REPEATED_PERSON, "", heard[first].row)
    return [
        replace(one, is_superseded=True, needs=(), unclassified=()) if number in superseded else one
        for number, one in enumerate(heard)
    ]


def _when(one: Heard) -> tuple[float, int]:
    return (one.submitted_at.timestamp() if one.submitted_at else 0.0, one.row)
