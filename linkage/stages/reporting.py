"""Reporting: the cycle's figures are counted once, printed, told to the purchaser and adopted by the provider.

Figures are cumulative from the project's first day to the cycle's last, so that each report stands alone; each names
its records. Documents are rendered outside any write transaction and linked in one. This module counts nothing itself
(`linkage.rules.reporting`) and writes no words (templates).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.audit import act, head_of
from linkage.db.tables import Decision, Party, ProjectParty, Report, StoredFile
from linkage.db.work import Work
from linkage.errors import GateShut
from linkage.rules import reporting as rules
from linkage.stages.reporting_context import KEY_FIGURES, report_context
from linkage.stages.reporting_facts import load_facts, scope_of
from linkage.stages.reporting_figures import printed, rows_of, store
from linkage.stages.reporting_files import Paper, documents_folder, keep_papers, print_papers, print_registers
from linkage.stages.reporting_lists import frozen_lists, list_contexts, list_stem, register_contexts
from linkage.stages.standing import Condition, Standing, cycle_key, decide, decision, local_date, standing_of
from linkage.stages.steps import Due, Step, StepReport, Table, is_done, mark_done, once
from linkage.stages.telling import Value, tell_role
from linkage.terms import DecisionKind, PartyRole, ProjectState, ReportKind, Stage


def report_kind(standing: Standing) -> ReportKind:
    """Return which report ends this cycle."""
    return ReportKind.FINAL_REPORT if standing.is_last_cycle else ReportKind.PROGRESS_REPORT


def report_of(session: Session, standing: Standing) -> Report | None:
    """Find the purchaser's report of the project's cycle."""
    key = _report_key(standing)
    query = select(Report).where(Report.project_id == standing.project.id, Report.key == key)
    return session.execute(query).scalar_one_or_none()


def _report_key(standing: Standing) -> str:
    return f"{report_kind(standing).value}:cycle-{standing.project.cycle}"


def _figures(session: Session, standing: Standing, _work: Work, now: datetime) -> StepReport:
    """Count every figure up to the cycle's last day and store it with its records."""
    if report_of(session, standing) is not None:
        return StepReport()
    project = standing.project
    head = head_of(session)
    report = Report(
        project_id=project.id,
        kind=report_kind(standing),
        key=_report_key(standing),
        cycle=project.cycle,
        from_on=project.from_on,
        to_on=standing.cycle.to_on,
        cut_off_on=standing.cycle.to_on,
        generated_at=now,
        audit_count=head.count,
        audit_hash=head.hash,
    )
    session.add(report)
    session.flush()
    facts = load_facts(session, standing, report.cut_off_on)
    counted = rules.figures(facts, scope_of(standing, report.cut_off_on))
    store(session, report, counted)
    act(session, "report.counted", project_id=project.id, report=report.id, figures=len(counted))
    return StepReport({"figures": len(counted)}, (_table(session, report),))


def _table(session: Session, report: Report) -> Table:
    rows = []
    for row in rows_of(session, report):
        figure = printed(report, row)
        part = "" if figure.denominator is None else f"{figure.numerator}/{figure.denominator}"
        value = "—" if figure.value is None else str(figure.value)
        rows.append((figure.trace, figure.label, value, figure.unit, part, str(figure.n_records)))
    columns = ("溯源", "指标", "数值", "单位", "分子/分母", "记录数")
    return Table("figures", f"{report.kind.label}（截至 {report.cut_off_on:%Y-%m-%d}）", columns, tuple(rows))


