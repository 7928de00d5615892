"""The repository's own promises: the arrows hold, and no file names an index host or a machine."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
INDEX_HOST = re.compile(rb"(?:files\.pythonhosted|" + rb"pypi)\.org|registry\.npm" + rb"js|deb\.debi" + rb"an\.org")
MACHINE_PATH = re.compile(rb"(?<![\w.$)}\"'])/(?:work|root|home/\w+)/")


def tracked_files() -> list[Path]:
    """List the files of the project, by git where there is a checkout."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        return [ROOT / name.decode() for name in listed.stdout.split(b"\0") if name]
    ignored = {".venv", ".tools", "data", "dist", ".git"}
    return [path for path in ROOT.rglob("*") if path.is_file() and ignored.isdisjoint(path.relative_to(ROOT).parts)]


@pytest.mark.parametrize("pattern", [INDEX_HOST, MACHINE_PATH], ids=["index-host", "machine-path"])
def test_files_are_portable(pattern: re.Pattern[bytes]) -> None:
    """No tracked file names a package index's host or a path of one machine."""
    found = [
        str(path.relative_to(ROOT)) for path in tracked_files() if path.is_file() and pattern.search(path.read_bytes())
    ]

    assert found == []


def test_import_contracts_hold() -> None:
    """The arrows of the architecture are checked on every run."""
    checked = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout


def test_every_package_module_opens_with_what_it_decides() -> None:
    """Each module of the package opens with a docstring of its own."""
    silent = []
    for package in ("linkage", "flows"):
        for path in (ROOT / package).rglob("*.py"):
            text = path.read_text(encoding="utf-8").lstrip()
            if "versions" not in path.parts and not text.startswith('"""'):
                silent.append(str(path.relative_to(ROOT)))

    assert silent == []
