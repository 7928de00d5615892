"""The schema's version: bring a database to this version's head, or say why not.

Migrations stand in `migrations/versions`; this module runs them and never repairs rows.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

from linkage.errors import DatabaseUnreachable

MIGRATIONS = Path(__file__).parent / "migrations"


def alembic_config(engine: Engine) -> Config:
    """Return Alembic's configuration over an open engine; no file is read."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["engine"] = engine
    return config


def is_empty(engine: Engine) -> bool:
    """Say whether the database holds no table yet."""
    return not inspect(engine).get_table_names()


def current_revision(engine: Engine) -> str | None:
    """Return the revision a database stands at."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def ensure_schema(engine: Engine) -> None:
    """Upgrade an empty or older database to the head.

    Raises
    ------
    DatabaseUnreachable
        If the database was written by a newer version.
    """
    config = alembic_config(engine)
    scripts = ScriptDirectory.from_config(config)
    current = current_revision(engine)
    if current == scripts.get_current_head():
        return
    known = {script.revision for script in scripts.walk_revisions()}
    if current is not None and current not in known:
        message = f"the database's schema ({current}) is newer than this version of Linkage; upgrade Linkage first"
        raise DatabaseUnreachable(message)
    command.upgrade(config, "head")
