"""The outbox: queued with the fact, sent once, tried again, given up, and one bad recipient harms no one."""

from __future__ import annotations

from linkage.notify.channels import Channels, Line
from linkage.notify.envelope import Delivery, Envelope
from linkage.notify.outbox import DeliveryCount, deliver, due_count
from linkage.terms import AttemptOutcome, ChannelType, MessageState
from tests.notify.conftest import NOW, Office, minutes


class Wire(Channels):
    """A channel that answers as the test says and keeps what it was given."""

    def __init__(self, office: Office, *answers: Delivery, tags: frozenset[str] = frozenset({"group"})) -> None:
        super().__init__(
            office.work.settings.data_folder / "mailbox", (Line("wecom_bot:group", ChannelType.WECOM_BOT, tags),)
        )
        object.__setattr__(self, "answers", list(answers))
        object.__setattr__(self, "taken", [])

    answers: list[Delivery]
    taken: list[Envelope]

    def send(self, envelope: Envelope) -> Delivery:
        """Take a notice and answer with the next answer; the last one stays."""
        self.taken.append(envelope)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def test_notice_is_queued_and_delivered(either_office: Office) -> None:
    """What is queued is in the recipient's box after one pass, and marked with its attempt."""
    office = either_office
    office.queue("a", "b")

    assert due_count(office.work, NOW) == 2
    assert deliver(office.work, NOW) == DeliveryCount(sent=2)
    assert [(message.state, message.sent_at, message.attempt_count) for message in office.messages()] == [
        (MessageState.SENT, NOW, 1)
    ] * 2
    assert [attempt.outcome for attempt in office.attempts()] == [AttemptOutcome.SENT] * 2
    assert [path.parent.name for path in office.mailbox_files()] == ["street", "street"]
    assert due_count(office.work, NOW) == 0
    assert deliver(office.work, NOW + minutes(600)) == DeliveryCount()
