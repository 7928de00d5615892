"""What a report is counted from: the facts up to its cut-off day as frozen views, and the scope they are held against.

Views carry ids and numbers only, no name, phone or condition. Loading them is the stage's work; counting them is
`linkage.rules.reporting`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from linkage.rules.contract_units import RecordView
from linkage.rules.pace import elapsed_share
from linkage.schemas.charter_contract import ContractUnit
from linkage.terms import GapCause, GapChange, NeedCategory


class RatingView(NamedTuple):
    """One answer of a service user, 1 to 5; an answer is not a person."""

    rating_id: int
    record_id: int
    points: int


class NeedView(NamedTuple):
    """How far one need came by the cut-off day.

    Parameters
    ----------
    is_unmet
        A run of matching could not meet it, and nothing met it since.
    cause, change
        Why, and the smallest change that would meet it, where that is known.
    """

    need_id: int
    category: NeedCategory
    community_id: int
    is_matched: bool
    is_accepted: bool
    is_met: bool
    is_unmet: bool
    cause: GapCause | None = None
    change: GapChange | None = None


class HoursView(NamedTuple):
    """One entry of the hours ledger; a correction may be negative."""

    entry_id: int
    person_id: int
    minutes: int
    served_on: date
    community_id: int | None = None


class VolunteerView(NamedTuple):
    """A volunteer's time with the project and what they promised for each month."""

    person_id: int
    pledge_minutes: int
    joined_on: date
    left_on: date | None


@dataclass(frozen=True)
class Facts:
    """What a report counts, up to its cut-off day."""

    records: tuple[RecordView, ...] = ()
    ratings: tuple[RatingView, ...] = ()
    needs: tuple[NeedView, ...] = ()
    hours: tuple[HoursView, ...] = ()
    volunteers: tuple[VolunteerView, ...] = ()

    def of_community(self, community_id: int) -> Facts:
        """Keep what belongs to one community; what belongs to none is left out."""
        records = tuple(record for record in self.records if record.community_id == community_id)
        held = {record.record_id for record in records}
        return replace(
            self,
            records=records,
            ratings=tuple(rating for rating in self.ratings if rating.record_id in held),
            needs=tuple(need for need in self.needs if need.community_id == community_id),
            hours=tuple(entry for entry in self.hours if entry.community_id == community_id),
            volunteers=(),
        )

    @property
    def counted(self) -> tuple[RecordView, ...]:
        """The service records that no flag holds back."""
        return tuple(record for record in self.records if record.is_counted)


@dataclass(frozen=True)
class Scope:
    """What a report is about.

    Parameters
    ----------
    from_on, to_on
        The project's period.
    cut_off_on
        The last day whose records count.
    persons_target_count
        How many people the project promised to reach.
    """

    from_on: date
    to_on: date
    cut_off_on: date
    units: tuple[ContractUnit, ...]
    persons_target_count: int

    @property
    def elapsed(self) -> Fraction:
        """The share of the project's days that had passed on the cut-off day."""
        return elapsed_share(self.from_on, self.to_on, self.cut_off_on)
