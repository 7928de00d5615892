"""Commands as people type them: in this process with the clock set, or in a process of their own."""

from __future__ import annotations

import io
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine

from linkage.cli import main

SAMPLES = Path(__file__).parent / "samples"
PROJECT = "elder-care"
START = datetime(2024, 7, 1, 1, 0, tzinfo=UTC)
FIRST_LUNCH = datetime(2024, 7, 3, 5, 30, tzinfo=UTC)
OVER = datetime(2024, 8, 1, 2, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, which must be one JSON document."""
        return json.loads(self.out)

    @property
    def refusal(self) -> dict[str, Any]:
        """The refusal it printed, which must be the one JSON object on standard error and nothing beside it."""
        assert self.out == ""
        told = json.loads(self.err)
        assert set(told) == {"error", "message", "reasons"}
        return dict(told)


def environment(folder: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a command: settings in small letters become `LINKAGE_…` variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LINKAGE_", "COLUMNS"))}
    chosen = {f"LINKAGE_{name.upper()}": value for name, value in settings.items()}
    return kept | {"LINKAGE_DATA": str(folder), "LINKAGE_MODE": "inline"} | chosen


@dataclass
class Terminal:
    """Types commands in this process, at an instant the test sets."""

    folder: Path
    at: datetime = START
    settings: dict[str, str] = field(default_factory=dict)

    def type(self, *arguments: str | Path) -> Ended:
        """Run a command and return how it ended."""
        out, err = io.StringIO(), io.StringIO()
        with (
            pytest.MonkeyPatch.context() as patch,
            time_machine.travel(self.at, tick=True),
            redirect_stdout(out),
            redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            for name in [name for name in os.environ if name.startswith(("LINKAGE_", "COLUMNS"))]:
                patch.delenv(name)
            for name, value in environment(self.folder, self.settings).items():
                patch.setenv(name, value)
            main([str(argument) for argument in arguments])
        status = ended.value.code
        return Ended(status if isinstance(status, int) else 0, out.getvalue(), err.getvalue())

    def do(self, *arguments: str | Path) -> Ended:
        """Run a command that must be done."""
        ended = self.type(*arguments)
        assert ended.status == 0, ended.err
        return ended

    def stand(self) -> tuple[str, set[str]]:
        """Return the project's stage and the conditions it waits for."""
        (one,) = self.do("status", "--json").json
        return one["stage"], {wait["code"] for wait in one["waits"]}

    def follow(self, command: str) -> Ended:
        """Type what status says comes next."""
        assert command in self.next()
        return self.do(*command.split())

    def next(self) -> list[str]:
        """Return the commands that status says come next, without `linkage`."""
        _, _, told = self.do("status").out.partition("Next\n")
        return [line.strip().removeprefix("linkage ") for line in told.splitlines() if line.strip()]


def spawn(
    *arguments: str | Path,
    folder: Path,
    at: datetime | None = None,
    limit_bytes: int | None = None,
    **settings: str,
) -> Ended:
    """Run a command in a process of its own; a stack trace fails the test.

    Parameters
    ----------
    at
        The instant its clock shows.
    limit_bytes
        How large a file may grow there, as on a full disk.
    settings
        In small letters.
    """
    begin = "from linkage.cli import main; main()"
    if at is not None:
        begin = f"import time_machine; time_machine.travel({at.timestamp()}).start(); {begin}"

    def limit() -> None:
        if limit_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

    ended = subprocess.run(
        [sys.executable, "-c", begin, *map(str, arguments)],
        capture_output=True,
        check=False,
        encoding="utf-8",
        env=environment(folder, settings),
        preexec_fn=limit,
    )
    assert "Traceback" not in ended.stderr, ended.stderr
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def contents(folder: Path) -> dict[str, Any]:
    """Return everything an installation holds: its files but the database's, and the database's rows by table."""
    found: dict[str, Any] = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith("linkage.db")
    }
    if (folder / "linkage.db").exists():
        with closing(sqlite3.connect(folder / "linkage.db")) as connection:
            tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
            found |= {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for (name,) in tables}
    return found


