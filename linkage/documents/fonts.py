"""Which fonts print our documents, and which characters they cannot print.

Fonts come from two wheels (OFL), never from the system, so that a page is the same on every machine. A
character without a glyph would print as a box, or stop a PDF/A; it is found here before printing, printed as
〓 (the setter's mark for a missing type) and reported. The character map is read from the font file itself by
the small reader below (cmap formats 4 and 12, OpenType 1.9), since no font library is installed.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

from linkage.errors import MisconfiguredSetting

BODY_FAMILY = "Noto Serif SC"
HEADING_FAMILY = "Noto Sans CJK SC"
MISSING_GLYPH = "〓"
FONT_WHEELS = ("manimgx_fonts_cjk", "pylopdf_fonts_zh_cn")
FONT_SUFFIXES = frozenset({".otf", ".ttf", ".ttc", ".otc"})

_COLLECTION = b"ttcf"
_UNICODE_ENCODINGS = {(3, 10): 4, (0, 6): 3, (0, 4): 3, (3, 1): 2, (0, 3): 1}
"""Platform and encoding of a Unicode character map, with a preference: full repertoire before the first plane."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The code points some fonts can print, as sorted, disjoint, closed ranges."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def has(self, character: str) -> bool:
        """Tell whether a glyph exists; white space needs none."""
        if character.isspace():
            return True
        code = ord(character)
        place = bisect_right(self.starts, code) - 1
        return place >= 0 and code <= self.ends[place]


def wheel_folders() -> tuple[Path, ...]:
    """Return the folders of the installed font wheels.

    Raises
    ------
    MisconfiguredSetting
        A wheel is not installed.
    """
    folders = []
    for wheel in FONT_WHEELS:
        spec = find_spec(wheel)
        if spec is None or spec.origin is None:
            raise MisconfiguredSetting(f"the font package {wheel} is not installed; run make install, or name a folder")
        folders.append(Path(spec.origin).parent)
    return tuple(folders)


def font_files(folders: Sequence[Path]) -> tuple[Path, ...]:
    """List the font files of some folders, in name order."""
    found = tuple(
        path for folder in folders for path in sorted(folder.iterdir()) if path.suffix.lower() in FONT_SUFFIXES
    )
    if not found:
        raise MisconfiguredSetting(f"no font file in {', '.join(map(str, folders))}; name a folder that holds some")
    return found


@lru_cache(maxsize=8)
def coverage(folders: tuple[Path, ...]) -> Coverage:
    """Read which code points the fonts of some folders can print together."""
    ranges = sorted({span for path in font_files(folders) for span in _file_ranges(path)})
    starts: list[int] = []
    ends: list[int] = []
    for first, last in ranges:
        if ends and first <= ends[-1] + 1:
            ends[-1] = max(ends[-1], last)
        else:
            starts.append(first)
            ends.append(last)
    return Coverage(tuple(starts), tuple(ends))


def missing_characters(texts: Iterable[str], covered: Coverage) -> tuple[str, ...]:
    """List the characters without a glyph, each once, in code order."""
    used = {character for text in texts for character in text}
    return tuple(sorted(character for character in used if not covered.has(character)))


def texts_of(printed: object) -> Iterator[str]:
    """Walk every text of a printed tree."""
    match printed:
        case str():
            yield printed
        case Mapping():
            for value in printed.values():
                yield from texts_of(value)
        case list() | tuple():
            for value in printed:
                yield from texts_of(value)
        case _:
            return


def _file_ranges(path: Path) -> frozenset[tuple[int, int]]:
    """Read the code point ranges of every face in a font file."""
    try:
        with path.open("rb") as file:
            ranges = {span for offset in _face_offsets(file) for span in _face_ranges(file, offset)}
    except (OSError, struct.error) as error:
        raise MisconfiguredSetting(f"{path.name} cannot be read as a font; remove it from the folder") from error
    return frozenset(ranges)


def _face_offsets(file: BinaryIO) -> list[int]:
    """Return where each face of a font file or collection begins."""
    if file.read(4) != _COLLECTION:
        return [0]
    _, count = struct.unpack(">II", file.read(8))
    return list(struct.unpack(f">{count}I", file.read(4 * count)))


def _face_ranges(file: BinaryIO, offset: int) -> list[tuple[int, int]]:
    """Read the code point ranges of one face from its best Unicode character map."""
    file.seek(offset + 4)
    (table_count,) = struct.unpack(">H6x", file.read(8))
    for _ in range(table_count):
        tag, start = struct.unpack(">4s4xI4x", file.read(16))
        if tag == b"cmap":
            return _character_map(file, start)
    return []


def _character_map(file: BinaryIO, start: int) -> list[tuple[int, int]]:
    """Read the preferred subtable of a cmap table."""
    file.seek(start)
    (count,) = struct.unpack(">2xH", file.read(4))
    encodings = [struct.unpack(">HHI", file.read(8)) for _ in range(count)]
    ranked = sorted(
        (_UNICODE_ENCODINGS[platform, encoding], at)
        for platform, encoding, at in encodings
        if (platform, encoding) in _UNICODE_ENCODINGS
    )
    if not ranked:
        return []
    file.seek(start + ranked[-1][1])
    (subtable_format,) = struct.unpack(">H", file.read(2))
    readers = {4: _segments, 12: _groups}
    return readers[subtable_format](file) if subtable_format in readers else []


def _segments(file: BinaryIO) -> list[tuple[int, int]]:
    """Read a format 4 subtable (first plane); a code inside a segment is taken as covered."""
    (doubled,) = struct.unpack(">4xH6x", file.read(12))
    count = doubled // 2
    ends = struct.unpack(f">{count}H", file.read(doubled))
    file.read(2)
    starts = struct.unpack(f">{count}H", file.read(doubled))
    return [(first, last) for first, last in zip(starts, ends, strict=True) if first != 0xFFFF]


def _groups(file: BinaryIO) -> list[tuple[int, int]]:
    """Read a format 12 subtable (all planes)."""
    (count,) = struct.unpack(">10xI", file.read(14))
    body = file.read(12 * count)
    return [(first, last) for first, last, _ in struct.iter_unpack(">III", body)]
