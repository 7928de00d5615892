"""Telling the provider's staff what did not get out: a channel that fails, or a notice that is given up.

The notice about a failing channel takes another way: the staff's own channel if that is a different line, else
the local mailbox. It is queued in the transaction that wrote the failure. Its text stands in the templates.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.tables import Message, MessageAttempt, Party, Person, Project, ProjectParty
from linkage.db.work import Work
from linkage.documents.messages import render_message
from linkage.errors import TemplateFault
from linkage.notify.channels import Line
from linkage.notify.holding import failures_in_row, outage_began_with
from linkage.notify.queueing import Letter, queue
from linkage.terms import PartyRole

logger = logging.getLogger(__name__)

_FOLDER = "notices"
_MAILBOX = "mailbox"


def tell_of_outage(
    work: Work, session: Session, message: Message, attempt: MessageAttempt, line: Line, now: datetime
) -> bool:
    """Tell staff once an outage that a line is left alone for a while; False if it has not come to that.

    Parameters
    ----------
    attempt
        The failure that is being written; earlier ones are read as they stand.
    """
    settings = work.settings.outbox
    with work.registry() as everyone:
        before = failures_in_row(everyone, line, settings.breaker_failures - 1) if settings.breaker_failures > 1 else []
        began_with = (outage_began_with(everyone, line) if before else None) or attempt.id
    if len(before) < settings.breaker_failures - 1:
        return False
    _tell(
        work,
        session,
        message,
        line,
        f"channel_failing:{line.code}:attempt-{began_with}",
        {
            "channel": line.code,
            "channel_type": line.type.label,
            "tags": "、".join(sorted(line.tags)),
            "failure_count": settings.breaker_failures,
            "paused_until_at": now + timedelta(seconds=settings.breaker_pause_seconds),
            "reason": attempt.error or "",
        },
        now,
    )
    return True


def tell_of_dead(work: Work, session: Session, message: Message, line: Line, now: datetime) -> None:
    """Tell staff that a notice is given up; a notice of this kind is not told of again."""
    if message.kind.startswith(f"{_FOLDER}/"):
        return
    _tell(
        work,
        session,
        message,
        line,
        f"not_delivered:message-{message.id}:attempt-{message.attempt_count}",
        {
            "message_id": message.id,
            "kind": message.kind,
            "recipient": _recipient(session, message),
            "channel": message.channel,
            "channel_type": line.type.label,
            "reason": message.last_error or "",
        },
        now,
    )


def _tell(
    work: Work,
    session: Session,
    message: Message,
    line: Line,
    key: str,
    context: Mapping[str, object],
    now: datetime,
) -> None:
    project = session.get_one(Project, message.project_id)
    staff = session.execute(
        select(Party)
        .join(ProjectParty, ProjectParty.party_id == Party.id)
        .where(ProjectParty.project_id == project.id, ProjectParty.role == PartyRole.PROVIDER)
        .order_by(Party.id)
        .limit(1)
    ).scalar_one_or_none()
    own = staff.channel if staff is not None else None
    kind = f"{_FOLDER}/{key.partition(':')[0]}"
    letter = Letter(
        project_id=project.id,
        kind=kind,
        dedupe_key=f"{_FOLDER}/{key}",
        channel=own if own is not None and own not in line.tags else _MAILBOX,
        party_id=staff.id if staff is not None else None,
    )
    whole = {
        "project_name": project.name,
        "project_code": project.code,
        "is_simulated": project.is_simulated,
        **context,
    }
    try:
        queue(
            session, letter, lambda: render_message(work.settings.templates_folder / "messages", kind, whole), now=now
        )
    except TemplateFault:
        # The attempt must be written all the same: without it the message would be sent again.
        logger.exception("staff were not told of message %d", message.id)


def _recipient(session: Session, message: Message) -> str:
    if message.party_id is not None:
        return session.get_one(Party, message.party_id).name
    if message.person_id is not None:
        return session.get_one(Person, message.person_id).code
    return "unaddressed"
