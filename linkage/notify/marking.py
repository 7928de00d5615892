"""Writing down what became of an attempt, and what happens to its message next.

Sent stays sent. A failure that may pass waits longer each time; one that is for good, or the last allowed, is
dead and staff are told. The local mailbox is never given up: its disk is ours to mend. Nothing is sent here.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from linkage.db.audit import act
from linkage.db.tables import Message, MessageAttempt
from linkage.db.work import Work
from linkage.notify.channels import Line
from linkage.notify.envelope import Delivery, Envelope
from linkage.notify.staff import tell_of_dead, tell_of_outage
from linkage.settings import OutboxSettings
from linkage.terms import AttemptOutcome, MessageState

_LONGEST_ERROR = 500


def mark(
    work: Work,
    organization_id: int,
    deliveries: Sequence[tuple[Envelope, Delivery]],
    now: datetime,
    *,
    line: Line | None = None,
) -> None:
    """Write the outcomes of attempts in one transaction.

    Parameters
    ----------
    line
        What they were sent over; None for the local mailbox.
    """
    settings = work.settings.outbox
    answers = {envelope.message_id: (envelope, delivery) for envelope, delivery in deliveries}
    with work.begin(organization_id, actor="outbox", now=now) as session:
        messages = session.execute(
            select(Message).where(Message.id.in_(answers)).order_by(Message.id).with_for_update()
        ).scalars()
        attempts = {
            (attempt.message_id, attempt.ordinal): attempt
            for attempt in session.execute(
                select(MessageAttempt).where(MessageAttempt.message_id.in_(answers))
            ).scalars()
        }
        for message in messages:
            envelope, delivery = answers[message.id]
            attempt = attempts[message.id, envelope.attempt]
            attempt.finished_at = now
            attempt.outcome = delivery.outcome
            attempt.error = _short(delivery.error)
            _settle(message, envelope, delivery, settings, now, is_outside=line is not None)
            if line is not None and not delivery.is_sent:
                outage_told = tell_of_outage(work, session, message, attempt, line, now)
                if message.state is MessageState.DEAD and not outage_told:
                    tell_of_dead(work, session, message, line, now)
        act(session, "outbox.marked", count=len(answers))


def _settle(
    message: Message,
    envelope: Envelope,
    delivery: Delivery,
    settings: OutboxSettings,
    now: datetime,
    *,
    is_outside: bool,
) -> None:
    if message.state is MessageState.SENT:
        return  # by another process, after this one's lease ran out
    if delivery.is_sent:
        message.state = MessageState.SENT
        message.sent_at = now
        message.lease_until_at = None
        message.last_error = None
        return
    if message.attempt_count != envelope.attempt:
        return  # a later attempt is under way and will say
    message.lease_until_at = None
    message.last_error = _short(delivery.error)
    if delivery.is_final or (is_outside and message.attempt_count >= settings.max_attempts):
        message.state = MessageState.DEAD
    elif delivery.outcome is AttemptOutcome.IN_DOUBT and not settings.repeat_unknown:
        message.state = MessageState.UNKNOWN
    else:
        message.state = MessageState.QUEUED
        message.not_before_at = now + back_off(settings, message.attempt_count, message.id)


def back_off(settings: OutboxSettings, attempt: int, seed: int) -> timedelta:
    """Return how long to wait before the next attempt: exponential, capped, with full jitter.

    Parameters
    ----------
    seed
        The message's id, so that a rerun waits the same time.
    """
    doubled = settings.base_delay_seconds * 2 ** min(attempt - 1, 32)
    ceiling = min(settings.max_delay_seconds, doubled)
    drawn = random.Random(f"{seed}:{attempt}").uniform(1, max(1, ceiling))
    return timedelta(seconds=round(drawn))


def _short(reason: str | None) -> str | None:
    return reason if reason is None else reason[:_LONGEST_ERROR]
