"""Assessments, the scores of each rater, and rectifications."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from linkage.db.base import Code, Owned, Unique, key_column, links, word
from linkage.terms import AssessmentState, RaterKind, RectificationState


class Assessment(Owned):
    """One assessment of one tranche; a re-assessment after rectification is the next attempt."""

    __tablename__ = "assessment"
    project_id: Mapped[int] = key_column()
    tranche_id: Mapped[int] = key_column()
    report_id: Mapped[int] = key_column()
    scheme: Mapped[Code]
    attempt: Mapped[int]
    state: Mapped[AssessmentState] = word(AssessmentState)
    score_hundredths: Mapped[int | None]
    band: Mapped[str | None] = mapped_column(String(40))
    is_passed: Mapped[bool | None]
    opened_at: Mapped[datetime]
    concluded_at: Mapped[datetime | None]
    __table_args__ = (
        *links("project", "tranche", "report"),
        Unique("organization_id", "tranche_id", "attempt"),
        CheckConstraint("score_hundredths BETWEEN 0 AND 10000", name="score"),
    )


class Score(Owned):
    """One rater's points on one indicator, with what they rest on."""

    __tablename__ = "score"
    project_id: Mapped[int] = key_column()
    assessment_id: Mapped[int] = key_column()
    figure_id: Mapped[int | None] = key_column(nullable=True)
    indicator: Mapped[Code]
    rater: Mapped[RaterKind] = word(RaterKind)
    points_hundredths: Mapped[int]
    max_hundredths: Mapped[int]
    basis: Mapped[dict[str, Any]]
    given_by: Mapped[Code]
    given_at: Mapped[datetime]
    __table_args__ = (
        *links("project", "assessment", "figure"),
        Unique("organization_id", "assessment_id", "indicator", "rater"),
        CheckConstraint("points_hundredths BETWEEN 0 AND max_hundredths", name="points"),
    )


class Rectification(Owned):
    """What must be put right, by when, after a failing band."""

    __tablename__ = "rectification"
    project_id: Mapped[int] = key_column()
    assessment_id: Mapped[int] = key_column()
    state: Mapped[RectificationState] = word(RectificationState)
    items: Mapped[list[Any]]
    due_on: Mapped[date]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    __table_args__ = (*links("project", "assessment"), Unique("organization_id", "assessment_id"))
