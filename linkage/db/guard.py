"""The wall between organisations: every row written and read belongs to the session's organisation.

This module decides nothing about roles. It fills in the owner of new rows, refuses foreign ones before they
are written, narrows every ORM query to the owner's rows, seals pending personal values and gathers the
digests that the audit entry of the transaction holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any, cast

import orjson
from sqlalchemy import Table as SqlTable
from sqlalchemy import bindparam, event, func, insert, inspect, select, update
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction, with_loader_criteria

from linkage.db.base import Owned
from linkage.db.bulk import Columns, by_column, insert_columns
from linkage.db.sealed import seal_pending, vault_of
from linkage.db.tables import AuditEntry, AuditHead, IdBlock
from linkage.errors import ForeignOrganization

_UNAUDITED = (AuditEntry,)
_ID_BLOCK = cast("SqlTable", IdBlock.__table__)
_RESERVE = (  # built once: every use case reserves
    update(_ID_BLOCK)
    .where(_ID_BLOCK.c.table_name == bindparam("table"))
    .values(next_id=_ID_BLOCK.c.next_id + bindparam("count"))
    .returning(_ID_BLOCK.c.next_id)
)
_BATCH_ROWS = 5000  # bounds the memory of the copies that sealing and digesting make


def _digestible(value: object) -> str:
    """Show what JSON cannot hold: ciphertexts, which are digested as they are."""
    return value.hex() if isinstance(value, bytes) else repr(value)


class Changes:
    """What one transaction changed: row counts a table and one digest over every row."""

    def __init__(self) -> None:
        self.rows: Counter[str] = Counter()
        self._digest = sha256()

    def add(self, operation: str, table: str, values: Mapping[str, Any]) -> None:
        """Count a row and fold its values into the digest; ciphertexts are digested as they are."""
        self.rows[table] += 1
        self._digest.update(f"{operation} {table} {values!r}\n".encode())

    def add_inserted(self, table: str, columns: Columns) -> None:
        """Count many inserted rows, given by column, and fold every value into the digest."""
        self.rows[table] += len(columns["id"])
        for name, values in columns.items():
            self._digest.update(f"insert {table}.{name} ".encode())
            self._digest.update(orjson.dumps(values, default=_digestible, option=orjson.OPT_NON_STR_KEYS))

    @property
    def sha256(self) -> str:
        """Return the digest of all rows so far."""
        return self._digest.hexdigest()


def owner_of(session: Session) -> int:
    """Return the organisation a session works for."""
    owner = session.info.get("organization_id")
    if not isinstance(owner, int):
        message = "the session was opened without an organisation; open it with Work.begin(organization_id)"
        raise ForeignOrganization(message)
    return owner


def changes_of(session: Session) -> Changes:
    """Return what the session's transaction has changed so far."""
    changes = session.info.setdefault("changes", Changes())
    if not isinstance(changes, Changes):
        message = "the session was not opened by Work"
        raise TypeError(message)
    return changes


def reserve_ids(session: Session, table: str, count: int) -> int:
    """Return the first of `count` consecutive ids of a table, reserved in this transaction."""
    if session.autoflush:  # what is pending comes before the rows that may point at it
        session.flush()
    connection = session.connection()
    taken = connection.execute(_RESERVE, {"table": table, "count": count}).scalar_one_or_none()
    if taken is None:
        connection.execute(insert(_ID_BLOCK).values(table_name=table, next_id=1 + count))
        return 1
    return int(taken) - count


def _check_owner(session: Session, row: Owned) -> None:
    owner = owner_of(session)
    if getattr(row, "organization_id", None) is None:  # not yet filled in
        row.organization_id = owner
    if row.organization_id != owner:
        message = f"{row.__tablename__}: a row of organisation {row.organization_id} in a session of {owner}"
        raise ForeignOrganization(message)


