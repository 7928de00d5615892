"""What happened: check-ins, service records, ratings, evidence and the hours ledger."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from linkage.db.base import Code, Owned, Unique, key_column, links, word
from linkage.terms import CheckMethod, RecordFlag, ServiceMethod, Term


class CheckKind(Term):
    """Which end of the service a check event marks."""

    IN = "in", "签到"
    OUT = "out", "签退"


class HoursKind(Term):
    """Why an hours entry stands in the ledger."""

    SERVED = "served", "志愿服务"
    CORRECTION = "correction", "更正"


class CheckEvent(Owned):
    """A volunteer's check-in or check-out: time, method, and when it was entered (a sheet may come days later)."""

    __tablename__ = "check_event"
    project_id: Mapped[int] = key_column()
    assignment_id: Mapped[int] = key_column()
    kind: Mapped[CheckKind] = word(CheckKind)
    method: Mapped[CheckMethod] = word(CheckMethod)
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    __table_args__ = (*links("project", "assignment"), Unique("organization_id", "assignment_id", "kind"))


class Presence(Owned):
    """What one volunteer's check-in and check-out come to; a flagged one waits for a person before it counts."""

    __tablename__ = "presence"
    project_id: Mapped[int] = key_column()
    assignment_id: Mapped[int] = key_column()
    minutes: Mapped[int]
    record_by_on: Mapped[date]  # order 67 art. 11: within 10 working days
    assessed_at: Mapped[datetime]
    flag: Mapped[RecordFlag | None] = word(RecordFlag)
    justification: Mapped[str | None] = mapped_column(String(500))
    is_counted: Mapped[bool]  # False while a flag waits for a person, and after one refused it
    __table_args__ = (
        *links("project", "assignment"),
        Unique("organization_id", "assignment_id"),
        CheckConstraint("minutes >= 0", name="minutes"),
    )


class ServiceRecord(Owned):
    """One beneficiary contact or session (order 67 art. 7 fields come from its activity)."""

    __tablename__ = "service_record"
    project_id: Mapped[int] = key_column()
    activity_id: Mapped[int] = key_column()
    contract_unit_id: Mapped[int | None] = key_column(nullable=True)
    person_id: Mapped[int | None] = key_column(nullable=True)
    need_id: Mapped[int | None] = key_column(nullable=True)
    key: Mapped[Code]  # what makes a repeated entry the same entry
    method: Mapped[ServiceMethod] = word(ServiceMethod)
    series: Mapped[str | None] = mapped_column(String(60), index=True)
    served_on: Mapped[date] = mapped_column(index=True)
    recorded_at: Mapped[datetime]
    minutes: Mapped[int]
    person_times: Mapped[int]
    flag: Mapped[RecordFlag | None] = word(RecordFlag)
    justification: Mapped[str | None] = mapped_column(String(500))
    is_counted: Mapped[bool]  # False while a flag waits for a person
    __table_args__ = (
        *links("project", "activity", "contract_unit", "person", "need"),
        Unique("organization_id", "project_id", "key"),
        CheckConstraint("minutes >= 0", name="minutes"),
        CheckConstraint("person_times >= 0", name="person_times"),
    )


class Rating(Owned):
    """A service user's word on one service: 1 (very dissatisfied) to 5 (very satisfied)."""

    __tablename__ = "rating"
    project_id: Mapped[int] = key_column()
    service_record_id: Mapped[int] = key_column()
    person_id: Mapped[int | None] = key_column(nullable=True)
    points: Mapped[int]
    given_on: Mapped[date]
    __table_args__ = (
        *links("project", "service_record", "person"),
        Unique("organization_id", "service_record_id"),
        CheckConstraint("points BETWEEN 1 AND 5", name="points"),
    )


class Evidence(Owned):
    """A stored file that proves an activity took place."""

    __tablename__ = "evidence"
    project_id: Mapped[int] = key_column()
    activity_id: Mapped[int] = key_column()
    stored_file_id: Mapped[int] = key_column()
    kind: Mapped[str] = mapped_column(String(40))
    __table_args__ = (
        *links("project", "activity", "stored_file"),
        Unique("organization_id", "activity_id", "stored_file_id"),
    )


class HoursEntry(Owned):
    """A volunteer's lawful minutes (order 67): append-only; a correction points at the entry it corrects."""

    __tablename__ = "hours_entry"
    project_id: Mapped[int] = key_column()
    person_id: Mapped[int] = key_column()
    assignment_id: Mapped[int | None] = key_column(nullable=True)
    corrects_id: Mapped[int | None] = key_column(nullable=True)
    entry_key: Mapped[Code]
    kind: Mapped[HoursKind] = word(HoursKind)
    minutes: Mapped[int]
    served_on: Mapped[date]
    record_by_on: Mapped[date]  # order 67 art. 11: within 10 working days
    recorded_at: Mapped[datetime]
    reason: Mapped[str | None] = mapped_column(String(500))  # why a correction was made
    __table_args__ = (
        *links("project", "person", "assignment", corrects="hours_entry"),
        Unique("organization_id", "entry_key"),
        CheckConstraint("kind = 'correction' OR minutes > 0", name="minutes"),
        CheckConstraint("(kind = 'correction') = (corrects_id IS NOT NULL)", name="correction"),
    )
