"""The rules of contract units: what counts, what does not and why, and the records behind the count."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.rules.contract_units import RecordView, Shortfall, UnitTally, tally
from linkage.schemas.charter_contract import ContractUnit, UnitMinimum
from linkage.terms import ServiceMethod, UncountedCause, UnitBasis, UnitCount, UnitMeasure


def a_unit(counts: UnitCount, *per_unit: UnitMinimum, **changed: Any) -> ContractUnit:
    """Build a contract unit of group work unless told otherwise."""
    values: dict[str, Any] = {
        "code": "unit",
        "name": "合同单元",
        "method": ServiceMethod.GROUP_WORK,
        "target_count": 7,
        "unit": "个",
    }
    return ContractUnit(counts=counts, per_unit=per_unit, **(values | changed))


def a_record(record_id: int, **changed: Any) -> RecordView:
    """Build a counted group-work record of one person-time."""
    values: dict[str, Any] = {
        "record_id": record_id,
        "activity_id": record_id,
        "service_code": "group",
        "unit_code": "unit",
        "method": ServiceMethod.GROUP_WORK,
        "cycle": 1,
        "series": None,
        "person_id": record_id,
        "community_id": 1,
        "need_id": None,
        "served_on": date(2024, 7, 1) + timedelta(days=record_id % 90),
        "minutes": 60,
        "person_times": 1,
        "is_on_time": True,
        "is_counted": True,
    }
    return RecordView(**(values | changed))


def a_group(series: str, sessions: int, each: int, *, first: int) -> list[RecordView]:
    """Build a group: one record of `each` person-times for each session."""
    return [a_record(first + number, series=series, person_times=each) for number in range(sessions)]


SIX_SESSIONS = UnitMinimum(measure=UnitMeasure.SESSIONS, at_least=6)
PERSON_TIMES_42 = UnitMinimum(measure=UnitMeasure.PERSON_TIMES, at_least=42)


def an_average(at_least: int) -> UnitMinimum:
    """Build a minimum that the units reach together, such as 25 participants on average."""
    return UnitMinimum(measure=UnitMeasure.PERSON_TIMES, at_least=at_least, basis=UnitBasis.AVERAGE)


def kept(found: UnitTally) -> tuple[int, int]:
    """Return what was delivered and what counts."""
    return found.recorded_count, found.counted_count


def test_groups_of_changsha_one_with_five_sessions_count_six_of_seven() -> None:
    """Seven groups of which one has 5 sessions are 6 of 7, with the reason (Changsha county 2022)."""
    records = [record for number in range(6) for record in a_group(f"g{number}", 6, 7, first=number * 10 + 1)]
    records += a_group("g6", 5, 9, first=100)

    found = tally(a_unit(UnitCount.GROUPS, SIX_SESSIONS, PERSON_TIMES_42), records)

    assert kept(found) == (7, 6)
    (missed,) = found.uncounted
    assert missed.cause is UncountedCause.BELOW_MINIMUM
    assert missed.part is not None
    assert missed.part.series == "g6"
    assert missed.shortfalls == (Shortfall(UnitMeasure.SESSIONS, UnitBasis.EACH, Fraction(5), 6),)
    assert found.record_ids == tuple(record.record_id for record in records[:36])


def test_group_missing_both_minimums_names_both() -> None:
    """A group needs at least 6 sessions and 42 person-times; what misses both is told both."""
    found = tally(a_unit(UnitCount.GROUPS, SIX_SESSIONS, PERSON_TIMES_42), a_group("g", 5, 8, first=1))

    assert [short.measure for short in found.uncounted[0].shortfalls] == [
        UnitMeasure.SESSIONS,
        UnitMeasure.PERSON_TIMES,
    ]
    assert kept(found) == (1, 0)


def test_two_records_of_one_session_are_one_session() -> None:
    """Sessions are activities held, not records: twelve participants of one session are one session."""
    records = [a_record(number, activity_id=1, series="g") for number in range(1, 13)]

    found = tally(a_unit(UnitCount.GROUPS, SIX_SESSIONS), records)

    assert found.uncounted[0].shortfalls[0].reached == 1


def test_group_without_series_is_its_service_in_one_cycle() -> None:
    """Sessions without a named group belong to their service's group of the cycle."""
    records = [a_record(number, cycle=1 + (number > 6)) for number in range(1, 13)]

    assert kept(tally(a_unit(UnitCount.GROUPS, SIX_SESSIONS), records)) == (2, 2)


