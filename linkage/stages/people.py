"""Natural persons across sources: who is who by keyed hashes, and the consents they gave.

Shared by the stages that meet people. Two entries are one person when the identity number is the same, or the
phone is the same and no name says otherwise (a couple may share a phone). Nobody is merged on a name alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from linkage.db.guard import insert_rows, owner_of
from linkage.db.sealed import vault_of
from linkage.db.tables import Consent, Person
from linkage.errors import Unknown
from linkage.rules.survey_respondent import Respondent
from linkage.terms import ConsentPurpose

RESIDENT_PREFIX = "R"
VOLUNTEER_PREFIX = "V"
IDS_AT_ONCE = 1000


class StatedPerson(NamedTuple):
    """What is said of one person, and the area they live in."""

    respondent: Respondent
    area_id: int | None
    known_person_id: int | None = None


class GivenConsent(NamedTuple):
    """One person's yes, where it was said and when."""

    person_id: int
    evidence: str
    given_at: datetime


def find_person(session: Session, project_id: int, code: str) -> int:
    """Find a person of a project by the code that stands for their name.

    Raises
    ------
    Unknown
        If nobody of the project has this code.
    """
    query = select(Person.id).where(Person.project_id == project_id, Person.code == code)
    person_id = session.execute(query).scalar_one_or_none()
    if person_id is None:
        raise Unknown(f"nobody of this project has the code {code!r}; residents are R0001…, volunteers V0001…")
    return person_id


def phone_index(session: Session, phone: str) -> bytes:
    """Return the keyed hash by which equal phones find each other."""
    return vault_of(session).index(owner_of(session), "person.phone", phone)


def id_number_index(session: Session, id_number: str) -> bytes:
    """Return the keyed hash by which equal identity numbers find each other."""
    return vault_of(session).index(owner_of(session), "person.id_number", id_number)


class _People:
    """The people of one project, found by hash; names are opened only where a hash agrees."""

    def __init__(self, session: Session, project_id: int) -> None:
        self._session = session
        self._names: dict[int, str | None] = {}
        self._by_id: dict[bytes, int] = {}
        self._by_phone: dict[bytes, list[int]] = {}
        rows = session.execute(
            select(Person.id, Person.phone_index, Person.id_number_index)
            .where(Person.project_id == project_id)
            .order_by(Person.id)
        )
        for person_id, by_phone, by_id in rows:
            if by_phone is not None:
                self._by_phone.setdefault(by_phone, []).append(person_id)
            if by_id is not None:
                self._by_id.setdefault(by_id, person_id)

    def find(self, stated: Respondent, phone: bytes | None, id_number: bytes | None) -> int | None:
        if id_number is not None and id_number in self._by_id:
            return self._by_id[id_number]
        for person_id in self._by_phone.get(phone, ()) if phone is not None else ():
            name = self._name(person_id)
            if name is None or stated.name is None or name == stated.name:
                return person_id
        return None

    def add(self, person_id: int, stated: Respondent, phone: bytes | None, id_number: bytes | None) -> None:
        self._names[person_id] = stated.name
        if id_number is not None:
            self._by_id[id_number] = person_id
        if phone is not None:
            self._by_phone.setdefault(phone, []).append(person_id)

    def _name(self, person_id: int) -> str | None:
        if person_id not in self._names:
            self._names[person_id] = self._session.get_one(Person, person_id).name
        return self._names[person_id]


def enter_people(
    session: Session, project_id: int, stated: Sequence[StatedPerson], *, prefix: str = RESIDENT_PREFIX
) -> list[int]:
    """Find or enter each person; return their ids in order, the same id for the same person.

    Parameters
    ----------
    prefix
        Begins the codes of new people; the code is the handle used wherever a name must not stand.
    """
    people = _People(session, project_id)
    known = _load(session, {one.known_person_id for one in stated if one.known_person_id is not None})
    rows: list[dict[str, Any]] = []
    found: list[int] = []
    number = _last_number(session, project_id, prefix)
    for one in stated:
        respondent = one.respondent
        by_phone = phone_index(session, respondent.phone) if respondent.phone else None
        by_id = id_number_index(session, respondent.id_number) if respondent.id_number else None
        person_id = one.known_person_id or people.find(respondent, by_phone, by_id)
        if person_id is None:
            number += 1
            rows.append(_row(project_id, one, f"{prefix}{number:04d}", by_phone, by_id))
            person_id = -len(rows)
            people.add(person_id, respondent, by_phone, by_id)
        elif person_id > 0:
            person = known.get(person_id) or session.get_one(Person, person_id)
            _refresh(person, one, by_phone, by_id)
        found.append(person_id)
    ids = insert_rows(session, Person, rows)
    return [person_id if person_id > 0 else ids[-person_id - 1] for person_id in found]


