"""Sample contexts, the press, and one rendering of each sample shared by the tests that only look at it."""

from __future__ import annotations

from pathlib import Path

import pytest

from linkage.documents.rendering import Press, ReportFiles, render_all
from linkage.schemas.document import DocumentContext, ListContext, SheetContext
from linkage.schemas.report import ReportContext, SummaryContext

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = Path(__file__).with_name("samples")


def _read(kind: type[DocumentContext], name: str) -> DocumentContext:
    return kind.model_validate_json((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def press() -> Press:
    """The templates of this checkout and the fonts of the wheels."""
    return Press(ROOT / "templates" / "documents")


@pytest.fixture(scope="session")
def report() -> ReportContext:
    """A final report with every section filled."""
    context = _read(ReportContext, "report")
    assert isinstance(context, ReportContext)
    return context


@pytest.fixture(scope="session")
def needs_list() -> ListContext:
    """A needs list with one cell of each format."""
    context = _read(ListContext, "list")
    assert isinstance(context, ListContext)
    return context


@pytest.fixture(scope="session")
def rendered(
    press: Press, report: ReportContext, needs_list: ListContext, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, ReportFiles]:
    """Every sample rendered once, in one child process."""
    contexts: dict[str, DocumentContext] = {
        "report": report,
        "summary": _read(SummaryContext, "summary"),
        "list": needs_list,
        "score_sheet": _read(SheetContext, "score_sheet"),
    }
    return render_all(contexts, tmp_path_factory.mktemp("rendered"), press=press)
