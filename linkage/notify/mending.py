"""What a person may do about a notice that did not get out: send it again, or take it as sent.

Only for notices that the outbox no longer moves by itself: given up, or held because nobody knows whether they
arrived. The person's decision is an audited action; nothing is sent here.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.tables import Message
from linkage.errors import AlreadyAnswered, Unknown
from linkage.terms import MessageState

_STUCK = (MessageState.DEAD, MessageState.UNKNOWN)


def send_again(session: Session, message_ids: Collection[int], *, now: datetime) -> int:
    """Queue notices for one more attempt; return how many.

    Raises
    ------
    Unknown
        If one of them does not exist here.
    AlreadyAnswered
        If one of them is neither given up nor held.
    """
    for message in _stuck(session, message_ids):
        message.state = MessageState.QUEUED
        message.not_before_at = now
        message.expires_at = None  # whoever asks for it wants it now
    act(session, "outbox.sent_again", count=len(set(message_ids)))
    return len(set(message_ids))


def take_as_sent(session: Session, message_id: int, *, now: datetime) -> None:
    """Note that a notice did arrive, as its recipient says.

    Raises
    ------
    Unknown
        If it does not exist here.
    AlreadyAnswered
        If it is neither given up nor held.
    """
    for message in _stuck(session, [message_id]):
        message.state = MessageState.SENT
        message.sent_at = now
    act(session, "outbox.taken_as_sent", message_id=message_id)


def _stuck(session: Session, message_ids: Collection[int]) -> list[Message]:
    found = {
        message.id: message
        for message in session.execute(select(Message).where(Message.id.in_(message_ids)).with_for_update()).scalars()
    }
    missing = sorted(set(message_ids) - set(found))
    if missing:
        message = f"no notice {', '.join(map(str, missing))} in this organisation"
        raise Unknown(message)
    moving = sorted(key for key, row in found.items() if row.state not in _STUCK)
    if moving:
        message = f"notice {', '.join(map(str, moving))} is neither given up nor held; nothing to decide"
        raise AlreadyAnswered(message)
    return list(found.values())
