"""Any table read by a mapping file, and every mistake of the mapping file told at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from linkage.errors import InvalidFile, UnreadableFile
from linkage.imports.read import read_survey
from linkage.schemas.survey import OwnText, SurveyFormat
from linkage.schemas.survey_mapping import SurveyMapping

TABLE = [
    ["编号", "填表时间", "性别", "需要", "排序", "送餐", "理发", "年龄", "话", "修", "洗", "备注"],
    ["a1", "2026-10-12 09:00", "F", "A、B", "B>A", "3", "2", "71", "好", "1", "0", ""],
    ["a2", "2026/10/13", "M", "A、Z", "A", "", "", "八十", "无", "0", "0", "x"],
]
MAPPING = """
    respondent: 编号
    submitted_at: 填表时间
    blanks: [无]
    ignore: [备注]
    questions:
      - {key: gender, title: 您的性别, kind: single, column: 性别, options: {F: 女, M: 男}}
      - key: needs
        kind: multi
        column: 需要
        separator: "、"
        options:
          A: 助餐
          B: 理发
      - {key: order, kind: ranking, column: 排序, separator: ">", options: {A: 助餐, B: 理发}}
      - {key: liking, kind: matrix, columns: {餐: 送餐, 发: 理发}, options: {3: 满意, 2: 一般}}
      - {key: age, kind: number, column: 年龄}
      - {key: remark, kind: open, column: 话}
      - {key: chores, kind: multi, columns: {修理: 修, 清洗: 洗}}
"""


def _write(folder: Path, text: str) -> Path:
    path = folder / "mapping.yaml"
    path.write_text(dedent(text), encoding="utf-8")
    return path


def test_mapped_table_reads_as_the_mapping_says(tmp_path: Path, write_csv: Callable[..., Path]) -> None:
    """Codes become labels, blanks and separators are the mapping's own, and what does not fit is a problem."""
    survey_file = read_survey(write_csv(TABLE), _write(tmp_path, MAPPING))

    assert survey_file.format is SurveyFormat.MAPPING
    assert [(question.key, question.title) for question in survey_file.questions][:2] == [
        ("gender", "您的性别"),
        ("needs", "需要"),
    ]
    assert survey_file.questions[0].options == ("女", "男")
    assert survey_file.answers[0].values == {
        "gender": "女",
        "needs": ("助餐", "理发"),
        "order": ("理发", "助餐"),
        "liking": {"餐": "满意", "发": "一般"},
        "age": 71,
        "remark": "好",
        "chores": ("修理",),
    }
    assert survey_file.answers[1].values == {
        "gender": "男",
        "needs": ("助餐", "Z"),
        "order": ("助餐",),
        "liking": None,
        "age": None,
        "remark": None,
        "chores": None,
    }
    assert [(problem.row, problem.column) for problem in survey_file.problems] == [(3, "需要"), (3, "年龄")]
    assert survey_file.answers[0].submitted_at.isoformat() == "2026-10-12T01:00:00+00:00"


def test_column_the_mapping_does_not_mention_is_a_problem(tmp_path: Path, write_csv: Callable[..., Path]) -> None:
    """Unknown columns are named, one problem each, and kept with the raw row."""
    mapping = _write(tmp_path, "respondent: 编号\nquestions:\n  - {key: g, kind: single, column: 性别}\n")
    survey_file = read_survey(write_csv([row[:4] for row in TABLE]), mapping)

    assert [(problem.row, problem.column) for problem in survey_file.problems] == [(None, "填表时间"), (None, "需要")]


def test_every_mistake_of_the_mapping_is_told_at_once(tmp_path: Path, write_csv: Callable[..., Path]) -> None:
    """Ten mistakes make ten messages, each with its line: of form, of contradiction, and columns that do not exist."""
    mapping = _write(
        tmp_path,
        """\
        respondent: 编码
        zone: Europe/Berlin
        questions:
          - {key: a, kind: single, column: 性别, separator: ","}
          - {key: a, kind: multi, column: 需要}
          - {key: b, kind: matrix, column: 送餐}
          - {key: c, kind: pie, column: 理发}
          - {key: d, kind: number}
          - {key: e, kind: open, column: 话, columns: {x: 修}}
          - {key: f, kind: open, column: 备注, options: {x: y}}
          - {key: g, kind: open, column: 性别}
        """,
    )
    with pytest.raises(InvalidFile) as caught:
        read_survey(write_csv(TABLE), mapping)

    lines = [reason.partition(":")[0] for reason in caught.value.reasons]
    assert lines == [f"line {number}" for number in (1, 2, 4, 5, 5, 6, 7, 8, 9, 10, 11)]
    assert "编号" in caught.value.reasons[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", "empty", id="empty"),
        pytest.param("respondent: [", "line", id="not-yaml"),
        pytest.param("questions: []\nrespondent: 编号\n", "questions", id="no-question"),
    ],
)
def test_mapping_that_is_no_mapping_is_refused(
    tmp_path: Path, write_csv: Callable[..., Path], text: str, expected: str
) -> None:
    """A broken mapping file is refused with the place, also when the table is sound."""
    with pytest.raises(InvalidFile) as caught:
        read_survey(write_csv(TABLE), _write(tmp_path, text))

    assert expected in " ".join(caught.value.reasons)


def test_missing_mapping_is_refused(tmp_path: Path, write_csv: Callable[..., Path]) -> None:
    """A mapping file that does not exist is named."""
    with pytest.raises(UnreadableFile, match=r"none\.yaml"):
        read_survey(write_csv(TABLE), tmp_path / "none.yaml")


def test_header_below_a_title_and_a_named_sheet_are_found(tmp_path: Path, write_xlsx: Callable[..., Path]) -> None:
    """The mapping may say which sheet and which row hold the header; a blank as separator is kept."""
    sheet = [["2026年社区需求登记"], [], ["编号", "需要"], ["1", "助餐 其他〖修脚〗"]]
    mapping = _write(
        tmp_path,
        """\
        respondent: 编号
        sheet: 登记
        header_row: 3
        questions: [{key: needs, kind: multi, column: 需要, separator: " "}]
        """,
    )
    survey_file = read_survey(write_xlsx([["说明"]], sheet, names=["封面", "登记"]), mapping)

    assert survey_file.answers[0].values == {"needs": ("助餐", OwnText("其他", "修脚"))}
    assert survey_file.answers[0].row == 4
    with pytest.raises(UnreadableFile, match="封面"):
        read_survey(write_xlsx([["编号", "需要"], ["1", "a"]], names=["封面"]), mapping)


def test_mapping_has_a_json_schema_for_editors() -> None:
    """The form of the mapping file can be given to an editor."""
    schema = SurveyMapping.model_json_schema()

    assert schema["additionalProperties"] is False
    assert {"respondent", "questions"} <= set(schema["required"])
