"""Tells a roster in the file's ids: who serves where, objectives with bounds, empty places, why, and cheapest changes.

It words nothing: reasons are codes with numbers and ids. It decides nothing either.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from linkage.imports.instances.columns import Id
from linkage.imports.instances.roster import RosterInstance
from linkage.kernels.roster.changes import NEW, NOBODY, RosterChange
from linkage.kernels.roster.problem import ANY, NO_LIMIT
from linkage.kernels.roster.reasons import PledgeShortfall, Shortage
from linkage.kernels.roster.result import Conflict, RosterResult
from linkage.terms import RosterChangeKind, RosterRule, RosterStep, ShortfallCause

LEAD: Final = "lead"
"""Stands for the seat where a shift's lead is missing."""

OTHER_AIMS: Final = ShortfallCause.OTHER_AIMS.value
"""Stands for no rule: somebody could come, and a more important aim leaves the place empty."""

NO_VOLUNTEERS: Final = "no_volunteers"
"""Stands for no rule: the file has nobody who could be asked."""

_RIVALS_SHOWN: Final = 3


def roster_answer(
    instance: RosterInstance,
    result: RosterResult,
    *,
    shortages: Sequence[Shortage],
    shortfalls: Sequence[PledgeShortfall],
    seconds: float,
) -> dict[str, Any]:
    """Build the answer of `linkage solve roster`."""
    problem = instance.problem
    skill = problem.seats.skill
    answer: dict[str, Any] = {
        "status": result.status.value,
        "objectives": _objectives(result),
        "gap": result.gap_ratio,
        "seconds": round(seconds, 3),
        "assignments": [
            {
                "volunteer": instance.volunteers[volunteer],
                "shift": instance.shifts[shift],
                "skill": None if skill[seat] == ANY else instance.skills[skill[seat]],
            }
            for volunteer, shift, seat in zip(
                result.volunteer.tolist(), result.shift.tolist(), result.seat.tolist(), strict=True
            )
        ],
        "unfilled": [_unfilled(instance, shortage) for shortage in shortages],
    }
    if shortfalls:
        answer["below_pledge"] = [
            {
                "volunteer": instance.volunteers[row.volunteer],
                "code": row.cause.value,
                "detail": {
                    "planned_minutes": row.planned_minutes,
                    "owed_minutes": row.owed_minutes,
                    "reachable_minutes": row.reachable_minutes,
                    "missing_shift_minutes": row.missing_shift_minutes,
                },
            }
            for row in shortfalls
        ]
    if result.conflict is not None:
        answer["conflicts"] = conflicts_told(instance, result.conflict)
    if instance.remarks:
        answer["remarks"] = list(instance.remarks)
    return answer


def _objectives(result: RosterResult) -> dict[str, dict[str, int]]:
    """Tell each level; terms that are summed stand under their names joined by `+`, and each by its own value."""
    told: dict[str, dict[str, int]] = {}
    for level in result.levels:
        told["+".join(term.value for term in level.terms)] = {"value": level.value, "bound": level.bound}
        if len(level.terms) > 1:
            told |= {term.value: {"value": result.terms[term]} for term in level.terms}
    return told


def _unfilled(instance: RosterInstance, shortage: Shortage) -> dict[str, Any]:
    return {
        "shift": instance.shifts[shortage.shift],
        "seat": LEAD if shortage.seat == ANY else int(instance.seat_of[shortage.seat]),
        "missing": shortage.missing_count,
        "reasons": _reasons(instance, shortage),
        "cheapest_change": None if shortage.change is None else _change(instance, shortage.change),
    }


def _reasons(instance: RosterInstance, shortage: Shortage) -> list[dict[str, Any]]:
    """Name the fewest rules that leave nobody, each with the people before and after it in the order of the rules."""
    before, steps = len(instance.volunteers), {}
    for step in shortage.funnel:
        steps[step.step] = {"before": before, "left": step.left_count}
        before = step.left_count
    if not instance.volunteers:
        return [{"code": NO_VOLUNTEERS, "detail": {}}]
    if not shortage.reasons:
        return [{"code": OTHER_AIMS, "detail": {"free": before}}]
    found = []
    for rule in shortage.reasons:
        detail: dict[str, Any] = dict(steps.get(rule, {}))
        if rule is RosterStep.TAKEN:
            detail["held_by_shifts"] = [instance.shifts[rival.shift] for rival in shortage.rivals[:_RIVALS_SHOWN]]
            detail["shifts"] = len(shortage.rivals)
        found.append({"code": rule.value, "detail": detail})
    return found


def _change(instance: RosterInstance, change: RosterChange) -> dict[str, Any]:
    told: dict[str, Any] = {
        "kind": change.kind.value,
        "volunteer": None if change.volunteer == NEW else instance.volunteers[change.volunteer],
        "shift": instance.shifts[change.shift],
    }
    if change.skill != ANY:
        told["skill"] = instance.skills[change.skill]
    if change.is_lead:
        told["lead"] = True
    if change.minutes:
        told["minutes"] = change.minutes
    if change.kind is RosterChangeKind.RAISE_MINUTES:
        caps = zip(("max_minutes", "max_minutes_week", "max_minutes_day"), change.raised, strict=True)
        told |= {name: cap for name, cap in caps if cap < NO_LIMIT}
    if change.limit:
        told["limit"] = change.limit
    if change.companion != NOBODY:
        told["companion"] = None if change.companion == NEW else instance.volunteers[change.companion]
    return told


def conflicts_told(instance: RosterInstance, conflict: Conflict) -> list[dict[str, Any]]:
    """Name the rules that contradict each other."""
    rows = []
    for use in conflict.rules:
        row: dict[str, Any] = {"rule": use.rule.value}
        if use.volunteer >= 0:
            row["volunteer"] = instance.volunteers[use.volunteer]
        if use.shift >= 0:
            row["shift"] = instance.shifts[use.shift]
        if use.seat >= 0:
            row["seat"] = int(instance.seat_of[use.seat])
        if use.index >= 0:
            row |= _about(instance, use.rule, use.index)
        if use.limit >= 0:
            row["limit"] = use.limit
        rows.append(row)
    return rows


def _about(instance: RosterInstance, rule: RosterRule, index: int) -> dict[str, Id | int]:
    """Say which week, day, skill, kind or team a rule is about."""
    if rule in {RosterRule.SKILL, RosterRule.CERTIFICATE} and index < len(instance.skills):
        return {"skill": instance.skills[index]}
    if rule is RosterRule.MAX_SHIFTS_BY_KIND and index < len(instance.kinds):
        return {"kind": instance.kinds[index]}
    if rule in {RosterRule.MAX_MINUTES_WEEK, RosterRule.STRAIN_WEEK}:
        return {"week": index}
    return {"team": index} if rule is RosterRule.TEAM else {"day": index}
