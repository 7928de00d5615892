"""What was asked and heard: imports, responses, needs, common issues and conflicting claims."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from linkage.db.base import Code, Owned, Unique, key_column, links, word
from linkage.db.sealed import Sealed, sealed_column
from linkage.terms import Channel, DataClass, NeedCategory, NeedState, Retention


class SurveyImport(Owned):
    """One committed import of one file (or one batch of household visits)."""

    __tablename__ = "survey_import"
    project_id: Mapped[int] = key_column()
    stored_file_id: Mapped[int | None] = key_column(nullable=True)
    source: Mapped[Code]
    channel: Mapped[Channel] = word(Channel)
    format: Mapped[str] = mapped_column(String(40))
    cycle: Mapped[int]
    file_sha256: Mapped[str] = mapped_column(String(64))
    respondent_count: Mapped[int]
    imported_at: Mapped[datetime]
    __table_args__ = (
        *links("project", "stored_file"),
        Unique("organization_id", "project_id", "source", "file_sha256"),
    )


class SurveyResponse(Owned):
    """One respondent's answers from one source; the raw row is kept, sealed."""

    __tablename__ = "survey_response"
    project_id: Mapped[int] = key_column()
    survey_import_id: Mapped[int] = key_column()
    person_id: Mapped[int | None] = key_column(nullable=True)
    present_party_id: Mapped[int | None] = key_column(nullable=True)  # the committee that went along on a visit
    community_id: Mapped[int] = key_column()
    area_id: Mapped[int | None] = key_column(nullable=True)
    source: Mapped[Code]
    respondent_key: Mapped[Code]
    row_number: Mapped[int]
    submitted_at: Mapped[datetime | None]
    content_index: Mapped[bytes] = mapped_column(LargeBinary)  # keyed hash: the same answers again change nothing
    raw_sealed: Mapped[bytes | None] = sealed_column(DataClass.SENSITIVE, Retention.SURVEY)
    answers_sealed: Mapped[bytes | None] = sealed_column(DataClass.SENSITIVE, Retention.SURVEY)
    unclassified: Mapped[list[Any]]  # questions answered in free words that wait for a person
    __table_args__ = (
        *links("project", "survey_import", "person", "community", "area", present_party="party"),
        Unique("organization_id", "project_id", "source", "respondent_key"),
    )

    raw = Sealed("raw_sealed")
    answers = Sealed("answers_sealed")


class CommonIssue(Owned):
    """Individual needs of one kind in one place, merged so that they can be served together."""

    __tablename__ = "common_issue"
    project_id: Mapped[int] = key_column()
    community_id: Mapped[int] = key_column()
    category: Mapped[NeedCategory] = word(NeedCategory)
    cycle: Mapped[int]
    __table_args__ = (
        *links("project", "community"),
        Unique("organization_id", "project_id", "community_id", "category", "cycle"),
    )


class Need(Owned):
    """What one resident or unit asks for: classified, located, dated, consented to."""

    __tablename__ = "need"
    project_id: Mapped[int] = key_column()
    survey_response_id: Mapped[int | None] = key_column(nullable=True)
    person_id: Mapped[int | None] = key_column(nullable=True)
    area_id: Mapped[int | None] = key_column(nullable=True)
    community_id: Mapped[int] = key_column()
    consent_id: Mapped[int | None] = key_column(nullable=True)
    common_issue_id: Mapped[int | None] = key_column(nullable=True)
    category: Mapped[NeedCategory] = word(NeedCategory)
    question_key: Mapped[Code]
    stated: Mapped[str] = mapped_column(String(200))  # the option chosen; a person's own words stay in the response
    quantity: Mapped[int]
    priority: Mapped[int]
    asked_on: Mapped[date]
    needed_by_on: Mapped[date | None]
    cycle: Mapped[int]
    state: Mapped[NeedState] = word(NeedState)
    __table_args__ = (
        *links("project", "survey_response", "person", "area", "community", "consent", "common_issue"),
        Unique("organization_id", "survey_response_id", "question_key", "stated", "cycle"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("priority > 0", name="priority"),
    )


class Claim(Owned):
    """A figure as one source states it; conflicting sources stand side by side and are never merged."""

    __tablename__ = "claim"
    project_id: Mapped[int] = key_column()
    subject: Mapped[Code]
    value: Mapped[str] = mapped_column(String(60))
    unit: Mapped[str] = mapped_column(String(20))
    source: Mapped[Code]
    as_of: Mapped[str | None] = mapped_column(String(20))
    detail: Mapped[dict[str, Any] | None]
    __table_args__ = (*links("project"), Unique("organization_id", "project_id", "subject", "source", "value"))
