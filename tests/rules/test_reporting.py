"""The rules of a report: its figures with their records, its tables, what the public may see, when summaries are due."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from linkage.rules.contract_units import RecordView
from linkage.rules.figures import is_reachable, percentage
from linkage.rules.reporting import CountedFigure, figures, unit_code, whole_months
from linkage.rules.reporting_calendar import SummaryPeriod, periods_due
from linkage.rules.reporting_facts import Facts, HoursView, NeedView, RatingView, Scope, VolunteerView
from linkage.rules.reporting_tables import (
    OTHER_REASONS,
    answers_by_level,
    hidden_codes,
    monthly_counts,
    months_of,
    needs_funnel,
    public_months,
    public_needs,
)
from linkage.schemas.charter_calendar import SummaryRule
from linkage.schemas.charter_contract import ContractUnit
from linkage.schemas.report import CategoryNeeds, GapReason, MonthlyCount, NeedsFunnel
from linkage.terms import (
    AssessedFigure,
    GapCause,
    GapChange,
    NeedCategory,
    RecordKind,
    ReportFigure,
    ServiceMethod,
    UnitCount,
)

FROM, TO = date(2024, 7, 1), date(2025, 6, 30)
HALF = date(2024, 12, 31)


def a_record(record_id: int, **changed: Any) -> RecordView:
    """Build one counted meal of one resident."""
    values: dict[str, Any] = {
        "record_id": record_id,
        "activity_id": record_id,
        "service_code": "lunch",
        "unit_code": "meals",
        "method": ServiceMethod.MEAL,
        "cycle": 1,
        "series": None,
        "person_id": 1,
        "community_id": 1,
        "need_id": None,
        "served_on": FROM,
        "minutes": 30,
        "person_times": 1,
        "is_on_time": True,
        "is_counted": True,
    }
    return RecordView(**(values | changed))


def a_unit(counts: UnitCount, target_count: int, method: ServiceMethod | None = None, code: str = "u") -> ContractUnit:
    """Build a contract unit without minimums."""
    return ContractUnit(code=code, name=code, method=method, target_count=target_count, unit="个", counts=counts)


def a_need(need_id: int, **changed: Any) -> NeedView:
    """Build a need that was asked and no more."""
    values: dict[str, Any] = {
        "need_id": need_id,
        "category": NeedCategory.MEAL,
        "community_id": 1,
        "is_matched": False,
        "is_accepted": False,
        "is_met": False,
        "is_unmet": False,
    }
    return NeedView(**(values | changed))


def a_scope(*units: ContractUnit, cut_off_on: date = TO, persons: int = 10) -> Scope:
    """Build the scope of a year's project."""
    return Scope(FROM, TO, cut_off_on, units, persons)


def by_code(facts: Facts, scope: Scope) -> dict[str, CountedFigure]:
    """Count the figures of some facts."""
    return {one.code: one for one in figures(facts, scope)}


def a_share(facts: Facts, scope: Scope, figure: AssessedFigure) -> tuple[int, int | None]:
    """Return the two counts of an assessed share."""
    found = by_code(facts, scope)[figure.value]
    return found.numerator, found.denominator


def test_figures_lead_back_to_their_records() -> None:
    """Every figure names the records it was counted from, ascending; a waiting record is in none but the on-time one."""
    facts = Facts(records=(a_record(3), a_record(1), a_record(2, is_counted=False)))

    found = by_code(facts, a_scope())

    assert found["person_times"].record_ids == (1, 3)
    assert found["person_times"].record_kind is RecordKind.SERVICE_RECORD
    assert found[AssessedFigure.ON_TIME_RECORDS_RATIO.value].record_ids == (1, 2, 3)


def test_figures_counted_again_from_their_own_records_agree() -> None:
    """A figure counted from nothing but its own records comes to the same."""
    units = (a_unit(UnitCount.MEALS, 4, ServiceMethod.MEAL, "meals"), a_unit(UnitCount.PERSONS, 3, None, "all"))
    facts = Facts(
        records=(
            a_record(1),
            a_record(2, person_id=2),
            a_record(3, person_id=None, method=ServiceMethod.TRAINING, unit_code=None, person_times=30),
            a_record(4, is_counted=False, is_on_time=False),
        ),
        ratings=(RatingView(1, 1, 5), RatingView(2, 2, 3)),
        needs=(a_need(1, is_met=True, is_accepted=True), a_need(2)),
        hours=(HoursView(1, 7, 90, FROM),),
        volunteers=(VolunteerView(7, 60, FROM, None),),
    )
    scope = a_scope(*units, cut_off_on=HALF)

    for one in figures(facts, scope):
        own = Facts(
            records=tuple(r for r in facts.records if r.record_id in one.record_ids)
            if one.record_kind is RecordKind.SERVICE_RECORD
            else (),
            ratings=facts.ratings if one.record_kind is RecordKind.RATING else (),
            needs=tuple(n for n in facts.needs if n.need_id in one.record_ids)
            if one.record_kind is RecordKind.NEED
            else (),
            hours=facts.hours if one.record_kind is RecordKind.HOURS_ENTRY else (),
            volunteers=facts.volunteers,
        )
        assert by_code(own, scope)[one.code] == one


