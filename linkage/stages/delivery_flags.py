"""Flags: records and presences that look wrong wait for a person, and a person's word needs a written reason.

A flag never disappears: clearing keeps it beside its justification, whether what it marks counts from then on or
not. Each word is a decision that is never changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.tables import Activity, Assignment, Presence, ServiceRecord, Shift
from linkage.errors import Unknown
from linkage.stages.delivery_open import require_open_cycle
from linkage.stages.delivery_writing import meet_needs
from linkage.stages.standing import decide, standing_of
from linkage.terms import DecisionKind, FlagSubject, RecordFlag


@dataclass(frozen=True)
class WaitingFlag:
    """A flag that waits for a person.

    Parameters
    ----------
    subject_id
        The record's or the presence's id.
    """

    subject: FlagSubject
    subject_id: int
    flag: RecordFlag
    activity_code: str
    minutes: int
    since_at: datetime


def waiting_flags(session: Session, project_id: int) -> tuple[WaitingFlag, ...]:
    """List what waits for a person, oldest first."""
    records = session.execute(
        select(ServiceRecord, Activity.code)
        .join(Activity, Activity.id == ServiceRecord.activity_id)
        .where(
            ServiceRecord.project_id == project_id,
            ServiceRecord.flag.is_not(None),
            ServiceRecord.justification.is_(None),
        )
    )
    presences = session.execute(
        select(Presence, Activity.code)
        .join(Assignment, Assignment.id == Presence.assignment_id)
        .join(Shift, Shift.id == Assignment.shift_id)
        .join(Activity, Activity.id == Shift.activity_id)
        .where(Presence.project_id == project_id, Presence.flag.is_not(None), Presence.justification.is_(None))
    )
    found = [
        WaitingFlag(FlagSubject.RECORD, row.id, row.flag, code, row.minutes, row.recorded_at)
        for row, code in records
        if row.flag is not None
    ] + [
        WaitingFlag(FlagSubject.PRESENCE, row.id, row.flag, code, row.minutes, row.assessed_at)
        for row, code in presences
        if row.flag is not None
    ]
    return tuple(sorted(found, key=lambda flag: (flag.since_at, flag.subject, flag.subject_id)))


def count_waiting(session: Session, project_id: int) -> tuple[int, datetime | None]:
    """Count what waits for a person, and say since when."""
    records, first_record = session.execute(
        select(func.count(), func.min(ServiceRecord.recorded_at)).where(
            ServiceRecord.project_id == project_id,
            ServiceRecord.flag.is_not(None),
            ServiceRecord.justification.is_(None),
        )
    ).one()
    presences, first_presence = session.execute(
        select(func.count(), func.min(Presence.assessed_at)).where(
            Presence.project_id == project_id, Presence.flag.is_not(None), Presence.justification.is_(None)
        )
    ).one()
    firsts: tuple[datetime | None, ...] = (first_record, first_presence)  # of no rows there is none
    since = min((at for at in firsts if at is not None), default=None)
    return records + presences, since


def clear_flag(
    session: Session,
    subject: FlagSubject,
    subject_id: int,
    *,
    justification: str,
    actor: str,
    now: datetime,
    counts: bool = True,
    minutes: int | None = None,
) -> None:
    """Say what a flagged record or presence is worth; without a written reason nothing is cleared.

    Parameters
    ----------
    counts
        Whether it counts from now on; if not, it stays uncounted, with the reason.
    minutes
        The minutes really given, where the noted ones are wrong; a presence without a check-out must have them.

    Raises
    ------
    ValueError
        If the justification is empty, or minutes are missing or below zero.
    Unknown
        If there is no such record, or nothing about it is flagged.
    ConflictingKey
        If it was cleared before the other way.
    GateShut
        If the delivery of its cycle is closed.
    """
    if not justification.strip():
        raise ValueError("a flag is cleared with a written justification")
    if minutes is not None and minutes < 0:
        raise ValueError("minutes are 0 or more")
    row, activity = _find(session, subject, subject_id)
    if row.flag is None:
        raise Unknown(f"{subject.value} {subject_id} is not flagged")
    if counts and row.flag is RecordFlag.NO_CHECK_OUT and minutes is None and row.minutes == 0:
        raise ValueError("there was no check-out: state the minutes really given")
    standing = standing_of(session, row.project_id)
    is_fresh = row.justification is None
    if is_fresh:
        require_open_cycle(session, activity)
    decide(
        session,
        standing,
        DecisionKind.CLEAR_FLAG,
        key=f"{DecisionKind.CLEAR_FLAG.value}:{subject.value}-{subject_id}",
        verdict="counted" if counts else "refused",
        actor=actor,
        now=now,
        reason=justification.strip(),
        detail={"flag": row.flag.value, "noted_minutes": row.minutes, "minutes": minutes},
    )
    if not is_fresh:
        return
    row.justification = justification.strip()
    row.is_counted = counts
    if minutes is not None:
        row.minutes = minutes
    if counts and isinstance(row, ServiceRecord):
        meet_needs(session, [row.need_id])
    act(session, "flag.cleared", project_id=row.project_id, subject=subject.value, id=subject_id)


def _find(session: Session, subject: FlagSubject, subject_id: int) -> tuple[ServiceRecord | Presence, Activity]:
    row: ServiceRecord | Presence | None
    if subject is FlagSubject.RECORD:
        row = session.get(ServiceRecord, subject_id)
        query = select(Activity).join(ServiceRecord, ServiceRecord.activity_id == Activity.id)
        query = query.where(ServiceRecord.id == subject_id)
    else:
        row = session.get(Presence, subject_id)
        query = (
            select(Activity)
            .join(Shift, Shift.activity_id == Activity.id)
            .join(Assignment, Assignment.shift_id == Shift.id)
            .join(Presence, Presence.assignment_id == Assignment.id)
            .where(Presence.id == subject_id)
        )
    if row is None:
        raise Unknown(f"no {subject.value} with id {subject_id} here")
    return row, session.execute(query).scalar_one()
