"""Days in the field: who comes to an activity, how long volunteers stay, what service users say.

Plays people through the sign-in sheet that staff enter; it reads activities and rosters and writes through one use
case. How many come follows from seats and take-up; no total is aimed at.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.tables import Activity, Consent, Need, Person, ServiceItem
from linkage.schemas.charter_party import ServiceItem as CharterItem
from linkage.simulation.world import World
from linkage.stages.delivery_checks import assignments_at
from linkage.stages.delivery_sheet import SignIn, SignInSheet
from linkage.stages.delivery_writing import ServiceEntry
from linkage.stages.standing import Standing
from linkage.terms import ActivityState, ConsentPurpose, NeedCategory, NeedState

_CROWD_FROM = 40  # from this size on nobody writes every name down
_NAMED_IN_CROWD = 15
_FORGETS_CHECK_OUT = 0.01
_RATES = 0.30
_ANONYMOUS = 0.04
_ASKED_WEIGHT = 4.0


@dataclass(frozen=True)
class Guest:
    """A resident who may come: known by id, with an age and what they asked for."""

    person_id: int
    birth_year: int | None
    asked: frozenset[NeedCategory]


def days_of_cycle(session: Session, standing: Standing) -> tuple[date, ...]:
    """List the days on which a cycle's released activities are held."""
    query = (
        select(Activity.held_on)
        .where(
            Activity.project_id == standing.project.id,
            Activity.cycle == standing.project.cycle,
            Activity.state == ActivityState.RELEASED,
        )
        .order_by(Activity.held_on)
        .distinct()
    )
    return tuple(session.execute(query).scalars())


def activities_on(session: Session, standing: Standing, day: date) -> tuple[tuple[Activity, str], ...]:
    """List a day's released activities in the order they happen, each with its service's code."""
    query = (
        select(Activity, ServiceItem.code)
        .join(ServiceItem, ServiceItem.id == Activity.service_item_id)
        .where(
            Activity.project_id == standing.project.id,
            Activity.held_on == day,
            Activity.state == ActivityState.RELEASED,
        )
        .order_by(Activity.starts_at, Activity.id)
    )
    return tuple((activity, code) for activity, code in session.execute(query))


def guests(session: Session, project_id: int) -> tuple[Guest, ...]:
    """List the residents who agreed to be served by name."""
    asked: dict[int, set[NeedCategory]] = {}
    needs = select(Need.person_id, Need.category).where(
        Need.project_id == project_id, Need.person_id.is_not(None), Need.state != NeedState.WITHDRAWN
    )
    for person_id, category in session.execute(needs):
        if person_id is None:
            continue
        asked.setdefault(person_id, set()).add(category)
    people = (
        select(Person.id, Person.birth_year)
        .join(Consent, Consent.person_id == Person.id)
        .where(
            Person.project_id == project_id,
            Consent.purpose == ConsentPurpose.SERVICE,
            Consent.withdrawn_at.is_(None),
        )
        .order_by(Person.id)
        .distinct()
    )
    return tuple(
        Guest(person_id, birth_year, frozenset(asked.get(person_id, ())))
        for person_id, birth_year in session.execute(people)
    )


def volunteers_at(session: Session, activity_ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    """List who accepted a seat of each activity and still holds it."""
    found = assignments_at(session, activity_ids)
    return {activity_id: tuple(sorted(people)) for activity_id, people in found.items()}


class Field:
    """Plays what happens at activities."""

    def __init__(self, world: World, residents: Sequence[Guest]) -> None:
        self._world = world
        self._residents = residents
        habits = world.stream("habits")
        self._habit = {guest.person_id: float(habits.gamma(1.5)) for guest in residents}

    def sheet(self, activity: Activity, service_code: str, volunteers: Sequence[int]) -> SignInSheet | None:
        """Return what comes back from an activity, or None when too few volunteers came for it to take place."""
        item = self._world.charter.service_item(service_code)
        draw = self._world.stream(f"activity|{activity.code}")
        came = [person_id for person_id in volunteers if draw.random() < self._world.rates.attendance_ratio]
        least = sum(crew.min for crew in item.crew)
        if least and not came:
            return None
        sign_ins = [self._sign_in(draw, activity, person_id) for person_id in came]
        return SignInSheet(activity.id, sign_ins, self._entries(draw, activity, item))

    def _sign_in(self, draw: np.random.Generator, activity: Activity, person_id: int) -> SignIn:
        in_at = activity.starts_at - timedelta(minutes=int(draw.integers(0, 12)))
        if draw.random() < _FORGETS_CHECK_OUT:
            return SignIn(person_id, in_at, None)
        return SignIn(person_id, in_at, activity.ends_at + timedelta(minutes=int(draw.integers(-8, 15))))

    def _entries(self, draw: np.random.Generator, activity: Activity, item: CharterItem) -> list[ServiceEntry]:
        ratio = self._world.rates.take_up.get(item.code, self._world.rates.attendance_ratio)
        count = int(draw.binomial(item.capacity_each, ratio))
        if count == 0:
            return []
        minutes = int((activity.ends_at - activity.starts_at) / timedelta(minutes=1))
        named_count = min(count, _NAMED_IN_CROWD) if count >= _CROWD_FROM else count
        named = self._choose(draw, activity.starts_at, item, named_count)
        entries = [
            ServiceEntry(key=f"p{person_id}", minutes=minutes, person_id=person_id, rating=self._rating(draw))
            for person_id in named
        ]
        if len(named) < count:
            entries.append(ServiceEntry(key="others", minutes=minutes, person_times=count - len(named)))
        return entries

    def _choose(self, draw: np.random.Generator, at: datetime, item: CharterItem, count: int) -> list[int]:
        """Pick who comes: those who asked come more often, some will not be named."""
        open_to = [guest for guest in self._residents if _may_come(guest, item, at.year)]
        wanted = count - int(draw.binomial(count, _ANONYMOUS))
        if not open_to or wanted == 0:
            return []
        weights = np.array(
            [
                self._habit[guest.person_id] * (_ASKED_WEIGHT if item.category in guest.asked else 1.0)
                for guest in open_to
            ]
        )
        size = min(wanted, len(open_to))
        picked = draw.choice(len(open_to), size=size, replace=False, p=weights / weights.sum())
        return sorted(open_to[int(index)].person_id for index in picked)

    def _rating(self, draw: np.random.Generator) -> int | None:
        if draw.random() >= _RATES:
            return None
        levels = sorted(self._world.rates.satisfaction.items(), reverse=True)
        shares = np.array([share for _, share in levels])
        return int(levels[int(draw.choice(len(levels), p=shares / shares.sum()))][0])


def _may_come(guest: Guest, item: CharterItem, year: int) -> bool:
    if guest.birth_year is None:
        return item.eligibility.min_age is None and item.eligibility.max_age is None
    age = year - guest.birth_year
    return (item.eligibility.min_age or 0) <= age <= (item.eligibility.max_age or 200)
