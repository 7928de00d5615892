"""Reads exports of 问卷星, by option text (按选项文本) and by option code (按选项序号).

Metadata comes first in an order that varies by year; then the questions, `3、题目`, whose numbers may jump, and
columns without a number. By text, several choices are joined by ┋, a ranking by →, an option's own words stand in
〖〗. By code, a choice is its number, several choices and rankings have one column per option, `第3题(选项)`;
-3 is skipped and -2 empty. A matrix has its first row in the numbered column, `13、题干—行1`, and its other rows in
the columns without number that follow. The format is described by no document we know of; all of this was seen in
exports of 2016, 2017 and later.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from linkage.imports.assembly import assemble, moments
from linkage.imports.cells import CHINA
from linkage.imports.columns import Cells, Column, Reading, checked, joined, matrix, plain, ranked
from linkage.imports.kinds import guess
from linkage.imports.table import Sheet
from linkage.schemas.survey import QuestionKind, SurveyFile, SurveyFormat

RESPONDENT: Final = "序号"
SUBMITTED: Final = "提交答卷时间"
METADATA: Final = frozenset(
    {RESPONDENT, SUBMITTED, "所用时间", "来自IP", "来源", "来源详情", "总分", "开始答卷时间", "答卷状态", "自定义字段"}
)
BLANKS: Final = frozenset({"", "(跳过)", "（跳过）", "(空)", "（空）", "NULL"})
CODE_BLANKS: Final = BLANKS | {"-2", "-3"}
MAX_CODE: Final = 40  # a whole number above it is an answer and not the code of an option

_NUMBERED: Final = re.compile(r"\*?\s*[Qq]?(\d{1,4})\s*(?:[、:：．]|\.(?!\d))\s*(.*)", re.DOTALL)
_BY_CODE: Final = re.compile(r"第\s*(\d{1,4})\s*题[、:：.]?\s*(.*)|(\d{1,4})(\(.*\))", re.DOTALL)
_OPTION_COLUMN: Final = re.compile(r"第\s*\d{1,4}\s*题\s*\(.*\)|\d{1,4}\(.*\)", re.DOTALL)
_ANNOTATION: Final = re.compile(r"[(（\[【]\s*(单选|多选|填空|简答|问答|排序|矩阵|量表|评分|下拉|判断|比重)")
_SEPARATOR: Final = re.compile(r"(?<!—)(?:(?<!\d)—|—(?!\d))(?!—)")  # neither —— nor 60—69
_BETWEEN_CHOICES: Final = re.compile(r"┋(?![^〖]*〗)")
_BETWEEN_RANKS: Final = re.compile(r"→(?![^〖]*〗)")
_DIGITS: Final = re.compile(r"\d+")
_ANNOTATED: Final = {
    "单选": QuestionKind.SINGLE,
    "下拉": QuestionKind.SINGLE,
    "判断": QuestionKind.SINGLE,
    "量表": QuestionKind.SINGLE,
    "评分": QuestionKind.SINGLE,
    "多选": QuestionKind.MULTI,
    "排序": QuestionKind.RANKING,
}


@dataclass(slots=True)
class _Block:
    """A question's columns: those with its number, then those without number that follow."""

    number: str | None
    numbered: list[tuple[int, str]] = field(default_factory=list)
    following: list[int] = field(default_factory=list)


def is_wenjuanxing(header: tuple[str, ...]) -> bool:
    """Tell from the header whether the sheet is an export of 问卷星."""
    titles = set(header)
    return (RESPONDENT in titles and bool(titles & {SUBMITTED, "所用时间"})) or len(titles & METADATA) >= 4


def read(source: str, sheet: Sheet) -> SurveyFile:
    """Read a sheet whose header is that of 问卷星."""
    by_code = _is_by_code(sheet)
    column = Column(sheet, CODE_BLANKS if by_code else BLANKS)
    reader = _Reader(column, by_code=by_code)
    readings = [reading for block in _blocks(sheet.header) for reading in reader.block(block)]
    titles = list(sheet.header)
    metadata = Column(sheet, BLANKS)
    submitted_at = moments(metadata, titles.index(SUBMITTED) if SUBMITTED in titles else None, CHINA)
    column.problems += [each for each in metadata.problems if each not in column.problems]
    return assemble(
        source,
        SurveyFormat.WENJUANXING_CODE if by_code else SurveyFormat.WENJUANXING_TEXT,
        column,
        readings,
        respondent_index=titles.index(RESPONDENT) if RESPONDENT in titles else 0,
        submitted_at=submitted_at,
    )


