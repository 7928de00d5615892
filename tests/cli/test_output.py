"""What people see: tables that fit the window, Chinese widths, and terminals that lack a character."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from linkage.cli import output
from linkage.errors import GateShut
from tests.cli.conftest import PROJECT, SAMPLES, Terminal, environment

COLUMNS = ("condition", "in words", "whose turn", "note", "detail")
ROWS = [
    ("first.documents", "首期款：材料齐全", "provider", "", "项目合同、实施方案、责任清单、财务制度、人员名单"),
    ("first.approval", "首期款：购买方批准", "purchaser", None, "[bold]no markup[/]"),
]


def _printed(monkeypatch: pytest.MonkeyPatch, width: int, *, is_terminal: bool = True) -> list[str]:
    page = io.StringIO()
    console = Console(file=page, width=width, force_terminal=is_terminal, color_system=None, highlight=False)
    monkeypatch.setattr(output, "console", console)
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(sys, "stdout", page)
    output.print_table("Waits for", COLUMNS, ROWS, wraps=("in words", "detail"))
    return page.getvalue().splitlines()


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_table_fits_the_window_and_keeps_codes_whole(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only text is broken over lines, at the width of Chinese characters; a code can always be copied."""
    lines = _printed(monkeypatch, width)

    assert max(cell_len(line) for line in lines) <= width
    assert "first.documents" in "\n".join(lines)
    assert "first.approval" in "\n".join(lines)
    assert "[bold]no" in "\n".join(lines)


def test_columns_stand_under_each_other_in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    """A character counts two cells, so that what follows stands in one line with its heading."""
    lines = _printed(monkeypatch, 120)

    heading = next(line for line in lines if "whose turn" in line)
    place = cell_len(heading.partition("whose turn")[0])
    for word in ("provider", "purchaser"):
        row = next(line for line in lines if word in line)
        assert cell_len(row.partition(word)[0]) == place


def test_a_column_without_words_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty column would take the room of one that says something."""
    assert "note" not in "\n".join(_printed(monkeypatch, 80))


def test_without_a_window_every_row_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that is piped or kept in a file is as wide as it is, so that it can be searched."""
    lines = _printed(monkeypatch, 40, is_terminal=False)

    assert len(lines) == 5
    assert ROWS[0][4] in lines[3]


def test_an_empty_table_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """Headings over nothing would look like a fault."""
    output.print_table("Flags", COLUMNS, [])

    assert capsys.readouterr().out.split() == ["Flags", "none"]


@pytest.mark.parametrize(
    ("count", "noun", "written"),
    [
        (1, "match", "1 match"),
        (0, "match", "0 matches"),
        (2, "activity", "2 activities"),
        (1200, "need", "1,200 needs"),
    ],
    ids=["one", "none", "y", "thousands"],
)
def test_a_number_agrees_with_its_noun(count: int, noun: str, written: str) -> None:
    """One match, two matches."""
    assert output.counted(count, noun) == written


def test_a_refusal_is_told_to_people_and_to_scripts(capsys: pytest.CaptureFixture[str]) -> None:
    """Both go to standard error: sentences with their reasons, or one JSON object on one line."""
    error = GateShut("not yet", ("first", "second"))

    output.refuse(error)
    people = capsys.readouterr()
    output.refuse(error, as_json=True)
    scripts = capsys.readouterr()

    assert people.out == scripts.out == ""
    assert people.err == "Refused (gate_shut): not yet\n  • first\n  • second\n"
    assert json.loads(scripts.err) == {"error": "gate_shut", "message": "not yet", "reasons": ["first", "second"]}
    assert scripts.err.count("\n") == 1


def test_a_terminal_without_chinese_is_served(prepared: Path) -> None:
    """Where the encoding lacks a character its code is shown; JSON is then ASCII, which every script reads."""
    results = [
        subprocess.run(
            [sys.executable, "-c", "from linkage.cli import main; main()", *command],
            capture_output=True,
            check=True,
            env=environment(prepared, {}) | {"PYTHONIOENCODING": "latin-1"},
        )
        for command in (("status", PROJECT), ("status", "--json"))
    ]

    assert rb"\u90bb\u91cc" in results[0].stdout
    assert json.loads(results[1].stdout.decode("ascii"))[0]["name"] == "邻里互助为老服务项目"


def test_several_projects_are_listed_and_one_is_told_in_full(terminal: Terminal, tmp_path: Path) -> None:
    """Status of many is one line each; of one, everything it waits for and what to type next."""
    charter = (SAMPLES / "charter.yaml").read_text("utf-8")
    (tmp_path / "second.yaml").write_text(charter.replace("code: elder-care", "code: elder-care-2"), "utf-8")
    terminal.do("project", "create", SAMPLES / "charter.yaml")
    terminal.do("project", "create", tmp_path / "second.yaml")

    listed = terminal.do("project", "list").out
    one = terminal.do("status", "elder-care-2").out

    assert listed.startswith("2 projects\n")
    assert "linkage status PROJECT" in listed
    assert "Next\n" not in listed
    assert "linkage survey close elder-care-2 --as centre" not in one  # nothing was heard yet
    assert "linkage survey import elder-care-2 FILE --dry-run" in one
    assert [row["project"] for row in terminal.do("status", "--json").json] == ["elder-care", "elder-care-2"]


@pytest.mark.parametrize("arguments", [["--version"], ["solve", "surge", "surge.json", "--json"]])
def test_output_that_finds_no_room_is_a_refusal(arguments: list[str], tmp_path: Path) -> None:
    """A full disk behind standard output is told in one sentence, with status 1 and no traceback."""
    (tmp_path / "surge.json").write_text(
        '{"contacts": 100, "contacts_per_hour": 10, "hours_per_day": 5, "people_by_day": [2]}', encoding="utf-8"
    )
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "linkage", *arguments],
            check=False,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=environment(tmp_path, {}),
        )

    assert done.returncode == 1
    assert "no space is left" in done.stderr
    assert "Traceback" not in done.stderr