def test_persons_are_not_person_times() -> None:
    """One resident who eats twice is one person, two person-times and two meals; the three are never added."""
    found = by_code(Facts(records=(a_record(1), a_record(2))), a_scope())

    assert [found[code].numerator for code in ("persons", "person_times", "meals")] == [1, 2, 2]


def test_meals_are_left_out_where_nobody_ate() -> None:
    """A project without meals prints no meal figure."""
    assert "meals" not in by_code(Facts(records=(a_record(1, method=ServiceMethod.TRAINING),)), a_scope())


def test_persons_ratio_is_prorated_at_mid_term() -> None:
    """At half the period 240 promised people are 120 due: whole units of an even pace."""
    facts = Facts(records=tuple(a_record(number, person_id=number) for number in range(1, 100)))

    assert a_share(facts, a_scope(cut_off_on=HALF, persons=240), AssessedFigure.PERSONS_RATIO) == (99, 120)
    assert a_share(facts, a_scope(persons=240), AssessedFigure.PERSONS_RATIO) == (99, 240)


def test_contract_units_ratio_counts_units_that_reached_what_is_due() -> None:
    """Units of different kinds are never added: the share is how many of them reached their due count."""
    units = (a_unit(UnitCount.MEALS, 4, ServiceMethod.MEAL, "meals"), a_unit(UnitCount.PERSONS, 2, None, "all"))
    facts = Facts(records=(a_record(1), a_record(2)))

    assert a_share(facts, a_scope(*units, cut_off_on=HALF), AssessedFigure.CONTRACT_UNITS_RATIO) == (2, 2)
    assert a_share(facts, a_scope(*units), AssessedFigure.CONTRACT_UNITS_RATIO) == (0, 2)


def test_contract_units_not_yet_due_are_not_asked() -> None:
    """A unit of which nothing is due yet is neither reached nor missed."""
    units = (a_unit(UnitCount.ACTIVITIES, 1, None, "once"),)

    assert a_share(Facts(), a_scope(*units, cut_off_on=HALF), AssessedFigure.CONTRACT_UNITS_RATIO) == (0, 0)


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        pytest.param((), (0, 0), id="no-units"),
        pytest.param((a_unit(UnitCount.PERSONS, 5),), (0, 0), id="persons-are-no-volume"),
        pytest.param((a_unit(UnitCount.ACTIVITIES, 5),), (3, 5), id="activities"),
        pytest.param(
            (a_unit(UnitCount.ACTIVITIES, 5, None, "a"), a_unit(UnitCount.MEALS, 9, None, "b")), (2, 9), id="meals"
        ),
        pytest.param(
            (
                a_unit(UnitCount.PERSON_TIMES, 8, ServiceMethod.MEAL, "meals"),
                a_unit(UnitCount.PERSON_TIMES, 40, ServiceMethod.TRAINING, "training"),
            ),
            (32, 48),
            id="two-methods-added",
        ),
        pytest.param(
            (
                a_unit(UnitCount.PERSON_TIMES, 8, ServiceMethod.MEAL, "meals"),
                a_unit(UnitCount.PERSON_TIMES, 50, None, "all"),
            ),
            (32, 50),
            id="the-whole-stands-alone",
        ),
    ],
)
def test_service_volume_never_adds_two_kinds(units: tuple[ContractUnit, ...], expected: tuple[int, int]) -> None:
    """Service volume is person-times if the contract counts them; meals and person-times are never added."""
    records = (
        a_record(1),
        a_record(2),
        a_record(3, method=ServiceMethod.TRAINING, unit_code="training", person_times=30),
    )

    assert a_share(Facts(records=records), a_scope(*units), AssessedFigure.SERVICE_VOLUME_RATIO) == expected


