"""Seats at shifts: who could take them, how they are offered, and what a volunteer is told.

Shared by the stages that offer seats. Nobody is assigned here (条例 art. 25): only offers are made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from linkage.db.guard import insert_rows
from linkage.db.tables import Activity, Shift, ShiftOffer, Volunteer
from linkage.db.work import settings_of
from linkage.rules.scheduling_replace import Span
from linkage.rules.scheduling_roster import Candidate, PlannedOffer, RosterLimits, WeekdayWindow
from linkage.stages.standing import LOCAL_ZONE, Standing, local_date
from linkage.stages.telling import tell_person
from linkage.terms import ActivityState, OfferState

LIVE: Final = (OfferState.OFFERED, OfferState.ACCEPTED)


@dataclass(frozen=True)
class OfferedShift:
    """What a volunteer reads about a shift they are asked for."""

    shift_id: int
    name: str
    starts_at: datetime
    ends_at: datetime
    place: str
    content: str
    risks: str


def limits_of(session: Session) -> RosterLimits:
    """Return what the installation allows."""
    settings = settings_of(session).scheduling
    return RosterLimits(settings.max_minutes_per_day, settings.buffer_minutes)


def spans_by_person(session: Session, project_id: int, from_on: date) -> dict[int, list[Span]]:
    """List what everybody is asked for or has accepted from a day on."""
    rows = session.execute(
        select(ShiftOffer.person_id, Activity.starts_at, Activity.ends_at)
        .join(Shift, Shift.id == ShiftOffer.shift_id)
        .join(Activity, Activity.id == Shift.activity_id)
        .where(
            ShiftOffer.project_id == project_id,
            ShiftOffer.state.in_(LIVE),
            Activity.state != ActivityState.CANCELLED,
            Activity.starts_at >= datetime.combine(from_on, time.min, LOCAL_ZONE),
        )
        .order_by(ShiftOffer.id)
    )
    spans: dict[int, list[Span]] = defaultdict(list)
    for person_id, starts_at, ends_at in rows:
        spans[person_id].append(Span(starts_at, ends_at))
    return spans


def first_day_that_counts(instant: datetime) -> date:
    """Return the first day that counts for a seat at an instant: of its month, and the evening before it."""
    return local_date(instant).replace(day=1) - timedelta(days=1)


def last_asked_at(session: Session, project_id: int) -> dict[int, datetime]:
    """Return when each volunteer was last asked for any seat; who is missing was never asked."""
    return dict(
        session.execute(
            select(ShiftOffer.person_id, func.max(ShiftOffer.offered_at))
            .where(ShiftOffer.project_id == project_id)
            .group_by(ShiftOffer.person_id)
        ).all()
    )


def candidates(session: Session, project_id: int, planned: Mapping[int, int] | None = None) -> tuple[Candidate, ...]:
    """List a project's volunteers by person id, as a roster sees them.

    Parameters
    ----------
    planned
        Minutes each has already promised in the month that is planned; they lower what may still be asked.
    """
    minutes = planned or {}
    rows = session.execute(select(Volunteer).where(Volunteer.project_id == project_id).order_by(Volunteer.person_id))
    return tuple(
        Candidate(
            person_id=row.person_id,
            skills=frozenset(row.skills),
            is_lead=row.is_lead,
            windows=tuple(WeekdayWindow(*window) for window in row.availability),
            max_minutes=max(0, row.max_minutes_per_month - minutes.get(row.person_id, 0)),
            pledge_minutes=row.pledge_minutes_per_month,
            planned_minutes=minutes.get(row.person_id, 0),
            joined_on=row.joined_on,
            left_on=row.left_on,
        )
        for row in rows.scalars()
    )


def add_offers(
    session: Session, standing: Standing, offers: Sequence[PlannedOffer], now: datetime, *, is_replacement: bool
) -> None:
    """Write offers; each lapses when its answer is due or when its activity begins, whichever comes first."""
    due_at = now + timedelta(hours=standing.charter.volunteers.answer_within_hours)
    starts = dict(
        session.execute(
            select(Shift.id, Activity.starts_at)
            .join(Activity, Activity.id == Shift.activity_id)
            .where(Shift.id.in_({offer.shift_id for offer in offers}))
        ).all()
    )
    rows: list[dict[str, Any]] = [
        {
            "project_id": standing.project.id,
            "shift_id": offer.shift_id,
            "person_id": offer.person_id,
            "state": OfferState.OFFERED,
            "is_replacement": is_replacement,
            "offered_at": now,
            "expires_at": min(due_at, starts[offer.shift_id]),
            "answered_at": None,
            "reason": None,
        }
        for offer in offers
    ]
    insert_rows(session, ShiftOffer, rows)


def offered_shifts(session: Session, shift_ids: Iterable[int]) -> dict[int, OfferedShift]:
    """Load what a notice tells about shifts."""
    rows = session.execute(
        select(
            Shift.id,
            Activity.name,
            Activity.starts_at,
            Activity.ends_at,
            Activity.place,
            Activity.content,
            Activity.risks,
        )
        .join(Activity, Activity.id == Shift.activity_id)
        .where(Shift.id.in_(set(shift_ids)))
    )
    return {row[0]: OfferedShift(*row) for row in rows}


def tell_offers(
    session: Session,
    standing: Standing,
    kind: str,
    offers: Sequence[PlannedOffer],
    *,
    key: str,
    now: datetime,
) -> int:
    """Tell everybody once about all seats they are asked for: when, where, what, which risks, until when to answer."""
    shifts = offered_shifts(session, (offer.shift_id for offer in offers))
    by_person: dict[int, list[OfferedShift]] = defaultdict(list)
    for offer in offers:
        by_person[offer.person_id].append(shifts[offer.shift_id])
    due_at = now + timedelta(hours=standing.charter.volunteers.answer_within_hours)
    for person_id, own in sorted(by_person.items()):
        own.sort(key=lambda shift: (shift.starts_at, shift.shift_id))
        kinds = {(shift.name, shift.place): shift for shift in own}
        context: dict[str, Any] = {
            "count": len(own),
            "answer_by_at": min(due_at, max(shift.starts_at for shift in own)),
            "shifts": tuple({"name": s.name, "starts_at": s.starts_at, "ends_at": s.ends_at} for s in own),
            "services": tuple(
                {"name": s.name, "place": s.place, "content": s.content, "risks": s.risks} for s in kinds.values()
            ),
        }
        tell_person(session, standing.project, kind, person_id, key=key, context=context, now=now)
    return len(by_person)
