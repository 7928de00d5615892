"""The single links of a trace: what leads from a record to its activity, figures, scores and tranches.

Every link is a query; nothing is remembered. Values are ids, codes, counts and dates: no name, phone, condition or
free text of a person stands in them. Shared by the starting points in `tracing`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from linkage.db.tables import (
    Activity,
    Assessment,
    Assignment,
    CheckEvent,
    ContractUnit,
    Evidence,
    Figure,
    Gate,
    HoursEntry,
    MoneyEntry,
    Report,
    Score,
    ServiceItem,
    ServiceRecord,
    Shift,
    ShiftOffer,
    Tranche,
)
from linkage.db.tables.delivery import CheckKind
from linkage.terms import AssessedFigure, RaterKind, RecordKind

PAGE: Final = 50
"""How many ids a trace lists unless all are asked for."""

LETTERS: Final = {
    RecordKind.SERVICE_RECORD: "R",
    RecordKind.NEED: "N",
    RecordKind.HOURS_ENTRY: "H",
    RecordKind.RATING: "rating-",
}


def page(letter: str, ids: Iterable[int], *, all_records: bool) -> dict[str, Any]:
    """List ids with their letter: the count, and the first of them."""
    held = sorted(set(ids))
    shown = held if all_records else held[:PAGE]
    return {"count": len(held), "shown": len(shown), "ids": [f"{letter}{one}" for one in shown]}


def activities(session: Session, ids: Collection[int], *, all_records: bool) -> dict[str, Any]:
    """Tell which activities records come from, and how they were staffed."""
    query = (
        select(Activity, ServiceItem.code)
        .join(ServiceItem, ServiceItem.id == Activity.service_item_id)
        .where(Activity.id.in_(ids))
        .order_by(Activity.held_on, Activity.id)
    )
    rows = session.execute(query).all()
    shown = rows if all_records else rows[:PAGE]
    records = _count(session, ServiceRecord.activity_id, ids)
    wanted = {row.contract_unit_id for row, _ in rows}
    units = dict(session.execute(select(ContractUnit.id, ContractUnit.code).where(ContractUnit.id.in_(wanted))).all())
    return {
        "count": len(rows),
        "shown": len(shown),
        "items": [
            {
                "id": f"A{row.id}",
                "code": row.code,
                "service_item": service,
                "contract_unit": None if row.contract_unit_id is None else units[row.contract_unit_id],
                "method": row.method.value,
                "cycle": row.cycle,
                "held_on": row.held_on.isoformat(),
                "state": row.state.value,
                "service_records": records[row.id],
            }
            for row, service in shown
        ],
        "volunteering": volunteering(session, ids),
        "contract_units": sorted(units.values()),
    }


def _count(session: Session, column: Any, ids: Collection[int]) -> Counter[int]:
    rows = session.execute(select(column, func.count()).where(column.in_(ids)).group_by(column))
    return Counter(dict(rows.all()))


def volunteering(session: Session, activity_ids: Collection[int]) -> dict[str, Any]:
    """Tell how activities were staffed: seats, offers by answer, acceptances, check-ins and the hours ledger."""
    shifts = select(Shift.id).where(Shift.activity_id.in_(activity_ids))
    seats = select(Assignment.id).where(Assignment.shift_id.in_(shifts))
    offers = session.execute(
        select(ShiftOffer.state, func.count()).where(ShiftOffer.shift_id.in_(shifts)).group_by(ShiftOffer.state)
    )
    checks = dict(
        session.execute(
            select(CheckEvent.kind, func.count()).where(CheckEvent.assignment_id.in_(seats)).group_by(CheckEvent.kind)
        ).all()
    )
    entries, minutes = session.execute(
        select(func.count(), func.coalesce(func.sum(HoursEntry.minutes), 0)).where(HoursEntry.assignment_id.in_(seats))
    ).one()
    return {
        "shifts": session.execute(select(func.count()).select_from(shifts.subquery())).scalar_one(),
        "offers": {state.value: count for state, count in offers},
        "assignments": session.execute(select(func.count()).select_from(seats.subquery())).scalar_one(),
        "check_ins": checks.get(CheckKind.IN, 0),
        "check_outs": checks.get(CheckKind.OUT, 0),
        "hours_entries": entries,
        "minutes": int(minutes),
        "evidence": session.execute(
            select(func.count()).select_from(Evidence).where(Evidence.activity_id.in_(activity_ids))
        ).scalar_one(),
    }


def figures_with(session: Session, project_id: int, kind: RecordKind, ids: Collection[int]) -> tuple[Figure, ...]:
    """Find the figures that were counted from any of some records."""
    wanted = set(ids)
    if not wanted:
        return ()
    query = select(Figure).where(Figure.project_id == project_id, Figure.record_kind == kind.value).order_by(Figure.id)
    return tuple(row for row in session.execute(query).scalars() if not wanted.isdisjoint(row.record_ids))


def assessed_with(session: Session, rows: Sequence[Figure]) -> tuple[Figure, ...]:
    """Find the assessed shares, of the same reports, that rest on any record of some figures."""
    query = select(Figure).where(Figure.report_id.in_({row.report_id for row in rows}), Figure.code.in_(_ASSESSED))
    shares = list(session.execute(query.order_by(Figure.id)).scalars())
    records: dict[tuple[int, str], set[int]] = {}
    for row in rows:
        records.setdefault((row.report_id, row.record_kind), set()).update(row.record_ids)
    return tuple(
        share
        for share in shares
        if not records.get((share.report_id, share.record_kind), set()).isdisjoint(share.record_ids)
    )


_ASSESSED: Final = frozenset(figure.value for figure in AssessedFigure)


def figure_lines(session: Session, rows: Sequence[Figure]) -> list[dict[str, Any]]:
    """Name figures: their code, counts and report."""
    reports = {
        report.id: report
        for report in session.execute(select(Report).where(Report.id.in_({row.report_id for row in rows}))).scalars()
    }
    return [
        {
            "id": f"F{row.id}",
            "code": row.code,
            "numerator": row.numerator,
            "denominator": row.denominator,
            "unit": row.unit,
            "report": reports[row.report_id].key,
            "cut_off_on": row.cut_off_on.isoformat(),
        }
        for row in rows
    ]


def scores_of(session: Session, rows: Sequence[Figure]) -> tuple[Score, ...]:
    """Find the points that used some figures; points given by service users rest on all ratings of their report."""
    used = list(
        session.execute(select(Score).where(Score.figure_id.in_([row.id for row in rows])).order_by(Score.id)).scalars()
    )
    rated = [row.report_id for row in rows if row.record_kind == RecordKind.RATING.value]
    by_users = (
        select(Score)
        .join(Assessment, Assessment.id == Score.assessment_id)
        .where(Assessment.report_id.in_(rated), Score.rater == RaterKind.SERVICE_USER, Score.figure_id.is_(None))
        .order_by(Score.id)
    )
    return (*used, *session.execute(by_users).scalars())


def score_lines(session: Session, rows: Sequence[Score]) -> list[dict[str, Any]]:
    """Name points: the indicator, who gave them, and the tranche they were given for."""
    attempts = {
        row.id: row
        for row in session.execute(
            select(Assessment).where(Assessment.id.in_({row.assessment_id for row in rows}))
        ).scalars()
    }
    return [
        {
            "assessment": row.assessment_id,
            "attempt": attempts[row.assessment_id].attempt,
            "indicator": row.indicator,
            "rater": row.rater.value,
            "points": row.points_hundredths / 100,
            "of": row.max_hundredths / 100,
            "figure": None if row.figure_id is None else f"F{row.figure_id}",
            "tranche": f"T{attempts[row.assessment_id].tranche_id}",
        }
        for row in rows
    ]


def tranches_of(session: Session, rows: Sequence[Score]) -> list[dict[str, Any]]:
    """Tell the tranches that some points decide."""
    ids = session.execute(
        select(Assessment.tranche_id).where(Assessment.id.in_({row.assessment_id for row in rows})).distinct()
    ).scalars()
    query = select(Tranche).where(Tranche.id.in_(list(ids))).order_by(Tranche.ordinal)
    return [tranche_line(session, row) for row in session.execute(query).scalars()]


def tranche_line(session: Session, row: Tranche) -> dict[str, Any]:
    """Tell one tranche: its money, its gates, and when it was released."""
    gates = session.execute(select(Gate).where(Gate.tranche_id == row.id).order_by(Gate.id)).scalars()
    paid = session.execute(select(MoneyEntry).where(MoneyEntry.tranche_id == row.id).order_by(MoneyEntry.id)).scalars()
    return {
        "id": f"T{row.id}",
        "code": row.code,
        "cycle": row.cycle,
        "amount_fen": row.amount_fen,
        "state": row.state.value,
        "gates": [
            {
                "kind": gate.kind.value,
                "is_open": gate.opened_at is not None,
                "waiting_since_at": None if gate.waiting_since_at is None else gate.waiting_since_at.isoformat(),
                "opened_at": None if gate.opened_at is None else gate.opened_at.isoformat(),
                "opened_by": gate.opened_by,
            }
            for gate in gates
        ],
        "money": [
            {"kind": entry.kind.value, "amount_fen": entry.amount_fen, "released_at": entry.released_at.isoformat()}
            for entry in paid
        ],
    }


def onwards(session: Session, rows: Sequence[Figure]) -> dict[str, Any]:
    """Follow figures on to the points and the tranches they decide."""
    reached = {one.id: one for one in (*rows, *assessed_with(session, rows))}
    points = scores_of(session, list(reached.values()))
    return {"scores": score_lines(session, points), "tranches": tranches_of(session, points)}
