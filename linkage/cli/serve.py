"""`linkage serve`: the worker, until it is told to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from linkage.cli.installation import open_work
from linkage.cli.output import say
from linkage.settings import Mode

if TYPE_CHECKING:
    from flows.drain import Event


def serve(
    mode: Annotated[Mode | None, typer.Option(help="Default: the settings' mode.")] = None,
) -> None:
    """Run the worker: it moves projects, sends notices and summaries; Ctrl-C ends it in order."""
    from flows.worker import serve as work_on
    from linkage.notify.channels import Channels

    with open_work() as work:
        Channels.open(work.settings)  # mistakes in the channel file are told now, not with the first notice
        chosen = mode or work.settings.mode
        say(f"Working ({chosen.value}) on {work.settings.data_folder}; Ctrl-C ends it")
        work_on(work, _tell, mode=chosen)
    say("Stopped")


def _tell(event: Event) -> None:
    from flows.drain import Failed, MessagesSent, StageEnded, SummariesSent

    if isinstance(event, StageEnded):
        outcome = event.outcome
        waits = ", ".join(wait.code for wait in outcome.waits)
        say(
            f"project {outcome.project_id} {outcome.stage.value}: {outcome.outcome.value}{f' for {waits}' if waits else ''}"
        )
    elif isinstance(event, Failed):
        say(f"{event.what} failed: {event.error}; it is tried again")
    elif isinstance(event, MessagesSent):
        say(f"notices: {event.count.sent} sent, {event.count.failed} failed, {event.count.waiting} waiting")
    elif isinstance(event, SummariesSent):
        say(f"summaries: {event.count} sent")
