"""`linkage survey`: look into an export, import it, record visits, close the survey."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from linkage.cli.acting import ActorOption, ReasonOption, acting
from linkage.cli.installation import JsonOption, OrganizationOption, ProjectArgument, open_desk
from linkage.cli.output import counted, print_json, print_table, progress, say, tell, waiting
from linkage.errors import Unknown

if TYPE_CHECKING:
    from linkage.schemas.charter_survey import SurveySource
    from linkage.stages.survey_import import ImportOutcome, ImportPlan, Novelty

app = typer.Typer(no_args_is_help=True, help="Needs surveys: inspect and import exports, record household visits.")

FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="The export: 问卷星, KoboToolbox, ODK, or any table with a mapping.")
]
MappingOption = Annotated[Path | None, typer.Option("--mapping", help="A mapping file: what each column means.")]


@app.command("inspect")
def inspect(file: FileArgument, *, mapping: MappingOption = None, as_json: JsonOption = False) -> None:
    """Show what a survey export holds, without a project and without writing anything."""
    from linkage.imports.read import read_survey
    from linkage.schemas.survey import to_json

    with waiting(f"Reading {file.name}", is_shown=not as_json):
        found = read_survey(file, mapping)
    if as_json:
        print_json(to_json(found))
        return
    say(f"{file}: {found.format.value}, {len(found.answers)} respondents, {len(found.questions)} questions")
    rows = [
        (question.key, question.title, question.kind.value, "、".join(question.options[:6]))
        for question in found.questions
    ]
    print_table("Questions", ("key", "title", "kind", "options"), rows, wraps=("key", "title", "options"))
    if found.problems:
        places = [(problem.row, problem.column, problem.message) for problem in found.problems]
        print_table("Problems", ("row", "column", "what is wrong"), places, wraps=("column", "what is wrong"))


@app.command("import")
def import_file(
    project: ProjectArgument,
    file: FileArgument,
    *,
    source: Annotated[
        str | None, typer.Option("--source", help="The charter's survey source; default its only one.")
    ] = None,
    mapping: MappingOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be imported; write nothing.")] = False,
    actor: Annotated[str, typer.Option("--as", metavar="CODE", help="Who imports.")] = "staff",
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import a survey export: one transaction, idempotent by source and respondent, the raw row kept sealed."""
    from hashlib import sha256

    from linkage.documents.store import keep
    from linkage.imports.read import read_survey
    from linkage.stages.belonging import require_actor
    from linkage.stages.standing import standing_of
    from linkage.stages.survey_import import import_responses, plan_import

    with open_desk(organization) as desk, progress(is_shown=not as_json) as shown:
        task = shown.add_task(f"Reading {file.name}", total=None, note="")
        project_id = desk.project_id(project)
        now = desk.work.now()
        with desk.work.read(desk.organization_id) as session:
            chosen = source or _only_source(standing_of(session, project_id).charter.survey)
        found = read_survey(file, mapping)
        if dry_run:
            shown.update(task, description="Comparing with what is here")
            with desk.work.read(desk.organization_id) as session:
                plan = plan_import(session, project_id, found, chosen, now)
            imported = None
        else:
            shown.update(task, description="Importing", note=f"{len(found.answers)} respondents")
            content = file.read_bytes()
            with desk.work.begin(desk.organization_id, actor=actor, now=now) as session:
                require_actor(session, project_id, actor)
                outcome = import_responses(
                    session,
                    project_id,
                    found,
                    chosen,
                    file_sha256=sha256(content).hexdigest(),
                    keep_original=lambda: keep(
                        session, content, name=file.name, media_type="application/octet-stream", now=now
                    ),
                    now=now,
                )
            plan, imported = outcome.plan, outcome
    written = None if imported is None else {"is_known_file": imported.is_known_file, **asdict(imported.written)}
    cells = [problem.model_dump() for problem in found.problems]
    if as_json:
        print_json({"dry_run": dry_run, "plan": _plan_json(plan), "problems": cells, "written": written})
    else:
        _show_plan(plan, cells)
        say("")
        say("Dry run: nothing was written" if imported is None else _became(imported))
    if plan.misfits:
        raise typer.Exit(1)


def _became(imported: ImportOutcome) -> str:
    """Say in one line what an import did."""
    if imported.import_id is None:
        return "Nothing here is new; nothing was written"
    if imported.is_known_file:
        return "This file was imported before; nothing was written"
    written = imported.written
    people, needs = counted(written.people_count, "newly known person"), counted(written.needs_count, "new need")
    changed = (
        f", {counted(written.changed_responses_count, 'changed answer')}" if written.changed_responses_count else ""
    )
    return f"Imported: {people}, {needs}{changed}"


def _only_source(sources: tuple[SurveySource, ...]) -> str:
    if len(sources) == 1:
        return sources[0].source
    known = ", ".join(one.source for one in sources)
    message = f"the charter has several survey sources ({known}); name one with --source"
    raise Unknown(message)


def _plan_json(plan: ImportPlan) -> dict[str, Any]:
    return {
        "source": plan.source,
        "channel": plan.channel.value,
        "format": plan.format,
        "respondents": plan.respondent_count,
        "refused": plan.refused_count,
        "without_consent": plan.without_consent_count,
        **{novelty.value: plan.count(novelty) for novelty in novelties()},
        "needs_by_category": {category.value: count for category, count in plan.needs_by_category.items()},
        "remarks": [
            {"kind": one.kind.value, "subject": one.subject, "count": one.count, "rows": one.rows, "detail": one.detail}
            for one in plan.remarks
        ],
        "misfits": plan.misfits,
    }


def novelties() -> tuple[Novelty, ...]:
    """List how answers may compare with what is here."""
    from linkage.stages.survey_import import Novelty

    return tuple(Novelty)


def _show_plan(plan: ImportPlan, cells: list[dict[str, Any]]) -> None:
    counts = ", ".join(f"{novelty.value} {plan.count(novelty)}" for novelty in novelties())
    say(f"{plan.source}: {plan.format}, {plan.respondent_count} respondents ({counts}); refused {plan.refused_count}")
    if plan.needs_by_category:
        say("")
        rows = [(category.value, category.label, count) for category, count in plan.needs_by_category.items()]
        print_table("Needs of new and changed answers", ("category", "in words", "needs"), rows)
    remarks = [
        (one.kind.value, one.subject, one.count, ", ".join(str(row) for row in one.rows), one.detail)
        for one in plan.remarks
    ]
    if remarks:
        say("")
        columns = ("kind", "subject", "count", "first rows", "detail")
        print_table("Remarks", columns, remarks, wraps=("subject", "first rows", "detail"))
    if cells:
        say("")
        places = [(cell["row"], cell["column"], cell["message"]) for cell in cells]
        print_table("Cells", ("row", "column", "what is wrong"), places, wraps=("column", "what is wrong"))
    for misfit in plan.misfits:
        say(f"Not this questionnaire: {misfit}")


@app.command("close")
def close(
    project: ProjectArgument,
    actor: ActorOption,
    *,
    reason: ReasonOption = None,
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """End the survey of this cycle; matching may begin."""
    from linkage.stages.survey import close as close_survey

    with acting(organization, project, actor) as act:
        close_survey(act.session, act.project_id, actor=actor, now=act.now, reason=reason)
    tell(f"{project}: the survey of this cycle is closed", {"closed": project}, as_json=as_json)
