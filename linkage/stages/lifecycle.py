"""The lifecycle: which projects can move, who may move them, and what they wait for.

Level-triggered: run twice, after a crash or with Prefect's database gone, the result is the same. A project is
held by one runner at a time through a lease in its own row; the version in the row is the optimistic lock. This
module knows the order of the stages and nothing of what happens in them.

Who takes a project clears the hand of its clock (`due_at`); whoever acts meanwhile sets it again. So a run that ends
knows whether its steps have seen everything, and neither moves a project nor sends it to sleep over an unread answer.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from types import ModuleType
from typing import cast

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.tables import Project
from linkage.db.work import Work
from linkage.errors import GateShut
from linkage.stages import assessment, delivery, disbursement, matching, reporting, scheduling, survey
from linkage.stages.standing import Condition, Standing, look_at, standing_of
from linkage.stages.steps import Due, Outcome, StageModule, StageOutcome, Step, StepReport, Table
from linkage.terms import ProjectState, Stage

_MODULES: dict[Stage, ModuleType] = {
    Stage.SURVEY: survey,
    Stage.MATCHING: matching,
    Stage.SCHEDULING: scheduling,
    Stage.DELIVERY: delivery,
    Stage.REPORTING: reporting,
    Stage.ASSESSMENT: assessment,
    Stage.DISBURSEMENT: disbursement,
}


def module_of(stage: Stage) -> StageModule:
    """Return the module that holds a stage's steps and conditions."""
    return cast("StageModule", _MODULES[stage])


def steps(stage: Stage) -> tuple[Step, ...]:
    """Return the steps of one run of a stage; a tranche may fall due in any of them."""
    own = module_of(stage).STEPS
    return own if stage is Stage.DISBURSEMENT else (*own, *disbursement.RELEASE_STEPS)


def due(work: Work, now: datetime, *, project_id: int | None = None) -> tuple[Due, ...]:
    """List the open projects whose time to be looked at has come and that nobody holds."""
    query = select(Project).where(Project.state == ProjectState.OPEN)
    if project_id is None:
        query = query.where(
            or_(Project.due_at <= now, Project.due_at.is_(None)),
            or_(Project.lease_until_at.is_(None), Project.lease_until_at <= now),
        )
    else:
        query = query.where(Project.id == project_id)
    with work.registry() as session:
        rows = session.execute(query.order_by(Project.due_at, Project.id)).scalars()
        return tuple(Due(row.organization_id, row.id, row.stage, row.version) for row in rows)


def claim(work: Work, item: Due, holder: str, now: datetime) -> bool:
    """Take the project's lease; False if somebody holds it or it has moved on since."""
    until = now + timedelta(seconds=work.settings.lifecycle.lease_seconds)
    with work.begin(item.organization_id, now=now) as session:
        taken = session.execute(
            update(Project)
            .where(
                Project.id == item.project_id,
                Project.version == item.version,
                Project.stage == item.stage,
                Project.state == ProjectState.OPEN,
                or_(Project.lease_until_at.is_(None), Project.lease_until_at <= now, Project.lease_holder == holder),
            )
            .values(lease_holder=holder, lease_until_at=until, due_at=None)
            .returning(Project.id)
            .execution_options(synchronize_session=False)
        ).first()
    return taken is not None


def give_back(work: Work, item: Due, holder: str, now: datetime) -> None:
    """Give a lease back after a run that was refused, so that it can be tried again at once."""
    with work.begin(item.organization_id, now=now) as session:
        session.execute(
            update(Project)
            .where(Project.id == item.project_id, Project.lease_holder == holder)
            .values(lease_holder=None, lease_until_at=None, due_at=now)
            .execution_options(synchronize_session=False)
        )


def reconcile(work: Work, now: datetime) -> tuple[Due, ...]:
    """List what must be dispatched again: projects whose lease ran out and projects that are due."""
    return due(work, now)


def conditions(session: Session, standing: Standing, now: datetime) -> tuple[Condition, ...]:
    """Say what must be true before a project leaves its stage, open or shut."""
    return module_of(standing.project.stage).conditions(session, standing, now)


