"""Service records: who was served, how often and how long, how they found it, and what proves it.

Person-times are not persons: a record says how many person-times it stands for, and names at most one person.
A record that looks wrong waits for a person before it counts (`delivery_flags`). The same record entered again is the
same record. A need that is served is met.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.guard import insert_rows
from linkage.db.tables import (
    Activity,
    Evidence,
    Match,
    Need,
    Person,
    Project,
    Rating,
    ServiceItem,
    ServiceRecord,
    StoredFile,
)
from linkage.db.work import settings_of
from linkage.errors import AlreadyAnswered, ConflictingKey, Unknown
from linkage.rules.hours import record_flag
from linkage.rules.scheduling import case_series
from linkage.stages.delivery_hours import RecordLimits
from linkage.stages.delivery_open import open_activity
from linkage.stages.standing import local_date, poke
from linkage.stages.telling import tell_role
from linkage.terms import ActivityState, MatchState, NeedState, PartyRole, RecordFlag, ServiceMethod


@dataclass(frozen=True, kw_only=True)
class ServiceEntry:
    """One line of what was served.

    Parameters
    ----------
    key
        What makes a repeated entry the same entry, within its activity.
    person_id
        The beneficiary, if the line is about one.
    need_id
        The need it serves; found from the person's accepted match where it is not given.
    person_times
        How many attendances the line stands for; a crowd without names is one line of many.
    series
        The group or case; the activity's, or the person's case, where it is not given.
    rating
        1 (very dissatisfied) to 5 (very satisfied), if the beneficiary said.
    """

    key: str
    minutes: int
    person_id: int | None = None
    need_id: int | None = None
    person_times: int = 1
    series: str | None = None
    rating: int | None = None

    def __post_init__(self) -> None:
        if self.minutes < 0 or self.person_times < 1:
            raise ValueError(f"{self.key}: minutes are 0 or more and person-times 1 or more")
        if self.rating is not None:
            _require_points(self.rating)


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
    ids = write_records(session, activity, entries, now)
    act(session, "service.recorded", project_id=activity.project_id, activity=activity_id, count=len(ids), by=actor)
    poke(session, activity.project_id, now)
    return ids


def write_records(session: Session, activity: Activity, entries: Sequence[ServiceEntry], now: datetime) -> list[int]:
    """Write the records of an activity, their ratings, and the needs they meet; the caller tells the audit."""
    if not entries:
        return []
    people = {entry.person_id for entry in entries if entry.person_id is not None}
    _require_people(session, activity.project_id, people)
    needs = _needs_of(session, activity, people)
    _require_needs(session, activity.project_id, {entry.need_id for entry in entries if entry.need_id is not None})
    rows = _rows(session, activity, entries, needs, now)
    known = _known(session, activity.project_id, rows)
    fresh = {row["key"]: row for row in rows if row["key"] not in known}
    new_ids = dict(zip(fresh, insert_rows(session, ServiceRecord, list(fresh.values())), strict=True))
    given_on = local_date(now)
    insert_rows(
        session,
        Rating,
        [
            {
                "project_id": activity.project_id,
                "service_record_id": new_ids[row["key"]],
                "person_id": entry.person_id,
                "points": entry.rating,
                "given_on": given_on,
            }
            for entry, row in zip(entries, rows, strict=True)
            if entry.rating is not None and row["key"] in new_ids
        ],
    )
    meet_needs(session, (row["need_id"] for row in fresh.values() if row["is_counted"]))
    if activity.state is ActivityState.RELEASED:
        activity.state = ActivityState.DONE
    flagged = sum(row["flag"] is not None for row in fresh.values())
    if flagged:
        _tell_flagged(session, activity, flagged, now)
    return [known.get(row["key"]) or new_ids[row["key"]] for row in rows]


def _rows(
    session: Session, activity: Activity, entries: Sequence[ServiceEntry], needs: dict[int, int], now: datetime
) -> list[dict[str, Any]]:
    settings = settings_of(session).delivery
    planned = int((activity.ends_at - activity.starts_at).total_seconds()) // 60
    limits = RecordLimits(session, session.get_one(Project, activity.project_id))
    is_late = local_date(now) > limits.record_by_on(activity.held_on)
    service_code = session.get_one(ServiceItem, activity.service_item_id).code
    rows = []
    for entry in entries:
        flag: RecordFlag | None = record_flag(entry.minutes, planned, settings.max_overrun_minutes, is_late=is_late)
        series = entry.series or activity.series
        if series is None and activity.method is ServiceMethod.CASE_WORK and entry.person_id is not None:
            series = case_series(service_code, entry.person_id)
        rows.append(
            {
                "project_id": activity.project_id,
                "activity_id": activity.id,
                "contract_unit_id": activity.contract_unit_id,
                "person_id": entry.person_id,
                "need_id": entry.need_id or needs.get(entry.person_id or 0),
                "key": f"{activity.code}:{entry.key}",
                "method": activity.method,
                "series": series,
                "served_on": activity.held_on,
                "recorded_at": now,
                "minutes": entry.minutes,
                "person_times": entry.person_times,
                "flag": flag,
                "justification": None,
                "is_counted": flag is None,
            }
        )
    return rows


def _known(session: Session, project_id: int, rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Find records entered before; refuse a key that comes back with other values, also within one sheet."""
    seen: dict[str, tuple[object, ...]] = {}
    for row in rows:
        stated = (row["person_id"], row["minutes"], row["person_times"])
        if seen.setdefault(row["key"], stated) != stated:
            raise ConflictingKey(
                f"record {row['key']!r} stands twice with different values; give each line its own key"
            )
    found: dict[str, int] = {}
    entered = select(
        ServiceRecord.id,
        ServiceRecord.key,
        ServiceRecord.person_id,
        ServiceRecord.minutes,
        ServiceRecord.person_times,
    ).where(ServiceRecord.project_id == project_id, ServiceRecord.key.in_(seen))
    for record_id, key, *values in session.execute(entered):
        if tuple(values) != seen[key]:
            raise ConflictingKey(f"record {key!r} was entered before with other values; records are not overwritten")
        found[key] = record_id
    return found


