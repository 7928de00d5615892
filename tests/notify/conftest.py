"""Builders for the outbox: an installation with one project, and notices queued in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.tables import Message, MessageAttempt, Party, Person, Project, ProjectParty
from linkage.db.work import Work
from linkage.notify.outbox import Letter, queue
from linkage.settings import Settings, load_settings
from linkage.terms import AttemptOutcome, LinkageMode, MessageState, PartyKind, PartyRole, ProjectState, Stage

NOW = datetime(2024, 7, 1, 1, 0, tzinfo=UTC)


class Office:
    """One organisation with a project, a provider, a street office and residents, and its outbox."""

    def __init__(self, work: Work, code: str = "center") -> None:
        self.work = work
        self.owner = work.organization(code, "甲社工中心")
        with work.read(self.owner) as session:
            is_new = session.execute(select(Project.id)).first() is None
        if is_new:
            self._enter()
        with work.read(self.owner) as session:
            self.project_id = session.execute(select(Project.id)).scalar_one()
            self.person_id = session.execute(select(Person.id)).scalar_one()
            self.provider_id, self.street_id = session.execute(select(Party.id).order_by(Party.code)).scalars()

    def _enter(self) -> None:
        work = self.work
        with work.begin(self.owner, now=NOW) as session:
            project = Project(
                code="canteen",
                name="鼓楼食堂",
                linkage_mode=LinkageMode.SOCIAL_WORK_LED,
                state=ProjectState.OPEN,
                stage=Stage.SURVEY,
                cycle=1,
                version=1,
                from_on=date(2024, 7, 1),
                to_on=date(2025, 6, 30),
                is_simulated=False,
                stage_entered_at=NOW,
            )
            provider = Party(code="provider", name="甲社工中心", kind=PartyKind.SOCIAL_ORGANIZATION)
            street = Party(code="street", name="鼓楼街道办事处", kind=PartyKind.GOVERNMENT)
            session.add_all([project, provider, street])
            session.flush()
            person = Person(project_id=project.id, code="R0001", birth_year=1950)
            person.name = "覃月英"
            session.add_all(
                [person, ProjectParty(project_id=project.id, party_id=provider.id, role=PartyRole.PROVIDER)]
            )
            act(session, "project.adopted", project_id=project.id)

    def queue_in(
        self,
        session: Session,
        key: str,
        *,
        channel: str = "mailbox",
        title: str = "请确认匹配结果",
        body: str = "您好：\n匹配已完成。\n",
        expires_at: datetime | None = None,
        is_to_person: bool = False,
        now: datetime = NOW,
    ) -> bool:
        """Queue one notice in a transaction."""
        letter = Letter(
            project_id=self.project_id,
            kind="matching/match_offered",
            dedupe_key=f"matching/match_offered:{key}",
            channel=channel,
            party_id=None if is_to_person else self.street_id,
            person_id=self.person_id if is_to_person else None,
            expires_at=expires_at,
        )
        return queue(session, letter, lambda: (title, body), now=now)

    def queue(self, *keys: str, **notice: Any) -> int:
        """Queue one notice a key, and return how many were new."""
        with self.work.begin(self.owner, now=NOW) as session:
            new = sum(self.queue_in(session, key, **notice) for key in keys)
            if new:
                act(session, "notices.queued", count=new)
        return new

    def attempt(self, ordinal: int, outcome: AttemptOutcome | None = None, *, at: datetime = NOW) -> None:
        """Write an attempt at the first message."""
        with self.work.begin(self.owner, now=at) as session:
            session.add(MessageAttempt(message_id=1, ordinal=ordinal, started_at=at, finished_at=at, outcome=outcome))
            act(session, "outbox.leased", count=1)

    def messages(self) -> list[Message]:
        """Read all messages."""
        with self.work.read(self.owner) as session:
            return list(session.execute(select(Message).order_by(Message.id)).scalars())

    def states(self) -> list[MessageState]:
        """Read the state of each message."""
        return [message.state for message in self.messages()]

    def attempts(self) -> list[MessageAttempt]:
        """Read all attempts."""
        with self.work.read(self.owner) as session:
            return list(session.execute(select(MessageAttempt).order_by(MessageAttempt.id)).scalars())

    def mailbox_files(self, suffix: str = ".eml") -> list[Path]:
        """List the notices in the local mailbox."""
        return sorted((self.work.settings.data_folder / "mailbox").rglob(f"*{suffix}"))


@pytest.fixture
def sqlite_settings(tmp_path: Path) -> Settings:
    """Return settings of a fresh installation on SQLite."""
    return load_settings({"LINKAGE_MODE": "inline"}, data_folder=tmp_path / "data")


@pytest.fixture(scope="session")
def prepared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an installation with an office once; tests work on copies."""
    folder = tmp_path_factory.mktemp("prepared") / "data"
    work = Work.open(load_settings({"LINKAGE_MODE": "inline"}, data_folder=folder), now=lambda: NOW)
    Office(work)
    work.close()
    return folder


@pytest.fixture
def office(prepared_folder: Path, sqlite_settings: Settings) -> Iterator[Office]:
    """Open an office of its own on SQLite."""
    shutil.copytree(prepared_folder, sqlite_settings.data_folder)
    work = Work.open(sqlite_settings, now=lambda: NOW)
    yield Office(work)
    work.close()


@pytest.fixture(scope="session")
def prepared_database(postgres_address: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Make an installation with an office on PostgreSQL once; tests work on copies of its database."""
    folder = tmp_path_factory.mktemp("prepared") / "data"
    with psycopg.connect(postgres_address, autocommit=True) as connection:
        connection.execute("CREATE DATABASE notify_prepared")
    work = Work.open(postgres_settings(postgres_address, "notify_prepared", folder), now=lambda: NOW)
    Office(work)
    work.close()
    return postgres_address, folder


def postgres_settings(address: str, database: str, folder: Path) -> Settings:
    """Return settings of an installation on one database of the tests' PostgreSQL."""
    base, _, query = address.partition("?")
    url = f"{base.rsplit('/', 1)[0]}/{database}?{query}".replace("postgresql://", "postgresql+psycopg://")
    return load_settings({"LINKAGE_MODE": "inline", "LINKAGE_DATABASE_URL": url}, data_folder=folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def either_office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """Open an office of its own, once for each database."""
    if request.param == "sqlite":
        yield request.getfixturevalue("office")
        return
    address, folder = request.getfixturevalue("prepared_database")
    name = f"notify_{abs(hash(request.node.nodeid)) % 10**12}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE notify_prepared")
    shutil.copytree(folder, tmp_path / "data")
    work = Work.open(postgres_settings(address, name, tmp_path / "data"), now=lambda: NOW)
    yield Office(work)
    work.close()
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def minutes(count: float) -> timedelta:
    """Return a span in minutes."""
    return timedelta(minutes=count)
