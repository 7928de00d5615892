"""Matching: proposals with reasons, a person's confirmation, the providers' answers, and a dated gap list.

The optimum comes from `rules.matching`; commands of people stand in `matching_answers`. Units that were rejected,
declined or left unanswered are proposed again to whoever else could take them, and a person confirms again; what
nobody takes becomes a gap with its cause. Nobody is matched without both words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.guard import insert_rows
from linkage.db.tables import Gap, Match, MatchRun, Need, Party, ProjectParty, ServiceItem
from linkage.db.work import Work
from linkage.rules.matching import MatchPlan, PlannedMatch, propose
from linkage.rules.matching_gap import PlannedGap, gaps_of_lost
from linkage.stages.matching_lists import freeze_lists
from linkage.stages.matching_load import (
    Situation,
    names_of,
    rules_of,
    run_of,
    situation_of,
    weights_of,
)
from linkage.stages.matching_residents import ANSWER_RESIDENTS, is_concluded, residents_answered
from linkage.stages.matching_telling import tell_concluded, tell_proposed
from linkage.stages.standing import Condition, Standing, local_date
from linkage.stages.steps import StepReport, Table, each_time, once
from linkage.terms import MatchState, NeedState, PartyRole


def _seed(standing: Standing) -> int:
    return (standing.project.seed or 0) * 100 + standing.project.cycle


def _plan(session: Session, standing: Standing, situation: Situation, now: datetime) -> MatchPlan:
    return propose(
        situation.needs,
        situation.services,
        weights_of(session),
        today=local_date(now),
        seed=_seed(standing),
        rules=rules_of(session, standing),
        held=situation.held,
        tried=situation.tried,
    )


def _propose(session: Session, standing: Standing, _work: Work, now: datetime) -> StepReport:
    """Match the cycle's needs against all offers and ask the provider to confirm."""
    plan = _plan(session, standing, situation_of(session, standing, None, local_date(now)), now)
    run = MatchRun(
        project_id=standing.project.id,
        cycle=standing.project.cycle,
        status=plan.status.value,
        objectives={name: dict(values) for name, values in plan.objectives.items()},
        seed=_seed(standing),
        proposed_at=now,
    )
    session.add(run)
    session.flush()
    _add_matches(session, run, plan.matches)
    tell_proposed(session, standing, run, plan, now=now)
    return StepReport(
        {"proposed": len(plan.matches), "without_offer": len(plan.gaps)}, _tables(session, plan.matches, plan.gaps)
    )


def _add_matches(session: Session, run: MatchRun, matches: Sequence[PlannedMatch]) -> None:
    last_round = session.execute(select(func.max(Match.round_number)).where(Match.match_run_id == run.id)).scalar_one()
    insert_rows(
        session,
        Match,
        [
            {
                "project_id": run.project_id,
                "match_run_id": run.id,
                "need_id": one.need_id,
                "service_item_id": one.service_item_id,
                "round_number": (last_round or 0) + 1,
                "quantity": one.quantity,
                "state": MatchState.PROPOSED,
                "reasons": one.reasons,
                "expires_at": None,
                "answered_at": None,
                "answer_reason": None,
            }
            for one in matches
        ],
    )


def _tables(session: Session, matches: Sequence[PlannedMatch], gaps: Sequence[PlannedGap]) -> tuple[Table, ...]:
    names = names_of(session, (one.service_item_id for one in matches))
    counts = Counter(one.service_item_id for one in matches)
    units: Counter[int] = Counter()
    for one in matches:
        units[one.service_item_id] += one.quantity
    causes = Counter(gap.cause for gap in gaps)
    return (
        Table(
            "matches",
            "匹配建议",
            ("服务", "需求（条）", "份数"),
            tuple((names[item], str(counts[item]), str(units[item])) for item in sorted(counts)),
        ),
        Table(
            "gaps",
            "暂未满足的需求",
            ("原因", "需求（条）"),
            tuple((cause.label, str(count)) for cause, count in causes.most_common()),
        ),
    )


def _expire(session: Session, standing: Standing, _work: Work, now: datetime) -> StepReport | None:
    """Close the offers whose time to answer is over."""
    rows = (
        session.execute(
            select(Match).where(
                Match.project_id == standing.project.id, Match.state == MatchState.OFFERED, Match.expires_at <= now
            )
        )
        .scalars()
        .all()
    )
    if not rows:
        return None
    for row in rows:
        row.state = MatchState.EXPIRED
    act(session, "matches.expired", project_id=standing.project.id, count=len(rows))
    return StepReport({"expired": len(rows)})


def _propose_again(session: Session, standing: Standing, _work: Work, now: datetime) -> StepReport | None:
    """Propose what was lost, and what came in late, to whoever else could take it."""
    run = run_of(session, standing)
    if run is None or is_concluded(session, standing) or _count(session, run, MatchState.PROPOSED, MatchState.OFFERED):
        return None
    plan = _plan(session, standing, situation_of(session, standing, run, local_date(now)), now)
    if not plan.matches:
        return None
    _add_matches(session, run, plan.matches)
    act(session, "matches.proposed_again", project_id=standing.project.id, run=run.id, count=len(plan.matches))
    tell_proposed(session, standing, run, plan, now=now)
    return StepReport({"proposed_again": len(plan.matches)}, _tables(session, plan.matches, plan.gaps))


