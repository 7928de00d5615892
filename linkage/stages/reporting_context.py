"""The purchaser's report as a frozen context: stored figures, and what stands around them.

Every printed number is read from a stored figure, or is a charter's own number. Words come from the templates beside
the report's page. It decides nothing and names no resident; a case is named by the person's code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.audit import Head
from linkage.db.tables import Claim, Report
from linkage.db.tables import Figure as FigureRow
from linkage.rules.reporting_facts import Facts
from linkage.rules.reporting_tables import answers_by_level, monthly_counts, needs_funnel
from linkage.schemas.figure import Period, Share
from linkage.schemas.report import (
    BudgetRow,
    DutyRow,
    PartyRow,
    ReportContext,
    Satisfaction,
    SatisfactionLevel,
    SourceConflict,
    SourceValue,
    TrancheRow,
    VolunteerEffort,
)
from linkage.stages.reporting_facts import load_facts, scope_of
from linkage.stages.reporting_figures import printed, rows_of, trace_code
from linkage.stages.reporting_files import audit_head, check_code, simulation_seed, words
from linkage.stages.reporting_money import last_result, tranche_rows
from linkage.stages.reporting_units import Units
from linkage.stages.standing import Standing
from linkage.terms import AssessedFigure, PartyRole, ReportFigure

KEY_FIGURES = (*(figure.value for figure in ReportFigure), AssessedFigure.SATISFACTION_RATIO.value)
_LEVEL_LABELS = {5: "很满意", 4: "满意", 3: "一般", 2: "不满意", 1: "很不满意"}


def report_context(session: Session, standing: Standing, report: Report) -> ReportContext:
    """Build the purchaser's report from its stored figures."""
    charter, project = standing.charter, standing.project
    rows = {row.code: row for row in rows_of(session, report)}
    facts = load_facts(session, standing, report.cut_off_on)
    scope = scope_of(standing, report.cut_off_on)
    units = Units(session, rows, facts, scope)
    tranches = tranche_rows(session, standing)
    return ReportContext(
        organization=charter.organization.name,
        project_name=project.name,
        cut_off_on=report.cut_off_on,
        generated_at=report.generated_at,
        is_simulated=project.is_simulated,
        simulation_seed=simulation_seed(standing),
        audit_head=audit_head(Head(report.audit_count, report.audit_hash)),
        check_code=check_code(report.organization_id, report.project_id, report.key, report.audit_hash),
        kind=report.kind,
        period=Period(from_on=report.from_on, to_on=report.to_on),
        cycle=report.cycle,
        purchaser="、".join(party.name for party in charter.parties_with(PartyRole.PURCHASER)),
        communities=tuple(community.name for community in charter.communities),
        linkage_mode=project.linkage_mode,
        parties=_parties(standing),
        overview=_overview(session, standing, report, rows, units),
        warnings=_warnings(session, facts, units, tranches),
        key_figures=tuple(printed(report, rows[code]) for code in KEY_FIGURES if code in rows),
        contract_units=units.progress,
        monthly=monthly_counts(facts, report.from_on, report.cut_off_on),
        needs=needs_funnel(facts),
        satisfaction=_satisfaction(facts, report, rows[AssessedFigure.SATISFACTION_RATIO.value]),
        volunteers=_volunteers(facts, rows),
        contract_sum_fen=charter.budget.total_fen,
        budget=tuple(
            BudgetRow(name=line.name, budget_fen=line.amount_fen, note=line.note or "") for line in charter.budget.lines
        ),
        tranches=tranches,
        duties=tuple(
            DutyRow(party=charter.party(duty.party).name, duty=duty.duty, due_on=duty.due_on)
            for duty in charter.responsibilities
        ),
        assessment=last_result(session, standing),
        conflicts=_conflicts(session, standing),
        figures=tuple(printed(report, row) for row in rows.values()),
    )


def _parties(standing: Standing) -> tuple[PartyRow, ...]:
    return tuple(
        PartyRow(role=role, name=party.name, kind=party.kind)
        for role in PartyRole
        for party in standing.charter.parties_with(role)
    )


