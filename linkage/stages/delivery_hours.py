"""What check events come to: presences, and from these the volunteers' hours ledger.

A presence that looks wrong waits for a person (`delivery_flags`); one that counts becomes one ledger entry (order
67), however often the steps run. A correction is a new entry that points at the old one (order 67 art. 13). What a
presence comes to is decided in `linkage.rules.hours`; points are another ledger.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from linkage.db.audit import act
from linkage.db.guard import insert_rows
from linkage.db.tables import Activity, Assignment, CheckEvent, HoursEntry, Presence, Project, Shift
from linkage.db.tables.delivery import CheckKind, HoursKind
from linkage.db.work import settings_of
from linkage.errors import Unknown
from linkage.rules.hours import PresenceRules, assess_presence
from linkage.rules.workdays import WorkCalendar, add_working_days
from linkage.stages.standing import Standing, local_date
from linkage.stages.steps import StepReport
from linkage.stages.telling import tell_role
from linkage.stages.working_calendar import calendar_for
from linkage.terms import ActivityState, PartyRole, RecordFlag


def assess(session: Session, standing: Standing, now: datetime) -> StepReport | None:
    """Turn check events into presences, flag what looks wrong, and mark activities that were served as done."""
    project = standing.project
    settings = settings_of(session).delivery
    rules = PresenceRules(settings.min_presence_ratio, settings.max_overrun_minutes, settings.rounding_minutes)
    limits = RecordLimits(session, project)
    fresh: list[dict[str, Any]] = []
    flagged = recounted = 0
    for assignment_id, came, left, activity, known in _unassessed(session, project.id):
        if left is None and local_date(now) <= activity.held_on:
            continue  # still time to check out
        out_at = None if left is None else left.at
        recorded_on = local_date((left or came).recorded_at)
        planned = int((activity.ends_at - activity.starts_at).total_seconds()) // 60
        record_by_on = limits.record_by_on(activity.held_on)
        found = assess_presence(came.at, out_at, planned, rules, is_late=recorded_on > record_by_on)
        if activity.state is ActivityState.RELEASED and activity.ends_at <= now:
            activity.state = ActivityState.DONE
        flagged += found.flag is not None
        if known is not None:
            known.minutes, known.flag, known.is_counted = found.minutes, found.flag, found.flag is None
            known.assessed_at = now
            recounted += 1
            continue
        fresh.append(
            {
                "project_id": project.id,
                "assignment_id": assignment_id,
                "minutes": found.minutes,
                "record_by_on": record_by_on,
                "assessed_at": now,
                "flag": found.flag,
                "justification": None,
                "is_counted": found.flag is None,
            }
        )
    if not fresh and not recounted:
        return None
    insert_rows(session, Presence, fresh)
    act(session, "presences.assessed", project_id=project.id, count=len(fresh) + recounted, flagged=flagged)
    if flagged:
        _tell_flagged(session, standing, flagged, now)
    return StepReport({"presences": len(fresh) + recounted, "flagged": flagged})


class RecordLimits:
    """The working-day limits of one project's records (order 67 art. 11)."""

    def __init__(self, session: Session, project: Project) -> None:
        settings = settings_of(session)
        self._days = settings.delivery.record_within_working_days
        self._calendar: WorkCalendar = calendar_for(settings, project.from_on, project.to_on)
        self._known: dict[date, date] = {}

    def record_by_on(self, held_on: date) -> date:
        """Return the last day on which a service of this day is recorded in time."""
        if held_on not in self._known:
            self._known[held_on] = add_working_days(held_on, self._days, self._calendar).on
        return self._known[held_on]


