"""Figures as rows: storing what was counted, and reading a stored figure back as it is printed.

A stored figure is never changed; it names its records and their digest. What it is worth is decided in
`linkage.rules.reporting`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.guard import insert_rows
from linkage.db.tables import Figure as FigureRow
from linkage.db.tables import Report
from linkage.rules.figures import percentage
from linkage.rules.reporting import CountedFigure
from linkage.schemas.figure import PERCENT_UNIT, Figure, Period
from linkage.terms import AssessedFigure, ReportFigure

TRACE_PREFIX = "F"

NOTES = {
    ReportFigure.PERSONS.value: "按人去重；没有登记到人的记录不计入人数，人数与人次互不相加",
    ReportFigure.PERSON_TIMES.value: "同一居民可计多次；含用餐人次，不与餐数相加",
    ReportFigure.MEALS.value: "已含在人次之内，不与人次相加",
    ReportFigure.VOLUNTEER_MINUTES.value: "实际服务时间，不含路途",
    ReportFigure.PLEDGE_KEPT.value: "按人·月计；承诺出于自愿，未完成不受处罚",
    AssessedFigure.PERSONS_RATIO.value: "分母为按时间进度应服务的人数",
    AssessedFigure.SERVICE_VOLUME_RATIO.value: "分母为按时间进度应完成的服务量",
    AssessedFigure.CONTRACT_UNITS_RATIO.value: "达到时间进度的合同单元个数与应有进度的合同单元个数之比",
    AssessedFigure.SATISFACTION_RATIO.value: "评价为满意和很满意的份数与全部评价份数之比；按评价份数计，不是人数",
    AssessedFigure.NEEDS_ANSWERED_RATIO.value: "已承接或已满足的需求与提出的需求之比",
    AssessedFigure.ON_TIME_RECORDS_RATIO.value: "服务后10个工作日内登记的服务记录所占比例；志愿者时长另有台账，各条写明登记期限",
}


def digest(record_ids: Iterable[int]) -> str:
    """Return the digest of a sorted list of record ids."""
    return sha256(json.dumps(sorted(record_ids), separators=(",", ":")).encode()).hexdigest()


def store(session: Session, report: Report, counted: Sequence[CountedFigure]) -> None:
    """Write the figures of a report; the caller tells the audit."""
    insert_rows(
        session,
        FigureRow,
        [
            {
                "project_id": report.project_id,
                "report_id": report.id,
                "code": one.code,
                "label": one.label,
                "numerator": one.numerator,
                "denominator": one.denominator,
                "unit": one.unit,
                "n_records": len(one.record_ids),
                "cut_off_on": report.cut_off_on,
                "record_kind": one.record_kind.value,
                "record_ids": list(one.record_ids),
                "records_sha256": digest(one.record_ids),
            }
            for one in counted
        ],
    )


def rows_of(session: Session, report: Report) -> tuple[FigureRow, ...]:
    """List a report's figures in the order they were counted."""
    query = select(FigureRow).where(FigureRow.report_id == report.id).order_by(FigureRow.id)
    return tuple(session.execute(query).scalars())


def trace_code(row: FigureRow) -> str:
    """Return the code printed beside a figure; `linkage trace` takes it."""
    return f"{TRACE_PREFIX}{row.id}"


def printed(report: Report, row: FigureRow, *, since_on: date | None = None) -> Figure:
    """Return a stored figure as a document prints it.

    Parameters
    ----------
    since_on
        The first day that is counted, where it is not the report's.
    """
    is_share = row.unit == PERCENT_UNIT
    part, whole = row.numerator or 0, row.denominator or 0
    value = percentage(part, whole) if is_share else row.numerator
    return Figure(
        figure_id=row.id,
        code=row.code,
        label=row.label,
        value=value,
        unit=row.unit,
        n_records=row.n_records,
        n_responses=whole if is_share and row.code == AssessedFigure.SATISFACTION_RATIO.value else None,
        numerator=part if is_share and whole else None,
        denominator=whole if is_share and whole else None,
        cut_off_on=row.cut_off_on,
        period=Period(from_on=since_on or report.from_on, to_on=report.to_on),
        note=NOTES.get(row.code, ""),
        trace=trace_code(row),
    )
