"""Tells a matching in the file's ids: plan, objectives with bounds, what is unmet, why, and the cheapest change.

It words nothing: reasons are codes with numbers and ids. It decides nothing either.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

import numpy as np

from linkage.imports.instances.matching import MatchingInstance
from linkage.kernels.assignment.changes import CheapestChange, Placement
from linkage.kernels.assignment.problem import NONE
from linkage.kernels.assignment.reasons import UNMET_CAUSES, MatchReasons
from linkage.kernels.assignment.result import AssignmentResult
from linkage.terms import MatchLimit, UnmetCause

HOLDERS_SHOWN: Final = 3

_LIMIT_OF: Final = {
    UnmetCause.NO_ELIGIBLE_OFFER: MatchLimit.ELIGIBILITY,
    UnmetCause.NO_CAPACITY: MatchLimit.OFFER_CAPACITY,
    UnmetCause.CAPACITY_TAKEN: MatchLimit.OFFER_CAPACITY,
    UnmetCause.WINDOW_TAKEN: MatchLimit.WINDOW_CAPACITY,
    UnmetCause.SOURCE_CAP: MatchLimit.SOURCE_CAP,
    UnmetCause.GROUP_MAX: MatchLimit.GROUP_MAX,
    UnmetCause.EXCLUSIVE: MatchLimit.EXCLUSIVE,
}
"""The limit a cause speaks of."""

_HELD: Final = frozenset(
    {UnmetCause.CAPACITY_TAKEN, UnmetCause.WINDOW_TAKEN, UnmetCause.SOURCE_CAP, UnmetCause.FAIRNESS, UnmetCause.QUOTA}
)


def matching_answer(instance: MatchingInstance, result: AssignmentResult, seconds: float) -> dict[str, Any]:
    """Build the answer of `linkage solve matching`."""
    answer: dict[str, Any] = {
        "status": result.status.value,
        "objectives": {
            level.objective.value: {"value": level.value, "bound": level.bound} for level in result.objectives
        },
        "gap": result.gap_ratio,
        "seconds": round(seconds, 3),
        "assignments": _assignments(instance, result),
        "unmet": [] if result.reasons is None else _unmet(instance, result.reasons),
    }
    if result.conflicts:
        answer["conflicts"] = [
            {
                "rule": conflict.limit.value,
                **_named(instance, conflict.limit, conflict.index),
                "asked": conflict.asked,
                "allowed": conflict.allowed,
            }
            for conflict in result.conflicts
        ]
    if instance.remarks:
        answer["remarks"] = list(instance.remarks)
    return answer


def matching_prices(instance: MatchingInstance, result: AssignmentResult) -> list[dict[str, Any]]:
    """Tell what one more unit at each binding limit would gain, per objective; empty where the plan is not proven."""
    reasons = result.reasons
    if reasons is None:
        return []
    found = []
    for limit, table in (
        (MatchLimit.OFFER_CAPACITY, reasons.offer_price),
        (MatchLimit.WINDOW_CAPACITY, reasons.window_price),
        (MatchLimit.SOURCE_CAP, reasons.source_price),
        (MatchLimit.GROUP_MAX, reasons.group_price),
    ):
        if table is None:
            continue
        for index in np.flatnonzero(table.any(axis=0)).tolist():
            gains = {level.value: int(table[row, index]) for row, level in enumerate(reasons.levels)}
            found.append({"rule": limit.value, **_named(instance, limit, index), "gains": gains})
    return found


def _assignments(instance: MatchingInstance, result: AssignmentResult) -> list[dict[str, Any]]:
    needs, offers = instance.needs, instance.offers
    columns = (result.need.tolist(), result.offer.tolist(), result.quantity.tolist())
    rows: list[dict[str, Any]] = [
        {"need": needs[need], "offer": offers[offer], "quantity": quantity}
        for need, offer, quantity in zip(*columns, strict=True)
    ]
    for row in np.flatnonzero(result.window != NONE).tolist():
        rows[row]["window"] = instance.windows[int(result.window[row])]
    return rows


def _named(instance: MatchingInstance, limit: MatchLimit, index: int) -> dict[str, Any]:
    """Name what a limit is about."""
    problem = instance.problem
    if limit is MatchLimit.WINDOW_CAPACITY:
        return {"offer": instance.offers[int(problem.window_offer[index])], "window": instance.windows[index]}
    if limit in {MatchLimit.EXCLUSIVE, MatchLimit.PACKAGE}:
        column = problem.need_exclusive if limit is MatchLimit.EXCLUSIVE else problem.need_package
        return {"needs": [instance.needs[need] for need in np.flatnonzero(column == index).tolist()]}
    noun, ids = {
        MatchLimit.NEED_QUANTITY: ("need", instance.needs),
        MatchLimit.INDIVISIBLE: ("need", instance.needs),
        MatchLimit.OFFER_CAPACITY: ("offer", instance.offers),
        MatchLimit.ELIGIBILITY: ("offer", instance.offers),
        MatchLimit.SOURCE_CAP: ("source", instance.sources),
        MatchLimit.GROUP_MAX: ("group", instance.groups),
    }[limit]
    return {noun: ids[index]}


def _unmet(instance: MatchingInstance, reasons: MatchReasons) -> list[dict[str, Any]]:
    unmet = reasons.unmet
    held_by = _holders(reasons)
    rows = []
    for row, (need, quantity) in enumerate(zip(unmet.need.tolist(), unmet.quantity.tolist(), strict=True)):
        cause = UNMET_CAUSES[unmet.cause[row]]
        own = slice(int(reasons.problem.need_start[need]), int(reasons.problem.need_start[need + 1]))
        eligible = sorted(set(reasons.problem.pair_offer[own].tolist()))
        detail: dict[str, Any] = {"units": quantity, "eligible_offers": len(eligible)}
        if cause in _HELD:
            detail |= _taken(instance, reasons, need, [each for offer in eligible for each in held_by[offer]])
        if unmet.decided_by[row] >= 0:
            detail["decided_by"] = reasons.levels[int(unmet.decided_by[row])].value
            detail["margin"] = int(unmet.margin[row])
        if unmet.displaced_need[row] >= 0:
            detail["displaced_need"] = instance.needs[int(unmet.displaced_need[row])]
        change = reasons.free.cheapest(need) or reasons.free.by_new_pair(need, instance.places)
        rows.append(
            {
                "need": instance.needs[need],
                "quantity": quantity,
                "reasons": [{"code": cause.value, "detail": detail}, *_other_rules(instance, cause, change)],
                "cheapest_change": None if change is None else _change(instance, reasons, change),
            }
        )
    return rows


def _other_rules(instance: MatchingInstance, cause: UnmetCause, change: CheapestChange | None) -> list[dict[str, Any]]:
    """Name the rules that stand in the way beside the first cause: all of them must give for the need to be met."""
    raises = () if change is None else change.raises
    return [
        {"code": one.limit.value, "detail": _named(instance, one.limit, one.index) | {"short_by": one.by}}
        for one in raises
        if one.limit is not _LIMIT_OF.get(cause)
    ]


def _holders(reasons: MatchReasons) -> dict[int, list[int]]:
    """List the needs that hold each offer, the least important first."""
    held_by: dict[int, list[int]] = defaultdict(list)
    need, offer = reasons.matches.need, reasons.matches.offer
    for row in np.lexsort((need, reasons.problem.need_priority[need])).tolist():
        held_by[int(offer[row])].append(int(need[row]))
    return held_by


def _taken(instance: MatchingInstance, reasons: MatchReasons, need: int, holders: list[int]) -> dict[str, Any]:
    """Say who holds the capacity a need could have had: how many, and the least important of them."""
    priority = reasons.problem.need_priority
    others = sorted({other for other in holders if other != need}, key=lambda other: (int(priority[other]), other))
    if not others:
        return {}
    return {
        "holders": len(others),
        "least_important_holders": [instance.needs[other] for other in others[:HOLDERS_SHOWN]],
        "least_priority_held": int(priority[others[0]]),
    }


def _change(instance: MatchingInstance, reasons: MatchReasons, change: CheapestChange) -> dict[str, Any]:
    """Tell a change: the limits to raise, where the need then goes, and what that does to the objectives.

    A place that is reserved is kept for the need; otherwise the raises alone meet it, after all that come first.
    """
    return {
        "offer": instance.offers[change.offer],
        "added_capacity": change.added_capacity,
        "meets": change.meets,
        "raises": [
            {"rule": one.limit.value, **_named(instance, one.limit, one.index), "by": one.by} for one in change.raises
        ],
        "placements": [_placement(instance, each) for each in change.placements],
        "is_reserved": change.is_reserved,
        "effect": {level.value: by for level, by in zip(reasons.levels, change.effect, strict=True)},
    }


def _placement(instance: MatchingInstance, each: Placement) -> dict[str, Any]:
    """Tell where units go; a pair that is to be added counts at `cost`, in a window that is to be added if it says so."""
    told: dict[str, Any] = {
        "need": instance.needs[each.need],
        "offer": instance.offers[each.offer],
        "quantity": each.quantity,
    }
    if each.window is not None:
        told["window"] = instance.windows[each.window]
    if not each.is_new_pair:
        return told
    told |= {"is_new_pair": True, "cost": each.cost}
    new_window = None if each.window is not None else instance.places.new_window(each.need, each.offer)
    return told | ({} if new_window is None else {"new_window": new_window})
