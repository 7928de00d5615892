"""The gate of the mid-term money, through the real stages: 59 does not pay, 60 does, and no sheet is overlooked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from linkage.db.base import Owned
from linkage.db.tables import Assessment, MoneyEntry, Rectification, Score, Tranche
from linkage.db.work import Work
from linkage.errors import GateShut
from linkage.settings import load_settings
from linkage.simulation import players
from linkage.simulation.drive import drive, start
from linkage.simulation.players import Table
from linkage.stages import assessment_sheet, lifecycle
from linkage.stages.standing import standing_of
from linkage.stages.steps import Outcome
from linkage.terms import AssessmentState, RaterKind, RectificationState, Stage
from tests.life.conftest import short_charter

pytestmark = [pytest.mark.xdist_group("life"), pytest.mark.timeout(300)]

PURCHASER = {"daily": Decimal(6), "outcome": Decimal(6)}
COMMUNITY = {"presence": Decimal(6), "governance": Decimal(3)}
LINES = {"management": 10, "process": 15, "records": 10, "finance": 10}


@dataclass
class Gate:
    """A project that waits for its mid-term scores, on a clock of its own."""

    table: Table
    now: datetime

    def later(self) -> None:
        """Let an hour pass."""
        self.now += timedelta(hours=1)

    def run(self) -> list[Outcome]:
        """Run the project as far as its gates allow."""
        self.later()
        outcomes = lifecycle.run_on(self.table.work, self.table.project_id, self.now)
        return [outcome.outcome for outcome in outcomes]

    def all(self, kind: type[Owned]) -> list[Any]:
        """Read all rows of a table."""
        with self.table.work.read(self.table.organization_id) as session:
            return list(session.execute(select(kind).order_by(kind.id)).scalars())

    def submit(self, rater: RaterKind, actor: str, points: dict[str, Decimal]) -> None:
        """Enter one rater's sheet."""
        with self.table.work.begin(self.table.organization_id, actor=actor, now=self.now) as session:
            assessment_sheet.submit(
                session, self.table.project_id, rater, points, actor=actor, is_unrelated=True, now=self.now
            )

    def third_party_points(self, *, reaches: bool) -> dict[str, Decimal]:
        """Return the third party's least points that bring the total to 59.5, or the most that do not."""
        with self.table.work.read(self.table.organization_id) as session:
            rubric = assessment_sheet.rubric_of(standing_of(session, self.table.project_id))
        weights = {rater.kind: rater.weight_percent for rater in rubric.raters}
        most = {line.code: line.max_points for line in rubric.indicators}
        attempt = self.all(Assessment)[-1].id
        given = {
            row.indicator: Decimal(row.points_hundredths) / 100
            for row in self.all(Score)
            if row.assessment_id == attempt
        }
        given |= PURCHASER | COMMUNITY
        others = Decimal(0)
        for kind, weight in weights.items():
            if kind is not RaterKind.THIRD_PARTY:
                own = [line.code for line in rubric.indicators_of(kind)]
                others += sum(given[code] for code in own) * weight / sum(most[code] for code in own)
        missing = (Decimal("59.5") - others) * sum(LINES.values()) / weights[RaterKind.THIRD_PARTY]
        left = missing.quantize(Decimal("0.01"), rounding=ROUND_CEILING) - (0 if reaches else Decimal("0.01"))
        points: dict[str, Decimal] = {}
        for code, limit in LINES.items():
            points[code] = min(left, Decimal(limit))
            left -= points[code]
        return points


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    """Carry the short project to its mid-term assessment; nobody has scored yet."""
    work = Work.open(load_settings({"LINKAGE_MODE": "inline"}, data_folder=tmp_path / "data"))
    begun = start(work, short_charter(), seed=3)
    reached: list[datetime] = []

    class Reached(Exception):
        pass

    def tick(now: datetime) -> None:
        lifecycle.run_on(work, begun.table.project_id, now)
        with work.read(begun.table.organization_id) as session:
            if standing_of(session, begun.table.project_id).project.stage is Stage.ASSESSMENT:
                reached.append(now)
                raise Reached

    with pytest.raises(Reached):
        drive(begun, tick)
    yield Gate(begun.table, reached[0])
    work.close()


def test_59_pays_nothing_and_60_pays_once(gate: Gate) -> None:
    """59 opens a rectification and no money moves, whoever approves; 60 on the next attempt releases the tranche once."""
    gate.submit(RaterKind.PURCHASER, "county-civil-affairs", PURCHASER)
    gate.submit(RaterKind.COMMUNITY, "village-committee", COMMUNITY)
    gate.submit(RaterKind.THIRD_PARTY, "third-party", gate.third_party_points(reaches=False))
    gate.run()
    players.deliver_documents(gate.table, "midterm", gate.now)
    with pytest.raises(GateShut, match="cannot be approved yet"):
        players.approve_tranche(gate.table, "midterm", gate.now)
    gate.run()
    midterm = next(tranche for tranche in gate.all(Tranche) if tranche.code == "midterm")
    (first,) = gate.all(Assessment)

    assert (first.score_hundredths, first.band, first.state) == (5900, "failed", AssessmentState.RECTIFYING)
    assert [row.state for row in gate.all(Rectification)] == [RectificationState.OPEN]
    assert midterm.id not in [entry.tranche_id for entry in gate.all(MoneyEntry)]

    players.accept_rectification(gate.table, gate.now)
    gate.run()
    gate.submit(RaterKind.PURCHASER, "county-civil-affairs", PURCHASER)
    gate.submit(RaterKind.COMMUNITY, "village-committee", COMMUNITY)
    gate.submit(RaterKind.THIRD_PARTY, "third-party", gate.third_party_points(reaches=True))
    gate.run()
    players.approve_tranche(gate.table, "midterm", gate.now)
    gate.run()
    gate.run()

    assert [row.score_hundredths for row in gate.all(Assessment)] == [5900, 6000]
    assert [entry.tranche_id for entry in gate.all(MoneyEntry)].count(midterm.id) == 1


def test_sheet_handed_in_while_a_run_ends_is_not_overlooked(gate: Gate) -> None:
    """The last sheet came after the steps had looked: the project left unassessed, and its money stayed shut for good."""
    gate.submit(RaterKind.PURCHASER, "county-civil-affairs", PURCHASER)
    gate.submit(RaterKind.COMMUNITY, "village-committee", COMMUNITY)
    gate.later()
    work = gate.table.work
    (item,) = lifecycle.due(work, gate.now, project_id=gate.table.project_id)
    assert lifecycle.claim(work, item, "worker", gate.now)
    for step in lifecycle.steps(item.stage):
        step.run(work, item, gate.now)
    gate.submit(RaterKind.THIRD_PARTY, "third-party", gate.third_party_points(reaches=True))

    assert lifecycle.settle(work, item, "worker", gate.now).outcome is Outcome.WAITING
    assert [found.project_id for found in lifecycle.due(work, gate.now)] == [item.project_id]
    assert gate.run()[0] is Outcome.MOVED
    assert [row.state for row in gate.all(Assessment)] == [AssessmentState.CONCLUDED]
