"""The unit of work: one use case, one organisation, one transaction, one audit entry.

`Work` opens the database once a process and lends sessions. It alone commits. It decides nothing about
projects and reads the clock only where it was given none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from linkage.db import guard
from linkage.db.audit import act, seal_transaction, start_chain
from linkage.db.engine import open_engine, reach
from linkage.db.schema import ensure_schema, is_empty
from linkage.db.tables import Organization
from linkage.db.vault import Vault, create_key_file
from linkage.errors import MisconfiguredSetting, Unknown
from linkage.settings import Settings


def utc_now() -> datetime:
    """Return the present instant."""
    return datetime.now(UTC)


class OwnedSession(Session):
    """A session that carries its organisation and vault and is watched by the guard."""


guard.watch(OwnedSession)


@dataclass(frozen=True)
class Work:
    """The open database of one installation."""

    settings: Settings
    vault: Vault = field(repr=False)
    _writer: Engine = field(repr=False)
    _reader: Engine = field(repr=False)
    now: Callable[[], datetime] = utc_now

    @classmethod
    def open(cls, settings: Settings, *, now: Callable[[], datetime] = utc_now) -> Work:
        """Open the database, bring its schema to this version and read the keys.

        Raises
        ------
        DatabaseUnreachable
            If it does not answer or its schema is newer than this version.
        MisconfiguredSetting
            If the address is wrong, or the database holds rows and the key file is gone.
        """
        writer = open_engine(settings.url)
        reach(writer)
        was_empty = is_empty(writer)
        ensure_schema(writer)
        if not settings.key_path.exists():
            if not was_empty and cls._has_organizations(writer):
                message = f"{settings.key_path} is missing, but the database holds sealed rows; restore it from backup"
                raise MisconfiguredSetting(message)
            create_key_file(settings.key_path)
        return cls(settings, Vault.open(settings.key_path), writer, open_engine(settings.url, is_reader=True), now)

    @staticmethod
    def _has_organizations(engine: Engine) -> bool:
        with engine.connect() as connection:
            return connection.execute(select(Organization.id).limit(1)).first() is not None

    def _session(self, engine: Engine, organization_id: int | None) -> OwnedSession:
        session = OwnedSession(engine, expire_on_commit=False)
        session.info["vault"] = self.vault
        session.info["settings"] = self.settings
        if organization_id is None:
            session.info["is_registry"] = True
        else:
            session.info["organization_id"] = organization_id
        return session

    @contextmanager
    def begin(self, organization_id: int, *, actor: str = "system", now: datetime | None = None) -> Iterator[Session]:
        """Lend a session for one use case; commit it, with its audit entry, if the block ends well.

        Parameters
        ----------
        actor
            Who acts: a party's or person's code, or `system`.
        now
            The instant the use case was given, stamped on the audit entry.
        """
        with self._session(self._writer, organization_id) as session, session.begin():
            yield session
            seal_transaction(session, actor=actor, now=now or self.now())

    @contextmanager
    def read(self, organization_id: int) -> Iterator[Session]:
        """Lend a session that only reads."""
        with self._session(self._reader, organization_id) as session, session.begin():
            yield session

    @contextmanager
    def registry(self) -> Iterator[Session]:
        """Lend a session over all organisations, for reading what is due; use cases never use it."""
        with self._session(self._reader, None) as session, session.begin():
            yield session

    def organization(self, code: str, name: str, uscc: str | None = None) -> int:
        """Return an organisation's id; it is entered, with an audit chain of its own, if it is new."""
        known = self._known_organization(code)
        if known is not None:
            return known
        with self._session(self._writer, None) as session, session.begin():
            known = session.execute(select(Organization.id).where(Organization.code == code)).scalar_one_or_none()
            if known is not None:
                return known
            row = Organization(code=code, name=name, uscc=uscc)
            session.add(row)
            session.flush()
            start_chain(session, row.id)
            return row.id

    def _known_organization(self, code: str) -> int | None:
        with self.registry() as session:
            return session.execute(select(Organization.id).where(Organization.code == code)).scalar_one_or_none()

    def organizations(self) -> dict[str, int]:
        """List the organisations of this installation: code to id."""
        with self.registry() as session:
            rows = session.execute(select(Organization.code, Organization.id).order_by(Organization.code))
            return {row.code: row.id for row in rows}

    def find_organization(self, code: str) -> int:
        """Return an organisation's id.

        Raises
        ------
        Unknown
            If no organisation has this code.
        """
        known = self._known_organization(code)
        if known is None:
            message = f"no organisation {code!r} here"
            raise Unknown(message)
        return known

    def close(self) -> None:
        """Give back all connections."""
        self._writer.dispose()
        self._reader.dispose()


def settings_of(session: Session) -> Settings:
    """Return the settings of the installation that lent a session."""
    settings = session.info.get("settings")
    if not isinstance(settings, Settings):
        message = "the session was not opened by Work and has no settings"
        raise TypeError(message)
    return settings


__all__ = ["OwnedSession", "Work", "act", "settings_of", "utc_now"]
