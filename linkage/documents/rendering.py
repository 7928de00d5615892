"""Finished documents from contexts: reports, summaries, lists and score sheets, as HTML, PDF and XLSX.

This module knows which template makes which kind of paper, which charts stand in it and what its files are
called. All files of one call are typeset in one child process and appear together or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from markupsafe import Markup

from linkage.documents import charts
from linkage.documents.environment import render_page, render_text
from linkage.documents.fonts import MISSING_GLYPH, coverage, missing_characters, texts_of, wheel_folders
from linkage.documents.printing import Printed, printed_context
from linkage.documents.spreadsheets import list_workbook
from linkage.documents.typesetting import Limits, PdfJob, typeset
from linkage.documents.writing import write_whole
from linkage.schemas.document import DocumentContext, ListContext, SheetContext
from linkage.schemas.report import ReportContext, SummaryContext


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """The files of one document.

    Parameters
    ----------
    sha256s
        File name to SHA-256 in hexadecimal, for every file of the document.
    missing_characters
        Characters our fonts cannot print; they stand as 〓 in the PDF and as themselves elsewhere.
    """

    html_path: Path
    pdf_path: Path
    xlsx_path: Path | None
    sha256s: Mapping[str, str]
    missing_characters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Press:
    """Where templates and fonts are, and what a child process may use.

    Parameters
    ----------
    templates
        The folder of document templates (`templates/documents`).
    fonts
        Folders with fonts; the installed wheels if empty.
    """

    templates: Path
    fonts: tuple[Path, ...] = ()
    limits: Limits = field(default_factory=Limits)

    def font_folders(self) -> tuple[Path, ...]:
        """Return the folders fonts are taken from."""
        return self.fonts or wheel_folders()


def render_report(context: ReportContext, folder: Path, *, press: Press, stem: str = "report") -> ReportFiles:
    """Render the purchaser's report as HTML and PDF.

    Parameters
    ----------
    folder
        Where `<stem>.html` and `<stem>.pdf` are put; made if it does not exist.

    Raises
    ------
    ImpossibleFigure
        A percentage cannot come from its n.
    TemplateFault
        A template has a mistake.
    CannotWrite
        The disk is full or the folder may not be written; nothing new stands there.
    """
    return render_all({stem: context}, folder, press=press)[stem]


def render_summary(context: SummaryContext, folder: Path, *, press: Press, stem: str = "summary") -> ReportFiles:
    """Render a community's summary as HTML and PDF; raises as `render_report`."""
    return render_all({stem: context}, folder, press=press)[stem]


def render_list(context: ListContext, folder: Path, *, press: Press, stem: str = "list") -> ReportFiles:
    """Render a list as HTML, PDF and XLSX; raises as `render_report`."""
    return render_all({stem: context}, folder, press=press)[stem]


def render_sheet(context: SheetContext, folder: Path, *, press: Press, stem: str = "score_sheet") -> ReportFiles:
    """Render a score sheet as HTML and PDF; raises as `render_report`."""
    return render_all({stem: context}, folder, press=press)[stem]


def render_all(contexts: Mapping[str, DocumentContext], folder: Path, *, press: Press) -> dict[str, ReportFiles]:
    """Render several documents into one folder; the PDFs share one child process.

    Parameters
    ----------
    contexts
        File stem to context; the context's class chooses the template.

    Raises
    ------
    ImpossibleFigure, TemplateFault, CannotWrite
        As `render_report`; then none of the files was written.
    """
    covered = coverage(press.font_folders())
    contents: dict[str, bytes] = {}
    jobs: dict[str, PdfJob] = {}
    missing: dict[str, tuple[str, ...]] = {}
    for stem, context in contexts.items():
        name = _template_name(context)
        printed = printed_context(context)
        drawings = _charts(context)
        missing[stem] = missing_characters(texts_of(printed), covered)
        contents[f"{stem}.html"] = _page(press.templates, name, printed, drawings)
        if isinstance(context, ListContext):
            contents[f"{stem}.xlsx"] = list_workbook(context, _marks(press.templates, printed))
        document = _with_marks(printed | {"charts": dict(drawings)}, missing[stem])
        jobs[stem] = PdfJob(f"{name}/{name}.typ", document, context.generated_at)
    pdfs = typeset(list(jobs.values()), templates=press.templates, fonts=press.font_folders(), limits=press.limits)
    contents |= {f"{stem}.pdf": pdf for stem, pdf in zip(jobs, pdfs, strict=True)}
    sha256s = write_whole(folder, contents)
    return {stem: _files(folder, stem, sha256s, missing[stem]) for stem in contexts}


