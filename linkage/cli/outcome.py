"""`linkage reporting`, `assessment`, `disbursement`: adopt a report, score, hand over papers, approve payment."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from linkage.cli.acting import ActorOption, ReasonOption, acting, looking
from linkage.cli.installation import JsonOption, OrganizationOption, ProjectArgument
from linkage.cli.output import counted, print_json, print_table, say, tell
from linkage.terms import RaterKind

reporting_app = typer.Typer(no_args_is_help=True, help="Reporting: figures and reports.")
assessment_app = typer.Typer(no_args_is_help=True, help="Assessment: score sheets and rectification.")
disbursement_app = typer.Typer(no_args_is_help=True, help="Disbursement: papers, approval, tranches.")

TrancheArgument = Annotated[str, typer.Argument(metavar="TRANCHE", help="The tranche's code, as in the charter.")]


@reporting_app.command("figures")
def figures(project: ProjectArgument, *, organization: OrganizationOption = None, as_json: JsonOption = False) -> None:
    """Show the latest report's figures; each leads to its records with linkage trace."""
    from linkage.stages.overview import latest_figures

    with looking(organization, project) as act:
        found = latest_figures(act.session, act.project_id)
    if as_json:
        print_json([figure._asdict() for figure in found])
        return
    print_table("Figures", ("trace", "figure", "value"), found, wraps=("figure",))
    if found:
        say(f"Where one comes from: linkage trace {found[0].trace}")


@reporting_app.command("documents")
def report_documents(
    project: ProjectArgument, *, organization: OrganizationOption = None, as_json: JsonOption = False
) -> None:
    """Show where the reports, lists and registers of every cycle lie."""
    from linkage.stages.reporting_files import documents_folder
    from linkage.stages.standing import standing_of

    with looking(organization, project) as act:
        standing = standing_of(act.session, act.project_id)
        cycles = range(1, standing.project.cycle + 1)
        folders = {cycle: documents_folder(act.session, standing, cycle) for cycle in cycles}
    found = [
        {"cycle": cycle, "path": str(path)}
        for cycle, folder in folders.items()
        for path in sorted(folder.glob("*"))
        if path.is_file()
    ]
    if as_json:
        print_json(found)
        return
    for paper in found:
        say(str(paper["path"]))
    if not found:
        say(f"{project} has no papers yet; they are made when a cycle's delivery is closed")


