"""A line is held back when its vendor's rate is used up or it has failed too often; staff are told once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from linkage.notify.channels import Line
from linkage.notify.envelope import SENT, Delivery, Envelope, failed
from linkage.notify.outbox import deliver
from linkage.terms import AttemptOutcome, ChannelType, MessageState
from tests.notify.conftest import NOW, Office, minutes
from tests.notify.test_outbox import DEAD, DONE, IN_DOUBT, QUEUED, REFUSED, UNDELIVERABLE, Wire

ROBOT = Line("wecom_bot:group", ChannelType.WECOM_BOT, frozenset({"group", "lead"}))


class Clock:
    """A clock that the test sets and each message moves on a little."""

    now = NOW


@dataclass(frozen=True)
class Robot(Wire):
    """A wire that notes when each message left, and whose answers may all be set at once."""

    clock: Clock = field(default_factory=Clock)
    sent_at: list[datetime] = field(default_factory=list)

    def send(self, envelope: Envelope) -> Delivery:
        """Take a notice at the clock's time."""
        self.sent_at.append(self.clock.now)
        self.clock.now += timedelta(seconds=1.5)
        super().send(envelope)
        return self.answers.get("all", SENT)


def robot(office: Office, *lines: Line) -> Robot:
    """Return a robot's wire."""
    return Robot(office.work.settings.data_folder / "mailbox", lines or (ROBOT,))


def run(office: Office, channels: Robot, at: timedelta) -> None:
    """Run a pass at a time after the start; the clock goes on from there while the pass sends."""
    channels.clock.now = NOW + at
    deliver(office.work, NOW + at, channels=channels, moment=lambda: channels.clock.now)


def most_in_a_minute(channels: Robot) -> int:
    """Count the fullest 60 s."""
    return max(sum(start <= other < start + minutes(1) for other in channels.sent_at) for start in channels.sent_at)


def test_robot_sends_no_more_than_its_rate(office: Office) -> None:
    """企业微信 takes 20 messages a minute from one robot: more wait, none is lost, no 60 s hold more than 20."""
    office.queue(*[f"m{number}" for number in range(45)], channel="group")
    office.queue(*[f"n{number}" for number in range(5)], channel="lead")
    channels = robot(office)
    seconds = 0
    while len(channels.sent_at) < 50:
        run(office, channels, timedelta(seconds=seconds))
        seconds += 15
        assert seconds < 600

    assert most_in_a_minute(channels) == 20
    assert office.states() == [DONE] * 50
    assert all(message.attempt_count == 1 for message in office.messages())


def test_held_messages_are_spread_over_the_next_minutes(office: Office) -> None:
    """What cannot go now is moved once to the minute in which it can, not looked at in every pass."""
    office.queue(*[f"m{number}" for number in range(65)], channel="group")
    channels = robot(office)
    run(office, channels, timedelta(0))

    waiting = [message.not_before_at for message in office.messages() if message.state is QUEUED]
    assert len(channels.taken) == 20
    assert [waiting.count(NOW + minutes(count)) for count in (1, 2, 3)] == [20, 20, 5]


def test_parts_of_a_long_notice_count(office: Office) -> None:
    """A notice of several parts uses as many of the vendor's messages."""
    office.queue(*[f"m{number}" for number in range(10)], channel="group", body="字" * 3000)
    channels = robot(office)
    run(office, channels, timedelta(0))

    assert len(channels.taken) == 4  # of five parts each


def test_rate_is_shared_by_organisations(either_office: Office) -> None:
    """Two organisations that use one robot share its rate."""
    other = Office(either_office.work, "other")
    for office in (either_office, other):
        office.queue(*[f"m{number}" for number in range(15)], channel="group")
    channels = robot(either_office)
    run(either_office, channels, timedelta(0))

    assert len(channels.taken) == 20


