"""Personal columns: how a table declares them, and how their plain values are reached.

A sealed column holds ciphertext; the attribute beside it reads and writes plain text through the vault of
the session. Every personal column names its class and retention here, at its declaration, so that purge,
export and the test of the tables can find them.
"""

from __future__ import annotations

from typing import Self, overload

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, Session, mapped_column, object_session

from linkage.db.base import Owned
from linkage.db.vault import Vault
from linkage.terms import DataClass, Retention

_PENDING = "_pending_plain"


def sealed_column(data_class: DataClass, retention: Retention) -> Mapped[bytes | None]:
    """Declare a column of ciphertext."""
    return mapped_column(
        LargeBinary, nullable=True, info={"data_class": data_class, "retention": retention, "sealed": True}
    )


def index_column(retention: Retention) -> Mapped[bytes | None]:
    """Declare a column of keyed hashes for equality search."""
    return mapped_column(
        LargeBinary, nullable=True, index=True, info={"data_class": DataClass.INTERNAL, "retention": retention}
    )


def personal_column(data_class: DataClass, retention: Retention, length: int = 40) -> Mapped[str | None]:
    """Declare a personal column that stays readable because it is coarse (a gender, an area)."""
    return mapped_column(String(length), nullable=True, info={"data_class": data_class, "retention": retention})


class Sealed:
    """The plain side of a sealed column: `name = Sealed("name_sealed")`."""

    def __init__(self, column: str) -> None:
        self.column = column

    @overload
    def __get__(self, row: None, kind: type[Owned]) -> Self: ...
    @overload
    def __get__(self, row: Owned, kind: type[Owned]) -> str | None: ...
    def __get__(self, row: Owned | None, kind: type[Owned]) -> Self | str | None:
        """Return the plain value, opened with the session's vault."""
        if row is None:
            return self
        pending: dict[str, str | None] = row.__dict__.get(_PENDING, {})
        if self.column in pending:
            return pending[self.column]
        sealed = getattr(row, self.column)
        if sealed is None:
            return None
        session = object_session(row)
        if session is None:
            message = "a sealed value is read outside its session"
            raise RuntimeError(message)
        return vault_of(session).unseal(row.organization_id, f"{row.__tablename__}.{self.column}", row.id, sealed)

    def __set__(self, row: Owned, value: str | None) -> None:
        """Keep the plain value until the flush seals it under the row's id."""
        row.__dict__.setdefault(_PENDING, {})[self.column] = value
        # Marks the row changed; the flush puts the ciphertext here.
        setattr(row, self.column, None if value is None else b"\x00" + value.encode())


def vault_of(session: Session) -> Vault:
    """Return the vault a session was opened with."""
    vault = session.info.get("vault")
    if not isinstance(vault, Vault):
        message = "the session was not opened by Work and has no vault"
        raise TypeError(message)
    return vault


def seal_pending(session: Session, row: Owned) -> None:
    """Replace a row's pending plain values by ciphertext; its id must be known."""
    pending: dict[str, str | None] | None = row.__dict__.pop(_PENDING, None)
    if not pending:
        return
    vault = vault_of(session)
    for column, value in pending.items():
        place = f"{row.__tablename__}.{column}"
        sealed = None if value is None else vault.seal(row.organization_id, place, row.id, value)
        setattr(row, column, sealed)
