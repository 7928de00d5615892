"""Assessment: a tranche's score sheet is opened with what records say, raters add theirs, and a result follows.

The system's points come from the report's figures and service users' ratings; raters' points come with their
recusal statements (`assessment_sheet`). A failing band pays nothing and opens a rectification; its acceptance opens
the next attempt. This module computes no score: `linkage.rules.assessment` does.
"""

from __future__ import annotations

from datetime import datetime, time
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.tables import Assessment, Figure, Rating, Rectification, Report, Tranche
from linkage.db.work import Work
from linkage.rules import assessment as rules
from linkage.stages.assessment_sheet import (
    ROLE_OF_RATER,
    assessed_tranche,
    is_rectified,
    latest,
    rectification_of,
    rubric_of,
    score_row,
    scores,
)
from linkage.stages.standing import LOCAL_ZONE, Condition, Standing, local_date
from linkage.stages.steps import StepReport, Table, each_time
from linkage.stages.telling import Value, tell_role
from linkage.terms import (
    AssessedFigure,
    AssessmentState,
    PartyRole,
    RectificationState,
    ReportKind,
)


def _report(session: Session, standing: Standing) -> Report | None:
    query = select(Report).where(
        Report.project_id == standing.project.id,
        Report.cycle == standing.project.cycle,
        Report.kind != ReportKind.COMMUNITY_SUMMARY,
    )
    return session.execute(query.order_by(Report.id.desc()).limit(1)).scalar_one_or_none()


def _shares(session: Session, report: Report) -> dict[AssessedFigure, tuple[Fraction, int]]:
    """Read the assessed shares from a report's figures, each with its figure's id."""
    codes = {figure.value: figure for figure in AssessedFigure}
    query = select(Figure).where(Figure.report_id == report.id, Figure.code.in_(codes), Figure.denominator > 0)
    return {
        codes[row.code]: (Fraction(row.numerator or 0, row.denominator or 1), row.id)
        for row in session.execute(query).scalars()
    }


def _ratings(session: Session, standing: Standing, report: Report) -> list[int]:
    query = select(Rating.points).where(Rating.project_id == standing.project.id, Rating.given_on <= report.cut_off_on)
    return list(session.execute(query.order_by(Rating.id)).scalars())


def _open(session: Session, standing: Standing, _work: Work, now: datetime) -> StepReport | None:
    """Open the sheet of this cycle's assessed tranche, or the next attempt after an accepted rectification."""
    tranche = assessed_tranche(session, standing)
    report = None if tranche is None else _report(session, standing)
    if tranche is None or report is None:
        return None
    last = latest(session, tranche)
    if last is not None and (last.state is not AssessmentState.RECTIFYING or not is_rectified(session, last)):
        return None
    row = Assessment(
        project_id=standing.project.id,
        tranche_id=tranche.id,
        report_id=report.id,
        scheme=standing.charter.assessment.scheme,
        attempt=1 if last is None else last.attempt + 1,
        state=AssessmentState.OPEN,
        opened_at=now,
    )
    session.add(row)
    session.flush()
    shares = _shares(session, report)
    rubric = rubric_of(standing)
    values = {figure: share for figure, (share, _) in shares.items()}
    for points in rules.computed_points(rubric, values, _ratings(session, standing, report)):
        source = points.basis.get("figure")
        figure_id = shares[AssessedFigure(source)][1] if source and AssessedFigure(source) in shares else None
        session.add(score_row(standing, row, points, by="system", now=now, rubric=rubric, figure_id=figure_id))
    act(session, "assessment.opened", project_id=standing.project.id, tranche=tranche.code, attempt=row.attempt)
    _tell_raters(session, standing, row, tranche, now)
    return StepReport({"assessments_opened": 1})


def _tell_raters(session: Session, standing: Standing, assessment: Assessment, tranche: Tranche, now: datetime) -> None:
    context: dict[str, Value] = {"tranche_name": tranche.name, "attempt": assessment.attempt}
    for rater in rules.judged_raters(rubric_of(standing)):
        role = ROLE_OF_RATER.get(rater)
        if role is not None:
            key = f"{tranche.code}-{assessment.attempt}-{rater.value}"
            tell_role(session, standing.project, "assessment/opened", role, key=key, context=context, now=now)


def _given(session: Session, assessment: Assessment) -> tuple[rules.Points, ...]:
    return tuple(
        rules.Points(row.indicator, row.rater, Decimal(row.points_hundredths) / 100, row.basis)
        for row in scores(session, assessment)
    )


