"""Lines of what was served become rows: the records of one activity or of a whole day's, their ratings, the needs they meet.

Person-times are not persons: a record says how many person-times it stands for, and names at most one person. A record
that looks wrong waits for a person before it counts (`delivery_flags`). The same record entered again is the same
record. A need that is served is met. The caller has asked whether the activities are open and tells the audit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.guard import insert_rows
from linkage.db.tables import Activity, Match, Need, Person, Project, Rating, ServiceItem, ServiceRecord
from linkage.db.work import settings_of
from linkage.errors import ConflictingKey, Unknown
from linkage.rules.hours import record_flag
from linkage.rules.scheduling import case_series
from linkage.stages.delivery_hours import RecordLimits
from linkage.stages.standing import local_date
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
            require_points(self.rating)


class Served(NamedTuple):
    """What was written down at one activity."""

    activity: Activity
    entries: Sequence[ServiceEntry]


def write_records(session: Session, served: Sequence[Served], now: datetime) -> list[list[int]]:
    """Write the records of activities of one project; return their ids in the order of the entries.

    Raises
    ------
    Unknown
        If a person or need is not of this project.
    ConflictingKey
        If a key was recorded before with other values, or stands twice with different ones.
    """
    served_with = [one for one in served if one.entries]
    if not served_with:
        return [[] for _ in served]
    project_id = served_with[0].activity.project_id
    entries = [entry for one in served_with for entry in one.entries]
    people = {entry.person_id for entry in entries if entry.person_id is not None}
    _require_people(session, project_id, people)
    _require_needs(session, project_id, {entry.need_id for entry in entries if entry.need_id is not None})
    rows = list(_rows(session, served_with, _needs_of(session, served_with, people), now))
    known = _known(session, project_id, rows)
    fresh = {row["key"]: row for row in rows if row["key"] not in known}
    new_ids = dict(zip(fresh, insert_rows(session, ServiceRecord, list(fresh.values())), strict=True))
    given_on = local_date(now)
    insert_rows(
        session,
        Rating,
        [
            {
                "project_id": project_id,
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
    for activity, _ in served_with:
        if activity.state is ActivityState.RELEASED:
            activity.state = ActivityState.DONE
    flagged = sum(row["flag"] is not None for row in fresh.values())
    if flagged:
        _tell_flagged(session, project_id, flagged, now)
    ids = iter([known.get(row["key"]) or new_ids[row["key"]] for row in rows])
    return [[next(ids) for _ in one.entries] for one in served]


def _rows(
    session: Session, served: Sequence[Served], needs: dict[tuple[int, int], int], now: datetime
) -> Iterator[dict[str, Any]]:
    settings = settings_of(session).delivery
    limits = RecordLimits(session, session.get_one(Project, served[0].activity.project_id))
    codes = _case_codes(session, served)
    for activity, entries in served:
        planned = int((activity.ends_at - activity.starts_at).total_seconds()) // 60
        is_late = local_date(now) > limits.record_by_on(activity.held_on)
        code = codes.get(activity.service_item_id) if activity.method is ServiceMethod.CASE_WORK else None
        for entry in entries:
            flag: RecordFlag | None = record_flag(entry.minutes, planned, settings.max_overrun_minutes, is_late=is_late)
            series = entry.series or activity.series
            if series is None and code is not None and entry.person_id is not None:
                series = case_series(code, entry.person_id)
            yield {
                "project_id": activity.project_id,
                "activity_id": activity.id,
                "contract_unit_id": activity.contract_unit_id,
                "person_id": entry.person_id,
                "need_id": entry.need_id or needs.get((activity.service_item_id, entry.person_id or 0)),
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


def _case_codes(session: Session, served: Sequence[Served]) -> dict[int, str]:
    """Return the codes of the services that are case work, whose records form a series for each person."""
    cases = {one.activity.service_item_id for one in served if one.activity.method is ServiceMethod.CASE_WORK}
    if not cases:
        return {}
    return dict(session.execute(select(ServiceItem.id, ServiceItem.code).where(ServiceItem.id.in_(cases))).all())


def _known(session: Session, project_id: int, rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Find records entered before; refuse a key that comes back with other values, also within what is entered now."""
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
    if not people:
        return
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


def _needs_of(session: Session, served: Sequence[Served], people: set[int]) -> dict[tuple[int, int], int]:
    """Find by service and person the need that the service accepted."""
    if not people:
        return {}
    rows = session.execute(
        select(Match.service_item_id, Need.person_id, Need.id)
        .join(Match, Match.need_id == Need.id)
        .where(
            Match.service_item_id.in_({one.activity.service_item_id for one in served}),
            Match.state == MatchState.ACCEPTED,
            Need.person_id.in_(people),
            Need.state.in_((NeedState.ACCEPTED, NeedState.MET)),
        )
        .order_by(Need.id.desc())
    )
    return {(item_id, person_id): need_id for item_id, person_id, need_id in rows if person_id is not None}


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


def require_points(points: int) -> None:
    """Refuse a rating off the scale of 1 to 5."""
    if not 1 <= points <= 5:
        raise ValueError(f"a rating is 1 (very dissatisfied) to 5 (very satisfied), not {points}")


def _tell_flagged(session: Session, project_id: int, count: int, now: datetime) -> None:
    tell_role(
        session,
        session.get_one(Project, project_id),
        "delivery/records_flagged",
        PartyRole.PROVIDER,
        key=f"records-{local_date(now).isoformat()}",
        context={"count": count},
        now=now,
    )
