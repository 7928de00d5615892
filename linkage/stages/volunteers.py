"""Volunteers join a project: a person with skills, times when they can serve and what they pledge.

Shared by the stages that ask volunteers. It assigns nobody: a volunteer is asked and answers (条例 art. 25).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.guard import insert_rows
from linkage.db.tables import Party, Person, Volunteer
from linkage.db.work import settings_of
from linkage.errors import ConflictingKey, Unknown
from linkage.stages.people import phone_index
from linkage.stages.standing import local_date, poke, standing_of

ANY_TIME = tuple((weekday, 0, 24 * 60) for weekday in range(1, 8))
Window = tuple[int, int, int]


@dataclass(frozen=True, kw_only=True)
class NewVolunteer:
    """Somebody who joins.

    Parameters
    ----------
    code
        The handle used where a name must not stand; numbered `V0001` and on if not given.
    availability
        (weekday 1-7, from minute, to minute) in local time.
    pledge_minutes_per_month, max_minutes_per_month
        Default to the charter's pledge and the installation's limit.
    joined_on
        Defaults to the day they are entered.
    """

    name: str
    code: str | None = None
    phone: str | None = None
    skills: Sequence[str] = ()
    availability: Sequence[Window] = ANY_TIME
    is_lead: bool = False
    party_code: str | None = None
    birth_year: int | None = None
    gender: str | None = None
    pledge_minutes_per_month: int | None = None
    max_minutes_per_month: int | None = None
    joined_on: date | None = None


def register_volunteer(session: Session, project_id: int, newcomer: NewVolunteer, now: datetime) -> int:
    """Enter one volunteer; return the person's id. The same code again is the same person."""
    return register_volunteers(session, project_id, [newcomer], now)[0]


def register_volunteers(
    session: Session, project_id: int, newcomers: Sequence[NewVolunteer], now: datetime
) -> list[int]:
    """Enter volunteers in one transaction; return their person ids in order.

    Raises
    ------
    Unknown
        If a volunteer's party is not known here.
    ConflictingKey
        If a code belongs to somebody of this project who is no volunteer.
    ValueError
        If a window is not a span of one weekday.
    """
    standing = standing_of(session, project_id)
    known = _known(session, project_id, newcomers)
    parties = _parties(session, newcomers)
    terms, limits = standing.charter.volunteers, settings_of(session).scheduling
    number = session.execute(
        select(func.count()).select_from(Volunteer).where(Volunteer.project_id == project_id)
    ).scalar_one()
    people: list[dict[str, Any]] = []
    fresh: list[NewVolunteer] = []
    codes: list[str] = []
    for newcomer in newcomers:
        number += 1
        code = newcomer.code or f"V{number:04d}"
        codes.append(code)
        if code in known or code in codes[:-1]:
            continue
        fresh.append(newcomer)
        people.append(
            {
                "project_id": project_id,
                "area_id": None,
                "code": code,
                "name_sealed": newcomer.name,
                "phone_sealed": newcomer.phone,
                "phone_index": None if newcomer.phone is None else phone_index(session, newcomer.phone),
                "birth_year": newcomer.birth_year,
                "gender": newcomer.gender,
            }
        )
    ids = insert_rows(session, Person, people)
    rows = [
        {
            "project_id": project_id,
            "person_id": person_id,
            "party_id": None if newcomer.party_code is None else parties[newcomer.party_code],
            "skills": list(newcomer.skills),
            "availability": [list(_checked(window)) for window in newcomer.availability],
            "is_lead": newcomer.is_lead,
            "pledge_minutes_per_month": terms.pledge_minutes_per_month
            if newcomer.pledge_minutes_per_month is None
            else newcomer.pledge_minutes_per_month,
            "max_minutes_per_month": limits.max_minutes_per_month
            if newcomer.max_minutes_per_month is None
            else newcomer.max_minutes_per_month,
            "joined_on": newcomer.joined_on or local_date(now),
            "left_on": None,
        }
        for person_id, newcomer in zip(ids, fresh, strict=True)
    ]
    insert_rows(session, Volunteer, rows)
    if rows:
        act(session, "volunteers.registered", project_id=project_id, count=len(rows))
        poke(session, project_id, now)
    known.update((row["code"], person_id) for row, person_id in zip(people, ids, strict=True))
    return [known[code] for code in codes]


def volunteer_ids(session: Session, project_id: int) -> dict[str, int]:
    """Return the person ids of a project's volunteers by code."""
    rows = session.execute(
        select(Person.code, Person.id)
        .join(Volunteer, Volunteer.person_id == Person.id)
        .where(Volunteer.project_id == project_id)
        .order_by(Person.id)
    )
    return dict(rows.all())


def _known(session: Session, project_id: int, newcomers: Sequence[NewVolunteer]) -> dict[str, int]:
    """Return the volunteers there are by code; refuse a code that belongs to a resident."""
    volunteers = volunteer_ids(session, project_id)
    wanted = {newcomer.code for newcomer in newcomers if newcomer.code is not None} - volunteers.keys()
    residents = session.execute(
        select(Person.code).where(Person.project_id == project_id, Person.code.in_(sorted(wanted)))
    ).scalars()
    taken = sorted(residents)
    if taken:
        raise ConflictingKey(f"{', '.join(taken)} belong to people who are no volunteers; choose other codes")
    return volunteers


def _parties(session: Session, newcomers: Sequence[NewVolunteer]) -> dict[str, int]:
    wanted = {newcomer.party_code for newcomer in newcomers if newcomer.party_code is not None}
    rows = session.execute(select(Party.code, Party.id).where(Party.code.in_(wanted)))
    found = dict(rows.all())
    if wanted - found.keys():
        raise Unknown(f"no party {', '.join(sorted(wanted - found.keys()))} here; name a party of the charter")
    return found


def _checked(window: Window) -> Window:
    weekday, from_minute, to_minute = window
    if not (1 <= weekday <= 7 and 0 <= from_minute < to_minute <= 24 * 60):
        raise ValueError(f"{window} is not a weekday 1-7 with minutes 0 <= from < to <= 1440")
    return window


__all__ = ["ANY_TIME", "NewVolunteer", "register_volunteer", "register_volunteers", "volunteer_ids"]
