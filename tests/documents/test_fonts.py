"""Characters without a glyph are found before printing."""

from __future__ import annotations

from pathlib import Path

import pytest

from linkage.documents import fonts
from linkage.errors import MisconfiguredSetting


def test_missing_characters_are_found_in_the_font_files() -> None:
    """A rare surname has a glyph in our fonts; Devanagari and emoji have none and are reported."""
    covered = fonts.coverage(fonts.wheel_folders())

    assert fonts.missing_characters(["侗族𠮷龘 〓—97.85%", "ॐ😀 ॐ"], covered) == ("ॐ", "😀")


def test_texts_of_walks_every_branch() -> None:
    """Every text of a printed tree is looked at, numbers and flags are not."""
    assert list(fonts.texts_of({"a": ["甲", {"b": "乙"}], "c": None, "d": 0.5, "e": True})) == ["甲", "乙"]


@pytest.mark.parametrize(
    "content", [None, b"", b"OTTO\x00\x10", b"ttcf\x00"], ids=["none", "empty", "torn", "torn-ttc"]
)
def test_font_folder_is_refused_when_unreadable(tmp_path: Path, content: bytes | None) -> None:
    """A folder without a readable font is told, not printed with."""
    if content is not None:
        (tmp_path / "a.otf").write_bytes(content)

    with pytest.raises(MisconfiguredSetting):
        fonts.coverage((tmp_path,))
