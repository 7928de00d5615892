"""The roster step: month by month the released activities are staffed on paper, and everybody is asked once.

Each month is solved outside any write transaction and written in one of its own (`RosterRun` makes it once); the
last transaction tells the volunteers and marks the step done. A run after a crash goes on where it stopped. What is
possible and what is best is decided by `linkage.kernels.roster` on the problem of `linkage.rules.scheduling_roster`.
"""

from __future__ import annotations

import time
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.tables import Activity, RosterRun, Shift, ShiftOffer
from linkage.db.work import Work
from linkage.kernels.roster.result import RosterOptions, RosterResult
from linkage.rules.scheduling import LOCAL
from linkage.rules.scheduling_roster import (
    CLOSE_ENOUGH_RATIO,
    EXACT_EFFORT,
    EXACT_PAIRS,
    MOVES,
    EmptySeat,
    MonthRoster,
    OpenSeat,
    PlannedOffer,
    StaffedActivity,
    months_of,
)
from linkage.stages import seats
from linkage.stages.scheduling_vacancies import freeze_vacancies, seat_count, summary_lines, vacant_seats
from linkage.stages.standing import Standing, cycle_key, decision, local_date, standing_of
from linkage.stages.steps import Due, Step, StepReport, Table, is_done, mark_done
from linkage.stages.telling import tell_role
from linkage.terms import ActivityState, DecisionKind, PartyRole

ROSTER: Final = "roster"


class _Clock:
    """What is left of the time an installation gives the solver."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def remaining_seconds(self) -> float:
        """Return what is left, zero or less when the time is up."""
        return self._until - time.monotonic()


def _run(work: Work, due: Due, now: datetime) -> StepReport:
    """Staff each month, then tell the volunteers."""
    from linkage.kernels.roster.solve import schedule  # loads the solvers: only where they are wanted

    with work.read(due.organization_id) as session:
        standing = standing_of(session, due.project_id)
        key = cycle_key(standing, DecisionKind.REVIEW_ACTIVITIES)
        if is_done(session, due, ROSTER) or decision(session, due.project_id, key) is None:
            return StepReport()
        cycle, seed = standing.cycle, standing.project.seed or 0
    tables: list[Table] = []
    for month_from_on, month_to_on in months_of(cycle.from_on, cycle.to_on):
        with work.read(due.organization_id) as session:
            month = _load(session, due.project_id, cycle.number, (month_from_on, month_to_on), now)
        if not month.seats:
            continue
        options = RosterOptions(
            seed=seed,
            moves=MOVES,
            close_enough_ratio=CLOSE_ENOUGH_RATIO,
            exact_pairs=EXACT_PAIRS,
            exact_effort=EXACT_EFFORT,
            deadline=_Clock(work.settings.scheduling.solver_seconds),
        )
        problem = month.problem()
        result = schedule(problem, options)
        offers = month.offers(result.volunteer.tolist(), result.seat.tolist())
        empty = month.empty_seats(problem, result)
        with work.begin(due.organization_id, now=now) as session:
            standing = standing_of(session, due.project_id)
            _commit(session, standing, _Solved(month, result, offers, empty), now)
            tables.append(_table(session, standing, month))
    with work.begin(due.organization_id, now=now) as session:
        if is_done(session, due, ROSTER):
            return StepReport()
        report = _tell(session, standing_of(session, due.project_id), now)
        mark_done(session, due, ROSTER, report, now)
        act(session, "scheduling.roster", project_id=due.project_id)
    return StepReport(report.summary, tuple(tables))


roster = Step(ROSTER, "排班并邀请志愿者", _run)


def _load(session: Session, project_id: int, cycle: int, days: tuple[date, date], now: datetime) -> MonthRoster:
    """Load one month's seats that are still ahead; none if the month was solved before."""
    from_on, to_on = days
    is_solved = session.execute(
        select(RosterRun.id).where(RosterRun.project_id == project_id, RosterRun.month_on == from_on)
    ).first()
    rows = (
        []
        if is_solved
        else session.execute(
            select(Shift, Activity.starts_at, Activity.ends_at)
            .join(Activity, Activity.id == Shift.activity_id)
            .where(
                Activity.project_id == project_id,
                Activity.cycle == cycle,
                Activity.state == ActivityState.RELEASED,
                Activity.held_on.between(from_on, to_on),
                Activity.starts_at > now,
            )
            .order_by(Activity.starts_at, Activity.id, Shift.id)
        ).all()
    )
    activities = {
        shift.activity_id: StaffedActivity(shift.activity_id, starts_at, ends_at) for shift, starts_at, ends_at in rows
    }
    return MonthRoster(
        from_on=from_on,
        to_on=to_on,
        candidates=seats.candidates(session, project_id, _planned_minutes(session, project_id, from_on)),
        activities=tuple(activities.values()),
        seats=tuple(
            OpenSeat(
                shift_id=shift.id,
                activity_id=shift.activity_id,
                skill=shift.skill,
                is_lead=shift.is_lead,
                min_count=shift.min_count,
                target_count=shift.target_count,
            )
            for shift, _, _ in rows
        ),
        limits=seats.limits_of(session),
    )


