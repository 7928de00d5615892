"""Documents and the figures in them, each with the records it was computed from."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from linkage.db.base import Code, Owned, Unique, key_column, links, word
from linkage.terms import ListKind, ReportKind


class StoredFile(Owned):
    """A file kept under its content hash; the original is never changed."""

    __tablename__ = "stored_file"
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int]
    media_type: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(200))
    stored_at: Mapped[datetime]
    __table_args__ = (*links(), Unique("organization_id", "sha256"), CheckConstraint("size_bytes >= 0", name="size"))


class FrozenList(Owned):
    """A needs, service, responsibility or gap list as it stood on a day."""

    __tablename__ = "frozen_list"
    project_id: Mapped[int] = key_column()
    stored_file_id: Mapped[int | None] = key_column(nullable=True)
    kind: Mapped[ListKind] = word(ListKind)
    cycle: Mapped[int]
    as_of_on: Mapped[date]
    body: Mapped[dict[str, Any]]
    __table_args__ = (*links("project", "stored_file"), Unique("organization_id", "project_id", "kind", "cycle"))


class Report(Owned):
    """A generated report; its figures were computed once, at its cut-off date."""

    __tablename__ = "report"
    project_id: Mapped[int] = key_column()
    community_id: Mapped[int | None] = key_column(nullable=True)
    html_file_id: Mapped[int | None] = key_column(nullable=True)
    pdf_file_id: Mapped[int | None] = key_column(nullable=True)
    kind: Mapped[ReportKind] = word(ReportKind)
    key: Mapped[Code]  # kind, cycle or period, community: one report each
    cycle: Mapped[int]
    from_on: Mapped[date]
    to_on: Mapped[date]
    cut_off_on: Mapped[date]
    generated_at: Mapped[datetime]
    audit_count: Mapped[int]  # the audit head printed in the report
    audit_hash: Mapped[str] = mapped_column(String(64))
    __table_args__ = (
        *links("project", "community", html_file="stored_file", pdf_file="stored_file"),
        Unique("organization_id", "project_id", "key"),
    )


class Figure(Owned):
    """A printed number with its unit, cut-off date, n and the records it leads back to."""

    __tablename__ = "figure"
    project_id: Mapped[int] = key_column()
    report_id: Mapped[int] = key_column()
    code: Mapped[Code]
    label: Mapped[str] = mapped_column(String(120))
    numerator: Mapped[int | None]
    denominator: Mapped[int | None]  # None: the numerator is the value; else a ratio
    unit: Mapped[str] = mapped_column(String(20))
    n_records: Mapped[int]
    cut_off_on: Mapped[date]
    record_kind: Mapped[str] = mapped_column(String(40))
    record_ids: Mapped[list[Any]]
    records_sha256: Mapped[str] = mapped_column(String(64))
    __table_args__ = (*links("project", "report"), Unique("organization_id", "report_id", "code"))
