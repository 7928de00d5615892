"""The outbox: one row per message and recipient, and one row per attempt to send it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from linkage.db.base import Code, Owned, Unique, key_column, links, word
from linkage.db.sealed import Sealed, sealed_column
from linkage.terms import AttemptOutcome, DataClass, MessageState, Retention


class Message(Owned):
    """A rendered message to one recipient; queued in the transaction of the fact it tells."""

    __tablename__ = "message"
    project_id: Mapped[int] = key_column()
    party_id: Mapped[int | None] = key_column(nullable=True)
    person_id: Mapped[int | None] = key_column(nullable=True)
    kind: Mapped[Code]  # stage/name of the template folder
    dedupe_key: Mapped[str] = mapped_column(String(200))
    channel: Mapped[str] = mapped_column(String(120))
    title_sealed: Mapped[bytes | None] = sealed_column(DataClass.PERSONAL, Retention.MESSAGE)
    body_sealed: Mapped[bytes | None] = sealed_column(DataClass.PERSONAL, Retention.MESSAGE)
    state: Mapped[MessageState] = word(MessageState)
    queued_at: Mapped[datetime]
    not_before_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    lease_until_at: Mapped[datetime | None]
    attempt_count: Mapped[int]
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(500))
    __table_args__ = (
        *links("project", "party", "person"),
        Unique("organization_id", "dedupe_key"),
        CheckConstraint("attempt_count >= 0", name="attempts"),
        Index(None, "state", "not_before_at"),  # what is due
    )

    title = Sealed("title_sealed")
    body = Sealed("body_sealed")


class MessageAttempt(Owned):
    """One attempt, written before sending, so that a crash cannot hide it."""

    __tablename__ = "message_attempt"
    message_id: Mapped[int] = key_column()
    ordinal: Mapped[int]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[AttemptOutcome | None] = word(AttemptOutcome)
    error: Mapped[str | None] = mapped_column(String(500))
    __table_args__ = (*links("message"), Unique("organization_id", "message_id", "ordinal"))
