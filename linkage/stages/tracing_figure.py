"""A figure's trace: its records, their activities, and the points and tranches it decides.

The figure is counted again from its own records by the rule that counted it first, so that a reader need not believe
the stored number: `agrees` says whether it still comes to the same.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.tables import Assignment, Figure, HoursEntry, Need, Rating, Report, ServiceRecord, Shift, StoredFile
from linkage.rules import reporting as rules
from linkage.stages import tracing_links as links
from linkage.stages.reporting_facts import load_facts, scope_of
from linkage.stages.reporting_figures import digest, printed
from linkage.stages.standing import standing_of
from linkage.terms import RecordKind, ReportKind


class Recount(NamedTuple):
    """What a stored figure comes to now.

    Parameters
    ----------
    numerator
        None if the figure's code is counted no more (its contract unit left the charter).
    found_count
        How many of its records are there.
    """

    numerator: int | None
    denominator: int | None
    found_count: int


def recount(session: Session, row: Figure) -> Recount:
    """Count a stored figure again from its records alone."""
    standing = standing_of(session, row.project_id)
    report = session.get_one(Report, row.report_id)
    kind = RecordKind.of(row.record_kind)
    facts = load_facts(session, standing, row.cut_off_on, only=(kind, row.record_ids))
    found = {
        RecordKind.SERVICE_RECORD: len(facts.records),
        RecordKind.RATING: len(facts.ratings),
        RecordKind.NEED: len(facts.needs),
        RecordKind.HOURS_ENTRY: len(facts.hours),
    }[kind]
    is_summary = report.kind is ReportKind.COMMUNITY_SUMMARY
    counted = rules.counts(facts) if is_summary else rules.figures(facts, scope_of(standing, row.cut_off_on))
    same = next((one for one in counted if one.code == row.code), None)
    return Recount(None, None, found) if same is None else Recount(same.numerator, same.denominator, found)


def trace_figure(session: Session, row: Figure, *, all_records: bool) -> dict[str, Any]:
    """Follow a figure back to its records and on to the money."""
    report = session.get_one(Report, row.report_id)
    kind = RecordKind.of(row.record_kind)
    value = printed(report, row).value
    again = recount(session, row)
    is_whole = digest(row.record_ids) == row.records_sha256 and again.found_count == row.n_records
    is_same = (again.numerator, again.denominator) == (row.numerator, row.denominator)
    return {
        "agrees": is_whole and is_same,
        "code": row.code,
        "label": row.label,
        "value": None if value is None else str(value),
        "unit": row.unit,
        "numerator": row.numerator,
        "denominator": row.denominator,
        "period": {"from_on": report.from_on.isoformat(), "to_on": report.to_on.isoformat()},
        "cut_off_on": row.cut_off_on.isoformat(),
        "report": _report(session, report),
        "records": {
            "kind": kind.value,
            "sha256": row.records_sha256,
            **links.page(links.LETTERS[kind], row.record_ids, all_records=all_records),
        },
        "recount": again._asdict(),
        "activities": links.activities(session, _activity_ids(session, kind, row.record_ids), all_records=all_records),
        "assessed_figures": links.figure_lines(session, links.assessed_with(session, [row])),
        **links.onwards(session, [row]),
    }


def _report(session: Session, report: Report) -> dict[str, Any]:
    ids = [one for one in (report.html_file_id, report.pdf_file_id) if one is not None]
    files = session.execute(select(StoredFile).where(StoredFile.id.in_(ids)).order_by(StoredFile.id)).scalars()
    return {
        "key": report.key,
        "kind": report.kind.value,
        "cycle": report.cycle,
        "generated_at": report.generated_at.isoformat(),
        "audit_count": report.audit_count,
        "audit_hash": report.audit_hash,
        "files": [{"media_type": one.media_type, "sha256": one.sha256} for one in files],
    }


def _activity_ids(session: Session, kind: RecordKind, ids: Collection[int]) -> set[int]:
    """Find the activities that records of a kind come from."""
    wanted = list(ids)
    query = {
        RecordKind.SERVICE_RECORD: select(ServiceRecord.activity_id).where(ServiceRecord.id.in_(wanted)),
        RecordKind.RATING: (
            select(ServiceRecord.activity_id)
            .join(Rating, Rating.service_record_id == ServiceRecord.id)
            .where(Rating.id.in_(wanted))
        ),
        RecordKind.NEED: (
            select(ServiceRecord.activity_id).join(Need, Need.id == ServiceRecord.need_id).where(Need.id.in_(wanted))
        ),
        RecordKind.HOURS_ENTRY: (
            select(Shift.activity_id)
            .join(Assignment, Assignment.shift_id == Shift.id)
            .join(HoursEntry, HoursEntry.assignment_id == Assignment.id)
            .where(HoursEntry.id.in_(wanted))
        ),
    }[kind]
    return set(session.execute(query.distinct()).scalars())
