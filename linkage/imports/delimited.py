"""Reads delimited text (CSV): finds its encoding and delimiter, and refuses what cannot be read without guessing.

The ladder of encodings is UTF-16 with its mark, then UTF-8, then GB18030, each strict: a byte that does not fit
is named by line and offset and never replaced. Formats and questions are not its business.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from pathlib import Path
from typing import Final

from linkage.errors import UnreadableFile
from linkage.imports.guard import MAX_CELL_CHARACTERS, MAX_CELL_COUNT, MAX_ROW_COUNT
from linkage.imports.table import Sheet, build

DELIMITERS: Final = (",", ";", "\t")
_THREE_BYTES: Final = re.compile(rb"[\xe1-\xef][\x80-\xbf]{2}")
_HINT: Final = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)


def read_delimited(path: Path, content: bytes, *, header_row: int | None = None) -> Sheet:
    """Return the table of a delimited file.

    Raises
    ------
    UnreadableFile
        If a byte fits no encoding, a quote is never closed, or a cell is longer than any survey answer.
    """
    text = decode(path, content)
    first_number = 1
    delimiter = None
    if hint := _HINT.match(text):
        delimiter, text, first_number = hint[1], text[hint.end() :], 2
    records = _records(path, text, delimiter or _delimiter(text), first_number)
    return build(str(path), "", records, first_number=first_number, header_row=header_row)


def decode(path: Path, content: bytes) -> str:
    """Return the text of the file, or refuse it with the place of the first byte that fits no encoding."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decode_strictly(path, content, "utf-16", "UTF-16")
    if (nul := content.find(b"\x00")) >= 0:
        raise UnreadableFile(
            f"{path}: {_place(content, nul)} is a NUL byte: this is binary, or UTF-16 without its mark. "
            "Save the table as “CSV UTF-8” or as .xlsx"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        if content.startswith(codecs.BOM_UTF8) or _is_mostly_utf8(content):
            return _decode_strictly(path, content, "utf-8-sig", "UTF-8")
    return _decode_strictly(path, content, "gb18030", "GB18030 (GBK)")


def _is_mostly_utf8(content: bytes) -> bool:
    """Tell UTF-8 with a broken byte from GBK: bytes of Chinese in GBK hardly ever form UTF-8 by chance."""
    high = len(content.translate(None, delete=bytes(range(0x80))))
    return 3 * len(_THREE_BYTES.findall(content)) > 0.8 * high


def _decode_strictly(path: Path, content: bytes, encoding: str, name: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as fault:
        # The codec of UTF-8 with a mark counts from behind the mark.
        skipped = len(codecs.BOM_UTF8) if encoding == "utf-8-sig" and content.startswith(codecs.BOM_UTF8) else 0
        at = fault.start + skipped
        raise UnreadableFile(
            f"{path}: {_place(content, at)} (0x{content[min(at, len(content) - 1)]:02X}) does not fit {name}: the file was "
            "damaged or cut off. Export it again, or save it as “CSV UTF-8”"
        ) from fault


def _place(content: bytes, offset: int) -> str:
    line = content.count(b"\n", 0, offset) + 1
    return f"line {line}, byte offset {offset}"


def _delimiter(text: str) -> str:
    """Return the delimiter that splits the first records into most cells."""

    def width(delimiter: str) -> int:
        reader = csv.reader(io.StringIO(text[:200_000], newline=""), delimiter=delimiter)
        try:
            return next((len(record) for record in reader if any(record)), 0)
        except csv.Error:
            return 0

    return max(DELIMITERS, key=width)


def _records(path: Path, text: str, delimiter: str, first_number: int) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records: list[list[str]] = []
    line_at = first_number
    count = 0
    try:
        for record in reader:
            records.append(record)
            count += len(record)
            if count > MAX_CELL_COUNT or len(records) > MAX_ROW_COUNT:
                raise UnreadableFile(
                    f"{path}: holds more than {MAX_ROW_COUNT} rows or {MAX_CELL_COUNT} cells. Split the export by date"
                )
            line_at = reader.line_num + first_number
    except csv.Error as fault:
        what = str(fault)
        if "unexpected end of data" in what:
            reason = "opens a quote that is never closed"
        elif "field larger than field limit" in what:
            reason = "has a cell longer than any survey answer (is a quote open?)"
        else:
            reason = f"has a quote inside a cell that is not doubled ({what})"
        raise UnreadableFile(
            f'{path}: the record that begins in line {line_at} {reason}. Write “"” inside a cell as “""” and quote the '
            "whole cell, or export again"
        ) from fault
    for number, record in enumerate(records, first_number):
        if sum(map(len, record)) > MAX_CELL_CHARACTERS and max(map(len, record)) > MAX_CELL_CHARACTERS:
            raise UnreadableFile(
                f"{path}: row {number} has a cell of more than {MAX_CELL_CHARACTERS} characters. Is a quote open before it?"
            )
    return records
