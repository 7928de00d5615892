"""Migrations: they make exactly the tables, go down and up again, and know a newer database."""

from __future__ import annotations

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from linkage.db.base import Base, Owned
from linkage.db.engine import open_engine
from linkage.db.schema import alembic_config, ensure_schema, is_empty
from linkage.db.triggers import APPEND_ONLY
from linkage.errors import DatabaseUnreachable
from linkage.settings import Settings
from linkage.terms import DataClass, Retention


def test_head_equals_the_tables(settings: Settings) -> None:
    """After all migrations the database has exactly the declared tables."""
    engine = open_engine(settings.url)
    ensure_schema(engine)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    engine.dispose()

    assert differences == []


def test_stairway(settings: Settings) -> None:
    """Each revision goes up, down and up again."""
    engine = open_engine(settings.url)
    config = alembic_config(engine)
    revisions = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()][::-1]
    for revision in revisions:
        command.upgrade(config, revision)
        command.downgrade(config, "-1")
        command.upgrade(config, revision)

    assert revisions
    assert not is_empty(engine)
    engine.dispose()


def test_newer_database_is_refused(settings: Settings) -> None:
    """A database written by a later version is left alone."""
    engine = open_engine(settings.url)
    ensure_schema(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'zzzz'"))

    with pytest.raises(DatabaseUnreachable, match="newer than this version"):
        ensure_schema(engine)
    engine.dispose()


def test_every_table_belongs_to_an_organization() -> None:
    """Every table but the registry, id blocks and chain heads carries its owner and its composite key."""
    shared = {"organization", "id_block", "audit_head"}
    for mapper in Base.registry.mappers:
        table = mapper.local_table
        if table.name in shared:
            continue
        assert issubclass(mapper.class_, Owned), table.name
        keys = [
            tuple(column.name for column in key.columns)
            for key in inspect(table).constraints
            if hasattr(key, "columns")
        ]
        assert ("organization_id", "id") in keys, table.name


def test_links_between_owned_tables_are_composite() -> None:
    """Every foreign key but the one to the owner carries the organisation with it."""
    for table in Base.metadata.tables.values():
        for key in table.foreign_key_constraints:
            columns = [column.name for column in key.columns]
            assert columns == ["organization_id"] or columns[0] == "organization_id", f"{table.name}: {columns}"


def test_personal_columns_name_class_and_retention() -> None:
    """Every column that holds a person's data says how sensitive it is and how long it is kept."""
    marked = 0
    for table in Base.metadata.tables.values():
        for column in table.columns:
            if column.name.endswith(("_sealed", "_index")) or column.name in {"birth_year", "gender"}:
                if column.name == "content_index":
                    continue
                assert isinstance(column.info.get("data_class"), DataClass), f"{table.name}.{column.name}"
                assert isinstance(column.info.get("retention"), Retention), f"{table.name}.{column.name}"
                marked += 1
    assert marked >= 10
    assert set(APPEND_ONLY) <= set(Base.metadata.tables)
