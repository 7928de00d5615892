"""Which activities a cycle holds, with which seats."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from linkage.rules.scheduling import PlanSpan, SeatPlan, case_series, occurrences, plan_activities, seats_of
from linkage.rules.workdays import china_calendar
from linkage.schemas.charter_party import Schedule, ServiceItem

CALENDAR = china_calendar(range(2024, 2026))
JULY = PlanSpan(1, date(2024, 7, 1), date(2024, 7, 1), date(2024, 7, 31))


def a_schedule(**how: Any) -> Schedule:
    """Build a schedule of two hours at half past ten."""
    return Schedule.model_validate({"start": "10:30", "duration_minutes": 120} | how)


def an_item(**changed: Any) -> ServiceItem:
    """Build a canteen that is open on Mondays."""
    values: dict[str, Any] = {
        "code": "lunch",
        "name": "午餐",
        "party": "centre",
        "society": "social_organization",
        "category": "meal",
        "method": "meal",
        "capacity_per_cycle": 60,
        "capacity_each": 24,
        "schedule": a_schedule(weekdays=[1]),
        "place": "食堂",
        "content": "一荤两素",
        "risks": "烫伤",
    }
    return ServiceItem.model_validate(values | changed)


def days_of(schedule: Schedule, span: PlanSpan = JULY) -> list[int]:
    """List the days of the month a schedule holds."""
    return [day.day for day in occurrences(schedule, span, CALENDAR)]


@pytest.mark.parametrize(
    ("how", "days"),
    [
        pytest.param({"weekdays": [1, 5]}, [1, 5, 8, 12, 15, 19, 22, 26, 29], id="weekdays"),
        pytest.param({"day_of_month": 9}, [9], id="every-9th"),
        pytest.param({"every_n_days": 14}, [1, 15, 29], id="every-n-days-from-the-first"),
        pytest.param({"on_dates": ["2024-07-20", "2024-08-01"]}, [20], id="dates-of-the-cycle-only"),
        pytest.param({"times_per_week": 1}, [3, 10, 17, 24], id="once-a-week-midweek"),
        pytest.param(
            {"times_per_week": 3}, [1, 3, 5, 8, 10, 12, 15, 17, 19, 22, 24, 26, 30], id="part-of-a-week-gets-its-part"
        ),
    ],
)
def test_schedule_holds_on_its_days(how: dict[str, Any], days: list[int]) -> None:
    """A schedule holds on the days it names, inside the cycle."""
    assert days_of(a_schedule(**how)) == days


def test_named_days_are_held_on_holidays_too() -> None:
    """Elders eat on National Day: named weekdays and dates are literal, a reviewer strikes days out."""
    october = PlanSpan(2, date(2024, 10, 1), date(2024, 10, 1), date(2024, 10, 7))

    assert days_of(a_schedule(weekdays=[2]), october) == [1]
    assert days_of(a_schedule(day_of_month=1), october) == [1]


@pytest.mark.parametrize(
    ("week", "times", "days"),
    [
        pytest.param((date(2024, 10, 7), date(2024, 10, 13)), 3, [8, 10, 12], id="make-up-saturday-is-a-working-day"),
        pytest.param((date(2024, 9, 30), date(2024, 10, 6)), 2, [30, 4], id="days-off-only-when-working-days-run-out"),
        pytest.param((date(2024, 7, 1), date(2024, 7, 7)), 7, [1, 2, 3, 4, 5, 6, 7], id="every-day"),
    ],
)
def test_times_per_week_prefers_working_days(week: tuple[date, date], times: int, days: list[int]) -> None:
    """Where the days are open, working days come first, evenly spread."""
    assert days_of(a_schedule(times_per_week=times), PlanSpan(1, week[0], *week)) == days


@pytest.mark.parametrize("times", range(1, 8))
@pytest.mark.parametrize("cut", range(1, 7))
def test_week_cut_by_a_cycle_keeps_its_times(times: int, cut: int) -> None:
    """The two parts of a week that lies in two cycles hold together what the whole week would."""
    monday, last = date(2024, 7, 1), date(2024, 7, 1 + cut - 1)
    first = days_of(a_schedule(times_per_week=times), PlanSpan(1, monday, monday, last))
    second = days_of(
        a_schedule(times_per_week=times), PlanSpan(2, date(2024, 7, 1 + cut), date(2024, 7, 1 + cut), date(2024, 7, 7))
    )

    assert len(first) + len(second) == times


def test_late_planning_keeps_the_rhythm() -> None:
    """Planning that starts late plans only days ahead, and every-n-days still counts from the cycle's first day."""
    late = PlanSpan(1, date(2024, 7, 1), date(2024, 7, 10), date(2024, 7, 31))

    assert days_of(a_schedule(every_n_days=14), late) == [15, 29]


