"""Whether a survey file is the questionnaire a charter's source describes, and which question is which.

A question is named by its key or by its exact title, so that a re-worded questionnaire is noticed instead of
misread. A file that lacks a named question, or none of whose answers a needs question knows, does not fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from linkage.schemas.charter_survey import NeedQuestion, SurveySource
from linkage.schemas.draft import listed, nearest
from linkage.schemas.survey import Question, SurveyFile

MOST_UNDESCRIBED: Final = 200
"""From this many questions that nobody described on, a file is taken for another questionnaire."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The file's key of each question the source names; None where it does not ask."""

    name: str | None
    phone: str | None
    id_number: str | None
    age: str | None
    gender: str | None
    area: str | None
    consent: str | None
    needs: tuple[tuple[NeedQuestion, str], ...]

    @property
    def used(self) -> frozenset[str]:
        """The keys of all questions the source uses."""
        own = (self.name, self.phone, self.id_number, self.age, self.gender, self.area, self.consent)
        return frozenset(key for key in (*own, *(key for _, key in self.needs)) if key is not None)


def lay_out(file: SurveyFile, source: SurveySource) -> tuple[Layout | None, tuple[str, ...]]:
    """Find each question the source names.

    Returns
    -------
    layout, misfits
        The layout when every question was found, else None; one line for each that was not.
    """
    misfits: list[str] = []
    found: dict[str, str] = {}
    for place, wanted in _named(source):
        keys = _keys(file.questions, wanted)
        if len(keys) == 1:
            found[wanted] = keys[0]
        elif keys:
            misfits.append(f"{place}: {len(keys)} questions are titled '{wanted}'; name it by its key: {listed(keys)}")
        else:
            misfits.append(f"{place}: the file has no question '{wanted}'; {_closest(file.questions, wanted)}")
    extra = too_many(source, file.questions)
    if extra is not None:
        misfits.append(extra)
    if misfits:
        return None, tuple(misfits)
    asked = source.respondent

    def key(wanted: str | None) -> str | None:
        return None if wanted is None else found[wanted]

    return Layout(
        name=key(asked.name),
        phone=key(asked.phone),
        id_number=key(asked.id_number),
        age=key(asked.age),
        gender=key(asked.gender),
        area=key(asked.area),
        consent=key(asked.consent.question if asked.consent else None),
        needs=tuple((question, found[question.question]) for question in source.needs),
    ), ()


def too_many(source: SurveySource, questions: Sequence[Question]) -> str | None:
    """Say that a file asks so much more than its source that it must be another questionnaire, or None."""
    described = len({wanted for _, wanted in _named(source)})
    extra = len(questions) - described
    if extra < MOST_UNDESCRIBED:
        return None
    return (
        f"it has {len(questions)} questions, {extra} more than the {described} that source '{source.source}' describes; "
        "choose the right source, or describe them in the charter"
    )


def _named(source: SurveySource) -> Iterator[tuple[str, str]]:
    asked = source.respondent
    for field in ("name", "phone", "id_number", "age", "gender", "area"):
        wanted = getattr(asked, field)
        if wanted is not None:
            yield f"respondent.{field}", wanted
    if asked.consent is not None:
        yield "respondent.consent", asked.consent.question
    for number, question in enumerate(source.needs):
        yield f"needs[{number}]", question.question


def _keys(questions: Sequence[Question], wanted: str) -> list[str]:
    by_key = [question.key for question in questions if question.key == wanted]
    return by_key or [question.key for question in questions if question.title == wanted]


def _closest(questions: Sequence[Question], wanted: str) -> str:
    titles = [question.title for question in questions]
    near = nearest(wanted, titles)
    if near is not None:
        return f"did you mean '{near}'? Name it as the file does, or choose the right source"
    return f"it has {listed(titles, 6)}"
