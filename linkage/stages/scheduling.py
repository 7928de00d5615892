"""Scheduling: the cycle's activities are planned, reviewed, staffed by asking, and answered.

Activities are reviewed before anybody is asked (条例 art. 12: what recruitment states is true and complete), and
nobody is assigned without accepting (art. 25). What a plan or a roster contains is decided in
`linkage.rules.scheduling*`; the review stands in `scheduling_review`,
the roster in `scheduling_roster`, answers in `scheduling_answers`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.guard import insert_rows
from linkage.db.tables import Activity, Area, Match, MatchRun, ServiceItem, Shift, ShiftOffer
from linkage.db.work import Work, settings_of
from linkage.rules.scheduling import ActivityPlan, PlanSpan, plan_activities
from linkage.stages import seats_vacated
from linkage.stages.scheduling_answers import Answers, answer, answer_all, withdraw
from linkage.stages.scheduling_review import APPROVED, PLAN, has_run, review
from linkage.stages.scheduling_roster import ROSTER, roster
from linkage.stages.standing import Condition, Standing, cycle_key, decision, local_date
from linkage.stages.steps import StepReport, each_time, once
from linkage.stages.telling import tell_role
from linkage.stages.working_calendar import calendar_for
from linkage.terms import ActivityState, DecisionKind, MatchState, OfferState, PartyRole


def plan(session: Session, standing: Standing, _work: Work, now: datetime) -> StepReport:
    """Plan the cycle's activities and their shifts; days that have begun are not planned any more."""
    project, cycle = standing.project, standing.cycle
    span = PlanSpan(
        cycle=cycle.number,
        cycle_from_on=cycle.from_on,
        from_on=max(cycle.from_on, local_date(now) + timedelta(days=1)),
        to_on=cycle.to_on,
    )
    calendar = calendar_for(settings_of(session), cycle.from_on, cycle.to_on)
    plans = plan_activities(standing.charter.services, _accepted(session, standing), span, calendar)
    seats = _write(session, standing, plans)
    _tell_planned(session, standing, plans, now)
    act(session, "activities.planned", project_id=project.id, count=len(plans))
    return StepReport({"activities": len(plans), "seats": seats})


def _accepted(session: Session, standing: Standing) -> dict[str, int]:
    rows = session.execute(
        select(ServiceItem.code, func.sum(Match.quantity))
        .join(ServiceItem, ServiceItem.id == Match.service_item_id)
        .join(MatchRun, MatchRun.id == Match.match_run_id)
        .where(
            Match.project_id == standing.project.id,
            Match.state == MatchState.ACCEPTED,
            MatchRun.cycle == standing.project.cycle,
        )
        .group_by(ServiceItem.code)
    )
    return {code: int(quantity) for code, quantity in rows}


def _write(session: Session, standing: Standing, plans: Sequence[ActivityPlan]) -> int:
    """Write activities and shifts; return the number of seats."""
    project_id = standing.project.id
    items = {
        row.code: row
        for row in session.execute(select(ServiceItem).where(ServiceItem.project_id == project_id)).scalars()
    }
    areas = dict(
        session.execute(select(Area.code, Area.id).where(Area.project_id == project_id)).all(),
    )
    rows: list[dict[str, Any]] = []
    for planned in plans:
        item, row = standing.charter.service_item(planned.service_code), items[planned.service_code]
        only_area = areas.get(item.areas[0]) if len(item.areas) == 1 else None
        rows.append(
            {
                "project_id": project_id,
                "service_item_id": row.id,
                "contract_unit_id": row.contract_unit_id,
                "area_id": only_area,
                "cycle": standing.project.cycle,
                "code": planned.code,
                "name": item.name,
                "method": item.method,
                "series": planned.series,
                "place": item.place,
                "content": item.content,
                "risks": item.risks,
                "capacity": planned.capacity,
                "held_on": planned.held_on,
                "starts_at": planned.starts_at,
                "ends_at": planned.ends_at,
                "state": ActivityState.PLANNED,
            }
        )
    ids = insert_rows(session, Activity, rows)
    shifts: list[dict[str, Any]] = [
        {
            "project_id": project_id,
            "activity_id": activity_id,
            "skill": seat.skill,
            "is_lead": seat.is_lead,
            "min_count": seat.min_count,
            "target_count": seat.target_count,
        }
        for activity_id, planned in zip(ids, plans, strict=True)
        for seat in planned.seats
    ]
    insert_rows(session, Shift, shifts)
    return sum(shift["target_count"] for shift in shifts)


def _by_service(standing: Standing, plans: Sequence[ActivityPlan]) -> dict[str, dict[str, Any]]:
    """Sum a plan up by service, as notices tell it."""
    lines: dict[str, dict[str, Any]] = {}
    for planned in plans:
        line = lines.setdefault(
            planned.service_code,
            {
                "name": standing.charter.service_item(planned.service_code).name,
                "count": 0,
                "first_on": planned.held_on,
                "last_on": planned.held_on,
                "seat_count": 0,
            },
        )
        line["count"] += 1
        line["last_on"] = planned.held_on
        line["seat_count"] += sum(seat.target_count for seat in planned.seats)
    return lines


def _tell_planned(session: Session, standing: Standing, plans: Sequence[ActivityPlan], now: datetime) -> None:
    context: dict[str, Any] = {
        "cycle": standing.project.cycle,
        "count": len(plans),
        "services": tuple(_by_service(standing, plans).values()),
    }
    tell_role(
        session,
        standing.project,
        "scheduling/activities_planned",
        PartyRole.PROVIDER,
        key=f"planned-cycle-{standing.project.cycle}",
        context=context,
        now=now,
    )


def conditions(session: Session, standing: Standing, now: datetime) -> tuple[Condition, ...]:
    """Say what must be true before a project leaves scheduling."""
    project = standing.project
    reviewed = decision(session, project.id, cycle_key(standing, DecisionKind.REVIEW_ACTIVITIES)) is not None
    open_count, since = session.execute(
        select(func.count(), func.min(ShiftOffer.offered_at)).where(
            ShiftOffer.project_id == project.id, ShiftOffer.state == OfferState.OFFERED
        )
    ).one()
    is_staffed = has_run(session, standing, ROSTER)
    has_team = bool(standing.charter.parties_with(PartyRole.VOLUNTEER_ORGANIZATION))
    turn = PartyRole.VOLUNTEER_ORGANIZATION if has_team else PartyRole.PROVIDER
    return (
        Condition(
            code="activities_reviewed",
            label="活动已审核",
            is_open=reviewed,
            whose_turn=PartyRole.PROVIDER,
            since=project.stage_entered_at,
        ),
        Condition(
            code="offers_answered",
            label="志愿者已全部答复",
            is_open=is_staffed and not open_count,
            whose_turn=turn if is_staffed else None,
            since=since,
            detail=f"{open_count} shift offers open" if is_staffed else "the roster is made after the review",
        ),
    )


def next_look(session: Session, standing: Standing, now: datetime) -> datetime | None:
    """Return when the next offer lapses."""
    return seats_vacated.next_expiry(session, standing.project.id)


STEPS = (
    once(PLAN, "安排活动", plan),
    roster,
    each_time("expire", "逾期未答复的邀请失效", seats_vacated.expire),
    each_time("replace", "替补空缺岗位", seats_vacated.replace_vacated),
)

__all__ = [
    "APPROVED",
    "PLAN",
    "STEPS",
    "Answers",
    "answer",
    "answer_all",
    "conditions",
    "next_look",
    "plan",
    "review",
    "withdraw",
]
