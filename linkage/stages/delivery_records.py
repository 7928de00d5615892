"""Service records, one activity at a time: what was served, how it was found, and what proves it.

How lines become rows stands in `delivery_writing`; a whole sheet comes in through `delivery_sheet`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.tables import Evidence, Rating, ServiceRecord, StoredFile
from linkage.errors import AlreadyAnswered, Unknown
from linkage.stages.delivery_open import open_activity
from linkage.stages.delivery_writing import Served, ServiceEntry, require_points, write_records
from linkage.stages.standing import local_date, poke


def record_service(
    session: Session, activity_id: int, entries: Sequence[ServiceEntry], *, actor: str, now: datetime
) -> list[int]:
    """Record what was served at an activity; return the records' ids in the order of the entries.

    Raises
    ------
    Unknown
        If a person or need is not of this project.
    ConflictingKey
        If a key was recorded before with other values.
    GateShut
        If the activity was not released or its cycle is closed.
    """
    activity = open_activity(session, activity_id)
    [ids] = write_records(session, [Served(activity, entries)], now)
    act(session, "service.recorded", project_id=activity.project_id, activity=activity_id, count=len(ids), by=actor)
    poke(session, activity.project_id, now)
    return ids


def rate(session: Session, record_id: int, points: int, *, now: datetime, person_id: int | None = None) -> None:
    """Take a beneficiary's word on one service, once; it may come after the cycle is closed.

    Raises
    ------
    AlreadyAnswered
        If this service was rated otherwise.
    ValueError
        If the points are not 1 to 5.
    """
    require_points(points)
    record = session.get(ServiceRecord, record_id)
    if record is None:
        raise Unknown(f"no service record with id {record_id} here")
    known = session.execute(select(Rating).where(Rating.service_record_id == record_id)).scalar_one_or_none()
    if known is not None:
        if known.points != points:
            raise AlreadyAnswered(f"record {record_id} was rated {known.points} on {known.given_on}; a word stands")
        return
    session.add(
        Rating(
            project_id=record.project_id,
            service_record_id=record_id,
            person_id=record.person_id if person_id is None else person_id,
            points=points,
            given_on=local_date(now),
        )
    )
    act(session, "service.rated", project_id=record.project_id, record=record_id)


def attach_evidence(
    session: Session, activity_id: int, stored_file_id: int, *, kind: str, actor: str, now: datetime
) -> None:
    """Attach a stored file that proves an activity took place; the same file again changes nothing.

    Parameters
    ----------
    kind
        What it is: `sign_in_sheet`, `photo`, `summary` …
    """
    activity = open_activity(session, activity_id)
    if session.get(StoredFile, stored_file_id) is None:
        raise Unknown(f"no stored file with id {stored_file_id} here")
    known = session.execute(
        select(Evidence.id).where(Evidence.activity_id == activity_id, Evidence.stored_file_id == stored_file_id)
    ).first()
    if known is not None:
        return
    session.add(
        Evidence(project_id=activity.project_id, activity_id=activity_id, stored_file_id=stored_file_id, kind=kind)
    )
    act(session, "evidence.attached", project_id=activity.project_id, activity=activity_id, by=actor)
    poke(session, activity.project_id, now)


__all__ = ["ServiceEntry", "attach_evidence", "rate", "record_service"]
