"""`linkage run` and `advance`: move a project as far as its gates allow, by the worker or in this process."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from linkage.cli.installation import Desk, JsonOption, OrganizationOption, ProjectArgument, open_desk
from linkage.cli.output import print_json, progress, say
from linkage.cli.standing import turn
from linkage.errors import Contended, LinkageError
from linkage.terms import Stage

if TYPE_CHECKING:
    from linkage.stages.steps import Due, StageOutcome


def run(
    project: ProjectArgument,
    stage: Annotated[
        Stage | None,
        typer.Argument(metavar="STAGE", help="The stage that is meant; refused when it is not its turn."),
    ] = None,
    *,
    inline: Annotated[bool, typer.Option("--inline", help="Run it in this process, without the worker.")] = False,
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run a project's stages as far as their gates allow: by the worker, or with --inline at once."""
    with open_desk(organization) as desk:
        now = desk.work.now()
        project_id = desk.project_id(project)
        _require(desk, project_id, stage, now)
        if not inline:
            _hand_over(desk, project, project_id, now, as_json=as_json)
            return
        outcomes = _run_through(desk, project_id, now, is_shown=not as_json)
        if stage is not None and all(outcome.stage is not stage for outcome in outcomes):
            _require(desk, project_id, stage, now)
    _report(project, outcomes, as_json=as_json)


def advance(project: ProjectArgument, *, organization: OrganizationOption = None, as_json: JsonOption = False) -> None:
    """Move a project as far as its gates allow, in this process; says what it waits for."""
    run(project, None, inline=True, organization=organization, as_json=as_json)


def _require(desk: Desk, project_id: int, stage: Stage | None, now: datetime) -> None:
    from linkage.stages import lifecycle
    from linkage.stages.standing import standing_of

    if stage is not None:
        with desk.work.read(desk.organization_id) as session:
            lifecycle.require(session, standing_of(session, project_id), stage, now)


def _hand_over(desk: Desk, project: str, project_id: int, now: datetime, *, as_json: bool) -> None:
    from linkage.stages.standing import poke

    with desk.work.begin(desk.organization_id, now=now) as session:
        poke(session, project_id, now)
    if as_json:
        print_json([])
    else:
        say(f"{project} is due; the worker (linkage serve) takes it at its next tick. At once, here: --inline")


def _run_through(desk: Desk, project_id: int, now: datetime, *, is_shown: bool) -> list[StageOutcome]:
    """Run stage after stage while the project moves, then send what was queued."""
    from linkage.notify.outbox import deliver
    from linkage.stages import lifecycle
    from linkage.stages.steps import Outcome

    outcomes: list[StageOutcome] = []
    with progress(is_shown=is_shown) as shown:
        task = shown.add_task("Starting", total=None, note="")
        while items := lifecycle.due(desk.work, now, project_id=project_id):
            shown.update(task, description=f"{items[0].stage.value} {items[0].stage.label}")
            outcomes.append(_run_one(desk, items[0], now))
            if outcomes[-1].outcome is not Outcome.MOVED:
                break
        shown.update(task, description="Sending notices")
        deliver(desk.work, desk.work.now())
    return outcomes


def _run_one(desk: Desk, item: Due, now: datetime) -> StageOutcome:
    """Run one stage; a refused run gives the project back at once instead of holding it until its lease ends."""
    from linkage.stages import lifecycle
    from linkage.stages.steps import Outcome

    holder = f"command-line/{os.getpid()}"
    try:
        outcome = lifecycle.run_inline(desk.work, item, now, holder=holder)
    except (LinkageError, KeyboardInterrupt):
        lifecycle.give_back(desk.work, item, holder, now)
        raise
    if outcome.outcome is Outcome.CONTENDED:
        message = (
            f"another process runs {item.stage.value} of this project; nothing was done here: try again in a while"
        )
        raise Contended(message)
    return outcome


def _report(project: str, outcomes: Sequence[StageOutcome], *, as_json: bool) -> None:
    if as_json:
        print_json([{**asdict(outcome), "tables": [table.title for table in outcome.tables]} for outcome in outcomes])
        return
    if not outcomes:
        say(f"{project} is closed; nothing more is run")
        return
    for outcome in outcomes:
        counts = ", ".join(f"{name} {count}" for name, count in outcome.summary.items())
        say(f"{project} {outcome.stage.value}: {outcome.outcome.value}{f' ({counts})' if counts else ''}")
    for wait in outcomes[-1].waits:
        say(f"  waits for {wait.code} ({wait.label}): {turn(wait)} {wait.detail}".rstrip())
    say(f"  linkage status {project} shows what to do next")
