"""What a person may do about a notice that did not get out."""

from __future__ import annotations

import pytest

from linkage.errors import AlreadyAnswered, Unknown
from linkage.notify.mending import send_again, take_as_sent
from linkage.notify.outbox import deliver
from tests.notify.conftest import NOW, Office, minutes
from tests.notify.test_outbox import DEAD, DONE, IN_DOUBT, QUEUED, REFUSED, UNKNOWN, changed, wire


def test_given_up_notice_is_sent_again_on_request(office: Office) -> None:
    """When the channel was mended, a person may queue what was given up."""
    office.queue("a", channel="group")
    channels = wire(office, a=REFUSED)
    deliver(office.work, NOW, channels=channels)
    assert office.states()[0] is DEAD
    with office.work.begin(office.owner, actor="provider") as session:
        assert send_again(session, [1], now=NOW + minutes(5)) == 1
    channels.answers.clear()

    deliver(office.work, NOW + minutes(5), channels=channels)
    assert office.states()[0] is DONE
    assert channels.keys == ["a", "a"]


def test_held_notice_is_decided_by_a_person(office: Office) -> None:
    """A notice in doubt is taken as sent when its recipient says so, and is never sent again."""
    changed(office, repeat_unknown=False)
    office.queue("a", channel="group")
    channels = wire(office, a=IN_DOUBT)
    deliver(office.work, NOW, channels=channels)
    assert office.states() == [UNKNOWN]
    with office.work.begin(office.owner, actor="provider") as session:
        take_as_sent(session, 1, now=NOW + minutes(5))

    deliver(office.work, NOW + minutes(600), channels=channels)
    assert office.states() == [DONE]
    assert channels.keys == ["a"]


def test_notice_on_its_way_is_left_alone(office: Office) -> None:
    """What the outbox still moves by itself, or what does not exist, is refused; nothing is changed."""
    office.queue("a")
    with pytest.raises(AlreadyAnswered, match="notice 1"), office.work.begin(office.owner) as session:
        send_again(session, [1], now=NOW)
    with pytest.raises(Unknown, match="no notice 9"), office.work.begin(office.owner) as session:
        take_as_sent(session, 9, now=NOW)
    other = Office(office.work, "other")
    with pytest.raises(Unknown, match="no notice 1"), office.work.begin(other.owner) as session:
        send_again(session, [1], now=NOW)

    assert office.states() == [QUEUED]
