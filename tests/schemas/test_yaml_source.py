"""The YAML door: plain values with lines, and everything dangerous refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from linkage.schemas.yaml_source import LONGEST_SOURCE_CHARACTERS, read_yaml

REFUSED = {
    "tab": ("a:\n\tb: 1\n", 2, "a tab is used for indentation"),
    "full-width-colon": ("a: 1\nb：1\nc: 2\n", 2, "full-width"),
    "unclosed-quote": ("a: 1\nb: 'x\nc: 2\n", 2, "never closed"),
    "unclosed-bracket": ("a: [1, 2\nb: 3\n", 2, "breaks off here"),
    "two-colons": ("a: 1\nb: c: d\n", 2, "stands where no key is expected"),
    "second-document": ("a: 1\n---\nb: 2\n", 2, "a second document"),
    "alias": ("a: &x [1]\nb: *x\n", 2, "alias '*x' is not followed"),
    "tag": ("a: 1\nb: !!python/object/apply:os.system [ls]\n", 2, "is not allowed"),
    "duplicate-key": ("a: 1\nb: 2\na: 3\n", 3, "already used on line 1"),
    "dash-forgotten": ("l:\n  - a: 1\n    b: 2\n    a: 3\n    b: 4\n", 4, "is a '- ' missing before this entry?"),
    "key-is-a-list": ("a: 1\n? [b, c]\n: 3\n", 2, "a key must be a plain word"),
    "too-deep": ("a: 1\nb: " + "[" * 2000, 2, "nested more than"),
    "control-character": ("a: 1\nb: \x07\n", 2, "0x0007"),
    "gbk": ("a: 1\nb: 鼓楼\n".encode("gbk"), 2, "it looks like GBK; save the file as UTF-8"),
    "broken-bytes": (b"a: 1\nb: \xff\xff\xff\n", 2, "is not UTF-8; save"),
    "utf-16": ("a: 1\n".encode("utf-16"), 1, "UTF-16"),
    "too-long": ("# " + "x" * LONGEST_SOURCE_CHARACTERS, 1, "at most 1,000,000"),
    "unknown-yaml-version": ("%YAML 3.0\n---\na: 1\n", 1, "breaks off here"),
}


@pytest.mark.parametrize(("text", "line", "part"), REFUSED.values(), ids=REFUSED.keys())
def test_hostile_or_broken_text_is_one_problem_with_its_line(text, line, part):
    """What cannot be read safely comes back as one problem that names the line and the remedy."""
    problems = read_yaml(text).problems

    assert [line] == [problem.line for problem in problems]
    assert part in problems[0].message


def test_alias_bomb_is_not_expanded():
    """Nine levels of nine aliases would be 387 million values; each alias is refused instead."""
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]

    source = read_yaml("\n".join(levels))

    assert len(source.problems) == 81
    assert source.value["a9"] == [None] * 9


def test_values_are_plain_and_exact():
    """Numbers with a point become exact decimals, days become dates, codes with leading zeros stay text."""
    text = "i: 12\nd: 0.10\nday: 2024-07-01\nno_day: 2024-02-30\ncode: 007\nt: true\nyes_word: yes\nn: ~\nq: '12'\nclock: 10:30\n"

    expected = {
        "i": 12, "d": Decimal("0.10"), "day": date(2024, 7, 1), "no_day": "2024-02-30", "code": "007",
        "t": True, "yes_word": "yes", "n": None, "q": "12", "clock": "10:30",
    }  # fmt: skip
    assert expected == read_yaml(text).value


def test_lines_lead_to_keys_and_items():
    """Every key and list item has its line; what has none takes its parent's."""
    source = read_yaml("# head\na:\n  - b: 1\n    c: 2\n  - d\n")

    assert [source.line(place) for place in (("a",), ("a", 0, "b"), ("a", 0, "c"), ("a", 1), ("a", 0, "missing"))] == [
        2,
        3,
        4,
        5,
        3,
    ]


def test_byte_order_mark_is_dropped():
    """Windows editors put a mark before the text; it is no part of the first key."""
    assert read_yaml("\ufeffa: 1".encode()).value == {"a": 1}
