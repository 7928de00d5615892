"""Volunteers answer: they accept or decline a shift, or tell in time that they cannot come.

志愿服务条例 art. 25: nobody is assigned by force, so an assignment is made by an acceptance and by nothing else, in
the same transaction. Art. 22: who cannot come tells in time; no reason is demanded and none is held against them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.guard import insert_rows
from linkage.db.tables import Activity, Assignment, CheckEvent, Person, Project, Shift, ShiftOffer
from linkage.errors import AlreadyAnswered, ShiftFull, Unknown
from linkage.stages.standing import poke
from linkage.stages.telling import tell_role
from linkage.terms import ActivityState, OfferState, PartyRole


class Answers(NamedTuple):
    """How many shifts were accepted and declined."""

    accepted: int
    declined: int


def answer(
    session: Session, offer_id: int, *, accepts: bool, actor: str, now: datetime, reason: str | None = None
) -> int | None:
    """Take a volunteer's answer to one offer; return the assignment's id if it was accepted.

    The same answer again changes nothing.

    Raises
    ------
    AlreadyAnswered
        If it was answered otherwise, has lapsed, or its activity was cancelled.
    ShiftFull
        If every seat is taken.
    """
    offer = session.get(ShiftOffer, offer_id)
    if offer is None:
        raise Unknown(f"no shift offer with id {offer_id} here")
    wanted = OfferState.ACCEPTED if accepts else OfferState.DECLINED
    if offer.state is not wanted:
        _take(session, [offer], {offer.id: accepts}, actor, now, reason)
        poke(session, offer.project_id, now)
    return session.execute(select(Assignment.id).where(Assignment.shift_offer_id == offer.id)).scalar_one_or_none()


def answer_all(
    session: Session,
    project_id: int,
    person_id: int,
    *,
    accepts: bool | Mapping[int, bool],
    actor: str,
    now: datetime,
    reason: str | None = None,
) -> Answers:
    """Take a volunteer's answer to everything they are asked for at present.

    Parameters
    ----------
    accepts
        One word for all open offers, or one for each offer id; offers not named stay open.

    Raises
    ------
    AlreadyAnswered
        If a named offer is not open any more.
    ShiftFull
        If every seat of an accepted shift is taken.
    """
    query = select(ShiftOffer).where(ShiftOffer.project_id == project_id, ShiftOffer.person_id == person_id)
    if isinstance(accepts, bool):
        query = query.where(ShiftOffer.state == OfferState.OFFERED, ShiftOffer.expires_at > now)
    else:
        query = query.where(ShiftOffer.id.in_(accepts))
    offers = list(session.execute(query.order_by(ShiftOffer.id)).scalars())
    words = dict.fromkeys((offer.id for offer in offers), accepts) if isinstance(accepts, bool) else dict(accepts)
    unknown = sorted(set(words) - {offer.id for offer in offers})
    if unknown:
        raise Unknown(f"person {person_id} has no shift offers {unknown} in this project")
    fresh = [offer for offer in offers if offer.state is not _word(words[offer.id])]
    if fresh:
        _take(session, fresh, words, actor, now, reason)
        poke(session, project_id, now)
    accepted = sum(words[offer.id] for offer in offers)
    return Answers(accepted, len(offers) - accepted)


def withdraw(session: Session, assignment_id: int, *, actor: str, now: datetime, reason: str | None = None) -> None:
    """Give a seat back before the service begins; somebody else will be asked.

    Raises
    ------
    AlreadyAnswered
        If the volunteer has checked in, or the activity is over.
    """
    assignment = session.get(Assignment, assignment_id)
    if assignment is None:
        raise Unknown(f"no assignment with id {assignment_id} here")
    if assignment.ended_at is not None:
        return
    activity = session.execute(
        select(Activity).join(Shift, Shift.activity_id == Activity.id).where(Shift.id == assignment.shift_id)
    ).scalar_one()
    has_come = session.execute(select(CheckEvent.id).where(CheckEvent.assignment_id == assignment_id)).first()
    if has_come is not None or activity.ends_at <= now:
        raise AlreadyAnswered(f"{activity.code}: the service has begun or is over; a check-out ends it")
    assignment.ended_at = now
    offer = session.get_one(ShiftOffer, assignment.shift_offer_id)
    offer.state = OfferState.WITHDRAWN
    offer.answered_at = now
    offer.reason = reason
    act(session, "assignment.withdrawn", project_id=assignment.project_id, assignment=assignment_id, by=actor)
    project = session.get_one(Project, assignment.project_id)
    volunteer_code = session.get_one(Person, assignment.person_id).code
    tell_role(
        session,
        project,
        "scheduling/volunteer_withdrew",
        PartyRole.PROVIDER,
        key=f"assignment-{assignment_id}",
        context={"volunteer_code": volunteer_code, "activity": activity.name, "starts_at": activity.starts_at},
        now=now,
    )
    poke(session, assignment.project_id, now)


def _word(accepts: bool) -> OfferState:
    return OfferState.ACCEPTED if accepts else OfferState.DECLINED


def _take(
    session: Session,
    offers: Sequence[ShiftOffer],
    words: Mapping[int, bool],
    actor: str,
    now: datetime,
    reason: str | None,
) -> None:
    accepted = [offer for offer in offers if words[offer.id]]
    for offer in offers:
        if offer.state is not OfferState.OFFERED:
            raise AlreadyAnswered(f"shift offer {offer.id} is {offer.state.value}; it cannot be answered any more")
        if offer.expires_at <= now:
            raise AlreadyAnswered(f"shift offer {offer.id} lapsed on {offer.expires_at:%Y-%m-%d %H:%M} UTC")
    _require_seats(session, accepted)
    for offer in offers:
        offer.state = _word(words[offer.id])
        offer.answered_at = now
        offer.reason = reason
    session.flush()
    insert_rows(
        session,
        Assignment,
        [
            {
                "project_id": offer.project_id,
                "shift_offer_id": offer.id,
                "shift_id": offer.shift_id,
                "person_id": offer.person_id,
                "accepted_at": now,
                "ended_at": None,
            }
            for offer in accepted
        ],
    )
    act(
        session,
        "shift_offers.answered",
        project_id=offers[0].project_id,
        accepted=len(accepted),
        declined=len(offers) - len(accepted),
        by=actor,
    )


def _require_seats(session: Session, accepted: Sequence[ShiftOffer]) -> None:
    """Refuse an acceptance beyond the seats; the shifts' rows are locked so that two cannot take one seat."""
    shift_ids = sorted({offer.shift_id for offer in accepted})
    shifts = session.execute(
        select(Shift, Activity.code, Activity.state)
        .join(Activity, Activity.id == Shift.activity_id)
        .where(Shift.id.in_(shift_ids))
        .order_by(Shift.id)
        .with_for_update(of=Shift)
    ).all()
    taken = dict(
        session.execute(
            select(Assignment.shift_id, func.count())
            .where(Assignment.shift_id.in_(shift_ids), Assignment.ended_at.is_(None))
            .group_by(Assignment.shift_id)
        ).all()
    )
    for shift, code, state in shifts:
        if state is not ActivityState.RELEASED:
            raise AlreadyAnswered(f"{code} is {state.value}; its shifts cannot be accepted")
        if taken.get(shift.id, 0) >= shift.target_count:
            raise ShiftFull(f"{code}: all {shift.target_count} seats are taken; the offer can only be declined")
