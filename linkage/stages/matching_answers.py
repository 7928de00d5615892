"""What people decide about matches: the provider confirms the proposals, each party accepts or declines.

The same word again changes nothing; another word after an answer, or any word after its time, is refused. An
order becomes an offer by confirmation and an acceptance by the party's answer; nobody is assigned without it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.tables import Decision, Match, MatchRun, Need, Party, ServiceItem
from linkage.db.work import settings_of
from linkage.errors import AlreadyAnswered, GateShut, Unknown
from linkage.stages.matching_load import run_of
from linkage.stages.matching_telling import tell_offered
from linkage.stages.standing import Standing, cycle_key, decide, poke, standing_of
from linkage.terms import DecisionKind, MatchState, NeedState

ANSWERED = (MatchState.ACCEPTED, MatchState.DECLINED, MatchState.EXPIRED)


def confirm(
    session: Session, project_id: int, *, actor: str, now: datetime, except_matches: Collection[int] = ()
) -> Decision:
    """Confirm the proposed matches; each becomes an offer to its party, the excepted ones are rejected.

    Parameters
    ----------
    except_matches
        Ids of proposals that are not adopted.

    Raises
    ------
    GateShut
        If nothing is proposed.
    Unknown
        If an excepted match is not among the proposals.
    """
    standing = standing_of(session, project_id)
    run = run_of(session, standing)
    proposed = _in_state(session, run, MatchState.PROPOSED)
    rounds = _rounds(session, standing)
    if not proposed or run is None:
        if rounds:
            return rounds[-1]
        raise GateShut(
            f"no match is proposed in cycle {standing.project.cycle} of {standing.project.code}; run matching first"
        )
    strange = sorted(set(except_matches) - {match.id for match in proposed})
    if strange:
        raise Unknown(f"not among the proposals of {standing.project.code}: match {', '.join(map(str, strange))}")
    expires_at = now + timedelta(hours=settings_of(session).matching.answer_within_hours)
    needs = _needs(session, proposed)
    offered: list[Match] = []
    for match in proposed:
        need = needs[match.need_id]
        if match.id in except_matches or need.state not in {NeedState.OPEN, NeedState.MATCHED}:
            match.state = MatchState.REJECTED
            continue
        match.state, match.expires_at, need.state = MatchState.OFFERED, expires_at, NeedState.MATCHED
        offered.append(match)
    key = cycle_key(standing, DecisionKind.CONFIRM_MATCHES)
    row = decide(
        session,
        standing,
        DecisionKind.CONFIRM_MATCHES,
        key=key if not rounds else f"{key}:round-{len(rounds) + 1}",
        verdict="confirmed",
        actor=actor,
        now=now,
        detail={"run": run.id, "offered": len(offered), "rejected": len(proposed) - len(offered)},
    )
    tell_offered(session, standing, run, offered, answer_by=expires_at, round_number=len(rounds) + 1, now=now)
    return row


def answer(
    session: Session, match_id: int, *, accepts: bool, actor: str, now: datetime, reason: str | None = None
) -> Match:
    """Record a party's word on one offered match.

    Raises
    ------
    Unknown
        If there is no such match.
    AlreadyAnswered
        If it was answered differently, or its time is over.
    """
    match = session.get(Match, match_id)
    if match is None:
        raise Unknown(f"no match with id {match_id} here")
    _take(session, [match], accepts=accepts, actor=actor, now=now, reason=reason)
    return match


def answer_all(
    session: Session,
    project_id: int,
    party: str,
    *,
    accepts: bool,
    actor: str,
    now: datetime,
    reason: str | None = None,
) -> int:
    """Record a party's word on all matches it was offered and has not answered; return how many.

    Raises
    ------
    Unknown
        If the party offers nothing in this project.
    """
    standing = standing_of(session, project_id)
    items = session.execute(
        select(ServiceItem.id)
        .join(Party, Party.id == ServiceItem.party_id)
        .where(ServiceItem.project_id == project_id, Party.code == party)
    ).scalars()
    item_ids = set(items)
    if not item_ids:
        raise Unknown(f"party {party!r} offers nothing in {standing.project.code}")
    matches = [
        match
        for match in _in_state(session, run_of(session, standing), MatchState.OFFERED)
        if match.service_item_id in item_ids and (match.expires_at is None or match.expires_at > now)
    ]
    if matches:
        _take(session, matches, accepts=accepts, actor=actor, now=now, reason=reason)
    return len(matches)


def _take(
    session: Session, matches: Sequence[Match], *, accepts: bool, actor: str, now: datetime, reason: str | None
) -> None:
    wanted = MatchState.ACCEPTED if accepts else MatchState.DECLINED
    open_matches = [match for match in matches if match.state is not wanted]
    for match in open_matches:
        if match.state in ANSWERED:
            raise AlreadyAnswered(f"match {match.id} was answered before: {match.state.value}; agree on a new one")
        if match.state is not MatchState.OFFERED:
            raise GateShut(f"match {match.id} is {match.state.value}; a person confirms it first")
        if match.expires_at is not None and match.expires_at <= now:
            raise AlreadyAnswered(f"the time to answer match {match.id} ended at {match.expires_at:%Y-%m-%d %H:%M} UTC")
    if not open_matches:
        return
    for match in open_matches:
        match.state, match.answered_at, match.answer_reason = wanted, now, reason
    first, last = open_matches[0], open_matches[-1]
    decide(
        session,
        standing_of(session, first.project_id),
        DecisionKind.ANSWER_MATCH,
        key=f"answer_match:{first.id}-{last.id}" if len(open_matches) > 1 else f"answer_match:{first.id}",
        verdict=wanted.value,
        actor=actor,
        now=now,
        reason=reason,
        detail={"matches": [match.id for match in open_matches]},
    )
    act(session, "matches.answered", project_id=first.project_id, verdict=wanted.value, count=len(open_matches))
    poke(session, first.project_id, now)


def _in_state(session: Session, run: MatchRun | None, state: MatchState) -> list[Match]:
    if run is None:
        return []
    query = select(Match).where(Match.match_run_id == run.id, Match.state == state).order_by(Match.id)
    return list(session.execute(query).scalars())


def _needs(session: Session, matches: Sequence[Match]) -> dict[int, Need]:
    run_ids = {match.match_run_id for match in matches}
    needs = session.execute(
        select(Need).where(Need.id.in_(select(Match.need_id).where(Match.match_run_id.in_(run_ids))))
    ).scalars()
    return {need.id: need for need in needs}


def _rounds(session: Session, standing: Standing) -> list[Decision]:
    query = (
        select(Decision)
        .where(
            Decision.project_id == standing.project.id,
            Decision.kind == DecisionKind.CONFIRM_MATCHES,
            Decision.cycle == standing.project.cycle,
        )
        .order_by(Decision.id)
    )
    return list(session.execute(query).scalars())
