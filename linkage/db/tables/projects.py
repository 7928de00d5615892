"""Projects and what their charter says: parties, places, contract units and the services that are offered."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from linkage.db.base import Code, Owned, Unique, key_column, links, word
from linkage.terms import (
    LinkageMode,
    NeedCategory,
    PartyKind,
    PartyRole,
    ProjectState,
    ServiceMethod,
    Society,
    Stage,
)


class Party(Owned):
    """A body that takes part: purchaser, provider, community, merchant, assessor."""

    __tablename__ = "party"
    code: Mapped[Code]
    name: Mapped[str]
    kind: Mapped[PartyKind] = word(PartyKind)
    society: Mapped[Society | None] = word(Society)
    channel: Mapped[str | None] = mapped_column(String(120))
    __table_args__ = (*links(), Unique("organization_id", "code"))


class Project(Owned):
    """One project and where it stands; `version` counts its stage transitions (optimistic lock)."""

    __tablename__ = "project"
    code: Mapped[Code]
    name: Mapped[str]
    linkage_mode: Mapped[LinkageMode] = word(LinkageMode)
    state: Mapped[ProjectState] = word(ProjectState)
    stage: Mapped[Stage] = word(Stage)
    cycle: Mapped[int]
    version: Mapped[int]
    from_on: Mapped[date]
    to_on: Mapped[date]
    is_simulated: Mapped[bool]
    seed: Mapped[int | None]
    stage_entered_at: Mapped[datetime]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    lease_holder: Mapped[str | None] = mapped_column(String(120))
    lease_until_at: Mapped[datetime | None]
    __table_args__ = (
        *links(),
        Unique("organization_id", "code"),
        CheckConstraint("version >= 0", name="version"),
        CheckConstraint("cycle >= 1", name="cycle"),
        CheckConstraint("from_on <= to_on", name="period"),
    )


class Charter(Owned):
    """A charter as adopted: the document itself and its hash."""

    __tablename__ = "charter"
    project_id: Mapped[int] = key_column()
    sha256: Mapped[str] = mapped_column(String(64))
    body: Mapped[dict[str, Any]]
    adopted_at: Mapped[datetime]
    __table_args__ = (*links("project"), Unique("organization_id", "project_id", "sha256"))


class ProjectParty(Owned):
    """A party's role in a project."""

    __tablename__ = "project_party"
    project_id: Mapped[int] = key_column()
    party_id: Mapped[int] = key_column()
    role: Mapped[PartyRole] = word(PartyRole)
    __table_args__ = (*links("project", "party"), Unique("organization_id", "project_id", "party_id", "role"))


class Community(Owned):
    """A place that a project serves (the body that acts for it is a party)."""

    __tablename__ = "community"
    project_id: Mapped[int] = key_column()
    party_id: Mapped[int | None] = key_column(nullable=True)
    code: Mapped[Code]
    name: Mapped[str]
    __table_args__ = (*links("project", "party"), Unique("organization_id", "project_id", "code"))


class Area(Owned):
    """A part of a community: an estate, a drum tower, a grid."""

    __tablename__ = "area"
    project_id: Mapped[int] = key_column()
    community_id: Mapped[int] = key_column()
    code: Mapped[Code]
    name: Mapped[str]
    __table_args__ = (*links("project", "community"), Unique("organization_id", "project_id", "code"))


class ContractUnit(Owned):
    """What the contract counts: a number of units, each with a minimum (the minimum stands in the charter)."""

    __tablename__ = "contract_unit"
    project_id: Mapped[int] = key_column()
    code: Mapped[Code]
    name: Mapped[str]
    method: Mapped[ServiceMethod | None] = word(ServiceMethod)  # None: all methods count
    target_count: Mapped[int]
    unit: Mapped[str] = mapped_column(String(20))
    __table_args__ = (
        *links("project"),
        Unique("organization_id", "project_id", "code"),
        CheckConstraint("target_count > 0", name="target"),
    )


class ServiceItem(Owned):
    """What a party of one of the five societies offers: one row is one item with capacity."""

    __tablename__ = "service_item"
    project_id: Mapped[int] = key_column()
    party_id: Mapped[int] = key_column()
    contract_unit_id: Mapped[int | None] = key_column(nullable=True)
    code: Mapped[Code]
    name: Mapped[str]
    society: Mapped[Society] = word(Society)
    category: Mapped[NeedCategory] = word(NeedCategory)
    method: Mapped[ServiceMethod] = word(ServiceMethod)
    capacity_per_cycle: Mapped[int]
    __table_args__ = (
        *links("project", "party", "contract_unit"),
        Unique("organization_id", "project_id", "code"),
        CheckConstraint("capacity_per_cycle >= 0", name="capacity"),
    )
