"""Reading what volunteers are asked for and what they answered, by their codes."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.tables import Activity, Assignment, Person, Shift, ShiftOffer
from linkage.stages.people import find_person
from linkage.stages.standing import LOCAL_ZONE
from linkage.terms import OfferState


class OfferLine(NamedTuple):
    """One offer of one shift to one volunteer; `assignment` is there once it was accepted."""

    offer: int
    volunteer: str
    activity: str
    starts: str
    skill: str
    state: OfferState
    assignment: int | None


def offers_of(session: Session, project_id: int, person: str | None = None) -> tuple[OfferLine, ...]:
    """List the offers of a project, or of one volunteer, in the order they were made.

    Raises
    ------
    Unknown
        If nobody has the code.
    """
    query = (
        select(ShiftOffer, Person.code, Activity.code, Activity.starts_at, Shift.skill, Assignment.id)
        .join(Person, Person.id == ShiftOffer.person_id)
        .join(Shift, Shift.id == ShiftOffer.shift_id)
        .join(Activity, Activity.id == Shift.activity_id)
        .outerjoin(Assignment, Assignment.shift_offer_id == ShiftOffer.id)
        .where(ShiftOffer.project_id == project_id)
        .order_by(ShiftOffer.id)
    )
    if person is not None:
        query = query.where(ShiftOffer.person_id == find_person(session, project_id, person))
    return tuple(
        OfferLine(
            offer.id, code, activity, f"{starts.astimezone(LOCAL_ZONE):%Y-%m-%d %H:%M}", skill, offer.state, assignment
        )
        for offer, code, activity, starts, skill, assignment in session.execute(query)
    )