def _require_people(session: Session, project_id: int, people: set[int]) -> None:
    known = set(
        session.execute(select(Person.id).where(Person.project_id == project_id, Person.id.in_(people))).scalars()
    )
    if people - known:
        raise Unknown(f"no person with id {min(people - known)} in this project")


def _require_needs(session: Session, project_id: int, need_ids: set[int]) -> None:
    if not need_ids:
        return
    known = set(session.execute(select(Need.id).where(Need.project_id == project_id, Need.id.in_(need_ids))).scalars())
    if need_ids - known:
        raise Unknown(f"no need with id {min(need_ids - known)} in this project")


def _needs_of(session: Session, activity: Activity, people: set[int]) -> dict[int, int]:
    """Find for each person the need that this activity's service accepted."""
    if not people:
        return {}
    rows = session.execute(
        select(Need.person_id, Need.id)
        .join(Match, Match.need_id == Need.id)
        .where(
            Match.service_item_id == activity.service_item_id,
            Match.state == MatchState.ACCEPTED,
            Need.person_id.in_(people),
            Need.state.in_((NeedState.ACCEPTED, NeedState.MET)),
        )
        .order_by(Need.id.desc())
    )
    return {person_id: need_id for person_id, need_id in rows if person_id is not None}


def meet_needs(session: Session, need_ids: Iterable[int | None]) -> int:
    """Mark accepted needs that were served as met; return how many."""
    wanted = {need_id for need_id in need_ids if need_id is not None}
    if not wanted:
        return 0
    rows = list(
        session.execute(
            select(Need).where(Need.id.in_(wanted), Need.state == NeedState.ACCEPTED).order_by(Need.id)
        ).scalars()
    )
    for row in rows:
        row.state = NeedState.MET
    return len(rows)


def _tell_flagged(session: Session, activity: Activity, count: int, now: datetime) -> None:
    tell_role(
        session,
        session.get_one(Project, activity.project_id),
        "delivery/records_flagged",
        PartyRole.PROVIDER,
        key=f"records-{local_date(now).isoformat()}",
        context={"count": count},
        now=now,
    )


def rate(session: Session, record_id: int, points: int, *, now: datetime, person_id: int | None = None) -> None:
    """Take a beneficiary's word on one service, once; it may come after the cycle is closed.

    Raises
    ------
    AlreadyAnswered
        If this service was rated otherwise.
    ValueError
        If the points are not 1 to 5.
    """
    _require_points(points)
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


def _require_points(points: int) -> None:
    if not 1 <= points <= 5:
        raise ValueError(f"a rating is 1 (very dissatisfied) to 5 (very satisfied), not {points}")


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
