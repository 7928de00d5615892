"""Builders for what a report counts: activities, service records, ratings, needs, hours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.base import Owned
from linkage.db.guard import insert_rows
from linkage.db.tables import (
    Activity,
    Area,
    Assignment,
    CommonIssue,
    Community,
    ContractUnit,
    Gap,
    HoursEntry,
    Match,
    MatchRun,
    Need,
    Person,
    Rating,
    ServiceItem,
    ServiceRecord,
    Shift,
    ShiftOffer,
    Volunteer,
)
from linkage.db.tables.delivery import HoursKind
from linkage.stages.standing import standing_of
from linkage.terms import (
    ActivityState,
    GapCause,
    MatchState,
    NeedCategory,
    NeedState,
    OfferState,
    ServiceMethod,
    Stage,
)

NOW = datetime(2024, 10, 2, 1, 0, tzinfo=UTC)
"""Two days after the first cycle of the small charter."""

END = datetime(2025, 1, 2, 1, 0, tzinfo=UTC)
"""Two days after the small charter's last day."""


@dataclass
class Field:
    """Enters rows as the earlier stages leave them; days are of the project's calendar."""

    adopted: Any
    _people: dict[str, int] = field(default_factory=dict)
    _activities: int = 0
    _session: Session | None = None

    def write(self, use_case: Callable[[Session], Any], now: datetime = NOW) -> Any:
        """Run one change in a transaction of its own."""
        if self._session is not None:
            return use_case(self._session)

        def change(session: Session) -> Any:
            act(session, "test.entered", project_id=self.adopted.project_id)
            return use_case(session)

        return self.adopted.run(change, now)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Enter many rows in one transaction."""
        with self.adopted.work.begin(self.adopted.organization_id, now=NOW) as session:
            act(session, "test.entered", project_id=self.adopted.project_id)
            self._session = session
            try:
                yield
            finally:
                self._session = None

    def _row(self, session: Session, table: type[Owned], **values: Any) -> int:
        return insert_rows(session, table, [{"project_id": self.adopted.project_id, **values}])[0]

    def _id(self, session: Session, table: Any, code: str | None) -> int | None:
        if code is None:
            return None
        query = select(table.id).where(table.project_id == self.adopted.project_id, table.code == code)
        return session.execute(query).scalar_one()

    def person(self, code: str, *, area: str | None = "east-1", name: str = "覃月英") -> int:
        """Enter a resident once."""
        if code not in self._people:

            def enter(session: Session) -> int:
                return self._row(
                    session, Person, area_id=self._id(session, Area, area), code=code, name_sealed=name,
                    phone_sealed="13800138000", birth_year=1950,
                )  # fmt: skip

            self._people[code] = self.write(enter)
        return self._people[code]

    def activity(
        self,
        service: str,
        on: date,
        *,
        area: str | None = None,
        series: str | None = None,
        cycle: int = 1,
        state: ActivityState = ActivityState.DONE,
    ) -> int:
        """Enter one occasion of a service."""
        self._activities += 1
        starts_at = datetime.combine(on, time(2), UTC)

        def enter(session: Session) -> int:
            query = select(ServiceItem).where(
                ServiceItem.project_id == self.adopted.project_id, ServiceItem.code == service
            )
            item = session.execute(query).scalar_one()
            return self._row(
                session, Activity, service_item_id=item.id, contract_unit_id=item.contract_unit_id,
                area_id=self._id(session, Area, area), cycle=cycle, code=f"{service}-{self._activities}",
                name=item.name, method=item.method, series=series, place="活动室", content="内容", risks="风险",
                capacity=20, held_on=on, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2), state=state,
            )  # fmt: skip

        return self.write(enter)

    def serve(
        self,
        activity_id: int,
        people: Sequence[str | None] = (None,),
        *,
        person_times: int = 1,
        minutes: int = 60,
        is_counted: bool = True,
        points: int | None = None,
        need_id: int | None = None,
        recorded_at: datetime | None = None,
        method: ServiceMethod | None = None,
        series: str | None = None,
    ) -> list[int]:
        """Enter one service record for each person (None: a crowd without names), each with the same rating."""
        ids = [None if code is None else self.person(code) for code in people]

        def enter(session: Session) -> list[int]:
            held = session.get_one(Activity, activity_id)
            at = recorded_at or datetime.combine(held.held_on, time(10), UTC)
            count = len(session.execute(select(ServiceRecord.id)).all())
            made = insert_rows(
                session,
                ServiceRecord,
                [
                    {
                        "project_id": held.project_id, "activity_id": held.id,
                        "contract_unit_id": held.contract_unit_id, "person_id": person_id, "need_id": need_id,
                        "key": f"{held.code}:{count + number}", "method": method or held.method,
                        "series": series or held.series, "served_on": held.held_on, "recorded_at": at,
                        "minutes": minutes, "person_times": person_times, "flag": None, "justification": None,
                        "is_counted": is_counted,
                    }
                    for number, person_id in enumerate(ids)
                ],
            )  # fmt: skip
            if points is not None:
                for record_id in made:
                    self._row(
                        session, Rating, service_record_id=record_id, person_id=None, points=points,
                        given_on=held.held_on,
                    )  # fmt: skip
            return made

        return self.write(enter)

    def need(
        self,
        code: str,
        category: NeedCategory = NeedCategory.MEAL,
        *,
        on: date = date(2024, 7, 1),
        community: str = "east",
        gap: GapCause | None = None,
        service: str | None = None,
    ) -> int:
        """Enter what a resident asks for, with the gap it was left or the service that accepted it."""
        person_id = self.person(code)

        def enter(session: Session) -> int:
            community_id = self._id(session, Community, community)
            issue = select(CommonIssue.id).where(
                CommonIssue.community_id == community_id, CommonIssue.category == category
            )
            issue_id = session.execute(issue).scalar_one_or_none() or self._row(
                session, CommonIssue, community_id=community_id, category=category, cycle=1
            )
            need_id = self._row(
                session, Need, common_issue_id=issue_id, person_id=person_id, community_id=community_id,
                category=category, question_key="6", stated=category.label, quantity=1, priority=2, asked_on=on,
                needed_by_on=None, cycle=1, state=NeedState.UNMET if gap else NeedState.ACCEPTED,
            )  # fmt: skip
            query = select(MatchRun.id).where(MatchRun.project_id == self.adopted.project_id)
            run_id = session.execute(query).scalar_one_or_none() or self._row(
                session, MatchRun, cycle=1, status="optimal", objectives={}, seed=1, proposed_at=NOW
            )
            if gap is not None:
                self._row(
                    session, Gap, match_run_id=run_id, need_id=need_id, cause=gap, quantity=1, reasons=[],
                    cheapest_change={"change": "add_offer", "by": 1}, noted_on=date(2024, 7, 5),
                )  # fmt: skip
            if service is not None:
                self._row(
                    session, Match, match_run_id=run_id, need_id=need_id,
                    service_item_id=self._id(session, ServiceItem, service), quantity=1, state=MatchState.ACCEPTED,
                    reasons=[{"ground": "category"}], expires_at=None, answered_at=datetime(2024, 7, 8, tzinfo=UTC),
                )  # fmt: skip
            return need_id

        return self.write(enter)

    def volunteer(
        self, code: str, *, pledge_minutes: int = 0, name: str = "吴志强", left_on: date | None = None
    ) -> int:
        """Enter a volunteer from the project's first day."""
        person_id = self.person(code, area=None, name=name)
        self.write(
            lambda session: self._row(
                session, Volunteer, person_id=person_id, party_id=None, skills=[], availability=[], is_lead=False,
                pledge_minutes_per_month=pledge_minutes, max_minutes_per_month=6000, joined_on=date(2024, 7, 1),
                left_on=left_on,
            )
        )  # fmt: skip
        return person_id

    def hours(self, code: str, activity_id: int, minutes: int, *, is_lead: bool = False) -> int:
        """Enter a volunteer's shift at an activity and what it came to in the ledger."""
        person_id = self.person(code)

        def enter(session: Session) -> int:
            on = session.get_one(Activity, activity_id).held_on
            query = select(Shift.id).where(Shift.activity_id == activity_id, Shift.is_lead.is_(is_lead))
            shift_id = session.execute(query).scalar_one_or_none() or self._row(
                session, Shift, activity_id=activity_id, skill="", is_lead=is_lead, min_count=1, target_count=3
            )
            offer_id = self._row(
                session, ShiftOffer, shift_id=shift_id, person_id=person_id, state=OfferState.ACCEPTED,
                is_replacement=False, offered_at=NOW, expires_at=NOW, answered_at=NOW, reason=None,
            )  # fmt: skip
            seat_id = self._row(
                session, Assignment, shift_offer_id=offer_id, shift_id=shift_id, person_id=person_id,
                accepted_at=NOW, ended_at=None,
            )  # fmt: skip
            return self._row(
                session, HoursEntry, person_id=person_id, assignment_id=seat_id, corrects_id=None,
                entry_key=f"{seat_id}", kind=HoursKind.SERVED, minutes=minutes, served_on=on,
                record_by_on=on + timedelta(days=14), recorded_at=NOW, reason=None,
            )  # fmt: skip

        return self.write(enter)

    def unit(self, code: str) -> int:
        """Return a contract unit's id."""
        found = self.adopted.look(lambda session: self._id(session, ContractUnit, code))
        assert found is not None
        return found

    def standing(self, use_case: Callable[[Session, Any], Any]) -> Any:
        """Read with the project's standing."""
        return self.adopted.look(lambda session: use_case(session, standing_of(session, self.adopted.project_id)))


