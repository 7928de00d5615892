"""Files that are broken, of another kind, or meant to hurt: each is refused by name, place and remedy, and quickly."""

from __future__ import annotations

import contextlib
import io
import os
import random
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from linkage.errors import UnreadableFile
from linkage.imports import guard
from linkage.imports.read import read_survey

HEADER = "序号,提交答卷时间,所用时间,来源,来源详情,来自IP,1、您的性别？,2、您的建议？\n"
ROW = "1,2026/10/12 9:05:01,136秒,微信,N/A,1.1.1.1(上海),女,多办活动\n"


def _workbook(rows: list[list[object]] | None = None, far: tuple[int, int] | None = None) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows if rows is not None else [HEADER.split(","), ROW.split(",")]):
            sheet.write_row(number, 0, row)
        if far:
            sheet.write_string(*far, "far away")
    return stream.getvalue()


def _repacked(change: Callable[[dict[str, bytes]], None], twice: str | None = None) -> bytes:
    with zipfile.ZipFile(io.BytesIO(_workbook())) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        if twice:
            archive.writestr(twice.upper(), parts[twice])
    return stream.getvalue()


def _bomb(parts: dict[str, bytes]) -> None:
    parts["xl/comments1.xml"] = b"<comments>" + b" " * (64 * 1024 * 1024)


def _entity(parts: dict[str, bytes]) -> None:
    parts["xl/sharedStrings.xml"] = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + parts["xl/sharedStrings.xml"]


def _late_entity(parts: dict[str, bytes]) -> None:
    at = 256 * 1024 - 4  # across the border of two pieces
    parts["xl/styles.xml"] = b" " * at + b"<!DOCTYPE x>" + parts["xl/styles.xml"]


def _utf16(parts: dict[str, bytes]) -> None:
    parts["xl/styles.xml"] = parts["xl/styles.xml"].decode().encode("utf-16")


def _nested(parts: dict[str, bytes]) -> None:
    parts["xl/worksheets/sheet1.xml"] = b"<worksheet><sheetData>" + b"<row>" * 200_000


def _plain_zip(parts: dict[str, bytes]) -> None:
    parts.clear()
    parts["survey.csv"] = HEADER.encode()


def _word(parts: dict[str, bytes]) -> None:
    parts.clear()
    parts["word/document.xml"] = b"<w/>"


def _compound(*names: str) -> bytes:
    return (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(600)
        + b"".join(name.encode("utf-16-le") for name in names)
        + bytes(600)
    )


GBK = (HEADER + ROW * 3).encode("gb18030")
GBK_BROKEN = GBK[: len(HEADER.encode("gb18030"))] + "1,2026,5秒,微信,".encode("gb18030") + b"\xff" + b"\n" + GBK
UTF8_BROKEN = (HEADER + ROW).encode() + b"2,\xe4\xb8,x\n" + ROW.encode()

