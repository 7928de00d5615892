"""Engines: SQLite with its transactions taken over, PostgreSQL as it is; chosen by the address alone.

This module decides how a connection behaves (reliability: writers `BEGIN IMMEDIATE`, WAL, `synchronous=FULL`,
foreign keys on). With SQLAlchemy's default no BEGIN precedes a SELECT and points are spent twice.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from linkage.errors import DatabaseUnreachable, MisconfiguredSetting

_BUSY_TIMEOUT_MILLISECONDS = 30_000


def shown(url: str) -> str:
    """Return an address without its password."""
    return make_url(url).render_as_string(hide_password=True)


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        message = (
            f"database_url {url!r} is not an address; "
            "write sqlite:////folder/linkage.db or postgresql+psycopg://user@host/linkage"
        )
        raise MisconfiguredSetting(message) from error
    if parsed.drivername in {"postgresql", "postgres"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in {"sqlite", "sqlite+pysqlite", "postgresql+psycopg"}:
        message = f"database_url names {parsed.drivername!r}; Linkage runs on sqlite or postgresql+psycopg"
        raise MisconfiguredSetting(message)
    return parsed


def _take_over_sqlite(engine: Engine, begin: str) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # we send BEGIN ourselves
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MILLISECONDS}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)


def open_engine(url: str, *, is_reader: bool = False) -> Engine:
    """Open an engine for writing, or a second one for reading only.

    Raises
    ------
    MisconfiguredSetting
        If the address is not one of the two databases.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed, hide_parameters=True)
        _take_over_sqlite(engine, "BEGIN" if is_reader else "BEGIN IMMEDIATE")
        return engine
    options = {"options": "-c default_transaction_read_only=on"} if is_reader else {}
    # hide_parameters: an error's text must not name a person
    return create_engine(
        parsed, hide_parameters=True, pool_pre_ping=True, connect_args={"connect_timeout": 10, **options}
    )


def reach(engine: Engine) -> None:
    """Open one connection, or say plainly why the database does not answer.

    Raises
    ------
    DatabaseUnreachable
        With the address (no password) and the driver's own reason.
    """
    try:
        with engine.connect():
            pass
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0] if error.orig else str(error)
        address = engine.url.render_as_string(hide_password=True)
        message = f"the database at {address} does not answer: {reason}. Check that it runs and database_url is right"
        raise DatabaseUnreachable(message) from error
