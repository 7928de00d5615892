"""Delivery: service takes place, is recorded and checked, and the cycle's delivery is closed by a person.

Check-ins stand in `delivery_checks`, the hours ledger in `delivery_hours`, service records in `delivery_records` and
`delivery_sheet`, what waits for a person in `delivery_flags`, the pledge in `delivery_pledge`. What is closed is
not written to again, so that the figures of its report stand.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.tables import Activity
from linkage.db.work import Work
from linkage.errors import GateShut
from linkage.stages import seats_vacated
from linkage.stages.delivery_checks import check_in, check_out
from linkage.stages.delivery_flags import WaitingFlag, clear_flag, count_waiting, waiting_flags
from linkage.stages.delivery_hours import assess, correct_hours, enter_hours
from linkage.stages.delivery_open import closing_key, find_activity
from linkage.stages.delivery_pledge import remind
from linkage.stages.delivery_records import attach_evidence, rate, record_service
from linkage.stages.delivery_sheet import SheetCount, SignIn, SignInSheet, record_sheet, record_sheets
from linkage.stages.delivery_writing import ServiceEntry
from linkage.stages.standing import (
    LOCAL_ZONE,
    Condition,
    Standing,
    decide,
    decision,
    local_date,
    standing_of,
)
from linkage.stages.steps import StepReport, each_time
from linkage.stages.telling import tell_role
from linkage.terms import ActivityState, DecisionKind, FlagSubject, PartyRole, Stage

CLOSED = "closed"


def close_delivery(session: Session, project_id: int, *, actor: str, now: datetime, reason: str | None = None) -> None:
    """Close the cycle's delivery: what was released and has no record did not take place.

    Raises
    ------
    GateShut
        If the project stands elsewhere, the cycle is not over, or records wait for a person.
    """
    standing = standing_of(session, project_id)
    project, cycle = standing.project, standing.cycle
    if decision(session, project_id, closing_key(cycle.number)) is not None:
        return
    if project.stage is not Stage.DELIVERY:
        raise GateShut(f"project {project.code} stands at {project.stage.value}; its delivery is not open")
    if local_date(now) <= cycle.to_on:
        raise GateShut(f"project {project.code}: cycle {cycle.number} runs to {cycle.to_on}; close it afterwards")
    settle_records(session, standing, now)
    waiting, _ = count_waiting(session, project_id)
    if waiting:
        raise GateShut(f"project {project.code}: {waiting} flagged records wait for a person; clear them first")
    held, not_held = _settle_activities(session, standing)
    decide(
        session,
        standing,
        DecisionKind.CLOSE_DELIVERY,
        key=closing_key(cycle.number),
        verdict=CLOSED,
        actor=actor,
        now=now,
        reason=reason,
        detail={"held": held, "not_held": not_held},
    )
    for role in (PartyRole.PROVIDER, PartyRole.COMMUNITY):
        tell_role(
            session,
            project,
            "delivery/delivery_closed",
            role,
            key=f"cycle-{cycle.number}",
            context={
                "cycle": cycle.number,
                "from_on": cycle.from_on,
                "to_on": cycle.to_on,
                "held_count": held,
                "not_held_count": not_held,
            },
            now=now,
        )


def settle_records(session: Session, standing: Standing, now: datetime) -> StepReport:
    """Bring presences and hours up to date in the caller's transaction."""
    summary: dict[str, int] = {}
    for report in (assess(session, standing, now), enter_hours(session, standing, now)):
        summary.update(report.summary if report else {})
    return StepReport(summary)


def _settle_activities(session: Session, standing: Standing) -> tuple[int, int]:
    """Cancel what was released and not served; return how many were held and how many were not."""
    rows = session.execute(
        select(Activity).where(
            Activity.project_id == standing.project.id,
            Activity.cycle == standing.project.cycle,
            Activity.state == ActivityState.RELEASED,
        )
    ).scalars()
    not_held = 0
    for row in rows:
        row.state = ActivityState.CANCELLED
        not_held += 1
    if not_held:
        act(session, "activities.not_held", project_id=standing.project.id, count=not_held)
    session.flush()
    held = session.execute(
        select(func.count()).where(
            Activity.project_id == standing.project.id,
            Activity.cycle == standing.project.cycle,
            Activity.state == ActivityState.DONE,
        )
    ).scalar_one()
    return held, not_held


def conditions(session: Session, standing: Standing, now: datetime) -> tuple[Condition, ...]:
    """Say what must be true before a project leaves delivery."""
    project, cycle = standing.project, standing.cycle
    waiting, since = count_waiting(session, project.id)
    over_at = datetime.combine(cycle.to_on + timedelta(days=1), time.min, LOCAL_ZONE)
    return (
        Condition(
            code="period_over",
            label="服务周期已结束",
            is_open=local_date(now) > cycle.to_on,
            whose_turn=None,
            since=project.stage_entered_at,
            detail=f"the cycle runs to {cycle.to_on}",
        ),
        Condition(
            code="flags_cleared",
            label="存疑记录已核实",
            is_open=not waiting,
            whose_turn=PartyRole.PROVIDER,
            since=since,
            detail=f"{waiting} flagged records",
        ),
        Condition(
            code="delivery_closed",
            label="本期服务已结束登记",
            is_open=decision(session, project.id, closing_key(cycle.number)) is not None,
            whose_turn=PartyRole.PROVIDER,
            since=max(over_at, project.stage_entered_at) if local_date(now) > cycle.to_on else None,
        ),
    )


def next_look(session: Session, standing: Standing, now: datetime) -> datetime | None:
    """Return the next local midnight (missing check-outs, the pledge, the cycle's end), or an offer's lapse before."""
    midnight = datetime.combine(local_date(now) + timedelta(days=1), time.min, LOCAL_ZONE)
    expiry = seats_vacated.next_expiry(session, standing.project.id)
    return midnight if expiry is None else min(midnight, expiry)


def _assess_step(session: Session, standing: Standing, _work: Work, now: datetime) -> StepReport | None:
    return assess(session, standing, now)


def _hours_step(session: Session, standing: Standing, _work: Work, now: datetime) -> StepReport | None:
    return enter_hours(session, standing, now)


STEPS = (
    each_time("expire", "逾期未答复的邀请失效", seats_vacated.expire),
    each_time("replace", "替补空缺岗位", seats_vacated.replace_vacated),
    each_time("presences", "核对签到签退", _assess_step),
    each_time("hours", "记入志愿服务时长", _hours_step),
    each_time("pledge", "承诺时长提醒", remind),
)

__all__ = [
    "STEPS",
    "FlagSubject",
    "ServiceEntry",
    "SheetCount",
    "SignIn",
    "SignInSheet",
    "WaitingFlag",
    "attach_evidence",
    "check_in",
    "check_out",
    "clear_flag",
    "close_delivery",
    "conditions",
    "correct_hours",
    "find_activity",
    "next_look",
    "rate",
    "record_service",
    "record_sheet",
    "record_sheets",
    "waiting_flags",
]
