"""The list of notices: what was told to whom, within one organisation."""

from __future__ import annotations

import pytest

from linkage.errors import Unknown
from linkage.notify.outbox import deliver
from linkage.notify.reading import Notice, notices
from linkage.terms import MessageState
from tests.notify.conftest import NOW, Office
from tests.notify.test_outbox import REFUSED, wire


def test_notices_are_listed_as_they_stand(either_office: Office) -> None:
    """One row a message, with codes for people and bodies, the title opened, and the last error."""
    office = either_office
    office.queue("a", title="第一封")
    office.queue("b", title="第二封", channel="group", is_to_person=True)
    deliver(office.work, NOW, channels=wire(office, b=REFUSED))

    with office.work.read(office.owner) as session:
        found = notices(session)
    kind = "matching/match_offered"
    assert found[:2] == (
        Notice(1, "canteen", kind, "street", "mailbox", MessageState.SENT, NOW, NOW, "第一封", None),
        Notice(2, "canteen", kind, "R0001", "group", MessageState.DEAD, NOW, None, "第二封", REFUSED.error),
    )
    assert [notice.kind for notice in found[2:]] == ["notices/not_delivered"]


@pytest.mark.parametrize(
    ("filters", "titles"),
    [
        pytest.param({}, ["t0", "t1", "t2"], id="all"),
        pytest.param({"recipient": "street"}, ["t0", "t2"], id="party"),
        pytest.param({"recipient": "R0001"}, ["t1"], id="person"),
        pytest.param({"recipient": "nobody"}, [], id="nobody"),
        pytest.param({"state": MessageState.QUEUED}, ["t0", "t1", "t2"], id="queued"),
        pytest.param({"state": MessageState.SENT}, [], id="sent"),
        pytest.param({"project": "canteen", "limit": 2}, ["t1", "t2"], id="newest"),
    ],
)
def test_notices_are_filtered(office: Office, filters: dict[str, object], titles: list[str]) -> None:
    """By project, recipient and state; a limit keeps the newest."""
    for number, is_to_person in enumerate([False, True, False]):
        office.queue(f"k{number}", title=f"t{number}", is_to_person=is_to_person)

    with office.work.read(office.owner) as session:
        assert [notice.title for notice in notices(session, **filters)] == titles  # type: ignore[arg-type]  # a table of cases


def test_unknown_project_is_told(office: Office) -> None:
    """A project that is not there is an error, not an empty list."""
    with office.work.read(office.owner) as session, pytest.raises(Unknown, match="no project 'x'"):
        notices(session, project="x")


def test_other_organisations_notices_are_not_seen(office: Office) -> None:
    """Each organisation sees its own notices only."""
    other = Office(office.work, "other")
    office.queue("a", title="甲的通知")

    with office.work.read(other.owner) as session:
        assert notices(session) == ()
