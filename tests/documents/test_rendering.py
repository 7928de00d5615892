"""What a finished document holds, and that hostile text in it stays text."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import textwrap
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pypdf import PdfReader

from linkage.documents.rendering import Press, ReportFiles, render_all, render_list, render_report
from linkage.errors import ImpossibleFigure, TemplateFault
from linkage.schemas.document import ListContext
from linkage.schemas.report import NeedsFunnel, ReportContext

MARK = "模拟数据·演示用"
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*191 }}{% include 'x' %}",
    '#read("/etc/passwd") #panic[x]',
    ']#eval("1+1")[ $x$ *b* _i_ @a <l> `r` = h',
    "=cmd|' /C calc'!A0",
    "+SUM(1,2)",
    "@SUM(1)",
    "http://evil.example/x",
    "file:///etc/passwd",
    "</style></title></svg><svg onload=alert(1)>",
    "javascript:alert(1)",
    "\\u{1F600} \\end{document}",
)

FULL_DISK = """
    import resource, sys
    from pathlib import Path
    from linkage.documents.rendering import Press, render_report
    from linkage.errors import CannotWrite
    from linkage.schemas.report import ReportContext
    context = ReportContext.model_validate_json(Path(sys.argv[1]).read_text(encoding="utf-8"))
    allowed = int(sys.argv[4])
    resource.setrlimit(resource.RLIMIT_FSIZE, (allowed, allowed))
    try:
        render_report(context, Path(sys.argv[3]), press=Press(Path(sys.argv[2])))
    except CannotWrite as refusal:
        print(refusal.message)
        sys.exit(1)
