"""The command line's root: its groups, and how a refusal becomes an exit status."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from linkage import __version__
from linkage.cli import (
    charter,
    delivery,
    demo,
    matching,
    outcome,
    projects,
    reading,
    running,
    scheduling,
    serve,
    solve,
    standing,
    survey,
    survey_visit,
)
from linkage.cli.output import prepare_streams, refuse
from linkage.errors import CannotWrite, LinkageError

app = typer.Typer(
    name="linkage",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Linkage 五社联动: community-service projects from the residents' needs to the purchaser's money.",
    epilog=(
        "Data lies in the folder LINKAGE_DATA (default ./data). Exit status: 0 done, 1 refused with reasons, 2 wrong "
        "usage. With --json the result is the only thing on standard output, and a refusal is one JSON object on "
        'standard error: {"error": code, "message", "reasons": [...]}.'
    ),
)
app.add_typer(charter.app, name="charter")
app.add_typer(projects.app, name="project")
survey.app.command("visit")(survey_visit.visit)
app.add_typer(survey.app, name="survey")
app.add_typer(matching.app, name="matching")
app.add_typer(scheduling.app, name="scheduling")
app.add_typer(delivery.app, name="delivery")
app.add_typer(outcome.reporting_app, name="reporting")
app.add_typer(outcome.assessment_app, name="assessment")
app.add_typer(outcome.disbursement_app, name="disbursement")
app.add_typer(reading.audit_app, name="audit")
app.add_typer(solve.app, name="solve")
app.command("demo")(demo.demo)
app.command("status")(standing.status)
app.command("run")(running.run)
app.command("advance")(running.advance)
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


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and end the process: 0 done, 1 refused with reasons, 2 wrong usage.

    Parameters
    ----------
    arguments
        What was typed after `linkage`; by default the process's own.
    """
    typed = sys.argv[1:] if arguments is None else list(arguments)
    prepare_streams()
    try:
        try:
            app(args=typed, prog_name="linkage")
        finally:
            sys.stdout.flush()
    except LinkageError as error:
        refuse(error, as_json="--json" in typed)
        sys.exit(1)
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EPIPE}:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still buffered would fail again
        if error.errno == errno.ENOSPC:
            full = CannotWrite(
                "no space is left where the output goes", ["free some space on the disk, then ask again"]
            )
            refuse(full, as_json="--json" in typed)
        sys.exit(1)