def test_satisfaction_is_of_answers_and_reachable_with_its_n() -> None:
    """97.85 % is 91 of 93 answers; a figure of this project carries both counts, so no other n can be claimed."""
    ratings = tuple(RatingView(number, number, 4 if number <= 91 else 3) for number in range(1, 94))

    satisfied, answers = a_share(Facts(ratings=ratings), a_scope(), AssessedFigure.SATISFACTION_RATIO)

    assert (satisfied, answers) == (91, 93)
    assert percentage(satisfied, answers or 0) == Decimal("97.85")
    assert is_reachable(Decimal("97.85"), 93)


def test_satisfaction_of_nobody_is_no_share() -> None:
    """Without answers there is no satisfaction, which is not zero."""
    assert a_share(Facts(), a_scope(), AssessedFigure.SATISFACTION_RATIO) == (0, 0)


def test_needs_answered_are_accepted_or_met() -> None:
    """A need is answered when a provider accepted it or service was given; a match alone is not an answer."""
    needs = (
        a_need(1, is_matched=True, is_accepted=True),
        a_need(2, is_met=True),
        a_need(3, is_matched=True),
        a_need(4, is_unmet=True),
    )

    assert a_share(Facts(needs=needs), a_scope(), AssessedFigure.NEEDS_ANSWERED_RATIO) == (2, 4)


def test_on_time_records_count_the_waiting_ones_too() -> None:
    """A late record that waits for a person is still late (order 67 art. 11)."""
    records = (a_record(1), a_record(2, is_on_time=False, is_counted=False))

    assert a_share(Facts(records=records), a_scope(), AssessedFigure.ON_TIME_RECORDS_RATIO) == (1, 2)


def test_corrected_hours_count_what_is_left() -> None:
    """A correction is a new entry: minutes are the sum, and one whose minutes were all taken back is not active."""
    hours = (HoursView(1, 7, 90, FROM), HoursView(2, 7, -90, FROM), HoursView(3, 8, 60, FROM))

    found = by_code(Facts(hours=hours), a_scope())

    assert (found["volunteers"].numerator, found["volunteer_minutes"].numerator) == (1, 60)


def test_pledge_is_of_persons_and_months() -> None:
    """A promise of an hour a month over two whole months is asked twice; who left later had not left then."""
    hours = (HoursView(1, 7, 60, date(2024, 7, 9)), HoursView(2, 8, 59, date(2024, 7, 9)))
    volunteers = (VolunteerView(7, 60, FROM, date(2024, 8, 15)), VolunteerView(8, 60, FROM, None))

    found = by_code(Facts(hours=hours, volunteers=volunteers), a_scope(cut_off_on=date(2024, 8, 31)))

    assert (found["pledge_kept"].numerator, found["pledge_kept"].denominator) == (1, 3)


def test_pledge_is_not_printed_where_nobody_promised() -> None:
    """A pledge is voluntary: without one there is no rate."""
    assert "pledge_kept" not in by_code(Facts(volunteers=(VolunteerView(7, 0, FROM, None),)), a_scope())


@pytest.mark.parametrize(
    ("from_on", "to_on", "expected"),
    [
        pytest.param(date(2024, 7, 1), date(2024, 8, 31), (7, 8), id="whole"),
        pytest.param(date(2024, 7, 2), date(2024, 9, 29), (8,), id="parts-left-out"),
        pytest.param(date(2024, 12, 1), date(2025, 1, 31), (12, 1), id="over-new-year"),
        pytest.param(date(2024, 7, 1), date(2024, 7, 30), (), id="none"),
    ],
)
def test_whole_months_leave_out_parts(from_on: date, to_on: date, expected: tuple[int, ...]) -> None:
    """Only months that lie wholly within a span are asked for a monthly promise."""
    assert tuple(month.month for month in whole_months(from_on, to_on)) == expected


def test_unit_figures_carry_the_unit_code() -> None:
    """A contract unit's figure is found under its code."""
    unit = a_unit(UnitCount.MEALS, 4, ServiceMethod.MEAL, "meals")

    assert by_code(Facts(records=(a_record(1),)), a_scope(unit))[unit_code(unit)].numerator == 1


