"""The overview of a project for somebody who asks: its latest figures, and what each party was told.

Reads only; people appear as groups, never by name.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from linkage.db.tables import Message, Party, ProjectParty, Report, Volunteer
from linkage.documents.wording import figure_parts
from linkage.stages.reporting_figures import printed, rows_of, trace_code
from linkage.terms import ReportKind


class KeyFigure(NamedTuple):
    """A figure of the latest report as it is printed, with the code that leads to its records."""

    trace: str
    label: str
    text: str


class Told(NamedTuple):
    """What one party, or one group of people, was told: how many notices, and the title of the last."""

    recipient: str
    roles: str
    notice_count: int
    last_title: str


def latest_figures(session: Session, project_id: int) -> tuple[KeyFigure, ...]:
    """List the figures of a project's latest report to its purchaser."""
    query = (
        select(Report)
        .where(Report.project_id == project_id, Report.kind != ReportKind.COMMUNITY_SUMMARY)
        .order_by(Report.id.desc())
        .limit(1)
    )
    report = session.execute(query).scalar_one_or_none()
    if report is None:
        return ()
    return tuple(
        KeyFigure(trace_code(row), row.label, " ".join(figure_parts(printed(report, row))))
        for row in rows_of(session, report)
    )


def told(session: Session, project_id: int) -> tuple[Told, ...]:
    """List what each party was told, and volunteers and residents as groups."""
    roles: dict[int, list[str]] = {}
    for party_id, role in session.execute(
        select(ProjectParty.party_id, ProjectParty.role)
        .where(ProjectParty.project_id == project_id)
        .order_by(ProjectParty.party_id)
    ):
        roles.setdefault(party_id, []).append(role.label)
    listed = [_party(session, project_id, party_id, labels) for party_id, labels in roles.items()]
    return (*listed, *_people(session, project_id))


def _party(session: Session, project_id: int, party_id: int, labels: list[str]) -> Told:
    party = session.get_one(Party, party_id)
    query = select(Message).where(Message.project_id == project_id, Message.party_id == party_id)
    count = session.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    last = session.execute(query.order_by(Message.id.desc()).limit(1)).scalar_one_or_none()
    return Told(party.name, "、".join(labels), count, "" if last is None else last.title or "")


def _people(session: Session, project_id: int) -> list[Told]:
    volunteers = set(session.execute(select(Volunteer.person_id).where(Volunteer.project_id == project_id)).scalars())
    counts: Counter[bool] = Counter()
    people: dict[bool, set[int]] = {True: set(), False: set()}
    query = select(Message.person_id).where(Message.project_id == project_id, Message.person_id.is_not(None))
    for person_id in session.execute(query).scalars():
        if person_id is not None:
            is_volunteer = person_id in volunteers
            counts[is_volunteer] += 1
            people[is_volunteer].add(person_id)
    groups = ((True, "志愿者"), (False, "居民"))
    return [Told(f"{label} {len(people[key])} 人", label, counts[key], "") for key, label in groups if counts[key]]
