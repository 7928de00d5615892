"""Reads the main table of an ODK Central export: comma-separated, groups joined by `-`, choices joined by blanks.

The header is kept as the key, because a name may hold a hyphen itself and the path cannot be told from it. The
tables of repeat groups are files of their own in ODK and are not read; given alone, one is refused by name.
"""

from __future__ import annotations

from datetime import UTC
from typing import Final

from linkage.errors import UnreadableFile
from linkage.imports.assembly import assemble, moments
from linkage.imports.columns import Column
from linkage.imports.table import Sheet
from linkage.imports.xlsform import BLANKS, questions
from linkage.schemas.survey import SurveyFile, SurveyFormat

RESPONDENT_COLUMNS: Final = ("meta-instanceID", "KEY", "instanceID")
SUBMITTED_COLUMNS: Final = ("SubmissionDate", "end", "start")
_METADATA: Final = frozenset(
    {
        "SubmissionDate", "KEY", "SubmitterID", "SubmitterName", "AttachmentsPresent", "AttachmentsExpected", "Status",
        "ReviewState", "DeviceID", "Edits", "FormVersion", "instanceID", "instanceName", "start", "end", "today",
        "deviceid", "subscriberid", "simserial", "devicephonenum", "username", "audit", "CompletionDate", "isValidated",
    }
)  # fmt: skip


def is_odk(header: tuple[str, ...]) -> bool:
    """Tell from the header whether the sheet is a table of an ODK export."""
    titles = set(header)
    return "meta-instanceID" in titles or {"KEY", "SubmissionDate"} <= titles or {"KEY", "PARENT_KEY"} <= titles


def read(source: str, sheet: Sheet) -> SurveyFile:
    """Read a sheet whose header is that of ODK Central."""
    titles = list(sheet.header)
    if "PARENT_KEY" in titles and "meta-instanceID" not in titles:
        raise UnreadableFile(
            f"{source}: is the table of a repeat group (it has PARENT_KEY). Import the main table of the export: "
            "the file named like the form, without a group's name behind it"
        )
    column = Column(sheet, BLANKS)
    indexes = [
        index
        for index, title in enumerate(titles)
        if title and title not in _METADATA and not title.startswith(("meta-", "SET-OF-"))
    ]
    respondent = next(name for name in RESPONDENT_COLUMNS if name in titles)
    submitted = next((name for name in SUBMITTED_COLUMNS if name in titles), None)
    return assemble(
        source,
        SurveyFormat.ODK,
        column,
        questions(column, indexes, separator="-"),
        respondent_index=titles.index(respondent),
        submitted_at=moments(column, None if submitted is None else titles.index(submitted), UTC),
    )
