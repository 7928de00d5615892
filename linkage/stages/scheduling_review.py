"""The review of a cycle's activities: a person releases them before anybody is asked.

志愿服务条例 art. 12: what recruitment states about a service and its risks is true and complete. Single activities
can be struck out, for instance on holidays; a reviewed cycle is not reviewed again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.tables import Activity, ServiceItem, StageRun
from linkage.errors import GateShut, Unknown
from linkage.stages.standing import Standing, cycle_key, decide, decision, standing_of
from linkage.stages.telling import tell_party, tell_role
from linkage.terms import ActivityState, DecisionKind, PartyRole

APPROVED: Final = "approved"
PLAN: Final = "plan"


def review(
    session: Session,
    project_id: int,
    *,
    actor: str,
    now: datetime,
    verdict: str = APPROVED,
    except_codes: Collection[str] = (),
    reason: str | None = None,
) -> int:
    """Release the cycle's planned activities, but for those that are struck out; return how many were released.

    Raises
    ------
    GateShut
        If nothing was planned yet.
    Unknown
        If a struck-out code is not among the planned, or the verdict is another word.
    ConflictingKey
        If the cycle was reviewed with another verdict.
    """
    standing = standing_of(session, project_id)
    if verdict != APPROVED:
        raise Unknown(f"a review is {APPROVED!r}, not {verdict!r}; strike single activities out by their codes")
    key = cycle_key(standing, DecisionKind.REVIEW_ACTIVITIES)
    if decision(session, project_id, key) is not None:
        return 0
    if not has_run(session, standing, PLAN):
        raise GateShut(f"project {standing.project.code}: no activities of cycle {standing.project.cycle} are planned")
    rows = _planned(session, standing)
    unknown = sorted(set(except_codes) - {row.code for row in rows})
    if unknown:
        raise Unknown(f"not among the planned activities: {', '.join(unknown)}")
    decide(
        session,
        standing,
        DecisionKind.REVIEW_ACTIVITIES,
        key=key,
        verdict=verdict,
        actor=actor,
        now=now,
        reason=reason,
        detail={"struck_out": sorted(set(except_codes))},
    )
    for row in rows:
        row.state = ActivityState.CANCELLED if row.code in except_codes else ActivityState.RELEASED
    released = [row for row in rows if row.state is ActivityState.RELEASED]
    act(session, "activities.released", project_id=project_id, count=len(released), struck_out=len(set(except_codes)))
    _tell_released(session, standing, released, now)
    return len(released)


def _planned(session: Session, standing: Standing) -> list[Activity]:
    rows = session.execute(
        select(Activity)
        .where(
            Activity.project_id == standing.project.id,
            Activity.cycle == standing.project.cycle,
            Activity.state == ActivityState.PLANNED,
        )
        .order_by(Activity.starts_at, Activity.code)
    )
    return list(rows.scalars())


def _tell_released(session: Session, standing: Standing, released: Sequence[Activity], now: datetime) -> None:
    """Tell each body that serves when its services take place, and the communities all of them."""
    items = {
        row.id: row
        for row in session.execute(select(ServiceItem).where(ServiceItem.project_id == standing.project.id)).scalars()
    }
    lines: dict[int, dict[str, Any]] = {}
    for row in released:
        line = lines.setdefault(
            row.service_item_id,
            {"name": row.name, "place": row.place, "count": 0, "first_at": row.starts_at, "last_on": row.held_on},
        )
        line["count"] += 1
        line["last_on"] = row.held_on
    by_party: dict[int, list[dict[str, Any]]] = {}
    for item_id, line in lines.items():
        by_party.setdefault(items[item_id].party_id, []).append(line)
    key, kind = f"released-cycle-{standing.project.cycle}", "scheduling/activities_released"
    cycle = standing.project.cycle
    for party_id, own in sorted(by_party.items()):
        context: dict[str, Any] = {"cycle": cycle, "services": tuple(own)}
        tell_party(session, standing.project, kind, party_id, key=key, context=context, now=now)
    tell_role(
        session,
        standing.project,
        kind,
        PartyRole.COMMUNITY,
        key=key,
        context={"cycle": cycle, "services": tuple(lines.values())},
        now=now,
    )


def has_run(session: Session, standing: Standing, step: str) -> bool:
    """Say whether a step of this stage version is done."""
    found = session.execute(
        select(StageRun.id).where(
            StageRun.project_id == standing.project.id,
            StageRun.version == standing.project.version,
            StageRun.step == step,
        )
    ).first()
    return found is not None
