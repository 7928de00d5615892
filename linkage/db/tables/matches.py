"""Matching: one run's proof, its proposals with reasons, and the gaps it leaves, dated."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from linkage.db.base import Owned, Unique, key_column, links, word
from linkage.terms import GapCause, MatchState


class MatchRun(Owned):
    """One solution of a cycle's matching: its values, its bounds, its seed."""

    __tablename__ = "match_run"
    project_id: Mapped[int] = key_column()
    cycle: Mapped[int]
    status: Mapped[str] = mapped_column(String(20))
    objectives: Mapped[dict[str, Any]]  # name -> {value, bound}
    seed: Mapped[int]  # of the order among equal needs
    proposed_at: Mapped[datetime]
    __table_args__ = (*links("project"), Unique("organization_id", "project_id", "cycle"))


class Match(Owned):
    """A need and a service item that could meet it: proposed with reasons, confirmed, then answered."""

    __tablename__ = "match"
    project_id: Mapped[int] = key_column()
    match_run_id: Mapped[int] = key_column()
    need_id: Mapped[int] = key_column()
    service_item_id: Mapped[int] = key_column()
    round_number: Mapped[int] = mapped_column(default=1)  # one more each time lost units are proposed again
    quantity: Mapped[int]
    state: Mapped[MatchState] = word(MatchState)
    reasons: Mapped[list[Any]]
    expires_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    answer_reason: Mapped[str | None] = mapped_column(String(200))  # the provider's words, never a resident's
    __table_args__ = (
        *links("project", "match_run", "need", "service_item"),
        Unique("organization_id", "match_run_id", "need_id", "service_item_id", "round_number"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("round_number > 0", name="round_number"),
    )


class Gap(Owned):
    """A need that this run could not meet, why, and the cheapest change that would meet it."""

    __tablename__ = "gap"
    project_id: Mapped[int] = key_column()
    match_run_id: Mapped[int] = key_column()
    need_id: Mapped[int] = key_column()
    cause: Mapped[GapCause] = word(GapCause)
    quantity: Mapped[int]
    reasons: Mapped[list[Any]]  # [{code, …numbers}]
    cheapest_change: Mapped[dict[str, Any] | None]
    noted_on: Mapped[date]
    __table_args__ = (
        *links("project", "match_run", "need"),
        Unique("organization_id", "match_run_id", "need_id", "cause"),
        CheckConstraint("quantity > 0", name="quantity"),
    )
