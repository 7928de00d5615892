"""Survey: needs are heard by file and by visit, carried over, merged into common issues, and closed by a person.

What was heard comes in by `survey_import` and `survey_visit` at any time; this module moves the stage. It matches
nothing. Steps are harmless when repeated; the stage is left when the provider closes the survey.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.tables import Community, Decision, Need, SurveyImport
from linkage.db.work import Work
from linkage.errors import GateShut
from linkage.rules.survey_carry import UNSERVED, PastNeed, to_carry
from linkage.stages.standing import Condition, Standing, cycle_key, decide, decision, standing_of
from linkage.stages.steps import StepReport, Table, each_time, once
from linkage.stages.survey_issues import issues_for
from linkage.stages.telling import Value, tell_party
from linkage.terms import DecisionKind, NeedCategory, NeedState, PartyRole, ProjectState, Stage


def _carry_over(session: Session, standing: Standing, _work: Work, _now: datetime) -> StepReport:
    """Open again, in this cycle, what earlier cycles left unserved; its date of asking stays."""
    project = standing.project
    if project.cycle == 1:
        return StepReport({"carried_over": 0})
    rows = session.execute(
        select(Need.id, Need.cycle, Need.state, Need.category, Need.person_id, Need.survey_response_id).where(
            Need.project_id == project.id
        )
    )
    wanted = to_carry((PastNeed(*row) for row in rows), project.cycle)
    unserved = session.execute(
        select(Need)
        .where(Need.project_id == project.id, Need.cycle < project.cycle, Need.state.in_(UNSERVED))
        .order_by(Need.id)
    ).scalars()
    for need in unserved:
        if need.id in wanted:
            need.state, need.cycle, need.common_issue_id = NeedState.OPEN, project.cycle, None
    return StepReport({"carried_over": len(wanted)})


def _merge(session: Session, standing: Standing, _work: Work, _now: datetime) -> StepReport:
    """Put each open need that has none yet (an import gives its own) under the common issue of its kind."""
    project = standing.project
    loose = session.execute(_unmerged(standing).order_by(Need.id)).scalars().all()
    if not loose:
        return StepReport(tables=(_issue_table(session, standing),))
    kinds = {(need.community_id, need.category) for need in loose}
    issues = issues_for(session, project.id, project.cycle, kinds)
    for need in loose:
        need.common_issue_id = issues[need.community_id, need.category]
    session.flush()
    act(session, "survey.merged", project_id=project.id, needs=len(loose), issues=len(kinds))
    return StepReport({"merged_needs": len(loose)}, (_issue_table(session, standing),))


def _issue_table(session: Session, standing: Standing) -> Table:
    rows = session.execute(
        select(Community.name, Need.category, func.count(Need.id), func.sum(Need.quantity))
        .join(Community, Community.id == Need.community_id)
        .where(Need.project_id == standing.project.id, Need.cycle == standing.project.cycle)
        .group_by(Community.name, Need.category)
        .order_by(Community.name, func.count(Need.id).desc(), Need.category)
    )
    return Table(
        "common-issues",
        "共性需求",
        ("社区", "类别", "需求（条）", "份数"),
        tuple((name, category.label, str(count), str(total)) for name, category, count, total in rows),
    )


STEPS = (
    once("carry_over", "接续上期未满足的需求", _carry_over),
    each_time("merge", "归并共性需求", _merge),
)


def conditions(session: Session, standing: Standing, now: datetime) -> tuple[Condition, ...]:
    """Say what must be true before the survey is left: something was heard, it was merged, a person closed it."""
    project = standing.project
    heard = _heard_count(session, standing)
    loose = session.execute(select(func.count()).select_from(_unmerged(standing).subquery())).scalar_one()
    closed = decision(session, project.id, cycle_key(standing, DecisionKind.CLOSE_SURVEY))
    entered = project.stage_entered_at
    return (
        Condition("heard", "已收集需求", heard > 0, PartyRole.PROVIDER, entered, f"{heard} 条需求"),
        Condition("merged", "已归并共性需求", loose == 0, None, entered, f"{loose} 条待归并"),
        Condition("survey_closed", "承接方结束需求调查", closed is not None, PartyRole.PROVIDER, entered),
    )


def next_look(session: Session, standing: Standing, now: datetime) -> datetime | None:
    """Return now while needs wait to be merged, else None: only people move this stage."""
    return now if session.execute(_unmerged(standing).limit(1)).first() is not None else None


def close(session: Session, project_id: int, *, actor: str, now: datetime, reason: str | None = None) -> Decision:
    """End the survey of this cycle; communities are told what was heard of them.

    Raises
    ------
    GateShut
        If the project is not at its survey, or nothing was heard yet.
    """
    standing = standing_of(session, project_id)
    project = standing.project
    known = decision(session, project_id, cycle_key(standing, DecisionKind.CLOSE_SURVEY))
    if known is not None:
        return known
    if project.state is not ProjectState.OPEN or project.stage is not Stage.SURVEY:
        raise GateShut(f"project {project.code} stands at {project.stage.value}; its survey cannot be closed now")
    if not _heard_count(session, standing):
        message = (
            f"nothing was heard in cycle {project.cycle} of {project.code}; import answers or record a visit first"
        )
        raise GateShut(message)
    row = decide(
        session,
        standing,
        DecisionKind.CLOSE_SURVEY,
        key=cycle_key(standing, DecisionKind.CLOSE_SURVEY),
        verdict="closed",
        actor=actor,
        now=now,
        reason=reason,
    )
    _tell_communities(session, standing, now)
    return row


def _heard_count(session: Session, standing: Standing) -> int:
    """Count the needs of this cycle, or the imports where nobody asked for anything."""
    project = standing.project
    needs = session.execute(
        select(func.count(Need.id)).where(Need.project_id == project.id, Need.cycle == project.cycle)
    ).scalar_one()
    imports = session.execute(
        select(func.count(SurveyImport.id)).where(
            SurveyImport.project_id == project.id, SurveyImport.cycle == project.cycle
        )
    ).scalar_one()
    return needs or imports


def _unmerged(standing: Standing) -> Select[Need]:
    return select(Need).where(
        Need.project_id == standing.project.id,
        Need.cycle == standing.project.cycle,
        Need.state == NeedState.OPEN,
        Need.common_issue_id.is_(None),
    )


def _tell_communities(session: Session, standing: Standing, now: datetime) -> None:
    project = standing.project
    counts: dict[int, Counter[NeedCategory]] = {}
    for community_id, category, count in session.execute(
        select(Need.community_id, Need.category, func.count(Need.id))
        .where(Need.project_id == project.id, Need.cycle == project.cycle, Need.state == NeedState.OPEN)
        .group_by(Need.community_id, Need.category)
    ):
        counts.setdefault(community_id, Counter())[category] = count
    communities = session.execute(select(Community).where(Community.project_id == project.id).order_by(Community.id))
    for community in communities.scalars():
        if community.party_id is None:
            continue
        heard = counts.get(community.id, Counter())
        context: dict[str, Value] = {
            "community": community.name,
            "cycle": project.cycle,
            "needs_count": heard.total(),
            "categories": tuple(
                {"category": category.label, "count": heard[category]} for category in NeedCategory if heard[category]
            ),
        }
        key = f"cycle-{project.cycle}:community-{community.id}"
        tell_party(session, project, "survey/survey_closed", community.party_id, key=key, context=context, now=now)
