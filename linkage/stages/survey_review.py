"""What a person looks at after an import: free words that fit no category, and sources that disagree.

Classifying is a person's decision: it adds a need to the response it was said in. Conflicting figures are listed
side by side with source and date; nothing here merges or averages them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.guard import insert_rows
from linkage.db.tables import Claim, Need, SurveyResponse
from linkage.errors import Unknown
from linkage.schemas.report import SourceConflict, SourceValue
from linkage.stages.people import consents_in_force
from linkage.stages.standing import local_date, poke, standing_of
from linkage.terms import ConsentPurpose, NeedCategory, NeedState


@dataclass(frozen=True)
class Unclassified:
    """An answer in free words that waits for a person; the words themselves are opened one by one."""

    response_id: int
    source: str
    row_number: int
    question_key: str


def unclassified(session: Session, project_id: int) -> tuple[Unclassified, ...]:
    """List the answers that wait to be classified."""
    rows = session.execute(
        select(SurveyResponse.id, SurveyResponse.source, SurveyResponse.row_number, SurveyResponse.unclassified)
        .where(SurveyResponse.project_id == project_id)
        .order_by(SurveyResponse.id)
    )
    return tuple(
        Unclassified(response_id, source, row_number, key)
        for response_id, source, row_number, keys in rows
        for key in keys
    )


def classify_answer(
    session: Session,
    response_id: int,
    question_key: str,
    needs: Mapping[NeedCategory, int],
    *,
    now: datetime,
    priority: int = 1,
) -> int:
    """Say which needs a free answer means (none: it asks for nothing); return how many were added.

    Parameters
    ----------
    needs
        Category to quantity; a category the respondent asks for already is not added again.

    Raises
    ------
    Unknown
        If this answer does not wait to be classified.
    """
    response = session.get(SurveyResponse, response_id)
    if response is None or question_key not in response.unclassified:
        raise Unknown(f"no answer to question {question_key!r} of response {response_id} waits to be classified")
    standing = standing_of(session, response.project_id)
    asked = session.execute(
        select(Need).where(
            Need.project_id == response.project_id,
            Need.cycle == standing.project.cycle,
            (Need.survey_response_id == response.id)
            | (Need.person_id.is_not(None) & (Need.person_id == response.person_id)),
        )
    ).scalars()
    known = {need.category: need for need in asked}
    text = standing.charter.consent(ConsentPurpose.SERVICE)
    consents = {} if text is None else consents_in_force(session, response.project_id, text.purpose, text.version)
    rows = [
        {
            "project_id": response.project_id,
            "survey_response_id": response.id,
            "person_id": response.person_id,
            "area_id": response.area_id,
            "community_id": response.community_id,
            "consent_id": consents.get(response.person_id) if response.person_id is not None else None,
            "common_issue_id": None,
            "category": category,
            "question_key": question_key[:120],
            "stated": category.label,
            "quantity": quantity,
            "priority": priority,
            "asked_on": local_date(response.submitted_at or now),
            "needed_by_on": None,
            "cycle": standing.project.cycle,
            "state": NeedState.OPEN,
        }
        for category, quantity in needs.items()
        if category not in known
    ]
    insert_rows(session, Need, rows)
    response.unclassified = [key for key in response.unclassified if key != question_key]
    act(session, "survey.classified", project_id=response.project_id, response=response.id, needs=len(rows))
    poke(session, response.project_id, now)
    return len(rows)


def conflicting_claims(session: Session, project_id: int) -> tuple[SourceConflict, ...]:
    """List the figures on which sources disagree, each value with its source and date (456 and 465 stay two)."""
    claims: dict[str, list[Claim]] = {}
    rows = session.execute(select(Claim).where(Claim.project_id == project_id).order_by(Claim.id)).scalars()
    for claim in rows:
        claims.setdefault(claim.subject, []).append(claim)
    return tuple(
        SourceConflict(
            label=subject,
            values=tuple(
                SourceValue(value=f"{claim.value} {claim.unit}", source=claim.source, as_of=claim.as_of or "日期不详")
                for claim in held
            ),
        )
        for subject, held in claims.items()
        if len({(claim.value, claim.unit) for claim in held}) > 1
    )
