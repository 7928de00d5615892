"""The pledge of hours: who is below it is told kindly from day 20 on, and the month's rate is reported once.

A pledge is voluntary (志愿服务条例): nobody loses anything, and the words say so. Who is below is decided in
`linkage.rules.hours`.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.tables import Effect, HoursEntry, Volunteer
from linkage.db.work import Work
from linkage.rules.hours import REMINDER_DAY, PledgeStanding, below_pledge, pledge_share
from linkage.stages.standing import Standing, local_date
from linkage.stages.steps import StepReport
from linkage.stages.telling import tell_person, tell_role
from linkage.terms import PartyRole

_LEADERS = (PartyRole.VOLUNTEER_ORGANIZATION, PartyRole.PROVIDER)


def remind(session: Session, standing: Standing, _work: Work, now: datetime) -> StepReport | None:
    """Tell who is below the pledge, once a month from day 20 on; report last month's rate, once."""
    today = local_date(now)
    month_on = today.replace(day=1)
    summary: dict[str, int] = {}
    if today.day >= REMINDER_DAY and _first_time(session, standing, f"pledge-reminded:{month_on:%Y-%m}", now):
        summary["pledge_reminders"] = _remind(session, standing, month_on, now)
    last_month_on = (month_on - timedelta(days=1)).replace(day=1)
    if last_month_on >= standing.project.from_on.replace(day=1) and _first_time(
        session, standing, f"pledge-reported:{last_month_on:%Y-%m}", now
    ):
        summary["pledge_reported"] = _report(session, standing, last_month_on, now)
    return StepReport(summary) if summary else None


def pledge_standings(session: Session, project_id: int, month_on: date) -> tuple[PledgeStanding, ...]:
    """Return what everybody pledged and served in a month (minutes of the hours ledger, corrections included)."""
    end_on = (month_on + timedelta(days=31)).replace(day=1)
    served = dict(
        session.execute(
            select(HoursEntry.person_id, func.sum(HoursEntry.minutes))
            .where(
                HoursEntry.project_id == project_id,
                HoursEntry.served_on >= month_on,
                HoursEntry.served_on < end_on,
            )
            .group_by(HoursEntry.person_id)
        ).all()
    )
    rows = session.execute(select(Volunteer).where(Volunteer.project_id == project_id).order_by(Volunteer.person_id))
    return tuple(
        PledgeStanding(
            row.person_id, row.pledge_minutes_per_month, int(served.get(row.person_id, 0)), row.joined_on, row.left_on
        )
        for row in rows.scalars()
    )


def _first_time(session: Session, standing: Standing, what: str, now: datetime) -> bool:
    key = f"{what}:project-{standing.project.id}"
    if session.execute(select(Effect.id).where(Effect.effect_key == key)).first() is not None:
        return False
    session.add(Effect(project_id=standing.project.id, effect_key=key, done_at=now))
    act(session, what.partition(":")[0].replace("-", "."), project_id=standing.project.id)
    return True


def _remind(session: Session, standing: Standing, month_on: date, now: datetime) -> int:
    standings = pledge_standings(session, standing.project.id, month_on)
    below = below_pledge(standings, month_on)
    for person in below:
        context: dict[str, Any] = {
            "month_on": month_on,
            "pledge_minutes": person.pledge_minutes,
            "served_minutes": person.served_minutes,
            "missing_minutes": person.missing_minutes,
        }
        kind, key = "delivery/pledge_reminder", f"{month_on:%Y-%m}"
        tell_person(session, standing.project, kind, person.person_id, key=key, context=context, now=now)
    if below:
        share = pledge_share(standings, month_on)
        context = {"month_on": month_on, "below_count": len(below), "pledged_count": share.denominator}
        for role in _LEADERS:
            tell_role(
                session,
                standing.project,
                "delivery/pledge_list",
                role,
                key=f"{month_on:%Y-%m}",
                context=context,
                now=now,
            )
    return len(below)


def _report(session: Session, standing: Standing, month_on: date, now: datetime) -> int:
    share = pledge_share(pledge_standings(session, standing.project.id, month_on), month_on)
    if not share.denominator:
        return 0
    context: dict[str, Any] = {"month_on": month_on, "kept_count": share.numerator, "pledged_count": share.denominator}
    for role in _LEADERS:
        tell_role(
            session,
            standing.project,
            "delivery/pledge_month",
            role,
            key=f"{month_on:%Y-%m}",
            context=context,
            now=now,
        )
    return share.denominator
