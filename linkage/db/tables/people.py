"""Natural persons: residents and volunteers, with their consents. Personal columns are sealed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from linkage.db.base import Code, Owned, Unique, key_column, links, word
from linkage.db.sealed import Sealed, index_column, personal_column, sealed_column
from linkage.terms import ConsentPurpose, DataClass, Retention


class Person(Owned):
    """A resident or volunteer; `code` is the handle used wherever a name must not stand."""

    __tablename__ = "person"
    project_id: Mapped[int] = key_column()
    area_id: Mapped[int | None] = key_column(nullable=True)
    code: Mapped[Code]
    name_sealed: Mapped[bytes | None] = sealed_column(DataClass.PERSONAL, Retention.VOLUNTEER)
    phone_sealed: Mapped[bytes | None] = sealed_column(DataClass.PERSONAL, Retention.VOLUNTEER)
    phone_index: Mapped[bytes | None] = index_column(Retention.VOLUNTEER)
    id_number_sealed: Mapped[bytes | None] = sealed_column(DataClass.SENSITIVE, Retention.VOLUNTEER)
    id_number_index: Mapped[bytes | None] = index_column(Retention.VOLUNTEER)
    birth_year: Mapped[int | None] = mapped_column(
        info={"data_class": DataClass.PERSONAL, "retention": Retention.VOLUNTEER}
    )
    gender: Mapped[str | None] = personal_column(DataClass.PERSONAL, Retention.VOLUNTEER)
    __table_args__ = (
        *links("project", "area"),
        Unique("organization_id", "project_id", "code"),
        CheckConstraint("birth_year BETWEEN 1890 AND 2100", name="birth_year"),
    )

    name = Sealed("name_sealed")
    phone = Sealed("phone_sealed")
    id_number = Sealed("id_number_sealed")


class Consent(Owned):
    """A person's consent to one purpose under one text; withdrawal is stamped, never deleted (PIPL 13–16)."""

    __tablename__ = "consent"
    project_id: Mapped[int] = key_column()
    person_id: Mapped[int] = key_column()
    purpose: Mapped[ConsentPurpose] = word(ConsentPurpose)
    text_version: Mapped[str] = mapped_column(String(40))
    evidence: Mapped[str] = mapped_column(String(120))
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    __table_args__ = (
        *links("project", "person"),
        Unique("organization_id", "person_id", "purpose", "text_version", "given_at"),
    )


class Volunteer(Owned):
    """A person's service as a volunteer in one project: skills, availability, pledge."""

    __tablename__ = "volunteer"
    project_id: Mapped[int] = key_column()
    person_id: Mapped[int] = key_column()
    party_id: Mapped[int | None] = key_column(nullable=True)
    skills: Mapped[list[Any]]
    # [[weekday 1-7, from minute, to minute], …] in local time
    availability: Mapped[list[Any]]
    is_lead: Mapped[bool]
    pledge_minutes_per_month: Mapped[int]
    max_minutes_per_month: Mapped[int]
    joined_on: Mapped[date]
    left_on: Mapped[date | None]
    __table_args__ = (
        *links("project", "person", "party"),
        Unique("organization_id", "project_id", "person_id"),
        CheckConstraint("pledge_minutes_per_month >= 0", name="pledge"),
        CheckConstraint("max_minutes_per_month >= 0", name="maximum"),
    )
