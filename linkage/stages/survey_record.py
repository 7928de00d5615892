"""Writing what was heard: people, consents, responses with their sealed raw rows, and needs.

Shared by file imports and household visits. A changed answer renews the needs that are still open in this
cycle; one that is no longer asked for is withdrawn, never deleted; what was matched already stays. The same
person asking for the same category through another source raises the need that stands instead of doubling it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.guard import insert_rows
from linkage.db.tables import Area, Community, Need, SurveyResponse
from linkage.errors import NoConsent
from linkage.rules.survey import Heard
from linkage.rules.survey_needs import StatedNeed
from linkage.schemas.survey import as_line
from linkage.stages.people import GivenConsent, StatedPerson, enter_people, give_consents, withdraw_consents
from linkage.stages.standing import Standing, local_date
from linkage.terms import ConsentPurpose, NeedCategory, NeedState


@dataclass(frozen=True, slots=True)
class Utterance:
    """What one respondent said, and where it goes.

    Parameters
    ----------
    response_id
        The response it renews; None if the respondent is new.
    needed_by_on
        The day by which the needs are wanted, where one was named.
    present_party_id
        The committee that went along, on a household visit.
    """

    heard: Heard
    source: str
    content_index: bytes
    response_id: int | None = None
    needed_by_on: date | None = None
    present_party_id: int | None = None


@dataclass(slots=True)
class Written:
    """What became of what was said, in counts of needs; people and responses beside."""

    people_count: int = 0
    new_responses_count: int = 0
    changed_responses_count: int = 0
    needs_count: int = 0
    renewed_count: int = 0
    repeated_count: int = 0
    withdrawn_count: int = 0
    kept_count: int = 0


def write(
    session: Session, standing: Standing, import_id: int, utterances: Sequence[Utterance], now: datetime
) -> Written:
    """Write what was said in the caller's transaction; the caller says it in the audit."""
    project_id = standing.project.id
    places = _Places(session, project_id)
    known = _responses(session, [one.response_id for one in utterances if one.response_id is not None])
    written = Written(changed_responses_count=len(known), new_responses_count=len(utterances) - len(known))
    people = _people(session, project_id, utterances, known, places)
    written.people_count = len({person_id for person_id in people if person_id is not None})
    consents = _consents(session, standing, utterances, people, now)
    responses = _write_responses(session, import_id, utterances, people, known, places)
    needs = _Needs(session, standing, places, written)
    for utterance, person_id, response_id in zip(utterances, people, responses, strict=True):
        consent_id = consents.get(person_id) if person_id is not None and utterance.heard.has_consent else None
        needs.renew(utterance, response_id, person_id, consent_id, now)
    needs.flush()
    return written


class _Places:
    """Communities and areas of a project by code."""

    def __init__(self, session: Session, project_id: int) -> None:
        self.project_id = project_id
        communities = select(Community.code, Community.id).where(Community.project_id == project_id)
        areas = select(Area.code, Area.id).where(Area.project_id == project_id)
        self._communities = dict(session.execute(communities).all())
        self._areas = dict(session.execute(areas).all())

    def of(self, heard: Heard) -> tuple[int, int | None]:
        """Return community and area ids."""
        if heard.place is None:
            message = "a respondent without a place cannot be written"
            raise ValueError(message)
        area = heard.place.area
        return self._communities[heard.place.community], None if area is None else self._areas[area]


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
    places: _Places,
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
    places: _Places,
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


class _Needs:
    """The needs of a project's present cycle while new statements come in."""

    def __init__(self, session: Session, standing: Standing, places: _Places, written: Written) -> None:
        self._session = session
        self._cycle = standing.project.cycle
        self._places = places
        self._written = written
        self._by_response: dict[int, dict[NeedCategory, Need]] = {}
        self._by_person: dict[tuple[int, NeedCategory], Need] = {}
        self._new: list[dict[str, Any]] = []
        self._new_by_person: dict[tuple[int, NeedCategory], dict[str, Any]] = {}
        rows = session.execute(
            select(Need).where(Need.project_id == standing.project.id, Need.cycle == self._cycle).order_by(Need.id)
        ).scalars()
        for need in rows:
            if need.survey_response_id is not None:
                self._by_response.setdefault(need.survey_response_id, {})[need.category] = need
            if need.person_id is not None and need.state is not NeedState.WITHDRAWN:
                self._by_person.setdefault((need.person_id, need.category), need)

    def renew(
        self, utterance: Utterance, response_id: int, person_id: int | None, consent_id: int | None, now: datetime
    ) -> None:
        """Let a response ask for what its respondent said last."""
        own = self._by_response.get(response_id, {})
        asked = {need.category for need in utterance.heard.needs}
        community_id, area_id = self._places.of(utterance.heard)
        respondent = {
            "project_id": self._places.project_id,
            "survey_response_id": response_id,
            "person_id": person_id,
            "area_id": area_id,
            "community_id": community_id,
            "consent_id": consent_id,
            "asked_on": local_date(utterance.heard.submitted_at or now),
            "needed_by_on": utterance.needed_by_on,
            "cycle": self._cycle,
        }
        for stated in utterance.heard.needs:
            row = respondent | _wish(stated)
            if stated.category in own:
                self._change(own[stated.category], row)
            elif not self._is_repeated(person_id, row):
                self._new.append(row)
                if person_id is not None:
                    self._new_by_person[person_id, stated.category] = row
        for category, need in own.items():
            if category not in asked:
                self._drop(need)

    def flush(self) -> None:
        """Insert the new needs."""
        self._written.needs_count += len(insert_rows(self._session, Need, self._new))

    def _change(self, need: Need, row: dict[str, Any]) -> None:
        if need.state not in {NeedState.OPEN, NeedState.WITHDRAWN}:
            self._written.kept_count += 1
            return
        if need.community_id != row["community_id"]:
            need.common_issue_id = None
        for name, value in row.items():
            if name != "common_issue_id" and getattr(need, name) != value:
                setattr(need, name, value)
        self._written.renewed_count += 1

    def _is_repeated(self, person_id: int | None, row: dict[str, Any]) -> bool:
        if person_id is None:
            return False
        key = (person_id, row["category"])
        standing = self._by_person.get(key)
        if standing is not None and standing.state is NeedState.OPEN:
            standing.quantity = max(standing.quantity, row["quantity"])
            standing.priority = max(standing.priority, row["priority"])
            standing.consent_id = row["consent_id"] or standing.consent_id
        pending = self._new_by_person.get(key)
        if pending is not None:
            pending["quantity"] = max(pending["quantity"], row["quantity"])
            pending["priority"] = max(pending["priority"], row["priority"])
        if standing is None and pending is None:
            return False
        self._written.repeated_count += 1
        return True

    def _drop(self, need: Need) -> None:
        if need.state is NeedState.OPEN:
            need.state = NeedState.WITHDRAWN
            self._written.withdrawn_count += 1
        elif need.state is not NeedState.WITHDRAWN:
            self._written.kept_count += 1


def _wish(stated: StatedNeed) -> dict[str, Any]:
    return {
        "common_issue_id": None,
        "category": stated.category,
        "question_key": stated.question_key[:120],
        "stated": stated.stated,
        "quantity": stated.quantity,
        "priority": stated.priority,
        "state": NeedState.OPEN,
    }
