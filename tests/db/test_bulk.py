"""Rows by the thousand: the same rows, seals, refusals and audit as single ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db import guard
from linkage.db.bulk import by_column
from linkage.db.guard import Changes, insert_rows
from linkage.db.tables import Consent, Match, Person, Project, Volunteer
from linkage.db.work import Work
from linkage.terms import ConsentPurpose
from tests.db.conftest import NOW

Enter = Callable[[Session], Project]


CHINA = timezone(timedelta(hours=8))


def test_rows_come_back_as_they_went_in(both_databases: Work, enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids run on over batches; instants, lists, words and seals are read back by the ORM as they were written."""
    monkeypatch.setattr(guard, "_BATCH_ROWS", 3)
    owner = both_databases.organization("a", "甲社工中心")
    names = ["吴一", None, "吴三", "吴四", None, "吴六", "吴七"]
    withdrawn = [None, NOW, NOW.astimezone(CHINA), None, NOW, None, None]
    skills = [["做饭"], [], ["理发", "量血压"], [], [], ["做饭"], []]
    with both_databases.begin(owner, now=NOW) as session:
        project_id = enter(session).id
        people = [
            {"project_id": project_id, "code": f"V{number}", "name_sealed": name} for number, name in enumerate(names)
        ]
        ids = insert_rows(session, Person, people)
        insert_rows(
            session,
            Consent,
            [a_consent(project_id, person_id, withdrawn_at=at) for person_id, at in zip(ids, withdrawn, strict=True)],
        )
        insert_rows(
            session,
            Volunteer,
            [a_volunteer(project_id, person_id, skills=known) for person_id, known in zip(ids, skills, strict=True)],
        )

    with both_databases.read(owner) as session:
        rows = session.execute(select(Person).where(Person.code.startswith("V")).order_by(Person.id)).scalars().all()
        assert [row.id for row in rows] == ids == list(range(ids[0], ids[0] + 7))
        assert [row.name for row in rows] == names
        consents = session.execute(select(Consent).order_by(Consent.id)).scalars().all()
        assert [consent.withdrawn_at for consent in consents] == withdrawn
        assert {consent.purpose for consent in consents} == {ConsentPurpose.SERVICE}
        assert [row.skills for row in session.execute(select(Volunteer).order_by(Volunteer.id)).scalars()] == skills


def a_consent(project_id: int, person_id: int, **changed: object) -> dict[str, object]:
    """Build one person's yes."""
    return {
        "project_id": project_id,
        "person_id": person_id,
        "purpose": ConsentPurpose.SERVICE,
        "text_version": "1",
        "evidence": "paper",
        "given_at": NOW,
    } | changed


def a_volunteer(project_id: int, person_id: int, **changed: object) -> dict[str, object]:
    """Build a volunteer who has just joined."""
    return {
        "project_id": project_id,
        "person_id": person_id,
        "skills": [],
        "availability": [],
        "is_lead": False,
        "pledge_minutes_per_month": 180,
        "max_minutes_per_month": 600,
        "joined_on": date(2024, 7, 1),
    } | changed


def test_unknown_column_is_refused(both_databases: Work, enter: Enter) -> None:
    """A value for a column that the table does not have is not silently dropped."""
    owner = both_databases.organization("a", "甲社工中心")
    with pytest.raises(KeyError, match="nickname"), both_databases.begin(owner) as session:
        insert_rows(session, Person, [{"project_id": enter(session).id, "code": "R2", "nickname": "阿婆"}])


@pytest.mark.parametrize(
    ("column", "value", "named"),
    [("purpose", "marketing", "marketing"), ("given_at", datetime(2024, 7, 1), "time zone")],  # noqa: DTZ001 - the bad input
    ids=["unknown-word", "naive-instant"],
)
def test_unusable_value_is_refused(both_databases: Work, enter: Enter, column: str, value: object, named: str) -> None:
    """Words outside the vocabulary and instants without a zone are refused in bulk as they are singly."""
    owner = both_databases.organization("a", "甲社工中心")
    with pytest.raises(ValueError, match=named), both_databases.begin(owner) as session:
        insert_rows(session, Consent, [a_consent(enter(session).id, 1, **{column: value})])


def test_default_fills_what_a_row_lacks() -> None:
    """A column that no row names gets the value its table declares for it."""
    assert by_column(Match.__table__, [{"quantity": 2}])["round_number"] == [1]


@pytest.mark.parametrize(
    "changed",
    [
        {"code": ["R1", "R3"]},
        {"name_sealed": [b"\x01\x03", None]},
        {"name_sealed": [None, b"\x01\x02"]},
        {"born": [NOW, None]},
    ],
    ids=["word", "ciphertext", "place", "column"],
)
def test_digest_covers_every_value(changed: dict[str, list[object]]) -> None:
    """Rows that differ in one value, its row or its column leave another digest in the audit entry."""
    columns: dict[str, Sequence[object]] = {
        "id": range(1, 3),
        "code": ["R1", "R2"],
        "name_sealed": [b"\x01\x02", None],
        "born": [None, NOW],
    }
    written, altered = Changes(), Changes()
    written.add_inserted("person", columns)
    altered.add_inserted("person", columns | changed)

    assert written.rows == altered.rows == {"person": 2}
    assert written.sha256 != altered.sha256
