"""How answers become needs: by the options a charter maps, and free words by its keywords.

A person asks for one category once: of several statements the strongest counts (highest priority, then
quantity), and its words are kept. A keyword in a clause that denies it (不需要助餐) is no need. What fits no
keyword is left for a person and never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from linkage.rules.survey_respondent import texts
from linkage.schemas.charter_survey import NeedQuestion
from linkage.schemas.survey import Value
from linkage.terms import NeedCategory

STATED_LENGTH: Final = 200
_CLAUSE: Final = re.compile(r"[，。；、,;.!！?？\s]+")
_DENIED: Final = re.compile(r"不需要|不用|不要|不想|不必|无需|没有(?!人|谁|办法|条件|能力|力气|钱)|暂无|谢绝")
_NOTHING: Final = re.compile(
    r"(暂时?)?(无|没有|没|不需要|不用|不清楚|否|none|no|/|-|\.|。)+(了|的|需要|需求|意见|建议|什么)*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class StatedNeed:
    """One category a respondent asks for, in the words of the question that says it most strongly."""

    question_key: str
    stated: str
    category: NeedCategory
    quantity: int
    priority: int


@dataclass(frozen=True, slots=True)
class Classified:
    """What one answer to one question means.

    Parameters
    ----------
    unmapped
        Options chosen that the charter maps to no category.
    is_unclassified
        Free words were written that fit no keyword and do not say "nothing".
    """

    needs: tuple[StatedNeed, ...]
    unmapped: tuple[str, ...] = ()
    is_unclassified: bool = False


def classify(question: NeedQuestion, key: str, value: Value) -> Classified:
    """Turn one answer into needs.

    Parameters
    ----------
    key
        The question's key in the file, kept as where the need was stated.
    """
    said = [line.strip() for line in texts(value) if line.strip()]
    if not question.open:
        options = question.options or {}
        needs = tuple(_need(question, key, option, options[option]) for option in said if option in options)
        return Classified(needs, tuple(option for option in said if option not in options))
    found: dict[NeedCategory, str] = {}
    for line in said:
        for word, category in _asked(line, question.keywords or {}):
            found.setdefault(category, word)
    needs = tuple(_need(question, key, word, category) for category, word in found.items())
    return Classified(needs, is_unclassified=not found and any(not _NOTHING.fullmatch(line) for line in said))


def _need(question: NeedQuestion, key: str, stated: str, category: NeedCategory) -> StatedNeed:
    return StatedNeed(key, stated[:STATED_LENGTH], category, question.quantity, question.priority)


def _asked(line: str, keywords: dict[str, NeedCategory]) -> Iterable[tuple[str, NeedCategory]]:
    for clause in _CLAUSE.split(line):
        denied = _DENIED.search(clause)
        before = clause[: denied.start()] if denied else clause
        for word, category in keywords.items():
            if word in before:
                yield word, category


def strongest(needs: Iterable[StatedNeed]) -> tuple[StatedNeed, ...]:
    """Keep one need for each category: the most urgent statement, then the largest, then the first."""
    kept: dict[NeedCategory, StatedNeed] = {}
    for need in needs:
        known = kept.get(need.category)
        if known is None or (need.priority, need.quantity) > (known.priority, known.quantity):
            kept[need.category] = need
    return tuple(kept.values())
