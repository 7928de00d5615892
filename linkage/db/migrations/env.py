"""Alembic's environment: migrations run over the engine they are given, one transaction each.

It decides only how a migration is run; what changes stands in `versions/`.
"""

from typing import Any, Literal

from alembic import context
from sqlalchemy import JSON

from linkage.db import tables  # noqa: F401 - registers every table
from linkage.db.base import Base, Instant, Word


def render_item(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """Write our column types as what they are in the database, so that a migration never imports the package."""
    if kind != "type":
        return False
    if isinstance(item, Word):
        return "sa.String(length=40)"
    if isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, JSON):
        return "DOCUMENT"
    return False


engine = context.config.attributes["engine"]
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transaction_per_migration=True,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        render_item=render_item,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
