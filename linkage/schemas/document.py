"""The head every document shares, and the papers made of rows: lists, registers and score sheets.

A context keeps values in their units, which the field names say (`_fen`, `_minutes`, `_on`, `_at`, `_count`);
Chinese wording and number formats belong to the renderer. Nothing is computed here.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, TypeAlias

from pydantic import AwareDatetime, Field, model_validator

from linkage.schemas.record import Count, Name, Record, Text
from linkage.terms import RaterKind


class AuditHead(Record):
    """The end of the audit chain when the document was made; given to an outsider it shows a cut tail."""

    entry_count: Count
    head_hash: Name


class DocumentContext(Record):
    """The head every document shares.

    Parameters
    ----------
    organization
        The body that issues the document.
    cut_off_on
        The last day whose records are in it.
    generated_at
        The instant of making; also the PDF's timestamp, so that the same context gives the same bytes.
    is_simulated, simulation_seed
        Simulated content is marked on every page, with the seed that reproduces it.
    check_code
        A short code of the issuing organisation (not of a national system) to ask about this document.
    """

    organization: Name
    project_name: Name
    cut_off_on: date
    generated_at: AwareDatetime
    is_simulated: bool
    simulation_seed: int | None = None
    audit_head: AuditHead | None = None
    check_code: Name

    @model_validator(mode="after")
    def _simulated_has_its_seed(self) -> DocumentContext:
        if self.is_simulated and self.simulation_seed is None:
            raise ValueError("a simulated document names its seed")
        return self


class ColumnFormat(StrEnum):
    """What a list's column holds; a spreadsheet cell gets the matching type, and text is never a formula."""

    TEXT = "text"  # anything a person typed, and every id, code and phone number
    COUNT = "count"
    MONEY_FEN = "money_fen"
    MINUTES = "minutes"
    DATE = "date"
    INSTANT = "instant"


class ListColumn(Record):
    """One column: its heading, what it holds and its share of the page's width."""

    label: Name
    format: ColumnFormat = ColumnFormat.TEXT
    width: Annotated[int, Field(ge=1, le=20)] = 3


Cell: TypeAlias = str | int | Decimal | date | datetime | None


class ListContext(DocumentContext):
    """A dated, frozen list or register: needs, services, responsibilities, gaps, a roster.

    Parameters
    ----------
    confidentiality
        A line for the head of each page where the list holds personal data (内部资料，请勿外传).
    """

    title: Name
    subtitle: str = ""
    confidentiality: str = ""
    columns: Annotated[tuple[ListColumn, ...], Field(min_length=1, max_length=20)]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _rows_fit_columns(self) -> ListContext:
        for number, row in enumerate(self.rows, start=1):
            if len(row) != len(self.columns):
                raise ValueError(f"row {number} has {len(row)} cells for {len(self.columns)} columns")
        return self


class ScoreLine(Record):
    """One indicator of a score sheet; `score` is None on a blank sheet."""

    section: Name
    indicator: Name
    steps: str = ""
    full_points: Decimal
    score: Decimal | None = None
    evidence: str = ""


class SheetContext(DocumentContext):
    """A rater's score sheet, blank or filled in; it never claims conformance with a standard."""

    title: Name
    scheme: Name
    scheme_source: str = ""
    rater: RaterKind
    rater_name: str = ""
    weight_percent: Decimal
    lines: Annotated[tuple[ScoreLine, ...], Field(min_length=1)]
    total: Decimal | None = None
    band: str = ""
    remarks: tuple[Text, ...] = ()
