"""The outbox: queued with the fact, sent once, tried again, given up, and one bad recipient harms no one."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import update

from linkage.db.audit import act, verify
from linkage.db.tables import Message, Party
from linkage.db.work import Work
from linkage.notify.channels import Channels, Line
from linkage.notify.envelope import SENT, Delivery, Envelope, failed
from linkage.notify.marking import back_off, mark
from linkage.notify.outbox import DeliveryCount, deliver, due_count
from linkage.settings import OutboxSettings
from linkage.terms import AttemptOutcome, ChannelType, MessageState
from tests.notify.conftest import NOW, Office, minutes

QUEUED, LEASED, DONE = MessageState.QUEUED, MessageState.LEASED, MessageState.SENT
DEAD, UNKNOWN, EXPIRED = MessageState.DEAD, MessageState.UNKNOWN, MessageState.EXPIRED
LINE = Line("serverchan:group", ChannelType.SERVERCHAN, frozenset({"group"}))
REFUSED = Delivery(AttemptOutcome.REFUSED, "93000 invalid webhook url")
UNDELIVERABLE = Delivery(AttemptOutcome.UNDELIVERABLE, "550 no such user")
IN_DOUBT = Delivery(AttemptOutcome.IN_DOUBT, "the line broke")


@dataclass(frozen=True)
class Wire(Channels):
    """A channel that answers as the test says and keeps what it was given."""

    answers: dict[str, Delivery] = field(default_factory=dict)
    taken: list[Envelope] = field(default_factory=list)

    def send(self, envelope: Envelope) -> Delivery:
        """Take a notice; answer by the end of its key, else well."""
        self.taken.append(envelope)
        return self.answers.get(envelope.dedupe_key.rpartition(":")[2], SENT)

    @property
    def keys(self) -> list[str]:
        """Return the keys of what was taken."""
        return [envelope.dedupe_key.rpartition(":")[2] for envelope in self.taken]


def wire(office: Office, **answers: Delivery) -> Wire:
    """Return a wire under the tag `group`."""
    return Wire(office.work.settings.data_folder / "mailbox", (LINE,), answers=answers)


def changed(office: Office, **values: object) -> None:
    """Change the outbox settings of an installation."""
    settings = office.work.settings
    outbox = settings.outbox.model_copy(update=values)
    object.__setattr__(office.work, "settings", settings.model_copy(update={"outbox": outbox}))


def test_notice_is_queued_and_delivered(either_office: Office) -> None:
    """What is queued is in the recipient's box after one pass, and marked with its attempt."""
    office = either_office
    office.queue("a", "b")

    assert due_count(office.work, NOW) == 2
    assert deliver(office.work, NOW) == DeliveryCount(sent=2)
    assert [(message.state, message.sent_at, message.attempt_count) for message in office.messages()] == [
        (DONE, NOW, 1)
    ] * 2
    assert [attempt.outcome for attempt in office.attempts()] == [AttemptOutcome.SENT] * 2
    assert [path.parent.name for path in office.mailbox_files()] == ["street", "street"]
    assert due_count(office.work, NOW) == 0
    assert deliver(office.work, NOW + minutes(600)) == DeliveryCount()
    with office.work.read(office.owner) as session:
        assert verify(session, office.work.vault) == ()


def test_notice_lives_and_dies_with_its_fact(either_office: Office) -> None:
    """A transaction that fails leaves no notice; the one that succeeds leaves it with the fact."""
    office = either_office
    with pytest.raises(RuntimeError, match="power"), office.work.begin(office.owner) as session:
        session.add(Party(code="new", name="新商户", kind="merchant"))
        office.queue_in(session, "a")
        act(session, "party.entered")
        session.flush()
        message = "power"
        raise RuntimeError(message)

    assert office.messages() == []
    assert deliver(office.work, NOW) == DeliveryCount()


def test_same_key_is_queued_once(either_office: Office) -> None:
    """A stage that is run again queues nothing again, also after the notice was sent."""
    office = either_office

    assert [office.queue("a", "a"), office.queue("a")] == [1, 0]
    deliver(office.work, NOW)
    assert office.queue("a") == 0
    assert len(office.messages()) == 1


def test_person_box_lies_under_their_project(office: Office) -> None:
    """A resident's code counts within one project only, and so does their box; no name stands in it."""
    office.queue("a", is_to_person=True)
    deliver(office.work, NOW)

    (path,) = office.mailbox_files()
    assert path.parent.parts[-3:] == ("center", "canteen", "R0001")


def test_organizations_have_mailboxes_of_their_own(office: Office) -> None:
    """Two organisations whose parties have the same code do not share a box."""
    other = Office(office.work, "other")
    office.queue("a")
    other.queue("a")

    assert deliver(office.work, NOW) == DeliveryCount(sent=2)
    assert {path.parent.parts[-2:] for path in office.mailbox_files()} == {("center", "street"), ("other", "street")}


