"""The score sheet of an assessment: which one is open, who fills in which lines, and accepting a rectification.

Commands of raters and assessors, and the readings they share with the stage. A rater's sheet is entered whole, once,
with the recusal statements confirmed; the rules say what may stand on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.tables import Assessment, Party, ProjectParty, Rectification, Score, Tranche
from linkage.errors import GateShut, InvalidFile, Unknown
from linkage.rules import assessment as rules
from linkage.schemas.rubric import Rubric
from linkage.schemas.rubric_check import load_rubric
from linkage.settings import assets_folder
from linkage.stages.standing import Standing, decide, poke, standing_of
from linkage.terms import (
    AssessmentPhase,
    AssessmentState,
    DecisionKind,
    PartyRole,
    RaterKind,
    RectificationState,
)

ROLE_OF_RATER = {
    RaterKind.PURCHASER: PartyRole.PURCHASER,
    RaterKind.COMMUNITY: PartyRole.COMMUNITY,
    RaterKind.THIRD_PARTY: PartyRole.ASSESSOR,
    RaterKind.PROVIDER: PartyRole.PROVIDER,
}


def rubric_of(standing: Standing) -> Rubric:
    """Load the scheme the charter names."""
    return _rubric(assets_folder("config") / "rubrics" / f"{standing.charter.assessment.scheme}.yaml")


@lru_cache(maxsize=16)
def _rubric(path: Path) -> Rubric:
    return load_rubric(path)


def assessed_tranche(session: Session, standing: Standing) -> Tranche | None:
    """Find the tranche whose assessment falls in this cycle, if one does."""
    codes = [
        tranche.code
        for tranche in standing.charter.tranches_of(standing.project.cycle)
        if tranche.assessment is not AssessmentPhase.NONE
    ]
    if not codes:
        return None
    query = select(Tranche).where(Tranche.project_id == standing.project.id, Tranche.code == codes[0])
    return session.execute(query).scalar_one()


def latest(session: Session, tranche: Tranche) -> Assessment | None:
    """Find the latest attempt at a tranche's assessment."""
    query = select(Assessment).where(Assessment.tranche_id == tranche.id).order_by(Assessment.attempt.desc())
    return session.execute(query.limit(1)).scalar_one_or_none()


def scores(session: Session, assessment: Assessment) -> tuple[Score, ...]:
    """List the points on an assessment's sheet."""
    return tuple(
        session.execute(select(Score).where(Score.assessment_id == assessment.id).order_by(Score.id)).scalars()
    )


def score_row(
    standing: Standing,
    assessment: Assessment,
    points: rules.Points,
    *,
    by: str,
    now: datetime,
    rubric: Rubric,
    figure_id: int | None = None,
) -> Score:
    """Return the row of one rater's points on one line; the caller adds it."""
    most = next(indicator.max_points for indicator in rubric.indicators if indicator.code == points.indicator)
    return Score(
        project_id=standing.project.id,
        assessment_id=assessment.id,
        figure_id=figure_id,
        indicator=points.indicator,
        rater=points.rater,
        points_hundredths=int(points.points * 100),
        max_hundredths=int(most * 100),
        basis=dict(points.basis),
        given_by=by,
        given_at=now,
    )


def submit(
    session: Session,
    project_id: int,
    rater: RaterKind,
    points: Mapping[str, Decimal],
    *,
    actor: str,
    is_unrelated: bool,
    now: datetime,
) -> None:
    """Enter a rater's sheet, whole; it cannot be changed afterwards.

    Parameters
    ----------
    points
        Points for each of the rater's lines.
    is_unrelated
        Whether the rater confirms every recusal statement of the scheme (回避).

    Raises
    ------
    GateShut
        If no assessment is open, the rater has scored, must recuse, or does not have the role.
    InvalidFile
        With every line that is wrong.
    """
    standing = standing_of(session, project_id)
    tranche = assessed_tranche(session, standing)
    assessment = None if tranche is None else latest(session, tranche)
    if tranche is None or assessment is None or assessment.state is not AssessmentState.OPEN:
        message = f"no assessment of {standing.project.code} is open; it opens when the cycle's report is adopted"
        raise GateShut(message)
    if not is_unrelated:
        message = f"{actor} does not confirm the recusal statements and may not score; another rater takes the sheet"
        raise GateShut(message)
    _require_role(session, standing, rater, actor)
    rubric = rubric_of(standing)
    problems = rules.check_judgement(rubric, rater, points)
    if problems:
        message = f"the sheet of {rater.value} has {len(problems)} mistakes; nothing was entered"
        raise InvalidFile(message, [problem.message for problem in problems])
    if any(row.rater is rater and row.given_by != "system" for row in scores(session, assessment)):
        message = f"{rater.value} has scored attempt {assessment.attempt} of {tranche.code}"
        raise GateShut(message)
    for code, value in points.items():
        given = rules.Points(code, rater, value, {"judged": "yes"})
        session.add(score_row(standing, assessment, given, by=actor, now=now, rubric=rubric))
    decide(
        session,
        standing,
        DecisionKind.SUBMIT_SCORES,
        key=f"submit_scores:{tranche.code}:{assessment.attempt}:{rater.value}",
        verdict="submitted",
        actor=actor,
        now=now,
        detail={"assessment_id": assessment.id},
    )


def _require_role(session: Session, standing: Standing, rater: RaterKind, actor: str) -> None:
    role = ROLE_OF_RATER.get(rater)
    if role is None:
        return
    query = (
        select(Party.code)
        .join(ProjectParty, ProjectParty.party_id == Party.id)
        .where(ProjectParty.project_id == standing.project.id, ProjectParty.role == role)
    )
    codes = tuple(session.execute(query).scalars())
    if actor not in codes:
        message = f"{actor} may not score as {rater.value}; only {', '.join(codes)} may"
        raise GateShut(message)


def rectification_of(session: Session, assessment: Assessment) -> Rectification | None:
    """Find what an assessment's failing band opened, if it did."""
    query = select(Rectification).where(Rectification.assessment_id == assessment.id)
    return session.execute(query).scalar_one_or_none()


def is_rectified(session: Session, assessment: Assessment) -> bool:
    """Say whether an assessor has accepted what was put right."""
    row = rectification_of(session, assessment)
    return row is not None and row.state is RectificationState.DONE


def accept_rectification(session: Session, project_id: int, *, actor: str, statement: str, now: datetime) -> None:
    """Record that an assessor accepts the provider's rectification; the next attempt opens.

    Raises
    ------
    Unknown
        If no rectification is open.
    GateShut
        If the one who acts is not an assessor of the project.
    """
    standing = standing_of(session, project_id)
    _require_role(session, standing, RaterKind.THIRD_PARTY, actor)
    tranche = assessed_tranche(session, standing)
    assessment = None if tranche is None else latest(session, tranche)
    row = None if assessment is None else rectification_of(session, assessment)
    if row is None or row.state is RectificationState.DONE:
        message = f"no rectification of {standing.project.code} is open"
        raise Unknown(message)
    row.state = RectificationState.DONE
    row.closed_at = now
    decide(
        session,
        standing,
        DecisionKind.CLOSE_RECTIFICATION,
        key=f"close_rectification:{row.assessment_id}",
        verdict="accepted",
        actor=actor,
        now=now,
        reason=statement,
    )
    poke(session, project_id, now)
