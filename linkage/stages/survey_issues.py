"""Common issues: individual needs of one kind in one community and cycle, so that they can be served together."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.guard import insert_rows
from linkage.db.tables import CommonIssue
from linkage.terms import NeedCategory

Kind = tuple[int, NeedCategory]
"""A community's id and a category."""


def issues_for(session: Session, project_id: int, cycle: int, kinds: Iterable[Kind]) -> dict[Kind, int]:
    """Find or enter the common issue of each kind; return all of the cycle, kind to id."""
    rows = session.execute(
        select(CommonIssue.community_id, CommonIssue.category, CommonIssue.id).where(
            CommonIssue.project_id == project_id, CommonIssue.cycle == cycle
        )
    )
    known = {(community_id, category): issue_id for community_id, category, issue_id in rows}
    new = sorted(set(kinds) - known.keys())
    entered = insert_rows(
        session,
        CommonIssue,
        [
            {"project_id": project_id, "community_id": community_id, "category": category, "cycle": cycle}
            for community_id, category in new
        ],
    )
    return known | dict(zip(new, entered, strict=True))