def deliver_project(terminal: Terminal) -> None:
    """Carry the sample project from its charter to the end of its only cycle, by commands alone."""
    terminal.do("project", "create", SAMPLES / "charter.yaml")
    assert terminal.stand() == ("survey", {"heard", "survey_closed"})

    imported = ("survey", "import", PROJECT, SAMPLES / "survey.csv", "--source", "paper", "--json")
    dry, done = terminal.do(*imported, "--dry-run").json, terminal.do(*imported).json
    assert (dry["plan"]["new"], dry["written"], done["written"]["new_responses_count"]) == (4, None, 4)
    visits = ("survey", "visit", PROJECT, SAMPLES / "visits.yaml", "--as", "centre", "--json")
    assert [terminal.do(*visits).json["needs_count"] for _ in range(2)] == [2, 0]
    terminal.follow("survey close elder-care --as centre")

    terminal.follow("run elder-care --inline")
    assert terminal.stand() == ("matching", {"matches_confirmed", "concluded", "residents_answered"})
    proposed = terminal.do("matching", "show", PROJECT, "--json").json["matches"]
    assert {("centre", "lunch"), ("team", "escort")} == {(row["party"], row["service"]) for row in proposed}
    terminal.follow("matching confirm elder-care --as centre")
    escort = next(row["match_id"] for row in proposed if row["party"] == "team")
    assert terminal.type("matching", "decline", PROJECT, "--match", str(escort), "--as", "centre").status == 1
    assert terminal.do(
        "matching", "decline", PROJECT, "--match", str(escort), "--as", "team", "--reason", "没有车", "--json"
    ).json == {"answered": 1}
    terminal.follow("matching accept elder-care --as centre")

    assert terminal.do("run", PROJECT, "scheduling", "--inline").status == 0
    assert len(terminal.do("matching", "show", PROJECT, "--json").json["gaps"]) == 4
    terminal.do("scheduling", "volunteers", PROJECT, SAMPLES / "volunteers.yaml", "--as", "team")
    terminal.follow("scheduling activities elder-care")
    terminal.follow("scheduling review elder-care --as centre")
    terminal.follow("run elder-care --inline")
    for code in ("V0001", "V0002"):
        terminal.do("scheduling", "accept", PROJECT, "--as", code)
    offers = terminal.do("scheduling", "offers", PROJECT, "--person", "V0003", "--json").json
    first, *others = [str(row["offer"]) for row in offers if row["state"] == "offered"]
    assert terminal.type("scheduling", "accept", PROJECT, first, "--as", "V0001").status == 1
    terminal.do("scheduling", "accept", PROJECT, first, "--as", "V0003")
    (accepted, second) = terminal.do("scheduling", "accept", PROJECT, *others[:2], "--as", "V0003", "--json").json
    terminal.do("scheduling", "withdraw", PROJECT, str(second["assignment"]), "--as", "V0003", "--reason", "探亲")
    terminal.do("scheduling", "decline", PROJECT, "--as", "V0003")
    assert accepted["assignment"] is not None
    terminal.do("run", PROJECT, "--inline")

    _serve(terminal)
    terminal.at = OVER
    terminal.do("run", PROJECT, "--inline")


def _serve(terminal: Terminal) -> None:
    """Serve one lunch: two volunteers' presence, three records, of which one looks wrong."""
    lunch = "lunch-2024-07-03"
    acting = ("--as", "centre")
    terminal.at = FIRST_LUNCH
    offers = terminal.do("scheduling", "offers", PROJECT, "--state", "accepted", "--json").json
    for code in [row["volunteer"] for row in offers if row["activity"] == lunch]:
        terminal.do("delivery", "check-in", PROJECT, lunch, code, "--at", "2024-07-03T10:55", *acting)
        terminal.do("delivery", "check-out", PROJECT, lunch, code, "--at", "2024-07-03T13:05", *acting)
    for number, minutes in (("1", "60"), ("2", "50"), ("3", "500")):
        entry = ("--key", f"seat-{number}", "--person", f"R000{number}", "--minutes", minutes)
        assert {"record": f"R{number}"} == terminal.do(
            "delivery", "record", PROJECT, lunch, *entry, *acting, "--json"
        ).json
    terminal.do("delivery", "rate", PROJECT, "R1", "5", *acting)
    sheet = terminal.folder.parent / "签到表.txt"
    sheet.write_text("签到", encoding="utf-8")
    kept = terminal.do("delivery", "evidence", PROJECT, lunch, sheet, *acting, "--json").json
    assert kept == terminal.do("delivery", "evidence", PROJECT, lunch, sheet, *acting, "--json").json
    assert next((terminal.folder / "files").rglob(kept["sha256"])).read_bytes() == sheet.read_bytes()
    (flag,) = terminal.do("delivery", "flags", PROJECT, "--json").json
    assert (flag["subject"], flag["flag"]) == ("record", "too_long")
    assert terminal.type("delivery", "clear", PROJECT, "record", "3", "--justification", " ", *acting).status == 2
    reason = ("--justification", "当日午餐后留下聊天，实际55分钟", "--minutes", "55")
    terminal.do("delivery", "clear", PROJECT, "record", str(flag["id"]), *reason, *acting)


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """Return a terminal whose installation lies in a folder of the test's own."""
    return Terminal(tmp_path / "data")


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prepare an installation with one project that stands at its survey."""
    folder = tmp_path_factory.mktemp("prepared") / "data"
    Terminal(folder).do("project", "create", SAMPLES / "charter.yaml")
    return folder


@pytest.fixture
def installation(prepared: Path, tmp_path: Path) -> Path:
    """Return a copy of the prepared installation that a test may break."""
    return Path(shutil.copytree(prepared, tmp_path / "data"))


@pytest.fixture(scope="session")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prepare an installation whose project has served its cycle and waits to be closed."""
    folder = tmp_path_factory.mktemp("delivered") / "data"
    deliver_project(Terminal(folder))
    return folder


@pytest.fixture
def at_the_end(delivered: Path, tmp_path: Path) -> Terminal:
    """Return a terminal on a copy of the project that has served its cycle."""
    return Terminal(Path(shutil.copytree(delivered, tmp_path / "data")), OVER)
