"""Decides whether a foreign file may be opened at all, before any parser sees it.

Told from the bytes, never from the file name: what the file is, whether it is whole, and whether opening it
could hurt (decompression bombs, entities, macros, links to other files). It parses no cells. The limits are our
own; the measurements behind them are of workbooks of up to 10^6 rows on two cores.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from enum import StrEnum
from pathlib import Path
from typing import Final

from linkage.errors import UnreadableFile

MAX_FILE_BYTES: Final = 20 * 1024 * 1024
MAX_ENTRY_COUNT: Final = 300
MAX_EXPANDED_BYTES: Final = 400 * 1024 * 1024
MAX_RATIO: Final = 200  # real workbooks of 20,000 rows expand 5 to 30 times
RATIO_FLOOR_BYTES: Final = 8 * 1024 * 1024  # small parts of blanks may expand any number of times
MAX_COLUMN_COUNT: Final = 1_000
MAX_ROW_COUNT: Final = 1_000_000
MAX_CELL_COUNT: Final = 5_000_000
MAX_CELL_CHARACTERS: Final = 32_767  # the spreadsheet programs' own limit

_CHUNK_BYTES: Final = 256 * 1024
_EXPORT_AGAIN: Final = "Export the survey again as .xlsx or .csv"
_OLE_MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHER_KINDS: Final = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"{\\rtf", "an RTF document"),
    (b"SQLite format 3", "an SQLite database"),
)
_WORKBOOK_PARTS: Final = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")
_FORBIDDEN_PARTS: Final = (
    ("vbaproject", "it contains macros"),
    ("externallinks/", "it links to other workbooks"),
    ("embeddings/", "it contains embedded files"),
    ("activex/", "it contains ActiveX controls"),
)


class FileKind(StrEnum):
    """How a file is to be opened."""

    WORKBOOK = "workbook"
    DELIMITED = "delimited"


def load(path: Path) -> bytes:
    """Return the file's bytes, refusing what is absent, empty, too large or not a plain file.

    Raises
    ------
    UnreadableFile
        Naming the file, what is wrong and what would be right.
    """
    try:
        if not path.is_file():
            what = "is a folder or a device, not a file" if path.exists() else "does not exist"
            raise UnreadableFile(f"{path}: {what}. Name the survey export (.xlsx, .xls, .ods or .csv)")
        with path.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
    except OSError as fault:
        raise UnreadableFile(f"{path}: cannot be opened ({fault.strerror}). Check its name and permissions") from fault
    if len(content) > MAX_FILE_BYTES:
        raise UnreadableFile(
            f"{path}: is larger than {MAX_FILE_BYTES // 1024**2} MiB. Export fewer columns or split the export by date"
        )
    if not content.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise UnreadableFile(f"{path}: is empty. {_EXPORT_AGAIN}")
    return content


def preflight(path: Path, content: bytes) -> FileKind:
    """Tell how to open the file, or refuse it.

    Raises
    ------
    UnreadableFile
        If the file is of another kind, is damaged, is locked with a password or could hurt.
    """
    if content.startswith(b"PK"):
        _check_archive(path, content)
        return FileKind.WORKBOOK
    if content.startswith(_OLE_MAGIC):
        _check_compound(path, content)
        return FileKind.WORKBOOK
    for magic, name in _OTHER_KINDS:
        if content.startswith(magic):
            raise UnreadableFile(f"{path}: is {name}, whatever its name says. {_EXPORT_AGAIN}")
    opening = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if opening.startswith((b"<!doctype", b"<html", b"<table", b"<?xml", b"<head", b"<meta")):
        raise UnreadableFile(
            f"{path}: is a web page or an XML file, whatever its name says. "
            "Open it in a spreadsheet program, save it as .xlsx and import that"
        )
    return FileKind.DELIMITED


def _check_compound(path: Path, content: bytes) -> None:
    def has(name: str) -> bool:
        return name.encode("utf-16-le") in content

    if has("EncryptedPackage"):
        raise UnreadableFile(f"{path}: is locked with a password. Save a copy without the password and import that")
    if has("_VBA_PROJECT"):
        raise UnreadableFile(f"{path}: contains macros. Save a copy as .xlsx (without macros) and import that")
    if has("WordDocument") or has("PowerPoint Document"):
        raise UnreadableFile(f"{path}: is a text document or a presentation, not a workbook. {_EXPORT_AGAIN}")
    if not (has("Workbook") or has("Book")):
        raise UnreadableFile(f"{path}: is damaged or cut off: it holds no workbook. {_EXPORT_AGAIN}")


def _check_archive(path: Path, content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _check_names(path, entries)
            expanded = 0
            for entry in entries:
                expanded += _check_entry(path, archive, entry, already=expanded)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,  # zipfile's word for a way of packing, or a lock, that it does not know
        RuntimeError,
        ValueError,
        UnicodeDecodeError,
        OverflowError,
        OSError,
    ) as fault:
        if isinstance(fault, RuntimeError) and "password" in str(fault):
            raise UnreadableFile(
                f"{path}: is locked with a password. Save a copy without it and import that"
            ) from fault
        raise UnreadableFile(
            f"{path}: is damaged or cut off: its ZIP container cannot be read ({fault}). "
            "Download or export the file again and compare its size"
        ) from fault


def _check_names(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.filename.replace("\\", "/") for entry in entries]
    if len(names) > MAX_ENTRY_COUNT:
        raise UnreadableFile(
            f"{path}: holds {len(names)} parts where a survey export holds at most {MAX_ENTRY_COUNT}. {_EXPORT_AGAIN}"
        )
    if len({name.lower() for name in names}) < len(names):
        raise UnreadableFile(
            f"{path}: holds two parts of the same name, which no spreadsheet program writes. {_EXPORT_AGAIN}"
        )
    for name in names:
        if name.startswith("/") or ".." in posixpath.normpath(name).split("/") or ":" in name:
            raise UnreadableFile(
                f"{path}: holds a part named {name!r} that points outside of the file. {_EXPORT_AGAIN}"
            )
        for fragment, reason in _FORBIDDEN_PARTS:
            if fragment in name.lower():
                raise UnreadableFile(
                    f"{path}: {reason} ({name}). Save a copy as .xlsx with values only and import that"
                )
    if not any(name in _WORKBOOK_PARTS for name in names):
        if "word/document.xml" in names or "ppt/presentation.xml" in names:
            raise UnreadableFile(f"{path}: is a text document or a presentation, not a workbook. {_EXPORT_AGAIN}")
        raise UnreadableFile(
            f"{path}: is a ZIP archive and not a workbook. Unpack it and import the table in it (.xlsx or .csv)"
        )


def _check_entry(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, already: int) -> int:
    """Expand one part piecewise, count what really comes out, and look for declarations no workbook needs."""
    is_xml = entry.filename.lower().endswith((".xml", ".rels", ".vml"))
    count = 0
    tail = b""
    with archive.open(entry) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            if is_xml:
                if count == 0 and (chunk.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in chunk[:64]):
                    raise UnreadableFile(f"{path}: its part {entry.filename} is not in UTF-8. {_EXPORT_AGAIN}")
                window = tail + chunk
                if b"<!DOCTYPE" in window or b"<!ENTITY" in window:
                    raise UnreadableFile(
                        f"{path}: its part {entry.filename} declares a document type or entities, "
                        f"which no spreadsheet program writes. {_EXPORT_AGAIN}"
                    )
                if b"encryption-data" in window and entry.filename == "META-INF/manifest.xml":
                    raise UnreadableFile(f"{path}: is locked with a password. Save a copy without it and import that")
                tail = chunk[-16:]
            count += len(chunk)
            total = already + count
            is_bomb = count > RATIO_FLOOR_BYTES and count > MAX_RATIO * max(entry.compress_size, 1)
            if total > MAX_EXPANDED_BYTES or is_bomb:
                raise UnreadableFile(
                    f"{path}: its part {entry.filename} expands to an unreasonable size (a ZIP bomb?); stopped at "
                    f"{total // 1024**2} MiB. {_EXPORT_AGAIN}"
                )
    return count