"""


class Page(HTMLParser):
    """Collects what a browser would see: elements, attributes, text, and whether every element is closed."""

    VOID = frozenset({"meta", "br", "img", "link", "input", "hr"})

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)


def pages_of(path: Path) -> list[str]:
    """Read the text of each page of a PDF, without the spaces that typesetting puts in."""
    return [re.sub(r"[\s\u200b]+", "", page.extract_text()) for page in PdfReader(path).pages]


def hostile(report: ReportContext, text: str) -> ReportContext:
    """Put a text into every place of a report where somebody may have typed it."""
    changes = {
        "project_name": text,
        "organization": text,
        "purchaser": text,
        "communities": (text,),
        "overview": (text,),
        "warnings": (text,),
        "parties": tuple(party.model_copy(update={"name": text, "note": text}) for party in report.parties),
        "contract_units": tuple(unit.model_copy(update={"name": text}) for unit in report.contract_units),
        "duties": tuple(duty.model_copy(update={"party": text, "duty": text}) for duty in report.duties),
        "needs": report.needs.model_copy(
            update={"gaps": tuple(gap.model_copy(update={"reason": text}) for gap in report.needs.gaps)}
        ),
    }
    if report.satisfaction is not None:
        levels = tuple(level.model_copy(update={"label": text}) for level in report.satisfaction.levels)
        changes["satisfaction"] = report.satisfaction.model_copy(update={"levels": levels})
    return report.model_copy(update=changes)


@pytest.mark.parametrize("name", ["report", "summary", "list", "score_sheet"])
def test_simulated_document_is_marked_on_every_page(rendered: dict[str, ReportFiles], name: str) -> None:
    """Every page of a simulated document says so, with the seed; so does the HTML, also in print."""
    pages = pages_of(rendered[name].pdf_path)
    html = rendered[name].html_path.read_text(encoding="utf-8")

    assert pages
    assert all(f"{MARK}（随机种子20240701）" in page for page in pages)
    assert "模拟数据 · 演示用（随机种子 20240701）" in html
    assert ".simulated { position: fixed;" in html


def test_real_document_is_not_marked(press: Press, report: ReportContext, tmp_path: Path) -> None:
    """A real report carries no mark of simulation."""
    real = report.model_copy(update={"is_simulated": False, "simulation_seed": None})

    files = render_report(real, tmp_path, press=press)

    assert not any("模拟数据" in page for page in pages_of(files.pdf_path))
    assert "模拟数据" not in files.html_path.read_text(encoding="utf-8")


def test_report_pages_carry_number_check_code_and_audit_head(rendered: dict[str, ReportFiles]) -> None:
    """Each page can be placed (x of y) and verified (check code, audit head)."""
    pages = pages_of(rendered["report"].pdf_path)

    assert 5 <= len(pages) <= 9
    for number, page in enumerate(pages, start=1):
        assert f"第{number}页/共{len(pages)}页" in page
        assert "GLST-2025-7K3Q" in page
        assert "9f2c4e1ab7d05c33" in page


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param("10,328", id="person-times"),
        pytest.param("97.85", id="satisfaction"),
        pytest.param("（91/93）", id="its-n"),
        pytest.param("85.71%（6/7）", id="six-of-seven"),
        pytest.param("只开展5节，要求不少于6节", id="why-one-does-not-count"),
        pytest.param("没有具备资质的健康服务提供方", id="gap-reason"),
        pytest.param("1,235.1", id="hours"),
        pytest.param("200,000.00元", id="contract-sum"),
        pytest.param("待县民政局", id="whose-turn"),
        pytest.param(
            "每周3至4户（合同附件一，2024-06）；每周3至4次（中期汇报材料，2025-01）", id="conflicting-sources"
        ),
        pytest.param("88.40分", id="assessment"),
        pytest.param("F9", id="trace"),
        pytest.param("2025年6月30日", id="cut-off"),
        pytest.param("购买方批准", id="gate"),
    ],
)
def test_report_says_the_same_in_html_and_pdf(rendered: dict[str, ReportFiles], shown: str) -> None:
    """HTML and PDF are made of one printed tree: a value in one stands in the other."""
    pdf = "".join(pages_of(rendered["report"].pdf_path))
    html = re.sub(r"\s+", "", Page(rendered["report"].html_path.read_text(encoding="utf-8")).text)

    assert shown in pdf
    assert shown in html


@pytest.mark.parametrize("name", ["report", "summary", "list", "score_sheet"])
def test_html_is_well_formed_and_self_contained(rendered: dict[str, ReportFiles], name: str) -> None:
    """Every element is closed, ids are unique, and nothing is fetched from elsewhere."""
    page = Page(rendered[name].html_path.read_text(encoding="utf-8"))
    ids = [value for key, value in page.attributes if key == "id"]

    assert page.open == []
    assert len(ids) == len(set(ids))
    assert not {"script", "link", "img", "iframe", "object"} & set(page.elements)
    assert not [value for key, value in page.attributes if key in {"href", "src"} and not (value or "").startswith("#")]


def test_pdf_is_archival_and_titled(rendered: dict[str, ReportFiles]) -> None:
    """The report is PDF/A-2b, has its language, title and issuer, and its time is the context's, not the clock's."""
    reader = PdfReader(rendered["report"].pdf_path)

    assert reader.metadata is not None
    assert reader.metadata.title == "末期服务报告"
    assert reader.metadata.author == "侗乡社会工作服务中心"
    assert str(reader.metadata.creation_date) == "2025-07-02 01:30:00+00:00"
    assert b"<pdfaid:part>2</pdfaid:part>" in rendered["report"].pdf_path.read_bytes()


def test_same_context_gives_the_same_bytes(
    press: Press, report: ReportContext, needs_list: ListContext, rendered: dict[str, ReportFiles], tmp_path: Path
) -> None:
    """Rendering again gives the same digests for HTML, PDF and XLSX."""
    again = render_all({"report": report, "list": needs_list}, tmp_path, press=press)

    assert again["report"].sha256s == rendered["report"].sha256s
    assert again["list"].sha256s == rendered["list"].sha256s


def test_hostile_text_stays_text(press: Press, report: ReportContext, tmp_path: Path) -> None:
    """Markup of HTML, Jinja2, Typst and spreadsheets in a name is printed letter by letter and does nothing."""
    files = render_all(
        {f"r{number}": hostile(report, text) for number, text in enumerate(HOSTILE)}, tmp_path, press=press
    )

    for number, text in enumerate(HOSTILE):
        html = files[f"r{number}"].html_path.read_text(encoding="utf-8")
        page = Page(html)
        assert text in page.text
        assert page.open == []
        assert not {"script", "img"} & set(page.elements)
        assert not [key for key, _ in page.attributes if key.startswith("on")]
        pdf = "".join(pages_of(files[f"r{number}"].pdf_path))
        assert re.sub(r"\s+", "", text) in pdf
        assert "1337" not in pdf
        assert "root:" not in pdf
        assert b"/URI" not in files[f"r{number}"].pdf_path.read_bytes()


def test_characters_without_glyph_are_reported_and_marked(press: Press, report: ReportContext, tmp_path: Path) -> None:
    """A character our fonts lack stands as 〓 in the PDF, as itself in the HTML, and is reported."""
    files = render_report(report.model_copy(update={"purchaser": "阿𠮷ॐ局"}), tmp_path, press=press)

    assert files.missing_characters == ("ॐ",)
    assert "阿𠮷〓局" in pages_of(files.pdf_path)[0]
    assert "阿𠮷ॐ局" in files.html_path.read_text(encoding="utf-8")


def test_report_without_anything_to_show_still_renders(press: Press, report: ReportContext, tmp_path: Path) -> None:
    """A project's first day: no units, records, needs, answers or money; the report says so instead of failing."""
    empty = report.model_copy(
        update={
            "overview": (), "warnings": (), "parties": (), "key_figures": (), "contract_units": (), "monthly": (),
            "needs": NeedsFunnel(asked_count=0, matched_count=0, accepted_count=0, met_count=0, unmet_count=0),
            "satisfaction": None, "volunteers": None, "budget": (), "tranches": (), "duties": (), "assessment": None,
            "conflicts": (), "figures": (), "linkage_mode": None, "audit_head": None,
        }
    )  # fmt: skip

    files = render_report(empty, tmp_path, press=press)

    text = "".join(pages_of(files.pdf_path))
    assert "本期还没有服务记录" in text
    assert "本期还没有登记需求" in text
    assert Page(files.html_path.read_text(encoding="utf-8")).open == []


