"""Contract units: what of the work delivered counts, what does not and why, and the records behind the count.

A contract owes a number of units and may set a minimum that makes each of them count (Changsha county 2022: a group
of at least 6 sessions and 42 person-times; seven groups of which one has 5 sessions are 6 of 7). Pure: records come
in as frozen views, counts and reasons go out; the words for them belong to whoever prints. Persons are distinct
people and are never added to person-times; meals are counted on their own and never added to person-times either.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final, NamedTuple

from linkage.schemas.charter_contract import ContractUnit, UnitMinimum
from linkage.terms import ServiceMethod, UncountedCause, UnitBasis, UnitCount, UnitMeasure


class RecordView(NamedTuple):
    """One service record as the rules see it.

    Parameters
    ----------
    unit_code
        The contract unit its service was agreed under, if any.
    cycle
        The project's cycle its activity belongs to.
    series
        The group or case that this session belongs to.
    person_times
        Visits, not persons: one resident may count many times.
    is_on_time
        Whether it was entered within the lawful working days (order 67 art. 11).
    is_counted
        False while a flag waits for a person.
    """

    record_id: int
    activity_id: int
    service_code: str
    unit_code: str | None
    method: ServiceMethod
    cycle: int
    series: str | None
    person_id: int | None
    community_id: int | None
    need_id: int | None
    served_on: date
    minutes: int
    person_times: int
    is_on_time: bool
    is_counted: bool


class Measures(NamedTuple):
    """What one unit comes to; only counted records are in it."""

    person_times: int
    sessions: int
    follow_ups: int
    persons: int

    def of(self, measure: UnitMeasure) -> int:
        """Read one measure by its word."""
        return {
            UnitMeasure.PERSON_TIMES: self.person_times,
            UnitMeasure.SESSIONS: self.sessions,
            UnitMeasure.FOLLOW_UPS: self.follow_ups,
            UnitMeasure.PERSONS: self.persons,
        }[measure]


class Part(NamedTuple):
    """One unit as it was delivered: an activity, a group or a case.

    Parameters
    ----------
    activity_id
        The activity, or the first session of a group or case.
    waiting_count
        How many of its records wait for a person and are not in its measures.
    """

    activity_id: int
    series: str | None
    person_id: int | None
    record_ids: tuple[int, ...]
    measures: Measures
    waiting_count: int


class Shortfall(NamedTuple):
    """A minimum that is missed: what was reached, and what the contract asks.

    Parameters
    ----------
    reached
        The unit's own measure; for an average, what the units would come to with this one among them.
    """

    measure: UnitMeasure
    basis: UnitBasis
    reached: Fraction
    at_least: int


class Uncounted(NamedTuple):
    """Something delivered that does not count, and why.

    Parameters
    ----------
    part
        The unit that misses a minimum; None where the reason holds for single records.
    quantity
        In what the unit counts: person-times, persons, records or units.
    """

    cause: UncountedCause
    part: Part | None
    shortfalls: tuple[Shortfall, ...]
    quantity: int
    record_ids: tuple[int, ...]


@dataclass(frozen=True)
class UnitTally:
    """What of one contract unit is done.

    Parameters
    ----------
    recorded_count
        What was delivered, counted or not.
    counted_count
        What meets the contract.
    record_ids
        The records behind `counted_count`, ascending.
    """

    unit: ContractUnit
    recorded_count: int
    counted_count: int
    record_ids: tuple[int, ...]
    uncounted: tuple[Uncounted, ...]


def tally(unit: ContractUnit, records: Iterable[RecordView]) -> UnitTally:
    """Count what is done of one contract unit.

    A unit that names no method counts the records of all services; any other counts the records of the services
    agreed under it.
    """
    own = [record for record in records if unit.method is None or record.unit_code == unit.code]
    if unit.counts is UnitCount.MEALS and unit.method is None:
        own = [record for record in own if record.method is ServiceMethod.MEAL]
    fitting = [record for record in own if unit.method in {None, record.method}]
    strange = [record for record in own if unit.method not in {None, record.method}]
    told = [] if not strange else [_single(UncountedCause.OTHER_METHOD, strange, unit.counts)]
    if unit.counts in _GROUPED:
        return _tally_parts(unit, fitting, told)
    return _tally_records(unit, fitting, told)


_GROUPED: Final = frozenset({UnitCount.ACTIVITIES, UnitCount.GROUPS, UnitCount.CASES})


def _ids(records: Iterable[RecordView]) -> tuple[int, ...]:
    return tuple(sorted(record.record_id for record in records))


def _quantity(counts: UnitCount, records: Sequence[RecordView]) -> int:
    """Count records in the contract's own measure."""
    if counts in {UnitCount.PERSON_TIMES, UnitCount.MEALS}:
        return sum(record.person_times for record in records)
    if counts is UnitCount.PERSONS:
        return len({record.person_id for record in records} - {None})
    return len(records)


def _single(cause: UncountedCause, records: Sequence[RecordView], counts: UnitCount) -> Uncounted:
    quantity = len(records) if cause is UncountedCause.NO_PERSON else _quantity(counts, records)
    return Uncounted(cause, None, (), quantity, _ids(records))


