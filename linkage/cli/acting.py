"""How a command acts for a party: it opens the installation, one transaction, and names who acts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from linkage.cli.installation import open_desk

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

ActorOption = Annotated[
    str, typer.Option("--as", metavar="CODE", help="Who acts: a party's or a volunteer's code, or staff.")
]
ReasonOption = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why, for the record.")]


@dataclass(frozen=True)
class Act:
    """One open transaction of one actor in one project."""

    session: Session
    project_id: int
    actor: str
    now: datetime


@contextmanager
def acting(organization: str | None, project: str, actor: str) -> Iterator[Act]:
    """Open one transaction of somebody the project knows; it is committed when the command ends well."""
    from linkage.stages.belonging import require_actor

    with open_desk(organization) as desk:
        now = desk.work.now()
        project_id = desk.project_id(project)
        with desk.work.begin(desk.organization_id, actor=actor, now=now) as session:
            require_actor(session, project_id, actor)
            yield Act(session, project_id, actor, now)


@contextmanager
def looking(organization: str | None, project: str) -> Iterator[Act]:
    """Open one reading session."""
    with open_desk(organization) as desk:
        project_id = desk.project_id(project)
        with desk.work.read(desk.organization_id) as session:
            yield Act(session, project_id, "", desk.work.now())
