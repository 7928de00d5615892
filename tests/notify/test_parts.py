"""Texts are cut by UTF-8 bytes, without tearing a character or losing a word."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.notify.parts import in_parts

_MARK = re.compile(r"\A（\d+/\d+）\n")


def test_short_text_stays_whole() -> None:
    """A text that fits is sent as it is, without a mark."""
    assert in_parts("您好\n请确认。\n", 2048) == ("您好\n请确认。",)


def test_long_text_is_cut_at_line_ends_and_marked() -> None:
    """Several parts say which they are, and cuts fall between lines."""
    lines = [f"第{number}班次：送餐，请于上午十点前到达社区食堂" for number in range(100)]

    parts = in_parts("\n".join(lines), 2048)

    assert len(parts) == 4
    assert parts[0].startswith("（1/4）\n第0班次")
    assert [line for part in parts for line in part.split("\n")[1:]] == lines


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=600) | st.text("字𠮷a\n", max_size=600),
    st.integers(64, 300),
)
def test_parts_fit_and_joined_are_the_text(text: str, limit_bytes: int) -> None:
    """Each part fits the channel, and together they are the text but for line ends at the cuts."""
    parts = in_parts(text, limit_bytes)

    assert all(len(part.encode()) <= limit_bytes for part in parts)
    bare = [_MARK.sub("", part) if len(parts) > 1 else part for part in parts]
    assert "".join(bare).replace("\n", "") == text.replace("\n", "")


def test_limit_without_room_is_refused() -> None:
    """A limit that would hold only the mark is a mistake of ours, not an endless loop."""
    with pytest.raises(ValueError, match="holds no text"):
        in_parts("字" * 100, 20)
