"""Holding a line back: its vendor's rate is used up, or it has failed too often in a row.

Both are read off the attempts, nothing is stored for them, so that any process sees the same. This module says
until when a line must wait; it moves no message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from linkage.db.tables import Message, MessageAttempt
from linkage.notify.channels import Line, line_number
from linkage.notify.parts import in_parts
from linkage.settings import OutboxSettings
from linkage.terms import AttemptOutcome, ChannelType

_WINDOW = timedelta(seconds=60)
_BAD = (AttemptOutcome.FAILED, AttemptOutcome.IN_DOUBT, AttemptOutcome.REFUSED)
_GOOD = (AttemptOutcome.SENT, AttemptOutcome.UNDELIVERABLE)  # the channel itself answered


@dataclass(frozen=True)
class Hold:
    """Until when a line's messages wait.

    Parameters
    ----------
    first_until_at
        When the first of them may go.
    per_window
        How many may go in each 60 s from then on; None: all at once, the line is tried with one of them.
    """

    reason: str
    first_until_at: datetime
    per_window: int | None = None

    def until(self, place: int) -> datetime:
        """Return when the message at a place in the line (0 is first) may go."""
        return self.first_until_at + (_WINDOW * (place // self.per_window) if self.per_window else timedelta(0))


def take_turns(session: Session, line: Line) -> None:
    """Let one process at a time look at a line's rate, until this transaction ends.

    On SQLite the writer's lock has done so already.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(line_number(line))))


def hold_of(session: Session, line: Line, settings: OutboxSettings, moment: datetime) -> Hold | None:
    """Say whether and until when a line must wait; None if it may send now.

    Parameters
    ----------
    session
        Over all organisations: they may share a robot.
    """
    failures = failures_in_row(session, line, settings.breaker_failures)
    if len(failures) >= settings.breaker_failures:
        opens_at = failures[0] + timedelta(seconds=settings.breaker_pause_seconds)
        if moment < opens_at:
            return Hold("breaker", opens_at)
    return _rate_hold(session, line, moment)


def failures_in_row(session: Session, line: Line, at_most: int) -> list[datetime]:
    """Return when the line's last attempts failed, newest first, up to its last success."""
    rows = session.execute(
        select(MessageAttempt.outcome, MessageAttempt.finished_at)
        .join(Message, Message.id == MessageAttempt.message_id)
        .where(Message.channel.in_(line.tags), MessageAttempt.outcome.is_not(None))
        .order_by(MessageAttempt.id.desc())
        .limit(at_most)
    )
    failures: list[datetime] = []
    for outcome, finished_at in rows:
        if outcome not in _BAD or finished_at is None:
            break
        failures.append(finished_at)
    return failures


def outage_began_with(session: Session, line: Line) -> int | None:
    """Return the attempt with which the line's present run of failures began; None if there is none."""
    on_line = Message.channel.in_(line.tags)
    last_good = session.execute(
        select(func.max(MessageAttempt.id))
        .join(Message, Message.id == MessageAttempt.message_id)
        .where(on_line, MessageAttempt.outcome.in_(_GOOD))
    ).scalar_one()
    return session.execute(
        select(func.min(MessageAttempt.id))
        .join(Message, Message.id == MessageAttempt.message_id)
        .where(on_line, MessageAttempt.outcome.in_(_BAD), MessageAttempt.id > (last_good or 0))
    ).scalar_one()


def _rate_hold(session: Session, line: Line, moment: datetime) -> Hold | None:
    per_minute = line.limits.per_minute
    if per_minute is None:
        return None
    recent = session.execute(
        select(MessageAttempt.started_at, Message)
        .join(Message, Message.id == MessageAttempt.message_id)
        .where(Message.channel.in_(line.tags))
        .order_by(MessageAttempt.id.desc())
        .limit(per_minute)
    ).all()
    inside = [(started_at, message) for started_at, message in recent if started_at > moment - _WINDOW]
    used = sum(_parts(line, message) for _, message in inside)
    if used < per_minute:
        return None
    return Hold("rate", _free_at(inside, line, used - per_minute + 1), per_minute)


def _free_at(inside: Sequence[tuple[datetime, Message]], line: Line, needed: int) -> datetime:
    """Return when enough of the last minute's parts lie more than a minute back."""
    freed = 0
    for started_at, message in reversed(inside):
        freed += _parts(line, message)
        if freed >= needed:
            return started_at + _WINDOW
    return inside[0][0] + _WINDOW


def _parts(line: Line, message: Message) -> int:
    limit = line.limits.part_bytes
    if limit is None or line.type is ChannelType.EMAIL:
        return 1
    return len(in_parts(f"{message.title}\n{message.body}", limit))
