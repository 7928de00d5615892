"""The local mailbox: a folder a recipient, with each notice as a real `.eml` and a `.txt` a person can open.

The default channel: nothing leaves the machine. A notice's files are named by its id, so that sending it again
writes the same files and nobody finds it twice. Many notices are written together: every file whole under its
final name, and files and folders flushed to the disk before any of them is reported as delivered.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from email.headerregistry import Address
from pathlib import Path

from linkage.notify.envelope import SENT, Delivery, Envelope, failed
from linkage.notify.mail import as_mail

_UNSAFE = re.compile(r"[^\w.-]+")
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,60}")
_DOMAIN = "linkage.invalid"
_LONGEST_NAME_BYTES = 80


def write_to_mailbox(folder: Path, envelopes: Sequence[Envelope]) -> tuple[Delivery, ...]:
    """Write notices into their recipients' folders; answers in the same order.

    A notice that cannot be written (disk full, no permission) fails alone, leaves no half file, and may be
    tried again.
    """
    staged: list[dict[Path, Path]] = []
    answers: list[Delivery] = []
    for envelope in envelopes:
        files: dict[Path, Path] = {}
        try:
            _stage(folder, envelope, files)
        except OSError as error:
            _discard(files)
            answers.append(failed(_reason(error)))
            files = {}
        else:
            answers.append(SENT)
        staged.append(files)
    for index, files in enumerate(staged):
        try:
            _publish(files)
        except OSError as error:
            _discard(files)
            answers[index] = failed(_reason(error))
    try:
        _flush(sorted({final.parent for files in staged for final in files.values()}))
    except OSError as error:
        answers = [failed(_reason(error)) if answer.is_sent else answer for answer in answers]
    return tuple(answers)


def box_folder(folder: Path, box: Iterable[str]) -> Path:
    """Return a recipient's folder; a code that fits no file name is replaced by one that does."""
    for code in box:
        folder /= _file_name(code)
    return folder


def _file_name(code: str) -> str:
    safe = _UNSAFE.sub("-", code).strip(".-") or "box"
    if safe != code or len(safe.encode()) > _LONGEST_NAME_BYTES:
        short = safe.encode()[:_LONGEST_NAME_BYTES].decode(errors="ignore")
        safe = f"{short}-{hashlib.sha256(code.encode()).hexdigest()[:8]}"
    return safe


def _stage(folder: Path, envelope: Envelope, files: dict[Path, Path]) -> None:
    """Write a notice's files beside their final names, and note the pairs."""
    box = box_folder(folder, envelope.box)
    _make_folder(box, folder)
    for suffix, content in _contents(envelope):
        final = box / f"{envelope.message_id:06d}-{_UNSAFE.sub('-', envelope.kind)}{suffix}"
        beside = box / f".{final.name}.part"  # the same each time: what a killed process left is written over
        files[beside] = final
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)


def _contents(envelope: Envelope) -> Iterator[tuple[str, bytes]]:
    sender = Address(username="linkage", domain=_DOMAIN)
    yield ".eml", as_mail(envelope, sender, _address(envelope.box[-1])).as_bytes()
    yield ".txt", f"{envelope.title}\n\n{envelope.body}".encode()


def _address(code: str) -> Address:
    """Return an address that leads nowhere: `.invalid` is reserved for that (RFC 2606)."""
    is_plain = _PLAIN.fullmatch(code) is not None
    return Address(username=code if is_plain else hashlib.sha256(code.encode()).hexdigest()[:12], domain=_DOMAIN)


def _make_folder(box: Path, root: Path) -> None:
    """Make a box's folder; each new folder's own entry is flushed, which happens once a recipient."""
    missing = [path for path in (box, *box.parents) if not path.exists() and (path == root or root in path.parents)]
    box.mkdir(parents=True, exist_ok=True)
    _flush(path.parent for path in reversed(missing))


def _publish(files: dict[Path, Path]) -> None:
    for beside in files:
        _sync(beside, os.O_RDONLY)
    for beside, final in files.items():
        beside.replace(final)


def _discard(files: dict[Path, Path]) -> None:
    for beside in files:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def _flush(folders: Iterable[Path]) -> None:
    for folder in folders:
        _sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _reason(error: OSError) -> str:
    return f"the mailbox folder cannot be written: {error.strerror or type(error).__name__}"