@pytest.mark.parametrize("answer", [failed("HTTP 500"), REFUSED, IN_DOUBT], ids=["failed", "refused", "doubt"])
def test_failing_line_is_left_alone_and_staff_are_told_once(either_office: Office, answer: Delivery) -> None:
    """After five failures in a row nothing more is tried for ten minutes, then one message; staff hear once."""
    office = either_office
    office.queue(*[f"m{number}" for number in range(40)], channel="group")
    channels = robot(office)
    channels.answers["all"] = answer

    run(office, channels, timedelta(0))
    assert len(channels.taken) == 5
    run(office, channels, minutes(9))
    assert len(channels.taken) == 5
    run(office, channels, minutes(11))
    run(office, channels, minutes(11.5))
    assert len(channels.taken) == 6
    told = [message for message in office.messages() if message.kind == "notices/channel_failing"]
    assert [(notice.channel, notice.party_id) for notice in told] == [("mailbox", office.provider_id)]


def test_line_that_works_again_sends_the_rest(office: Office) -> None:
    """When the trial message arrives the rest follows, at the vendor's rate; a later outage is told anew."""
    office.queue(*[f"m{number}" for number in range(12)], channel="group")
    channels = robot(office)
    channels.answers["all"] = failed("HTTP 500")
    run(office, channels, timedelta(0))
    channels.answers["all"] = SENT
    for count in range(11, 20):
        run(office, channels, minutes(count))
    assert [message.state for message in office.messages() if message.channel == "group"] == [DONE] * 12

    office.queue(*[f"n{number}" for number in range(8)], channel="group")
    channels.answers["all"] = failed("HTTP 500")
    run(office, channels, minutes(100))

    told = [message for message in office.messages() if message.kind == "notices/channel_failing"]
    assert len(told) == 2


def test_broken_token_burns_few_messages(office: Office) -> None:
    """A token that was revoked kills five messages and one each ten minutes, not the thousand that wait."""
    office.queue(*[f"m{number}" for number in range(40)], channel="group")
    channels = robot(office)
    channels.answers["all"] = REFUSED
    for count in range(34):
        run(office, channels, minutes(count))

    states = [message.state for message in office.messages() if message.channel == "group"]
    assert states.count(DEAD) == 8  # 5 at once, then one in minutes 11, 22 and 33
    assert states.count(QUEUED) == 32


def test_bad_recipients_do_not_close_the_line(office: Office) -> None:
    """A recipient that does not exist says that the channel works."""
    office.queue(*[f"m{number}" for number in range(12)], channel="group")
    channels = robot(office)
    channels.answers["all"] = UNDELIVERABLE
    run(office, channels, timedelta(0))

    assert len(channels.taken) == 12
    assert [attempt.outcome for attempt in office.attempts()] == [AttemptOutcome.UNDELIVERABLE] * 12


def test_other_lines_go_on(office: Office) -> None:
    """A line that fails holds up neither another line nor the mailbox."""
    other = Line("feishu:other", ChannelType.FEISHU, frozenset({"other"}))

    class Half(Robot):
        def send(self, envelope: Envelope) -> Delivery:
            answer = super().send(envelope)
            return failed("HTTP 500") if envelope.channel == "group" else answer

    for channel in ("group", "other", "mailbox"):
        office.queue(*[f"{channel}{number}" for number in range(7)], channel=channel)
    channels = Half(office.work.settings.data_folder / "mailbox", (ROBOT, other))
    run(office, channels, timedelta(0))

    states: dict[str, list[MessageState]] = {}
    for message in office.messages():
        if message.kind == "matching/match_offered":
            states.setdefault(message.channel, []).append(message.state)
    assert states == {"group": [QUEUED] * 7, "other": [DONE] * 7, "mailbox": [DONE] * 7}


def test_staff_notice_text_says_what_to_do(office: Office) -> None:
    """The notice names the channel, the reason and until when it is left alone; it arrives in the mailbox."""
    office.queue(*[f"m{number}" for number in range(6)], channel="group")
    channels = robot(office)
    channels.answers["all"] = failed("45009 api freq out of limit")
    run(office, channels, timedelta(0))
    deliver(office.work, NOW + minutes(1), channels=channels)

    (text,) = [path.read_text("utf-8") for path in office.mailbox_files(".txt") if "channel_failing" in path.name]
    for words in ("wecom_bot:group", "企业微信群机器人", "45009 api freq out of limit", "5 次", "group、lead"):
        assert words in text
    assert office.mailbox_files(".txt")[0].parent.name == "provider"
