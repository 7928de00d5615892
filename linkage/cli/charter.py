"""`linkage charter`: check a charter file, print its schema for editors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from linkage.cli.installation import JsonOption
from linkage.cli.output import counted, print_json, say
from linkage.errors import UnreadableFile
from linkage.settings import assets_folder


def scheme_codes() -> tuple[str, ...]:
    """List the assessment schemes that are configured."""
    return tuple(sorted(path.stem for path in (assets_folder("config") / "rubrics").glob("*.yaml")))


app = typer.Typer(no_args_is_help=True, help="Check a project charter before anything is created from it.")


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(metavar="CHARTER", help="The charter, a YAML file.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Tell every mistake of a charter at once: line, path, what is wrong, what would be right."""
    from linkage.schemas.charter_check import check_charter

    try:
        content = file.read_bytes()
    except OSError as error:
        message = f"charter {file} cannot be read: {error.strerror}; check the path"
        raise UnreadableFile(message) from error
    charter, problems = check_charter(content, str(file), schemes=scheme_codes())
    if as_json:
        print_json([{"line": problem.line, "path": problem.path, "message": problem.message} for problem in problems])
    elif problems:
        for problem in problems:
            say(f"{file}:{problem.line}: {f'{problem.path}: ' if problem.path else ''}{problem.message}")
        say(f"{counted(len(problems), 'mistake')}; nothing is created from a charter before they are corrected")
    elif charter is not None:
        cycles, units = counted(len(charter.cycles()), "cycle"), counted(len(charter.contract_units), "contract unit")
        say(f"{file}: sound. {charter.project.name}: {cycles}, {units}")
    if problems:
        raise typer.Exit(1)


@app.command("schema")
def schema() -> None:
    """Print the charter's JSON Schema, for editors that complete and check while one writes."""
    from linkage.schemas.json_schema import charter_json_schema

    print_json(charter_json_schema())
