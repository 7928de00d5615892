"""Where a project stands: its row, its charter, its cycle, and the decisions people took.

Shared by all stages. It loads and records; it decides nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.guard import owner_of
from linkage.db.tables import Charter as CharterRow
from linkage.db.tables import Decision, Project
from linkage.errors import ConflictingKey, Unknown
from linkage.schemas.charter import Charter
from linkage.schemas.charter_project import CyclePeriod
from linkage.schemas.draft import suggestion
from linkage.terms import DecisionKind, PartyRole

LOCAL_ZONE = ZoneInfo("Asia/Shanghai")

# Built once: every use case begins with the one and ends with the other.
_LAST_CHARTER = (
    select(CharterRow.id, CharterRow.sha256)
    .where(CharterRow.project_id == bindparam("project"))
    .order_by(CharterRow.id.desc())
    .limit(1)
)
_PROJECT = cast("Table", Project.__table__)
_LOOK_AT = (
    update(_PROJECT)
    .where(_PROJECT.c.id == bindparam("project"), _PROJECT.c.organization_id == bindparam("owner"))
    .values(due_at=bindparam("at"))
)


def local_date(instant: datetime) -> date:
    """Return the day an instant falls on where the project lives."""
    return instant.astimezone(LOCAL_ZONE).date()


@dataclass(frozen=True)
class Standing:
    """A project as a use case finds it."""

    project: Project
    charter: Charter

    @property
    def cycle(self) -> CyclePeriod:
        """The cycle the project is in."""
        return self.charter.cycle(self.project.cycle)

    @property
    def is_last_cycle(self) -> bool:
        """Whether no cycle follows."""
        return self.project.cycle == len(self.charter.cycles())


@dataclass(frozen=True)
class Condition:
    """One thing that must be true before a project leaves its stage.

    Parameters
    ----------
    code
        A stable short name such as `matches_confirmed`.
    label
        Chinese, for people.
    whose_turn
        The role that can open it; None when only time can.
    since
        From when it has been waiting.
    detail
        Counts and codes for people (no names of residents).
    """

    code: str
    label: str
    is_open: bool
    whose_turn: PartyRole | None
    since: datetime | None
    detail: str = ""


def find_project(session: Session, code: str) -> Project:
    """Find a project of the session's organisation by its code.

    Raises
    ------
    Unknown
        With the nearest code, or the projects there are.
    """
    project = session.execute(select(Project).where(Project.code == code)).scalar_one_or_none()
    if project is None:
        known = session.execute(select(Project.code).order_by(Project.code)).scalars()
        raise Unknown(f"no project {code!r} here; {suggestion(code, known)}")
    return project


def standing_of(session: Session, project_id: int) -> Standing:
    """Load a project with the charter it last adopted."""
    project = session.get(Project, project_id)
    if project is None:
        message = f"no project with id {project_id} here"
        raise Unknown(message)
    row_id, digest = session.execute(_LAST_CHARTER, {"project": project_id}).one()
    charter = _charters.get(digest)
    if charter is None:
        body = session.get_one(CharterRow, row_id).body
        charter = _charters[digest] = Charter.model_validate_json(json.dumps(body, ensure_ascii=False))
    return Standing(project, charter)


_charters: dict[str, Charter] = {}  # by content hash, so that a hit can only be the same charter


def poke(session: Session, project_id: int, now: datetime) -> None:
    """Ask the lifecycle to look at a project at its next tick; every use case that changes something calls it."""
    look_at(session, project_id, now)


def look_at(session: Session, project_id: int, at: datetime) -> None:
    """Set when the lifecycle looks at a project next; a clock's hand, so no audit entry is made of it."""
    if session.info.get("looked_at") == (project_id, at):  # a use case that does much asks again and again
        return
    session.info["looked_at"] = (project_id, at)
    session.flush()
    owner = owner_of(session)
    session.connection().execute(_LOOK_AT, {"project": project_id, "owner": owner, "at": at})


def decision(session: Session, project_id: int, key: str) -> Decision | None:
    """Find a decision by its key."""
    return session.execute(
        select(Decision).where(Decision.project_id == project_id, Decision.decision_key == key)
    ).scalar_one_or_none()


def decide(
    session: Session,
    standing: Standing,
    kind: DecisionKind,
    *,
    key: str,
    verdict: str,
    actor: str,
    now: datetime,
    reason: str | None = None,
    detail: dict[str, Any] | None = None,
) -> Decision:
    """Record what a person decided; the same decision again is the same row.

    Raises
    ------
    ConflictingKey
        If this was decided before with another verdict.
    """
    known = decision(session, standing.project.id, key)
    if known is not None:
        if known.verdict != verdict:
            message = f"{kind.value} was decided on {known.decided_at:%Y-%m-%d} as {known.verdict!r} by {known.actor}"
            raise ConflictingKey(message)
        return known
    row = Decision(
        project_id=standing.project.id,
        kind=kind,
        decision_key=key,
        cycle=standing.project.cycle,
        verdict=verdict,
        actor=actor,
        reason=reason,
        detail=detail or {},
        decided_at=now,
    )
    session.add(row)
    session.flush()
    act(session, f"decision.{kind.value}", project_id=standing.project.id, verdict=verdict, key=key)
    poke(session, standing.project.id, now)
    return row


def cycle_key(standing: Standing, kind: DecisionKind) -> str:
    """Return the decision key of a decision taken once a cycle."""
    return f"{kind.value}:cycle-{standing.project.cycle}"
