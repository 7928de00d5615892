"""What a report is rendered from: one frozen context for the purchaser's report and one for a community's summary.

The parts say how the contract's units, the needs, the money and the duties stand. Fields keep values in their
units, which their names say (`_fen`, `_minutes`, `_on`, `_at`, `_count`); Chinese wording and number formats
belong to the renderer. Nothing is computed here, and no field holds a resident's name.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import AwareDatetime, Field

from linkage.schemas.document import DocumentContext
from linkage.schemas.figure import Figure, Period, Share
from linkage.schemas.record import Count, Name, Positive, Record, Text
from linkage.terms import (
    GateKind,
    LinkageMode,
    NeedCategory,
    PartyKind,
    PartyRole,
    RaterKind,
    ReportKind,
    ServiceMethod,
    TrancheState,
)


class PartyRow(Record):
    """Who takes part, in which role."""

    role: PartyRole
    name: Name
    kind: PartyKind
    note: str = ""


class UncountedUnit(Record):
    """A unit that was delivered but misses the contract's per-unit minimum, and why."""

    reference: Name
    reason: Text


class UnitProgress(Record):
    """One contract unit: what was promised, what counts, what does not.

    Parameters
    ----------
    minimum
        The per-unit minimum in words (小组不少于6节且不少于42人次); empty if the contract names none.
    recorded_count
        Units delivered, counted or not; `counted_count` of them meet the minimum.
    expected_count
        What an even pace would have reached by the cut-off date.
    forecast_count
        What the present pace reaches by the end of the period; None where nothing can be forecast yet.
    """

    code: Name
    name: Name
    method: ServiceMethod | None = None
    unit: Name
    minimum: str = ""
    target_count: Positive
    recorded_count: Count
    counted_count: Count
    expected_count: Count | None = None
    forecast_count: Count | None = None
    is_behind: bool = False
    uncounted: tuple[UncountedUnit, ...] = ()
    trace: Name


class MonthlyCount(Record):
    """What was delivered in one month; person-times, not persons."""

    month_on: date
    person_times: Count
    service_minutes: Count = 0
    activities_count: Count = 0


class GapReason(Record):
    """Why needs stay unmet, and how many for that reason."""

    reason: Text
    needs_count: Positive
    remedy: str = ""


class CategoryNeeds(Record):
    """The needs of one category."""

    category: NeedCategory
    asked_count: Count
    matched_count: Count
    met_count: Count
    unmet_count: Count


class NeedsFunnel(Record):
    """How far the needs of the cycle came: asked, matched, accepted by a provider, met, or unmet with reasons."""

    asked_count: Count
    matched_count: Count
    accepted_count: Count
    met_count: Count
    unmet_count: Count
    by_category: tuple[CategoryNeeds, ...] = ()
    gaps: tuple[GapReason, ...] = ()


class SatisfactionLevel(Record):
    """One step of the scale and how many chose it."""

    label: Name
    answers_count: Count


class Satisfaction(Record):
    """Satisfaction as answered, from the best level to the worst; the share of satisfied carries its n."""

    asked_from_on: date
    asked_to_on: date
    invited_count: Count | None = None
    levels: Annotated[tuple[SatisfactionLevel, ...], Field(min_length=2)]
    satisfied: Share
    trace: Name


class VolunteerEffort(Record):
    """Volunteers (persons) and the time they gave (minutes, travel excluded)."""

    registered_persons: Count
    active_persons: Count
    service_minutes: Count
    pledged_persons: Count = 0
    pledge_met: Share | None = None
    trace: Name


class BudgetRow(Record):
    """One budget line."""

    name: Name
    budget_fen: Count
    spent_fen: Count | None = None
    note: str = ""


class GateRow(Record):
    """One lock of a tranche: open or shut, since when, and whose turn it is."""

    kind: GateKind
    is_open: bool
    since_on: date | None = None
    whose_turn: str = ""
    note: str = ""


class TrancheRow(Record):
    """One planned payment and its gates; `ratio` is its part of the contract sum, 0 to 1."""

    number: Positive
    name: Name
    amount_fen: Count
    ratio: Annotated[Decimal, Field(ge=0, le=1)]
    state: TrancheState
    released_on: date | None = None
    gates: tuple[GateRow, ...] = ()


class DutyRow(Record):
    """One line of the responsibility list."""

    party: Name
    duty: Text
    due_on: date | None = None
    state: str = ""


class RaterScore(Record):
    """One rater's part of the assessment."""

    rater: RaterKind
    name: str = ""
    weight_percent: Decimal
    score: Decimal | None


class AssessmentResult(Record):
    """The concluded assessment."""

    scheme: Name
    scheme_source: str = ""
    score: Decimal
    band: Name
    is_passed: bool
    concluded_on: date
    raters: tuple[RaterScore, ...] = ()
    rectification: str = ""


class SourceValue(Record):
    """One value as one source gives it."""

    value: Name
    source: Name
    as_of: Name


class SourceConflict(Record):
    """Sources that disagree, kept side by side and never merged."""

    label: Name
    values: Annotated[tuple[SourceValue, ...], Field(min_length=2)]


class ReportContext(DocumentContext):
    """The purchaser's report on one cycle."""

    kind: ReportKind
    period: Period
    cycle: Positive
    purchaser: Name
    communities: Annotated[tuple[Name, ...], Field(min_length=1)]
    linkage_mode: LinkageMode | None = None
    parties: tuple[PartyRow, ...]
    overview: tuple[Text, ...] = ()
    warnings: tuple[Text, ...] = ()
    key_figures: Annotated[tuple[Figure, ...], Field(max_length=12)]
    contract_units: tuple[UnitProgress, ...]
    monthly: tuple[MonthlyCount, ...]
    needs: NeedsFunnel
    satisfaction: Satisfaction | None = None
    volunteers: VolunteerEffort | None = None
    contract_sum_fen: Count
    budget: tuple[BudgetRow, ...] = ()
    tranches: tuple[TrancheRow, ...] = ()
    duties: tuple[DutyRow, ...] = ()
    assessment: AssessmentResult | None = None
    conflicts: tuple[SourceConflict, ...] = ()
    figures: tuple[Figure, ...]


class ComingActivity(Record):
    """An activity residents may come to."""

    starts_at: AwareDatetime
    title: Name
    place: Name
    note: str = ""


class SummaryContext(DocumentContext):
    """The short public summary for one community; it may hang on a wall, so it names no resident."""

    kind: ReportKind = ReportKind.COMMUNITY_SUMMARY
    community: Name
    period: Period
    overview: tuple[Text, ...] = ()
    key_figures: tuple[Figure, ...]
    monthly: tuple[MonthlyCount, ...] = ()
    needs: NeedsFunnel | None = None
    coming: tuple[ComingActivity, ...] = ()
    thanks: tuple[Name, ...] = ()
    contact: str = ""