CORPUS = [
    pytest.param(b"", "is empty", id="empty"),
    pytest.param(b"\xef\xbb\xbf \n\n", "is empty", id="only-a-mark"),
    pytest.param(HEADER.encode(), "no answers below", id="header-only"),
    pytest.param(_workbook()[:3000], "damaged or cut off", id="truncated-zip"),
    pytest.param(b"PK\x03\x04" + os.urandom(4), "damaged or cut off", id="only-a-zip-mark"),
    pytest.param(_repacked(_bomb), "ZIP bomb", id="zip-bomb"),
    pytest.param(b"%PDF-1.7\n" + bytes(100), "a PDF document", id="renamed-pdf"),
    pytest.param(b"\x89PNG\r\n\x1a\n", "a PNG image", id="renamed-png"),
    pytest.param(b"<html><table><tr><td>1</td></tr></table></html>", "a web page", id="renamed-html"),
    pytest.param(b"\xef\xbb\xbf\r\n<!DOCTYPE html><p>", "a web page", id="renamed-html-with-mark"),
    pytest.param(_compound("EncryptionInfo", "EncryptedPackage"), "password", id="password-xlsx"),
    pytest.param(_compound("Workbook", "_VBA_PROJECT_CUR"), "macros", id="macros-xls"),
    pytest.param(_compound("WordDocument"), "text document", id="renamed-doc"),
    pytest.param(_compound("Workbook"), "damaged", id="xls-without-content"),
    pytest.param(_compound(), "damaged or cut off", id="truncated-xls"),
    pytest.param(_repacked(_entity), "entities", id="entities"),
    pytest.param(_repacked(_late_entity), "entities", id="entity-across-pieces"),
    pytest.param(_repacked(_utf16), "not in UTF-8", id="utf16-part"),
    pytest.param(_repacked(_nested), "damaged|cannot be opened", id="nested-tags"),
    pytest.param(_repacked(lambda parts: parts.update({"xl/vbaProject.bin": b"x"})), "macros", id="macros-xlsx"),
    pytest.param(
        _repacked(lambda parts: parts.update({"xl/externalLinks/e1.xml": b"x"})), "other workbooks", id="link"
    ),
    pytest.param(_repacked(lambda parts: parts.update({"xl/embeddings/o.bin": b"x"})), "embedded", id="embedding"),
    pytest.param(_repacked(lambda parts: parts.update({"../../evil.xml": b"x"})), "points outside", id="zip-slip"),
    pytest.param(_repacked(lambda parts: parts.update({"/etc/evil.xml": b"x"})), "points outside", id="absolute-name"),
    pytest.param(_repacked(lambda _: None, twice="xl/workbook.xml"), "same name", id="duplicate-name"),
    pytest.param(
        _repacked(lambda parts: parts.update({f"xl/media/{n}.png": b"" for n in range(300)})), "parts", id="many-parts"
    ),
    pytest.param(_repacked(_plain_zip), "Unpack", id="zip-of-csv"),
    pytest.param(_repacked(_word), "text document", id="renamed-docx"),
    pytest.param(_workbook(far=(1_048_575, 16_383)), "stray cell|columns", id="two-cells-far-apart"),
    pytest.param(_workbook(far=(0, 1_199)), "200 are too many", id="200-columns-too-many"),
    pytest.param(_workbook(far=(900_000, 50)), "outside of the table", id="far-row"),
    pytest.param(_workbook([]), "without any cell", id="workbook-without-cells"),
    pytest.param(_workbook([["甲", "乙"], ["1", "2"]]), "mapping file", id="unknown-header"),
    pytest.param((HEADER + ROW).encode("utf-16")[2:], "NUL byte", id="utf16-without-mark"),
    pytest.param(HEADER.encode() + b"1,\x00,x\n", "line 2, byte offset .* NUL byte", id="nul"),
    pytest.param(
        GBK_BROKEN, rf"line 2, byte offset {GBK_BROKEN.index(0xFF)} \(0xFF\) does not fit GB18030", id="gbk-broken-byte"
    ),
    pytest.param(UTF8_BROKEN, r"line 3, byte offset \d+ \(0xE4\) does not fit UTF-8", id="utf8-broken-byte"),
    pytest.param(b"\xef\xbb\xbf" + GBK, r"line 1, byte offset 3 \(0xD0\) does not fit UTF-8", id="gbk-with-utf8-mark"),
    pytest.param(b"\xff\xfe" + HEADER.encode("utf-16-le") + b"\x00\xd8", "does not fit UTF-16", id="utf16-cut-off"),
    pytest.param((HEADER + ROW + '2,"开始\n' + ROW).encode(), "begins in line 3.*never closed", id="unclosed-quote"),
    pytest.param((HEADER + '1,"a"b,\n').encode(), "begins in line 2.*not doubled", id="stray-quote"),
    pytest.param((HEADER + "1," + "长" * 40_000 + "\n").encode(), "row 2.*32767 characters", id="long-cell"),
    pytest.param((HEADER + '1,"' + "x" * 10_000_000 + "\n").encode(), "begins in line 2", id="10-mb-line"),
    pytest.param((HEADER.strip() + ",x" * 1_192 + "\n" + ROW).encode(), "200 are too many", id="csv-200-columns"),
    pytest.param(
        (HEADER + ROW.strip() + ",x" * 200 + "\n").encode(), "row 2 has 208 cells.*200 columns too many", id="wide-row"
    ),
    pytest.param(b"\n" * 1_100_000 + HEADER.encode(), "rows", id="a-million-blank-lines"),
    pytest.param(b"just some words\nand more\n", "mapping file", id="prose"),
]


@pytest.mark.parametrize(("content", "expected"), CORPUS)
@pytest.mark.parametrize("name", ["survey.xlsx"])
def test_file_that_cannot_be_read_is_refused_with_place_and_remedy(
    tmp_path: Path, content: bytes, expected: str, name: str
) -> None:
    """Whatever the name says, the content decides; the message names the file and what is wrong."""
    path = tmp_path / name
    path.write_bytes(content)
    started = time.perf_counter()

    with pytest.raises(UnreadableFile, match=rf"(?s)survey\.xlsx: .*({expected})"):
        read_survey(path)
    assert time.perf_counter() - started < 10


def test_file_that_is_absent_or_a_folder_is_refused(tmp_path: Path) -> None:
    """A wrong path is told as such."""
    with pytest.raises(UnreadableFile, match="does not exist"):
        read_survey(tmp_path / "none.csv")
    with pytest.raises(UnreadableFile, match="is a folder"):
        read_survey(tmp_path)


def test_file_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    """Beyond 20 MiB nothing is parsed."""
    path = tmp_path / "large.csv"
    with path.open("wb") as stream:
        stream.truncate(guard.MAX_FILE_BYTES + 1)

    with pytest.raises(UnreadableFile, match="larger than 20 MiB"):
        read_survey(path)


