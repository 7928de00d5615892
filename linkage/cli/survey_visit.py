"""`linkage survey visit`: enter household visits from a file."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from linkage.cli.acting import ActorOption, acting
from linkage.cli.installation import JsonOption, OrganizationOption, ProjectArgument
from linkage.cli.output import counted, tell, waiting

if TYPE_CHECKING:
    from linkage.rules.survey_visit import Visit
    from linkage.schemas.visit_list import VisitEntry


def visit(
    project: ProjectArgument,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="VISITS",
            help="A YAML list under 'visits:' — key, visited_on, place, present_party, has_consent, needs, …",
        ),
    ],
    actor: ActorOption,
    *,
    source: Annotated[
        str | None, typer.Option("--source", help="The charter's survey source; default its first for home visits.")
    ] = None,
    organization: OrganizationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Enter household visits, all or none; the same visits again change nothing, corrected ones are the newer word."""
    from linkage.schemas.visit_list import load_visits
    from linkage.stages.survey_visit import record_visit

    entries = load_visits(file)
    counts: Counter[str] = Counter()
    with waiting("Entering visits", is_shown=not as_json), acting(organization, project, actor) as act:
        for entry in entries:
            written = record_visit(act.session, act.project_id, _visit(entry), actor=actor, now=act.now, source=source)
            counts.update(asdict(written))
    tell(
        f"{project}: {counted(len(entries), 'visit')} entered, {counted(counts['needs_count'], 'new need')} heard",
        {"visits_count": len(entries), **counts},
        as_json=as_json,
    )


def _visit(entry: VisitEntry) -> Visit:
    from linkage.rules.survey_respondent import Respondent, birth_year, gender, phone
    from linkage.rules.survey_visit import Visit

    exact = None if entry.id_number is None else birth_year(None, entry.id_number, entry.visited_on)
    return Visit(
        key=entry.key,
        visited_on=entry.visited_on,
        place=entry.place,
        present_party=entry.present_party,
        has_consent=entry.has_consent,
        needs=entry.needs,
        respondent=Respondent(
            name=entry.name,
            phone=phone(entry.phone),
            id_number=entry.id_number,
            birth_year=exact or entry.birth_year,
            gender=gender(entry.gender),
        ),
        priority=entry.priority,
        needed_by_on=entry.needed_by_on,
        note=entry.note or "",
    )