def test_large_event_counts_from_two_hundred() -> None:
    """A large event has at least 200 people; 199 do not make one (Changsha county 2022)."""
    minimum = UnitMinimum(measure=UnitMeasure.PERSON_TIMES, at_least=200)
    records = [a_record(1, person_times=199), a_record(2, person_times=200)]

    found = tally(a_unit(UnitCount.ACTIVITIES, minimum), records)

    assert kept(found) == (2, 1)
    assert found.record_ids == (2,)


def test_average_is_asked_of_the_events_together() -> None:
    """Small and medium events have at least 25 people on average: 20 and 30 both count."""
    records = [a_record(1, person_times=20), a_record(2, person_times=30)]

    assert kept(tally(a_unit(UnitCount.ACTIVITIES, an_average(25)), records)) == (2, 2)


def test_average_missed_leaves_out_the_smallest_first() -> None:
    """Where the average is missed, the smallest events are left out until it is met, each with what it came to."""
    records = [a_record(1, person_times=10), a_record(2, person_times=20), a_record(3, person_times=30)]

    found = tally(a_unit(UnitCount.ACTIVITIES, an_average(25)), records)

    assert kept(found) == (3, 2)
    assert found.record_ids == (2, 3)
    assert found.uncounted[0].shortfalls == (Shortfall(UnitMeasure.PERSON_TIMES, UnitBasis.AVERAGE, Fraction(20), 25),)


def test_average_never_met_counts_nothing() -> None:
    """Events that are all too small count nothing."""
    records = [a_record(number, person_times=3) for number in (1, 2)]

    assert kept(tally(a_unit(UnitCount.ACTIVITIES, an_average(25)), records)) == (2, 0)


@given(st.lists(st.integers(0, 60), max_size=12), st.integers(1, 40))
def test_average_keeps_as_many_as_any_choice_could(sizes: list[int], at_least: int) -> None:
    """No choice of events that meets the average is larger than the one kept."""
    records = [a_record(number, person_times=size) for number, size in enumerate(sizes, start=1)]

    found = tally(a_unit(UnitCount.ACTIVITIES, an_average(at_least)), records)

    largest = sorted(sizes, reverse=True)
    best = max((n for n in range(len(sizes) + 1) if sum(largest[:n]) >= at_least * n), default=0)
    assert found.counted_count == best
    assert found.counted_count + len(found.uncounted) == found.recorded_count


def test_case_counts_from_six_follow_ups() -> None:
    """A case has at least 6 follow-ups; a case is one beneficiary of a casework service."""
    minimum = UnitMinimum(measure=UnitMeasure.FOLLOW_UPS, at_least=6)
    case = {"method": ServiceMethod.CASE_WORK, "service_code": "escort"}
    records = [a_record(number, person_id=1, **case) for number in range(1, 7)]
    records += [a_record(number, person_id=2, **case) for number in range(11, 16)]

    found = tally(a_unit(UnitCount.CASES, minimum, method=ServiceMethod.CASE_WORK), records)

    assert kept(found) == (2, 1)
    assert found.uncounted[0].part is not None
    assert found.uncounted[0].part.person_id == 2


def test_case_with_a_series_is_one_case() -> None:
    """A case with a series goes on under it, whoever is named in a session."""
    records = [a_record(1, series="c", person_id=1), a_record(2, series="c", person_id=None)]

    assert kept(tally(a_unit(UnitCount.CASES), records)) == (1, 1)


def test_case_without_person_or_series_is_no_case() -> None:
    """Nobody's case counts nothing and says so."""
    found = tally(a_unit(UnitCount.CASES), [a_record(1, person_id=None)])

    assert kept(found) == (0, 0)
    assert found.uncounted[0].cause is UncountedCause.NO_PERSON


def test_persons_are_distinct_and_never_person_times() -> None:
    """Person-times are not persons: one resident served three times is one person and three person-times."""
    records = [a_record(number, person_id=1) for number in (1, 2, 3)]

    assert tally(a_unit(UnitCount.PERSONS), records).counted_count == 1
    assert tally(a_unit(UnitCount.PERSON_TIMES), records).counted_count == 3


