"""Each resident's own answer: which of their needs is taken on by whom, which is not and why.

Requests for service are answered (志愿服务条例 art. 13). The notices go out in batches, each a transaction of its
own, so that a survey of a whole town does not hold the database; a notice queued before is not queued again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.tables import FrozenList, Gap, Match, MatchRun, Need, Party, ServiceItem
from linkage.db.work import Work
from linkage.stages.matching_load import run_of
from linkage.stages.standing import Standing, standing_of
from linkage.stages.steps import Due, Step, StepReport, is_done, mark_done
from linkage.stages.telling import Value, tell_person
from linkage.terms import GapCause, ListKind, MatchState, NeedState, Stage

STEP: Final = "answer_residents"
BATCH: Final = 500

Lines = dict[int, list[Mapping[str, Value]]]


def _run(work: Work, due: Due, now: datetime) -> StepReport:
    """Answer every resident of the concluded run, batch by batch, then mark the step done."""
    with work.read(due.organization_id) as session:
        standing = standing_of(session, due.project_id)
        run = run_of(session, standing)
        if run is None or not is_concluded(session, standing) or is_done(session, due, STEP):
            return StepReport()
        lines = _lines(session, run)
        key, cycle = f"run-{run.id}", run.cycle
    for batch in _batches(sorted(lines)):
        with work.begin(due.organization_id, now=now) as session:
            project = standing_of(session, due.project_id).project
            with session.no_autoflush:  # one flush a batch; the keys of a batch differ
                for person_id in batch:
                    context: dict[str, Value] = {"cycle": cycle, "needs": tuple(lines[person_id])}
                    tell_person(
                        session, project, "matching/need_answered", person_id, key=key, context=context, now=now
                    )
            act(session, "residents.answered", project_id=due.project_id, count=len(batch))
    report = StepReport({"residents_answered": len(lines)})
    with work.begin(due.organization_id, now=now) as session:
        if not is_done(session, due, STEP):
            mark_done(session, due, STEP, report, now)
            act(session, f"matching.{STEP}", project_id=due.project_id)
    return report


ANSWER_RESIDENTS: Final = Step(STEP, "答复提出需求的居民", _run)


def residents_answered(session: Session, standing: Standing) -> bool:
    """Say whether every resident of this cycle's matching has been answered."""
    project = standing.project
    return is_done(session, Due(project.organization_id, project.id, Stage.MATCHING, project.version), STEP)


def is_concluded(session: Session, standing: Standing) -> bool:
    """Say whether this cycle's matching was concluded: its gap list is frozen."""
    found = session.execute(
        select(FrozenList.id).where(
            FrozenList.project_id == standing.project.id,
            FrozenList.cycle == standing.project.cycle,
            FrozenList.kind == ListKind.GAP_LIST,
        )
    ).first()
    return found is not None


def _batches(person_ids: Sequence[int]) -> Iterator[list[int]]:
    rest = iter(person_ids)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _lines(session: Session, run: MatchRun) -> Lines:
    services = _services(session, run)
    causes: dict[int, list[GapCause]] = {}
    gaps = select(Gap.need_id, Gap.cause).where(Gap.match_run_id == run.id).order_by(Gap.id)
    for need_id, cause in session.execute(gaps):
        causes.setdefault(need_id, []).append(cause)
    lines: Lines = {}
    needs = (
        select(Need.id, Need.person_id, Need.category)
        .where(
            Need.project_id == run.project_id,
            Need.cycle == run.cycle,
            Need.person_id.is_not(None),
            Need.state.in_((NeedState.ACCEPTED, NeedState.UNMET)),
        )
        .order_by(Need.id)
    )
    for need_id, person_id, category in session.execute(needs):
        if person_id is None:
            continue
        by = "、".join(services.get(need_id, ()))
        why = "；".join(cause.label for cause in causes.get(need_id, ()))
        lines.setdefault(person_id, []).append({"category": category.label, "services": by, "cause": why})
    return lines


def _services(session: Session, run: MatchRun) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    accepted = (
        select(Match.need_id, ServiceItem.name, Party.name)
        .join(ServiceItem, ServiceItem.id == Match.service_item_id)
        .join(Party, Party.id == ServiceItem.party_id)
        .where(Match.match_run_id == run.id, Match.state == MatchState.ACCEPTED)
        .order_by(Match.id)
    )
    for need_id, name, party in session.execute(accepted):
        found.setdefault(need_id, []).append(f"{name}（{party}）")
    return found
