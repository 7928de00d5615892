"""Putting a notice into the outbox, in the transaction of the fact it tells.

A notice's key makes it queued once, however often its stage is run. Nothing is sent here and nothing is decided
about when.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from linkage.db.tables import Message
from linkage.terms import MessageState

_KNOWN = select(Message.id).where(Message.dedupe_key == bindparam("key"))


@dataclass(frozen=True)
class Letter:
    """A notice before it is rendered: what, about which project, to whom, over which channel.

    Parameters
    ----------
    kind
        `<stage>/<message>`, the template's folder.
    dedupe_key
        Kind, subject and recipient; the same key is queued once.
    channel
        A tag of the channel configuration, or `mailbox`.
    """

    project_id: int
    kind: str
    dedupe_key: str
    channel: str
    party_id: int | None = None
    person_id: int | None = None
    expires_at: datetime | None = None


def queue(session: Session, letter: Letter, render: Callable[[], tuple[str, str]], *, now: datetime) -> bool:
    """Queue a notice in the caller's transaction; False if it was queued before.

    Parameters
    ----------
    render
        Gives title and body; called only when the notice is new.
    """
    queued: set[str] = session.info.setdefault("queued", set())  # in this transaction, perhaps not written yet
    with session.no_autoflush:  # so that a round of notices is written together
        known = session.execute(_KNOWN, {"key": letter.dedupe_key}).first()
    if known is not None or letter.dedupe_key in queued:
        return False
    queued.add(letter.dedupe_key)
    title, body = render()
    message = Message(
        project_id=letter.project_id,
        party_id=letter.party_id,
        person_id=letter.person_id,
        kind=letter.kind,
        dedupe_key=letter.dedupe_key,
        channel=letter.channel,
        state=MessageState.QUEUED,
        queued_at=now,
        not_before_at=now,
        expires_at=letter.expires_at,
        attempt_count=0,
    )
    message.title = title
    message.body = body
    session.add(message)
    return True
