"""Status: where every project stands, what it waits for, whose turn it is and since when.

Reads only. What is shown here is computed by the stages' own conditions, so that it cannot disagree with what
the lifecycle does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from linkage.db.tables import MoneyEntry, Project
from linkage.stages import disbursement, lifecycle
from linkage.stages.standing import Condition, standing_of
from linkage.terms import ProjectState, Stage, TrancheState


@dataclass(frozen=True)
class TrancheStatus:
    """A tranche, whether it is paid, and its gates once it is due."""

    code: str
    name: str
    amount_fen: int
    state: TrancheState
    cycle: int


@dataclass(frozen=True)
class ProjectStatus:
    """One project at one instant.

    Parameters
    ----------
    waits
        What shuts the way out of its stage.
    is_due
        Somebody acted, or the time has come, since it was last run: the next run may open what is shown as shut.
    money
        Every gate of every tranche that is due and unpaid, open or shut.
    """

    code: str
    name: str
    state: ProjectState
    stage: Stage
    cycle: int
    cycles: int
    version: int
    stage_entered_at: datetime
    is_simulated: bool
    is_running: bool
    is_due: bool
    waits: tuple[Condition, ...]
    money: tuple[Condition, ...]
    tranches: tuple[TrancheStatus, ...]
    released_fen: int


def project_status(session: Session, project_id: int, now: datetime) -> ProjectStatus:
    """Say where one project stands."""
    standing = standing_of(session, project_id)
    project = standing.project
    is_open = project.state is ProjectState.OPEN
    listed = lifecycle.conditions(session, standing, now) if is_open else ()
    released = session.execute(
        select(func.coalesce(func.sum(MoneyEntry.amount_fen), 0)).where(MoneyEntry.project_id == project_id)
    ).scalar_one()
    return ProjectStatus(
        code=project.code,
        name=project.name,
        state=project.state,
        stage=project.stage,
        cycle=project.cycle,
        cycles=len(standing.charter.cycles()),
        version=project.version,
        stage_entered_at=project.stage_entered_at,
        is_simulated=project.is_simulated,
        is_running=project.lease_until_at is not None and project.lease_until_at > now,
        is_due=is_open and (project.due_at is None or project.due_at <= now),
        waits=tuple(condition for condition in listed if not condition.is_open),
        money=disbursement.tranche_conditions(session, standing) if is_open else (),
        tranches=tuple(
            TrancheStatus(row.code, row.name, row.amount_fen, row.state, row.cycle)
            for row in disbursement.tranches(session, standing)
        ),
        released_fen=int(released),
    )


def all_statuses(session: Session, now: datetime) -> tuple[ProjectStatus, ...]:
    """Say where every project of the organisation stands."""
    ids = session.execute(select(Project.id).order_by(Project.code)).scalars()
    return tuple(project_status(session, project_id, now) for project_id in tuple(ids))
