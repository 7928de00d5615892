"""PDF by Typst, in a child process with CPU and memory limits, from a fresh folder holding only our files.

Several documents share one child, so that its start is paid once. What goes in is data (JSON), never markup;
packages, system fonts and files outside the folder are out of reach. This module knows no document by name.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from linkage.documents.printing import Printed
from linkage.errors import CannotWrite, TemplateFault

CHILD = Path(__file__).with_name("typesetting_child.py")
PDF_STANDARD = "a-2b"
_PLACE = re.compile(r"(?P<file>[\w./-]+\.typ):(?P<line>\d+)")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one child may use; a batch shares them."""

    cpu_seconds: int = 60
    wall_seconds: int = 180
    memory_bytes: int = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class PdfJob:
    """One document to typeset.

    Parameters
    ----------
    template
        Path of the Typst file inside the template folder (`report/report.typ`).
    document
        The printed tree (see `linkage.documents.printing`), charts as SVG text included.
    timestamp
        Written into the PDF instead of the clock, so that the same document gives the same bytes.
    """

    template: str
    document: dict[str, Printed]
    timestamp: datetime


def typeset(
    jobs: Sequence[PdfJob], *, templates: Path, fonts: Sequence[Path], limits: Limits | None = None
) -> list[bytes]:
    """Typeset documents one after another in one child.

    Parameters
    ----------
    templates
        The folder of document templates; only its `.typ` files are copied, links are not followed.
    fonts
        Folders holding fonts.

    Raises
    ------
    TemplateFault
        A template has a mistake (file, line, what), or a document used up its limits.
    CannotWrite
        The temporary folder is full.
    """
    if not jobs:
        return []
    limits = limits or Limits()
    try:
        with tempfile.TemporaryDirectory(prefix="linkage-typeset-") as name:
            folder = Path(name)
            _copy_templates(templates, folder)
            _write_order(folder, jobs, fonts, limits)
            answers, ending = _run(folder, limits)
            for number, job in enumerate(jobs):
                _check(job, answers[number] if number < len(answers) else None, ending)
            return [(folder / _output(number)).read_bytes() for number in range(len(jobs))]
    except OSError as error:
        raise CannotWrite(
            f"cannot typeset {len(jobs)} document(s): {error.strerror or error}; free some space for temporary files"
        ) from error


def _copy_templates(templates: Path, folder: Path) -> None:
    """Copy the Typst files, and nothing that a link points to."""
    for source in sorted(templates.rglob("*.typ")):
        if source.is_symlink() or not source.is_file():
            continue
        target = folder / source.relative_to(templates)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def _write_order(folder: Path, jobs: Sequence[PdfJob], fonts: Sequence[Path], limits: Limits) -> None:
    """Write what the child is to do."""
    order = {
        "fonts": [str(path) for path in fonts],
        "cpu_seconds": limits.cpu_seconds,
        "memory_bytes": limits.memory_bytes,
        "jobs": [
            {
                "template": job.template,
                "document": json.dumps(job.document, ensure_ascii=False),
                "timestamp": int(job.timestamp.timestamp()),
                "pdf_standards": PDF_STANDARD,
                "output": _output(number),
            }
            for number, job in enumerate(jobs)
        ],
    }
    (folder / "jobs.json").write_text(json.dumps(order, ensure_ascii=False), encoding="utf-8")


def _run(folder: Path, limits: Limits) -> tuple[list[dict[str, object]], str]:
    """Run the child and return its answers and, if it died, how."""
    command = [sys.executable, "-I", str(CHILD), str(folder)]
    try:
        finished = subprocess.run(  # noqa: S603 - our own program, by its path
            command,
            cwd=folder,
            env={"LANG": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=limits.wall_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        return _answers(error.stdout or b""), f"took longer than {limits.wall_seconds} s"
    if finished.returncode == 0:
        return _answers(finished.stdout), ""
    last = finished.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
    ending = (
        f"used more than {limits.cpu_seconds} CPU seconds or {limits.memory_bytes // 1024**2} MiB"
        if finished.returncode < 0
        else f"ended with status {finished.returncode} {' '.join(last)}"
    )
    return _answers(finished.stdout), ending


def _answers(output: bytes) -> list[dict[str, object]]:
    """Read the child's answers, one line each."""
    return [json.loads(line) for line in output.decode("utf-8").splitlines() if line.startswith("{")]


def _check(job: PdfJob, answer: dict[str, object] | None, ending: str) -> None:
    """Raise for a document that was not made."""
    if answer is None:
        raise TemplateFault(f"template {job.template}: typesetting stopped, it {ending or 'gave no answer'}")
    if "disk" in answer:
        raise CannotWrite(f"cannot typeset {job.template}: {answer['disk']}; free some space for temporary files")
    if "fault" in answer:
        place = _PLACE.search(str(answer["diagnostic"]))
        where = f"template {place['file']}, line {place['line']}" if place else f"template {job.template}"
        hints = answer["hints"]
        raise TemplateFault(
            f"{where}: {answer['fault']}", [str(hint) for hint in hints] if isinstance(hints, list) else ()
        )


def _output(number: int) -> str:
    """Name the PDF of a job."""
    return f"{number}.pdf"
