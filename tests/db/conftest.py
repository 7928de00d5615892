"""Builders for rows of the store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.tables import Party, Person, Project
from linkage.terms import LinkageMode, PartyKind, ProjectState, Stage

NOW = datetime(2024, 7, 1, 1, 0, tzinfo=UTC)


def a_project(code: str = "canteen", **changed: object) -> Project:
    """Build a project that has just been adopted."""
    values: dict[str, object] = {
        "code": code,
        "name": "鼓楼食堂",
        "linkage_mode": LinkageMode.SOCIAL_WORK_LED,
        "state": ProjectState.OPEN,
        "stage": Stage.SURVEY,
        "cycle": 1,
        "version": 1,
        "from_on": date(2024, 7, 1),
        "to_on": date(2025, 6, 30),
        "is_simulated": False,
        "stage_entered_at": NOW,
    }
    return Project(**(values | changed))


@pytest.fixture
def enter() -> Callable[[Session], Project]:
    """Return a builder that enters a project with one resident and one party."""

    def build(session: Session) -> Project:
        project = a_project()
        session.add(project)
        session.flush()
        person = Person(project_id=project.id, code="R0001", birth_year=1950)
        person.name = "覃月英"
        person.phone = "13800138000"
        party = Party(code="street", name="街道办事处", kind=PartyKind.GOVERNMENT)
        session.add_all([person, party])
        act(session, "project.adopted", project_id=project.id)
        return project

    return build