def _is_by_code(sheet: Sheet) -> bool:
    """Tell the two forms apart: by columns `第3题(选项)`, by their marks, else by half of the columns being codes."""
    if any(_OPTION_COLUMN.fullmatch(title) for title in sheet.header):
        return True
    columns = [sheet.column(i) for i, title in enumerate(sheet.header) if title and title not in METADATA]
    cells = {text for column in columns for text in set(column)}
    if "(跳过)" in cells:
        return False
    if "-3" in cells or "-2" in cells:
        return True
    if any(mark in text for text in cells for mark in "┋→"):
        return False
    answered = [met for column in columns if (met := [text.strip() for text in column if text.strip()])]
    worded = [met for met in answered if not all(map(_is_code, set(met)))]
    coded = len(answered) - len(worded)
    return coded >= 2 and coded >= len(worded) and all(guess(met) is not QuestionKind.SINGLE for met in worded)


def _blocks(header: tuple[str, ...]) -> list[_Block]:
    blocks: list[_Block] = []
    for index, title in enumerate(header):
        if title in METADATA or not title:
            continue
        found = _BY_CODE.fullmatch(title) or _NUMBERED.fullmatch(title)
        if found is None:
            if not blocks:
                blocks.append(_Block(None))
            blocks[-1].following.append(index)
            continue
        groups = [group for group in found.groups() if group is not None]
        number, rest = groups[0], groups[1]
        last = blocks[-1] if blocks else None
        if last is None or last.number != number or last.following:
            last = _Block(number)
            blocks.append(last)
        last.numbered.append((index, rest))
    return blocks


class _Reader:
    """Reads blocks of columns of one sheet."""

    def __init__(self, column: Column, *, by_code: bool) -> None:
        self.column = column
        self.by_code = by_code

    def block(self, block: _Block) -> list[Reading]:
        readings: list[Reading] = []
        following = block.following
        if block.number is not None:
            if len(block.numbered) > 1:
                readings = self._group(block.number, block.numbered)
            else:
                index, rest = block.numbered[0]
                rows = self._matrix_rows(index, rest, following)
                if rows is None:
                    readings = [self._single_column(block.number, rest, index)]
                else:
                    title, cells, following = rows
                    readings = [self._matrix(block.number, title, cells)]
        header = self.column.sheet.header
        return readings + [self._single_column(header[index], header[index], index) for index in following]

    def _single_column(self, key: str, rest: str, index: int) -> Reading:
        title = rest.strip() or f"第{key}题"
        cells = self.column.cells(index)
        answered = [text for text in cells if text is not None]
        annotated = _ANNOTATION.search(title)
        is_free = annotated is not None and annotated[1] in {"填空", "简答", "问答"}
        kind = _ANNOTATED.get(annotated[1]) if annotated else None
        if not is_free:
            if kind is QuestionKind.MULTI or any("┋" in text for text in set(answered)):
                return joined(key, title, cells, kind=QuestionKind.MULTI, split=_BETWEEN_CHOICES.split)
            ordered = sum("→" in text for text in answered)
            if kind is QuestionKind.RANKING or (ordered and 2 * ordered >= len(answered)):
                return joined(key, title, cells, kind=QuestionKind.RANKING, split=_BETWEEN_RANKS.split)
            if kind is None and self.by_code and answered and all(map(_is_code, set(answered))):
                kind = QuestionKind.SINGLE
        elif guess(answered) is QuestionKind.NUMBER:
            kind = QuestionKind.NUMBER
        else:
            kind = QuestionKind.OPEN
        return plain(key, title, cells, kind)

    def _group(self, number: str, numbered: list[tuple[int, str]]) -> list[Reading]:
        """Read columns that share a number: the options of a question, or the rows of a matrix."""
        title, labels = _split_labels([rest for _, rest in numbered])
        if labels is None:
            return [self._single_column(number, rest, index) for index, rest in numbered]
        title = title or f"第{number}题"
        columns = {name: self.column.cells(index) for name, (index, _) in zip(labels, numbered, strict=True)}
        met = {text for cells in columns.values() for text in cells if text is not None}
        if any(_SEPARATOR.search(rest) for _, rest in numbered) or "矩阵" in title:
            return [self._matrix(number, title, columns)]
        numbers = {int(text) for text in met if _DIGITS.fullmatch(text)}
        worded = sum(1 for cells in columns.values() if any(text and not _DIGITS.fullmatch(text) for text in cells))
        if 3 * worded > len(columns) or max(numbers, default=0) > len(columns):
            return [self._matrix(number, title, columns)]
        is_ranking = any(rank > 1 for rank in numbers) or (0 not in numbers and self._has_empty(numbered))
        if not is_ranking:
            return [checked(number, title, columns)]
        reading, wrong = ranked(number, title, columns)
        for row, message in wrong:
            self.column.complain(row, numbered[0][0], f"{message} in question {number}; correct the ranks of this row")
        return [reading]

    def _has_empty(self, numbered: list[tuple[int, str]]) -> bool:
        """Tell whether options are marked -2, as unranked ones are; unchosen ones of several choices are 0."""
        return any("-2" in set(self.column.sheet.column(index)) for index, _ in numbered)

    def _matrix(self, key: str, title: str, rows: dict[str, Cells]) -> Reading:
        return matrix(key, title.strip(), rows, split=_BETWEEN_CHOICES.split)

    def _matrix_rows(
        self, index: int, rest: str, following: list[int]
    ) -> tuple[str, dict[str, Cells], list[int]] | None:
        """Return title, rows and the columns left over if the question is a matrix; None if it is not."""
        separators = list(_SEPARATOR.finditer(rest))
        if not separators:
            return None
        at = separators[-1]
        header = self.column.sheet.header
        first = self.column.cells(index)
        rows = {rest[at.end() :].strip() or rest: first}
        taken = 0
        for position in following:
            cells = self.column.cells(position)
            if not _continues(header[position], cells, rows):
                break
            name = header[position]
            rows[name if name not in rows else f"{name} ({position + 1})"] = cells
            taken += 1
        if not taken and "矩阵" not in rest:
            return None
        return rest[: at.start()], rows, following[taken:]


