"""How a stage is made: steps that each are one transaction and leave a done-row, conditions for leaving it.

A step marked `once` writes its done-row in the transaction of its work, so that a rerun after a crash finds
either both or neither. A step that may be repeated must be harmless when it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.tables import StageRun
from linkage.db.work import Work
from linkage.stages.standing import Condition, Standing, standing_of
from linkage.terms import Stage


@dataclass(frozen=True)
class Due:
    """A project that can be looked at: its stage and version name the work to do."""

    organization_id: int
    project_id: int
    stage: Stage
    version: int


@dataclass(frozen=True)
class Table:
    """Something people want to see of a step, shown as an artifact; no personal values."""

    key: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class StepReport:
    """What a step did, in counts."""

    summary: Mapping[str, int] = field(default_factory=dict)
    tables: Sequence[Table] = ()


Apply = Callable[[Session, Standing, Work, datetime], StepReport | None]
"""A step's work inside one transaction; None when it is not yet possible (nothing is marked done)."""


@dataclass(frozen=True)
class Step:
    """One step of a stage.

    Parameters
    ----------
    name
        Stable; part of the done-row's key.
    label
        Chinese, for people.
    run
        `(work, due, now) -> report`; one transaction or several, each harmless when repeated.
    """

    name: str
    label: str
    run: Callable[[Work, Due, datetime], StepReport]


def is_done(session: Session, due: Due, step: str) -> bool:
    """Say whether a step of this version has its done-row."""
    found = session.execute(
        select(StageRun.id).where(
            StageRun.project_id == due.project_id, StageRun.version == due.version, StageRun.step == step
        )
    ).first()
    return found is not None


def mark_done(session: Session, due: Due, step: str, report: StepReport, now: datetime) -> None:
    """Write a step's done-row; the caller's transaction holds its work."""
    session.add(
        StageRun(
            project_id=due.project_id,
            stage=due.stage,
            version=due.version,
            step=step,
            summary=dict(report.summary),
            finished_at=now,
        )
    )


def once(name: str, label: str, apply: Apply) -> Step:
    """Make a step that is done once for each stage version, in one transaction with its done-row."""

    def run(work: Work, due: Due, now: datetime) -> StepReport:
        with work.begin(due.organization_id, now=now) as session:
            if is_done(session, due, name):
                return StepReport()
            report = apply(session, standing_of(session, due.project_id), work, now)
            if report is None:
                return StepReport()
            mark_done(session, due, name, report, now)
            act(session, f"{due.stage.value}.{name}", project_id=due.project_id)
            return report

    return Step(name, label, run)


def each_time(name: str, label: str, apply: Apply) -> Step:
    """Make a step that runs whenever the project is looked at; it must be harmless when repeated."""

    def run(work: Work, due: Due, now: datetime) -> StepReport:
        with work.begin(due.organization_id, now=now) as session:
            return apply(session, standing_of(session, due.project_id), work, now) or StepReport()

    return Step(name, label, run)


class StageModule(Protocol):
    """What every stage module offers to the lifecycle."""

    STEPS: tuple[Step, ...]

    def conditions(self, session: Session, standing: Standing, now: datetime) -> tuple[Condition, ...]:
        """Say what must be true before the project leaves this stage."""
        ...

    def next_look(self, session: Session, standing: Standing, now: datetime) -> datetime | None:
        """Return when time alone will change something here, if it will."""
        ...


class Outcome(StrEnum):
    """How one run of a stage ended."""

    MOVED = "moved"
    WAITING = "waiting"
    ALREADY_DONE = "already_done"
    CONTENDED = "contended"


@dataclass(frozen=True)
class StageOutcome:
    """What one run of a stage did, and what the project waits for now."""

    project_id: int
    stage: Stage
    version: int
    outcome: Outcome
    waits: tuple[Condition, ...] = ()
    summary: Mapping[str, int] = field(default_factory=dict)
    tables: tuple[Table, ...] = ()
