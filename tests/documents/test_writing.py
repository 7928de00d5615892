"""Files stand whole under their final names, or not at all."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from linkage.documents.writing import write_whole
from linkage.errors import CannotWrite

FULL_DISK = """
    import resource, sys
    from pathlib import Path
    from linkage.documents.writing import write_whole
    from linkage.errors import CannotWrite
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
    try:
        write_whole(Path(sys.argv[1]), {"report.html": b"x" * 9_000, "report.pdf": b"x" * 20_000})
    except CannotWrite as refusal:
        print(refusal.message)
        sys.exit(1)
"""


def test_files_are_written_with_their_digests(tmp_path: Path) -> None:
    """The digest returned is that of the file on disk, and no temporary file stays."""
    digests = write_whole(tmp_path / "new", {"a.html": b"1", "b.pdf": b"2"})

    assert {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (tmp_path / "new").iterdir()
    } == digests


def test_set_of_files_is_not_written_when_the_disk_is_full(tmp_path: Path) -> None:
    """A write that fails in the middle leaves neither a half file nor a temporary one, and the old report as it was."""
    (tmp_path / "report.html").write_bytes(b"old")

    finished = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FULL_DISK), str(tmp_path)], capture_output=True, text=True, check=False
    )

    assert finished.returncode == 1, finished.stderr
    assert "cannot write report.html, report.pdf" in finished.stdout
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("report.html", b"old")]


@pytest.mark.parametrize("name", ["../up.pdf", "a/b.pdf", "", ".."], ids=["up", "folder", "empty", "dots"])
def test_file_name_with_a_folder_is_refused(tmp_path: Path, name: str) -> None:
    """A name never leads out of the folder asked for."""
    with pytest.raises(CannotWrite, match="plain file name"):
        write_whole(tmp_path, {name: b"x"})

    assert list(tmp_path.iterdir()) == []


def test_folder_that_is_a_file_is_told_with_a_remedy(tmp_path: Path) -> None:
    """Where a file stands in the folder's place, the refusal says what to do."""
    (tmp_path / "taken").write_bytes(b"")

    with pytest.raises(CannotWrite, match="name another folder"):
        write_whole(tmp_path / "taken", {"a.pdf": b"x"})


def test_name_taken_by_a_folder_leaves_nothing(tmp_path: Path) -> None:
    """A final name that is a folder stops the set, and the temporary files are gone."""
    (tmp_path / "a.pdf").mkdir()

    with pytest.raises(CannotWrite):
        write_whole(tmp_path, {"a.pdf": b"x"})

    assert [path.name for path in tmp_path.iterdir()] == ["a.pdf"]
