"""The way in: reads a survey export of any known format, or of any table with a mapping file.

It opens the file safely, tells its format and hands it to the format's own module. It writes nothing.
"""

from __future__ import annotations

from pathlib import Path

from linkage.errors import UnreadableFile
from linkage.imports import kobo, odk, wenjuanxing
from linkage.imports import mapping as mapped
from linkage.imports.delimited import read_delimited
from linkage.imports.detect import detect
from linkage.imports.guard import FileKind, load, preflight
from linkage.imports.table import Sheet
from linkage.imports.workbook import read_workbook
from linkage.memory import collector_paused
from linkage.schemas.survey import SurveyFile, SurveyFormat
from linkage.schemas.survey_mapping import SurveyMapping


@collector_paused()
def read_survey(path: Path, mapping: Path | None = None) -> SurveyFile:
    """Read a survey export.

    Parameters
    ----------
    path
        The export: .xlsx, .xls, .ods or delimited text, whatever its name.
    mapping
        A mapping file that says what the columns mean; it overrules the format.

    Raises
    ------
    UnreadableFile
        If the file cannot be read as a survey: which file, what is wrong, what would be right.
    InvalidFile
        If the mapping file has mistakes; all of them.
    """
    if mapping is not None:
        return _read_mapped(path, mapping)
    sheets = _sheets(path)
    survey_format, main = detect(str(path), sheets)
    if survey_format is SurveyFormat.KOBO:
        return kobo.read(str(path), main, [sheet for sheet in sheets if sheet is not main])
    if survey_format is SurveyFormat.ODK:
        return odk.read(str(path), main)
    return wenjuanxing.read(str(path), main)


def _read_mapped(path: Path, mapping: Path) -> SurveyFile:
    found = mapped.open_mapping(mapping)
    wanted = found.mapping
    try:
        sheet = _sheets(path, wanted)[0]
    except UnreadableFile:
        if found.draft.problems:
            mapped.refuse_if_wrong(found, None)  # the mapping's own mistakes may be why the table is not found
        raise
    return mapped.read(str(path), sheet, mapped.refuse_if_wrong(found, sheet))


def _sheets(path: Path, wanted: SurveyMapping | None = None) -> list[Sheet]:
    content = load(path)
    header_row = None if wanted is None else wanted.header_row
    if preflight(path, content) is FileKind.DELIMITED:
        return [read_delimited(path, content, header_row=header_row)]
    return read_workbook(path, content, sheet=None if wanted is None else wanted.sheet, header_row=header_row)