def test_activity_says_when_in_local_time() -> None:
    """10:30 in Shanghai is 02:30 UTC; the code names service and day, so planning twice plans the same."""
    plans = plan_activities([an_item()], {}, JULY, CALENDAR)

    assert [plan.code for plan in plans] == [f"lunch-2024-07-{day:02d}" for day in (1, 8, 15, 22, 29)]
    assert plans[0].starts_at == datetime(2024, 7, 1, 2, 30, tzinfo=UTC)
    assert plans[0].ends_at == datetime(2024, 7, 1, 4, 30, tzinfo=UTC)
    assert plans == plan_activities([an_item()], {}, JULY, CALENDAR)


def test_group_sessions_of_a_cycle_share_a_series() -> None:
    """One group-work service in one cycle is one group; its activities are the sessions."""
    plans = plan_activities([an_item(method="group_work")], {}, JULY, CALENDAR)

    assert {plan.series for plan in plans} == {"lunch-c1"}
    assert plan_activities([an_item(method="case_work")], {}, JULY, CALENDAR)[0].series is None
    assert case_series("escort", 7) == "escort-person-7"


@pytest.mark.parametrize(
    ("accepted", "sessions"),
    [
        pytest.param(0, 0, id="nobody-asked"),
        pytest.param(1, 1, id="one"),
        pytest.param(24, 1, id="full"),
        pytest.param(25, 2, id="one-more"),
        pytest.param(240, 10, id="many"),
    ],
)
def test_accepted_needs_ask_for_sessions(accepted: int, sessions: int) -> None:
    """A service without a schedule is held as often as its accepted needs and its capacity each time ask."""
    plans = plan_activities([an_item(schedule=None)], {"lunch": accepted}, JULY, CALENDAR)

    assert len(plans) == sessions
    assert all(CALENDAR.is_working(plan.held_on) for plan in plans)


def test_many_sessions_a_day_follow_each_other() -> None:
    """Asked sessions of one day start after one another, have codes of their own, and run side by side past eight."""
    one_day = PlanSpan(1, date(2024, 7, 1), date(2024, 7, 1), date(2024, 7, 1))
    plans = plan_activities([an_item(schedule=None, capacity_each=1)], {"lunch": 9}, one_day, CALENDAR)

    assert len({plan.code for plan in plans}) == 9
    assert {plan.code for plan in plans} >= {"lunch-2024-07-01", "lunch-2024-07-01-2"}
    assert len({plan.starts_at for plan in plans}) == 8


def test_asked_sessions_use_days_off_where_nothing_else_is_left() -> None:
    """A span of days off alone still holds the sessions; a span without days holds none."""
    item = an_item(schedule=None)
    weekend = PlanSpan(1, date(2024, 7, 1), date(2024, 7, 6), date(2024, 7, 7))
    nothing = PlanSpan(1, date(2024, 7, 1), date(2024, 8, 1), date(2024, 7, 31))

    assert len(plan_activities([item], {"lunch": 1}, weekend, CALENDAR)) == 1
    assert plan_activities([item], {"lunch": 1}, nothing, CALENDAR) == ()


LEAD = SeatPlan("", is_lead=True, min_count=1, target_count=1)


@pytest.mark.parametrize(
    ("changed", "seats"),
    [
        pytest.param({}, (), id="no-crew"),
        pytest.param({"needs_lead": True}, (LEAD,), id="lead-only"),
        pytest.param(
            {"crew": [{"skill": "做饭", "min": 1, "target": 2}, {"min": 1, "target": 3}], "needs_lead": True},
            (LEAD, SeatPlan("做饭", False, 1, 2), SeatPlan("", False, 1, 3)),
            id="crew-and-lead",
        ),
        pytest.param(
            {
                "crew": [{"skill": "做饭", "min": 1, "target": 3}, {"min": 1, "target": 3}],
                "schedule": a_schedule(weekdays=[1], places=3),
            },
            (SeatPlan("做饭", False, 1, 2), SeatPlan("", False, 1, 1)),
            id="places-cap-the-target-and-keep-the-minimum",
        ),
        pytest.param(
            {"crew": [{"min": 0, "target": 2}], "schedule": a_schedule(weekdays=[1], places=1)},
            (SeatPlan("", False, 0, 1),),
            id="places-below-the-target",
        ),
        pytest.param(
            {
                "crew": [{"skill": "做饭", "min": 2, "target": 2}, {"min": 0, "target": 2}],
                "schedule": a_schedule(weekdays=[1], places=2),
            },
            (SeatPlan("做饭", False, 2, 2),),
            id="no-place-left-for-a-skill",
        ),
        pytest.param({"schedule": a_schedule(weekdays=[1], places=4)}, (SeatPlan("", False, 0, 4),), id="open-places"),
    ],
)
def test_seats_follow_crew_lead_and_places(changed: dict[str, Any], seats: tuple[SeatPlan, ...]) -> None:
    """The one who leads has a seat beside the crew; places cap the targets."""
    assert seats_of(an_item(**changed)) == seats
