"""Triggers that keep append-only tables append-only, on both databases.

A correction in a ledger is a new entry; an UPDATE or DELETE of one of these tables is refused by the database
itself, whoever asks.
"""

from __future__ import annotations

APPEND_ONLY = ("audit_entry", "decision", "hours_entry", "money_entry", "figure", "score", "check_event", "gap")


def append_only_ddl(table: str, dialect: str) -> tuple[str, ...]:
    """Return the statements that make a table append-only."""
    if dialect == "sqlite":
        refusal = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        return tuple(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} {refusal}"
            for verb in ("UPDATE", "DELETE")
        )
    function = "CREATE OR REPLACE FUNCTION linkage_append_only() RETURNS trigger LANGUAGE plpgsql AS"
    body = "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    trigger = f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
    return (f"{function} {body}", f"{trigger} FOR EACH STATEMENT EXECUTE FUNCTION linkage_append_only()")


def drop_append_only_ddl(table: str, dialect: str) -> tuple[str, ...]:
    """Return the statements that undo `append_only_ddl`."""
    if dialect == "sqlite":
        return tuple(f"DROP TRIGGER {table}_no_{verb}" for verb in ("update", "delete"))
    return (f"DROP TRIGGER {table}_append_only ON {table}",)