def _before_flush(session: Session, _context: UOWTransaction, _instances: object) -> None:
    new: dict[str, list[Owned]] = {}
    for row in session.new:
        if isinstance(row, Owned):
            _check_owner(session, row)
            if getattr(row, "id", None) is None:  # not yet given
                new.setdefault(row.__tablename__, []).append(row)
    with session.no_autoflush:
        for table, rows in new.items():
            first = reserve_ids(session, table, len(rows))
            for offset, row in enumerate(rows):
                row.id = first + offset
    for row in (*session.new, *session.dirty):
        if isinstance(row, Owned):
            _check_owner(session, row)
            seal_pending(session, row)
    for row in session.deleted:
        if isinstance(row, Owned):
            _check_owner(session, row)


@lru_cache(maxsize=256)
def _columns_of(kind: type[Owned]) -> tuple[str, ...]:
    return tuple(attribute.key for attribute in inspect(kind).column_attrs)


def _row_values(row: Owned) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _columns_of(type(row))}


def _after_flush(session: Session, _context: UOWTransaction) -> None:
    changes = changes_of(session)
    for operation, rows in (("insert", session.new), ("update", session.dirty), ("delete", session.deleted)):
        for row in rows:
            if not isinstance(row, Owned) or isinstance(row, _UNAUDITED):
                continue
            if operation == "update" and not session.is_modified(row):
                continue
            changes.add(operation, row.__tablename__, _row_values(row))


def _on_execute(state: ORMExecuteState) -> None:
    if state.is_column_load or state.is_relationship_load or state.session.info.get("is_registry"):
        return
    if state.is_select or state.is_update or state.is_delete:
        state.statement = state.statement.options(_rows_of(owner_of(state.session)))


@lru_cache(maxsize=1024)  # making it costs as much as the rest of a small query
def _rows_of(owner: int) -> Any:
    """Return the option that narrows a statement to an organisation's rows."""
    return with_loader_criteria(Owned, lambda table: table.organization_id == owner, include_aliases=True)


def watch(factory: Any) -> None:
    """Put the guard on every session of a factory."""
    event.listen(factory, "before_flush", _before_flush)
    event.listen(factory, "after_flush", _after_flush)
    event.listen(factory, "do_orm_execute", _on_execute)


def insert_rows(session: Session, table: type[Owned], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert many rows at once, guarded, sealed and audited like single ones; return their ids.

    Parameters
    ----------
    rows
        Column values; a key named like a sealed column holds its plain text. `id` and `organization_id` are
        filled in here.
    """
    if not rows:
        return []
    first = reserve_ids(session, table.__tablename__, len(rows))
    for start in range(0, len(rows), _BATCH_ROWS):
        _insert_batch(session, table, rows[start : start + _BATCH_ROWS], first + start)
    return list(range(first, first + len(rows)))


def _insert_batch(session: Session, table: type[Owned], rows: Sequence[Mapping[str, Any]], first: int) -> None:
    owner = owner_of(session)
    vault = vault_of(session)
    target = cast("SqlTable", table.__table__)
    columns = by_column(target, rows)
    foreign = set(columns["organization_id"]) - {owner, None}
    if foreign:
        message = f"{target.name}: a row of organisation {foreign.pop()} in a session of {owner}"
        raise ForeignOrganization(message)
    columns["organization_id"] = [owner] * len(rows)
    columns["id"] = range(first, first + len(rows))
    for column in target.columns:
        if column.info.get("sealed"):
            place = f"{target.name}.{column.name}"
            columns[column.name] = vault.seal_column(owner, place, first, columns[column.name])
    changes_of(session).add_inserted(target.name, columns)
    # Core, not the ORM: one statement for all rows, whichever of their values are empty.
    insert_columns(session.connection(), target, columns)


def count_rows(session: Session, table: type[Owned]) -> int:
    """Return how many rows of a table the session's organisation owns."""
    return session.execute(select(func.count()).select_from(table)).scalar_one()


__all__ = ["AuditHead", "Changes", "changes_of", "count_rows", "insert_rows", "owner_of", "reserve_ids", "watch"]
