"""The audit chain: one entry a transaction, written with the change it tells, chained by HMAC.

This module decides what an entry holds and how the chain is verified. A transaction that changes rows
without saying what it did is refused. The head (count and hash) is printed in reports: against an outside
head, a cut tail is found too.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, cast

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from linkage.db.guard import Changes, changes_of, owner_of, reserve_ids
from linkage.db.sealed import vault_of
from linkage.db.tables import AuditEntry, AuditHead
from linkage.db.vault import Vault

GENESIS = "0" * 64

# Built once and run without the ORM: every use case that writes ends with these.
_ENTRY = cast("Table", AuditEntry.__table__)
_HEAD = cast("Table", AuditHead.__table__)
_OWN_HEAD = _HEAD.c.organization_id == bindparam("organization")
_LOCKED_HEAD = select(_HEAD.c.seq, _HEAD.c.hash).where(_OWN_HEAD).with_for_update()
_MOVE_HEAD = update(_HEAD).where(_OWN_HEAD).values(seq=bindparam("to_seq"), hash=bindparam("to_hash"))


class UnauditedChange(Exception):
    """A transaction changed rows and named no action: a defect of the use case."""


@dataclass(frozen=True)
class Head:
    """The end of a chain: how many entries, and the hash of the last."""

    count: int
    hash: str


def act(session: Session, action: str, *, project_id: int | None = None, **detail: int | str | None) -> None:
    """Say what this transaction does; ids and counts only, never names.

    Parameters
    ----------
    action
        A past-tense fact such as `survey.imported`.
    """
    if project_id is not None:
        session.info["audit_project_id"] = project_id
    session.info.setdefault("actions", []).append({"action": action, **detail})


def _entry_hash(key: bytes, previous: str, fields: dict[str, Any]) -> str:
    line = json.dumps([previous, fields], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hmac.digest(key, line.encode(), sha256).hex()


def _fields(organization_id: int, entry: AuditEntry) -> dict[str, Any]:
    return {
        "organization": organization_id,
        "seq": entry.seq,
        "project": entry.project_id,
        "at": entry.at.astimezone(UTC).isoformat(),
        "actor": entry.actor,
        "actions": entry.actions,
        "rows": entry.changed_rows,
        "changes": entry.changes_sha256,
    }


def seal_transaction(session: Session, *, actor: str, now: datetime) -> None:
    """Write the entry of the session's transaction; called once, before its commit.

    Raises
    ------
    UnauditedChange
        If rows changed and no action was named.
    """
    session.flush()
    changes: Changes = changes_of(session)
    actions = session.info.pop("actions", [])
    project_id = session.info.pop("audit_project_id", None)
    session.info["changes"] = Changes()
    if not changes.rows:
        return
    if not actions:
        message = f"rows of {', '.join(sorted(changes.rows))} changed without an audited action"
        raise UnauditedChange(message)
    organization_id = owner_of(session)
    connection = session.connection()
    head = connection.execute(_LOCKED_HEAD, {"organization": organization_id}).one()
    entry = AuditEntry(
        id=reserve_ids(session, AuditEntry.__tablename__, 1),
        organization_id=organization_id,
        seq=head.seq + 1,
        project_id=project_id,
        at=now,
        actor=actor,
        actions=actions,
        changed_rows=dict(sorted(changes.rows.items())),
        changes_sha256=changes.sha256,
        previous_hash=head.hash,
        hash="",
    )
    key = vault_of(session).audit_key(organization_id)
    entry.hash = _entry_hash(key, head.hash, _fields(organization_id, entry))
    connection.execute(insert(_ENTRY), {column.name: getattr(entry, column.name) for column in _ENTRY.columns})
    connection.execute(_MOVE_HEAD, {"organization": organization_id, "to_seq": entry.seq, "to_hash": entry.hash})


def start_chain(session: Session, organization_id: int) -> None:
    """Begin an organisation's chain, empty."""
    session.execute(insert(AuditHead).values(organization_id=organization_id, seq=0, hash=GENESIS))


def head_of(session: Session) -> Head:
    """Return the end of the session's organisation's chain."""
    head = session.execute(select(AuditHead).where(AuditHead.organization_id == owner_of(session))).scalar_one()
    return Head(head.seq, head.hash)


def verify(session: Session, vault: Vault, outside: Head | None = None) -> tuple[str, ...]:
    """Check the whole chain; return one line for each break, none if it holds.

    Parameters
    ----------
    outside
        A head that somebody outside keeps (a printed report); with it a cut tail is found.
    """
    organization_id = owner_of(session)
    key = vault.audit_key(organization_id)
    breaks: list[str] = []
    previous, expected_seq, seen = GENESIS, 0, {0: GENESIS}
    for entry in session.execute(select(AuditEntry).order_by(AuditEntry.seq)).scalars():
        expected_seq += 1
        if entry.seq != expected_seq:
            breaks.append(f"entry {expected_seq} is missing before {entry.seq}")
            expected_seq = entry.seq
        if entry.previous_hash != previous:
            breaks.append(f"entry {entry.seq} does not follow the one before it")
        if entry.hash != _entry_hash(key, entry.previous_hash, _fields(organization_id, entry)):
            breaks.append(f"entry {entry.seq} was altered")
        previous = seen[entry.seq] = entry.hash
    head = head_of(session)
    if (head.count, head.hash) != (expected_seq, previous):
        breaks.append(f"the chain ends at {expected_seq}, its head says {head.count}")
    if outside is not None and seen.get(outside.count) != outside.hash:
        breaks.append(f"the outside head at {outside.count} is not in the chain")
    return tuple(breaks)
