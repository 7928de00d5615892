"""Telling the parties: render a notice from its template folder and queue it in the fact's own transaction.

Shared by all stages. Who is told what is decided by the stage; how it is sent is decided by `linkage.notify`.
A notice carries the minimum; a group channel never carries a resident's name, phone or condition.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.tables import Party, Project, ProjectParty
from linkage.db.work import settings_of
from linkage.documents.messages import render_message
from linkage.notify.outbox import Letter, queue
from linkage.terms import PartyRole

MAILBOX = "mailbox"
Value = str | int | date | datetime | bool | None | tuple[Mapping[str, "Value"], ...]


def tell_party(
    session: Session,
    project: Project,
    kind: str,
    party_id: int,
    *,
    key: str,
    context: Mapping[str, Value],
    now: datetime,
    expires_at: datetime | None = None,
) -> None:
    """Queue one notice to one party; the same kind, key and party again queues nothing.

    Parameters
    ----------
    kind
        The template folder under `templates/messages`, such as `matching/match_offered`.
    key
        What the notice is about, such as `match-run-3`.
    """
    party = session.get_one(Party, party_id)
    _queue(
        session,
        project,
        kind,
        f"{key}:party-{party_id}",
        party.channel or MAILBOX,
        context,
        now,
        expires_at,
        party_id,
        None,
    )


def tell_role(
    session: Session,
    project: Project,
    kind: str,
    role: PartyRole,
    *,
    key: str,
    context: Mapping[str, Value],
    now: datetime,
) -> int:
    """Queue one notice to each party that has a role in the project; return how many there are."""
    party_ids = tuple(
        session.execute(
            select(ProjectParty.party_id)
            .where(ProjectParty.project_id == project.id, ProjectParty.role == role)
            .order_by(ProjectParty.party_id)
        ).scalars()
    )
    for party_id in party_ids:
        tell_party(session, project, kind, party_id, key=key, context=context, now=now)
    return len(party_ids)


def tell_person(
    session: Session,
    project: Project,
    kind: str,
    person_id: int,
    *,
    key: str,
    context: Mapping[str, Value],
    now: datetime,
    expires_at: datetime | None = None,
) -> None:
    """Queue one notice to one person, in their own box."""
    _queue(session, project, kind, f"{key}:person-{person_id}", MAILBOX, context, now, expires_at, None, person_id)


def _queue(
    session: Session,
    project: Project,
    kind: str,
    key: str,
    channel: str,
    context: Mapping[str, Value],
    now: datetime,
    expires_at: datetime | None,
    party_id: int | None,
    person_id: int | None,
) -> None:
    letter = Letter(
        project_id=project.id,
        kind=kind,
        dedupe_key=f"{kind}:{key}",
        channel=channel,
        party_id=party_id,
        person_id=person_id,
        expires_at=expires_at,
    )
    whole = {
        "project_name": project.name,
        "project_code": project.code,
        "is_simulated": project.is_simulated,
        **context,
    }
    queue(
        session,
        letter,
        lambda: render_message(settings_of(session).templates_folder / "messages", kind, whole),
        now=now,
    )
