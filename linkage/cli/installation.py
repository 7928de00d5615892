"""The installation a command works on: its settings, its database, the organisation and project meant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from linkage.errors import Unknown
from linkage.settings import Settings, load_settings

if TYPE_CHECKING:
    from linkage.db.work import Work

OrganizationOption = Annotated[
    str | None,
    typer.Option(
        "--organization",
        "-o",
        envvar="LINKAGE_ORGANIZATION",
        help="Code of the organisation; needed only where several share the installation.",
    ),
]
ProjectArgument = Annotated[str, typer.Argument(metavar="PROJECT", help="The project's code, as in its charter.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
ActorOption = Annotated[str, typer.Option("--as", help="Who acts: the code of the party or person.")]


@dataclass(frozen=True)
class Desk:
    """An open installation, seen by one organisation."""

    work: Work
    organization_id: int

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.work.settings

    def project_id(self, code: str) -> int:
        """Find a project by code."""
        from linkage.stages.standing import find_project

        with self.work.read(self.organization_id) as session:
            return find_project(session, code).id


@contextmanager
def open_work() -> Iterator[Work]:
    """Open the installation the environment names."""
    from linkage.db.work import Work

    work = Work.open(load_settings())
    try:
        yield work
    finally:
        work.close()


@contextmanager
def open_desk(organization: str | None) -> Iterator[Desk]:
    """Open the installation as one organisation.

    Raises
    ------
    Unknown
        If there is none yet, or several and none was named.
    """
    with open_work() as work:
        yield Desk(work, _owner(work, organization))


def _owner(work: Work, code: str | None) -> int:
    if code is not None:
        return work.find_organization(code)
    known = work.organizations()
    if len(known) == 1:
        return next(iter(known.values()))
    if not known:
        message = "no project here yet; create one: linkage project create CHARTER.yaml"
        raise Unknown(message)
    message = (
        f"several organisations share this installation ({', '.join(sorted(known))}); name one with --organization"
    )
    raise Unknown(message)
