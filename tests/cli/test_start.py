"""What a command loads before it answers, and what the shell's completion offers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import PROJECT, SAMPLES, environment

HEAVY = ("prefect", "ortools", "pandas", "scipy", "vl_convert", "apprise", "fastapi", "typst", "xlsxwriter")
CORE_ONLY = (*HEAVY, "sqlalchemy", "alembic", "jinja2", "numpy", "cryptography", "httpx")
REPORT = "import atexit, json, sys; atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr)); "
STARTS = [
    pytest.param(("--help",), CORE_ONLY, id="help"),
    pytest.param(("delivery", "clear", "--help"), CORE_ONLY, id="help-of-a-command"),
    pytest.param(("charter", "check", str(SAMPLES / "charter.yaml")), CORE_ONLY, id="charter-check"),
    pytest.param(("survey", "inspect", str(SAMPLES / "survey.csv"), "--json"), CORE_ONLY, id="survey-inspect"),
    pytest.param(("status",), HEAVY, id="status"),
    pytest.param(("notices",), HEAVY, id="notices"),
    pytest.param(("survey", "close", PROJECT, "--as", "centre"), HEAVY, id="a-refused-decision"),
]


@pytest.mark.parametrize(("command", "unwanted"), STARTS)
def test_a_command_loads_only_what_it_needs(
    command: tuple[str, ...], unwanted: tuple[str, ...], prepared: Path
) -> None:
    """Prefect (2 s, and it may start a server), the solvers and the printers stay out of every-day commands."""
    ended = subprocess.run(
        [sys.executable, "-c", f"{REPORT}from linkage.cli import main; main()", *command],
        capture_output=True,
        check=False,
        encoding="utf-8",
        env=environment(prepared, {}),
    )

    loaded = {name.partition(".")[0] for name in json.loads(ended.stderr.splitlines()[-1])}
    assert loaded.isdisjoint(unwanted), sorted(loaded & set(unwanted))


def _complete(words: str, position: int, folder: Path) -> list[str]:
    asked = {"_LINKAGE_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(position)}
    ended = subprocess.run(
        [sys.executable, "-c", "from linkage.cli import main; main()"],
        capture_output=True,
        check=False,
        encoding="utf-8",
        env=environment(folder, {}) | asked,
    )
    assert ended.stderr == ""
    return ended.stdout.split()


def test_the_shell_completes_commands_projects_and_stages(prepared: Path, tmp_path: Path) -> None:
    """Tab offers the projects that are here; where there is no installation it offers none and makes none."""
    assert _complete("linkage disb", 1, prepared) == ["disbursement"]
    assert _complete("linkage run el", 2, prepared) == [PROJECT]
    assert _complete("linkage run elder-care mat", 3, prepared) == ["matching"]
    assert _complete("linkage run el", 2, tmp_path / "nowhere") == []
    assert not (tmp_path / "nowhere").exists()
