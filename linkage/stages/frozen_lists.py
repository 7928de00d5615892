"""Freezing a list: a document context as it stood, written once and never again.

What stands in a list is decided by whoever freezes it; here it gets its head and becomes a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from linkage.db.tables import FrozenList
from linkage.schemas.document import Cell, ListColumn, ListContext
from linkage.stages.standing import Standing, local_date
from linkage.terms import ListKind

ListPart = tuple[tuple[ListColumn, ...], Sequence[tuple[Cell, ...]], tuple[str, ...]]
"""Columns, rows and notes."""


def freeze(session: Session, standing: Standing, kind: ListKind, part: ListPart, now: datetime) -> None:
    """Write one list of the project's cycle."""
    project, (columns, rows, notes) = standing.project, part
    context = ListContext(
        organization=standing.charter.organization.name,
        project_name=project.name,
        cut_off_on=local_date(now),
        generated_at=now,
        is_simulated=project.is_simulated,
        simulation_seed=(project.seed or 0) if project.is_simulated else None,
        check_code=f"{project.code}-{project.cycle}-{kind.value}",
        title=f"{project.name}{kind.label}",
        subtitle=f"第{project.cycle}期",
        columns=columns,
        rows=tuple(rows),
        notes=notes,
    )
    session.add(
        FrozenList(
            project_id=project.id,
            kind=kind,
            cycle=project.cycle,
            as_of_on=local_date(now),
            body=context.model_dump(mode="json"),
        )
    )
    session.flush()