def _overview(
    session: Session, standing: Standing, report: Report, rows: Mapping[str, FigureRow], units: Units
) -> tuple[str, ...]:
    project = standing.project
    cycle = standing.charter.cycle(report.cycle)
    numbers = {figure.value: (rows[figure.value].numerator if figure.value in rows else 0) for figure in ReportFigure}
    reached = rows[AssessedFigure.CONTRACT_UNITS_RATIO.value]
    values = numbers | {
        "from_on": report.from_on,
        "cut_off_on": report.cut_off_on,
        "cycle": report.cycle,
        "cycle_from_on": cycle.from_on,
        "cycle_to_on": cycle.to_on,
        "elapsed_days": (report.cut_off_on - project.from_on).days + 1,
        "whole_days": (project.to_on - project.from_on).days + 1,
        "units_count": reached.denominator,
        "reached_count": reached.numerator,
        "behind_count": sum(one.is_behind for one in units.progress),
    }
    return words(session, "report/overview.txt.j2", values)


def _warnings(session: Session, facts: Facts, units: Units, tranches: Sequence[TrancheRow]) -> tuple[str, ...]:
    behind = [
        {
            "name": one.name,
            "unit": one.unit,
            "counted": one.counted_count,
            "due": one.expected_count,
            "forecast": one.forecast_count,
            "target": one.target_count,
        }
        for one in units.progress
        if one.is_behind
    ]
    uncounted = [
        {"name": one.name, "unit": one.unit, "recorded": one.recorded_count, "counted": one.counted_count}
        for one in units.progress
        if one.recorded_count > one.counted_count
    ]
    shut = [
        {"tranche": tranche.name, "kind": gate.kind.label, "whose_turn": gate.whose_turn, "since_on": gate.since_on}
        for tranche in tranches
        for gate in tranche.gates
        if not gate.is_open and gate.since_on is not None
    ]
    waiting = sum(not record.is_counted for record in facts.records)
    values = {"behind": behind, "uncounted": uncounted, "waiting_count": waiting, "shut": shut}
    return words(session, "report/warnings.txt.j2", values)


def _satisfaction(facts: Facts, report: Report, row: FigureRow) -> Satisfaction | None:
    if not row.denominator:
        return None
    held = set(row.record_ids)
    return Satisfaction(
        asked_from_on=report.from_on,
        asked_to_on=report.cut_off_on,
        levels=tuple(
            SatisfactionLevel(label=_LEVEL_LABELS[level], answers_count=count)
            for level, count in answers_by_level(rating for rating in facts.ratings if rating.rating_id in held)
        ),
        satisfied=Share(numerator=row.numerator or 0, denominator=row.denominator),
        trace=trace_code(row),
    )


def _volunteers(facts: Facts, rows: Mapping[str, FigureRow]) -> VolunteerEffort | None:
    registered = [one for one in facts.volunteers if one.left_on is None]
    if not registered:
        return None
    minutes = rows[ReportFigure.VOLUNTEER_MINUTES.value]
    kept = rows.get(ReportFigure.PLEDGE_KEPT.value)
    share = None if kept is None else Share(numerator=kept.numerator or 0, denominator=kept.denominator or 0)
    return VolunteerEffort(
        registered_persons=len(registered),
        active_persons=rows[ReportFigure.VOLUNTEERS.value].numerator or 0,
        service_minutes=max(0, minutes.numerator or 0),
        pledged_persons=sum(one.pledge_minutes > 0 for one in registered),
        pledge_met=share,
        trace=trace_code(minutes),
    )


def _conflicts(session: Session, standing: Standing) -> tuple[SourceConflict, ...]:
    """List the subjects whose sources disagree, side by side."""
    query = select(Claim).where(Claim.project_id == standing.project.id).order_by(Claim.id)
    claims: dict[str, list[Claim]] = {}
    for claim in session.execute(query).scalars():
        claims.setdefault(claim.subject, []).append(claim)
    return tuple(
        SourceConflict(
            label=subject,
            values=tuple(
                SourceValue(value=f"{claim.value} {claim.unit}", source=claim.source, as_of=claim.as_of or "日期不详")
                for claim in held
            ),
        )
        for subject, held in claims.items()
        if len({(claim.value, claim.unit) for claim in held}) > 1
    )
