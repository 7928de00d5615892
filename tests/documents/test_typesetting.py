"""PDFs are made in a child process that cannot reach, use up or fetch anything."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from linkage.documents.fonts import wheel_folders
from linkage.documents.typesetting import Limits, PdfJob, typeset
from linkage.errors import TemplateFault

WHEN = datetime(2025, 7, 2, tzinfo=UTC)
HEAD = '#set document(title: "t")\n'


def pdf_of(templates: Path, source: str, limits: Limits | None = None) -> bytes:
    """Typeset one template of the given text."""
    templates.mkdir(exist_ok=True)
    (templates / "a.typ").write_text(HEAD + source, encoding="utf-8")
    (pdf,) = typeset([PdfJob("a.typ", {"x": "1"}, WHEN)], templates=templates, fonts=wheel_folders(), limits=limits)
    return pdf


def test_no_jobs_start_no_child(tmp_path: Path) -> None:
    """Nothing to typeset is nothing done."""
    assert typeset([], templates=tmp_path, fonts=()) == []


@pytest.mark.parametrize(
    ("source", "message"),
    [
        pytest.param("#let d = json(bytes(sys.inputs.document))\n#d.nosuch", r"a.typ, line 3: .*nosuch", id="missing"),
        pytest.param("#(", r"a.typ, line 2", id="syntax"),
        pytest.param('#read("/etc/passwd")', r"a.typ, line 2: file not found", id="absolute-path"),
        pytest.param('#read("../../etc/passwd")', r"a.typ, line 2", id="upward-path"),
        pytest.param('#import "@preview/cetz:0.3.0"', r"a.typ, line 2: .*package", id="package"),
        pytest.param("#while true {}", r"a.typ, line 2: condition is always true", id="endless-loop"),
        pytest.param("#let f(x) = f(x)\n#f(1)", r"a.typ, line \d: maximum function call depth", id="recursion"),
        pytest.param('#include "b.typ"', r"a.typ, line 2: file not found", id="link-is-not-copied"),
    ],
)
def test_template_fault_names_file_and_line(tmp_path: Path, source: str, message: str) -> None:
    """A Typst template's mistake is told with file and line; files outside, packages and links are out of reach."""
    (tmp_path / "secret.typ").write_text("secret", encoding="utf-8")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "b.typ").symlink_to(tmp_path / "secret.typ")

    with pytest.raises(TemplateFault, match=message):
        pdf_of(tmp_path / "templates", source)


@pytest.mark.parametrize(
    ("source", "limits"),
    [
        pytest.param('#("A" * 2000000000).len()', Limits(memory_bytes=700 * 1024**2), id="memory"),
        pytest.param(
            "#for a in range(9000) { for b in range(9000) { let c = a * b } }", Limits(cpu_seconds=1), id="processor"
        ),
        pytest.param("甲", Limits(wall_seconds=0), id="clock"),
    ],
)
def test_bomb_ends_the_child_only(tmp_path: Path, source: str, limits: Limits) -> None:
    """A document that uses up its limits is a fault of its template; this process lives."""
    with pytest.raises(TemplateFault, match="typesetting stopped"):
        pdf_of(tmp_path / "templates", source, limits)
