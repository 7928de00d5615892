"""The unit of work: transactions, the wall between organisations, seals and ids."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from linkage.db.audit import UnauditedChange, act
from linkage.db.guard import insert_rows
from linkage.db.tables import Assignment, Decision, Party, Person, Project, ProjectParty
from linkage.db.vault import BrokenSeal
from linkage.db.work import Work
from linkage.errors import DatabaseUnreachable, ForeignOrganization, MisconfiguredSetting
from linkage.settings import load_settings
from linkage.terms import DecisionKind, PartyRole
from tests.db.conftest import NOW, a_project, an_offer

Enter = Callable[[Session], Project]


def test_commit_keeps_and_error_discards(both_databases: Work, enter: Enter) -> None:
    """A use case is one transaction: an error in it leaves nothing, not even its ids."""
    work = both_databases
    owner = work.organization("a", "甲社工中心")
    with pytest.raises(RuntimeError, match="power"), work.begin(owner) as session:
        enter(session)
        session.flush()
        message = "power"
        raise RuntimeError(message)
    with work.begin(owner) as session:
        project_id = enter(session).id

    with work.read(owner) as session:
        assert session.execute(select(func.count()).select_from(Project)).scalar_one() == 1
    assert project_id == 1


def test_change_without_action_is_refused(both_databases: Work) -> None:
    """A transaction that changes rows and names no action is not committed."""
    owner = both_databases.organization("a", "甲社工中心")
    with pytest.raises(UnauditedChange), both_databases.begin(owner) as session:
        session.add(a_project())

    with both_databases.read(owner) as session:
        assert session.execute(select(Project)).all() == []


def test_organizations_never_see_each_other(both_databases: Work, enter: Enter) -> None:
    """Queries by column, entity, key and count show an organisation only its own rows."""
    first = both_databases.organization("a", "甲社工中心")
    second = both_databases.organization("b", "乙社工中心")
    with both_databases.begin(first) as session:
        project_id = enter(session).id

    with both_databases.read(second) as session:
        assert session.execute(select(Project)).all() == []
        assert session.execute(select(Project.code)).all() == []
        assert session.execute(select(func.count()).select_from(Person)).scalar_one() == 0
        assert session.get(Project, project_id) is None


def test_bulk_update_stays_inside_the_organization(both_databases: Work, enter: Enter) -> None:
    """An UPDATE without a condition changes only the organisation's own rows."""
    first = both_databases.organization("a", "甲社工中心")
    second = both_databases.organization("b", "乙社工中心")
    with both_databases.begin(first) as session:
        enter(session)
    with both_databases.begin(second) as session:
        session.execute(update(Project).values(name="改名").execution_options(synchronize_session=False))

    with both_databases.read(first) as session:
        assert session.execute(select(Project.name)).scalar_one() == "鼓楼食堂"


@pytest.mark.parametrize("way", ["forged-owner", "foreign-link", "bulk-owner"])
def test_foreign_rows_are_refused(both_databases: Work, enter: Enter, way: str) -> None:
    """A forged owner is refused by the guard, a link across organisations by the database itself."""
    first = both_databases.organization("a", "甲社工中心")
    second = both_databases.organization("b", "乙社工中心")
    with both_databases.begin(first) as session:
        project_id = enter(session).id
    expected = IntegrityError if way == "foreign-link" else ForeignOrganization
    with pytest.raises(expected), both_databases.begin(second) as session:
        act(session, "attack")
        if way == "forged-owner":
            session.add(Party(organization_id=first, code="x", name="x", kind="government"))
        elif way == "bulk-owner":
            insert_rows(session, Party, [{"organization_id": first, "code": "x", "name": "x", "kind": "government"}])
        else:
            party = Party(code="x", name="x", kind="government")
            session.add(party)
            session.flush()
            session.add(ProjectParty(project_id=project_id, party_id=party.id, role=PartyRole.PURCHASER))
        session.flush()


def test_personal_columns_are_sealed_to_their_place(both_databases: Work, enter: Enter) -> None:
    """Plain text is nowhere in the row, and a ciphertext moved to another row does not open."""
    owner = both_databases.organization("a", "甲社工中心")
    with both_databases.begin(owner) as session:
        project = enter(session)
        insert_rows(session, Person, [{"project_id": project.id, "code": "R0002", "name_sealed": "吴老师"}])
    with both_databases.read(owner) as session:
        first, second = session.execute(select(Person).order_by(Person.id)).scalars()
        assert (first.name, first.phone, second.name) == ("覃月英", "13800138000", "吴老师")
        assert "覃月英".encode() not in (first.name_sealed or b"")
    with both_databases.begin(owner) as session:
        table = Person.__table__
        moved = session.execute(select(table.c.name_sealed).where(table.c.id == first.id)).scalar_one()
        session.execute(table.update().where(table.c.id == second.id).values(name_sealed=moved))

    with both_databases.read(owner) as session, pytest.raises(BrokenSeal):
        _ = session.get_one(Person, second.id).name


