"""What belongs to a project: who may act in it, and which rows a number may name.

Numbers run through all projects of an installation, so a number that is typed is checked against the project it was
typed for. It opens nothing and changes nothing.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.base import Owned
from linkage.db.tables import (
    Assignment,
    Match,
    Party,
    Person,
    Presence,
    Project,
    ProjectParty,
    ServiceItem,
    ServiceRecord,
    ShiftOffer,
)
from linkage.errors import GateShut, Unknown
from linkage.schemas.draft import suggestion
from linkage.terms import PartyRole

STAFF: Final = "staff"
"""Who acts for the organisation itself where nobody is named."""


class Numbered(Enum):
    """What people name by its number."""

    MATCH = "match"
    OFFER = "shift offer"
    ASSIGNMENT = "assignment"
    RECORD = "service record"
    PRESENCE = "presence"


_TABLES: Final[dict[Numbered, type[Owned]]] = {
    Numbered.MATCH: Match,
    Numbered.OFFER: ShiftOffer,
    Numbered.ASSIGNMENT: Assignment,
    Numbered.RECORD: ServiceRecord,
    Numbered.PRESENCE: Presence,
}


def project_codes(session: Session) -> list[str]:
    """List the organisation's projects by code."""
    return list(session.execute(select(Project.code).order_by(Project.code)).scalars())


def parties_by_role(session: Session, project_id: int) -> dict[PartyRole, str]:
    """Return the code of the first party of each role."""
    rows = session.execute(
        select(ProjectParty.role, Party.code)
        .join(Party, Party.id == ProjectParty.party_id)
        .where(ProjectParty.project_id == project_id)
        .order_by(Party.id.desc())
    )
    return dict(rows.all())


def require_actor(session: Session, project_id: int, code: str) -> None:
    """Refuse to act in the name of somebody the project does not know; the name stands in the audit for good.

    Raises
    ------
    Unknown
        With the nearest name, or the parties there are.
    """
    parties = (
        select(Party.code)
        .join(ProjectParty, ProjectParty.party_id == Party.id)
        .where(ProjectParty.project_id == project_id)
        .order_by(Party.id)
    )
    known = [*dict.fromkeys(session.execute(parties).scalars()), STAFF]
    if code in known:
        return
    person = select(Person.id).where(Person.project_id == project_id, Person.code == code)
    if session.execute(person).first() is None:
        raise Unknown(f"nobody called {code!r} acts in this project; {suggestion(code, known)}")


def require_number(session: Session, project_id: int, kind: Numbered, number: int) -> None:
    """Refuse a number that names nothing of this project.

    Raises
    ------
    Unknown
        If there is no such row, or it is another project's.
    """
    table: Any = _TABLES[kind]
    found = session.execute(select(table.project_id).where(table.id == number)).scalar_one_or_none()
    if found != project_id:
        raise Unknown(f"no {kind.value} {number} in this project; list them to see their numbers")


def require_own_match(session: Session, project_id: int, match_id: int, party: str) -> None:
    """Refuse a word on a match that was offered to somebody else.

    Raises
    ------
    Unknown
        If the project has no such match.
    GateShut
        Naming whose turn it is.
    """
    require_number(session, project_id, Numbered.MATCH, match_id)
    owner = session.execute(
        select(Party.code)
        .join(ServiceItem, ServiceItem.party_id == Party.id)
        .join(Match, Match.service_item_id == ServiceItem.id)
        .where(Match.id == match_id)
    ).scalar_one()
    if owner != party:
        raise GateShut(f"match {match_id} is for {owner} to answer, not for {party}")


def require_own_seat(session: Session, project_id: int, kind: Numbered, number: int, actor: str) -> None:
    """Refuse one volunteer's word on another's seat; a party or staff may note what a volunteer said.

    Raises
    ------
    Unknown
        If the project has no such offer or assignment.
    GateShut
        Naming whose word it is.
    """
    require_number(session, project_id, kind, number)
    table: Any = _TABLES[kind]
    owner = session.execute(
        select(Person.code).join(table, table.person_id == Person.id).where(table.id == number)
    ).scalar_one()
    is_person = session.execute(select(Person.id).where(Person.project_id == project_id, Person.code == actor)).first()
    if is_person is not None and owner != actor:
        raise GateShut(f"{kind.value} {number} is for {owner} to answer, not for {actor}")
