"""Sign-in sheets: everything the people of one activity, or of a day's, wrote down, entered in one transaction.

It does what single check-ins, check-outs, records and ratings do, at once and fast: the questions to the database do
not grow with the sheets. It decides nothing of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.guard import insert_rows
from linkage.db.tables import Activity, CheckEvent
from linkage.db.tables.delivery import CheckKind
from linkage.errors import ImpossibleTime, NotAccepted
from linkage.stages.delivery_checks import assignments_at, require_order
from linkage.stages.delivery_open import open_activities
from linkage.stages.delivery_writing import Served, ServiceEntry, write_records
from linkage.stages.standing import poke
from linkage.terms import CheckMethod


class SignIn(NamedTuple):
    """One volunteer's line; without a check-out it waits for a person."""

    person_id: int
    in_at: datetime
    out_at: datetime | None


@dataclass(frozen=True)
class SignInSheet:
    """What came back from one activity."""

    activity_id: int
    sign_ins: Sequence[SignIn] = ()
    entries: Sequence[ServiceEntry] = ()
    method: CheckMethod = CheckMethod.ROSTER


class SheetCount(NamedTuple):
    """How many events and records a sheet holds; a repeated sheet adds none."""

    check_events: int
    record_ids: tuple[int, ...]


def record_sheet(session: Session, sheet: SignInSheet, *, actor: str, now: datetime) -> SheetCount:
    """Enter a sheet; raises as `record_sheets`."""
    [count] = record_sheets(session, [sheet], actor=actor, now=now)
    return count


def record_sheets(
    session: Session, sheets: Sequence[SignInSheet], *, actor: str, now: datetime
) -> tuple[SheetCount, ...]:
    """Enter the sheets of one project that came back together; entering them again changes nothing.

    Raises
    ------
    NotAccepted
        If somebody signed who has not accepted a seat; nothing of any sheet is entered.
    ImpossibleTime
        If a time lies ahead or a check-out before its check-in.
    Unknown, ConflictingKey, GateShut
        As `record_service`.
    ValueError
        If they are of several projects.
    """
    if not sheets:
        return ()
    activities = open_activities(session, {sheet.activity_id for sheet in sheets})
    projects = {activity.project_id for activity in activities.values()}
    if len(projects) > 1:
        raise ValueError("sheets are entered project by project")
    project_id = projects.pop()
    events = _events(session, activities, sheets, now)
    insert_rows(session, CheckEvent, [event for own in events for event in own])
    ids = write_records(session, [Served(activities[sheet.activity_id], sheet.entries) for sheet in sheets], now)
    counts = tuple(SheetCount(len(own), tuple(written)) for own, written in zip(events, ids, strict=True))
    for sheet, count in zip(sheets, counts, strict=True):
        act(
            session,
            "sheet.recorded",
            project_id=project_id,
            activity=sheet.activity_id,
            events=count.check_events,
            records=len(count.record_ids),
            by=actor,
        )
    poke(session, project_id, now)
    return counts


def _events(
    session: Session, activities: Mapping[int, Activity], sheets: Sequence[SignInSheet], now: datetime
) -> list[list[dict[str, Any]]]:
    """Return the check events each sheet adds."""
    signed = [sheet for sheet in sheets if sheet.sign_ins]
    if not signed:
        return [[] for _ in sheets]
    assignments = assignments_at(session, {sheet.activity_id for sheet in signed})
    for sheet in signed:
        strangers = sorted({one.person_id for one in sheet.sign_ins} - assignments[sheet.activity_id].keys())
        if strangers:
            raise NotAccepted(
                f"{activities[sheet.activity_id].code}: {len(strangers)} people signed who have not accepted a seat",
                tuple(f"person {person_id}" for person_id in strangers),
            )
    seats = {assignments[sheet.activity_id][one.person_id] for sheet in signed for one in sheet.sign_ins}
    query = select(CheckEvent.assignment_id, CheckEvent.kind).where(CheckEvent.assignment_id.in_(seats))
    known = {(assignment_id, kind) for assignment_id, kind in session.execute(query)}
    return [
        _new_events(activities[sheet.activity_id], sheet, assignments.get(sheet.activity_id, {}), known, now)
        for sheet in sheets
    ]


def _new_events(
    activity: Activity,
    sheet: SignInSheet,
    assignments: Mapping[int, int],
    known: set[tuple[int, CheckKind]],
    now: datetime,
) -> list[dict[str, Any]]:
    """Return one sheet's check events that are not known yet, and note them as known."""
    events: list[dict[str, Any]] = []
    for sign_in in sheet.sign_ins:
        if max(sign_in.in_at, sign_in.out_at or sign_in.in_at) > now:
            raise ImpossibleTime(f"{activity.code}: person {sign_in.person_id} signed for a time that lies ahead")
        if sign_in.out_at is not None:
            require_order(activity.code, sign_in.in_at, sign_in.out_at)
        assignment_id = assignments[sign_in.person_id]
        for kind, at in ((CheckKind.IN, sign_in.in_at), (CheckKind.OUT, sign_in.out_at)):
            if at is None or (assignment_id, kind) in known:
                continue
            known.add((assignment_id, kind))
            events.append(
                {
                    "project_id": activity.project_id,
                    "assignment_id": assignment_id,
                    "kind": kind,
                    "method": sheet.method,
                    "at": at,
                    "recorded_at": now,
                }
            )
    return events
