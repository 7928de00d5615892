"""Which activities may still be written to: released, of a cycle whose delivery is not closed."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.tables import Activity, Decision
from linkage.errors import GateShut, Unknown
from linkage.schemas.draft import nearest
from linkage.terms import ActivityState, DecisionKind


def open_activity(session: Session, activity_id: int) -> Activity:
    """Return an activity on which service may be recorded.

    Raises
    ------
    Unknown, GateShut
        As `open_activities`.
    """
    return open_activities(session, [activity_id])[activity_id]


def open_activities(session: Session, activity_ids: Collection[int]) -> dict[int, Activity]:
    """Return activities on which service may be recorded, by id.

    Raises
    ------
    Unknown
        If there is none with one of these ids.
    GateShut
        If one was not released, or its cycle is closed and its figures are counted.
    """
    found: dict[int, Activity] = {}
    for activity_id in sorted(activity_ids):
        activity = session.get(Activity, activity_id)
        if activity is None:
            raise Unknown(f"no activity with id {activity_id} here")
        found[activity_id] = activity
        if activity.state not in {ActivityState.RELEASED, ActivityState.DONE}:
            raise GateShut(f"{activity.code} is {activity.state.value}; only a released activity is served")
    for activity in {(activity.project_id, activity.cycle): activity for activity in found.values()}.values():
        require_open_cycle(session, activity)
    return found


def find_activity(session: Session, project_id: int, code: str) -> Activity:
    """Find an activity of a project by its code."""
    row = session.execute(
        select(Activity).where(Activity.project_id == project_id, Activity.code == code)
    ).scalar_one_or_none()
    if row is None:
        known = session.execute(select(Activity.code).where(Activity.project_id == project_id)).scalars()
        near = nearest(code, known)
        advice = f"did you mean {near!r}?" if near else "list them: linkage scheduling activities PROJECT"
        raise Unknown(f"no activity {code!r} in this project; {advice}")
    return row


def require_open_cycle(session: Session, activity: Activity) -> None:
    """Refuse to write to a cycle whose delivery was closed."""
    closed = session.execute(
        select(Decision.decided_at).where(
            Decision.project_id == activity.project_id,
            Decision.decision_key == closing_key(activity.cycle),
        )
    ).scalar_one_or_none()
    if closed is not None:
        raise GateShut(f"{activity.code}: delivery of cycle {activity.cycle} was closed on {closed:%Y-%m-%d}")


def closing_key(cycle: int) -> str:
    """Return the key under which a cycle's delivery is closed."""
    return f"{DecisionKind.CLOSE_DELIVERY.value}:cycle-{cycle}"
