"""`linkage survey`: look into an export, import it, record visits, close the survey."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from linkage.cli.installation import JsonOption
from linkage.cli.output import print_json, print_table, say

app = typer.Typer(no_args_is_help=True, help="Needs surveys: inspect and import exports, record household visits.")

FileArgument = Annotated[
    Path, typer.Argument(help="The export: 问卷星, KoboToolbox, ODK, or any table with a mapping.")
]
MappingOption = Annotated[Path | None, typer.Option("--mapping", help="A mapping file: what each column means.")]


@app.command("inspect")
def inspect(file: FileArgument, *, mapping: MappingOption = None, as_json: JsonOption = False) -> None:
    """Show what a survey export holds, without a project and without writing anything."""
    from linkage.imports.read import read_survey
    from linkage.schemas.survey import to_json

    found = read_survey(file, mapping)
    if as_json:
        print_json(to_json(found))
        return
    say(f"{file}: {found.format.value}, {len(found.answers)} respondents, {len(found.questions)} questions")
    rows = [
        (question.key, question.title, question.kind.value, "、".join(question.options[:6]))
        for question in found.questions
    ]
    print_table("questions", ("key", "title", "kind", "options"), rows)
    if found.problems:
        places = [(problem.row, problem.column, problem.message) for problem in found.problems]
        print_table("problems", ("row", "column", "what is wrong"), places)
