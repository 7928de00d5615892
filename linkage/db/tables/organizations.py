"""The owning organisation, and the id blocks from which rows get their ids before they are written."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from linkage.db.base import Base, Code, Id


class Organization(Base):
    """The social organisation that owns records here; organisations never see each other's rows."""

    __tablename__ = "organization"
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[str]
    uscc: Mapped[str | None] = mapped_column(String(18))


class IdBlock(Base):
    """The next free id of a table whose rows need their id before the insert (sealing, bulk import)."""

    __tablename__ = "id_block"
    table_name: Mapped[str] = mapped_column(String(60), primary_key=True)
    next_id: Mapped[int] = mapped_column(Id)
