"""Builders for the outbox: an installation with one project, and notices queued in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from linkage.db.audit import act
from linkage.db.tables import Message, MessageAttempt, Party, Person, Project, ProjectParty
from linkage.db.work import Work
from linkage.notify.outbox import Letter, queue
from linkage.settings import Settings, load_settings
from linkage.terms import LinkageMode, MessageState, PartyKind, PartyRole, ProjectState, Stage

NOW = datetime(2024, 7, 1, 1, 0, tzinfo=UTC)


class Office:
    """One organisation with a project, a provider, a street office and residents, and its outbox."""

    def __init__(self, work: Work, code: str = "center") -> None:
        self.work = work
        self.owner = work.organization(code, "甲社工中心")
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
            session.flush()
            self.project_id, self.provider_id, self.street_id = project.id, provider.id, street.id
            self.person_id = person.id

    def queue(
        self,
        *keys: str,
        channel: str = "mailbox",
        title: str = "请确认匹配结果",
        body: str = "您好：\n匹配已完成。\n",
        expires_at: datetime | None = None,
        is_to_person: bool = False,
        now: datetime = NOW,
    ) -> int:
        """Queue one notice a key, and return how many were new."""
        with self.work.begin(self.owner, now=now) as session:
            new = 0
            for key in keys:
                letter = Letter(
                    project_id=self.project_id,
                    kind="matching/match_offered",
                    dedupe_key=f"matching/match_offered:{key}",
                    channel=channel,
                    party_id=None if is_to_person else self.street_id,
                    person_id=self.person_id if is_to_person else None,
                    expires_at=expires_at,
                )
                new += queue(session, letter, lambda: (title, body), now=now)
            if new:
                act(session, "notices.queued", count=new)
        return new

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


@pytest.fixture
def office(sqlite_settings: Settings) -> Iterator[Office]:
    """Open a fresh office on SQLite."""
    work = Work.open(sqlite_settings, now=lambda: NOW)
    yield Office(work)
    work.close()


@pytest.fixture
def either_office(both_databases: Work) -> Office:
    """Open a fresh office, once for each database."""
    return Office(both_databases)


def minutes(count: float) -> timedelta:
    """Return a span in minutes."""
    return timedelta(minutes=count)