def test_expired_notice_is_not_sent(either_office: Office) -> None:
    """A reminder whose time has passed is dropped, and says so; one second earlier it is sent."""
    office = either_office
    office.queue("late", expires_at=NOW + minutes(5))
    office.queue("early", expires_at=NOW + minutes(5) + timedelta(seconds=1))

    assert deliver(office.work, NOW + minutes(5)) == DeliveryCount(sent=1)
    assert office.states() == [EXPIRED, DONE]


def test_many_expired_do_not_hide_what_is_due(office: Office) -> None:
    """A pass that finds only expired messages first goes on to the next."""
    office.queue(*[f"late-{number}" for number in range(60)], channel="group", expires_at=NOW)
    office.queue("good", channel="group")
    channels = wire(office)

    deliver(office.work, NOW, channels=channels)
    assert channels.keys == ["good"]


def test_failure_waits_longer_each_time_and_then_is_dead(office: Office) -> None:
    """A message that keeps failing is tried eight times, each later than the one before it allows, then given up."""
    changed(office, breaker_failures=100)
    office.queue("bad", channel="group")
    channels = wire(office, bad=failed("HTTP 500"))
    now = NOW
    for attempt in range(1, 9):
        assert deliver(office.work, now, channels=channels, moment=lambda now=now: now).failed == 1
        (message, *_) = office.messages()
        assert message.attempt_count == attempt
        if attempt < 8:
            assert message.state is QUEUED
            assert message.not_before_at == now + back_off(office.work.settings.outbox, attempt, message.id)
            assert deliver(office.work, message.not_before_at - timedelta(seconds=1), channels=channels).failed == 0
            now = message.not_before_at

    (message, told) = office.messages()
    assert (message.state, message.last_error) == (DEAD, "HTTP 500")
    assert (told.kind, told.channel, told.party_id) == ("notices/not_delivered", "mailbox", office.provider_id)
    assert [attempt.ordinal for attempt in office.attempts()] == list(range(1, 9))


def test_back_off_grows_is_capped_and_spread() -> None:
    """Waits lie between a second and a bound that doubles from 30 s to an hour, and differ from message to message."""
    settings = OutboxSettings()
    for attempt in range(1, 20):
        bound = min(3600, 30 * 2 ** (attempt - 1))
        waits = [back_off(settings, attempt, seed).total_seconds() for seed in range(200)]
        assert 1 <= min(waits) <= max(waits) <= bound
        assert len(set(waits)) > 20
        assert max(waits) > 0.9 * bound
    assert back_off(settings, 3, 7) == back_off(settings, 3, 7)


def test_refusal_for_good_is_not_tried_again(office: Office) -> None:
    """A wrong token is given up at once, and staff are told with the vendor's words."""
    office.queue("bad", channel="group")

    assert deliver(office.work, NOW, channels=wire(office, bad=REFUSED)).failed == 1
    bad, told = office.messages()
    assert (bad.state, bad.attempt_count, bad.last_error) == (DEAD, 1, REFUSED.error)
    deliver(office.work, NOW + minutes(1))
    (text,) = [path.read_text("utf-8") for path in office.mailbox_files(".txt")]
    assert "93000 invalid webhook url" in text
    assert "鼓楼街道办事处" in text
    assert told.kind == "notices/not_delivered"


def test_one_bad_recipient_harms_no_one(either_office: Office) -> None:
    """Of twenty notices one cannot be delivered: nineteen are sent once, one is dead, the channel stays open."""
    office = either_office
    keys = [f"m{number}" for number in range(20)]
    changed(office, breaker_failures=1)
    office.queue(*keys, channel="group")
    line = Line("email:group", ChannelType.EMAIL, frozenset({"group"}))
    channels = Wire(office.work.settings.data_folder / "mailbox", (line,), answers={"m7": UNDELIVERABLE})

    assert deliver(office.work, NOW, channels=channels) == DeliveryCount(sent=19, failed=1, waiting=1)
    assert channels.keys == keys
    states = [message.state for message in office.messages() if message.channel == "group"]
    assert (states.count(DONE), states.count(DEAD)) == (19, 1)


def test_full_disk_never_gives_a_notice_up(office: Office) -> None:
    """The mailbox's disk is ours to mend: its notices wait, however often they failed, and then arrive."""
    office.queue("a", "b")
    mailbox = office.work.settings.data_folder / "mailbox"
    mailbox.write_text("a file where the folder is meant")
    now = NOW
    for _ in range(12):
        assert deliver(office.work, now).failed == 2
        now += minutes(61)
    assert office.states() == [QUEUED, QUEUED]
    mailbox.unlink()

    assert deliver(office.work, now) == DeliveryCount(sent=2)


