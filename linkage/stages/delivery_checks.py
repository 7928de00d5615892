"""Check-ins and check-outs: only who has accepted may check in (条例 art. 25), and an event never changes.

What events come to is decided in `linkage.rules.hours` and written by `delivery_hours`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.tables import Assignment, CheckEvent, Person, Shift
from linkage.db.tables.delivery import CheckKind
from linkage.errors import ImpossibleTime, NotAccepted
from linkage.stages.delivery_open import open_activity
from linkage.stages.standing import poke
from linkage.terms import CheckMethod


def check_in(
    session: Session,
    activity_id: int,
    person_id: int,
    *,
    at: datetime,
    method: CheckMethod,
    actor: str,
    now: datetime,
) -> int:
    """Note that a volunteer has come; return the assignment's id. The first check-in stands.

    Raises
    ------
    NotAccepted
        If the person has not accepted a seat at this activity.
    ImpossibleTime
        If the time lies ahead.
    """
    return _check(session, activity_id, person_id, CheckKind.IN, (at, method, actor, now))


def check_out(
    session: Session,
    activity_id: int,
    person_id: int,
    *,
    at: datetime,
    method: CheckMethod,
    actor: str,
    now: datetime,
) -> int:
    """Note that a volunteer has left; return the assignment's id. The first check-out stands.

    Raises
    ------
    NotAccepted
        If the person has not accepted a seat at this activity.
    ImpossibleTime
        If the time lies ahead or before the check-in, or there is no check-in.
    """
    return _check(session, activity_id, person_id, CheckKind.OUT, (at, method, actor, now))


def _check(
    session: Session,
    activity_id: int,
    person_id: int,
    kind: CheckKind,
    event: tuple[datetime, CheckMethod, str, datetime],
) -> int:
    at, method, actor, now = event
    activity = open_activity(session, activity_id)
    assignment_id = assignments_of(session, activity_id).get(person_id)
    if assignment_id is None:
        person = session.get(Person, person_id)
        who = "nobody known" if person is None else person.code
        raise NotAccepted(f"{activity.code}: {who} has not accepted a seat; ask and let them accept first")
    known = {
        row.kind: row.at
        for row in session.execute(select(CheckEvent).where(CheckEvent.assignment_id == assignment_id)).scalars()
    }
    if kind in known:
        return assignment_id
    if at > now:
        raise ImpossibleTime(f"{activity.code}: a check-{kind.value} at {at:%Y-%m-%d %H:%M} UTC lies ahead")
    if kind is CheckKind.OUT:
        require_order(activity.code, known.get(CheckKind.IN), at)
    session.add(
        CheckEvent(
            project_id=activity.project_id,
            assignment_id=assignment_id,
            kind=kind,
            method=method,
            at=at,
            recorded_at=now,
        )
    )
    act(session, f"volunteer.checked_{kind.value}", project_id=activity.project_id, assignment=assignment_id, by=actor)
    poke(session, activity.project_id, now)
    return assignment_id


def require_order(code: str, in_at: datetime | None, out_at: datetime) -> None:
    """Refuse a check-out without a check-in or before it."""
    if in_at is None:
        raise ImpossibleTime(f"{code}: nobody checks out who has not checked in; enter the check-in first")
    if out_at < in_at:
        raise ImpossibleTime(f"{code}: the check-out {out_at:%H:%M} is before the check-in {in_at:%H:%M} UTC")


def assignments_of(session: Session, activity_id: int) -> dict[int, int]:
    """Return the assignments of an activity that still stand, by person."""
    return assignments_at(session, [activity_id])[activity_id]


def assignments_at(session: Session, activity_ids: Collection[int]) -> dict[int, dict[int, int]]:
    """Return the assignments of activities that still stand: by activity, by person."""
    found: dict[int, dict[int, int]] = {activity_id: {} for activity_id in activity_ids}
    rows = session.execute(
        select(Shift.activity_id, Assignment.person_id, Assignment.id)
        .join(Shift, Shift.id == Assignment.shift_id)
        .where(Shift.activity_id.in_(activity_ids), Assignment.ended_at.is_(None))
        .order_by(Assignment.id.desc())
    )
    for activity_id, person_id, assignment_id in rows:
        found[activity_id][person_id] = assignment_id
    return found
