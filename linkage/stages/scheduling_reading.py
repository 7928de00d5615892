"""Reading a cycle's activities, what volunteers are asked for and answered, and who could stand in, by their codes."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from linkage.db.tables import Activity, Assignment, Person, Shift, ShiftOffer
from linkage.errors import Unknown
from linkage.rules.scheduling_replace import Vacancy, stand_ins
from linkage.stages import seats as seating
from linkage.stages.people import find_person
from linkage.stages.standing import LOCAL_ZONE, standing_of
from linkage.terms import ActivityState, OfferState, ReplacementReason


class OfferLine(NamedTuple):
    """One offer of one shift to one volunteer; `assignment` is there once it was accepted."""

    offer: int
    volunteer: str
    activity: str
    starts: str
    skill: str
    state: OfferState
    assignment: int | None


class ActivityLine(NamedTuple):
    """One activity of the cycle; seats are counted against the crew aimed at."""

    activity: str
    name: str
    starts: str
    ends: str
    place: str
    state: ActivityState
    accepted: int
    seats: int


class StandInLine(NamedTuple):
    """Somebody who could be asked for a seat of an activity; rank 1 is asked first."""

    seat: str
    open_seats: int
    rank: int
    volunteer: str
    last_asked: str
    reasons: tuple[ReplacementReason, ...]


def activities_of_cycle(session: Session, project_id: int) -> tuple[ActivityLine, ...]:
    """List the activities of the cycle the project is in, by time."""
    standing = standing_of(session, project_id)
    seats = select(Shift.activity_id, func.sum(Shift.target_count)).group_by(Shift.activity_id)
    taken = (
        select(Shift.activity_id, func.count(Assignment.id))
        .join(Assignment, Assignment.shift_id == Shift.id)
        .where(Assignment.ended_at.is_(None))
        .group_by(Shift.activity_id)
    )
    seat_counts = dict(session.execute(seats.where(Shift.project_id == project_id)).all())
    taken_counts = dict(session.execute(taken.where(Shift.project_id == project_id)).all())
    rows = session.execute(
        select(Activity)
        .where(Activity.project_id == project_id, Activity.cycle == standing.project.cycle)
        .order_by(Activity.starts_at, Activity.id)
    ).scalars()
    return tuple(
        ActivityLine(
            row.code,
            row.name,
            f"{row.starts_at.astimezone(LOCAL_ZONE):%Y-%m-%d %H:%M}",
            f"{row.ends_at.astimezone(LOCAL_ZONE):%H:%M}",
            row.place or "",
            row.state,
            taken_counts.get(row.id, 0),
            int(seat_counts.get(row.id, 0)),
        )
        for row in rows
    )


def offers_of(
    session: Session, project_id: int, person: str | None = None, state: OfferState | None = None
) -> tuple[OfferLine, ...]:
    """List the offers of a project, of one volunteer or in one state, in the order they were made.

    Raises
    ------
    Unknown
        If nobody has the code.
    """
    query = (
        select(ShiftOffer, Person.code, Activity.code, Activity.starts_at, Shift.skill, Assignment.id)
        .join(Person, Person.id == ShiftOffer.person_id)
        .join(Shift, Shift.id == ShiftOffer.shift_id)
        .join(Activity, Activity.id == Shift.activity_id)
        .outerjoin(Assignment, Assignment.shift_offer_id == ShiftOffer.id)
        .where(ShiftOffer.project_id == project_id)
        .order_by(ShiftOffer.id)
    )
    if state is not None:
        query = query.where(ShiftOffer.state == state)
    if person is not None:
        query = query.where(ShiftOffer.person_id == find_person(session, project_id, person))
    return tuple(
        OfferLine(
            offer.id, code, activity, f"{starts.astimezone(LOCAL_ZONE):%Y-%m-%d %H:%M}", skill, offer.state, assignment
        )
        for offer, code, activity, starts, skill, assignment in session.execute(query)
    )


def stand_ins_of(session: Session, project_id: int, activity_code: str) -> tuple[StandInLine, ...]:
    """Rank who could be asked for each kind of seat of an activity, in the order in which empty seats are offered.

    Raises
    ------
    Unknown
        If the project has no such activity.
    """
    activity = session.execute(
        select(Activity).where(Activity.project_id == project_id, Activity.code == activity_code)
    ).scalar_one_or_none()
    if activity is None:
        raise Unknown(f"no activity {activity_code!r} in this project; `linkage scheduling activities` lists them")
    people = seating.candidates(session, project_id)
    taken = seating.spans_by_person(session, project_id, seating.first_day_that_counts(activity.starts_at))
    last_asked_at = seating.last_asked_at(session, project_id)
    codes = dict(
        session.execute(select(Person.id, Person.code).where(Person.id.in_([one.person_id for one in people]))).all()
    )
    lines = []
    for shift in session.execute(select(Shift).where(Shift.activity_id == activity.id).order_by(Shift.id)).scalars():
        asked = session.execute(select(ShiftOffer.person_id, ShiftOffer.state).where(ShiftOffer.shift_id == shift.id))
        states = dict(asked.all())
        missing = shift.target_count - sum(state in seating.LIVE for state in states.values())
        vacancy = Vacancy(
            shift_id=shift.id,
            activity_id=activity.id,
            skill=shift.skill,
            is_lead=shift.is_lead,
            starts_at=activity.starts_at,
            ends_at=activity.ends_at,
            missing_count=max(1, missing),
            rounds=0,
            asked=frozenset(states),
        )
        ranked = stand_ins(vacancy, people, taken, last_asked_at, seating.limits_of(session))
        for rank, one in enumerate(ranked, start=1):
            asked_at = last_asked_at.get(one.person_id)
            last = "" if asked_at is None else f"{asked_at.astimezone(LOCAL_ZONE):%Y-%m-%d %H:%M}"
            seat = "lead" if shift.is_lead else shift.skill
            lines.append(StandInLine(seat, max(0, missing), rank, codes[one.person_id], last, one.reasons))
    return tuple(lines)