def _tally_records(unit: ContractUnit, records: Sequence[RecordView], told: list[Uncounted]) -> UnitTally:
    """Count a unit that is a sum over records: person-times, meals, persons, records."""
    counted = [record for record in records if record.is_counted]
    waiting = [record for record in records if not record.is_counted]
    if waiting:
        told.append(_single(UncountedCause.WAITING, waiting, unit.counts))
    if unit.counts is UnitCount.PERSONS:
        nameless = [record for record in counted if record.person_id is None]
        counted = [record for record in counted if record.person_id is not None]
        if nameless:
            told.append(_single(UncountedCause.NO_PERSON, nameless, unit.counts))
    return UnitTally(
        unit,
        recorded_count=_quantity(unit.counts, records),
        counted_count=_quantity(unit.counts, counted),
        record_ids=_ids(counted),
        uncounted=tuple(told),
    )


def _tally_parts(unit: ContractUnit, records: Sequence[RecordView], told: list[Uncounted]) -> UnitTally:
    """Count a unit that is made of activities, groups or cases, each with its minimums."""
    kept: dict[tuple[str, int], list[RecordView]] = {}
    nameless: list[RecordView] = []
    for record in records:
        key = _part_key(unit.counts, record)
        if key is None:
            nameless.append(record)
        else:
            kept.setdefault(key, []).append(record)
    if nameless:
        told.append(_single(UncountedCause.NO_PERSON, nameless, unit.counts))
    parts = sorted((_part(unit.counts, held) for held in kept.values()), key=lambda part: part.record_ids)
    missed: dict[Part, tuple[Shortfall, ...]] = {}
    for part in parts:
        short = _each_shortfalls(unit.per_unit, part)
        if short or not part.measures.follow_ups:
            missed[part] = short
    standing = [part for part in parts if part not in missed]
    standing, dropped = _keep_average(unit.per_unit, standing)
    missed |= dropped
    told.extend(
        Uncounted(UncountedCause.BELOW_MINIMUM if missed[part] else UncountedCause.WAITING, part, missed[part], 1, ids)
        for part, ids in ((part, part.record_ids) for part in parts)
        if part in missed
    )
    return UnitTally(
        unit,
        recorded_count=len(parts),
        counted_count=len(standing),
        record_ids=tuple(sorted(record_id for part in standing for record_id in part.record_ids)),
        uncounted=tuple(told),
    )


def _part_key(counts: UnitCount, record: RecordView) -> tuple[str, int] | None:
    """Say which activity, group or case a record belongs to; None where a case has neither series nor person."""
    if counts is UnitCount.ACTIVITIES:
        return ("", record.activity_id)
    if record.series is not None:
        return (record.series, 0)
    if counts is UnitCount.GROUPS:
        return (record.service_code, record.cycle)
    return None if record.person_id is None else (record.service_code, record.person_id)


def _part(counts: UnitCount, records: Sequence[RecordView]) -> Part:
    counted = [record for record in records if record.is_counted]
    first = min(records, key=lambda record: (record.served_on, record.activity_id))
    return Part(
        activity_id=first.activity_id,
        series=first.series,
        person_id=first.person_id if counts is UnitCount.CASES else None,
        record_ids=_ids(counted or records),
        measures=Measures(
            person_times=sum(record.person_times for record in counted),
            sessions=len({record.activity_id for record in counted}),
            follow_ups=len(counted),
            persons=len({record.person_id for record in counted} - {None}),
        ),
        waiting_count=len(records) - len(counted),
    )


def _each_shortfalls(minimums: Iterable[UnitMinimum], part: Part) -> tuple[Shortfall, ...]:
    return tuple(
        Shortfall(minimum.measure, minimum.basis, Fraction(part.measures.of(minimum.measure)), minimum.at_least)
        for minimum in minimums
        if minimum.basis is UnitBasis.EACH and part.measures.of(minimum.measure) < minimum.at_least
    )


def _keep_average(
    minimums: Iterable[UnitMinimum], parts: Sequence[Part]
) -> tuple[list[Part], dict[Part, tuple[Shortfall, ...]]]:
    """Keep the most units whose average meets each minimum; the smallest are left out first.

    An average is asked of the units together, so a small event is welcome as long as the others carry it; leaving
    out the smallest first keeps as many as can be kept.
    """
    averages = [minimum for minimum in minimums if minimum.basis is UnitBasis.AVERAGE]
    kept = list(parts)
    dropped: dict[Part, tuple[Shortfall, ...]] = {}
    while kept:
        failing = next((one for one in averages if _average(one, kept) < one.at_least), None)
        if failing is None:
            break
        smallest = min(reversed(kept), key=lambda part: part.measures.of(failing.measure))
        reached = _average(failing, kept)
        dropped[smallest] = (Shortfall(failing.measure, failing.basis, reached, failing.at_least),)
        kept.remove(smallest)
    return kept, dropped


def _average(minimum: UnitMinimum, parts: Sequence[Part]) -> Fraction:
    return Fraction(sum(part.measures.of(minimum.measure) for part in parts), len(parts))
