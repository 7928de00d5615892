"""What kind of question a column is taken for when only its answers can tell."""

from __future__ import annotations

import pytest

from linkage.imports.kinds import guess, is_space_joined
from linkage.schemas.survey import QuestionKind


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        pytest.param([], "open", id="nothing"),
        pytest.param(["70", "82", "65"], "number", id="ages"),
        pytest.param(["1.5", "-2", "0"], "number", id="decimals"),
        pytest.param(["2", "3", "2", "1"], "number", id="few-counts"),
        pytest.param(["1", "2", "3", "4", "5"] * 10, "single", id="scale"),
        pytest.param(["13800000001", "13900000002"], "open", id="telephones"),
        pytest.param(["007", "008"], "open", id="leading-zeros"),
        pytest.param(["2026-10-12", "2026-10-12", "2026-10-12"], "open", id="dates"),
        pytest.param(["男", "女"], "single", id="sexes"),
        pytest.param(["60-69岁", "70—79岁", "80岁及以上", "60岁以下"], "single", id="age-bands"),
        pytest.param(["非常满意", "不太满意", "一般"], "single", id="satisfaction"),
        pytest.param(["鼓楼", "和平", "鼓楼", "和平", "鼓楼"], "single", id="few-labels-again-and-again"),
        pytest.param(["王芳", "李强", "张敏"], "open", id="names"),
        pytest.param(["无"] * 20 + [f"建议{n}" for n in range(12)], "open", id="mostly-无-with-remarks"),
        pytest.param([f"第{n}栋要扶手" for n in range(200)], "open", id="remarks"),
    ],
)
def test_kind_follows_the_answers(cells: list[str], expected: str) -> None:
    """The rule of the module: dates, numbers, option-like texts, recurrence, and open otherwise."""
    assert guess(cells) is QuestionKind(expected)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        pytest.param(["meals transport", "meals", "repair meals"], True, id="names"),
        pytest.param(["助餐 陪同", "助餐", "陪同 维修 助餐"], True, id="chinese-labels"),
        pytest.param(["1 2", "2 3", "1"], True, id="codes"),
        pytest.param(["meals", "repair"], False, id="one-each"),
        pytest.param(["new york", "rocky mountains", "boston"], False, id="places"),
        pytest.param(["Very satisfied", "Not satisfied", "satisfied"], False, id="sentence-case"),
        pytest.param(["31.23 121.47 0 5", "31.24 121.47 0 5"], False, id="coordinates"),
        pytest.param(["need a doctor", "please call my son", "more light"], False, id="sentences"),
        pytest.param(["yes, yes", "yes"], False, id="punctuation"),
    ],
)
def test_joined_names_are_told_from_sentences(cells: list[str], expected: bool) -> None:
    """Names joined by blanks come again in other cells; words of a sentence hardly do."""
    assert is_space_joined(cells) is expected
