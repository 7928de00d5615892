"""The outbox: notices are queued in the transaction of the fact they tell and sent afterwards, one row a recipient.

Promise: none is lost; none is sent twice where the receiver can tell by its key (the mailbox can); elsewhere at
most the one that was in flight when the process died, and whether that one is repeated is a setting. This module
decides when a message may be sent and when to stop trying; channels decide how.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.tables import Message, MessageAttempt, Organization, Party, Person
from linkage.db.work import Work
from linkage.notify.channels import Channels
from linkage.notify.envelope import Delivery, Envelope
from linkage.settings import OutboxSettings
from linkage.terms import MessageState


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


@dataclass(frozen=True)
class DeliveryCount:
    """What one pass over the outbox did."""

    sent: int = 0
    failed: int = 0
    waiting: int = 0


def queue(session: Session, letter: Letter, render: Callable[[], tuple[str, str]], *, now: datetime) -> bool:
    """Queue a notice in the caller's transaction; False if it was queued before.

    Parameters
    ----------
    render
        Gives title and body; called only when the notice is new.
    """
    known = session.execute(select(Message.id).where(Message.dedupe_key == letter.dedupe_key)).first()
    if known is not None:
        return False
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


def deliver(work: Work, now: datetime, *, limit: int = 500, channels: Channels | None = None) -> DeliveryCount:
    """Send what is due, for every organisation; harmless when repeated or run by several processes.

    Parameters
    ----------
    limit
        The most messages one pass takes for one organisation.
    """
    channels = channels or Channels.open(work.settings)
    with work.registry() as session:
        organization_ids = tuple(session.execute(select(Organization.id).order_by(Organization.id)).scalars())
    sent = failed = 0
    for organization_id in organization_ids:
        left = limit
        while left > 0:
            envelopes = _lease(work, organization_id, now, channels, left)
            if not envelopes:
                break
            left -= len(envelopes)
            deliveries = [(envelope, channels.send(envelope)) for envelope in envelopes]
            _mark(work, organization_id, deliveries, now)
            good = sum(delivery.is_sent for _, delivery in deliveries)
            sent, failed = sent + good, failed + len(deliveries) - good
    return DeliveryCount(sent, failed, _waiting(work, organization_ids))


def due_count(work: Work, now: datetime) -> int:
    """Count the messages a pass would take now, so that a clock may ask without writing."""
    with work.registry() as session:
        return session.execute(select(func.count()).select_from(Message).where(*_is_due(now))).scalar_one()


def _is_due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    is_free = or_(
        Message.state == MessageState.QUEUED,
        (Message.state == MessageState.LEASED) & (Message.lease_until_at <= now),
    )
    return (Message.not_before_at <= now, is_free)


def _lease(work: Work, organization_id: int, now: datetime, channels: Channels, limit: int) -> tuple[Envelope, ...]:
    """Take the next messages and write their attempts before anything is sent.

    Messages to channels that can tell a repeat by its key are taken together; others one at a time, so that a
    crash leaves at most one in doubt.
    """
    settings = work.settings.outbox
    with work.begin(organization_id, actor="outbox", now=now) as session:
        due = session.execute(
            select(Message).where(*_is_due(now)).order_by(Message.id).limit(limit).with_for_update(skip_locked=True)
        ).scalars()
        taken: list[Envelope] = []
        dropped = 0
        for message in due:
            if not _may_send(message, settings, channels, now):
                dropped += 1
                continue
            if taken and not channels.tells_repeats(message.channel):
                break
            taken.append(_start(session, work, message, now))
            if not channels.tells_repeats(message.channel):
                break
        if taken or dropped:  # not what the session still holds back: loading a recipient has flushed the rest
            act(session, "outbox.leased", count=len(taken), dropped=dropped)
    return tuple(taken)


def _may_send(message: Message, settings: OutboxSettings, channels: Channels, now: datetime) -> bool:
    if message.expires_at is not None and message.expires_at <= now:
        message.state = MessageState.EXPIRED
        return False
    in_doubt = message.state is MessageState.LEASED and not channels.tells_repeats(message.channel)
    if in_doubt and not settings.repeat_unknown:
        message.state = MessageState.UNKNOWN
        message.last_error = "the process died between sending and marking"
        return False
    return True


def _start(session: Session, work: Work, message: Message, now: datetime) -> Envelope:
    message.state = MessageState.LEASED
    message.lease_until_at = now + timedelta(seconds=work.settings.outbox.lease_seconds)
    message.attempt_count += 1
    session.add(MessageAttempt(message_id=message.id, ordinal=message.attempt_count, started_at=now))
    return Envelope(
        message_id=message.id,
        dedupe_key=message.dedupe_key,
        channel=message.channel,
        kind=message.kind,
        recipient=_recipient(session, message),
        title=message.title or "",
        body=message.body or "",
        queued_at=message.queued_at,
    )


def _recipient(session: Session, message: Message) -> str:
    """Return the recipient's handle (a code, never a name)."""
    if message.party_id is not None:
        return session.get_one(Party, message.party_id).code
    if message.person_id is not None:
        return session.get_one(Person, message.person_id).code
    return "unaddressed"


def _mark(work: Work, organization_id: int, deliveries: list[tuple[Envelope, Delivery]], now: datetime) -> None:
    settings = work.settings.outbox
    with work.begin(organization_id, actor="outbox", now=now) as session:
        for envelope, delivery in deliveries:
            message = session.get_one(Message, envelope.message_id)
            attempt = session.execute(
                select(MessageAttempt).where(
                    MessageAttempt.message_id == message.id, MessageAttempt.ordinal == message.attempt_count
                )
            ).scalar_one()
            attempt.finished_at = now
            attempt.outcome = "sent" if delivery.is_sent else "refused" if delivery.is_final else "failed"
            attempt.error = delivery.error
            message.lease_until_at = None
            message.last_error = delivery.error
            if delivery.is_sent:
                message.state = MessageState.SENT
                message.sent_at = now
            elif delivery.is_final or message.attempt_count >= settings.max_attempts:
                message.state = MessageState.DEAD
            else:
                message.state = MessageState.QUEUED
                message.not_before_at = now + back_off(settings, message.attempt_count, message.id)
        act(session, "outbox.marked", count=len(deliveries))


def back_off(settings: OutboxSettings, attempt: int, seed: int) -> timedelta:
    """Return how long to wait before the next attempt: exponential, capped, with full jitter.

    Parameters
    ----------
    seed
        The message's id, so that a rerun waits the same time.
    """
    ceiling = min(settings.max_delay_seconds, settings.base_delay_seconds * 2 ** (attempt - 1))
    drawn = random.Random(f"{seed}:{attempt}").uniform(1, ceiling)
    return timedelta(seconds=round(drawn))


def _waiting(work: Work, organization_ids: tuple[int, ...]) -> int:
    total = 0
    for organization_id in organization_ids:
        with work.read(organization_id) as session:
            states = (MessageState.QUEUED, MessageState.LEASED)
            total += len(session.execute(select(Message.id).where(Message.state.in_(states))).all())
    return total
