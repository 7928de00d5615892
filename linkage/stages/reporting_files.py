"""Documents on their way to disk and into the store: rendered outside any transaction, kept inside one.

Shared by reports, lists, registers and summaries. People find the papers under human names in the project's documents
folder; the store keeps the same bytes by content hash. It decides where files lie and nothing of what they say.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy.orm import Session

from linkage.db.audit import Head
from linkage.db.tables import Organization
from linkage.db.work import Work, settings_of
from linkage.documents.environment import render_text
from linkage.documents.rendering import Press, render_all, render_registers
from linkage.documents.store import keep
from linkage.schemas.document import AuditHead, DocumentContext, ListContext
from linkage.settings import Settings
from linkage.stages.standing import Standing

_MEDIA_TYPES = {
    ".html": "text/html",
    ".pdf": "application/pdf",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def press_of(settings: Settings) -> Press:
    """Return where an installation's document templates and fonts are."""
    fonts = () if settings.fonts_folder is None else (settings.fonts_folder,)
    return Press(settings.templates_folder / "documents", fonts)


def documents_folder(session: Session, standing: Standing, cycle: int) -> Path:
    """Return where people find a cycle's papers; two organisations may have projects of one code."""
    owner = session.get_one(Organization, standing.project.organization_id)
    folder = settings_of(session).data_folder / "documents" / plain_name(owner.code)
    return folder / standing.project.code / f"cycle-{cycle}"


@dataclass(frozen=True)
class Paper:
    """One finished file, by the name people read."""

    name: str
    content: bytes

    @property
    def suffix(self) -> str:
        """The kind of file, such as `.pdf`."""
        return Path(self.name).suffix


def print_papers(work: Work, contexts: Mapping[str, DocumentContext], folder: Path) -> tuple[Paper, ...]:
    """Render documents into a folder, all or none; existing files of the same name are replaced.

    Parameters
    ----------
    contexts
        File stem to context.

    Raises
    ------
    ImpossibleFigure, TemplateFault, CannotWrite
        As `linkage.documents.rendering.render_all`; then none of the files was written.
    """
    if not contexts:
        return ()
    made = render_all(contexts, folder, press=press_of(work.settings))
    return _read(folder, [name for files in made.values() for name in files.sha256s])


def print_registers(work: Work, contexts: Mapping[str, ListContext], folder: Path) -> tuple[Paper, ...]:
    """Render registers as workbooks into a folder, all or none."""
    return _read(folder, render_registers(contexts, folder, press=press_of(work.settings)))


def _read(folder: Path, names: list[str]) -> tuple[Paper, ...]:
    return tuple(Paper(name, (folder / name).read_bytes()) for name in names)


def keep_papers(session: Session, papers: tuple[Paper, ...], now: datetime) -> dict[str, int]:
    """Put papers into the store; return each name's stored file."""
    return {
        paper.name: keep(session, paper.content, name=paper.name, media_type=_MEDIA_TYPES[paper.suffix], now=now)
        for paper in papers
    }


def check_code(*parts: object) -> str:
    """Return a short code of the issuing organisation under which a paper can be asked about."""
    found = base64.b32encode(sha256(":".join(str(part) for part in parts).encode()).digest()).decode()
    return f"{found[:4]}-{found[4:8]}"


def audit_head(head: Head) -> AuditHead:
    """Return the end of the audit chain as a paper prints it."""
    return AuditHead(entry_count=head.count, head_hash=head.hash)


def simulation_seed(standing: Standing) -> int | None:
    """Return the seed a simulated project's papers name."""
    return (standing.project.seed or 0) if standing.project.is_simulated else None


def words(session: Session, name: str, values: Mapping[str, object]) -> tuple[str, ...]:
    """Return the lines a text template beside the report's page gives; empty ones are dropped."""
    text = render_text(settings_of(session).templates_folder / "documents", name, values)
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def plain_name(name: str) -> str:
    """Return a name as a part of a file name: no folder mark, and short enough for any disk."""
    return re.sub(r"[/\\\0\s:*?\"<>|]+", "-", name)[:_NAME_CHARACTERS]


_NAME_CHARACTERS = 40
