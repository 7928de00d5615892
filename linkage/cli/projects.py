"""`linkage project`: create projects from their charters, and list them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from linkage.cli.charter import scheme_codes
from linkage.cli.installation import JsonOption, OrganizationOption, open_work
from linkage.cli.output import counted, tell
from linkage.cli.standing import status

app = typer.Typer(no_args_is_help=True, help="Create and list projects.")


@app.command("create")
def create(
    file: Annotated[Path, typer.Argument(metavar="CHARTER", help="The charter, a YAML file.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Create a project from its charter; the same charter again changes nothing."""
    from linkage.schemas.charter_check import load_charter
    from linkage.stages.initiation import adopt

    charter = load_charter(file, schemes=scheme_codes())
    with open_work(creates=True) as work:
        now = work.now()
        owner = charter.organization
        organization_id = work.organization(owner.code, owner.name, owner.uscc)
        with work.begin(organization_id, actor=owner.code, now=now) as session:
            project_id = adopt(session, charter, now)
    code = charter.project.code
    tell(
        f"{code}: {charter.project.name}, {counted(len(charter.cycles()), 'cycle')}. See what it waits for:\n  linkage status {code}",
        {"project": code, "project_id": project_id, "organization": owner.code},
        as_json=as_json,
    )


@app.command("list")
def list_projects(*, organization: OrganizationOption = None, as_json: JsonOption = False) -> None:
    """List the projects of the organisation and whose turn it is in each."""
    status(organization=organization, as_json=as_json)