def _paper_step(
    name: str,
    label: str,
    make: Callable[[Work, Session, Standing, Report], Callable[[], tuple[Paper, ...]]],
    link: Callable[[Session, Report, dict[str, int]], None],
) -> Step:
    """Make a step that reads, renders outside any write transaction, then keeps and links in one.

    Parameters
    ----------
    make
        Reads what is to be printed and returns the printing, which runs with no session open.
    link
        Enters the stored files, by name, in the rows they belong to.
    """

    def run(work: Work, due: Due, now: datetime) -> StepReport:
        with work.read(due.organization_id) as session:
            standing = standing_of(session, due.project_id)
            report = report_of(session, standing)
            if report is None or is_done(session, due, name):
                return StepReport()
            printing = make(work, session, standing, report)
        papers = printing()
        with work.begin(due.organization_id, now=now) as session:
            report = report_of(session, standing_of(session, due.project_id))
            if report is None or is_done(session, due, name):
                return StepReport()
            link(session, report, keep_papers(session, papers, report.generated_at))
            done = StepReport({name: len(papers)})
            mark_done(session, due, name, done, now)
            act(session, f"report.{name}", project_id=due.project_id, report=report.id, files=len(papers))
        return done

    return Step(name, label, run)


def _stem(report: Report) -> str:
    return f"{report.kind.label}-第{report.cycle}期"


def _make_report(work: Work, session: Session, standing: Standing, report: Report) -> Callable[[], tuple[Paper, ...]]:
    context = report_context(session, standing, report)
    folder = documents_folder(session, standing, report.cycle)
    stem = _stem(report)
    return lambda: print_papers(work, {stem: context}, folder)


def _link_report(session: Session, report: Report, files: dict[str, int]) -> None:
    report.html_file_id = files[f"{_stem(report)}.html"]
    report.pdf_file_id = files[f"{_stem(report)}.pdf"]


def _make_lists(work: Work, session: Session, standing: Standing, report: Report) -> Callable[[], tuple[Paper, ...]]:
    contexts = list_contexts(session, standing, report.cycle)
    folder = documents_folder(session, standing, report.cycle)
    return lambda: print_papers(work, contexts, folder)


def _link_lists(session: Session, report: Report, files: dict[str, int]) -> None:
    for kind, row in frozen_lists(session, standing_of(session, report.project_id), report.cycle).items():
        row.stored_file_id = files[f"{list_stem(kind, report.cycle)}.pdf"]


def _make_registers(
    work: Work, session: Session, standing: Standing, report: Report
) -> Callable[[], tuple[Paper, ...]]:
    contexts = register_contexts(session, standing, report)
    folder = documents_folder(session, standing, report.cycle)
    return lambda: print_registers(work, contexts, folder)


def _link_nothing(_session: Session, _report: Report, _files: dict[str, int]) -> None:
    """Registers are found in the store by name; no row of ours points at them."""


def _ask_adoption(session: Session, standing: Standing, _work: Work, now: datetime) -> StepReport | None:
    """Ask the provider to read and adopt; the purchaser hears nothing of figures that are not adopted."""
    report = report_of(session, standing)
    if report is None or report.pdf_file_id is None:
        return None
    context: dict[str, Value] = {**_summary(session, report), "due_on": due_on(standing)}
    told = _tell(session, standing, report, "reporting/adoption_asked", PartyRole.PROVIDER, context, now)
    return StepReport({"told": told})


def _tell(
    session: Session,
    standing: Standing,
    report: Report,
    kind: str,
    role: PartyRole,
    context: dict[str, Value],
    now: datetime,
) -> int:
    key = f"report-{report.id}"
    return tell_role(session, standing.project, kind, role, key=key, context=context, now=now)


def _summary(session: Session, report: Report) -> dict[str, Value]:
    """Return what a notice says of a report: its name, its last day and the key figures with their traces."""
    rows = {row.code: row for row in rows_of(session, report)}
    shown = [printed(report, rows[code]) for code in KEY_FIGURES if code in rows]
    return {
        "report_label": report.kind.label,
        "cycle": report.cycle,
        "cut_off_on": report.cut_off_on,
        "figures": tuple(
            {
                "label": figure.label,
                "value": None if figure.value is None else str(figure.value),
                "unit": figure.unit,
                "numerator": figure.numerator,
                "denominator": figure.denominator,
                "n_records": figure.n_records,
                "trace": figure.trace,
            }
            for figure in shown
        ),
    }