def _row(
    project_id: int, stated: StatedPerson, code: str, by_phone: bytes | None, by_id: bytes | None
) -> dict[str, Any]:
    respondent = stated.respondent
    return {
        "project_id": project_id,
        "area_id": stated.area_id,
        "code": code,
        "name_sealed": respondent.name,
        "phone_sealed": respondent.phone,
        "phone_index": by_phone,
        "id_number_sealed": respondent.id_number,
        "id_number_index": by_id,
        "birth_year": respondent.birth_year,
        "gender": respondent.gender,
    }


def _load(session: Session, person_ids: Iterable[int]) -> dict[int, Person]:
    """Load people by id, in statements short enough for both databases."""
    wanted = sorted(person_ids)
    found: dict[int, Person] = {}
    for start in range(0, len(wanted), IDS_AT_ONCE):
        chunk = wanted[start : start + IDS_AT_ONCE]
        rows = session.execute(select(Person).where(Person.id.in_(chunk))).scalars()
        found |= {row.id: row for row in rows}
    return found


def _refresh(person: Person, stated: StatedPerson, by_phone: bytes | None, by_id: bytes | None) -> None:
    """Take over what is newly said of a known person; what is not said again stays."""
    respondent = stated.respondent
    if respondent.name and person.name != respondent.name:
        person.name = respondent.name
    if by_phone is not None and person.phone_index != by_phone:
        person.phone, person.phone_index = respondent.phone, by_phone
    if by_id is not None and person.id_number_index != by_id:
        person.id_number, person.id_number_index = respondent.id_number, by_id
    person.birth_year = respondent.birth_year or person.birth_year
    person.gender = respondent.gender or person.gender
    person.area_id = stated.area_id or person.area_id


def _last_number(session: Session, project_id: int, prefix: str) -> int:
    codes = session.execute(
        select(Person.code).where(Person.project_id == project_id, Person.code.startswith(prefix))
    ).scalars()
    return max((int(code[len(prefix) :]) for code in codes if code[len(prefix) :].isdigit()), default=0)


def give_consents(
    session: Session, project_id: int, given: Iterable[GivenConsent], *, purpose: ConsentPurpose, text_version: str
) -> dict[int, int]:
    """Record consents; who consents to this text already is not recorded again.

    Returns
    -------
    dict
        Each person's consent in force: person id to consent id.
    """
    in_force = consents_in_force(session, project_id, purpose, text_version)
    new = {one.person_id: one for one in given if one.person_id not in in_force}
    ended = _ended(session, project_id, purpose)
    rows = [
        {
            "project_id": project_id,
            "person_id": one.person_id,
            "purpose": purpose,
            "text_version": text_version,
            "evidence": one.evidence[:120],
            "given_at": max(one.given_at, ended.get(one.person_id, one.given_at)),
            "withdrawn_at": None,
        }
        for one in new.values()
    ]
    return in_force | dict(zip(new, insert_rows(session, Consent, rows), strict=True))


def _ended(session: Session, project_id: int, purpose: ConsentPurpose) -> dict[int, datetime]:
    """Tell for each person who withdrew a consent from when a new one can stand: just after all before it."""
    query = (
        select(Consent.person_id, func.max(Consent.given_at), func.max(Consent.withdrawn_at))
        .where(Consent.project_id == project_id, Consent.purpose == purpose, Consent.withdrawn_at.is_not(None))
        .group_by(Consent.person_id)
    )
    return {
        person_id: max(given_at, withdrawn_at) + timedelta(microseconds=1)
        for person_id, given_at, withdrawn_at in session.execute(query)
        if withdrawn_at is not None
    }


def consents_in_force(session: Session, project_id: int, purpose: ConsentPurpose, text_version: str) -> dict[int, int]:
    """List who consents to a text for a purpose: person id to consent id."""
    query = (
        select(Consent.person_id, Consent.id)
        .where(
            Consent.project_id == project_id,
            Consent.purpose == purpose,
            Consent.text_version == text_version,
            Consent.withdrawn_at.is_(None),
        )
        .order_by(Consent.id)
    )
    return dict(session.execute(query).all())


def withdraw_consents(session: Session, person_ids: Iterable[int], *, purpose: ConsentPurpose, now: datetime) -> int:
    """Stamp the consents of some people for a purpose as withdrawn; return how many were in force."""
    wanted = set(person_ids)
    if not wanted:
        return 0
    rows = session.execute(
        select(Consent).where(Consent.person_id.in_(wanted), Consent.purpose == purpose, Consent.withdrawn_at.is_(None))
    ).scalars()
    withdrawn = 0
    for row in rows:
        row.withdrawn_at = now
        withdrawn += 1
    return withdrawn
