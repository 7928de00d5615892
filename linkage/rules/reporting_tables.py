"""The tables of a report: months, the way needs came, answers by level, and what is too few to be shown in public.

Pure: frozen facts in, frozen records of `linkage.schemas.report` out. A month counts what happened in it; needs are
told with their gaps, each by its latest cause.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from linkage.rules.reporting_facts import Facts, NeedView, RatingView
from linkage.schemas.report import CategoryNeeds, GapReason, MonthlyCount, NeedsFunnel
from linkage.terms import GapCause, GapChange, NeedCategory, ReportFigure

SMALL_CELL: Final = 5
"""Counts of residents below this are not shown in a public paper: in a village they point at a household."""

LEVELS: Final = (5, 4, 3, 2, 1)
"""The ratings from best to worst."""


def is_small(number: int) -> bool:
    """Say whether a count could point at somebody; nobody at all does not."""
    return 0 < number < SMALL_CELL


def months_of(from_on: date, to_on: date) -> tuple[date, ...]:
    """List the firsts of the months a span touches."""
    first = from_on.replace(day=1)
    found: list[date] = []
    while first <= to_on:
        found.append(first)
        first = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return tuple(found)


def monthly_counts(facts: Facts, from_on: date, to_on: date) -> tuple[MonthlyCount, ...]:
    """Count each month's person-times, volunteers' minutes and activities."""
    person_times, minutes = Counter[date](), Counter[date]()
    activities: dict[date, set[int]] = {}
    for record in facts.counted:
        month_on = record.served_on.replace(day=1)
        person_times[month_on] += record.person_times
        activities.setdefault(month_on, set()).add(record.activity_id)
    for entry in facts.hours:
        minutes[entry.served_on.replace(day=1)] += entry.minutes
    return tuple(
        MonthlyCount(
            month_on=month_on,
            person_times=person_times[month_on],
            service_minutes=max(0, minutes[month_on]),
            activities_count=len(activities.get(month_on, ())),
        )
        for month_on in months_of(from_on, to_on)
    )


def needs_funnel(facts: Facts) -> NeedsFunnel:
    """Count how far the needs came, by category, and why some were not met."""
    needs = facts.needs
    by_category = [(category, [need for need in needs if need.category is category]) for category in NeedCategory]
    return NeedsFunnel(
        asked_count=len(needs),
        matched_count=sum(need.is_matched for need in needs),
        accepted_count=sum(need.is_accepted for need in needs),
        met_count=sum(need.is_met for need in needs),
        unmet_count=sum(need.is_unmet for need in needs),
        by_category=tuple(
            CategoryNeeds(
                category=category,
                asked_count=len(held),
                matched_count=sum(need.is_matched for need in held),
                met_count=sum(need.is_met for need in held),
                unmet_count=sum(need.is_unmet for need in held),
            )
            for category, held in by_category
            if held
        ),
        gaps=_gaps(needs),
    )


def _gaps(needs: Sequence[NeedView]) -> tuple[GapReason, ...]:
    """Group unmet needs by cause, the most frequent first, each with the change that would help most of them."""
    causes = Counter[GapCause]()
    changes: dict[GapCause, Counter[GapChange]] = {}
    for need in needs:
        if need.is_unmet and need.cause is not None:
            causes[need.cause] += 1
            if need.change is not None:
                changes.setdefault(need.cause, Counter())[need.change] += 1
    return tuple(
        GapReason(
            reason=cause.label,
            needs_count=count,
            remedy=changes[cause].most_common(1)[0][0].label if cause in changes else "",
        )
        for cause, count in sorted(causes.items(), key=lambda pair: (-pair[1], pair[0].value))
    )


def answers_by_level(ratings: Iterable[RatingView]) -> tuple[tuple[int, int], ...]:
    """Count the answers at each level, from best to worst."""
    held = Counter(rating.points for rating in ratings)
    return tuple((level, held[level]) for level in LEVELS)


def public_needs(funnel: NeedsFunnel) -> NeedsFunnel | None:
    """Return what a public paper may show of the needs; None where even the totals are too few.

    Categories are left out, since one resident's wish may be the only one of its kind; small reasons are told
    together, and not at all where they are still too few.
    """
    totals = (
        funnel.asked_count,
        funnel.matched_count,
        funnel.accepted_count,
        funnel.met_count,
        funnel.unmet_count,
        funnel.asked_count - funnel.met_count,
    )
    if funnel.asked_count == 0 or any(is_small(number) for number in totals):
        return None
    shown = [gap for gap in funnel.gaps if not is_small(gap.needs_count)]
    rest = sum(gap.needs_count for gap in funnel.gaps if is_small(gap.needs_count))
    if is_small(rest):
        shown = []
    elif rest:
        shown.append(GapReason(reason=OTHER_REASONS, needs_count=rest))
    return funnel.model_copy(update={"by_category": (), "gaps": tuple(shown)})


OTHER_REASONS: Final = "其他原因（合并）"


def public_months(months: Sequence[MonthlyCount]) -> tuple[MonthlyCount, ...]:
    """Return the months a public paper may show: all, or none where one of them is too few."""
    return () if any(is_small(month.person_times) for month in months) else tuple(months)


def hidden_codes(values: Mapping[str, int]) -> frozenset[str]:
    """Say which counts a public paper prints no number for.

    Where fewer than five residents were served, their visits and meals are hidden with them; needs are hidden
    together, since one count would give the other away.

    Parameters
    ----------
    values
        Each count by its figure's code.
    """
    hidden = {code for code in _COUNTS_RESIDENTS if is_small(values.get(code, 0))}
    if ReportFigure.PERSONS.value in hidden:
        hidden |= {ReportFigure.PERSON_TIMES.value, ReportFigure.MEALS.value}
    asked, met = (values.get(code.value, 0) for code in (ReportFigure.NEEDS_ASKED, ReportFigure.NEEDS_MET))
    if any(is_small(number) for number in (asked, met, asked - met)):
        hidden |= {ReportFigure.NEEDS_ASKED.value, ReportFigure.NEEDS_MET.value}
    return frozenset(hidden)


_COUNTS_RESIDENTS: Final = tuple(
    figure.value
    for figure in (
        ReportFigure.PERSONS,
        ReportFigure.PERSON_TIMES,
        ReportFigure.MEALS,
        ReportFigure.VOLUNTEERS,
    )
)
