"""Every flow once: its name, callable, title, parameters, schedule and limit; deployments are made from this.

Schedules are few and belong to the system, never to a project: a project's own days follow its calendar and are
rows in our database. The worker ticks by its own clock too, so a schedule that does not fire delays nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from prefect import Flow
from pydantic import BaseModel

from flows.assessment import assessment
from flows.delivery import delivery
from flows.disbursement import disbursement
from flows.lifecycle import tick
from flows.matching import matching
from flows.outbox import outbox
from flows.parameters import ClockParameters, StageParameters
from flows.reporting import reporting
from flows.scheduling import scheduling
from flows.summaries import community_summaries
from flows.survey import survey
from linkage.terms import Stage

TIMEZONE = "Asia/Shanghai"


@dataclass(frozen=True)
class Entry:
    """One flow as operators see it.

    Parameters
    ----------
    entrypoint
        `module:function`; told to Prefect for people to read. The worker runs what stands here, never a path that
        a server gives it.
    cron
        In Asia/Shanghai time; None for a flow that only events and people start.
    limit
        The most runs at once; a further one is cancelled. None where our leases decide.
    """

    flow: Flow[..., Any]
    title: str
    parameters: type[BaseModel]
    entrypoint: str
    cron: str | None = None
    limit: int | None = None

    @property
    def name(self) -> str:
        """The flow's name, unique here."""
        return self.flow.name


def _stage(stage: Stage, flow: Flow[..., Any]) -> Entry:
    return Entry(flow, stage.label, StageParameters, f"flows.{stage.value}:{stage.value}")


_STAGES: dict[Stage, Entry] = {
    Stage.SURVEY: _stage(Stage.SURVEY, survey),
    Stage.MATCHING: _stage(Stage.MATCHING, matching),
    Stage.SCHEDULING: _stage(Stage.SCHEDULING, scheduling),
    Stage.DELIVERY: _stage(Stage.DELIVERY, delivery),
    Stage.REPORTING: _stage(Stage.REPORTING, reporting),
    Stage.ASSESSMENT: _stage(Stage.ASSESSMENT, assessment),
    Stage.DISBURSEMENT: _stage(Stage.DISBURSEMENT, disbursement),
}

CATALOGUE: tuple[Entry, ...] = (
    *_STAGES.values(),
    Entry(tick, "推进与找回", ClockParameters, "flows.lifecycle:tick", cron="*/15 * * * *", limit=1),
    Entry(outbox, "发送通知", ClockParameters, "flows.outbox:outbox", cron="*/10 * * * *", limit=1),
    Entry(
        community_summaries,
        "社区摘要",
        ClockParameters,
        "flows.summaries:community_summaries",
        cron="30 8 * * *",
        limit=1,
    ),
)


@cache
def entry(name: str) -> Entry:
    """Return the entry of a flow by its name."""
    return next(item for item in CATALOGUE if item.name == name)


def of_stage(stage: Stage) -> Entry:
    """Return the entry of a stage's flow."""
    return _STAGES[stage]