def _conclude(session: Session, standing: Standing, _work: Work, now: datetime) -> StepReport | None:
    """Settle the needs, write the gaps with their causes, freeze the lists and tell everyone concerned."""
    run = run_of(session, standing)
    if run is None or _count(session, run, MatchState.PROPOSED, MatchState.OFFERED):
        return None
    situation = situation_of(session, standing, run, local_date(now))
    plan = _plan(session, standing, situation, now)
    if plan.matches:
        return None
    gaps = [gap for planned in plan.gaps for gap in gaps_of_lost(planned, situation.lost.get(planned.need_id, {}))]
    insert_rows(
        session,
        Gap,
        [
            {
                "project_id": run.project_id,
                "match_run_id": run.id,
                "need_id": gap.need_id,
                "cause": gap.cause,
                "quantity": gap.quantity,
                "reasons": gap.reasons,
                "cheapest_change": gap.change,
                "noted_on": local_date(now),
            }
            for gap in gaps
        ],
    )
    needs = session.execute(
        select(Need).where(
            Need.project_id == run.project_id,
            Need.cycle == run.cycle,
            Need.state.in_((NeedState.OPEN, NeedState.MATCHED)),
        )
    ).scalars()
    counts: Counter[NeedState] = Counter()
    for need in needs:
        need.state = NeedState.ACCEPTED if need.id in situation.served else NeedState.UNMET
        counts[need.state] += 1
    session.flush()
    freeze_lists(session, standing, run, now)
    tell_concluded(session, standing, run, now)
    return StepReport(
        {"accepted": counts[NeedState.ACCEPTED], "unmet": counts[NeedState.UNMET], "gaps": len(gaps)},
        _tables(session, (), gaps),
    )


STEPS = (
    once("propose", "匹配需求与服务", _propose),
    each_time("expire", "关闭逾期未答复的派单", _expire),
    each_time("propose_again", "为未承接的需求另寻服务", _propose_again),
    once("conclude", "形成需求、服务、责任、缺口清单", _conclude),
    ANSWER_RESIDENTS,
)


def conditions(session: Session, standing: Standing, now: datetime) -> tuple[Condition, ...]:
    """Say what must be true before matching is left: confirmed by a person, answered by every party, concluded."""
    run = run_of(session, standing)
    since = standing.project.stage_entered_at if run is None else run.proposed_at
    proposed = 0 if run is None else _count(session, run, MatchState.PROPOSED)
    waiting = [] if run is None else _waiting(session, run)
    role = waiting[0][1] if waiting else PartyRole.PROVIDER
    detail = "、".join(f"{code} {count} 条" for code, _, count in waiting)
    return (
        Condition("proposed", "已形成匹配建议", run is not None, None, since),
        Condition(
            "matches_confirmed", "承接方确认匹配", proposed == 0, PartyRole.PROVIDER, since, f"{proposed} 条待确认"
        ),
        Condition("matches_answered", "各方答复派单", not waiting, role, since, detail),
        Condition("concluded", "已形成四张清单", is_concluded(session, standing), None, since),
        Condition("residents_answered", "已答复居民", residents_answered(session, standing), None, since),
    )


def next_look(session: Session, standing: Standing, now: datetime) -> datetime | None:
    """Return when the next offer expires, or now while nothing waits for a person."""
    run = run_of(session, standing)
    if run is None:
        return now
    expires_at = session.execute(
        select(func.min(Match.expires_at)).where(Match.match_run_id == run.id, Match.state == MatchState.OFFERED)
    ).scalar_one()
    if expires_at is not None:
        return expires_at
    return None if _count(session, run, MatchState.PROPOSED) else now


def _count(session: Session, run: MatchRun, *states: MatchState) -> int:
    return session.execute(
        select(func.count(Match.id)).where(Match.match_run_id == run.id, Match.state.in_(states))
    ).scalar_one()


def _waiting(session: Session, run: MatchRun) -> list[tuple[str, PartyRole, int]]:
    """List the parties that have not answered: code, role in the project, how many matches."""
    rows = session.execute(
        select(Party.code, func.min(ProjectParty.role), func.count(Match.id.distinct()))
        .select_from(Match)
        .join(ServiceItem, ServiceItem.id == Match.service_item_id)
        .join(Party, Party.id == ServiceItem.party_id)
        .join(ProjectParty, (ProjectParty.party_id == Party.id) & (ProjectParty.project_id == run.project_id))
        .where(Match.match_run_id == run.id, Match.state == MatchState.OFFERED)
        .group_by(Party.code)
        .order_by(Party.code)
    )
    return [(code, role, count) for code, role, count in rows]