STEPS = (
    once("figures", "核算数字", _figures),
    _paper_step("documents", "生成报告", _make_report, _link_report),
    _paper_step("lists", "打印清单", _make_lists, _link_lists),
    _paper_step("registers", "生成台账", _make_registers, _link_nothing),
    once("tell", "请承接方定稿", _ask_adoption),
)


def due_on(standing: Standing) -> date:
    """Return the last day the charter gives for this cycle's report."""
    calendar = standing.charter.reporting
    rule = calendar.final_report if standing.is_last_cycle else calendar.progress_report
    return standing.cycle.to_on + timedelta(days=rule.due_days)


def adopt_report(
    session: Session, project_id: int, *, actor: str, now: datetime, reason: str | None = None
) -> Decision:
    """Record that the provider adopts the cycle's report, and hand it to the purchaser; again changes nothing.

    Raises
    ------
    GateShut
        If the report is not finished, or the one who acts is not a provider of the project.
    """
    standing = standing_of(session, project_id)
    project = standing.project
    if project.state is not ProjectState.OPEN or project.stage is not Stage.REPORTING:
        known = decision(session, project_id, cycle_key(standing, DecisionKind.ADOPT_REPORT))
        if known is not None:
            return known
        raise GateShut(f"project {project.code} stands at {project.stage.value}; it has no report to adopt now")
    report = report_of(session, standing)
    if report is None or report.pdf_file_id is None:
        raise GateShut(f"the report of cycle {project.cycle} of {project.code} is not made yet; run its stage first")
    _require_provider(session, standing, actor)
    file = session.get_one(StoredFile, report.pdf_file_id)
    context: dict[str, Value] = {**_summary(session, report), "file_name": file.name, "sha256": file.sha256}
    _tell(session, standing, report, "reporting/report_made", PartyRole.PURCHASER, context, now)
    return decide(
        session,
        standing,
        DecisionKind.ADOPT_REPORT,
        key=cycle_key(standing, DecisionKind.ADOPT_REPORT),
        verdict="adopted",
        actor=actor,
        now=now,
        reason=reason,
        detail={"report_id": report.id, "pdf_file_id": report.pdf_file_id},
    )


def _require_provider(session: Session, standing: Standing, actor: str) -> None:
    query = (
        select(Party.code)
        .join(ProjectParty, ProjectParty.party_id == Party.id)
        .where(ProjectParty.project_id == standing.project.id, ProjectParty.role == PartyRole.PROVIDER)
    )
    providers = tuple(session.execute(query.order_by(Party.code)).scalars())
    if actor not in providers:
        message = f"{actor} is not a provider of {standing.project.code}; only {', '.join(providers)} may adopt"
        raise GateShut(message)


def conditions(session: Session, standing: Standing, now: datetime) -> tuple[Condition, ...]:
    """Say what must be true before the project leaves: the report is made, and the provider adopted it."""
    report = report_of(session, standing)
    is_made = report is not None and report.pdf_file_id is not None
    adopted = decision(session, standing.project.id, cycle_key(standing, DecisionKind.ADOPT_REPORT))
    entered = standing.project.stage_entered_at
    since = entered if report is None else report.generated_at
    limit = due_on(standing)
    detail = f"{limit:%Y-%m-%d} 前" if local_date(now) <= limit else f"已逾 {limit:%Y-%m-%d}"
    return (
        Condition("report_made", "报告已生成", is_made, None, entered),
        Condition("report_adopted", "承接方定稿", adopted is not None, PartyRole.PROVIDER, since, detail),
    )


def next_look(session: Session, standing: Standing, now: datetime) -> datetime | None:
    """Return now while the report is unmade, else None: only the provider moves this stage."""
    report = report_of(session, standing)
    return now if report is None or report.pdf_file_id is None else None
