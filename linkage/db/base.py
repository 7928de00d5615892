"""What every table shares: the owning organisation, composite foreign keys, column types with their units.

This module decides how rows are kept apart between organisations (`Owned`) and how instants and terms are
stored. It holds no table.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import JSON, BigInteger, DateTime, ForeignKey, ForeignKeyConstraint, Integer, MetaData, String, Text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

from linkage.terms import Term

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Id = BigInteger().with_variant(Integer, "sqlite")
Document = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored in UTC; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive instants and store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "an instant must carry its time zone"
            raise ValueError(message)
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return UTC on both databases."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Word(TypeDecorator[Term]):
    """A word of the vocabulary, stored as its value; an unknown one is refused."""

    impl = String(40)
    cache_ok = True

    def __init__(self, kind: type[Term]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Refuse a word that is not of this kind."""
        return None if value is None else self.kind.of(value).value

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Any:
        """Return the member."""
        return None if value is None else self.kind.of(value)


class Base(DeclarativeBase):
    """The root of all tables."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads this class attribute
        datetime: Instant(),
        str: Text(),
        dict[str, Any]: Document,
        list[Any]: Document,
    }


Key = Annotated[int, mapped_column(Id)]
Code = Annotated[str, mapped_column(String(120))]


class Owned(Base):
    """A row that belongs to one organisation and can only be linked to rows of the same one.

    Every link is a composite foreign key `(organization_id, <noun>_id)`, so that the database itself
    refuses a link across organisations. The owner has no index of its own: the composite key begins with it, and SQLite
    would take it for a join instead of the link's, which costs the square of the rows.
    """

    __abstract__ = True

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    organization_id: Mapped[int] = mapped_column(Id, ForeignKey("organization.id"))


def links(*nouns: str, **named: str) -> tuple[Any, ...]:
    """Return the constraints every owned table has: its composite key and its links.

    Parameters
    ----------
    *nouns
        Tables linked by a column `<noun>_id`.
    **named
        `column_without_id="table"` for links under another name.
    """
    targets = {noun: noun for noun in nouns} | named
    return (
        Unique("organization_id", "id"),
        *(
            ForeignKeyConstraint(["organization_id", f"{column}_id"], [f"{table}.organization_id", f"{table}.id"])
            for column, table in targets.items()
        ),
    )


def word(kind: type[Term]) -> Any:
    """Return a column for a word of the vocabulary."""
    return mapped_column(Word(kind))


def key_column(*, nullable: bool = False, index: bool = True) -> Any:
    """Return a column that links to another table."""
    return mapped_column(Id, nullable=nullable, index=index)


__all__ = [
    "Base",
    "Code",
    "Document",
    "Id",
    "Instant",
    "Key",
    "Owned",
    "TypeEngine",
    "Unique",
    "Word",
    "key_column",
    "links",
    "word",
]