def render_registers(contexts: Mapping[str, ListContext], folder: Path, *, press: Press) -> list[str]:
    """Render registers as XLSX only: thousands of rows are searched on a screen, not read on paper.

    Returns
    -------
    list[str]
        The names of the files, all of which were written or none.

    Raises
    ------
    TemplateFault, CannotWrite
        As `render_report`.
    """
    contents: dict[str, bytes] = {}
    for stem, context in contexts.items():
        head = printed_context(context.model_copy(update={"rows": ()}))
        contents[f"{stem}.xlsx"] = list_workbook(context, _marks(press.templates, head))
    return list(write_whole(folder, contents))


_TEMPLATES: Sequence[tuple[type[DocumentContext], str]] = (
    (ReportContext, "report"),
    (SummaryContext, "summary"),
    (ListContext, "list"),
    (SheetContext, "score_sheet"),
)


def _template_name(context: DocumentContext) -> str:
    """Choose the template folder of a context."""
    for kind, name in _TEMPLATES:
        if isinstance(context, kind):
            return name
    raise TypeError(f"{type(context).__name__} has no document template; add one to the list above")


def _charts(context: DocumentContext) -> dict[str, str]:
    """Draw the charts that a context has something to show for."""
    drawings: dict[str, str] = {}
    if isinstance(context, ReportContext | SummaryContext):
        if any(month.person_times for month in context.monthly):
            drawings["monthly"] = charts.monthly_chart(context.monthly)
        if context.needs is not None and context.needs.asked_count:
            drawings["needs"] = charts.needs_chart(context.needs)
    if isinstance(context, ReportContext) and context.satisfaction is not None:
        drawings["satisfaction"] = charts.satisfaction_chart(context.satisfaction)
    return drawings


def _page(templates: Path, name: str, printed: Mapping[str, Printed], drawings: Mapping[str, str]) -> bytes:
    """Render the HTML; only our own charts go in unescaped."""
    values: dict[str, object] = {
        "document": printed,
        "charts": {chart: Markup(svg) for chart, svg in drawings.items()},  # noqa: S704 - made by charts.py, labels escaped
    }
    return render_page(templates, f"{name}/{name}.html.j2", values).encode("utf-8")


def _marks(templates: Path, printed: Mapping[str, Printed]) -> tuple[str, ...]:
    """Write the lines above a workbook's table."""
    return tuple(render_text(templates, "list/marks.txt.j2", {"document": printed}).splitlines())


def _with_marks(printed: dict[str, Printed], missing: Iterable[str]) -> dict[str, Printed]:
    """Put 〓 where a character has no glyph."""
    table = str.maketrans(dict.fromkeys(missing, MISSING_GLYPH))
    if not table:
        return printed
    return {name: _replaced(value, lambda text: text.translate(table)) for name, value in printed.items()}


def _replaced(value: Printed, change: Callable[[str], str]) -> Printed:
    """Change every text of a printed tree."""
    match value:
        case str():
            return change(value)
        case list():
            return [_replaced(item, change) for item in value]
        case dict():
            return {name: _replaced(item, change) for name, item in value.items()}
        case _:
            return value


def _files(folder: Path, stem: str, sha256s: Mapping[str, str], missing: tuple[str, ...]) -> ReportFiles:
    """Name the files of one document."""
    own = {f"{stem}.{suffix}" for suffix in ("html", "pdf", "xlsx")}
    return ReportFiles(
        html_path=folder / f"{stem}.html",
        pdf_path=folder / f"{stem}.pdf",
        xlsx_path=folder / f"{stem}.xlsx" if f"{stem}.xlsx" in sha256s else None,
        sha256s={name: digest for name, digest in sha256s.items() if name in own},
        missing_characters=missing,
    )
