"""Tells which program wrote an export, from its headers and never from its file name."""

from __future__ import annotations

from collections.abc import Sequence

from linkage.errors import UnreadableFile
from linkage.imports import kobo, odk, wenjuanxing
from linkage.imports.table import Sheet
from linkage.schemas.survey import SurveyFormat


def detect(source: str, sheets: Sequence[Sheet]) -> tuple[SurveyFormat, Sheet]:
    """Return the program and the sheet that holds its main table.

    `WENJUANXING_TEXT` stands for either form of 问卷星 here; its own module tells text from code by the cells.

    Raises
    ------
    UnreadableFile
        If no header is known, naming the titles that were found.
    """
    for sheet in sheets:
        if wenjuanxing.is_wenjuanxing(sheet.header):
            return SurveyFormat.WENJUANXING_TEXT, sheet
        if odk.is_odk(sheet.header):
            return SurveyFormat.ODK, sheet
        if kobo.is_kobo(sheet.header):
            return SurveyFormat.KOBO, sheet
    if any(kobo.is_repeat(sheet.header) for sheet in sheets):
        raise UnreadableFile(
            f"{source}: holds only the table of a repeat group (_parent_index). Import the whole export as .xlsx"
        )
    titles = [title for title in sheets[0].header if title]
    shown = "、".join(titles[:6]) + ("…" if len(titles) > 6 else "")
    raise UnreadableFile(
        f"{source}: row 1 is not the header of 问卷星 (序号, 提交答卷时间 …), KoboToolbox (_uuid, _submission_time …) or "
        f"ODK (meta-instanceID, KEY …); it reads: {shown}. Remove what stands above the header, or say what the "
        "columns mean in a mapping file (--mapping)"
    )
