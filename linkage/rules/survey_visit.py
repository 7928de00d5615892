"""A household visit as a second channel of the survey: what a visitor writes down becomes one respondent's word.

The committee that went along is part of the visit (domain: visits are made with the committee, each recorded).
Without consent nothing about the person is kept; the need itself is still heard.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from linkage.errors import InvalidFile
from linkage.rules.survey import KEY_LENGTH, Heard
from linkage.rules.survey_needs import StatedNeed
from linkage.rules.survey_places import places_by_code
from linkage.rules.survey_respondent import Respondent
from linkage.schemas.charter import Charter
from linkage.schemas.survey import Value
from linkage.terms import NeedCategory, PartyRole

QUESTION = "home_visit"


@dataclass(frozen=True)
class Visit:
    """One household visit.

    Parameters
    ----------
    key
        What makes a repeated entry the same visit, such as the number on the form.
    place
        Code of the area or community.
    present_party
        Code of the committee whose member went along.
    needs
        Category to quantity (units a cycle).
    note
        The visitor's words; kept sealed with the answers, never shown to parties.
    """

    key: str
    visited_on: date
    place: str
    present_party: str | None
    has_consent: bool
    needs: Mapping[NeedCategory, int]
    respondent: Respondent = field(default_factory=Respondent)
    priority: int = 4
    needed_by_on: date | None = None
    note: str = ""


def hear_visit(visit: Visit, charter: Charter) -> Heard:
    """Understand a visit as one respondent's answers.

    Raises
    ------
    InvalidFile
        With each thing that is wrong: place, committee, quantities, priority.
    """
    mistakes = _mistakes(visit, charter)
    if mistakes:
        raise InvalidFile(f"visit {visit.key!r} has {len(mistakes)} mistakes; correct them", mistakes)
    values: dict[str, Value] = {
        "visited_on": visit.visited_on.isoformat(),
        "place": visit.place,
        "present": visit.present_party,
        "priority": visit.priority,
        "needed_by": None if visit.needed_by_on is None else visit.needed_by_on.isoformat(),
        **{f"need.{category.value}": quantity for category, quantity in visit.needs.items()},
    }
    kept = visit.respondent if visit.has_consent and visit.respondent.is_known else None
    if visit.has_consent:
        person = visit.respondent
        values |= {"name": person.name, "phone": person.phone, "id_number": person.id_number, "note": visit.note}
        values |= {"birth_year": person.birth_year, "gender": person.gender}
    return Heard(
        key=visit.key,
        row=0,
        submitted_at=datetime.combine(visit.visited_on, time(4), UTC),
        place=places_by_code(charter)[visit.place],
        has_consent=visit.has_consent,
        respondent=kept,
        needs=tuple(
            StatedNeed(QUESTION, category.label, category, quantity, visit.priority)
            for category, quantity in visit.needs.items()
        ),
        unclassified=(),
        values=values,
        raw=None,
    )


def _mistakes(visit: Visit, charter: Charter) -> list[str]:
    places = places_by_code(charter)
    committees = [party.code for party in charter.parties_with(PartyRole.COMMUNITY)]
    found = []
    if not 0 < len(visit.key) <= KEY_LENGTH:
        found.append(f"key: give the visit a number of at most {KEY_LENGTH} characters")
    if visit.place not in places:
        found.append(f"place: unknown community or area '{visit.place}'; known: {', '.join(places)}")
    if visit.present_party is not None and visit.present_party not in committees:
        known = ", ".join(committees)
        found.append(f"present_party: '{visit.present_party}' is no committee of this project; known: {known}")
    found += [
        f"needs.{category.value}: '{quantity}' is no quantity; write 1 or more"
        for category, quantity in visit.needs.items()
        if quantity < 1
    ]
    if visit.priority not in {1, 2, 4, 8}:
        found.append(f"priority: '{visit.priority}' is none of 1, 2, 4, 8")
    return found
