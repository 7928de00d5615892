"""Activities, their shifts, what was offered to whom, and who accepted."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from linkage.db.base import Code, Owned, Unique, key_column, links, word
from linkage.terms import ActivityState, OfferState, ServiceMethod


class Activity(Owned):
    """One occasion of a service: reviewed before release (条例 art. 12: content, place, risks are stated)."""

    __tablename__ = "activity"
    project_id: Mapped[int] = key_column()
    service_item_id: Mapped[int] = key_column()
    contract_unit_id: Mapped[int | None] = key_column(nullable=True)
    area_id: Mapped[int | None] = key_column(nullable=True)
    cycle: Mapped[int]
    code: Mapped[Code]
    name: Mapped[str]
    method: Mapped[ServiceMethod] = word(ServiceMethod)
    series: Mapped[str | None] = mapped_column(String(60), index=True)  # the case or group this session belongs to
    place: Mapped[str]
    content: Mapped[str]
    risks: Mapped[str]
    capacity: Mapped[int]
    held_on: Mapped[date] = mapped_column(index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    state: Mapped[ActivityState] = word(ActivityState)
    __table_args__ = (
        *links("project", "service_item", "contract_unit", "area"),
        Unique("organization_id", "project_id", "code"),
        CheckConstraint("starts_at < ends_at", name="times"),
    )


class Shift(Owned):
    """Seats of one skill at one activity."""

    __tablename__ = "shift"
    project_id: Mapped[int] = key_column()
    activity_id: Mapped[int] = key_column()
    skill: Mapped[str] = mapped_column(String(60))  # empty: no skill asked
    is_lead: Mapped[bool]
    min_count: Mapped[int]
    target_count: Mapped[int]
    __table_args__ = (
        *links("project", "activity"),
        Unique("organization_id", "activity_id", "skill", "is_lead"),
        CheckConstraint("0 <= min_count AND min_count <= target_count AND target_count > 0", name="seats"),
    )


class RosterRun(Owned):
    """One solution of a month's roster: its values, bounds and what stayed unfilled, with reasons."""

    __tablename__ = "roster_run"
    project_id: Mapped[int] = key_column()
    month_on: Mapped[date]  # the first of the month, or the cycle's first day in it
    status: Mapped[str] = mapped_column(String(20))
    objectives: Mapped[dict[str, Any]]
    unfilled: Mapped[list[Any]]
    seed: Mapped[int]
    solved_at: Mapped[datetime]
    __table_args__ = (*links("project"), Unique("organization_id", "project_id", "month_on"))


class ShiftOffer(Owned):
    """A shift offered to a volunteer, who accepts or declines (条例 art. 25)."""

    __tablename__ = "shift_offer"
    project_id: Mapped[int] = key_column()
    shift_id: Mapped[int] = key_column()
    person_id: Mapped[int] = key_column()
    state: Mapped[OfferState] = word(OfferState)
    is_replacement: Mapped[bool]
    offered_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(200))
    __table_args__ = (
        *links("project", "shift", "person"),
        Unique("organization_id", "shift_id", "person_id"),
        Unique("organization_id", "id", "shift_id", "person_id"),
    )


class Assignment(Owned):
    """A volunteer on a shift; it exists only after acceptance."""

    __tablename__ = "assignment"
    project_id: Mapped[int] = key_column()
    shift_offer_id: Mapped[int] = key_column()
    shift_id: Mapped[int] = key_column()
    person_id: Mapped[int] = key_column()
    accepted_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]  # the volunteer told us in time that they cannot come (条例 art. 22)
    __table_args__ = (
        *links("project", "shift_offer", "shift", "person"),
        Unique("organization_id", "shift_offer_id"),
    )