def fill(found: Field) -> None:
    """Enter 12 lunches for two residents, rated; a need met, one left a gap; two volunteers, one who came."""
    with found.together():
        for code in ("R0001", "R0002"):
            found.person(code)
        found.volunteer("V0001", pledge_minutes=60)
        found.volunteer("V0002", pledge_minutes=60)
        need_id = found.need("R0001", service="lunch")
        found.need("R0002", NeedCategory.LEGAL, gap=GapCause.NO_OFFER)
        for month, day in ((7, 1), (7, 2), (8, 1), (8, 2), (9, 2), (9, 3)):
            activity_id = found.activity("lunch", date(2024, month, day))
            found.serve(activity_id, ["R0001", "R0002"], points=5 if day < 3 else 3, need_id=need_id)
            found.hours("V0001", activity_id, 90, is_lead=day == 1)


@pytest.fixture
def found_field(adopt: Callable[..., Any]) -> Callable[..., Field]:
    """Return a builder of a field whose project adopted the small charter, with whole sections replaced."""

    def build(**changed: Any) -> Field:
        return Field(adopt(**({"assessment": {"scheme": "four-bands"}} | changed)))

    return build


@pytest.fixture
def served(found_field: Callable[..., Field]) -> Field:
    """Return a project at the reporting of its first cycle of two."""
    found = found_field()
    fill(found)
    found.adopted.enter(Stage.REPORTING, NOW)
    return found


@pytest.fixture
def closing(found_field: Callable[..., Field], charter_sections: dict[str, Any]) -> Field:
    """Return a project at the reporting of its only cycle, with an assessed tranche after it."""
    tranches = charter_sections["tranches"]
    tranches[1]["cycle"] = 1
    found = found_field(project=charter_sections["project"] | {"cycle_months": 6}, tranches=tranches)
    fill(found)
    found.adopted.enter(Stage.REPORTING, END)
    return found