@pytest.mark.parametrize("channel", ["mailbox", "group"])
def test_two_deliverers_send_each_once(either_office: Office, channel: str) -> None:
    """Several processes at one outbox share the work: every message leaves once."""
    office = either_office
    keys = [f"m{number}" for number in range(12)]
    office.queue(*keys, channel=channel)
    channels = wire(office)
    counts: list[DeliveryCount] = []
    faults: list[BaseException] = []
    start = threading.Barrier(3)

    def run() -> None:
        work = Work.open(office.work.settings, now=lambda: NOW)
        start.wait()
        try:
            counts.append(deliver(work, NOW, channels=channels))
        except BaseException as error:  # noqa: BLE001 - handed to the test
            faults.append(error)
        finally:
            work.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    assert sum(count.sent for count in counts) == 12
    assert office.states() == [DONE] * 12
    assert len(office.attempts()) == 12
    if channel == "group":
        assert sorted(channels.keys) == sorted(keys)
    else:
        assert len(office.mailbox_files()) == 12


@pytest.mark.parametrize("is_sent", [True, False], ids=["sent", "failed"])
def test_late_answer_of_an_overtaken_attempt_does_not_undo(office: Office, is_sent: bool) -> None:
    """A process that slept past its lease cannot make a sent message unsent, nor stop one that is under way."""
    office.queue("a", channel="group")
    slow, quick = wire(office), wire(office)

    class Slow(Wire):
        def send(self, envelope: Envelope) -> Delivery:
            later = NOW + minutes(6)
            assert deliver(office.work, later, channels=quick, moment=lambda: later).sent == 1
            self.taken.append(envelope)
            return SENT if is_sent else failed("HTTP 500")

    slow = Slow(slow.mailbox_folder, slow.lines)
    deliver(office.work, NOW, channels=slow, moment=lambda: NOW)

    (message,) = office.messages()
    assert (message.state, message.attempt_count) == (DONE, 2)
    assert [attempt.outcome is not None for attempt in office.attempts()] == [True, True]


def test_answer_of_a_first_attempt_leaves_the_second_its_lease(office: Office) -> None:
    """A failure told late does not queue a message that another process holds."""
    office.queue("a", channel="group")
    with office.work.begin(office.owner) as session:
        session.execute(
            update(Message)
            .values(state=LEASED, attempt_count=2, lease_until_at=NOW + minutes(5))
            .execution_options(synchronize_session=False)
        )
    first = wire(office)
    office_attempts = [1, 2]
    for ordinal in office_attempts:
        office.attempt(ordinal)
    envelope = Envelope(1, 1, "k", "group", "a/b", ("center", "street"), "t", "b", NOW)
    mark(office.work, office.owner, [(envelope, failed("HTTP 500"))], NOW, line=first.lines[0])

    (message,) = office.messages()
    assert (message.state, message.lease_until_at) == (LEASED, NOW + minutes(5))


@pytest.mark.parametrize(("repeat", "state"), [(True, QUEUED), (False, UNKNOWN)], ids=["repeat", "hold"])
def test_doubt_is_repeated_or_held_as_set(office: Office, repeat: bool, state: MessageState) -> None:
    """Where the line broke after a message went out, the setting says: send again, or let a person decide."""
    changed(office, repeat_unknown=repeat)
    office.queue("a", channel="group")

    deliver(office.work, NOW, channels=wire(office, a=IN_DOUBT))

    (message,) = office.messages()
    assert (message.state, message.last_error) == (state, "the line broke")


def test_pass_takes_no_more_than_its_limit(office: Office) -> None:
    """A pass may be bounded, and the next goes on."""
    office.queue(*[f"m{number}" for number in range(7)])

    assert deliver(office.work, NOW, limit=3) == DeliveryCount(sent=3, waiting=4)
    assert deliver(office.work, NOW, limit=10) == DeliveryCount(sent=4)


def test_body_is_sealed_and_in_no_repr(office: Office) -> None:
    """The text of a notice stands in clear neither in the database nor in what a traceback would print."""
    office.queue("a", channel="group", title="覃月英的配餐", body="糖尿病餐")
    channels = wire(office)
    deliver(office.work, NOW, channels=channels)

    assert (channels.taken[0].title, channels.taken[0].body) == ("覃月英的配餐", "糖尿病餐")
    assert "覃月英" not in repr(channels.taken)
    raw = b"".join(path.read_bytes() for path in office.work.settings.data_folder.glob("linkage.db*"))
    assert "覃月英".encode() not in raw
    assert "糖尿病".encode() not in raw
