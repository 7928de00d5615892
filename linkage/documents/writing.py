"""Files on disk: whole under their final name, or not there at all.

Every file of a set is written beside its final name, flushed to the disk and only then renamed. A full disk
or a missing permission leaves neither a half file nor a temporary one, and is told with the name and the
remedy. What is written, and why, is decided elsewhere.
"""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from linkage.errors import CannotWrite

_REMEDIES = {
    errno.ENOSPC: "free some space on the disk, then ask again",
    errno.EDQUOT: "the quota is used up; free some space, then ask again",
    errno.EFBIG: "a file may not grow this large here; raise the limit or write elsewhere",
    errno.EACCES: "give this user the right to write there, or name another folder",
    errno.EPERM: "give this user the right to write there, or name another folder",
    errno.EROFS: "the disk is read-only; name another folder",
    errno.ENOTDIR: "a file stands where a folder is meant; name another folder",
    errno.EEXIST: "a file stands where a folder is meant; name another folder",
    errno.ENAMETOOLONG: "choose a shorter name",
}


def write_whole(folder: Path, contents: Mapping[str, bytes]) -> dict[str, str]:
    """Write a set of files into a folder, all or none.

    Parameters
    ----------
    folder
        Made if it does not exist.
    contents
        File name (no path) to content.

    Returns
    -------
    dict[str, str]
        File name to SHA-256 in hexadecimal.

    Raises
    ------
    CannotWrite
        The disk is full, the folder may not be written, or a name is no plain file name. Files that stood
        under the final names before stand there unchanged.
    """
    for name in contents:
        if Path(name).name != name or name in {"", ".", ".."}:
            raise CannotWrite(f"{name!r} is no plain file name; name a file without a folder")
    written: dict[str, Path] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            written[name] = _write_beside(folder, content)
        for name in contents:
            written[name].replace(folder / name)
            del written[name]
        _flush_folder(folder)
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0, "look at the folder and ask again")
        raise CannotWrite(
            f"cannot write {', '.join(contents)} in {folder}: {error.strerror or error}; {remedy}"
        ) from error
    finally:
        for path in written.values():
            with suppress(OSError):
                path.unlink(missing_ok=True)
    return {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}


def _write_beside(folder: Path, content: bytes) -> Path:
    """Write a temporary file in the same folder and flush it to the disk; only this user may read it."""
    descriptor, name = tempfile.mkstemp(prefix=".linkage-", suffix=".part", dir=folder)
    path = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise
    return path


def _flush_folder(folder: Path) -> None:
    """Make the renames themselves durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