def settle(work: Work, item: Due, holder: str, now: datetime) -> StageOutcome:
    """Move the project if its conditions are met, else note when to look again; give the lease back.

    Whatever was done since the claim came after some step had looked: the project stays, and is due at once.
    """
    with work.begin(item.organization_id, now=now) as session:
        held = session.execute(
            update(Project)
            .where(Project.id == item.project_id, Project.version == item.version, Project.lease_holder == holder)
            .values(lease_holder=None, lease_until_at=None)
            .returning(Project.due_at)
            .execution_options(synchronize_session=False)
        ).first()
        if held is None:
            return StageOutcome(item.project_id, item.stage, item.version, Outcome.ALREADY_DONE)
        standing = standing_of(session, item.project_id)
        waits = tuple(condition for condition in conditions(session, standing, now) if not condition.is_open)
        if held.due_at is not None:
            return StageOutcome(item.project_id, item.stage, item.version, Outcome.WAITING, waits)
        if waits:
            at = module_of(item.stage).next_look(session, standing, now) or _far(now)
            look_at(session, item.project_id, at)
            return StageOutcome(item.project_id, item.stage, item.version, Outcome.WAITING, waits)
        _move(session, standing, now)
    return StageOutcome(item.project_id, item.stage, item.version, Outcome.MOVED)


def _far(now: datetime) -> datetime:
    """Return the reconcile horizon: even a project that nothing pokes is looked at once a day."""
    return now + timedelta(days=1)


def _move(session: Session, standing: Standing, now: datetime) -> None:
    project = standing.project
    left = project.stage
    order = tuple(Stage)
    if left is not Stage.DISBURSEMENT:
        project.stage = order[order.index(left) + 1]
    elif standing.is_last_cycle:
        project.state = ProjectState.CLOSED
    else:
        project.stage = Stage.SURVEY
        project.cycle += 1
    project.version += 1
    project.stage_entered_at = now
    look_at(session, project.id, now)
    act(session, f"{left.value}.left", project_id=project.id, version=project.version, cycle=project.cycle)


def run_inline(work: Work, item: Due, now: datetime, *, holder: str = "inline") -> StageOutcome:
    """Run one stage of one project in this process: claim, steps, settle."""
    if not claim(work, item, holder, now):
        return StageOutcome(item.project_id, item.stage, item.version, Outcome.CONTENDED)
    summary: dict[str, int] = {}
    tables: list[Table] = []
    for step in steps(item.stage):
        report: StepReport = step.run(work, item, now)
        summary.update(report.summary)
        tables.extend(report.tables)
    outcome = settle(work, item, holder, now)
    return StageOutcome(
        outcome.project_id, outcome.stage, outcome.version, outcome.outcome, outcome.waits, summary, tuple(tables)
    )


def run_on(work: Work, project_id: int, now: datetime, *, holder: str = "inline") -> tuple[StageOutcome, ...]:
    """Run one project's stages in this process as far as its gates allow."""
    outcomes: list[StageOutcome] = []
    while items := due(work, now, project_id=project_id):
        outcomes.append(run_inline(work, items[0], now, holder=holder))
        if outcomes[-1].outcome is not Outcome.MOVED:
            break
    return tuple(outcomes)


def require(session: Session, standing: Standing, stage: Stage, now: datetime) -> None:
    """Refuse a stage that was asked for before its gate; one that only this software's own steps precede is not refused.

    Raises
    ------
    GateShut
        With each condition that is shut and whose turn it is.
    """
    project = standing.project
    if project.state is not ProjectState.OPEN:
        message = f"project {project.code} is {project.state.value}; nothing more can be run"
        raise GateShut(message)
    if project.stage is stage:
        return
    shut = [condition for condition in conditions(session, standing, now) if not condition.is_open]
    order = tuple(Stage)
    if order.index(stage) > order.index(project.stage) and all(condition.whose_turn is None for condition in shut):
        return
    message = (
        f"project {project.code} stands at {project.stage.value} (cycle {project.cycle}); {stage.value} is not open"
    )
    raise GateShut(message, tuple(_line(condition) for condition in shut))


def _line(condition: Condition) -> str:
    turn = condition.whose_turn.value if condition.whose_turn else "time"
    return f"{condition.code}: waits for {turn}{': ' + condition.detail if condition.detail else ''}"
