"""Answers become needs by the charter's options and keywords, and never by guessing."""

from __future__ import annotations

from typing import Any

import pytest

from linkage.rules.survey_needs import StatedNeed, classify, strongest
from linkage.schemas.charter_survey import NeedQuestion
from linkage.schemas.survey import OwnText, Value
from linkage.terms import NeedCategory

BY_OPTION = {"question": "需要", "priority": 2, "options": {"午餐": "meal", "送餐": "meal", "陪诊": "escort"}}
BY_WORD = {"question": "其他", "open": True, "keywords": {"吃饭": "meal", "送饭": "meal", "看病": "escort"}}


def read(question: dict[str, Any], value: Value) -> tuple[list[str], tuple[str, ...], bool]:
    """Classify one answer; return the categories, the unmapped options and whether a person must look."""
    found = classify(NeedQuestion.model_validate(question), "7", value)
    return [f"{need.category.value}:{need.stated}" for need in found.needs], found.unmapped, found.is_unclassified


@pytest.mark.parametrize(
    ("value", "needs", "unmapped"),
    [
        pytest.param("午餐", ["meal:午餐"], (), id="one"),
        pytest.param(("午餐", "陪诊"), ["meal:午餐", "escort:陪诊"], (), id="several"),
        pytest.param((" 午餐 ",), ["meal:午餐"], (), id="spaces"),
        pytest.param(("午餐", OwnText("其他", "修灯")), ["meal:午餐"], ("其他",), id="own-words"),
        pytest.param(("都不需要",), [], ("都不需要",), id="unmapped"),
        pytest.param(None, [], (), id="not-answered"),
    ],
)
def test_classify_options(value: Value, needs: list[str], unmapped: tuple[str, ...]) -> None:
    """An option becomes the category the charter gives it; one the charter does not know is told, not guessed."""
    assert read(BY_OPTION, value) == (needs, unmapped, False)


@pytest.mark.parametrize(
    ("value", "needs", "is_unclassified"),
    [
        pytest.param("没力气做，吃饭难", ["meal:吃饭"], False, id="keyword"),
        pytest.param("吃饭不方便，要有人送饭；看病也难", ["meal:吃饭", "escort:看病"], False, id="each-category-once"),
        pytest.param("不需要送饭", [], True, id="denied"),
        pytest.param("看病难，不需要送饭", ["escort:看病"], False, id="denied-in-its-own-clause"),
        pytest.param("没有人陪我看病", ["escort:看病"], False, id="nobody-to-help-is-a-need"),
        pytest.param("吃饭没有问题", ["meal:吃饭"], False, id="denial-behind-the-word-is-not-seen"),
        pytest.param("想修电视", [], True, id="no-keyword"),
        pytest.param("无", [], False, id="nothing"),
        pytest.param("暂无需求", [], False, id="nothing-in-words"),
        pytest.param("没有什么需要", [], False, id="nothing-spelt-out"),
        pytest.param("", [], False, id="empty"),
    ],
)
def test_classify_free_words(value: str, needs: list[str], is_unclassified: bool) -> None:
    """Free words are classified by keywords; what denies or fits none waits for a person."""
    assert read(BY_WORD, value) == (needs, (), is_unclassified)


def test_stated_words_are_cut_to_the_column() -> None:
    """An option longer than the column is kept as far as it fits."""
    question = {"question": "需要", "options": {"长" * 120: "meal"}}

    assert read(question, "长" * 120)[0] == [f"meal:{'长' * 120}"]


def test_strongest_keeps_one_need_for_each_category() -> None:
    """Somebody who asks for lunch twice asks for lunch once, as urgently as they said it."""
    said = [
        StatedNeed("1", "午餐", NeedCategory.MEAL, 1, 2),
        StatedNeed("2", "没人做饭", NeedCategory.MEAL, 1, 8),
        StatedNeed("3", "送饭", NeedCategory.MEAL, 1, 1),
        StatedNeed("1", "陪诊", NeedCategory.ESCORT, 1, 2),
    ]

    assert [need.stated for need in strongest(said)] == ["没人做饭", "陪诊"]
