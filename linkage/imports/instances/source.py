"""Opens an instance file: bytes to JSON, refusing what is absent, empty, cut off, too large or nested too deep.

It knows JSON and no format. A number that is none (NaN, Infinity, which some programs write) is kept and told later
with its path, beside the other mistakes.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Final

import orjson

from linkage.errors import UnreadableFile
from linkage.imports.instances.kinds import BROKEN, Kind, Mistakes, shown

MAX_BYTES: Final = 256 * 1024 * 1024
"""Three times a matching of 100,000 needs with 20 pairs each."""

BY_HAND_BYTES: Final = 4 * 1024 * 1024
"""Files up to this size may be written by hand, and are looked at for keys that stand twice."""

_TOO_DEEP: Final = "{name} is nested more than 1,000 deep; no problem is"
_NOT_NUMBERS: Final = (b"NaN", b"Infinity")


def load(path: Path) -> bytes:
    """Return the file's bytes; the name `-` stands for standard input.

    Raises
    ------
    UnreadableFile
        Naming the file, what is wrong and what would be right.
    """
    try:
        if str(path) == "-":
            content = sys.stdin.buffer.read(MAX_BYTES + 1)
        elif not path.is_file():
            what = "is a folder or a device, not a file" if path.exists() else "does not exist"
            raise UnreadableFile(f"{path} {what}; name a JSON file")
        else:
            with path.open("rb") as stream:
                content = stream.read(MAX_BYTES + 1)
    except OSError as fault:
        raise UnreadableFile(f"{path} cannot be opened ({fault.strerror}); check its name and permissions") from fault
    if len(content) > MAX_BYTES:
        raise UnreadableFile(f"{path} is larger than {MAX_BYTES // 1024**2} MiB; split the problem")
    return content


def parse(content: bytes, name: str) -> Any:
    """Read JSON.

    Raises
    ------
    UnreadableFile
        With line and column.
    """
    content = content.removeprefix(b"\xef\xbb\xbf")
    if not content.strip(b" \t\r\n\x00"):
        raise UnreadableFile(f"{name} is empty; write the problem as one JSON object")
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as fault:
        if "depth limit" in fault.msg:
            raise UnreadableFile(_TOO_DEEP.format(name=name)) from fault
        if any(word in content for word in _NOT_NUMBERS):
            return _with_what_is_no_number(content, name)
        if "UTF-8" in fault.msg:
            raise UnreadableFile(f"{name} is not JSON: it is no text in UTF-8; save it as UTF-8") from fault
        where = f"line {fault.lineno}, column {fault.colno}"
        if "end of data" in fault.msg or "EOF" in fault.msg:
            raise UnreadableFile(f"{name} is cut off: it ends at {where} in the middle of a value") from fault
        raise UnreadableFile(f"{name} is not JSON: {where}: {fault.msg}") from fault
    if len(content) <= BY_HAND_BYTES:
        _refuse_keys_twice(content, name)
    return document


def _refuse_keys_twice(content: bytes, name: str) -> None:
    """Refuse an object with the same key twice, of which readers see only the last."""

    def paired(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        told = dict(pairs)
        if len(told) < len(pairs):
            twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
            message = f"{name} has the key {shown(twice)} twice in one object; a reader would see only the last"
            raise UnreadableFile(message)
        return told

    try:
        json.loads(content, object_pairs_hook=paired)
    except RecursionError as fault:
        raise UnreadableFile(_TOO_DEEP.format(name=name)) from fault


def _with_what_is_no_number(content: bytes, name: str) -> Any:
    try:
        return json.loads(content)
    except json.JSONDecodeError as fault:
        where = f"line {fault.lineno}, column {fault.colno}"
        raise UnreadableFile(f"{name} is not JSON: {where}: {fault.msg}") from fault
    except RecursionError as fault:
        raise UnreadableFile(_TOO_DEEP.format(name=name)) from fault
    except UnicodeDecodeError as fault:
        raise UnreadableFile(f"{name} is not JSON in UTF-8") from fault


def read(path: Path, kind: Kind) -> tuple[dict[str, Any], Mistakes]:
    """Read a file and check the kinds of its values.

    Returns
    -------
    What is sound of the file's object, and the mistakes so far; the caller adds those of meaning, then refuses.

    Raises
    ------
    UnreadableFile
        The file is no JSON.
    InvalidFile
        It holds no object.
    """
    name = "the standard input" if str(path) == "-" else str(path)
    document = parse(load(path), name)
    mistakes = Mistakes(name)
    if not kind.fits([document]):
        document = kind.mend(document, "", mistakes)
        if document is BROKEN:
            mistakes.refuse_if_any()
    return document, mistakes
