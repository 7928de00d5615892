"""Files kept by content: stored once under their SHA-256, never changed, entered in the organisation's rows.

It decides where a file lies and nothing about what it means. A file is written whole before its row; a row that
a crash prevented leaves a file nobody names, which is harmless.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.guard import owner_of
from linkage.db.tables import StoredFile
from linkage.db.work import settings_of
from linkage.documents.writing import write_whole
from linkage.errors import Unknown


def _path(root: Path, organization_id: int, digest: str) -> Path:
    return root / str(organization_id) / digest[:2] / digest


def keep(session: Session, content: bytes, *, name: str, media_type: str, now: datetime) -> int:
    """Store a file and return its row's id; the same content again is the same row.

    Raises
    ------
    CannotWrite
        If the disk is full or the store may not be written; no row is entered then.
    """
    digest = sha256(content).hexdigest()
    known = session.execute(select(StoredFile.id).where(StoredFile.sha256 == digest)).scalar_one_or_none()
    if known is not None:
        return known
    path = _path(settings_of(session).data_folder / "files", owner_of(session), digest)
    if not path.exists():
        write_whole(path.parent, {path.name: content})
    row = StoredFile(sha256=digest, size_bytes=len(content), media_type=media_type, name=name, stored_at=now)
    session.add(row)
    session.flush()
    return row.id


def fetch(session: Session, stored_file_id: int) -> bytes:
    """Return a stored file's content, checked against its hash.

    Raises
    ------
    Unknown
        If the organisation has no such file, it is missing from the store, or its content was altered.
    """
    row = session.get(StoredFile, stored_file_id)
    if row is None:
        message = f"no stored file {stored_file_id} here"
        raise Unknown(message)
    path = _path(settings_of(session).data_folder / "files", owner_of(session), row.sha256)
    try:
        content = path.read_bytes()
    except OSError as error:
        message = f"stored file {stored_file_id} ({row.name}) is missing from the store; restore it from backup"
        raise Unknown(message) from error
    if sha256(content).hexdigest() != row.sha256:
        message = f"stored file {stored_file_id} ({row.name}) was altered on disk; restore it from backup"
        raise Unknown(message)
    return content