@pytest.mark.parametrize(
    ("ending", "delimiter", "encoding"),
    [
        pytest.param("\n", ",", "utf-8", id="unix"),
        pytest.param("\r\n", ";", "utf-8-sig", id="windows-semicolon"),
        pytest.param("\r", "\t", "gb18030", id="old-mac-tab"),
        pytest.param("\r\n", "\t", "utf-16-le", id="unicode-text-of-excel"),
        pytest.param("\n", ",", "utf-16-be", id="big-endian"),
    ],
)
def test_delimited_text_reads_alike_however_it_is_written(
    tmp_path: Path, ending: str, delimiter: str, encoding: str
) -> None:
    """Line ends, delimiters and encodings are found out; a workbook's name does not matter."""
    text = (HEADER + ROW).replace("\n", ending).replace(",", delimiter)
    if encoding.startswith("utf-16-"):
        text = "\ufeff" + text
    path = tmp_path / "survey.xls"
    path.write_bytes(text.encode(encoding))
    survey_file = read_survey(path)

    assert [dict(answer.values) for answer in survey_file.answers] == [{"1": "女", "2": "多办活动"}]


def test_mixed_line_ends_blank_lines_and_a_hint_keep_row_numbers(tmp_path: Path) -> None:
    """Mixed line ends are read, blank lines count as rows but not as answers, Excel's sep= line is obeyed."""
    path = tmp_path / "survey.csv"
    lines = [
        "sep=;",
        HEADER.strip().replace(",", ";"),
        ROW.strip().replace(",", ";"),
        "",
        ROW.strip().replace(",", ";"),
    ]
    path.write_bytes(
        "\r\n".join(lines[:3]).encode() + b"\n" + lines[3].encode() + b"\n2" + lines[4][1:].encode() + b"\r"
    )
    survey_file = read_survey(path)

    assert [(answer.respondent, answer.row) for answer in survey_file.answers] == [("1", 3), ("2", 5)]


def test_invisible_marks_in_the_header_do_not_matter(tmp_path: Path) -> None:
    """Zero-width marks, no-break blanks and line breaks in titles are cleaned, so that columns are recognised."""
    path = tmp_path / "survey.csv"
    path.write_bytes(
        (HEADER + ROW).replace("序号", "\u200b序号\xa0").replace("1、您的性别？", '"1、您\n的性别？"').encode()
    )

    assert [question.key for question in read_survey(path).questions] == ["1", "2"]


def test_cells_without_a_title_are_a_problem_and_kept_raw(tmp_path: Path) -> None:
    """A stray cell right of the table is named by its column letter."""
    path = tmp_path / "survey.csv"
    path.write_bytes((HEADER + ROW.strip() + ",stray\n").encode())
    survey_file = read_survey(path)

    assert [problem.message.split(" has ")[0] for problem in survey_file.problems] == ["Column I"]
    assert survey_file.answers[0].raw["(I)"] == "stray"


def test_hidden_sheets_errors_dates_and_truth_values_are_handled(tmp_path: Path) -> None:
    """Hidden sheets are not read; a spreadsheet error is no answer; dates and truth values become text."""
    path = tmp_path / "survey.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("秘密").write_row(0, 0, ["secret"])
        sheet = book.add_worksheet("数据")
        book.get_worksheet_by_name("秘密").hide()
        sheet.activate()
        sheet.set_first_sheet()
        sheet.write_row(0, 0, ["序号", "提交答卷时间", "所用时间", "1、生日", "2、同意", "3、费用"])
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_number(1, 0, 1)
        sheet.write_number(1, 1, 46307.5, book.add_format({"num_format": "yyyy-mm-dd hh:mm"}))
        sheet.write_number(1, 3, 20000, day)
        sheet.write_boolean(1, 4, True)
        sheet.write_formula(1, 5, "=1/0", None, "#DIV/0!")
    survey_file = read_survey(path)

    assert survey_file.answers[0].values["1"] == "1954-10-03"
    assert survey_file.answers[0].submitted_at.isoformat() == "2026-10-12T04:00:00+00:00"
    assert survey_file.answers[0].values["3"] is None


def test_spreadsheet_error_in_delimited_text_is_a_problem(tmp_path: Path) -> None:
    """The text #N/A is an error of the spreadsheet and not an answer."""
    path = tmp_path / "survey.csv"
    path.write_bytes((HEADER + ROW).replace("多办活动", "#N/A").encode())
    survey_file = read_survey(path)

    assert survey_file.answers[0].values["2"] is None
    assert [(problem.row, problem.column) for problem in survey_file.problems] == [(2, "2、您的建议？")]


@pytest.mark.parametrize("seed", range(24))
def test_damaged_workbook_is_read_or_refused_and_nothing_else(tmp_path: Path, seed: int) -> None:
    """Random damage to a sound file ends in an answer or in a refusal, never in another exception."""
    draw = random.Random(seed)
    content = bytearray(_workbook() if seed % 3 else GBK)
    for _ in range(draw.randint(1, 40)):
        content[draw.randrange(len(content))] = draw.randrange(256)
    if seed % 4 == 0:
        del content[draw.randrange(len(content)) :]
    path = tmp_path / "survey.xlsx"
    path.write_bytes(content)

    with contextlib.suppress(UnreadableFile):
        read_survey(path)