@reporting_app.command("adopt")
def adopt(
    project: ProjectArgument,
    actor: ActorOption,
    *,
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Adopt the cycle's report; the purchaser receives it and assessment may begin."""
    from linkage.stages.reporting import adopt_report

    with acting(organization, project, actor) as act:
        adopt_report(act.session, act.project_id, actor=actor, now=act.now)
    tell(f"{project}: the report is adopted", {"adopted": project}, as_json=as_json)


@assessment_app.command("show")
def show(project: ProjectArgument, *, organization: OrganizationOption = None, as_json: JsonOption = False) -> None:
    """Show the score sheet: every line, who scores it, its most points and what was given."""
    from linkage.stages.assessment_sheet import assessed_tranche, latest, rubric_of, scores
    from linkage.stages.standing import standing_of

    with looking(organization, project) as act:
        standing = standing_of(act.session, act.project_id)
        rubric = rubric_of(standing)
        tranche = assessed_tranche(act.session, standing)
        assessment = None if tranche is None else latest(act.session, tranche)
        given = {} if assessment is None else {row.indicator: row for row in scores(act.session, assessment)}
    rows = [
        {
            "line": line.code,
            "name": line.name,
            "rater": line.rater.value,
            "max_points": str(line.max_points),
            "points": None if line.code not in given else str(Decimal(given[line.code].points_hundredths) / 100),
        }
        for line in rubric.indicators
    ]
    if as_json:
        print_json(rows)
        return
    print_table(f"{rubric.code}: {rubric.name}", tuple(rows[0]), [tuple(row.values()) for row in rows], wraps=("name",))


@assessment_app.command("score")
def score(
    project: ProjectArgument,
    rater: Annotated[
        RaterKind, typer.Argument(metavar="RATER", help="Who scores, as linkage assessment show names them.")
    ],
    lines: Annotated[
        list[str], typer.Argument(metavar="LINE=POINTS...", help="Every line of the rater, such as finance=9.")
    ],
    actor: ActorOption,
    *,
    unrelated: Annotated[
        bool, typer.Option("--unrelated", help="The rater confirms every recusal statement (回避).")
    ] = False,
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Enter a rater's sheet, whole."""
    from linkage.stages.assessment_sheet import submit

    points: dict[str, Decimal] = {}
    for code, value in map(_line, lines):
        if points.setdefault(code, value) != value:
            raise typer.BadParameter(f"{code} stands there twice with different points", param_hint="LINE=POINTS")
    with acting(organization, project, actor) as act:
        submit(act.session, act.project_id, rater, points, actor=actor, is_unrelated=unrelated, now=act.now)
    result = {"rater": rater.value, "lines": len(points)}
    tell(f"{project}: {rater.value} has scored {counted(len(points), 'line')}", result, as_json=as_json)


def _line(text: str) -> tuple[str, Decimal]:
    code, _, points = text.partition("=")
    with suppress(InvalidOperation):
        value = Decimal(points)
        if code and value.is_finite():
            return code, value
    message = f"{text!r} is not LINE=POINTS, such as finance=9.5"
    raise typer.BadParameter(message, param_hint="LINE=POINTS")


@assessment_app.command("accept-rectification")
def accept_rectification(
    project: ProjectArgument,
    actor: ActorOption,
    *,
    statement: Annotated[str, typer.Option(metavar="TEXT", help="What was found put right.")],
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Accept the provider's rectification; the next attempt opens."""
    from linkage.stages.assessment_sheet import accept_rectification as accept

    with acting(organization, project, actor) as act:
        accept(act.session, act.project_id, actor=actor, statement=statement, now=act.now)
    tell(f"{project}: the rectification is accepted", {"accepted": project}, as_json=as_json)


@disbursement_app.command("documents")
def documents(
    project: ProjectArgument,
    tranche: TrancheArgument,
    names: Annotated[list[str], typer.Argument(metavar="PAPER...", help="Papers handed over, by the charter's names.")],
    actor: ActorOption,
    *,
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record that papers were handed over for a tranche."""
    from linkage.stages.disbursement import deliver_documents

    with acting(organization, project, actor) as act:
        missing = deliver_documents(act.session, act.project_id, tranche, tuple(names), actor=actor, now=act.now)
    tell(
        f"{tranche}: {'complete' if not missing else 'still missing: ' + '、'.join(missing)}",
        {"missing": missing},
        as_json=as_json,
    )


@disbursement_app.command("approve")
def approve(
    project: ProjectArgument,
    tranche: TrancheArgument,
    actor: ActorOption,
    *,
    reason: ReasonOption = None,
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Approve a tranche as its purchaser, once its other gates are open."""
    _answer(project, tranche, actor, is_approved=True, reason=reason, organization=organization, as_json=as_json)


@disbursement_app.command("refuse")
def refuse(
    project: ProjectArgument,
    tranche: TrancheArgument,
    actor: ActorOption,
    *,
    reason: ReasonOption = None,
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Refuse a tranche for now as its purchaser, with the reason."""
    _answer(project, tranche, actor, is_approved=False, reason=reason, organization=organization, as_json=as_json)


def _answer(
    project: str,
    tranche: str,
    actor: str,
    *,
    is_approved: bool,
    reason: str | None,
    organization: str | None,
    as_json: bool,
) -> None:
    from linkage.stages.disbursement import answer_tranche

    with acting(organization, project, actor) as act:
        answer_tranche(
            act.session, act.project_id, tranche, is_approved=is_approved, actor=actor, now=act.now, reason=reason
        )
    text = f"{tranche}: {'approved; it is paid at the next run' if is_approved else 'refused'}"
    tell(text, {"tranche": tranche, "approved": is_approved}, as_json=as_json)
