"""The outbox: notices are queued in the transaction of the fact they tell and sent afterwards, one row a recipient.

Promise: none is lost; none is sent twice where the receiver can tell by its key (the mailbox can); elsewhere at
most the one that was in flight when the process died or the line broke, and whether that one is repeated is a
setting. This module runs one pass: what may go is decided in `leasing` and `holding`, what becomes of it in
`marking`; channels decide how.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from linkage.db.tables import Message, Organization
from linkage.db.work import Work
from linkage.notify.channels import Channels, Line
from linkage.notify.leasing import is_due, lease_local, lease_one
from linkage.notify.marking import back_off, mark
from linkage.notify.queueing import Letter, queue
from linkage.terms import MessageState

_LOCAL_BATCH = 500
_LOOKED_AT = 50


@dataclass(frozen=True)
class DeliveryCount:
    """What one pass over the outbox did; `waiting` counts what is still queued or leased."""

    sent: int = 0
    failed: int = 0
    waiting: int = 0

    def __add__(self, other: DeliveryCount) -> DeliveryCount:
        """Add up two parts of a pass."""
        return DeliveryCount(self.sent + other.sent, self.failed + other.failed, self.waiting + other.waiting)


def deliver(
    work: Work,
    now: datetime,
    *,
    limit: int = 2000,
    channels: Channels | None = None,
    moment: Callable[[], datetime] | None = None,
) -> DeliveryCount:
    """Send what is due, for every organisation; harmless when repeated or run by several processes.

    Parameters
    ----------
    now
        What is due, and the time written on what goes to the local mailbox.
    limit
        The most messages one pass takes for one organisation and line.
    moment
        The time as it goes on during the pass, for leases and for rates of channels that leave the machine;
        by default `now` and the time the pass has taken.

    Raises
    ------
    InvalidFile, UnreadableFile
        If the channels file has mistakes; nothing is sent then.
    """
    channels = channels or Channels.open(work.settings)
    started = time.monotonic()
    present = moment or (lambda: now + timedelta(seconds=time.monotonic() - started))
    total = DeliveryCount()
    for organization_id, tags in _due_tags(work, now).items():
        if tags - channels.outside_tags:
            total += _deliver_local(work, organization_id, now, limit=limit, channels=channels, moment=present)
        for line in channels.lines:
            if tags & line.tags:
                total += _deliver_line(work, organization_id, line, now, limit=limit, channels=channels, moment=present)
    return total + DeliveryCount(waiting=_waiting(work))


def due_count(work: Work, now: datetime) -> int:
    """Count the messages a pass would take now, so that a clock may ask without writing."""
    with work.registry() as session:
        return session.execute(select(func.count()).select_from(Message).where(*is_due(now))).scalar_one()


def _due_tags(work: Work, now: datetime) -> dict[int, set[str]]:
    """Return the tags on which something is due, by organisation."""
    found: dict[int, set[str]] = {}
    with work.registry() as session:
        for organization_id, channel in session.execute(
            select(Message.organization_id, Message.channel)
            .join(Organization, Organization.id == Message.organization_id)
            .where(*is_due(now))
            .distinct()
            .order_by(Message.organization_id, Message.channel)
        ):
            found.setdefault(organization_id, set()).add(channel)
    return found


def _deliver_local(
    work: Work, organization_id: int, now: datetime, *, limit: int, channels: Channels, moment: Callable[[], datetime]
) -> DeliveryCount:
    total = DeliveryCount()
    left = limit
    while left > 0:
        batch = min(left, _LOCAL_BATCH)
        leased = lease_local(work, organization_id, now, moment=moment(), channels=channels, limit=batch)
        if not leased:
            break
        left -= len(leased.envelopes) + leased.set_aside
        if leased.envelopes:
            answers = channels.write(leased.envelopes)
            mark(work, organization_id, list(zip(leased.envelopes, answers, strict=True)), now)
            good = sum(answer.is_sent for answer in answers)
            total += DeliveryCount(good, len(answers) - good)
    return total


def _deliver_line(
    work: Work,
    organization_id: int,
    line: Line,
    now: datetime,
    *,
    limit: int,
    channels: Channels,
    moment: Callable[[], datetime],
) -> DeliveryCount:
    total = DeliveryCount()
    for _ in range(limit):
        leased = lease_one(work, organization_id, line, now, moment=moment(), limit=_LOOKED_AT)
        if not leased:
            break
        for envelope in leased.envelopes:
            answer = channels.send(envelope)
            mark(work, organization_id, [(envelope, answer)], moment(), line=line)
            total += DeliveryCount(int(answer.is_sent), int(not answer.is_sent))
    return total


def _waiting(work: Work) -> int:
    with work.registry() as session:
        states = (MessageState.QUEUED, MessageState.LEASED)
        return session.execute(select(func.count()).select_from(Message).where(Message.state.in_(states))).scalar_one()


__all__ = ["DeliveryCount", "Letter", "back_off", "deliver", "due_count", "queue"]
