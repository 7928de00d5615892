"""Names and shapes that others build on: they may grow, they may not change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from linkage import __version__
from linkage.cli.app import app
from tests.cli.conftest import PROJECT, SAMPLES, Terminal

STATUS = {
    "project", "name", "state", "stage", "cycle", "cycles", "version", "stage_entered_at", "is_simulated",
    "is_running", "is_due", "waits", "money", "tranches", "released_fen",
}  # fmt: skip
NOTICE = {
    "id", "project", "kind", "recipient", "channel", "state", "queued_at", "sent_at", "title", "last_error",
}  # fmt: skip


def test_an_inspected_survey_has_its_promised_shape(terminal: Terminal) -> None:
    """Format, respondents, questions, answers and problems; a multiple choice is a list of labels. No project needed."""
    found = terminal.do("survey", "inspect", SAMPLES / "survey.csv", "--json").json

    assert set(found) == {"format", "respondents", "questions", "answers", "problems"}
    assert found["respondents"] == len(found["answers"]) == 4
    kinds = {question["title"]: question["kind"] for question in found["questions"]}
    assert kinds["需要什么"] == "multi"
    assert kinds["年龄"] == "number"
    assert all(set(question) == {"key", "title", "kind", "options"} for question in found["questions"])
    (needs,) = [question["key"] for question in found["questions"] if question["title"] == "需要什么"]
    assert set(found["answers"][0]) == {"respondent", "values"}
    assert found["answers"][0]["values"][needs] == ["午餐", "陪诊"]
    assert not terminal.folder.exists()


def test_a_mapping_file_reads_any_table(terminal: Terminal, tmp_path: Path) -> None:
    """A table of no known format is read when a file says what its columns mean."""
    (tmp_path / "table.csv").write_text("编号;想要\n1;午餐\n2;陪诊\n", "utf-8")
    (tmp_path / "mapping.yaml").write_text(
        "respondent: 编号\nquestions:\n  - {key: wish, column: 想要, kind: single}\n", "utf-8"
    )

    command = ("survey", "inspect", tmp_path / "table.csv", "--json")
    unmapped = terminal.type(*command)
    found = terminal.type(*command, "--mapping", tmp_path / "mapping.yaml")

    assert (unmapped.status, unmapped.refusal["error"]) == (1, "unreadable_file")
    assert "--mapping" in unmapped.refusal["message"]
    assert found.status == 0, found.err
    assert [answer["respondent"] for answer in found.json["answers"]] == ["1", "2"]


def test_a_sound_charter_has_no_problems(terminal: Terminal) -> None:
    """An empty list and status 0; people are told what was read."""
    checked = terminal.do("charter", "check", SAMPLES / "charter.yaml", "--json")
    told = terminal.do("charter", "check", SAMPLES / "charter.yaml").out

    assert checked.json == []
    assert "sound" in told
    assert "1 cycle, 1 contract unit" in told


def test_the_charters_schema_is_printed(terminal: Terminal) -> None:
    """Editors complete and check by it."""
    schema = terminal.do("charter", "schema").json

    assert schema["type"] == "object"
    assert {"project", "parties", "tranches"} <= set(schema["properties"])


def test_status_notices_and_traces_have_their_promised_keys(prepared: Path) -> None:
    """Where every project stands, what was told to whom, and where a thing leads."""
    terminal = Terminal(prepared)
    (status,) = terminal.do("status", "--json").json
    notices = terminal.do("notices", "--json").json
    trace = terminal.do("trace", "T1", "--json").json

    assert set(status) == STATUS
    assert status["project"] == PROJECT
    assert {"code", "label", "is_open", "whose_turn", "since", "detail"} == set(status["waits"][0])
    assert {"code", "name", "amount_fen", "state", "cycle"} == set(status["tranches"][0])
    assert notices
    assert all(set(notice) == NOTICE for notice in notices)
    assert [row["recipient"] for row in terminal.do("notices", "--to", "street", "--json").json] == ["street"]
    assert (trace["id"], trace["kind"], trace["project"]) == ("T1", "tranche", PROJECT)


def test_the_version_is_printed(terminal: Terminal) -> None:
    """One line, nothing else."""
    assert terminal.do("--version").out == f"{__version__}\n"


def _commands(group: Any, path: str = "linkage") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


COMMANDS = dict(_commands(typer.main.get_command(app)))
FOR_PEOPLE = {"linkage demo", "linkage serve"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_and_speaks_to_scripts(name: str) -> None:
    """Each command, argument and option says what it is for; each command that ends takes --json or prints only JSON."""
    command = COMMANDS[name]

    assert command.help
    for parameter in command.params:
        assert parameter.name == "help" or parameter.help, f"{name}: {parameter.name}"
    options = {option for parameter in command.params for option in parameter.opts}
    assert "--json" in options or name in {*FOR_PEOPLE, "linkage charter schema", "linkage solve schema"}


def test_the_names_others_build_on_are_kept() -> None:
    """The issue that promised these names fixed them."""
    assert {
        "linkage survey inspect",
        "linkage charter check",
        "linkage charter schema",
        "linkage status",
        "linkage notices",
        "linkage trace",
    } <= set(COMMANDS)
