"""kill -9 at every step of a pass: nothing is lost, and no recipient of the mailbox finds a notice twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.notify.conftest import Office
from tests.notify.vendor import a_vendor

ROOT = Path(__file__).resolve().parents[2]


def rounds(office: Office, address: str = "-", *, repeat: bool = True) -> list[dict[str, Any]]:
    """Kill a deliverer at each of its steps, let another finish, and return what was found each time."""
    settings = office.work.settings
    office.work.close()
    run = subprocess.run(
        [
            sys.executable,
            str(Path(__file__).with_name("crash_runner.py")),
            str(settings.data_folder),
            settings.database_url or "-",
            address,
            str(repeat).lower(),
        ],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    found = [json.loads(line) for line in run.stdout.splitlines()]
    assert [one["killed"] for one in found] == [True] * (len(found) - 1) + [False]
    assert all(one["again"] == 0 and one["breaks"] == [] for one in found)
    return found


def test_mailbox_shows_each_notice_once_after_any_kill(either_office: Office) -> None:
    """Wherever the process dies, the next pass delivers all three, once each, whole, and the audit chain holds."""
    found = rounds(either_office)

    assert len(found) > 12  # commits of lease and mark, six renames, the batch
    for one in found:
        assert one["states"] == ["sent"] * 3
        assert one["empty"] == []
        assert len(one["files"]) == len(set(one["files"])) == 6
        assert all(not name.startswith(".") for name in one["files"])
    assert {one["attempts"] for one in found} == {3, 6}
    assert found[-1]["attempts"] == 3


@pytest.mark.parametrize("repeat", [True, False], ids=["repeat", "hold"])
def test_kill_leaves_at_most_the_one_in_flight_in_doubt(office: Office, repeat: bool) -> None:
    """A group robot cannot tell a repeat: at most one notice a kill is repeated, or held for a person, as set."""
    with a_vendor() as vendor:
        found = rounds(office, vendor.address, repeat=repeat)
        received = Counter(text.splitlines()[0].removeprefix("notice ") for text in vendor.texts)

    assert len(found) > 12  # for each of two: commits of lease and mark, the send
    assert any(one["attempts"] == 3 for one in found) is repeat
    for one in found:
        times = [received[key] for key in one["keys"]]
        if repeat:
            assert one["states"] == ["sent"] * 2
            assert min(times) >= 1
            assert sum(times) <= 3
        else:
            assert one["states"].count("sent") >= 1
            assert max(times) <= 1
            for state, count in zip(one["states"], times, strict=True):
                assert (state, count) in {("sent", 1), ("unknown", 0), ("unknown", 1)}
    held = sum(one["states"].count("unknown") for one in found)
    assert (held > 0) is not repeat
