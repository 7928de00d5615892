"""What a report says of the money: tranches with their gates, and the last assessment's result.

Reads rows that other stages wrote; it decides neither a gate nor a score.
"""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.tables import Assessment, Gate, MoneyEntry, Rectification, Score, Tranche
from linkage.rules.assessment import Points, conclude
from linkage.rules.disbursement import WHOSE_TURN
from linkage.schemas.report import AssessmentResult, GateRow, RaterScore, TrancheRow
from linkage.schemas.rubric import Rubric
from linkage.schemas.rubric_check import load_rubric
from linkage.settings import assets_folder
from linkage.stages.standing import Standing, local_date


def tranche_rows(session: Session, standing: Standing) -> tuple[TrancheRow, ...]:
    """List the tranches with each gate: open or shut, since when, whose turn."""
    project_id = standing.project.id
    released = {
        tranche_id: local_date(at)
        for tranche_id, at in session.execute(
            select(MoneyEntry.tranche_id, MoneyEntry.released_at)
            .where(MoneyEntry.project_id == project_id)
            .order_by(MoneyEntry.id.desc())
        )
    }
    gates: dict[int, list[Gate]] = {}
    for gate in session.execute(select(Gate).where(Gate.project_id == project_id).order_by(Gate.id)).scalars():
        gates.setdefault(gate.tranche_id, []).append(gate)
    rows = session.execute(select(Tranche).where(Tranche.project_id == project_id).order_by(Tranche.ordinal)).scalars()
    return tuple(
        TrancheRow(
            number=row.ordinal,
            name=row.name,
            amount_fen=row.amount_fen,
            ratio=standing.charter.tranche(row.code).ratio_percent / 100,
            state=row.state,
            released_on=released.get(row.id),
            gates=tuple(_gate(gate) for gate in gates.get(row.id, ())),
        )
        for row in rows
    )


def _gate(gate: Gate) -> GateRow:
    since_at = gate.opened_at or gate.waiting_since_at
    return GateRow(
        kind=gate.kind,
        is_open=gate.opened_at is not None,
        since_on=None if since_at is None else local_date(since_at),
        whose_turn="" if gate.opened_at is not None else WHOSE_TURN[gate.kind].label,
    )


def last_result(session: Session, standing: Standing) -> AssessmentResult | None:
    """Return the result of the last assessment that was concluded, if there was one."""
    query = select(Assessment).where(Assessment.project_id == standing.project.id, Assessment.concluded_at.is_not(None))
    row = session.execute(query.order_by(Assessment.concluded_at.desc()).limit(1)).scalar_one_or_none()
    if row is None or row.concluded_at is None:
        return None
    rubric = load_rubric(assets_folder("config") / "rubrics" / f"{row.scheme}.yaml")
    band = next(band for band in rubric.bands if band.code == row.band)
    return AssessmentResult(
        scheme=rubric.name,
        scheme_source=rubric.label or "",
        score=Decimal(row.score_hundredths or 0) / 100,
        band=band.label,
        is_passed=bool(row.is_passed),
        concluded_on=local_date(row.concluded_at),
        raters=_raters(session, row, rubric),
        rectification=_rectification(session, row),
    )


def _raters(session: Session, row: Assessment, rubric: Rubric) -> tuple[RaterScore, ...]:
    query = select(Score).where(Score.assessment_id == row.id).order_by(Score.id)
    given = [
        Points(one.indicator, one.rater, Decimal(one.points_hundredths) / 100, one.basis)
        for one in session.execute(query).scalars()
    ]
    result = conclude(rubric, given)
    return tuple(
        RaterScore(
            rater=rater.kind,
            weight_percent=rater.weight_percent,
            score=None if result is None else result.by_rater[rater.kind],
        )
        for rater in rubric.raters
    )


def _rectification(session: Session, row: Assessment) -> str:
    query = select(Rectification).where(Rectification.assessment_id == row.id)
    found = session.execute(query).scalar_one_or_none()
    return "" if found is None else f"{found.state.label}，期限 {found.due_on:%Y-%m-%d}。"
