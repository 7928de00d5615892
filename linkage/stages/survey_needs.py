"""The needs of a project's present cycle while statements come in: new, renewed, repeated, withdrawn, kept.

A changed answer renews the needs that are still open in this cycle; one that is no longer asked for is withdrawn,
never deleted; what was matched already stays. The same person asking for the same category through another source
raises the need that stands instead of doubling it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.guard import insert_rows
from linkage.db.tables import Area, Community, Need
from linkage.rules.survey import Heard
from linkage.rules.survey_needs import StatedNeed
from linkage.stages.standing import Standing, local_date
from linkage.stages.survey_issues import issues_for
from linkage.terms import NeedCategory, NeedState


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


class Places:
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


class CycleNeeds:
    """The needs of a project's present cycle while new statements come in."""

    def __init__(self, session: Session, standing: Standing, places: Places, written: Written) -> None:
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
        """Insert the new needs, each under the common issue of its kind."""
        kinds = {(row["community_id"], row["category"]) for row in self._new}
        issues = issues_for(self._session, self._places.project_id, self._cycle, kinds)
        for row in self._new:
            row["common_issue_id"] = issues[row["community_id"], row["category"]]
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
