"""A whole life of a project: what must be true of it at the end, looked at through the records themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pypdf import PdfReader
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from linkage.db.audit import verify
from linkage.db.tables import (
    Assignment,
    CheckEvent,
    Figure,
    HoursEntry,
    Message,
    MoneyEntry,
    Project,
    ServiceRecord,
    ShiftOffer,
    Tranche,
)
from linkage.db.work import Work
from linkage.settings import load_settings
from linkage.stages.tracing import trace
from linkage.terms import MessageState, OfferState, ProjectState, TrancheState
from tests.life.conftest import short_charter

pytestmark = [pytest.mark.xdist_group("life"), pytest.mark.timeout(1200)]


def _environment(folder: Path) -> dict[str, str]:
    return {"LINKAGE_KEY_FILE": str(folder.parent / "linkage.key")}


@pytest.fixture
def ended(undisturbed: Path) -> Iterator[Session]:
    """Read the installation in which the short project has ended."""
    work = Work.open(load_settings(_environment(undisturbed), data_folder=undisturbed / "data"))
    (organization_id,) = work.organizations().values()
    with work.read(organization_id) as session:
        yield session
    work.close()


def test_project_ends_with_every_tranche_paid_once(ended: Session) -> None:
    """The project is closed, each tranche is paid once, and the sum is the contract's to the fen."""
    project = ended.execute(select(Project)).scalar_one()
    tranches = ended.execute(select(Tranche)).scalars().all()
    entries = ended.execute(select(MoneyEntry)).scalars().all()

    assert project.state is ProjectState.CLOSED
    assert {tranche.state for tranche in tranches} == {TrancheState.RELEASED}
    assert sorted(entry.tranche_id for entry in entries) == sorted(tranche.id for tranche in tranches)
    assert sum(entry.amount_fen for entry in entries) == short_charter().budget.total_fen


def test_nobody_serves_without_acceptance(ended: Session) -> None:
    """Every assignment rests on an accepted offer (or one that was accepted and given back)."""
    states = ended.execute(
        select(ShiftOffer.state, func.count())
        .join(Assignment, Assignment.shift_offer_id == ShiftOffer.id)
        .group_by(ShiftOffer.state)
    ).all()

    assert states
    assert {state for state, _ in states} <= {OfferState.ACCEPTED, OfferState.WITHDRAWN}


def test_hours_rest_on_check_ins(ended: Session) -> None:
    """Every hours entry leads to an assignment with a check-in, and is recorded within its working-day limit."""
    entries = ended.execute(select(HoursEntry)).scalars().all()
    checked = set(ended.execute(select(CheckEvent.assignment_id)).scalars())

    assert entries
    assert all(entry.assignment_id in checked for entry in entries)
    assert all(entry.recorded_at.date() <= entry.record_by_on for entry in entries)


def test_every_figure_agrees_with_its_records(ended: Session) -> None:
    """Each printed figure, counted again from the records it names, is what was printed."""
    figures = ended.execute(select(Figure.id, Figure.code)).all()

    assert len(figures) >= 20
    assert [code for figure_id, code in figures if trace(ended, f"F{figure_id}")["agrees"] is not True] == []


def test_person_times_are_what_was_recorded(ended: Session) -> None:
    """The report's person-times equal the sum over counted records, computed here without the report's rules."""
    counted = ended.execute(
        select(func.sum(ServiceRecord.person_times)).where(ServiceRecord.is_counted.is_(True))
    ).scalar_one()
    printed = ended.execute(
        select(Figure.numerator).where(Figure.code == "person_times").order_by(Figure.report_id.desc()).limit(1)
    ).scalar_one()

    assert counted == printed


def test_every_notice_arrived(ended: Session, undisturbed: Path) -> None:
    """Every message was sent, and each lies in the mailbox as a mail and as a text."""
    states = ended.execute(select(Message.state, func.count()).group_by(Message.state)).all()
    count = sum(number for _, number in states)
    mailbox = undisturbed / "data/mailbox"

    assert [state for state, _ in states] == [MessageState.SENT]
    assert len(list(mailbox.rglob("*.eml"))) == len(list(mailbox.rglob("*.txt"))) == count


def test_documents_say_that_they_are_simulated(undisturbed: Path) -> None:
    """Every page of every PDF of a simulated project carries the mark."""
    papers = sorted((undisturbed / "data/documents").rglob("*.pdf"))

    assert len(papers) >= 10
    for paper in papers:
        for page in PdfReader(paper).pages:
            assert "模拟数据" in page.extract_text(), paper.name


def test_audit_chain_holds(ended: Session, undisturbed: Path) -> None:
    """The chain of every transaction of the life verifies."""
    work = Work.open(load_settings(_environment(undisturbed), data_folder=undisturbed / "data"))
    breaks = verify(ended, work.vault)
    work.close()

    assert breaks == ()
