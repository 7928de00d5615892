"""Kill a deliverer at every step and let another finish: run as a program by the crash test.

For n = 1, 2, … a few notices are queued, a child delivers them and kills itself (SIGKILL) at its n-th step: before
and after every commit, before and after every send, before every file gets its final name. Then a second child
delivers after the lease has run out. It ends with the first n that no child reached, and prints what was found.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from linkage.db.audit import act, verify
from linkage.db.tables import Message, MessageAttempt, Party, Project
from linkage.db.work import OwnedSession, Work
from linkage.notify.channels import Channels, Line, Outlet
from linkage.notify.envelope import Delivery, Envelope
from linkage.notify.outbox import Letter, deliver, queue
from linkage.settings import load_settings
from linkage.terms import ChannelType

START = datetime(2024, 7, 1, 1, 0, tzinfo=UTC)
LEASE = timedelta(seconds=301)


class Ticker:
    """Counts steps and kills the process at one of them."""

    def __init__(self, deadly: int) -> None:
        self.count = 0
        self.deadly = deadly

    def tick(self, *_: object) -> None:
        """Take one step."""
        self.count += 1
        if self.count == self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)

    def at_commit(self, session: Session) -> None:
        """Step at a commit that may write."""
        if not session.info.get("is_registry"):
            self.tick()

    def watch(self) -> None:
        """Step at every commit and every rename of this process."""
        event.listen(OwnedSession, "before_commit", self.at_commit)
        event.listen(OwnedSession, "after_commit", self.at_commit)
        sys.addaudithook(lambda name, _: self.tick() if name == "os.rename" else None)


class StepChannels(Channels):
    """The real channels, with a step before and after each send."""

    ticker: Ticker

    def write(self, envelopes: Sequence[Envelope]) -> tuple[Delivery, ...]:
        """Write to the mailbox."""
        self.ticker.tick()
        answers = super().write(envelopes)
        self.ticker.tick()
        return answers

    def send(self, envelope: Envelope) -> Delivery:
        """Send over the wire."""
        self.ticker.tick()
        answer = super().send(envelope)
        self.ticker.tick()
        return answer


def queue_some(work: Work, round_number: int, channel: str) -> list[int]:
    """Queue three notices for the mailbox, or two for the robot, and return their ids."""
    keys = [f"r{round_number}-{number}" for number in range(3 if channel == "mailbox" else 2)]
    with work.begin(1, now=START) as session:
        project_id = session.execute(select(Project.id)).scalar_one()
        party_id = session.execute(select(Party.id).where(Party.code == "street")).scalar_one()
        for key in keys:
            letter = Letter(project_id, "matching/match_offered", key, channel, party_id=party_id)
            queue(session, letter, lambda key=key: (f"notice {key}", "body\n"), now=START)
        act(session, "notices.queued", count=len(keys))
        session.flush()
        return list(session.execute(select(Message.id).where(Message.dedupe_key.in_(keys))).scalars())


def in_child(run: Callable[[], None]) -> int:
    """Run in a forked process; return 0, or minus the signal that killed it."""
    process = os.fork()
    if process == 0:
        status = 1
        try:
            run()
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(process, 0)
    return os.waitstatus_to_exitcode(status)


def deliver_once(work: Work, now: datetime, address: str, deadly: int, *, is_watched: bool = True) -> None:
    """Deliver what is due over connections of this process's own, and die at a step."""
    mailbox = work.settings.data_folder / "mailbox"
    channels = StepChannels(mailbox)
    if address != "-":
        from linkage.notify import robots

        robots.CheckedWeComBot.notify_url = address + "/wecom?key={key}"
        line = Line("wecom_bot:group", ChannelType.WECOM_BOT, frozenset({"group"}))
        outlets = {"group": Outlet(ChannelType.WECOM_BOT, "key")}
        channels = StepChannels(mailbox, (line,), outlets)
    ticker = Ticker(deadly)
    object.__setattr__(channels, "ticker", ticker)
    if is_watched:
        ticker.watch()
    deliver(work, now, channels=channels, moment=lambda: now)
    work.close()


def found(work: Work, ids: list[int]) -> dict[str, object]:
    """Read what became of notices."""
    with work.read(1) as session:
        rows = session.execute(select(Message.id, Message.state, Message.dedupe_key).where(Message.id.in_(ids))).all()
        attempts = session.execute(
            select(MessageAttempt.message_id).where(MessageAttempt.message_id.in_(ids))
        ).scalars()
        result: dict[str, object] = {
            "states": [state.value for _, state, _ in rows],
            "keys": [key for _, _, key in rows],
            "attempts": len(list(attempts)),
            "breaks": list(verify(session, work.vault)),
        }
    files = [path for path in (work.settings.data_folder / "mailbox").rglob("*") if path.is_file()]
    result["files"] = sorted(path.name for path in files if int(path.name.strip(".").split("-")[0]) in ids)
    result["empty"] = [path.name for path in files if path.stat().st_size == 0]
    return result


def main(data_folder: str, url: str, address: str, repeat: str) -> None:
    """Run all rounds and print one JSON line each."""
    environment = {"LINKAGE_MODE": "inline", "LINKAGE_OUTBOX__REPEAT_UNKNOWN": repeat}
    if url != "-":
        environment["LINKAGE_DATABASE_URL"] = url
    work = Work.open(load_settings(environment, data_folder=Path(data_folder)))
    if address != "-":
        from linkage.notify import sending

        sending._register()  # once, not in each child: Apprise takes a second to load its plugins
    queue_some(work, 0, "mailbox" if address == "-" else "group")
    deliver_once(work, START, address, 0, is_watched=False)  # warms what children then share
    for deadly in range(1, 200):
        ids = queue_some(work, deadly, "mailbox" if address == "-" else "group")
        work.close()  # a child may not use the connections of its parent
        now = START + timedelta(hours=deadly)
        code = in_child(lambda now=now, deadly=deadly: deliver_once(work, now, address, deadly))
        again = in_child(lambda now=now: deliver_once(work, now + LEASE, address, 0))
        result = {"killed": code == -signal.SIGKILL, "again": again, **found(work, ids)}
        sys.stdout.write(json.dumps(result) + "\n")
        if code == 0:
            break
    work.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
