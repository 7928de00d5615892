"""`linkage project`, `run`, `advance`, `status`: create projects, move them, see where they stand."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from linkage.cli.charter import scheme_codes
from linkage.cli.installation import Desk, JsonOption, OrganizationOption, ProjectArgument, open_desk, open_work
from linkage.cli.output import print_json, print_table, say
from linkage.terms import Stage

if TYPE_CHECKING:
    from linkage.stages.status import ProjectStatus
    from linkage.stages.steps import StageOutcome

app = typer.Typer(no_args_is_help=True, help="Create and list projects.")


@app.command("create")
def create(
    file: Annotated[Path, typer.Argument(help="The charter, a YAML file.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Create a project from its charter; the same charter again changes nothing."""
    from linkage.schemas.charter_check import load_charter
    from linkage.stages.initiation import adopt

    charter = load_charter(file, schemes=scheme_codes())
    with open_work() as work:
        now = work.now()
        owner = charter.organization
        organization_id = work.organization(owner.code, owner.name, owner.uscc)
        with work.begin(organization_id, actor=owner.code, now=now) as session:
            project_id = adopt(session, charter, now)
    if as_json:
        print_json({"project": charter.project.code, "project_id": project_id, "organization": owner.code})
    else:
        say(f"{charter.project.code} stands at survey. Next: linkage survey import {charter.project.code} FILE")


@app.command("list")
def list_projects(*, organization: OrganizationOption = None, as_json: JsonOption = False) -> None:
    """List the projects of the organisation."""
    status(organization=organization, as_json=as_json)


def status(
    *,
    project: Annotated[str | None, typer.Argument(metavar="[PROJECT]", help="One project; default all.")] = None,
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show where every project stands, what it waits for, whose turn it is and since when."""
    from linkage.stages.standing import find_project
    from linkage.stages.status import all_statuses, project_status

    with open_desk(organization) as desk, desk.work.read(desk.organization_id) as session:
        now = desk.work.now()
        if project is None:
            listed: Sequence[ProjectStatus] = all_statuses(session, now)
        else:
            listed = [project_status(session, find_project(session, project).id, now)]
    if as_json:
        print_json([_as_json(one) for one in listed])
        return
    for one in listed:
        _show(one)


def _as_json(one: ProjectStatus) -> dict[str, Any]:
    return {"project": one.code, **{key: value for key, value in asdict(one).items() if key != "code"}}


def _show(one: ProjectStatus) -> None:
    mark = "（模拟）" if one.is_simulated else ""
    entered = f"{one.stage_entered_at:%Y-%m-%d}"
    say(f"{one.code}  {one.name}{mark}")
    say(f"  {one.state.value}, {one.stage.value} {one.stage.label}, cycle {one.cycle} of {one.cycles}, since {entered}")
    rows = [
        (wait.code, wait.label, wait.whose_turn.value if wait.whose_turn else "time", _since(wait.since), wait.detail)
        for wait in (*one.waits, *(gate for gate in one.money if not gate.is_open and gate not in one.waits))
    ]
    if rows:
        print_table("waits for", ("condition", "", "whose turn", "since", "detail"), rows)
    paid = [(row.code, row.name, f"{row.amount_fen / 100:,.2f}", row.state.label) for row in one.tranches]
    print_table("tranches", ("tranche", "", "yuan", "state"), paid)


def _since(since: object) -> str:
    return "" if since is None else f"{since:%Y-%m-%d}"


def run(
    project: ProjectArgument,
    stage: Annotated[
        Stage | None, typer.Argument(help="The stage that is meant; refused when it is not its turn.")
    ] = None,
    *,
    inline: Annotated[bool, typer.Option("--inline", help="Run it in this process, without the worker.")] = False,
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run a project's stages as far as their gates allow: by the worker, or with --inline at once."""
    from linkage.stages import lifecycle
    from linkage.stages.standing import poke, standing_of

    with open_desk(organization) as desk:
        now = desk.work.now()
        project_id = desk.project_id(project)
        if stage is not None:
            with desk.work.read(desk.organization_id) as session:
                lifecycle.require(session, standing_of(session, project_id), stage, now)
        if not inline:
            with desk.work.begin(desk.organization_id, now=now) as session:
                poke(session, project_id, now)
            say(f"{project} is due; the worker takes it at its next tick (linkage serve), or run it with --inline")
            return
        outcomes = lifecycle.run_on(desk.work, project_id, now, holder=f"inline-{os.getpid()}")
        _deliver(desk)
    _report(project, outcomes, as_json=as_json)


def advance(project: ProjectArgument, *, organization: OrganizationOption = None, as_json: JsonOption = False) -> None:
    """Move a project as far as its gates allow, in this process; says what it waits for."""
    run(project, None, inline=True, organization=organization, as_json=as_json)


def _deliver(desk: Desk) -> None:
    from linkage.notify.outbox import deliver

    deliver(desk.work, desk.work.now())


def _report(project: str, outcomes: Sequence[StageOutcome], *, as_json: bool) -> None:
    if as_json:
        print_json([{**asdict(outcome), "tables": [table.title for table in outcome.tables]} for outcome in outcomes])
        return
    for outcome in outcomes:
        counts = ", ".join(f"{name} {count}" for name, count in outcome.summary.items())
        say(f"{project} {outcome.stage.value}: {outcome.outcome.value}{f' ({counts})' if counts else ''}")
    for wait in outcomes[-1].waits if outcomes else ():
        turn = wait.whose_turn.value if wait.whose_turn else "time"
        say(f"  waits for {wait.code} — {wait.label}: {turn} {wait.detail}".rstrip())
