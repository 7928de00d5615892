"""Taking messages for sending: each is leased, and its attempt written, before anything leaves.

Messages for the local mailbox are taken many at a time, because it recognises a repeat by its file's name; those
that leave the machine one at a time, so that a crash leaves at most one in doubt. Nothing is sent here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.tables import Message, MessageAttempt, Organization, Party, Person, Project
from linkage.db.work import Work
from linkage.notify.channels import Channels, Line
from linkage.notify.envelope import Envelope
from linkage.notify.holding import Hold, hold_of, take_turns
from linkage.settings import OutboxSettings
from linkage.terms import MessageState

_POSTPONED_AT_ONCE = 1000


@dataclass(frozen=True)
class Leased:
    """What one transaction took, and how many messages it set aside instead (expired, in doubt, held)."""

    envelopes: tuple[Envelope, ...] = ()
    set_aside: int = 0

    def __bool__(self) -> bool:
        """Say whether anything changed, so that asking again may find more."""
        return bool(self.envelopes or self.set_aside)


def is_due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions under which a message may be taken."""
    is_free = or_(
        Message.state == MessageState.QUEUED,
        (Message.state == MessageState.LEASED) & (Message.lease_until_at <= now),
    )
    return (Message.not_before_at <= now, is_free)


def lease_local(
    work: Work, organization_id: int, now: datetime, *, moment: datetime, channels: Channels, limit: int
) -> Leased:
    """Take up to `limit` messages for the local mailbox.

    Parameters
    ----------
    now
        What is due is read off this.
    moment
        The lease runs from here; later than `now` in a pass that has gone on for a while.
    """
    with work.begin(organization_id, actor="outbox", now=now) as session:
        due = _due(session, now, Message.channel.not_in(channels.outside_tags), limit)
        good = [message for message in due if not _is_over(message, now)]
        return _start(session, work.settings.outbox, good, len(due) - len(good), now=now, moment=moment)


def lease_one(work: Work, organization_id: int, line: Line, now: datetime, *, moment: datetime, limit: int) -> Leased:
    """Take the next message of a line that leaves the machine, or postpone what must wait."""
    settings = work.settings.outbox
    with work.begin(organization_id, actor="outbox", now=now) as session:
        take_turns(session, line)
        with work.registry() as everyone:  # the robot is one, whichever organisation sends
            hold = hold_of(everyone, line, settings, moment)
        if hold is not None:
            return _postpone(session, line, hold, now)
        good: list[Message] = []
        set_aside = 0
        for message in _due(session, now, Message.channel.in_(line.tags), limit):
            if _is_over(message, now) or _is_held_in_doubt(message, settings):
                set_aside += 1
                continue
            good.append(message)
            break
        return _start(session, settings, good, set_aside, now=moment, moment=moment)


def _due(session: Session, now: datetime, condition: ColumnElement[bool], limit: int) -> Sequence[Message]:
    found = select(Message).where(*is_due(now), condition).order_by(Message.id).limit(limit)
    return session.execute(found.with_for_update(skip_locked=True)).scalars().all()


def _is_over(message: Message, now: datetime) -> bool:
    if message.expires_at is None or message.expires_at > now:
        return False
    message.state = MessageState.EXPIRED
    message.lease_until_at = None
    return True


def _is_held_in_doubt(message: Message, settings: OutboxSettings) -> bool:
    """Leave a message whose sender died to a person, if the settings say so: its receiver cannot tell a repeat."""
    if message.state is not MessageState.LEASED or settings.repeat_unknown:
        return False
    message.state = MessageState.UNKNOWN
    message.lease_until_at = None
    message.last_error = "the process died between sending and marking"
    return True


def _postpone(session: Session, line: Line, hold: Hold, now: datetime) -> Leased:
    due = _due(session, now, Message.channel.in_(line.tags), _POSTPONED_AT_ONCE)
    for place, message in enumerate(due):
        message.not_before_at = hold.until(place)
    if due:
        act(session, "outbox.held", count=len(due), reason=hold.reason)
    return Leased(set_aside=len(due))


def _start(
    session: Session,
    settings: OutboxSettings,
    messages: Sequence[Message],
    set_aside: int,
    *,
    now: datetime,
    moment: datetime,
) -> Leased:
    boxes = _boxes(session, messages)
    envelopes: list[Envelope] = []
    for message in messages:
        message.state = MessageState.LEASED
        message.lease_until_at = moment + timedelta(seconds=settings.lease_seconds)
        message.attempt_count += 1
        session.add(MessageAttempt(message_id=message.id, ordinal=message.attempt_count, started_at=now))
        envelopes.append(
            Envelope(
                message_id=message.id,
                attempt=message.attempt_count,
                dedupe_key=message.dedupe_key,
                channel=message.channel,
                kind=message.kind,
                box=boxes[message.id],
                title=message.title or "",
                body=message.body or "",
                queued_at=message.queued_at,
            )
        )
    if envelopes or set_aside:
        act(session, "outbox.leased", count=len(envelopes), set_aside=set_aside)
    return Leased(tuple(envelopes), set_aside)


def _boxes(session: Session, messages: Sequence[Message]) -> dict[int, tuple[str, ...]]:
    """Return each message's box: codes only, never a name; a person's code counts within one project only."""
    if not messages:
        return {}
    own = session.get_one(Organization, messages[0].organization_id).code
    party_ids = {message.party_id for message in messages}
    person_ids = {message.person_id for message in messages}
    parties = {
        party.id: party.code for party in session.execute(select(Party).where(Party.id.in_(party_ids))).scalars()
    }
    persons = {
        key: (project, code)
        for key, project, code in session.execute(
            select(Person.id, Project.code, Person.code)
            .join(Project, Project.id == Person.project_id)
            .where(Person.id.in_(person_ids))
        )
    }
    return {
        message.id: (own, parties[message.party_id])
        if message.party_id is not None
        else (own, *persons[message.person_id])
        if message.person_id is not None
        else (own, "unaddressed")
        for message in messages
    }
