"""`linkage status`: where every project stands, what it waits for, whose turn it is, and what to type next."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from linkage.cli.installation import JsonOption, OrganizationOption, complete_project, open_desk
from linkage.cli.next_steps import next_commands
from linkage.cli.output import counted, print_json, print_table, say

if TYPE_CHECKING:
    from datetime import datetime

    from linkage.stages.standing import Condition
    from linkage.stages.status import ProjectStatus
    from linkage.terms import PartyRole

_AT_ONCE = 1


def status(
    *,
    project: Annotated[
        str | None,
        typer.Argument(metavar="PROJECT", help="One project; default all.", autocompletion=complete_project),
    ] = None,
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show where every project stands, what it waits for, whose turn it is and since when."""
    from linkage.stages.belonging import parties_by_role, project_codes
    from linkage.stages.standing import find_project
    from linkage.stages.status import project_status

    with open_desk(organization) as desk, desk.work.read(desk.organization_id) as session:
        now = desk.work.now()
        codes = project_codes(session) if project is None else [project]
        ids = [find_project(session, code).id for code in codes]
        listed = [project_status(session, project_id, now) for project_id in ids]
        parties = [parties_by_role(session, project_id) for project_id in ids[:_AT_ONCE]]
    if as_json:
        print_json([_as_json(one) for one in listed])
    elif len(listed) == _AT_ONCE:
        _show(listed[0], parties[0])
    else:
        _show_all(listed)


def _as_json(one: ProjectStatus) -> dict[str, Any]:
    return {"project": one.code, **{key: value for key, value in asdict(one).items() if key != "code"}}


def _show_all(listed: list[ProjectStatus]) -> None:
    """Print one line a project; what is shut first stands for the rest."""
    rows = [
        (
            one.code,
            f"{one.cycle}/{one.cycles}",
            one.stage.value if one.waits or one.state.value == "open" else one.state.value,
            _turns(one),
            _day(one.waits[0].since if one.waits else one.stage_entered_at),
            "、".join(wait.label for wait in one.waits),
        )
        for one in listed
    ]
    print_table(
        counted(len(listed), "project"), ("project", "cycle", "stage", "whose turn", "since", "waits for"), rows
    )
    if listed:
        say("One project in full: linkage status PROJECT")


def _turns(one: ProjectStatus) -> str:
    return ", ".join(dict.fromkeys(turn(wait) for wait in one.waits))


def _show(one: ProjectStatus, parties: dict[PartyRole, str]) -> None:
    mark = "（模拟）" if one.is_simulated else ""
    say(f"{one.code}  {one.name}{mark}")
    if one.state.value == "open":
        place = f"{one.stage.value} {one.stage.label}, cycle {one.cycle} of {one.cycles}"
        running = ", a run is under way" if one.is_running else ", a run is due" if one.is_due else ""
        say(f"{one.state.value}, {place}, since {_day(one.stage_entered_at)}{running}\n")
    else:
        say(
            f"{one.state.value} {one.state.label}, after {counted(one.cycles, 'cycle')}, on {_day(one.stage_entered_at)}\n"
        )
    rows = [
        (wait.code, wait.label, turn(wait), _day(wait.since), wait.detail)
        for wait in (*one.waits, *(gate for gate in one.money if not gate.is_open and gate not in one.waits))
    ]
    if rows:
        columns = ("condition", "in words", "whose turn", "since", "detail")
        print_table("Waits for", columns, rows, wraps=("in words", "detail"))
        say("")
    paid = [(row.code, row.name, f"{row.amount_fen / 100:,.2f}", row.state.value) for row in one.tranches]
    print_table("Tranches", ("tranche", "name", "yuan", "state"), paid, wraps=("name",))
    commands = next_commands(one, parties)
    if commands:
        say("\nNext")
        for command in commands:
            say(f"  {command}")


def turn(wait: Condition) -> str:
    """Say whose turn it is in one word; `software` follows by itself at the next run."""
    if wait.whose_turn is not None:
        return wait.whose_turn.value
    return "time" if wait.code == "period_over" else "software"


def _day(since: datetime | None) -> str:
    from linkage.stages.standing import local_date

    return "" if since is None else local_date(since).isoformat()
