"""The figures of a report: each number with the records it was counted from.

Pure: facts come in as frozen views, figures go out with numerator, denominator and record ids, so that the same code
counts a figure again from its records alone. Counts of two kinds are never added: persons and person-times, meals and
person-times. Shares for an assessment compare what is done with what an even pace has made due by the cut-off day
(whole units, see `pace`); at the end of the project that is the whole target. Nothing here is configured.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from linkage.rules.contract_units import RecordView, UnitTally, tally
from linkage.rules.hours import PledgeStanding, pledge_share
from linkage.rules.pace import due_count
from linkage.rules.reporting_facts import Facts, Scope, VolunteerView
from linkage.schemas.charter_contract import ContractUnit
from linkage.schemas.figure import MINUTES_UNIT, PERCENT_UNIT
from linkage.terms import AssessedFigure, RecordKind, ReportFigure, ServiceMethod, UnitCount

SATISFIED_FROM: Final = 4
"""The lowest of the five ratings that counts as satisfied (4 is 满意, 3 is 一般)."""

UNIT_PREFIX: Final = "unit-"
"""What the figure code of a contract unit begins with."""


@dataclass(frozen=True)
class CountedFigure:
    """A number before it is stored.

    Parameters
    ----------
    denominator
        None where the numerator is the value; else the figure is a share, and 0 means nothing was asked yet.
    record_ids
        The records it leads back to, ascending.
    """

    code: str
    label: str
    numerator: int
    denominator: int | None
    unit: str
    record_kind: RecordKind
    record_ids: tuple[int, ...]


def unit_code(unit: ContractUnit) -> str:
    """Return the figure code of a contract unit."""
    return f"{UNIT_PREFIX}{unit.code}"


def tallies(facts: Facts, units: Iterable[ContractUnit]) -> tuple[UnitTally, ...]:
    """Count every contract unit."""
    return tuple(tally(unit, facts.records) for unit in units)


def figures(facts: Facts, scope: Scope) -> tuple[CountedFigure, ...]:
    """Count every figure of a purchaser's report: plain counts, contract units, assessed shares."""
    counted_units = tallies(facts, scope.units)
    return (*counts(facts), *pledges(facts, scope), *_units(counted_units), *_shares(facts, scope, counted_units))


def counts(facts: Facts) -> tuple[CountedFigure, ...]:
    """Count what every report and summary prints."""
    records = facts.counted
    named = [record for record in records if record.person_id is not None]
    meals = [record for record in records if record.method is ServiceMethod.MEAL]
    found = [
        _of_records(ReportFigure.PERSONS, len({record.person_id for record in named}), "人", named),
        _of_records(ReportFigure.PERSON_TIMES, sum(record.person_times for record in records), "人次", records),
        _of_records(ReportFigure.ACTIVITIES, len({record.activity_id for record in records}), "场次", records),
    ]
    if meals:
        found.insert(2, _of_records(ReportFigure.MEALS, sum(record.person_times for record in meals), "餐", meals))
    asked = tuple(sorted(need.need_id for need in facts.needs))
    met = tuple(sorted(need.need_id for need in facts.needs if need.is_met))
    minutes = Counter[int]()
    for entry in facts.hours:
        minutes[entry.person_id] += entry.minutes
    active = sum(total > 0 for total in minutes.values())
    entries = tuple(sorted(entry.entry_id for entry in facts.hours))
    found += [
        _plain(ReportFigure.NEEDS_ASKED, len(asked), "项", RecordKind.NEED, asked),
        _plain(ReportFigure.NEEDS_MET, len(met), "项", RecordKind.NEED, met),
        _plain(ReportFigure.VOLUNTEERS, active, "人", RecordKind.HOURS_ENTRY, entries),
        _plain(ReportFigure.VOLUNTEER_MINUTES, minutes.total(), MINUTES_UNIT, RecordKind.HOURS_ENTRY, entries),
    ]
    return tuple(found)


def _plain(
    figure: ReportFigure, number: int, unit: str, kind: RecordKind, record_ids: tuple[int, ...]
) -> CountedFigure:
    return CountedFigure(figure.value, figure.label, number, None, unit, kind, record_ids)


def _of_records(figure: ReportFigure, number: int, unit: str, records: Sequence[RecordView]) -> CountedFigure:
    ids = tuple(sorted(record.record_id for record in records))
    return _plain(figure, number, unit, RecordKind.SERVICE_RECORD, ids)


