"""The command line's root: its groups, and how a refusal becomes an exit status."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from linkage import __version__
from linkage.cli import charter, delivery, demo, matching, outcome, projects, reading, scheduling, serve, survey
from linkage.cli.output import refuse
from linkage.errors import LinkageError

app = typer.Typer(
    name="linkage",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Linkage 五社联动: community-service projects from the residents' needs to the purchaser's money.",
)
app.add_typer(charter.app, name="charter")
app.add_typer(projects.app, name="project")
app.add_typer(survey.app, name="survey")
app.add_typer(matching.app, name="matching")
app.add_typer(scheduling.app, name="scheduling")
app.add_typer(delivery.app, name="delivery")
app.add_typer(outcome.reporting_app, name="reporting")
app.add_typer(outcome.assessment_app, name="assessment")
app.add_typer(outcome.disbursement_app, name="disbursement")
app.add_typer(reading.audit_app, name="audit")
app.command("demo")(demo.demo)
app.command("status")(projects.status)
app.command("run")(projects.run)
app.command("advance")(projects.advance)
app.command("notices")(reading.notices)
app.command("trace")(reading.trace)
app.command("serve")(serve.serve)


def _version(value: bool) -> None:
    if value:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Everything an installation can be asked; data lies in LINKAGE_DATA (default: ./data)."""


def main() -> None:
    """Run a command; 0 done, 1 refused with reasons, 2 wrong usage."""
    try:
        app()
    except LinkageError as error:
        refuse(error)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