@pytest.mark.parametrize("verb", ["UPDATE decision SET verdict = 'no'", "DELETE FROM decision"])
def test_append_only_tables_refuse_change(both_databases: Work, enter: Enter, verb: str) -> None:
    """The database itself refuses to change or delete a row of an append-only table."""
    owner = both_databases.organization("a", "甲社工中心")
    with both_databases.begin(owner) as session:
        project = enter(session)
        session.add(
            Decision(
                project_id=project.id,
                kind=DecisionKind.CLOSE_SURVEY,
                decision_key="close_survey:cycle-1",
                cycle=1,
                verdict="yes",
                actor="provider",
                detail={},
                decided_at=NOW,
            )
        )

    with pytest.raises(DBAPIError, match="append-only"), both_databases.begin(owner) as session:
        session.execute(text(verb))


def test_two_writers_do_not_overspend(tmp_path: Path) -> None:
    """SQLite writers take the lock before they read: of two processes that count and insert, none miscounts."""
    settings = load_settings({"LINKAGE_MODE": "inline"}, data_folder=tmp_path / "data")
    work = Work.open(settings, now=lambda: NOW)
    work.organization("a", "甲社工中心")
    work.close()
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from sqlalchemy import select, func\n"
        "from linkage.db.audit import act\n"
        "from linkage.db.tables import Party\n"
        "from linkage.db.work import Work\n"
        "from linkage.settings import load_settings\n"
        "work = Work.open(load_settings({}, data_folder=Path(sys.argv[1])))\n"
        "for _ in range(25):\n"
        "    with work.begin(1) as session:\n"
        "        count = session.execute(select(func.count()).select_from(Party)).scalar_one()\n"
        "        session.add(Party(code=f'p{count}', name='p', kind='merchant'))\n"
        "        act(session, 'party.entered')\n"
    )
    runs = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "data")], stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    errors = [run.communicate()[1].decode() for run in runs]

    assert [run.returncode for run in runs] == [0, 0], errors
    with sqlite3.connect(tmp_path / "data" / "linkage.db") as connection:
        assert connection.execute("SELECT count(*), count(DISTINCT code) FROM party").fetchone() == (50, 50)
    connection.close()


def test_missing_key_file_is_told(tmp_path: Path) -> None:
    """A database with rows and no key file is not opened with a new key."""
    settings = load_settings({"LINKAGE_MODE": "inline"}, data_folder=tmp_path / "data")
    work = Work.open(settings)
    work.organization("a", "甲社工中心")
    work.close()
    settings.key_path.unlink()

    with pytest.raises(MisconfiguredSetting, match="restore it from backup"):
        Work.open(settings)


def test_unreachable_postgres_is_told_without_its_password(tmp_path: Path) -> None:
    """A PostgreSQL that does not answer is named with its address and reason, never with its password."""
    url = "postgresql+psycopg://linkage:geheim@127.0.0.1:9/linkage"
    settings = load_settings({"LINKAGE_DATABASE_URL": url}, data_folder=tmp_path / "data")

    with pytest.raises(DatabaseUnreachable, match=r"127\.0\.0\.1:9/linkage does not answer") as caught:
        Work.open(settings)
    assert "geheim" not in str(caught.value)


def test_database_refuses_an_assignment_without_acceptance(both_databases: Work, enter: Enter) -> None:
    """The database itself refuses to seat a volunteer whose offer is not accepted, whoever writes the row."""
    owner = both_databases.organization("a", "甲社工中心")
    with both_databases.begin(owner) as session:
        project = enter(session)
        shift_offer = an_offer(session, project.id)

    with pytest.raises(DBAPIError, match="no acceptance"), both_databases.begin(owner) as session:
        act(session, "attack")
        session.add(
            Assignment(
                project_id=shift_offer.project_id,
                shift_offer_id=shift_offer.id,
                shift_id=shift_offer.shift_id,
                person_id=shift_offer.person_id,
                accepted_at=NOW,
            )
        )
