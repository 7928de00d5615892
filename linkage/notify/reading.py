"""What has been told to whom: the read model behind the list of notices.

It only reads, and only the session's organisation. Recipients are codes; the title is the organisation's own text
and is opened here for its own people. Bodies stay closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.tables import Message, Party, Person, Project
from linkage.errors import Unknown
from linkage.terms import MessageState


@dataclass(frozen=True)
class Notice:
    """One message to one recipient, as it stands.

    Parameters
    ----------
    project, recipient
        Codes; a person's code counts within the project.
    channel
        The tag it was queued for; a tag that is not configured means the local mailbox.
    """

    id: int
    project: str
    kind: str
    recipient: str
    channel: str
    state: MessageState
    queued_at: datetime
    sent_at: datetime | None
    title: str
    last_error: str | None


def notices(
    session: Session,
    *,
    project: str | None = None,
    recipient: str | None = None,
    state: MessageState | None = None,
    limit: int | None = None,
) -> tuple[Notice, ...]:
    """List the organisation's notices in the order they were queued.

    Parameters
    ----------
    project
        A project's code.
    recipient
        A party's or person's code.
    limit
        The newest so many.

    Raises
    ------
    Unknown
        If there is no such project.
    """
    found = (
        select(Message, Project.code, Party.code, Person.code)
        .join(Project, Project.id == Message.project_id)
        .outerjoin(Party, Party.id == Message.party_id)
        .outerjoin(Person, Person.id == Message.person_id)
    )
    if project is not None:
        project_id = session.execute(select(Project.id).where(Project.code == project)).scalar_one_or_none()
        if project_id is None:
            message = f"no project {project!r} in this organisation"
            raise Unknown(message)
        found = found.where(Message.project_id == project_id)
    if recipient is not None:
        found = found.where((Party.code == recipient) | (Person.code == recipient))
    if state is not None:
        found = found.where(Message.state == state)
    rows = session.execute(found.order_by(Message.id.desc()).limit(limit)).all()
    return tuple(_notice(row) for row in reversed(rows))


def _notice(row: Sequence[object]) -> Notice:
    message, project, party, person = row
    if not isinstance(message, Message):
        raise TypeError(type(message).__name__)
    return Notice(
        id=message.id,
        project=str(project),
        kind=message.kind,
        recipient=str(party or person or "unaddressed"),
        channel=message.channel,
        state=message.state,
        queued_at=message.queued_at,
        sent_at=message.sent_at,
        title=message.title or "",
        last_error=message.last_error,
    )
