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

ActorOption = Annotated[str, typer.Option("--as", metavar="CODE", help="Who acts: the code of the party or person.")]
ReasonOption = Annotated[str | None, typer.Option("--reason", help="Why, for the record.")]


@dataclass(frozen=True)
class Act:
    """One open transaction of one actor in one project."""

    session: Session
    project_id: int
    actor: str
    now: datetime


@contextmanager
def acting(organization: str | None, project: str, actor: str) -> Iterator[Act]:
    """Open one transaction; it is committed when the command ends well."""
    with open_desk(organization) as desk:
        now = desk.work.now()
        project_id = desk.project_id(project)
        with desk.work.begin(desk.organization_id, actor=actor, now=now) as session:
            yield Act(session, project_id, actor, now)


@contextmanager
def looking(organization: str | None, project: str) -> Iterator[Act]:
    """Open one reading session."""
    with open_desk(organization) as desk:
        project_id = desk.project_id(project)
        with desk.work.read(desk.organization_id) as session:
            yield Act(session, project_id, "", desk.work.now())