def test_persons_leave_out_crowds_with_the_reason() -> None:
    """A crowd without names gives person-times but no persons, and the report says so."""
    records = [a_record(1), a_record(2, person_id=None, person_times=85)]

    found = tally(a_unit(UnitCount.PERSONS), records)

    assert kept(found) == (1, 1)
    assert found.record_ids == (1,)
    assert [(one.cause, one.quantity) for one in found.uncounted] == [(UncountedCause.NO_PERSON, 1)]


def test_meals_count_meals_only_and_person_times_all() -> None:
    """10,328 person-times contain the 7,928 meals or not: the two are counted apart and never added."""
    records = [
        a_record(1, method=ServiceMethod.MEAL, unit_code="meals"),
        a_record(2, method=ServiceMethod.HOME_VISIT, unit_code="visits"),
    ]

    assert tally(a_unit(UnitCount.MEALS, method=None), records).counted_count == 1
    assert tally(a_unit(UnitCount.PERSON_TIMES, method=None), records).counted_count == 2


def test_unit_without_method_counts_all_services() -> None:
    """A unit that names no method counts the records of all services, also those agreed under no unit."""
    records = [a_record(1, unit_code=None), a_record(2, unit_code="other"), a_record(3)]

    assert tally(a_unit(UnitCount.SERVICE_RECORDS, method=None), records).counted_count == 3


def test_unit_with_method_counts_only_services_agreed_under_it() -> None:
    """Records of the same method under another unit belong to that unit."""
    records = [a_record(1, unit_code="other"), a_record(2)]

    assert tally(a_unit(UnitCount.SERVICE_RECORDS), records).record_ids == (2,)


def test_record_of_another_method_is_named() -> None:
    """A record under the unit whose method is not the contract's does not count and is told."""
    found = tally(a_unit(UnitCount.SERVICE_RECORDS), [a_record(1, method=ServiceMethod.TRAINING)])

    assert kept(found) == (0, 0)
    assert found.uncounted[0].cause is UncountedCause.OTHER_METHOD


def test_waiting_record_does_not_count_until_a_person_clears_it() -> None:
    """A flagged record waits for a person: it is recorded, not counted, and told in the unit's own measure."""
    records = [a_record(1, person_times=2), a_record(2, person_times=3, is_counted=False)]

    found = tally(a_unit(UnitCount.PERSON_TIMES), records)

    assert kept(found) == (5, 2)
    assert [(one.cause, one.quantity) for one in found.uncounted] == [(UncountedCause.WAITING, 3)]


def test_activity_whose_records_all_wait_is_waiting() -> None:
    """An activity without a counted record is not held yet as far as the contract goes."""
    found = tally(a_unit(UnitCount.ACTIVITIES), [a_record(1, is_counted=False)])

    assert kept(found) == (1, 0)
    assert found.uncounted[0].cause is UncountedCause.WAITING
    assert found.uncounted[0].part is not None
    assert found.uncounted[0].part.waiting_count == 1


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        pytest.param(UnitMeasure.PERSON_TIMES, 7, id="person-times"),
        pytest.param(UnitMeasure.SESSIONS, 2, id="sessions"),
        pytest.param(UnitMeasure.FOLLOW_UPS, 3, id="follow-ups"),
        pytest.param(UnitMeasure.PERSONS, 2, id="persons"),
    ],
)
def test_measure_of_a_group(measure: UnitMeasure, expected: int) -> None:
    """Each measure is what its word says; a waiting record is in none of them."""
    records: Sequence[RecordView] = [
        a_record(1, series="g", activity_id=1, person_id=1, person_times=2),
        a_record(2, series="g", activity_id=1, person_id=2, person_times=2),
        a_record(3, series="g", activity_id=2, person_id=1, person_times=3),
        a_record(4, series="g", activity_id=3, person_id=4, person_times=9, is_counted=False),
    ]

    found = tally(a_unit(UnitCount.GROUPS, UnitMinimum(measure=measure, at_least=1000)), records)

    assert found.uncounted[0].shortfalls[0].reached == expected