def _conclude(session: Session, standing: Standing, _work: Work, now: datetime) -> StepReport | None:
    tranche = assessed_tranche(session, standing)
    assessment = None if tranche is None else latest(session, tranche)
    if tranche is None or assessment is None or assessment.state is not AssessmentState.OPEN:
        return None
    rubric = rubric_of(standing)
    given = _given(session, assessment)
    result = rules.conclude(rubric, given)
    if result is None:
        return None
    assessment.score_hundredths = int(result.score * 100)
    assessment.band = result.band.code
    assessment.is_passed = result.band.passes and result.band.pays
    assessment.concluded_at = now
    assessment.state = AssessmentState.CONCLUDED if assessment.is_passed else AssessmentState.RECTIFYING
    act(
        session,
        "assessment.concluded",
        project_id=standing.project.id,
        tranche=tranche.code,
        score_hundredths=assessment.score_hundredths,
        band=result.band.code,
    )
    session.flush()
    context: dict[str, Value] = {
        "tranche_name": tranche.name,
        "score": str(result.score),
        "band": result.band.label,
        "consequence": result.band.consequence or "",
        "scheme_name": rubric.name,
        "scheme_label": rubric.label or "",
    }
    for role in (PartyRole.PROVIDER, PartyRole.PURCHASER, PartyRole.COMMUNITY):
        key = f"{tranche.code}-{assessment.attempt}-{role.value}"
        tell_role(session, standing.project, "assessment/concluded", role, key=key, context=context, now=now)
    if not assessment.is_passed:
        _rectify(session, standing, assessment, rules.rectification_items(rubric, given), now)
    names = {indicator.code: indicator.name for indicator in rubric.indicators}
    rows = tuple((names[points.indicator], points.rater.label, str(points.points)) for points in given)
    table = Table("assessment", f"评估结果：{result.score}（{result.band.label}）", ("指标", "评分方", "得分"), rows)
    return StepReport({"assessments_concluded": 1, "passed": int(bool(assessment.is_passed))}, (table,))


def _rectify(
    session: Session, standing: Standing, assessment: Assessment, items: tuple[str, ...], now: datetime
) -> None:
    rubric = rubric_of(standing)
    due_on = rules.rectification_due_on(rubric, local_date(now))
    session.add(
        Rectification(
            project_id=standing.project.id,
            assessment_id=assessment.id,
            state=RectificationState.OPEN,
            items=list(items),
            due_on=due_on,
            opened_at=now,
        )
    )
    act(session, "rectification.opened", project_id=standing.project.id, items=len(items))
    names = {indicator.code: indicator.name for indicator in rubric.indicators}
    context: dict[str, Value] = {"due_on": due_on, "items": tuple({"name": names[code]} for code in items)}
    tell_role(
        session,
        standing.project,
        "assessment/rectification_opened",
        PartyRole.PROVIDER,
        key=f"assessment-{assessment.id}",
        context=context,
        now=now,
    )


STEPS = (each_time("open", "开启评估", _open), each_time("conclude", "评估结果", _conclude))


def conditions(session: Session, standing: Standing, now: datetime) -> tuple[Condition, ...]:
    """Say what must be true before the project leaves: nothing due, or passed."""
    tranche = assessed_tranche(session, standing)
    if tranche is None:
        return (Condition("assessed", "本期无评估安排", is_open=True, whose_turn=None, since=None),)
    assessment = latest(session, tranche)
    if assessment is None:
        since = standing.project.stage_entered_at
        return (Condition("assessed", "评估尚未开启", is_open=False, whose_turn=PartyRole.PROVIDER, since=since),)
    if assessment.state is AssessmentState.OPEN:
        return _sheets(session, standing, assessment)
    if assessment.state is AssessmentState.RECTIFYING:
        row = rectification_of(session, assessment)
        detail = "" if row is None else f"{row.due_on:%Y-%m-%d}"
        concluded_at = assessment.concluded_at
        turn = PartyRole.ASSESSOR  # the provider puts right, the assessor's acceptance opens the next attempt
        return (
            Condition(
                "rectified", "整改中，待评估方验收", is_open=False, whose_turn=turn, since=concluded_at, detail=detail
            ),
        )
    return (Condition("assessed", "评估通过", is_open=True, whose_turn=None, since=assessment.concluded_at),)


def _sheets(session: Session, standing: Standing, assessment: Assessment) -> tuple[Condition, ...]:
    scored = {row.rater for row in scores(session, assessment) if row.given_by != "system"}
    return tuple(
        Condition(
            code=f"scored.{rater.value}",
            label=f"{rater.label}评分",
            is_open=rater in scored,
            whose_turn=ROLE_OF_RATER.get(rater, PartyRole.PROVIDER),
            since=assessment.opened_at,
        )
        for rater in rules.judged_raters(rubric_of(standing))
    )


def next_look(session: Session, standing: Standing, now: datetime) -> datetime | None:
    """Look again on the day a rectification is due."""
    tranche = assessed_tranche(session, standing)
    assessment = None if tranche is None else latest(session, tranche)
    row = None if assessment is None else rectification_of(session, assessment)
    if row is None or row.state is RectificationState.DONE:
        return None
    due_at = datetime.combine(row.due_on, time(9), LOCAL_ZONE)
    return due_at if due_at > now else None