def _unassessed(
    session: Session, project_id: int
) -> list[tuple[int, CheckEvent, CheckEvent | None, Activity, Presence | None]]:
    """List check-ins that came to nothing yet, and those without a check-out that have got one since."""
    came, left = aliased(CheckEvent), aliased(CheckEvent)
    rows = session.execute(
        select(Assignment.id, came, left, Activity, Presence)
        .join(came, and_(came.assignment_id == Assignment.id, came.kind == CheckKind.IN))
        .join(Shift, Shift.id == Assignment.shift_id)
        .join(Activity, Activity.id == Shift.activity_id)
        .outerjoin(left, and_(left.assignment_id == Assignment.id, left.kind == CheckKind.OUT))
        .outerjoin(Presence, Presence.assignment_id == Assignment.id)
        .where(
            Assignment.project_id == project_id,
            or_(
                Presence.id.is_(None),
                and_(
                    Presence.flag == RecordFlag.NO_CHECK_OUT,
                    Presence.justification.is_(None),
                    left.id.is_not(None),
                ),
            ),
        )
        .order_by(Assignment.id)
    )
    return list(rows)


def _tell_flagged(session: Session, standing: Standing, count: int, now: datetime) -> None:
    tell_role(
        session,
        standing.project,
        "delivery/records_flagged",
        PartyRole.PROVIDER,
        key=f"presences-{local_date(now).isoformat()}",
        context={"count": count},
        now=now,
    )


def enter_hours(session: Session, standing: Standing, now: datetime) -> StepReport | None:
    """Enter each presence that counts into the hours ledger, once."""
    rows = session.execute(
        select(Presence, Assignment.person_id, Activity.held_on)
        .join(Assignment, Assignment.id == Presence.assignment_id)
        .join(Shift, Shift.id == Assignment.shift_id)
        .join(Activity, Activity.id == Shift.activity_id)
        .outerjoin(HoursEntry, and_(HoursEntry.assignment_id == Assignment.id, HoursEntry.kind == HoursKind.SERVED))
        .where(
            Presence.project_id == standing.project.id,
            Presence.is_counted.is_(True),
            Presence.minutes > 0,
            HoursEntry.id.is_(None),
        )
        .order_by(Activity.held_on, Presence.id)
    )
    entries: list[dict[str, Any]] = [
        {
            "project_id": standing.project.id,
            "person_id": person_id,
            "assignment_id": presence.assignment_id,
            "corrects_id": None,
            "entry_key": f"served:{presence.assignment_id}",
            "kind": HoursKind.SERVED,
            "minutes": presence.minutes,
            "served_on": held_on,
            "record_by_on": presence.record_by_on,
            "recorded_at": now,
            "reason": presence.justification,
        }
        for presence, person_id, held_on in rows
    ]
    if not entries:
        return None
    insert_rows(session, HoursEntry, entries)
    minutes = sum(entry["minutes"] for entry in entries)
    act(session, "hours.entered", project_id=standing.project.id, count=len(entries), minutes=minutes)
    return StepReport({"hours_entries": len(entries), "minutes": minutes})


def correct_hours(
    session: Session, entry_id: int, *, minutes: int, reason: str, actor: str, now: datetime
) -> int | None:
    """Correct what an entry and its corrections come to; return the new entry's id, None if it is right already.

    Parameters
    ----------
    minutes
        What the person really gave, 0 or more; the new entry holds the difference.

    Raises
    ------
    ValueError
        If the minutes are below zero or no reason is given.
    """
    if minutes < 0 or not reason.strip():
        raise ValueError("a correction states the minutes really given and the reason")
    entry = session.get(HoursEntry, entry_id)
    if entry is None:
        raise Unknown(f"no hours entry with id {entry_id} here")
    base = entry if entry.corrects_id is None else session.get_one(HoursEntry, entry.corrects_id)
    count, corrected = session.execute(
        select(func.count(), func.coalesce(func.sum(HoursEntry.minutes), 0)).where(HoursEntry.corrects_id == base.id)
    ).one()
    difference = minutes - base.minutes - int(corrected)
    if difference == 0:
        return None
    row = HoursEntry(
        project_id=base.project_id,
        person_id=base.person_id,
        assignment_id=base.assignment_id,
        corrects_id=base.id,
        entry_key=f"correction:{base.id}:{count + 1}",
        kind=HoursKind.CORRECTION,
        minutes=difference,
        served_on=base.served_on,
        record_by_on=base.record_by_on,
        recorded_at=now,
        reason=reason,
    )
    session.add(row)
    session.flush()
    act(session, "hours.corrected", project_id=base.project_id, entry=base.id, minutes=difference, by=actor)
    return row.id
