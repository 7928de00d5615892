"""The contract units of a report: stored counts, with what does not count, why, and where the pace leads.

The counts are read from stored figures; reasons and pace come from `linkage.rules`, their words from the templates
beside the report's page. A case is named by the person's code, never by a name.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from linkage.db.tables import Activity, Person, ServiceItem
from linkage.db.tables import Figure as FigureRow
from linkage.rules.contract_units import Uncounted, UnitTally
from linkage.rules.pace import pace
from linkage.rules.reporting import tallies, unit_code
from linkage.rules.reporting_facts import Facts, Scope
from linkage.schemas.report import UncountedUnit, UnitProgress
from linkage.stages.reporting_figures import trace_code
from linkage.stages.reporting_files import words
from linkage.terms import PaceStanding, UnitBasis, UnitCount


class Units:
    """The contract units: stored counts, with what does not count and where the pace leads."""

    def __init__(self, session: Session, rows: Mapping[str, FigureRow], facts: Facts, scope: Scope) -> None:
        self._session = session
        self._references = _References(session)
        self._elapsed = scope.elapsed
        self.tallies = tallies(facts, scope.units)
        self.progress = tuple(self._progress(one, rows[unit_code(one.unit)]) for one in self.tallies)

    def _progress(self, one: UnitTally, row: FigureRow) -> UnitProgress:
        counted = row.numerator or 0
        found = pace(counted, one.unit.target_count, self._elapsed, is_growing=one.unit.counts is not UnitCount.PERSONS)
        minimums = [
            {"basis": minimum.basis.label, "measure": minimum.measure.label, "at_least": minimum.at_least}
            for minimum in one.unit.per_unit
        ]
        return UnitProgress(
            code=one.unit.code,
            name=one.unit.name,
            method=one.unit.method,
            unit=one.unit.unit,
            minimum="".join(words(self._session, "report/minimum.txt.j2", {"minimums": minimums})),
            target_count=one.unit.target_count,
            recorded_count=max(one.recorded_count, counted),
            counted_count=counted,
            expected_count=found.due_count,
            forecast_count=found.forecast_count,
            is_behind=found.standing is PaceStanding.BEHIND,
            uncounted=tuple(self._uncounted(one, item) for item in one.uncounted),
            trace=trace_code(row),
        )

    def _uncounted(self, one: UnitTally, item: Uncounted) -> UncountedUnit:
        shortfalls = [
            {
                "measure": short.measure.label,
                "is_average": short.basis is UnitBasis.AVERAGE,
                "reached": _rounded(short.reached.numerator, short.reached.denominator),
                "at_least": short.at_least,
            }
            for short in item.shortfalls
        ]
        values = {
            "shortfalls": shortfalls,
            "cause": item.cause.label,
            "waiting_count": 0 if item.part is None else item.part.waiting_count,
        }
        return UncountedUnit(
            reference=self._references.of(one, item),
            reason="".join(words(self._session, "report/uncounted.txt.j2", values)),
        )


def _rounded(numerator: int, denominator: int) -> str:
    """Write a mean with at most one decimal, rounded down so that a missed minimum never reads as met."""
    tenths = numerator * 10 // denominator
    return str(tenths // 10) if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10}"


class _References:
    """What people call an activity, a group or a case; a case is named by the person's code."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, one: UnitTally, item: Uncounted) -> str:
        if item.part is None:
            return f"{len(item.record_ids):,} 条记录"
        activity = self._session.get_one(Activity, item.part.activity_id)
        service = self._session.get_one(ServiceItem, activity.service_item_id)
        if one.unit.counts is UnitCount.ACTIVITIES:
            return f"{activity.name}（{activity.held_on:%Y-%m-%d}）"
        if one.unit.counts is UnitCount.CASES and item.part.person_id is not None:
            return f"{service.name} {self._session.get_one(Person, item.part.person_id).code}"
        series = item.part.series
        own = "" if series in {None, f"{service.code}-c{activity.cycle}"} else f"“{series}”"
        return f"{service.name}{own}（第{activity.cycle}期）"
