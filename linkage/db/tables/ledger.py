"""Money: tranches, the gates that lock them, and the ledger of what was released, in integer fen."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from linkage.db.base import Code, Owned, Unique, key_column, links, word
from linkage.terms import GateKind, Term, TrancheState


class MoneyKind(Term):
    """Why a money entry stands in the ledger."""

    RELEASED = "released", "拨付"
    CORRECTION = "correction", "更正"


class Tranche(Owned):
    """A planned part of the contract sum; disbursement is the money moved."""

    __tablename__ = "tranche"
    project_id: Mapped[int] = key_column()
    ordinal: Mapped[int]
    code: Mapped[Code]
    name: Mapped[str] = mapped_column(String(120))
    cycle: Mapped[int]  # 0: at initiation
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[TrancheState] = word(TrancheState)
    __table_args__ = (
        *links("project"),
        Unique("organization_id", "project_id", "code"),
        CheckConstraint("amount_fen > 0", name="amount"),
    )


class Gate(Owned):
    """A named lock on a tranche, with when, by whom and on what evidence it was opened."""

    __tablename__ = "gate"
    project_id: Mapped[int] = key_column()
    tranche_id: Mapped[int] = key_column()
    kind: Mapped[GateKind] = word(GateKind)
    waiting_since_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    opened_by: Mapped[str | None] = mapped_column(String(120))
    evidence: Mapped[dict[str, Any] | None]
    __table_args__ = (*links("project", "tranche"), Unique("organization_id", "tranche_id", "kind"))


class MoneyEntry(Owned):
    """Money released: append-only, one entry a tranche; a correction points at the entry it corrects."""

    __tablename__ = "money_entry"
    project_id: Mapped[int] = key_column()
    tranche_id: Mapped[int] = key_column()
    corrects_id: Mapped[int | None] = key_column(nullable=True)
    entry_key: Mapped[Code]
    kind: Mapped[MoneyKind] = word(MoneyKind)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    released_at: Mapped[datetime]
    __table_args__ = (
        *links("project", "tranche", corrects="money_entry"),
        Unique("organization_id", "entry_key"),
        CheckConstraint("kind = 'correction' OR amount_fen > 0", name="amount"),
        CheckConstraint("(kind = 'correction') = (corrects_id IS NOT NULL)", name="correction"),
    )
