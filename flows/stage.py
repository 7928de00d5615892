"""The building block of the seven stage flows: claim, one task for each step, settle, show.

It holds the retry policy and nothing of what a stage does. It may be run twice, after a crash, or by two processes:
the lease, the version and the done-rows are in our database, and no state of Prefect is read to decide anything.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from typing import Any, ParamSpec, TypeVar

import httpx
from prefect import State, Task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import TaskRun
from prefect.exceptions import PrefectException
from prefect.states import Completed
from prefect.tasks import exponential_backoff

from flows.process import Process, StepFailed, current, without_words
from linkage.stages import lifecycle
from linkage.stages.steps import Due, Outcome, StageOutcome, Step, StepReport, Table
from linkage.terms import Stage

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

_OUTCOMES = {
    Outcome.MOVED: "已完成，进入下一环节",
    Outcome.WAITING: "等待",
    Outcome.ALREADY_DONE: "此前已完成",
    Outcome.CONTENDED: "正由其他进程办理，或版本已过",
}


def run_name(stage: Stage) -> str:
    """Return the name template of a stage's runs, by which operators search for a project."""
    return f"{stage.value}-p{{project_id}}-v{{version}}"


def fault_key(project_id: int, version: int) -> str:
    """Return the key under which a run's error stays in the process."""
    return f"project-{project_id}-v{version}"


def _may_pass(_: Task[..., Any], __: TaskRun, state: State) -> bool:
    """Retry what may pass by itself; a refusal with reasons is refused again."""
    error = state.result(raise_on_failure=False)
    return not isinstance(error, StepFailed) or error.may_pass


def retried(name: str, label: str, run: Callable[P, R]) -> Task[P, R]:
    """Make a task of a function that is safe to repeat: 2, 4 and 8 seconds between tries, with jitter."""
    return Task(
        run,
        name=name,
        task_run_name=label,
        retries=3,
        retry_delay_seconds=exponential_backoff(2),
        retry_jitter_factor=0.5,
        retry_condition_fn=_may_pass,
        cache_policy=NO_CACHE,
        persist_result=False,
    )


@cache
def _task(step: Step) -> Task[[Due, datetime], StepReport]:
    def run(item: Due, now: datetime) -> StepReport:
        process = current()
        with without_words(process, fault_key(item.project_id, item.version), step.name):
            return step.run(process.work, item, now)

    return retried(step.name, step.label, run)


def carry(stage: Stage, organization_id: int, project_id: int, version: int, now: datetime | None) -> State:
    """Run one stage of one project as the body of a flow."""
    process = current()
    item = Due(organization_id, project_id, stage, version)
    with process.hold(project_id) as is_free:
        if is_free:
            outcome = _carry(process, item, now or process.work.now())
        else:
            outcome = StageOutcome(project_id, stage, version, Outcome.CONTENDED)
    message = _OUTCOMES[outcome.outcome]
    if outcome.waits:
        message += "：" + "、".join(wait.label for wait in outcome.waits)
    return Completed(name=outcome.outcome.value, message=message, data=outcome)


def _carry(process: Process, item: Due, now: datetime) -> StageOutcome:
    key = fault_key(item.project_id, item.version)
    process.faults.pop(key, None)
    with without_words(process, key, "claim"):
        is_ours = lifecycle.claim(process.work, item, process.holder, now)
    if not is_ours:
        return StageOutcome(item.project_id, item.stage, item.version, Outcome.CONTENDED)
    reports: list[StepReport] = [_task(step)(item, now) for step in lifecycle.steps(item.stage)]
    with without_words(process, key, "settle"):
        outcome = lifecycle.settle(process.work, item, process.holder, now)
    tables = tuple(table for report in reports for table in report.tables)
    show(item.project_id, tables)
    summary = {name: count for report in reports for name, count in report.summary.items()}
    return StageOutcome(
        outcome.project_id, outcome.stage, outcome.version, outcome.outcome, outcome.waits, summary, tables
    )


def show(project_id: int, tables: Iterable[Table]) -> None:
    """Put tables on the run's page, each under a key that stays the same from run to run."""
    for table in tables:
        try:
            create_markdown_artifact(
                markdown(table), key=artifact_key(f"{table.key}-p{project_id}"), description=table.title
            )
        except (PrefectException, httpx.HTTPError) as error:
            logger.warning("artifact %s of project %s was not kept: %s", table.key, project_id, type(error).__name__)


def artifact_key(text: str) -> str:
    """Return a text as Prefect wants its keys: small letters, digits, dashes."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def markdown(table: Table) -> str:
    """Write a table in Markdown; a cell cannot end its row or begin markup of its own."""
    rows = [table.columns, ("---",) * len(table.columns), *table.rows]
    lines = [
        "| " + " | ".join(_cell(cell) if number != 1 else cell for cell in row) + " |"
        for number, row in enumerate(rows)
    ]
    return f"### {_cell(table.title)}\n\n" + "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return re.sub(r"([\\|<>\[\]`*_!])", r"\\\1", " ".join(text.split()))
