"""Loading what a report counts: rows up to the cut-off day become the frozen views of `linkage.rules.reporting_facts`.

Reads only, in a handful of queries of plain columns (a year has ten thousand records). With record ids given, only
those rows are kept, so that a stored figure can be counted again from its own records. What is dated is taken by its
date, never by a state that a later cycle changes.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.tables import (
    Activity,
    Area,
    Assignment,
    Community,
    ContractUnit,
    Gap,
    HoursEntry,
    Match,
    Need,
    Person,
    Rating,
    ServiceItem,
    ServiceRecord,
    Shift,
    Volunteer,
)
from linkage.db.work import settings_of
from linkage.rules.contract_units import RecordView
from linkage.rules.reporting_facts import Facts, HoursView, NeedView, RatingView, Scope, VolunteerView
from linkage.rules.workdays import add_working_days
from linkage.stages.standing import LOCAL_ZONE, Standing, local_date
from linkage.stages.working_calendar import calendar_for
from linkage.terms import GapCause, GapChange, MatchState, NeedState, RecordKind

_CONFIRMED = (MatchState.OFFERED, MatchState.ACCEPTED, MatchState.DECLINED, MatchState.EXPIRED)


def scope_of(standing: Standing, cut_off_on: date) -> Scope:
    """Return what a report of this project is held against on a day."""
    charter = standing.charter
    return Scope(
        from_on=charter.project.period.from_on,
        to_on=charter.project.period.to_on,
        cut_off_on=cut_off_on,
        units=charter.contract_units,
        persons_target_count=charter.project.beneficiaries.target_count,
    )


def load_facts(
    session: Session,
    standing: Standing,
    cut_off_on: date,
    *,
    from_on: date | None = None,
    only: tuple[RecordKind, Collection[int]] | None = None,
) -> Facts:
    """Load what happened up to a day.

    Parameters
    ----------
    from_on
        The first day, for a summary of one period; the project's first if not given. Needs are never cut by it.
    only
        Keep only these records; the other kinds are left empty.
    """
    reading = _Reading(session, standing, cut_off_on, from_on)
    kind, ids = only or (None, ())
    wanted = set(ids)
    records = reading.records() if kind in {None, RecordKind.SERVICE_RECORD} else ()
    ratings = reading.ratings() if kind in {None, RecordKind.RATING} else ()
    needs = reading.needs() if kind in {None, RecordKind.NEED} else ()
    hours = reading.hours() if kind in {None, RecordKind.HOURS_ENTRY} else ()
    if kind is not None:
        records = tuple(row for row in records if row.record_id in wanted)
        ratings = tuple(row for row in ratings if row.rating_id in wanted)
        needs = tuple(row for row in needs if row.need_id in wanted)
        hours = tuple(row for row in hours if row.entry_id in wanted)
    return Facts(records, ratings, needs, hours, reading.volunteers())


class _Reading:
    """The queries of one report."""

    def __init__(self, session: Session, standing: Standing, cut_off_on: date, from_on: date | None) -> None:
        self._session = session
        self._standing = standing
        self._project_id = standing.project.id
        self._from_on = from_on or date.min
        self._cut_off_on = cut_off_on
        self._until_at = datetime.combine(cut_off_on + timedelta(days=1), time(), LOCAL_ZONE)
        self._limits: dict[date, date] = {}

    @cached_property
    def _areas(self) -> dict[int, int]:
        """Each area's community."""
        query = select(Area.id, Area.community_id).where(Area.project_id == self._project_id)
        return dict(self._session.execute(query).all())

    @cached_property
    def _only_community_id(self) -> int | None:
        """The community, where the project has no other."""
        query = select(Community.id).where(Community.project_id == self._project_id)
        ids = list(self._session.execute(query).scalars())
        return ids[0] if len(ids) == 1 else None

    @cached_property
    def _homes(self) -> dict[int, int]:
        """The community each person lives in, where their area is known."""
        query = select(Person.id, Person.area_id).where(
            Person.project_id == self._project_id, Person.area_id.is_not(None)
        )
        return {
            person_id: self._areas[area_id]
            for person_id, area_id in self._session.execute(query)
            if area_id is not None
        }

    @cached_property
    def _activities(self) -> dict[int, tuple[str, int, int | None]]:
        """Each activity's service, cycle and area."""
        query = (
            select(Activity.id, ServiceItem.code, Activity.cycle, Activity.area_id)
            .join(ServiceItem, ServiceItem.id == Activity.service_item_id)
            .where(Activity.project_id == self._project_id)
        )
        return {row[0]: (row[1], row[2], row[3]) for row in self._session.execute(query)}

    def _place(self, activity_id: int, person_id: int | None) -> int | None:
        """Say which community a record belongs to: the person's, else the activity's, else the only one."""
        home = None if person_id is None else self._homes.get(person_id)
        if home is not None:
            return home
        area_id = self._activities[activity_id][2]
        return self._only_community_id if area_id is None else self._areas[area_id]

    def _record_by_on(self, served_on: date) -> date:
        """Return the last lawful day to record a service (order 67 art. 11)."""
        limit = self._limits.get(served_on)
        if limit is None:
            project, settings = self._standing.project, settings_of(self._session)
            calendar = calendar_for(settings, project.from_on, project.to_on)
            days = settings.delivery.record_within_working_days
            limit = self._limits[served_on] = add_working_days(served_on, days, calendar).on
        return limit

    def records(self) -> tuple[RecordView, ...]:
        """Read the service records, counted or waiting."""
        query = select(ContractUnit.id, ContractUnit.code).where(ContractUnit.project_id == self._project_id)
        units = dict(self._session.execute(query).all())
        row = ServiceRecord
        held = (
            select(
                row.id,
                row.activity_id,
                row.contract_unit_id,
                row.method,
                row.series,
                row.person_id,
                row.need_id,
                row.served_on,
                row.recorded_at,
                row.minutes,
                row.person_times,
                row.is_counted,
            )
            .where(row.project_id == self._project_id)
            .where(row.served_on <= self._cut_off_on, row.served_on >= self._from_on)
            .order_by(row.id)
        )
        return tuple(
            RecordView(
                record_id=record_id,
                activity_id=activity_id,
                service_code=self._activities[activity_id][0],
                unit_code=None if unit_id is None else units[unit_id],
                method=method,
                cycle=self._activities[activity_id][1],
                series=series,
                person_id=person_id,
                community_id=self._place(activity_id, person_id),
                need_id=need_id,
                served_on=served_on,
                minutes=minutes,
                person_times=person_times,
                is_on_time=local_date(recorded_at) <= self._record_by_on(served_on),
                is_counted=is_counted,
            )
            for (
                record_id,
                activity_id,
                unit_id,
                method,
                series,
                person_id,
                need_id,
                served_on,
                recorded_at,
                minutes,
                person_times,
                is_counted,
            ) in self._session.execute(held)
        )

    def ratings(self) -> tuple[RatingView, ...]:
        """Read the service users' answers given by the cut-off day."""
        query = (
            select(Rating.id, Rating.service_record_id, Rating.points)
            .where(Rating.project_id == self._project_id)
            .where(Rating.given_on <= self._cut_off_on, Rating.given_on >= self._from_on)
            .order_by(Rating.id)
        )
        return tuple(RatingView(*row) for row in self._session.execute(query))

    def needs(self) -> tuple[NeedView, ...]:
        """Read the needs asked by the cut-off day and how far they had come; withdrawn ones are gone."""
        matched, accepted = self._matched()
        met, causes = self._met(), self._causes()
        query = (
            select(Need.id, Need.category, Need.community_id)
            .where(Need.project_id == self._project_id, Need.asked_on <= self._cut_off_on)
            .where(Need.state != NeedState.WITHDRAWN)
            .order_by(Need.id)
        )
        found = []
        for need_id, category, community_id in self._session.execute(query):
            is_met = need_id in met
            is_accepted = is_met or need_id in accepted
            cause, change = causes.get(need_id, (None, None))
            found.append(
                NeedView(
                    need_id=need_id,
                    category=category,
                    community_id=community_id,
                    is_matched=is_accepted or need_id in matched,
                    is_accepted=is_accepted,
                    is_met=is_met,
                    is_unmet=cause is not None and not is_accepted,
                    cause=cause,
                    change=change,
                )
            )
        return tuple(found)

    def _matched(self) -> tuple[set[int], set[int]]:
        """Return the needs whose match a person confirmed, and those a provider accepted by the cut-off day."""
        query = select(Match.need_id, Match.state, Match.answered_at).where(Match.project_id == self._project_id)
        rows = list(self._session.execute(query))
        accepted = {
            need_id
            for need_id, state, answered_at in rows
            if state is MatchState.ACCEPTED and answered_at is not None and answered_at < self._until_at
        }
        return {need_id for need_id, state, _ in rows if state in _CONFIRMED}, accepted

    def _met(self) -> set[int]:
        query = select(ServiceRecord.need_id).where(
            ServiceRecord.project_id == self._project_id,
            ServiceRecord.need_id.is_not(None),
            ServiceRecord.is_counted.is_(True),
            ServiceRecord.served_on <= self._cut_off_on,
        )
        return {need_id for need_id in self._session.execute(query.distinct()).scalars() if need_id is not None}

    def _causes(self) -> dict[int, tuple[GapCause, GapChange | None]]:
        """Return why each need was left a gap, by the latest gap noted."""
        query = (
            select(Gap.need_id, Gap.cause, Gap.cheapest_change)
            .where(Gap.project_id == self._project_id, Gap.noted_on <= self._cut_off_on)
            .order_by(Gap.id)
        )
        return {need_id: (cause, _change(change)) for need_id, cause, change in self._session.execute(query)}

    def hours(self) -> tuple[HoursView, ...]:
        """Read the hours ledger, corrections included."""
        seats = select(Assignment.id, Shift.activity_id).join(Shift, Shift.id == Assignment.shift_id)
        activities = dict(self._session.execute(seats.where(Assignment.project_id == self._project_id)).all())
        row = HoursEntry
        query = (
            select(row.id, row.person_id, row.minutes, row.served_on, row.assignment_id)
            .where(row.project_id == self._project_id)
            .where(row.served_on <= self._cut_off_on, row.served_on >= self._from_on)
            .order_by(row.id)
        )
        return tuple(
            HoursView(
                entry_id,
                person_id,
                minutes,
                served_on,
                self._only_community_id if seat_id is None else self._place(activities[seat_id], None),
            )
            for entry_id, person_id, minutes, served_on, seat_id in self._session.execute(query)
        )

    def volunteers(self) -> tuple[VolunteerView, ...]:
        """Read who had joined by the cut-off day."""
        query = (
            select(Volunteer.person_id, Volunteer.pledge_minutes_per_month, Volunteer.joined_on, Volunteer.left_on)
            .where(Volunteer.project_id == self._project_id, Volunteer.joined_on <= self._cut_off_on)
            .order_by(Volunteer.person_id)
        )
        return tuple(VolunteerView(*row) for row in self._session.execute(query))


def _change(detail: dict[str, Any] | None) -> GapChange | None:
    """Read the smallest change a gap names."""
    word = (detail or {}).get("change")
    return None if word is None else GapChange.of(word)