def whole_months(from_on: date, to_on: date) -> tuple[date, ...]:
    """List the firsts of the months that lie wholly within a span."""
    first = from_on if from_on.day == 1 else _next_month(from_on)
    found: list[date] = []
    while (following := _next_month(first)) - timedelta(days=1) <= to_on:
        found.append(first)
        first = following
    return tuple(found)


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def pledges(facts: Facts, scope: Scope) -> tuple[CountedFigure, ...]:
    """Count how many monthly promises were kept, over the whole months so far; none where nobody promised."""
    kept = promised = 0
    served = Counter[tuple[int, date]]()
    for entry in facts.hours:
        served[entry.person_id, entry.served_on.replace(day=1)] += entry.minutes
    for month_on in whole_months(scope.from_on, scope.cut_off_on):
        share = pledge_share(_standings(facts.volunteers, served, month_on), month_on)
        kept, promised = kept + share.numerator, promised + share.denominator
    if not promised:
        return ()
    figure = ReportFigure.PLEDGE_KEPT
    entries = tuple(sorted(entry.entry_id for entry in facts.hours))
    return (CountedFigure(figure.value, figure.label, kept, promised, PERCENT_UNIT, RecordKind.HOURS_ENTRY, entries),)


def _standings(
    volunteers: Iterable[VolunteerView], served: Counter[tuple[int, date]], month_on: date
) -> list[PledgeStanding]:
    """List who was with the project in a month; one who left later had not left then."""
    return [
        PledgeStanding(one.person_id, one.pledge_minutes, served[one.person_id, month_on], one.joined_on)
        for one in volunteers
        if one.left_on is None or one.left_on >= _next_month(month_on)
    ]


def _units(counted: Sequence[UnitTally]) -> tuple[CountedFigure, ...]:
    return tuple(
        CountedFigure(
            unit_code(one.unit),
            one.unit.name,
            one.counted_count,
            None,
            one.unit.unit,
            RecordKind.SERVICE_RECORD,
            one.record_ids,
        )
        for one in counted
    )


def _share(figure: AssessedFigure, part: tuple[int, int], kind: RecordKind, record_ids: Iterable[int]) -> CountedFigure:
    numerator, denominator = part
    ids = tuple(sorted(record_ids))
    return CountedFigure(figure.value, figure.label, numerator, denominator, PERCENT_UNIT, kind, ids)


def _shares(facts: Facts, scope: Scope, counted_units: Sequence[UnitTally]) -> tuple[CountedFigure, ...]:
    """Count the shares an assessment may ask for."""
    record = RecordKind.SERVICE_RECORD
    named = [one for one in facts.counted if one.person_id is not None]
    persons = len({one.person_id for one in named}), due_count(scope.persons_target_count, scope.elapsed)
    volume = _volume(counted_units)
    due = sum(due_count(one.unit.target_count, scope.elapsed) for one in volume)
    owed = [one for one in counted_units if due_count(one.unit.target_count, scope.elapsed)]
    reached = [one for one in owed if one.counted_count >= due_count(one.unit.target_count, scope.elapsed)]
    satisfied = sum(rating.points >= SATISFIED_FROM for rating in facts.ratings)
    answered = sum(need.is_accepted or need.is_met for need in facts.needs)
    on_time = sum(one.is_on_time for one in facts.records)
    return (
        _share(AssessedFigure.PERSONS_RATIO, persons, record, (one.record_id for one in named)),
        _share(
            AssessedFigure.SERVICE_VOLUME_RATIO,
            (sum(one.counted_count for one in volume), due),
            record,
            {record_id for one in volume for record_id in one.record_ids},
        ),
        _share(
            AssessedFigure.CONTRACT_UNITS_RATIO,
            (len(reached), len(owed)),
            record,
            {record_id for one in owed for record_id in one.record_ids},
        ),
        _share(
            AssessedFigure.SATISFACTION_RATIO,
            (satisfied, len(facts.ratings)),
            RecordKind.RATING,
            (rating.rating_id for rating in facts.ratings),
        ),
        _share(
            AssessedFigure.NEEDS_ANSWERED_RATIO,
            (answered, len(facts.needs)),
            RecordKind.NEED,
            (need.need_id for need in facts.needs),
        ),
        _share(
            AssessedFigure.ON_TIME_RECORDS_RATIO,
            (on_time, len(facts.records)),
            record,
            (one.record_id for one in facts.records),
        ),
    )


_VOLUME: Final = (UnitCount.PERSON_TIMES, UnitCount.SERVICE_RECORDS, UnitCount.MEALS, UnitCount.ACTIVITIES)


def _volume(counted_units: Sequence[UnitTally]) -> tuple[UnitTally, ...]:
    """Choose what the service volume is: units of one kind, person-times first, never two kinds together.

    A unit over all services holds the records of every other one, so it stands alone; units of single methods hold
    different records and may be added.
    """
    for counts_what in _VOLUME:
        alike = tuple(one for one in counted_units if one.unit.counts is counts_what)
        whole = tuple(one for one in alike if one.unit.method is None)
        if alike:
            return whole[:1] or alike
    return ()
