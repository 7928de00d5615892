"""The charter's own arithmetic and lookups, and the traps of the field figures."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.errors import Unknown
from linkage.schemas.charter import Charter
from linkage.schemas.charter_check import check_charter, load_charter
from linkage.schemas.charter_contract import split_fen
from linkage.schemas.charter_party import Schedule
from linkage.schemas.charter_project import ProjectPeriod, cycle_periods
from linkage.terms import ConsentPurpose, PartyRole


@pytest.fixture
def charter(drum_tower) -> Charter:
    charter, _ = check_charter(drum_tower)
    assert charter is not None
    return charter


def test_cycles_cover_the_period_without_gap(charter):
    """Twelve months in cycles of three are four, each beginning the day after the one before."""
    assert [
        (1, date(2024, 7, 1), date(2024, 9, 30)),
        (2, date(2024, 10, 1), date(2024, 12, 31)),
        (3, date(2025, 1, 1), date(2025, 3, 31)),
        (4, date(2025, 4, 1), date(2025, 6, 30)),
    ] == list(charter.cycles())


@given(st.dates(date(2000, 1, 1), date(2050, 1, 1)), st.integers(0, 1200), st.integers(1, 12))
def test_cycles_partition_any_period(from_on, days, months):
    """For any start, length and step, cycles follow each other without gap and end with the project."""
    to_on = from_on + timedelta(days=days)

    cycles = cycle_periods(from_on, to_on, months)

    assert (from_on, to_on) == (cycles[0].from_on, cycles[-1].to_on)
    assert all(later.from_on == earlier.to_on + timedelta(days=1) for earlier, later in pairwise(cycles))
    assert list(range(1, len(cycles) + 1)) == [cycle.number for cycle in cycles]


def test_last_cycle_ends_with_the_project():
    """A period that is no multiple of the cycle has a short last cycle."""
    assert (3, date(2024, 7, 1), date(2024, 7, 15)) == cycle_periods(date(2024, 1, 1), date(2024, 7, 15), 3)[-1]


@given(st.integers(1, 10**11), st.lists(st.integers(1, 10**6), min_size=1, max_size=8))
def test_split_loses_no_fen(total_fen, shares):
    """Tranches sum to the budget to the fen, and none is a fen or more off its exact share."""
    percents = [Decimal(share) * 100 / sum(shares) for share in shares]
    percents[0] += 100 - sum(percents)

    amounts = split_fen(total_fen, percents)

    assert total_fen == sum(amounts)
    assert all(abs(amount - percent * total_fen / 100) <= 1 for amount, percent in zip(amounts, percents, strict=True))


@pytest.mark.parametrize(
    ("total_fen", "percents", "amounts"),
    [(100, ["33.3", "33.3", "33.4"], (33, 33, 34)), (1, ["50", "50"], (1, 0))],
    ids=["thirds", "tie-goes-to-the-earlier"],
)
def test_split_gives_remainders_to_the_largest(total_fen, percents, amounts):
    """The fen that rounding leaves over go to the largest remainders; ties go to the earlier tranche."""
    assert amounts == split_fen(total_fen, [Decimal(percent) for percent in percents])


def test_tranche_amounts_sum_to_the_budget(charter):
    """Forty, thirty and thirty per cent of 280,000 yuan, in fen."""
    amounts = charter.tranche_amounts_fen()

    assert amounts == {"initial": 11_200_000, "midterm": 8_400_000, "final": 8_400_000}
    assert charter.budget.total_fen == sum(amounts.values()) == sum(line.amount_fen for line in charter.budget.lines)


def test_lookups_find_by_code(charter):
    """Each noun is found by its code."""
    assert charter.party("grain-shop").name == "乡场粮油店"
    assert charter.service_item("home-visit").name == "入户探访"
    assert charter.contract_unit("meals").unit == "餐"
    assert charter.tranche("midterm").cycle == 2
    assert [tranche.code for tranche in charter.tranches_of(4)] == ["final"]
    assert "侗寨村" == charter.community("dong-village").name == charter.community_of("tower-03").name
    assert len(charter.areas()) == 11
    assert [party.code for party in charter.parties_with(PartyRole.ASSESSOR)] == ["third-party"]
    assert charter.consent(ConsentPurpose.SERVICE) is not None
    assert charter.survey_source("visits-2024").source == "visits-2024"
    assert date(2024, 10, 1) == charter.cycle(2).from_on


@pytest.mark.parametrize(
    "look", ["community", "community_of", "party", "service_item", "contract_unit", "tranche", "survey_source"]
)
def test_lookup_of_unknown_code_is_refused(charter, look):
    """An unknown code is a refusal that names the project, not a KeyError."""
    with pytest.raises(Unknown, match="drum-tower-canteen"):
        getattr(charter, look)("nobody")


def test_unknown_cycle_is_refused(charter):
    """Cycle 0 is initiation, not a cycle."""
    with pytest.raises(Unknown, match="1 to 4"):
        charter.cycle(0)


def test_charter_survives_storage(charter_path):
    """A charter written as JSON and read again is the same charter, to the fen and the minute."""
    charter = load_charter(charter_path)

    assert charter == Charter.model_validate_json(charter.model_dump_json())


def test_conflicting_counts_stand_side_by_side(d_community_path):
    """456 (§4.1) and 465 (§5.1) party members stand in one paper: both are kept, each with its source."""
    claims = [claim for claim in load_charter(d_community_path).project.claims if claim.subject == "在册党员"]

    assert [Decimal(456), Decimal(465)] == [claim.value for claim in claims]
    assert len({claim.source for claim in claims}) == 2


def test_colourful_circle_keeps_its_two_cut_off_dates(d_community_path):
    """Colourful Circle mixes cut-off dates: each claim carries its own, to the month its source gave."""
    claims = load_charter(d_community_path.with_name("colourful-circle.yaml")).project.claims

    assert {"2022-05", "2022-08"} == {claim.as_of for claim in claims}


def test_results_are_not_written_into_the_sample(drum_tower):
    """The year's totals must come out of a run: neither 10,328 nor 7,928 nor 97.85 stands in the charter."""
    for total in ("10328", "10,328", "7928", "7,928", "97.85"):
        assert total not in drum_tower


def _sessions(schedule: Schedule, period: ProjectPeriod) -> int:
    """Count how often a schedule takes place in a period (weekly, monthly, every n days, or on dates)."""
    days = [period.from_on + timedelta(days=n) for n in range((period.to_on - period.from_on).days + 1)]
    if schedule.weekdays:
        return sum(day.isoweekday() in schedule.weekdays for day in days)
    if schedule.day_of_month:
        return sum(day.day == schedule.day_of_month for day in days)
    return len(schedule.on_dates or days[:: schedule.every_n_days])


def test_natural_rates_reach_the_scale_of_the_field_study(charter):
    """Seats, days and take-up give about 7,900 meals and about 10,300 direct service person-times in a year."""
    hints = charter.simulation
    assert hints is not None
    expected = {
        item.code: _sessions(item.schedule, charter.project.period)
        * item.capacity_each
        * hints.take_up.get(item.code, hints.attendance_ratio)
        for item in charter.services
        if item.schedule is not None
    }

    assert expected["canteen-lunch"] == pytest.approx(7_900, rel=0.03)
    assert sum(expected.values()) == pytest.approx(10_300, rel=0.05)
