"""Scheduled community summaries: which are due, and making and sending one, once.

The charter's calendar says when; each community gets the days of the period that has ended. A summary may hang on a
wall: it names no resident and prints no count of residents below five. A period that was missed is made later all the
same, but its notice expires when the next one is due. What is counted is decided in `linkage.rules`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from linkage.db.audit import Head, act, head_of
from linkage.db.tables import Activity, Area, Community, Project, Report, ServiceItem
from linkage.db.tables import Charter as CharterRow
from linkage.db.tables import Figure as FigureRow
from linkage.db.work import Work
from linkage.rules.reporting import counts
from linkage.rules.reporting_calendar import periods_due
from linkage.rules.reporting_tables import hidden_codes, monthly_counts, needs_funnel, public_months, public_needs
from linkage.schemas.charter_calendar import SummaryRule
from linkage.schemas.figure import Figure, Period
from linkage.schemas.report import ComingActivity, SummaryContext
from linkage.stages.reporting_facts import load_facts
from linkage.stages.reporting_figures import printed, rows_of, store
from linkage.stages.reporting_files import (
    audit_head,
    check_code,
    documents_folder,
    keep_papers,
    plain_name,
    print_papers,
    simulation_seed,
    words,
)
from linkage.stages.standing import Standing, local_date, standing_of
from linkage.stages.telling import Value, tell_party, tell_role
from linkage.terms import ActivityState, PartyRole, ProjectState, ReportFigure, ReportKind

_COMING_DAYS = timedelta(days=31)
_COMING_COUNT = 8
_AFTER_END = timedelta(days=62)
"""How long after its last day a project's last period is still looked for."""


@dataclass(frozen=True)
class DueSummary:
    """A summary to make: whose, for which days, and until when its notice is worth reading."""

    organization_id: int
    project_id: int
    community_id: int
    from_on: date
    to_on: date
    expires_at: datetime

    @property
    def key(self) -> str:
        """What makes this summary one summary."""
        return f"{ReportKind.COMMUNITY_SUMMARY.value}:{self.community_id}:{self.from_on:%Y-%m-%d}"


def due_summaries(work: Work, now: datetime) -> tuple[DueSummary, ...]:
    """List the summaries that have fallen due in all organisations and are not yet sent, oldest first."""
    today = local_date(now)
    latest = select(func.max(CharterRow.id)).group_by(CharterRow.project_id)
    running = (
        Project.state != ProjectState.STOPPED,
        Project.from_on < today,
        Project.to_on >= today - _AFTER_END,
    )
    with work.registry() as session:
        projects = session.execute(
            select(
                Project.organization_id,
                Project.id,
                Project.from_on,
                Project.to_on,
                CharterRow.body["reporting"]["community_summary"],
            )
            .join(CharterRow, CharterRow.project_id == Project.id)
            .where(CharterRow.id.in_(latest), *running)
            .order_by(Project.id)
        ).all()
        communities: dict[int, list[int]] = {}
        for project_id, community_id in session.execute(
            select(Community.project_id, Community.id)
            .join(Project, Project.id == Community.project_id)
            .where(*running)
            .order_by(Community.id)
        ):
            communities.setdefault(project_id, []).append(community_id)
        sent = set(
            session.execute(
                select(Report.project_id, Report.key)
                .join(Project, Project.id == Report.project_id)
                .where(Report.kind == ReportKind.COMMUNITY_SUMMARY, Report.pdf_file_id.is_not(None), *running)
            ).all()
        )
    found = [
        (period.due_at, DueSummary(owner, project_id, community_id, period.from_on, period.to_on, period.next_due_at))
        for owner, project_id, from_on, to_on, rule in projects
        for period in periods_due(SummaryRule.model_validate(rule), from_on, to_on, now)
        for community_id in communities.get(project_id, ())
    ]
    found.sort(key=lambda pair: (pair[0], pair[1].project_id, pair[1].community_id))
    return tuple(due for _, due in found if (due.project_id, due.key) not in sent)


def send_summary(work: Work, due: DueSummary, now: datetime) -> None:
    """Make a community's summary, keep it, and tell the community's body; a summary that was sent changes nothing.

    Raises
    ------
    TemplateFault, CannotWrite
        If it cannot be rendered or written; it stays due.
    """
    with work.begin(due.organization_id, now=now) as session:
        report = _report(session, due)
        if report is not None and report.pdf_file_id is not None:
            return
        if report is None:
            _count(session, standing_of(session, due.project_id), due, now)
    with work.read(due.organization_id) as session:
        standing = standing_of(session, due.project_id)
        report = _found(session, due)
        context = _context(session, standing, due, report)
        stem = _stem(session.get_one(Community, due.community_id), due)
        folder = documents_folder(session, standing, report.cycle)
    papers = print_papers(work, {stem: context}, folder)
    with work.begin(due.organization_id, now=now) as session:
        report = _found(session, due)
        if report.pdf_file_id is not None:
            return
        files = keep_papers(session, papers, report.generated_at)
        report.html_file_id, report.pdf_file_id = files[f"{stem}.html"], files[f"{stem}.pdf"]
        _tell(session, standing_of(session, due.project_id), due, context, now)
        act(session, "summary.sent", project_id=due.project_id, report=report.id, community=due.community_id)


def _report(session: Session, due: DueSummary) -> Report | None:
    query = select(Report).where(Report.project_id == due.project_id, Report.key == due.key)
    return session.execute(query).scalar_one_or_none()


def _found(session: Session, due: DueSummary) -> Report:
    query = select(Report).where(Report.project_id == due.project_id, Report.key == due.key)
    return session.execute(query).scalar_one()


