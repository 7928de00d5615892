"""Reading a cycle's matching: its matches and gaps with their reasons. Needs appear by id, people not at all."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.tables import Gap, Match, Need, Party, ServiceItem
from linkage.stages.matching_load import run_of
from linkage.stages.standing import standing_of
from linkage.terms import MatchGround, MatchState


class MatchLine(NamedTuple):
    """One match: what it would give to which need, where it stands and why it was proposed."""

    match_id: int
    need_id: int
    party: str
    service: str
    quantity: int
    state: MatchState
    why: str


class GapLine(NamedTuple):
    """One need that stays unmet in this cycle, and why."""

    need: str
    category: str
    quantity: int
    why: str


def matches_of_cycle(session: Session, project_id: int) -> tuple[MatchLine, ...]:
    """List the cycle's matches in the order they were proposed."""
    run = run_of(session, standing_of(session, project_id))
    if run is None:
        return ()
    query = (
        select(Match, Party.code, ServiceItem.code)
        .join(ServiceItem, ServiceItem.id == Match.service_item_id)
        .join(Party, Party.id == ServiceItem.party_id)
        .where(Match.match_run_id == run.id)
        .order_by(Match.id)
    )
    return tuple(
        MatchLine(match.id, match.need_id, party, code, match.quantity, match.state, _why(match.reasons))
        for match, party, code in session.execute(query)
    )


def _why(reasons: list[Any]) -> str:
    labels = {ground.value: ground.label for ground in MatchGround}
    return "；".join(labels.get(reason["code"], reason["code"]) for reason in reasons)


def gaps_of_cycle(session: Session, project_id: int) -> tuple[GapLine, ...]:
    """List the cycle's gaps."""
    run = run_of(session, standing_of(session, project_id))
    if run is None:
        return ()
    query = select(Gap, Need.category).join(Need, Need.id == Gap.need_id).where(Gap.match_run_id == run.id)
    return tuple(
        GapLine(f"N{gap.need_id}", category.value, gap.quantity, gap.cause.label)
        for gap, category in session.execute(query.order_by(Gap.id))
    )
