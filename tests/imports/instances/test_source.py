"""A file that is no JSON, or could hurt, is refused with what it is and what would be right."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from linkage.errors import UnreadableFile
from linkage.imports.instances import source
from linkage.imports.instances.matching import read_matching


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", "is empty", id="empty"),
        pytest.param(" \n\t ", "is empty", id="blank"),
        pytest.param('{"needs": [{"id": "n', "cut off", id="cut-in-text"),
        pytest.param('{"needs": [', "cut off", id="cut"),
        pytest.param("needs,offers\n1,2\n", "not JSON: line 1", id="csv"),
        pytest.param('{"needs": [1,]}', "not JSON: line 1", id="comma"),
        pytest.param("[" * 100_000, "nested", id="deep"),
        pytest.param('{"a":' * 100_000, "nested", id="deep-objects"),
        pytest.param('{"needs": [NaN}', "not JSON", id="nan-and-broken"),
        pytest.param("[NaN," + "[" * 100_000, "nested", id="nan-and-deep"),
        pytest.param('{"needs": [{"id": 1e999}]}', "not JSON", id="endless-number"),
        pytest.param('{"needs": [], "pairs": [], "needs": []}', 'the key "needs" twice', id="key-twice"),
    ],
)
def test_what_is_no_json_is_refused(text, words, written):
    """The message says what the file is and where it breaks."""
    with pytest.raises(UnreadableFile, match=words):
        read_matching(written(text))


def test_bytes_that_are_no_text_are_refused(tmp_path):
    """A picture by another name is no JSON."""
    path = tmp_path / "instance.json"
    path.write_bytes(b"\x89PNG\r\n\xff\xfe")

    with pytest.raises(UnreadableFile, match="not JSON: it is no text in UTF-8"):
        read_matching(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    """The name is told."""
    for path, words in ((tmp_path / "no.json", "does not exist"), (tmp_path, "is a folder")):
        with pytest.raises(UnreadableFile, match=words):
            read_matching(path)


def test_a_file_too_large_is_refused(monkeypatch, written):
    """It is not read to its end."""
    monkeypatch.setattr(source, "MAX_BYTES", 10)

    with pytest.raises(UnreadableFile, match="is larger than"):
        read_matching(written('{"needs": [], "offers": []}'))


def test_a_byte_order_mark_and_standard_input_are_read(monkeypatch):
    """Editors on some systems begin a file with a mark; - stands for standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'\xef\xbb\xbf{"needs": [{"id": "n1"}]}')))

    assert read_matching(Path("-")).needs == ["n1"]