def test_community_keeps_only_its_own() -> None:
    """A community's facts hold nothing of another's, nor what belongs to none."""
    facts = Facts(
        records=(a_record(1), a_record(2, community_id=2), a_record(3, community_id=None)),
        ratings=(RatingView(1, 1, 5), RatingView(2, 2, 5)),
        needs=(a_need(1), a_need(2, community_id=2)),
        hours=(HoursView(1, 7, 60, FROM, 1), HoursView(2, 7, 60, FROM, None)),
        volunteers=(VolunteerView(7, 60, FROM, None),),
    )

    found = facts.of_community(1)

    assert found == Facts(facts.records[:1], facts.ratings[:1], facts.needs[:1], facts.hours[:1], volunteers=())


def test_months_tell_their_own_counts() -> None:
    """A month counts what happened in it; a month without service is shown with nothing."""
    facts = Facts(
        records=(a_record(1), a_record(2, activity_id=1), a_record(3, served_on=date(2024, 9, 2), is_counted=False)),
        hours=(HoursView(1, 7, 60, FROM), HoursView(2, 7, -90, date(2024, 8, 1))),
    )

    assert monthly_counts(facts, FROM, date(2024, 8, 9)) == (
        MonthlyCount(month_on=FROM, person_times=2, service_minutes=60, activities_count=1),
        MonthlyCount(month_on=date(2024, 8, 1), person_times=0, service_minutes=0, activities_count=0),
    )


def test_months_of_a_span_run_over_new_year() -> None:
    """Every month a span touches is listed."""
    assert months_of(date(2024, 12, 31), date(2025, 1, 1)) == (date(2024, 12, 1), date(2025, 1, 1))


def test_needs_are_told_with_their_gaps() -> None:
    """Unmet needs become reasons, the most frequent first, each with the change that helps most of them."""
    needs = (
        a_need(1, is_matched=True, is_accepted=True, is_met=True),
        a_need(2, category=NeedCategory.LEGAL, is_unmet=True, cause=GapCause.NO_OFFER, change=GapChange.ADD_OFFER),
        a_need(3, category=NeedCategory.LEGAL, is_unmet=True, cause=GapCause.NO_OFFER),
        a_need(4, is_unmet=True, cause=GapCause.NO_CAPACITY),
        a_need(5, is_accepted=True, cause=GapCause.NO_CAPACITY),
    )

    found = needs_funnel(Facts(needs=needs))

    assert (found.asked_count, found.matched_count, found.accepted_count) == (5, 1, 2)
    assert (found.met_count, found.unmet_count) == (1, 3)
    assert found.gaps == (
        GapReason(reason="没有此类服务", needs_count=2, remedy="增加此类服务"),
        GapReason(reason="符合条件的服务总容量不足", needs_count=1),
    )
    assert found.by_category[1] == CategoryNeeds(
        category=NeedCategory.LEGAL, asked_count=2, matched_count=0, met_count=0, unmet_count=2
    )


def test_answers_are_told_from_best_to_worst() -> None:
    """Every level of the scale is shown, also the one nobody chose."""
    ratings = (RatingView(1, 1, 5), RatingView(2, 2, 5), RatingView(3, 3, 1))

    assert answers_by_level(ratings) == ((5, 2), (4, 0), (3, 0), (2, 0), (1, 1))


def a_funnel(**changed: Any) -> NeedsFunnel:
    """Build what a village asked for, large enough to be shown."""
    values: dict[str, Any] = {
        "asked_count": 30,
        "matched_count": 20,
        "accepted_count": 20,
        "met_count": 20,
        "unmet_count": 10,
        "gaps": (GapReason(reason="甲", needs_count=10),),
    }
    return NeedsFunnel(**(values | changed))


def test_public_needs_leave_out_categories() -> None:
    """One resident's wish may be the only one of its kind: a public paper shows no category."""
    category = CategoryNeeds(category=NeedCategory.LEGAL, asked_count=1, matched_count=0, met_count=0, unmet_count=1)

    assert public_needs(a_funnel(by_category=(category,))) == a_funnel()


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"asked_count": 0}, id="nothing-asked"),
        pytest.param({"unmet_count": 4}, id="few-unmet"),
        pytest.param({"met_count": 4}, id="few-met"),
        pytest.param({"asked_count": 23}, id="few-left-over"),
    ],
)
def test_public_needs_are_not_shown_where_they_point_at_somebody(changed: dict[str, int]) -> None:
    """Fewer than five of anything, also by subtraction, is not shown on a wall."""
    assert public_needs(a_funnel(**changed)) is None


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        pytest.param((10,), [("0", 10)], id="large"),
        pytest.param((10, 3, 3), [("0", 10), (OTHER_REASONS, 6)], id="small-ones-together"),
        pytest.param((10, 3), [], id="still-small-together"),
    ],
)
def test_public_reasons_are_merged_until_they_are_many(sizes: tuple[int, ...], expected: list[tuple[str, int]]) -> None:
    """Small reasons are told together, and no reason at all where the rest would still give one away."""
    gaps = tuple(GapReason(reason=str(number), needs_count=size) for number, size in enumerate(sizes))

    found = public_needs(a_funnel(gaps=gaps))

    assert found is not None
    assert [(gap.reason, gap.needs_count) for gap in found.gaps] == expected


