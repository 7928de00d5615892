"""The traces that start at a row: a need, an activity, a service record, an hours entry, a tranche.

Each follows the project's one chain as far as it goes: need, match with its reasons or gap, service, contract unit,
figure, points, tranche. Ids, codes, counts and dates only.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from linkage.db.tables import (
    Activity,
    Assessment,
    Assignment,
    CheckEvent,
    CommonIssue,
    Community,
    ContractUnit,
    Decision,
    Figure,
    Gap,
    HoursEntry,
    Match,
    MatchRun,
    Need,
    Party,
    Presence,
    Rating,
    Score,
    ServiceItem,
    ServiceRecord,
    Shift,
    ShiftOffer,
    Tranche,
)
from linkage.stages import tracing_links as links
from linkage.terms import DecisionKind, RecordKind


def trace_need(session: Session, row: Need, *, all_records: bool) -> dict[str, Any]:
    """Follow a need to its common issue, its matches or gaps, and the service it was given."""
    query = select(ServiceRecord.id, ServiceRecord.activity_id).where(ServiceRecord.need_id == row.id)
    served = session.execute(query.order_by(ServiceRecord.id)).all()
    records = [record_id for record_id, _ in served]
    own = links.figures_with(session, row.project_id, RecordKind.NEED, [row.id])
    return {
        "category": row.category.value,
        "community": session.get_one(Community, row.community_id).code,
        "state": row.state.value,
        "quantity": row.quantity,
        "priority": row.priority,
        "asked_on": row.asked_on.isoformat(),
        "cycle": row.cycle,
        "common_issue": _issue(session, row),
        "matches": _matches(session, row),
        "gaps": _gaps(session, row),
        "service_records": links.page("R", records, all_records=all_records),
        "activities": links.activities(session, {activity_id for _, activity_id in served}, all_records=all_records),
        **_forward(session, row.project_id, records, own),
    }


def _issue(session: Session, row: Need) -> dict[str, Any] | None:
    if row.common_issue_id is None:
        return None
    issue = session.get_one(CommonIssue, row.common_issue_id)
    needs = session.execute(select(func.count(Need.id)).where(Need.common_issue_id == issue.id)).scalar_one()
    return {"category": issue.category.value, "cycle": issue.cycle, "needs": needs}


def _matches(session: Session, row: Need) -> list[dict[str, Any]]:
    query = (
        select(Match, MatchRun.cycle, ServiceItem.code, Party.code)
        .join(MatchRun, MatchRun.id == Match.match_run_id)
        .join(ServiceItem, ServiceItem.id == Match.service_item_id)
        .join(Party, Party.id == ServiceItem.party_id)
        .where(Match.need_id == row.id)
        .order_by(Match.id)
    )
    return [
        {
            "cycle": cycle,
            "service_item": service,
            "party": party,
            "quantity": match.quantity,
            "state": match.state.value,
            "answered_at": None if match.answered_at is None else match.answered_at.isoformat(),
            "reasons": match.reasons,
        }
        for match, cycle, service, party in session.execute(query)
    ]


def _gaps(session: Session, row: Need) -> list[dict[str, Any]]:
    query = select(Gap).where(Gap.need_id == row.id).order_by(Gap.id)
    return [
        {
            "cause": gap.cause.value,
            "quantity": gap.quantity,
            "noted_on": gap.noted_on.isoformat(),
            "reasons": gap.reasons,
            "cheapest_change": gap.cheapest_change,
        }
        for gap in session.execute(query).scalars()
    ]


def _forward(
    session: Session, project_id: int, record_ids: Collection[int], more: Collection[Figure] = ()
) -> dict[str, Any]:
    """Follow service records on to their contract units, figures, points and tranches."""
    figures = [*more, *links.figures_with(session, project_id, RecordKind.SERVICE_RECORD, record_ids)]
    units = session.execute(
        select(ContractUnit.code)
        .join(ServiceRecord, ServiceRecord.contract_unit_id == ContractUnit.id)
        .where(ServiceRecord.id.in_(list(record_ids)))
        .distinct()
        .order_by(ContractUnit.code)
    ).scalars()
    return {
        "contract_units": list(units),
        "figures": links.figure_lines(session, figures),
        **links.onwards(session, figures),
    }


def trace_activity(session: Session, row: Activity, *, all_records: bool) -> dict[str, Any]:
    """Follow an activity to its shifts, who accepted and came (in counts), its records and figures."""
    query = select(ServiceRecord.id).where(ServiceRecord.activity_id == row.id).order_by(ServiceRecord.id)
    records = list(session.execute(query).scalars())
    return {
        "activity": _activity(session, row),
        "shifts": _shifts(session, row),
        "service_records": links.page("R", records, all_records=all_records),
        "hours_entries": links.page("H", _hours_of(session, row), all_records=all_records),
        **_forward(session, row.project_id, records),
    }


def _activity(session: Session, row: Activity) -> dict[str, Any]:
    (line,) = links.activities(session, [row.id], all_records=True)["items"]
    return {**line, "volunteering": links.volunteering(session, [row.id])}


def _hours_of(session: Session, row: Activity) -> list[int]:
    query = (
        select(HoursEntry.id)
        .join(Assignment, Assignment.id == HoursEntry.assignment_id)
        .join(Shift, Shift.id == Assignment.shift_id)
        .where(Shift.activity_id == row.id)
    )
    return list(session.execute(query).scalars())


def _shifts(session: Session, row: Activity) -> list[dict[str, Any]]:
    query = (
        select(Shift, func.count(Assignment.id))
        .outerjoin(Assignment, Assignment.shift_id == Shift.id)
        .where(Shift.activity_id == row.id)
        .group_by(Shift.id)
        .order_by(Shift.id)
    )
    return [
        {
            "skill": shift.skill,
            "is_lead": shift.is_lead,
            "min_count": shift.min_count,
            "target_count": shift.target_count,
            "assignments": assignments,
        }
        for shift, assignments in session.execute(query)
    ]


def trace_record(session: Session, row: ServiceRecord, *, all_records: bool) -> dict[str, Any]:
    """Follow a service record to its activity, the need it serves, its rating and the figures it is in."""
    ratings = session.execute(select(Rating).where(Rating.service_record_id == row.id)).scalars().all()
    rated = [
        figure
        for rating in ratings
        for figure in links.figures_with(session, row.project_id, RecordKind.RATING, [rating.id])
    ]
    return {
        "served_on": row.served_on.isoformat(),
        "recorded_at": row.recorded_at.isoformat(),
        "method": row.method.value,
        "minutes": row.minutes,
        "person_times": row.person_times,
        "is_about_a_person": row.person_id is not None,
        "is_counted": row.is_counted,
        "flag": None if row.flag is None else row.flag.value,
        "need": None if row.need_id is None else f"N{row.need_id}",
        "ratings": [{"points": one.points, "given_on": one.given_on.isoformat()} for one in ratings],
        "activity": _activity(session, session.get_one(Activity, row.activity_id)),
        **_forward(session, row.project_id, [row.id], rated),
    }


def trace_hours(session: Session, row: HoursEntry, *, all_records: bool) -> dict[str, Any]:
    """Follow a ledger entry to the accepted shift behind it, its check events and the figures it is in."""
    figures = links.figures_with(session, row.project_id, RecordKind.HOURS_ENTRY, [row.id])
    query = select(HoursEntry.id).where(HoursEntry.corrects_id == row.id).order_by(HoursEntry.id)
    return {
        "entry": row.kind.value,
        "minutes": row.minutes,
        "served_on": row.served_on.isoformat(),
        "recorded_at": row.recorded_at.isoformat(),
        "record_by_on": row.record_by_on.isoformat(),
        "corrects": None if row.corrects_id is None else f"H{row.corrects_id}",
        "corrected_by": [f"H{one}" for one in session.execute(query).scalars()],
        "assignment": None if row.assignment_id is None else _assignment(session, row.assignment_id),
        "figures": links.figure_lines(session, figures),
        **links.onwards(session, figures),
    }


def _assignment(session: Session, assignment_id: int) -> dict[str, Any]:
    seat = session.get_one(Assignment, assignment_id)
    offer = session.get_one(ShiftOffer, seat.shift_offer_id)
    shift = session.get_one(Shift, seat.shift_id)
    presence = session.execute(select(Presence).where(Presence.assignment_id == seat.id)).scalar_one_or_none()
    query = select(CheckEvent).where(CheckEvent.assignment_id == seat.id).order_by(CheckEvent.at)
    return {
        "offered_at": offer.offered_at.isoformat(),
        "accepted_at": seat.accepted_at.isoformat(),
        "is_replacement": offer.is_replacement,
        "check_events": [
            {"kind": event.kind.value, "method": event.method.value, "at": event.at.isoformat()}
            for event in session.execute(query).scalars()
        ],
        "presence": None
        if presence is None
        else {
            "minutes": presence.minutes,
            "is_counted": presence.is_counted,
            "flag": None if presence.flag is None else presence.flag.value,
        },
        "activity": _activity(session, session.get_one(Activity, shift.activity_id)),
    }


_ABOUT_TRANCHES = (DecisionKind.DELIVER_DOCUMENTS, DecisionKind.APPROVE_TRANCHE)


def trace_tranche(session: Session, row: Tranche, *, all_records: bool) -> dict[str, Any]:
    """Follow a tranche back to its decisions, its assessments, their points and the figures these rest on."""
    attempts = list(
        session.execute(
            select(Assessment).where(Assessment.tranche_id == row.id).order_by(Assessment.attempt)
        ).scalars()
    )
    points = list(
        session.execute(
            select(Score).where(Score.assessment_id.in_([one.id for one in attempts])).order_by(Score.id)
        ).scalars()
    )
    ids = {one.figure_id for one in points if one.figure_id is not None}
    figures = list(session.execute(select(Figure).where(Figure.id.in_(ids)).order_by(Figure.id)).scalars())
    decisions = session.execute(
        select(Decision)
        .where(Decision.project_id == row.project_id, Decision.kind.in_(_ABOUT_TRANCHES))
        .order_by(Decision.id)
    ).scalars()
    return {
        "tranche": links.tranche_line(session, row),
        "decisions": [
            {
                "kind": one.kind.value,
                "verdict": one.verdict,
                "actor": one.actor,
                "decided_at": one.decided_at.isoformat(),
            }
            for one in decisions
            if one.detail.get("tranche") == row.code
        ],
        "assessments": [
            {
                "attempt": one.attempt,
                "scheme": one.scheme,
                "state": one.state.value,
                "score": None if one.score_hundredths is None else one.score_hundredths / 100,
                "band": one.band,
                "is_passed": one.is_passed,
            }
            for one in attempts
        ],
        "scores": links.score_lines(session, points),
        "figures": links.figure_lines(session, figures),
    }
