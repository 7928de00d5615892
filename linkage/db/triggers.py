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


def acceptance_ddl(dialect: str) -> tuple[str, ...]:
    """Return the statements by which no volunteer is assigned without having accepted (条例 art. 25)."""
    accepted = (
        "SELECT 1 FROM shift_offer WHERE organization_id = NEW.organization_id AND id = NEW.shift_offer_id "
        "AND shift_id = NEW.shift_id AND person_id = NEW.person_id AND state = 'accepted'"
    )
    refusal = "no acceptance, no assignment"
    trigger = "CREATE TRIGGER assignment_accepted BEFORE INSERT ON assignment"
    if dialect == "sqlite":
        return (f"{trigger} WHEN NOT EXISTS ({accepted}) BEGIN SELECT RAISE(ABORT, '{refusal}'); END",)
    function = "CREATE OR REPLACE FUNCTION linkage_acceptance() RETURNS trigger LANGUAGE plpgsql AS"
    body = f"$$ BEGIN IF NOT EXISTS ({accepted}) THEN RAISE EXCEPTION '{refusal}'; END IF; RETURN NEW; END $$"
    return (f"{function} {body}", f"{trigger} FOR EACH ROW EXECUTE FUNCTION linkage_acceptance()")


def drop_acceptance_ddl(dialect: str) -> tuple[str, ...]:
    """Return the statements that undo `acceptance_ddl`."""
    if dialect == "sqlite":
        return ("DROP TRIGGER assignment_accepted",)
    return ("DROP TRIGGER assignment_accepted ON assignment", "DROP FUNCTION linkage_acceptance()")
