"""Builders for rows of the store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.tables import Activity, Party, Person, Project, ServiceItem, Shift, ShiftOffer
from linkage.terms import (
    ActivityState,
    LinkageMode,
    NeedCategory,
    OfferState,
    PartyKind,
    ProjectState,
    ServiceMethod,
    Society,
    Stage,
)

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


def an_offer(session: Session, project_id: int) -> ShiftOffer:
    """Offer the project's resident a seat at an activity; nobody has answered."""
    person_id = session.execute(select(Person.id)).scalar_one()
    party = session.execute(select(Party)).scalar_one()
    item = ServiceItem(
        project_id=project_id,
        party_id=party.id,
        code="lunch",
        name="午餐",
        society=Society.COMMUNITY,
        category=NeedCategory.MEAL,
        method=ServiceMethod.MEAL,
        capacity_per_cycle=1,
    )
    session.add(item)
    session.flush()
    activity = Activity(
        project_id=project_id,
        service_item_id=item.id,
        cycle=1,
        code="lunch-1",
        name="午餐",
        method=ServiceMethod.MEAL,
        place="食堂",
        content="午餐",
        risks="烫伤",
        capacity=10,
        held_on=NOW.date(),
        starts_at=NOW,
        ends_at=NOW + timedelta(hours=2),
        state=ActivityState.RELEASED,
    )
    session.add(activity)
    session.flush()
    shift = Shift(project_id=project_id, activity_id=activity.id, skill="", is_lead=False, min_count=1, target_count=1)
    session.add(shift)
    session.flush()
    offer = ShiftOffer(
        project_id=project_id,
        shift_id=shift.id,
        person_id=person_id,
        state=OfferState.OFFERED,
        is_replacement=False,
        offered_at=NOW,
        expires_at=NOW + timedelta(days=2),
    )
    session.add(offer)
    session.flush()
    return offer


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
