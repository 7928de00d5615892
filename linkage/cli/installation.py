"""The installation a command works on: its settings, its database, the organisation and project meant.

A command that reads or changes never makes an installation: a mistyped folder is told, not filled. What the
database answers with (full, locked, not a database, sealed by another key) becomes a refusal with its remedy here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from linkage.errors import CannotWrite, Contended, DatabaseUnreachable, LinkageError, MisconfiguredSetting, Unknown
from linkage.settings import Settings, load_settings

if TYPE_CHECKING:
    from sqlalchemy.exc import DatabaseError

    from linkage.db.work import Work


def complete_project(incomplete: str) -> list[str]:
    """List the projects' codes for the shell's completion; where nothing can be listed, nothing is said."""
    from linkage.stages.belonging import project_codes

    found: list[str] = []
    try:
        with open_work() as work:
            for organization_id in work.organizations().values():
                with work.read(organization_id) as session:
                    found += project_codes(session)
    except LinkageError:
        return []
    return [code for code in found if code.startswith(incomplete)]


OrganizationOption = Annotated[
    str | None,
    typer.Option(
        "--organization",
        "-o",
        metavar="CODE",
        envvar="LINKAGE_ORGANIZATION",
        help="The organisation; needed only where several share the installation.",
    ),
]
ProjectArgument = Annotated[
    str,
    typer.Argument(metavar="PROJECT", help="The project's code, as in its charter.", autocompletion=complete_project),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print JSON for scripts; a refusal is a JSON object on standard error.")
]


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
def open_work(*, creates: bool = False) -> Iterator[Work]:
    """Open the installation the environment names.

    Parameters
    ----------
    creates
        Whether it is made where there is none.

    Raises
    ------
    Unknown
        If there is none and none is to be made.
    """
    from sqlalchemy.exc import DatabaseError, OperationalError

    from linkage.db.vault import BrokenSeal
    from linkage.db.work import Work

    settings = load_settings()
    if not creates and not settings.database_url and not (settings.data_folder / "linkage.db").exists():
        message = (
            f"no installation in {settings.data_folder}; set LINKAGE_DATA to the folder that holds linkage.db, "
            "or begin here: linkage project create CHARTER.yaml"
        )
        raise Unknown(message)
    try:
        work = Work.open(settings)
    except OSError as error:
        message = f"{error.filename or settings.data_folder}: {error.strerror}; name a writable folder in LINKAGE_DATA"
        raise CannotWrite(message) from error
    except DatabaseError as error:
        raise _told(error) from error
    try:
        yield work
    except OperationalError as error:
        raise _told(error) from error
    except BrokenSeal as error:
        message = f"{error}; {settings.key_path} is another installation's key file, restore the right one from backup"
        raise MisconfiguredSetting(message) from error
    finally:
        work.close()


def _told(error: DatabaseError) -> LinkageError:
    """Say what the database answered, and what to do about it; the statement and its values are not told."""
    reason = str(error.orig).strip().splitlines()[0] if error.orig else type(error).__name__
    if "full" in reason or "disk I/O" in reason:
        return CannotWrite(f"the database cannot be written ({reason}); nothing of this was kept: free some space")
    if "readonly" in reason or "read-only" in reason:
        return CannotWrite(f"the database cannot be written ({reason}); give this user the right to write to it")
    if "locked" in reason or "lock timeout" in reason:
        return Contended(f"the database is in use ({reason}); nothing of this was kept: try again in a moment")
    return DatabaseUnreachable(f"the database gave up ({reason}); check it and database_url, then try again")


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
    from linkage.schemas.draft import suggestion

    known = work.organizations()
    if code is not None:
        if code not in known:
            raise Unknown(f"no organisation {code!r} here; {suggestion(code, known)}")
        return known[code]
    if len(known) == 1:
        return next(iter(known.values()))
    if not known:
        raise Unknown("no project here yet; create one: linkage project create CHARTER.yaml")
    listed = ", ".join(known)
    raise Unknown(f"several organisations share this installation ({listed}); name one with --organization")
