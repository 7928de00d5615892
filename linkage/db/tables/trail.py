"""The trail: decisions people took, stage runs, effects done once, and the audit chain."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from linkage.db.base import Base, Code, Id, Owned, Unique, key_column, links, word
from linkage.terms import DecisionKind, Stage


class Decision(Owned):
    """What a person decided: append-only; `decision_key` makes the same decision twice one decision."""

    __tablename__ = "decision"
    project_id: Mapped[int] = key_column()
    kind: Mapped[DecisionKind] = word(DecisionKind)
    decision_key: Mapped[Code]
    cycle: Mapped[int]
    verdict: Mapped[str] = mapped_column(String(40))
    actor: Mapped[Code]
    reason: Mapped[str | None] = mapped_column(String(500))
    detail: Mapped[dict[str, Any]]
    decided_at: Mapped[datetime]
    __table_args__ = (*links("project"), Unique("organization_id", "project_id", "decision_key"))


class StageRun(Owned):
    """A step of a stage that is done: its own transaction wrote this row with its work."""

    __tablename__ = "stage_run"
    project_id: Mapped[int] = key_column()
    stage: Mapped[Stage] = word(Stage)
    version: Mapped[int]
    step: Mapped[Code]
    summary: Mapped[dict[str, Any]]
    finished_at: Mapped[datetime]
    __table_args__ = (*links("project"), Unique("organization_id", "project_id", "version", "step"))


class Effect(Owned):
    """An effect that happens once: money released, a document issued. Looked up before, written with it."""

    __tablename__ = "effect"
    project_id: Mapped[int] = key_column()
    effect_key: Mapped[Code]
    done_at: Mapped[datetime]
    __table_args__ = (*links("project"), Unique("organization_id", "effect_key"))


class AuditEntry(Owned):
    """One transaction of one organisation: who did what, a digest of every row it changed, chained by HMAC."""

    __tablename__ = "audit_entry"
    seq: Mapped[int] = mapped_column(BigInteger)
    project_id: Mapped[int | None] = key_column(nullable=True)
    at: Mapped[datetime]
    actor: Mapped[Code]
    actions: Mapped[list[Any]]  # [{action, subject, …ids and counts}]
    changed_rows: Mapped[dict[str, Any]]  # table -> number of rows
    changes_sha256: Mapped[str] = mapped_column(String(64))
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    __table_args__ = (*links("project"), Unique("organization_id", "seq"), CheckConstraint("seq > 0", name="seq"))


class AuditHead(Base):
    """The end of an organisation's chain; locked by whoever appends."""

    __tablename__ = "audit_head"
    organization_id: Mapped[int] = mapped_column(Id, ForeignKey("organization.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))
