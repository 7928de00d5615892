"""The purchaser's report as a frozen context: stored figures, and what stands around them.

Every printed number is read from a stored figure, or is a charter's own number. Words come from the templates beside
the report's page. It decides nothing and names no resident; a case is named by the person's code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.audit import Head
from linkage.db.tables import Activity, Claim, Gate, MoneyEntry, Person, Report, ServiceItem, Tranche
from linkage.db.tables import Figure as FigureRow
from linkage.rules.contract_units import Uncounted, UnitTally
from linkage.rules.disbursement import WHOSE_TURN
from linkage.rules.pace import Pace, pace
from linkage.rules.reporting import tallies, unit_code
from linkage.rules.reporting_facts import Facts, Scope
from linkage.rules.reporting_tables import answers_by_level, monthly_counts, needs_funnel
from linkage.schemas.figure import Period, Share
from linkage.schemas.report import (
    BudgetRow,
    DutyRow,
    GateRow,
    PartyRow,
    ReportContext,
    Satisfaction,
    SatisfactionLevel,
    SourceConflict,
    SourceValue,
    TrancheRow,
    UncountedUnit,
    UnitProgress,
    VolunteerEffort,
)
from linkage.stages.reporting_facts import load_facts, scope_of
from linkage.stages.reporting_figures import printed, rows_of, trace_code
from linkage.stages.reporting_files import audit_head, check_code, simulation_seed, words
from linkage.stages.standing import Standing, local_date
from linkage.terms import AssessedFigure, PaceStanding, PartyRole, ReportFigure, UnitCount

KEY_FIGURES = (*(figure.value for figure in ReportFigure), AssessedFigure.SATISFACTION_RATIO.value)
_LEVEL_LABELS = {5: "很满意", 4: "满意", 3: "一般", 2: "不满意", 1: "很不满意"}


def report_context(session: Session, standing: Standing, report: Report) -> ReportContext:
    """Build the purchaser's report from its stored figures."""
    charter, project = standing.charter, standing.project
    rows = {row.code: row for row in rows_of(session, report)}
    facts = load_facts(session, standing, report.cut_off_on)
    scope = scope_of(standing, report.cut_off_on)
    units = _Units(session, standing, rows, facts, scope)
    tranches = _tranches(session, standing)
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
        conflicts=_conflicts(session, standing),
        figures=tuple(printed(report, row) for row in rows.values()),
    )


def _parties(standing: Standing) -> tuple[PartyRow, ...]:
    return tuple(
        PartyRow(role=role, name=party.name, kind=party.kind)
        for role in PartyRole
        for party in standing.charter.parties_with(role)
    )


class _Units:
    """The contract units: stored counts, with what does not count and where the pace leads."""

    def __init__(
        self, session: Session, standing: Standing, rows: Mapping[str, FigureRow], facts: Facts, scope: Scope
    ) -> None:
        self._session = session
        self._references = _References(session, standing)
        self.elapsed = scope.elapsed
        self.tallies = tallies(facts, scope.units)
        self.paces: dict[str, Pace] = {}
        self.progress = tuple(self._progress(one, rows[unit_code(one.unit)]) for one in self.tallies)

    def _progress(self, one: UnitTally, row: FigureRow) -> UnitProgress:
        counted = row.numerator or 0
        found = self.paces[one.unit.code] = pace(counted, one.unit.target_count, self.elapsed)
        minimums = [
            {"basis": minimum.basis.label, "measure": minimum.measure.label, "at_least": minimum.at_least}
            for minimum in one.unit.per_unit
        ]
        return UnitProgress(
            code=one.unit.code,
            name=one.unit.name,
            method=one.unit.method,
            unit=one.unit.unit,
            minimum="".join(words(self._session, "report/minimum.txt.j2", {"minimums": minimums})),
            target_count=one.unit.target_count,
            recorded_count=max(one.recorded_count, counted),
            counted_count=counted,
            expected_count=found.due_count,
            forecast_count=found.forecast_count,
            is_behind=found.standing is PaceStanding.BEHIND,
            uncounted=tuple(self._uncounted(one, item) for item in one.uncounted),
            trace=trace_code(row),
        )

    def _uncounted(self, one: UnitTally, item: Uncounted) -> UncountedUnit:
        shortfalls = [
            {
                "measure": short.measure.label,
                "is_average": short.basis.value == "average",
                "reached": _rounded(short.reached.numerator, short.reached.denominator),
                "at_least": short.at_least,
            }
            for short in item.shortfalls
        ]
        values = {
            "shortfalls": shortfalls,
            "cause": item.cause.label,
            "waiting_count": 0 if item.part is None else item.part.waiting_count,
        }
        return UncountedUnit(
            reference=self._references.of(one, item),
            reason="".join(words(self._session, "report/uncounted.txt.j2", values)),
        )


def _rounded(numerator: int, denominator: int) -> str:
    """Write a mean with at most one decimal, rounded down so that a missed minimum never reads as met."""
    tenths = numerator * 10 // denominator
    return str(tenths // 10) if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10}"


class _References:
    """What people call an activity, a group or a case; a case is named by the person's code."""

    def __init__(self, session: Session, standing: Standing) -> None:
        self._session = session
        self._standing = standing

    def of(self, one: UnitTally, item: Uncounted) -> str:
        if item.part is None:
            return f"{len(item.record_ids):,} 条记录"
        activity = self._session.get_one(Activity, item.part.activity_id)
        service = self._session.get_one(ServiceItem, activity.service_item_id)
        if one.unit.counts is UnitCount.ACTIVITIES:
            return f"{activity.name}（{activity.held_on:%Y-%m-%d}）"
        if one.unit.counts is UnitCount.CASES and item.part.person_id is not None:
            return f"{service.name} {self._session.get_one(Person, item.part.person_id).code}"
        series = item.part.series
        own = "" if series in {None, f"{service.code}-c{activity.cycle}"} else f"“{series}”"
        return f"{service.name}{own}（第{activity.cycle}期）"


def _overview(
    session: Session, standing: Standing, report: Report, rows: Mapping[str, FigureRow], units: _Units
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


def _warnings(session: Session, facts: Facts, units: _Units, tranches: Sequence[TrancheRow]) -> tuple[str, ...]:
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


def _tranches(session: Session, standing: Standing) -> tuple[TrancheRow, ...]:
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
