"""`linkage notices`, `trace`, `audit`: what was told, where a figure comes from, whether the trail holds."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer

from linkage.cli.installation import JsonOption, OrganizationOption, complete_project, open_desk
from linkage.cli.output import counted, print_json, print_table, say, waiting
from linkage.errors import InvalidFile
from linkage.terms import MessageState

audit_app = typer.Typer(no_args_is_help=True, help="The audit chain.")


def notices(
    *,
    project: Annotated[
        str | None, typer.Option("--project", metavar="CODE", help="One project.", autocompletion=complete_project)
    ] = None,
    recipient: Annotated[str | None, typer.Option("--to", metavar="CODE", help="One recipient.")] = None,
    state: Annotated[MessageState | None, typer.Option("--state", help="One state, such as dead.")] = None,
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what was told to whom, over which channel, and whether it arrived."""
    from linkage.notify.reading import notices as read_notices

    with open_desk(organization) as desk, desk.work.read(desk.organization_id) as session:
        found = read_notices(session, project=project, recipient=recipient, state=state)
    if as_json:
        print_json([asdict(row) for row in found])
        return
    columns = ("id", "queued", "recipient", "channel", "state", "title", "error")
    rows = [
        (row.id, _minute(row.queued_at), row.recipient, row.channel, row.state.value, row.title, row.last_error)
        for row in found
    ]
    print_table(counted(len(found), "notice"), columns, rows, wraps=("title", "error"))


def _minute(instant: datetime) -> str:
    from linkage.stages.standing import LOCAL_ZONE

    return f"{instant.astimezone(LOCAL_ZONE):%Y-%m-%d %H:%M}"


def trace(
    trace_id: Annotated[
        str, typer.Argument(metavar="ID", help="F12 figure, N5 need, A activity, R record, T tranche, H hours.")
    ],
    *,
    everything: Annotated[bool, typer.Option("--all", help="Every record, not only the first.")] = False,
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Follow a figure down to its records, or a need up to its tranche."""
    from linkage.stages.tracing import trace as follow

    with open_desk(organization) as desk, desk.work.read(desk.organization_id) as session:
        found = follow(session, trace_id, all_records=everything)
    if as_json:
        print_json(found)
        return
    _show(trace_id, found)


def _show(title: str, value: Any, indent: int = 0) -> None:
    pad = "  " * indent
    if isinstance(value, dict):
        say(f"{pad}{title}")
        for key, inner in value.items():
            if inner not in (None, [], ()):
                _show(str(key), inner, indent + 1)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        say(f"{pad}{title} ({len(value)})")
        for number, inner in enumerate(value, start=1):
            told = {key: part for key, part in inner.items() if not isinstance(part, dict | list | None)}
            line = ", ".join(f"{key} {part}" for key, part in told.items())
            say(f"{pad}  {number}. {line}")
            for key, part in inner.items():
                if isinstance(part, dict | list) and part:
                    _show(str(key), part, indent + 2)
    else:
        say(f"{pad}{title}: {', '.join(map(str, value)) if isinstance(value, list | tuple) else value}")


@audit_app.command("verify")
def verify(
    *,
    head: Annotated[
        str | None, typer.Option("--head", metavar="COUNT:HASH", help="A head printed in a report; finds a cut tail.")
    ] = None,
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check the chain of every transaction; with a printed head also that nothing was cut off."""
    from linkage.db.audit import Head, head_of
    from linkage.db.audit import verify as verify_chain

    outside = None
    if head is not None:
        count, _, digest = head.partition(":")
        if not count.isdigit() or not digest:
            message = f"{head!r} is not COUNT:HASH as a report prints it"
            raise typer.BadParameter(message, param_hint="--head")
        outside = Head(int(count), digest)
    with (
        waiting("Following the chain", is_shown=not as_json),
        open_desk(organization) as desk,
        desk.work.read(desk.organization_id) as session,
    ):
        breaks = verify_chain(session, desk.work.vault, outside)
        end = head_of(session)
    if as_json:
        print_json({"count": end.count, "hash": end.hash, "breaks": breaks})
    elif not breaks:
        say(f"The chain of {end.count} entries holds. Head: {end.count}:{end.hash}")
    if breaks:
        message = f"the audit chain is broken in {len(breaks)} places"
        raise InvalidFile(message, breaks)
