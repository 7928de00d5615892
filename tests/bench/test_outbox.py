"""How long 2,000 notices take to reach the local mailbox, against a bare loop that writes the same files.

Run on purpose: `pytest tests/bench/test_outbox.py -s`. The limit is the one promised (20 s), not what is measured,
so that a busy machine does not fail. The bare loop flushes nothing; what flushing costs is printed too.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from linkage.db.audit import act
from linkage.db.tables import Party
from linkage.db.work import Work
from linkage.notify.outbox import DeliveryCount, Letter, deliver, queue
from linkage.settings import load_settings
from linkage.terms import PartyKind
from tests.notify.conftest import NOW, Office

MESSAGES = 2_000
BOXES = 100
BODY = "您好：\n\n" + "下列班次请您确认，按时到岗；如不能到，请尽早告知。\n" * 20


def _queued(folder: Path) -> Work:
    work = Work.open(load_settings({"LINKAGE_MODE": "inline"}, data_folder=folder), now=lambda: NOW)
    office = Office(work)
    with work.begin(office.owner, now=NOW) as session:
        parties = [Party(code=f"box-{number}", name="x", kind=PartyKind.MERCHANT) for number in range(BOXES)]
        session.add_all(parties)
        session.flush()
        for number in range(MESSAGES):
            letter = Letter(
                office.project_id,
                "scheduling/shifts_offered",
                f"m{number}",
                "mailbox",
                party_id=parties[number % BOXES].id,
            )
            queue(session, letter, lambda number=number: (f"第 {number} 号通知", BODY), now=NOW)
        act(session, "notices.queued", count=MESSAGES)
    return work


def test_2000_notices_reach_the_mailbox_within_20_seconds(tmp_path: Path) -> None:
    """A pass over 2,000 notices takes less than 20 s, files and folders flushed before any is marked as sent."""
    work = _queued(tmp_path / "data")
    started = time.perf_counter()
    count = deliver(work, NOW)
    seconds = time.perf_counter() - started
    work.close()

    mailbox = tmp_path / "data" / "mailbox"
    files = {path.relative_to(mailbox): path.read_bytes() for path in mailbox.rglob("*") if path.is_file()}
    bare = _timed(lambda: _write(tmp_path / "bare", files, is_flushed=False))
    flushed = _timed(lambda: _write(tmp_path / "flushed", files, is_flushed=True))
    size = sum(len(content) for content in files.values())
    sys.stdout.write(
        f"\n{MESSAGES} notices, {len(files)} files, {size / 1e6:.1f} MB: delivered in {seconds:.2f} s "
        f"({MESSAGES / seconds:.0f}/s); the same files bare {bare:.2f} s, each flushed {flushed:.2f} s\n"
    )

    assert count == DeliveryCount(sent=MESSAGES)
    assert len(files) == 2 * MESSAGES
    assert seconds < 20


def _write(folder: Path, files: dict[Path, bytes], *, is_flushed: bool) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(content)
            if is_flushed:
                file.flush()
                os.fsync(file.fileno())


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
