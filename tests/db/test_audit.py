"""The audit chain: every break is found, a cut tail against an outside head."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from linkage.db.audit import act, head_of, verify
from linkage.db.tables import Party, Project
from linkage.db.triggers import drop_append_only_ddl
from linkage.db.work import Work

Enter = Callable[[Session], Project]


def _three_entries(work: Work, enter: Enter) -> int:
    owner = work.organization("a", "甲社工中心")
    with work.begin(owner) as session:
        enter(session)
    for number in range(2):
        with work.begin(owner, actor="street") as session:
            session.add(Party(code=f"p{number}", name="商户", kind="merchant"))
            act(session, "party.entered")
    return owner


def test_untouched_chain_holds(both_databases: Work, enter: Enter) -> None:
    """A chain that nobody touched verifies, one entry a transaction."""
    owner = _three_entries(both_databases, enter)

    with both_databases.read(owner) as session:
        assert (verify(session, both_databases.vault), head_of(session).count) == ((), 3)


def test_chain_holds_whatever_zone_the_instant_was_given_in(both_databases: Work, enter: Enter) -> None:
    """An instant given in local time is hashed as it is read back; it once was not, and an honest chain broke."""
    owner = both_databases.organization("a", "甲社工中心")
    local = datetime(2024, 7, 1, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    with both_databases.begin(owner, now=local) as session:
        enter(session)

    with both_databases.read(owner) as session:
        assert verify(session, both_databases.vault) == ()


@pytest.mark.parametrize(
    ("edit", "found"),
    [
        ("UPDATE audit_entry SET actor = 'nobody' WHERE seq = 2", "entry 2 was altered"),
        ("UPDATE audit_entry SET changes_sha256 = 'x' WHERE seq = 1", "entry 1 was altered"),
        ("DELETE FROM audit_entry WHERE seq = 2", "entry 2 is missing before 3"),
        ("DELETE FROM audit_entry WHERE seq = 3", "the chain ends at 2, its head says 3"),
    ],
    ids=["actor", "digest", "middle-cut", "tail-cut"],
)
def test_edited_chain_breaks(both_databases: Work, enter: Enter, edit: str, found: str) -> None:
    """Altered, removed and cut entries are each named."""
    owner = _three_entries(both_databases, enter)
    with both_databases.begin(owner) as session:
        for statement in drop_append_only_ddl("audit_entry", session.get_bind().dialect.name):
            session.execute(text(statement))
        session.execute(text(edit))

    with both_databases.read(owner) as session:
        assert found in verify(session, both_databases.vault)


def test_cut_tail_is_found_by_the_outside_head(both_databases: Work, enter: Enter) -> None:
    """Whoever also rewrites the head inside is found by the head printed in a report."""
    owner = _three_entries(both_databases, enter)
    with both_databases.read(owner) as session:
        outside = head_of(session)
    with both_databases.begin(owner) as session:
        for statement in drop_append_only_ddl("audit_entry", session.get_bind().dialect.name):
            session.execute(text(statement))
        session.execute(text("DELETE FROM audit_entry WHERE seq = 3"))
        session.execute(text("UPDATE audit_head SET seq = 2, hash = (SELECT hash FROM audit_entry WHERE seq = 2)"))

    with both_databases.read(owner) as session:
        assert verify(session, both_databases.vault) == ()
        assert verify(session, both_databases.vault, outside) == ("the outside head at 3 is not in the chain",)