def _stem(community: Community, due: DueSummary) -> str:
    name = plain_name(community.name)
    return f"{ReportKind.COMMUNITY_SUMMARY.label}-{name}-{due.from_on:%Y%m%d}-{due.to_on:%Y%m%d}"


def _count(session: Session, standing: Standing, due: DueSummary, now: datetime) -> None:
    """Store the summary's figures: what happened in its days, and needs since the project began."""
    cycle = next(cycle for cycle in standing.charter.cycles() if due.from_on <= cycle.to_on)
    head = head_of(session)
    report = Report(
        project_id=due.project_id,
        community_id=due.community_id,
        kind=ReportKind.COMMUNITY_SUMMARY,
        key=due.key,
        cycle=cycle.number,
        from_on=due.from_on,
        to_on=due.to_on,
        cut_off_on=due.to_on,
        generated_at=now,
        audit_count=head.count,
        audit_hash=head.hash,
    )
    session.add(report)
    session.flush()
    facts = load_facts(session, standing, due.to_on, from_on=due.from_on).of_community(due.community_id)
    counted = counts(facts)
    store(session, report, counted)
    act(session, "summary.counted", project_id=due.project_id, report=report.id, figures=len(counted))


_SINCE_START = frozenset({ReportFigure.NEEDS_ASKED.value, ReportFigure.NEEDS_MET.value})


def _shown(standing: Standing, report: Report, rows: Sequence[FigureRow]) -> tuple[Figure, ...]:
    """Return the figures a public paper may print; the stored ones are complete."""
    hidden = hidden_codes({row.code: row.numerator or 0 for row in rows})
    return tuple(
        printed(report, row, since_on=standing.project.from_on if row.code in _SINCE_START else None)
        for row in rows
        if row.code not in hidden
    )


def _context(session: Session, standing: Standing, due: DueSummary, report: Report) -> SummaryContext:
    charter, project = standing.charter, standing.project
    community = session.get_one(Community, due.community_id)
    rows = rows_of(session, report)
    figures = _shown(standing, report, rows)
    facts = load_facts(session, standing, due.to_on).of_community(due.community_id)
    months = public_months(monthly_counts(facts, project.from_on, due.to_on))
    shown = {figure.code: figure.value for figure in figures}
    values = {figure.value: shown.get(figure.value) for figure in ReportFigure} | {
        "from_on": due.from_on,
        "to_on": due.to_on,
        "community": community.name,
        "has_hidden": len(figures) < len(rows),
    }
    provider = charter.parties_with(PartyRole.PROVIDER)[0]
    contact = {"party_name": provider.name, "contact_name": provider.contact.name if provider.contact else None}
    return SummaryContext(
        organization=charter.organization.name,
        project_name=project.name,
        cut_off_on=report.cut_off_on,
        generated_at=report.generated_at,
        is_simulated=project.is_simulated,
        simulation_seed=simulation_seed(standing),
        audit_head=audit_head(Head(report.audit_count, report.audit_hash)),
        check_code=check_code(report.organization_id, report.project_id, report.key, report.audit_hash),
        community=community.name,
        period=Period(from_on=report.from_on, to_on=report.to_on),
        overview=words(session, "summary/overview.txt.j2", values),
        key_figures=figures,
        monthly=months if len(months) > 1 else (),
        needs=public_needs(needs_funnel(facts)),
        coming=_coming(session, due, report.generated_at),
        thanks=tuple(
            dict.fromkeys(
                party.name
                for role in (PartyRole.RESOURCE_GIVER, PartyRole.VOLUNTEER_ORGANIZATION)
                for party in charter.parties_with(role)
            )
        ),
        contact="".join(words(session, "summary/contact.txt.j2", contact)),
    )


def _coming(session: Session, due: DueSummary, now: datetime) -> tuple[ComingActivity, ...]:
    """List the next occasion of each service that residents of this community may come to."""
    query = (
        select(Activity, ServiceItem.id)
        .join(ServiceItem, ServiceItem.id == Activity.service_item_id)
        .outerjoin(Area, Area.id == Activity.area_id)
        .where(
            Activity.project_id == due.project_id,
            Activity.state == ActivityState.RELEASED,
            Activity.starts_at > now,
            Activity.starts_at <= now + _COMING_DAYS,
            (Area.id.is_(None)) | (Area.community_id == due.community_id),
        )
        .order_by(Activity.starts_at, Activity.id)
    )
    first: dict[int, Activity] = {}
    for activity, item_id in session.execute(query):
        first.setdefault(item_id, activity)
    return tuple(
        ComingActivity(starts_at=activity.starts_at, title=activity.name, place=activity.place)
        for activity in list(first.values())[:_COMING_COUNT]
    )


def _tell(session: Session, standing: Standing, due: DueSummary, context: SummaryContext, now: datetime) -> None:
    community = session.get_one(Community, due.community_id)
    values: dict[str, Value] = {
        "community": community.name,
        "from_on": due.from_on,
        "to_on": due.to_on,
        "overview": tuple({"text": line} for line in context.overview),
        "figures": tuple(
            {
                "label": figure.label,
                "value": int(figure.value or 0),
                "unit": figure.unit,
                "trace": figure.trace,
            }
            for figure in context.key_figures
        ),
    }
    kind = "summaries/summary_sent"
    if community.party_id is None:
        tell_role(session, standing.project, kind, PartyRole.COMMUNITY, key=due.key, context=values, now=now)
        return
    tell_party(
        session,
        standing.project,
        kind,
        community.party_id,
        key=due.key,
        context=values,
        now=now,
        expires_at=due.expires_at,
    )
