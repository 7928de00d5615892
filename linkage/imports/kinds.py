"""Decides what kind of question a column of answers belongs to, where the export does not say.

An export carries no questionnaire, so the answers must tell. The rule, over the answered cells of one column
(n of them, d different ones), first match wins:

1. all are dates or times → open;
2. all are plain numbers (at most seven digits before the point, no leading zero) → a *scale*, read as single,
   if they are whole, between 0 and 10, and each different one was given five times on average and at
   least twenty were given; a number otherwise;
3. every one reads like an option whatever the count (是, 男, 60—69岁, 80岁及以上, 非常满意, yes) → single;
4. few different ones come again and again → single: d ≤ 40, n ≥ 1.5 d, at least half of the different ones
   given more than once, none longer than 100 characters;
5. open otherwise.

A mapping file overrules all of this. The thresholds are our own, tried on the sample files; they are wrong for an
open question that everyone answers with the same few words, and nothing is lost then: the text is the label.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

from linkage.imports.cells import is_date_like, number
from linkage.schemas.survey import QuestionKind

MAX_OPTION_COUNT: Final = 40
MAX_LABEL_CHARACTERS: Final = 100
_SCALE: Final = frozenset(map(str, range(11)))
_AMOUNT: Final = r"\d+(?:\.\d+)?(?:周?岁|年|个?月|天|次|人|元|分|小时|分钟|平方米|㎡|万元?|%)?"
_OPTION_LIKE: Final = re.compile(
    rf"{_AMOUNT}\s*(?:-|—|–|~|～|至|到)+\s*{_AMOUNT}(?:以?[上下内])?"
    rf"|[<>≤≥]\s*{_AMOUNT}|{_AMOUNT}(?:及?以上|及?以下|以内|以外|或以[上下])"
    r"|是|否|有|无|没有|不是|会|不会|能|不能|需要|不需要|愿意|不愿意|知道|不知道|不清楚|说不清|不确定|其[他它]|对|错|男性?|女性?"
    r"|(?:非常|比较|很|不太|较|十分|完全|特别|不|极其|基本)*(?:满意|同意|重要|了解|需要|符合|愿意|认同|方便|健康|支持|熟悉|关心)|一般|中立"
    r"|从不|偶尔|有时|经常|总是|每天|每周|每月|很少"
    r"|(?:yes|no|male|female|true|false|other|none|never|sometimes|often|always)",
    re.IGNORECASE,
)
_NO_NAME: Final = re.compile(r"[,.;:!?，。；：！？、]$|^[+-]?\d+\.\d+$|\n")


def guess(cells: Iterable[str]) -> QuestionKind:
    """Return single, number or open for a column that holds at most one choice per cell.

    Parameters
    ----------
    cells
        The answered cells, stripped; unanswered ones left out.
    """
    met = Counter(cells)
    if not met:
        return QuestionKind.OPEN
    answered, different = met.total(), len(met)
    if all(map(is_date_like, met)):
        return QuestionKind.OPEN
    if all(number(text) is not None for text in met):
        is_scale = met.keys() <= _SCALE and answered >= 20 and answered >= 5 * different
        return QuestionKind.SINGLE if is_scale else QuestionKind.NUMBER
    if all(_OPTION_LIKE.fullmatch(text) for text in met):
        return QuestionKind.SINGLE
    recurring = sum(1 for count in met.values() if count > 1)
    if (
        different <= MAX_OPTION_COUNT
        and answered >= 1.5 * different
        and 2 * recurring >= different
        and max(map(len, met)) <= MAX_LABEL_CHARACTERS
    ):
        return QuestionKind.SINGLE
    return QuestionKind.OPEN


def is_space_joined(cells: Iterable[str]) -> bool:
    """Tell whether cells are option names joined by blanks, as KoboToolbox and ODK write several choices.

    Decided by recurrence over the different cells, because a sentence has blanks too: some cell holds two names,
    none holds the same name twice, the names are not decimal numbers (a place), dates, or ended by punctuation,
    there are at most 40 of them, each stands in 1.5 different cells on average and at least a third of them in
    more than one. Labels in sentence case (Very satisfied) are not joined names.
    """
    different = set(cells)
    names: Counter[str] = Counter()
    several = [text for text in different if " " in text]
    if not several or all(_is_sentence_case(text) for text in several):
        return False
    for text in different:
        parts = text.split(" ")
        if len(set(parts)) < len(parts) or len(parts) > MAX_OPTION_COUNT or not all(parts):
            return False
        if any(_NO_NAME.search(part) or is_date_like(part) for part in parts):
            return False
        names.update(parts)
    recurring = sum(1 for count in names.values() if count > 1)
    return len(names) <= MAX_OPTION_COUNT and names.total() >= 1.5 * len(names) and 3 * recurring >= len(names)


def _is_sentence_case(text: str) -> bool:
    return text[:1].isupper() and text[1:] == text[1:].lower()
