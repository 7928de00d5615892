"""Real exports, read as they are and compared with their raw cells, taken by another way than the reader's own."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import python_calamine

from linkage.imports.read import read_survey
from linkage.schemas.survey import QuestionKind, to_json

SAMPLES = Path(__file__).parents[3] / "shared" / "samples" / "survey"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real exports do not lie beside this checkout")

KINDS_2016 = {
    "1": "single",
    "2": "single",
    "3": "multi",
    "4": "single",
    "7": "open",
    "12": "ranking",
    "13": "matrix",
    "15": "single",
    "37": "single",
    "38": "single",
    "请选择省份城市与地区:": "open",
}


def _cells(name: str, sheet: int = 0) -> list[list[Any]]:
    return python_calamine.CalamineWorkbook.from_path(str(SAMPLES / name)).get_sheet_by_index(sheet).to_python()


def _read(name: str) -> dict[str, Any]:
    return json.loads(json.dumps(to_json(read_survey(SAMPLES / name))))


@pytest.mark.parametrize("name", ["wjx_2016_readable_text.xls", "wjx_2016_original_codes.xls"])
def test_2016_export_has_its_questions_kinds_and_respondents(name: str) -> None:
    """The text form and the code form of one survey have the same questions, kinds and respondents."""
    found = _read(name)

    assert {question["key"]: question["kind"] for question in found["questions"]} == KINDS_2016
    assert [answer["respondent"] for answer in found["answers"]] == ["1", "2", "3", "4"]
    assert found["respondents"] == 4
    assert found["problems"] == []


def test_2016_text_export_says_what_its_cells_say() -> None:
    """Every cell of the text form is found again in the value of its question, and (跳过) is null."""
    header, *rows = _cells("wjx_2016_readable_text.xls")
    answers = _read("wjx_2016_readable_text.xls")["answers"]
    for row, answer in zip(rows, answers, strict=True):
        values = answer["values"]
        for title, cell in list(zip(header, row, strict=True))[6:]:
            number, mark, rest = title.partition("、")
            if not mark or not number.isdigit():
                number = title.strip()
            if number in values:
                value = values[number]
                kind = KINDS_2016[number]
                if kind == "matrix":
                    value = value and value[rest.partition("—")[2]]
            else:
                kind, value = "matrix", values["13"] and values["13"][number]
            parts = value if isinstance(value, list) else [value]
            texts = [f"{part['option']}〖{part['text']}〗" if isinstance(part, dict) else part for part in parts]
            joined = {"multi": "┋", "ranking": "→"}.get(kind, "").join(texts) if value is not None else "(跳过)"
            assert joined == cell, title
    assert len(answers[1]["values"]["13"]) == 17
    assert answers[1]["values"]["3"][-1] == {"option": "其他【请注明】", "text": "柜台"}
    assert answers[1]["values"]["4"] == {"option": "其他【请注明】", "text": "你好好"}


def test_2016_code_export_agrees_with_the_text_export() -> None:
    """Choices, rankings and matrix rows of the code form name the same labels, or the codes of the same answers."""
    by_text = [answer["values"] for answer in _read("wjx_2016_readable_text.xls")["answers"]]
    by_code = [answer["values"] for answer in _read("wjx_2016_original_codes.xls")["answers"]]
    for text, code in zip(by_text, by_code, strict=True):
        labels = [part["option"] if isinstance(part, dict) else part for part in text["3"] or []]
        assert labels == (code["3"] or [])
        assert text["12"] == code["12"]
        assert text["7"] == code["7"]
        assert text["请选择省份城市与地区:"] == code["请选择省份城市与地区:"]
        assert {row: value.removesuffix("分") for row, value in (text["13"] or {}).items()} == (code["13"] or {})
        assert {key for key in text if text[key] is None} == {key for key in code if code[key] is None}
    assert [values["1"] for values in by_code] == ["1", "2", "2", "2"]
    assert [values["4"] for values in by_code] == [None, "9", None, "3"]


def test_2017_export_with_null_metadata_says_what_its_cells_say() -> None:
    """Metadata that reads NULL is no problem, numbers of respondents may start at 2, every answer is kept."""
    _, *rows = _cells("wjx_2017_null_meta_text.xls")
    survey_file = read_survey(SAMPLES / "wjx_2017_null_meta_text.xls")

    assert [question.kind for question in survey_file.questions] == [QuestionKind.SINGLE] * 3
    assert [question.title for question in survey_file.questions] == [
        "请问您的性别？",
        "请问您的年龄?",
        "请问您的最高学历是?",
    ]
    assert [[answer.respondent, *answer.values.values()] for answer in survey_file.answers] == [
        [row[0], *row[6:]] for row in rows
    ]
    assert {answer.submitted_at for answer in survey_file.answers} == {None}
    assert [answer.row for answer in survey_file.answers] == list(range(2, 206))
    assert survey_file.problems == ()


def test_kobo_export_with_chinese_labels_says_what_its_cells_say() -> None:
    """Groups, both forms of a multiple choice, a place, line breaks and quotes inside cells are read."""
    with (SAMPLES / "kobo_zh_labels_both.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))
    survey_file = read_survey(SAMPLES / "kobo_zh_labels_both.csv")
    found = to_json(survey_file)

    assert {question["key"]: question["kind"] for question in found["questions"]} == {
        "基本情况/姓名": "open",
        "基本情况/年龄段": "single",
        "基本情况/联系电话": "open",
        "需要的服务（可多选）": "multi",
        "其他需求，请说明": "open",
        "位置": "open",
        "独居年数": "number",
    }
    assert found["questions"][3]["options"] == ["助餐送餐", "陪同就医", "家电维修", "其他"]
    assert [answer["respondent"] for answer in found["answers"]] == ["u-101", "u-102", "u-103"]
    for row, answer in zip(rows, found["answers"], strict=True):
        for key, value in answer["values"].items():
            if isinstance(value, list):
                assert sorted(value) == sorted(row[key].split())
            else:
                assert ("" if value is None else str(value)) == row[key]
    assert [dict(answer.raw) for answer in survey_file.answers] == rows
    assert survey_file.answers[0].submitted_at.isoformat() == "2026-10-12T01:05:00+00:00"


def test_kobo_export_with_a_repeat_group_joins_it_to_its_respondents() -> None:
    """Each repeat stands with the respondent its _parent_index names, counted in the order of the sheet."""
    _, *members = _cells("kobo_grouped_repeatable.xlsx", 1)
    found = _read("kobo_grouped_repeatable.xlsx")
    key = "houshold_member_repeat/household_member_name"
    expected: dict[str, list[str]] = {}
    for name, _, parent in members:
        expected.setdefault(str(int(parent)), []).append(name)

    assert {question["key"]: question["kind"] for question in found["questions"]} == {
        "household_location": "open",
        key: "matrix",
    }
    assert {answer["respondent"]: list(answer["values"][key].values()) for answer in found["answers"]} == expected
    assert found["answers"][5]["values"][key]["5"] == "phillip"
    assert found["problems"] == []