def test_impossible_percentage_is_refused_before_any_page(press: Press, report: ReportContext, tmp_path: Path) -> None:
    """97.85 % of 92 answers is not printed; the refusal names the figure."""
    wrong = report.key_figures[3].model_copy(update={"numerator": None, "denominator": None, "n_responses": 92})

    with pytest.raises(ImpossibleFigure) as refusal:
        render_report(report.model_copy(update={"figures": (wrong,)}), tmp_path / "out", press=press)

    assert refusal.value.reasons == ("F4 satisfaction: 97.85% cannot come from n=92",)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("file", "line", "broken", "message"),
    [
        pytest.param(
            "report/report.html.j2", 30, "{{ document.nosuch }}", r"report/report.html.j2, line 30: .*nosuch", id="html"
        ),
        pytest.param(
            "page.html.j2", 5, "{{ nosuch.x }}", r"page.html.j2, line 5: 'nosuch' is undefined", id="html-base"
        ),
        pytest.param("report/report.html.j2", 30, "{% endfor %}", r"report/report.html.j2, line \d+", id="html-syntax"),
        pytest.param("report/report.typ", 5, "#doc.nosuch", r"report/report.typ, line 5: .*nosuch", id="typst"),
        pytest.param("common.typ", 3, "#let x = nosuch", r"common.typ, line 3: .*nosuch", id="typst-common"),
    ],
)
def test_template_fault_names_file_and_line(
    press: Press, report: ReportContext, tmp_path: Path, file: str, line: int, broken: str, message: str
) -> None:
    """A missing variable or a broken template is told with file and line, and nothing is written."""
    shutil.copytree(press.templates, tmp_path / "templates")
    lines = (tmp_path / "templates" / file).read_text(encoding="utf-8").splitlines()
    lines.insert(line - 1, broken)
    (tmp_path / "templates" / file).write_text("\n".join(lines), encoding="utf-8")

    with pytest.raises(TemplateFault, match=message):
        render_report(report, tmp_path / "out", press=Press(tmp_path / "templates"))

    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("allowed", [1_000, 60_000, 150_000], ids=["at-once", "before-typesetting", "in-the-child"])
def test_full_disk_leaves_no_report_and_no_temporary_file(press: Press, tmp_path: Path, allowed: int) -> None:
    """A disk that fills at any moment of rendering is told as such, and neither report nor temporary file stays."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    sample = Path(__file__).with_name("samples") / "report.json"
    arguments = [str(sample), str(press.templates), str(tmp_path / "out"), str(allowed)]

    finished = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FULL_DISK), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"TMPDIR": str(temporary), "PYTHONDONTWRITEBYTECODE": "1"},
    )

    assert finished.returncode == 1, finished.stderr
    assert "cannot " in finished.stdout
    assert list(temporary.iterdir()) == []
    assert not (tmp_path / "out").exists() or list((tmp_path / "out").iterdir()) == []


def test_long_list_repeats_its_heading(press: Press, needs_list: ListContext, tmp_path: Path) -> None:
    """A list of several pages repeats the column headings and numbers its pages."""
    files = render_list(needs_list.model_copy(update={"rows": needs_list.rows * 60}), tmp_path, press=press)

    pages = pages_of(files.pdf_path)
    assert len(pages) > 2
    assert all("估算经费" in page for page in pages)
    assert "共120行" in pages[0]


def test_long_code_stays_readable_in_its_column(rendered: dict[str, ReportFiles]) -> None:
    """An 18-digit number keeps every digit in the PDF though it breaks inside its column."""
    assert "001234567890123456" in "".join(pages_of(rendered["list"].pdf_path))