def _continues(title: str, cells: Cells, rows: dict[str, Cells]) -> bool:
    """Tell whether a column without number is a further row of the matrix before it, or a question of its own.

    Rows of a choice share their answers, compared with digits masked: 3分 and 4分 are of one scale. Where nothing is
    shared (several blanks, or few respondents) it is a row if it does not read like a question, has the matrix's
    kind of answers if those are choices, and is answered by exactly those who answered the first row.
    """
    before = next(iter(rows.values()))
    answered = [text for text in cells if text is not None]
    earlier = [text for row in rows.values() for text in row if text is not None]
    own = {_DIGITS.sub("#", text) for text in set(answered)}
    shared = {_DIGITS.sub("#", text) for text in set(earlier)}
    if own & shared:
        return True
    if title.endswith(("?", "？", ":", "：")) or title.startswith(("您", "你", "请")):
        return False
    if not own or not shared:
        return True
    if guess(earlier) is QuestionKind.SINGLE and guess(answered) is not QuestionKind.SINGLE:
        return False
    return all((one is None) == (other is None) for one, other in zip(cells, before, strict=True))


def _is_code(text: str) -> bool:
    return "〖" in text or (text.isdecimal() and int(text) <= MAX_CODE and (text == "0" or text[0] != "0"))


def _split_labels(rests: list[str]) -> tuple[str, list[str] | None]:
    """Split `题干` and labels from titles of one number; no labels if the titles have nothing in common.

    Three forms are met: `(选项)`, `题干(选项)` or `题干:选项`, and `题干—行`.
    """
    if all(rest.startswith("(") and rest.endswith(")") for rest in rests):
        labels = [rest[1:-1].strip() for rest in rests]
        return "", _distinct(labels)
    common = _common_prefix(rests)
    for marks in ("—", "(（", ":：", "_", "-"):
        cut = max(common.rfind(mark) for mark in marks)
        is_bracketed = marks == "(（"
        if cut < 0 or (is_bracketed and not all(rest.rstrip().endswith((")", "）")) for rest in rests)):
            continue
        names = [rest[cut + 1 :].strip() for rest in rests]
        return common[:cut].strip(), _distinct([name[:-1].strip() for name in names] if is_bracketed else names)
    return "", None


def _distinct(labels: list[str]) -> list[str]:
    met: dict[str, int] = {}
    distinct = []
    for name in labels:
        met[name] = met.get(name, 0) + 1
        distinct.append(name if met[name] == 1 else f"{name} ({met[name]})")
    return distinct


def _common_prefix(texts: list[str]) -> str:
    low, high = min(texts), max(texts)
    length = next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), min(len(low), len(high)))
    return low[:length]
