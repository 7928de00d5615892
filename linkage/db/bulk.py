"""Rows by the thousand, column by column: how many rows of one table reach the database in one statement.

SQLAlchemy converts row by row and value by value; here each different value of a column is converted once, which
is most of the time of a large import. Whose rows they are, their seals and their audit are the guard's business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import JSON, Column, Connection, LargeBinary, Table
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.schema import ScalarElementColumnDefault

Columns = dict[str, Sequence[Any]]


def by_column(table: Table, rows: Sequence[Mapping[str, Any]]) -> Columns:
    """Turn rows into one list of values for each column of the table, in its order; what a row lacks is empty.

    Raises
    ------
    KeyError
        If a row names a column that the table does not have.
    """
    unknown = set().union(*rows) - set(table.columns.keys())
    if unknown:
        message = f"{table.name} has no column {', '.join(sorted(unknown))}"
        raise KeyError(message)
    return {column.name: _values(column, rows) for column in table.columns}


def _values(column: Column[Any], rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    name = column.name
    try:
        return [row[name] for row in rows]
    except KeyError:  # some row does not name it
        pass
    absent = column.default.arg if isinstance(column.default, ScalarElementColumnDefault) else None
    return [row.get(name, absent) for row in rows]


def insert_columns(connection: Connection, table: Table, columns: Columns) -> None:
    """Insert rows given by column in one statement.

    Parameters
    ----------
    columns
        As `by_column` returns them: every column of the table, in its order.
    """
    prepared = _prepare(table, connection.dialect, tuple(columns))
    bound = [
        _bound(column, values, convert)
        for column, values, convert in zip(table.columns, columns.values(), prepared.converters, strict=True)
    ]
    lines = list(zip(*bound, strict=True))
    # SQLite takes values by position, psycopg by name.
    parameters = lines if prepared.is_positional else [dict(zip(columns, line, strict=True)) for line in lines]
    connection.exec_driver_sql(prepared.sql, parameters)


class _Prepared(NamedTuple):
    """An insert as the driver takes it, and for each column what converts its values, if anything must."""

    sql: str
    is_positional: bool
    converters: tuple[Callable[[Any], Any] | None, ...]


@lru_cache(maxsize=256)  # one for each table; compiling costs more than inserting a few rows
def _prepare(table: Table, dialect: Dialect, names: tuple[str, ...]) -> _Prepared:
    statement = table.insert().compile(dialect=dialect, column_keys=list(names))
    converters = tuple(
        None
        if isinstance(column.type, LargeBinary)  # both drivers take bytes as they are
        else column.type.dialect_impl(dialect).bind_processor(dialect)
        for column in table.columns
    )
    return _Prepared(str(statement), bool(statement.positional), converters)


def _bound(column: Column[Any], values: Sequence[Any], convert: Callable[[Any], Any] | None) -> Sequence[Any]:
    """Convert values to what the driver takes, each different one once."""
    if convert is None:
        return values
    # A list cannot be looked up, but its text can.
    keys = list(map(repr, values)) if isinstance(column.type, JSON) else values
    converted = {key: convert(value) for key, value in dict(zip(keys, values, strict=True)).items()}
    return [converted[key] for key in keys]
