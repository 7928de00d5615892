"""A sign-in sheet: everything one activity's people wrote down, entered in one transaction.

It does what single check-ins, check-outs, records and ratings do, at once and fast; it decides nothing of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
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
from linkage.stages.delivery_checks import assignments_of, require_order
from linkage.stages.delivery_open import open_activity
from linkage.stages.delivery_records import ServiceEntry, write_records
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
    """Enter a sheet; entering it again changes nothing.

    Raises
    ------
    NotAccepted
        If somebody signed who has not accepted a seat; nothing of the sheet is entered.
    ImpossibleTime
        If a time lies ahead or a check-out before its check-in.
    Unknown, ConflictingKey, GateShut
        As `record_service`.
    """
    activity = open_activity(session, sheet.activity_id)
    events = _events(session, activity, sheet, now)
    insert_rows(session, CheckEvent, events)
    ids = write_records(session, activity, sheet.entries, now)
    act(
        session,
        "sheet.recorded",
        project_id=activity.project_id,
        activity=activity.id,
        events=len(events),
        records=len(ids),
        by=actor,
    )
    poke(session, activity.project_id, now)
    return SheetCount(len(events), tuple(ids))


def _events(session: Session, activity: Activity, sheet: SignInSheet, now: datetime) -> list[dict[str, Any]]:
    if not sheet.sign_ins:
        return []
    assignments = assignments_of(session, activity.id)
    strangers = sorted({sign_in.person_id for sign_in in sheet.sign_ins} - assignments.keys())
    if strangers:
        raise NotAccepted(
            f"{activity.code}: {len(strangers)} people signed who have not accepted a seat",
            tuple(f"person {person_id}" for person_id in strangers),
        )
    known = {
        (assignment_id, kind)
        for assignment_id, kind in session.execute(
            select(CheckEvent.assignment_id, CheckEvent.kind).where(
                CheckEvent.assignment_id.in_(assignments[sign_in.person_id] for sign_in in sheet.sign_ins)
            )
        )
    }
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
