"""What parties are told about matching: counts, deadlines and gaps; never a resident, a phone or a condition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from linkage.db.tables import Community, Gap, Match, MatchRun, Need, ServiceItem
from linkage.rules.matching import MatchPlan
from linkage.stages.standing import Standing
from linkage.stages.telling import Value, tell_party, tell_role
from linkage.terms import GapCause, NeedCategory, NeedState, PartyRole


def tell_proposed(session: Session, standing: Standing, run: MatchRun, plan: MatchPlan, *, now: datetime) -> None:
    """Ask the provider to confirm the proposals."""
    if not plan.matches:
        return
    names = _items(session, {one.service_item_id for one in plan.matches})
    counts = Counter(one.service_item_id for one in plan.matches)
    context: dict[str, Value] = {
        "cycle": run.cycle,
        "proposed_count": len(plan.matches),
        "without_offer_count": len(plan.gaps),
        "items": tuple({"name": names[item][0], "count": counts[item]} for item in sorted(counts)),
    }
    key = f"run-{run.id}:matches-{_last_match(session, run)}"
    tell_role(
        session, standing.project, "matching/confirmation_asked", PartyRole.PROVIDER, key=key, context=context, now=now
    )


def tell_offered(
    session: Session,
    standing: Standing,
    run: MatchRun,
    matches: Sequence[Match],
    *,
    answer_by: datetime,
    round_number: int,
    now: datetime,
) -> None:
    """Offer each party its matches, in counts, and say until when to answer."""
    items = _items(session, {match.service_item_id for match in matches})
    counts: Counter[int] = Counter()
    units: Counter[int] = Counter()
    for match in matches:
        counts[match.service_item_id] += 1
        units[match.service_item_id] += match.quantity
    for party_id in sorted({party_id for _, party_id in items.values()}):
        lines: tuple[Mapping[str, Value], ...] = tuple(
            {"name": name, "count": counts[item], "quantity": units[item]}
            for item, (name, owner) in sorted(items.items())
            if owner == party_id
        )
        context: dict[str, Value] = {"cycle": run.cycle, "items": lines, "answer_by": answer_by}
        tell_party(
            session,
            standing.project,
            "matching/matches_offered",
            party_id,
            key=f"run-{run.id}:round-{round_number}",
            context=context,
            now=now,
            expires_at=answer_by,
        )


def tell_concluded(session: Session, standing: Standing, run: MatchRun, now: datetime) -> None:
    """Tell communities of their gaps and the purchaser of the totals."""
    _tell_communities(session, standing, run, now)
    _tell_purchaser(session, standing, run, now)


def _tell_communities(session: Session, standing: Standing, run: MatchRun, now: datetime) -> None:
    accepted = dict(
        session.execute(
            select(Need.community_id, func.count(Need.id))
            .where(Need.project_id == run.project_id, Need.cycle == run.cycle, Need.state == NeedState.ACCEPTED)
            .group_by(Need.community_id)
        ).all()
    )
    gaps: dict[int, list[tuple[NeedCategory, GapCause, int]]] = {}
    for community_id, category, cause, count in session.execute(
        select(Need.community_id, Need.category, Gap.cause, func.count(Gap.need_id.distinct()))
        .select_from(Gap)
        .join(Need, Need.id == Gap.need_id)
        .where(Gap.match_run_id == run.id)
        .group_by(Need.community_id, Need.category, Gap.cause)
        .order_by(Need.category, Gap.cause)
    ):
        gaps.setdefault(community_id, []).append((category, cause, count))
    communities = session.execute(
        select(Community).where(Community.project_id == run.project_id).order_by(Community.id)
    ).scalars()
    for community in communities:
        if community.party_id is None:
            continue
        context: dict[str, Value] = {
            "cycle": run.cycle,
            "community": community.name,
            "accepted_count": accepted.get(community.id, 0),
            "gaps": tuple(
                {"category": category.label, "cause": cause.label, "count": count}
                for category, cause, count in gaps.get(community.id, ())
            ),
        }
        key = f"run-{run.id}:community-{community.id}"
        tell_party(
            session, standing.project, "matching/gaps_found", community.party_id, key=key, context=context, now=now
        )


def _tell_purchaser(session: Session, standing: Standing, run: MatchRun, now: datetime) -> None:
    states = dict(
        session.execute(
            select(Need.state, func.count(Need.id))
            .where(Need.project_id == run.project_id, Need.cycle == run.cycle, Need.state != NeedState.WITHDRAWN)
            .group_by(Need.state)
        ).all()
    )
    context: dict[str, Value] = {
        "cycle": run.cycle,
        "needs_count": sum(states.values()),
        "accepted_count": states.get(NeedState.ACCEPTED, 0),
        "unmet_count": states.get(NeedState.UNMET, 0),
    }
    tell_role(
        session,
        standing.project,
        "matching/lists_ready",
        PartyRole.PURCHASER,
        key=f"run-{run.id}",
        context=context,
        now=now,
    )


def _items(session: Session, item_ids: set[int]) -> dict[int, tuple[str, int]]:
    rows = session.execute(
        select(ServiceItem.id, ServiceItem.name, ServiceItem.party_id).where(ServiceItem.id.in_(item_ids))
    )
    return {item_id: (name, party_id) for item_id, name, party_id in rows}


def _last_match(session: Session, run: MatchRun) -> int:
    return session.execute(select(func.max(Match.id)).where(Match.match_run_id == run.id)).scalar_one() or 0