def _planned_minutes(session: Session, project_id: int, day: date) -> dict[int, int]:
    """Sum what everybody has promised in a day's calendar month outside this roster."""
    first = day.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    minutes: Counter[int] = Counter()
    for person_id, spans in seats.spans_by_person(session, project_id, first).items():
        for span in spans:
            if first <= local_date(span.starts_at) <= last:
                minutes[person_id] += int((span.ends_at - span.starts_at).total_seconds()) // 60
    return dict(minutes)


class _Solved(NamedTuple):
    """One month's roster as it is written."""

    month: MonthRoster
    result: RosterResult
    offers: tuple[PlannedOffer, ...]
    empty: tuple[EmptySeat, ...]


def _commit(session: Session, standing: Standing, solved: _Solved, now: datetime) -> None:
    month, result, offers, empty = solved
    project_id = standing.project.id
    known = session.execute(
        select(RosterRun.id).where(RosterRun.project_id == project_id, RosterRun.month_on == month.from_on)
    ).first()
    if known is not None:
        return
    session.add(
        RosterRun(
            project_id=project_id,
            month_on=month.from_on,
            status=result.status.value,
            objectives={
                "+".join(term.value for term in level.terms): {"value": level.value, "bound": level.bound}
                for level in result.levels
            },
            unfilled=[
                {
                    "shift_id": line.seat.shift_id,
                    "missing_count": line.missing_count,
                    "left_counts": [[step.value, count] for step, count in line.left_counts],
                    "reasons": [step.value for step in line.reasons],
                    "change": None if line.change is None else line.change.value,
                    "change_person_id": line.change_person_id,
                }
                for line in empty
            ],
            seed=result.trace.seed,
            solved_at=now,
        )
    )
    seats.add_offers(session, standing, offers, now, is_replacement=False)
    act(session, "roster.solved", project_id=project_id, month=month.from_on.isoformat(), offers=len(offers))


def _table(session: Session, standing: Standing, month: MonthRoster) -> Table:
    """Show a month's roster by activity: seats asked for and seats left empty; people stay out of it."""
    codes = dict(
        session.execute(
            select(Activity.id, Activity.code).where(Activity.id.in_([row.activity_id for row in month.activities]))
        ).all()
    )
    asked: Counter[int] = Counter(
        session.execute(
            select(ShiftOffer.shift_id).where(ShiftOffer.shift_id.in_([seat.shift_id for seat in month.seats]))
        ).scalars()
    )
    by_activity: dict[int, list[OpenSeat]] = {}
    for seat in month.seats:
        by_activity.setdefault(seat.activity_id, []).append(seat)
    rows = tuple(
        (
            codes[activity.activity_id],
            f"{activity.starts_at.astimezone(LOCAL):%Y-%m-%d %H:%M}",
            str(sum(seat.target_count for seat in by_activity[activity.activity_id])),
            str(sum(asked[seat.shift_id] for seat in by_activity[activity.activity_id])),
        )
        for activity in month.activities
    )
    key = f"roster-{standing.project.code}-{month.from_on:%Y-%m}"
    return Table(key, f"{month.from_on:%Y-%m} 排班", ("活动", "开始", "岗位", "已邀请"), rows)


def _tell(session: Session, standing: Standing, now: datetime) -> StepReport:
    """Tell every volunteer once about all their shifts of the cycle, and the provider what stayed empty."""
    project, cycle = standing.project, standing.cycle
    rows = session.execute(
        select(ShiftOffer.shift_id, ShiftOffer.person_id)
        .join(Shift, Shift.id == ShiftOffer.shift_id)
        .join(Activity, Activity.id == Shift.activity_id)
        .where(
            ShiftOffer.project_id == project.id,
            Activity.cycle == cycle.number,
            ShiftOffer.is_replacement.is_(False),
        )
        .order_by(ShiftOffer.id)
    )
    offers = [PlannedOffer(shift_id, person_id) for shift_id, person_id in rows]
    people = seats.tell_offers(
        session, standing, "scheduling/shifts_offered", offers, key=f"cycle-{cycle.number}", now=now
    )
    vacant = vacant_seats(session, standing)
    freeze_vacancies(session, standing, vacant, now)
    context: dict[str, Any] = {
        "cycle": cycle.number,
        "seat_count": seat_count(session, standing),
        "offer_count": len(offers),
        "volunteers_count": people,
        "unfilled_count": sum(line.missing_count for line in vacant),
        "unfilled": summary_lines(vacant),
    }
    tell_role(
        session,
        project,
        "scheduling/roster_made",
        PartyRole.PROVIDER,
        key=f"cycle-{cycle.number}",
        context=context,
        now=now,
    )
    return StepReport({"offers": len(offers), "volunteers": people, "unfilled": context["unfilled_count"]})
