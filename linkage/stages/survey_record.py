"""Writing what was heard: people, consents, responses with their sealed raw rows, and needs.

Shared by file imports and household visits. What becomes of needs is told in `survey_needs`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.guard import insert_rows
from linkage.db.tables import SurveyResponse
from linkage.errors import NoConsent
from linkage.schemas.survey import as_line
from linkage.stages.people import GivenConsent, StatedPerson, enter_people, give_consents, withdraw_consents
from linkage.stages.standing import Standing
from linkage.stages.survey_needs import CycleNeeds, Places, Utterance, Written
from linkage.terms import ConsentPurpose


def write(
    session: Session, standing: Standing, import_id: int, utterances: Sequence[Utterance], now: datetime
) -> Written:
    """Write what was said in the caller's transaction; the caller says it in the audit."""
    project_id = standing.project.id
    places = Places(session, project_id)
    known = _responses(session, [one.response_id for one in utterances if one.response_id is not None])
    written = Written(changed_responses_count=len(known), new_responses_count=len(utterances) - len(known))
    people = _people(session, project_id, utterances, known, places)
    written.people_count = len({person_id for person_id in people if person_id is not None})
    consents = _consents(session, standing, utterances, people, now)
    responses = _write_responses(session, import_id, utterances, people, known, places)
    needs = CycleNeeds(session, standing, places, written)
    for utterance, person_id, response_id in zip(utterances, people, responses, strict=True):
        consent_id = consents.get(person_id) if person_id is not None and utterance.heard.has_consent else None
        needs.renew(utterance, response_id, person_id, consent_id, now)
    needs.flush()
    return written


def _responses(session: Session, response_ids: Sequence[int]) -> dict[int, SurveyResponse]:
    found: dict[int, SurveyResponse] = {}
    for start in range(0, len(response_ids), 1000):
        chunk = response_ids[start : start + 1000]
        rows = session.execute(select(SurveyResponse).where(SurveyResponse.id.in_(chunk))).scalars()
        found |= {row.id: row for row in rows}
    return found


def _people(
    session: Session,
    project_id: int,
    utterances: Sequence[Utterance],
    known: dict[int, SurveyResponse],
    places: Places,
) -> list[int | None]:
    stated: list[StatedPerson] = []
    places_in_order: list[int] = []
    people: list[int | None] = [None] * len(utterances)
    for number, one in enumerate(utterances):
        before = known[one.response_id].person_id if one.response_id is not None else None
        people[number] = before
        if one.heard.respondent is not None:
            stated.append(StatedPerson(one.heard.respondent, places.of(one.heard)[1], before))
            places_in_order.append(number)
    for number, person_id in zip(places_in_order, enter_people(session, project_id, stated), strict=True):
        people[number] = person_id
    return people


def _consents(
    session: Session, standing: Standing, utterances: Sequence[Utterance], people: Sequence[int | None], now: datetime
) -> dict[int, int]:
    text = standing.charter.consent(ConsentPurpose.SERVICE)
    if text is None:
        raise NoConsent(f"charter {standing.project.code} has no consent text for service; add one under 'consents'")
    said_no = [
        person_id
        for one, person_id in zip(utterances, people, strict=True)
        if person_id is not None and not one.heard.has_consent
    ]
    withdraw_consents(session, said_no, purpose=ConsentPurpose.SERVICE, now=now)
    given = [
        GivenConsent(person_id, f"{one.source}:{one.heard.key}", one.heard.submitted_at or now)
        for one, person_id in zip(utterances, people, strict=True)
        if person_id is not None and one.heard.has_consent
    ]
    return give_consents(session, standing.project.id, given, purpose=ConsentPurpose.SERVICE, text_version=text.version)


def _write_responses(
    session: Session,
    import_id: int,
    utterances: Sequence[Utterance],
    people: Sequence[int | None],
    known: dict[int, SurveyResponse],
    places: Places,
) -> list[int]:
    rows: list[dict[str, Any]] = []
    for one, person_id in zip(utterances, people, strict=True):
        heard = one.heard
        raw = None if heard.raw is None else orjson.dumps(heard.raw, default=dict).decode()
        answers = as_line(heard.values)
        community_id, area_id = places.of(heard)
        if one.response_id is None:
            rows.append(
                {
                    "project_id": places.project_id,
                    "survey_import_id": import_id,
                    "person_id": person_id,
                    "present_party_id": one.present_party_id,
                    "community_id": community_id,
                    "area_id": area_id,
                    "source": one.source,
                    "respondent_key": heard.key,
                    "row_number": heard.row,
                    "submitted_at": heard.submitted_at,
                    "content_index": one.content_index,
                    "raw_sealed": raw,
                    "answers_sealed": answers,
                    "unclassified": list(heard.unclassified),
                }
            )
            continue
        row = known[one.response_id]
        row.survey_import_id, row.person_id, row.row_number = import_id, person_id, heard.row
        row.submitted_at, row.content_index = heard.submitted_at, one.content_index
        row.community_id, row.area_id, row.present_party_id = community_id, area_id, one.present_party_id
        row.unclassified = list(heard.unclassified)
        row.raw, row.answers = raw, answers
    ids = iter(insert_rows(session, SurveyResponse, rows))
    return [next(ids) if one.response_id is None else one.response_id for one in utterances]