def test_public_months_show_all_or_none() -> None:
    """A month in which fewer than five visits took place hides the curve."""
    large = MonthlyCount(month_on=FROM, person_times=5)

    assert public_months([large]) == (large,)
    assert public_months([large, replace_visits(large, 4)]) == ()
    assert public_months([large, replace_visits(large, 0)]) == (large, replace_visits(large, 0))


def replace_visits(month: MonthlyCount, person_times: int) -> MonthlyCount:
    """Return a month with another number of visits."""
    return month.model_copy(update={"person_times": person_times})


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({"persons": 5, "person_times": 9, "needs_asked": 9}, set(), id="enough"),
        pytest.param({"persons": 0, "person_times": 0}, set(), id="nobody-is-nobody"),
        pytest.param({"persons": 4, "person_times": 90}, {"persons", "person_times", "meals"}, id="few-persons"),
        pytest.param({"volunteers": 2}, {"volunteers"}, id="few-volunteers"),
        pytest.param({"needs_asked": 9, "needs_met": 6}, {"needs_asked", "needs_met"}, id="few-needs-left"),
        pytest.param({"needs_asked": 9, "needs_met": 4}, {"needs_asked", "needs_met"}, id="few-needs-met"),
    ],
)
def test_small_counts_are_hidden_in_public(values: dict[str, int], expected: set[str]) -> None:
    """A count of residents below five is hidden, and with it what would give it away."""
    assert hidden_codes(values) == expected


def test_every_count_has_a_label() -> None:
    """A figure prints its Chinese label."""
    found = by_code(Facts(records=(a_record(1),)), a_scope())

    assert all(found[figure.value].label == figure.label for figure in ReportFigure if figure.value in found)


MONTHLY = SummaryRule(day_of_month=5, hour=9)
WEEKLY = SummaryRule(weekday=1, hour=9)


def at(day: date, hour: int) -> datetime:
    """Return an instant by its UTC hour; nine in the morning in Shanghai is one."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def test_monthly_summary_is_about_the_month_before() -> None:
    """On the 5th at nine the month before is told; a minute earlier it is not."""
    due_on = date(2024, 8, 5)

    assert periods_due(MONTHLY, date(2024, 7, 10), TO, at(due_on, 0)) == ()
    (found,) = periods_due(MONTHLY, date(2024, 7, 10), TO, at(due_on, 1))

    assert found == SummaryPeriod(date(2024, 7, 10), date(2024, 7, 31), at(due_on, 1), at(date(2024, 9, 5), 1))


def test_monthly_summaries_end_with_the_project() -> None:
    """The last summary is about the project's last days and comes after them; then there are no more."""
    found = periods_due(MONTHLY, FROM, date(2025, 6, 10), at(date(2026, 1, 1), 1))

    assert len(found) == 12
    assert (found[-1].from_on, found[-1].to_on) == (date(2025, 6, 1), date(2025, 6, 10))


def test_weekly_summary_is_about_the_seven_days_before() -> None:
    """Every Monday the week before is told; the first is cut to the project's first day."""
    found = periods_due(WEEKLY, date(2024, 7, 3), date(2024, 7, 16), at(date(2024, 8, 1), 1))

    assert [(one.from_on, one.to_on) for one in found] == [
        (date(2024, 7, 3), date(2024, 7, 7)),
        (date(2024, 7, 8), date(2024, 7, 14)),
        (date(2024, 7, 15), date(2024, 7, 16)),
    ]


def test_weekly_summary_of_a_project_that_starts_on_the_day_waits_a_week() -> None:
    """A project that starts on the weekday itself has nothing to tell that morning."""
    found = periods_due(WEEKLY, date(2024, 7, 1), TO, at(date(2024, 7, 8), 1))

    assert [(one.from_on, one.to_on) for one in found] == [(date(2024, 7, 1), date(2024, 7, 7))]
