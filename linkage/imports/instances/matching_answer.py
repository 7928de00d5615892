"""Tells a matching in the file's ids: plan, objectives with bounds, what is unmet, why, and the cheapest change.

It words nothing: reasons are codes with numbers and ids. It decides nothing either.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

import numpy as np

from linkage.imports.instances.columns import Id
from linkage.imports.instances.matching import MatchingInstance
from linkage.kernels.assignment.problem import NONE
from linkage.kernels.assignment.reasons import UNMET_CAUSES, MatchReasons
from linkage.kernels.assignment.result import AssignmentResult
from linkage.terms import MatchLimit, UnmetCause

HOLDERS_SHOWN: Final = 3


def matching_answer(instance: MatchingInstance, result: AssignmentResult, seconds: float) -> dict[str, Any]:
    """Build the answer of `linkage solve matching`."""
    needs, offers = instance.needs, instance.offers
    answer: dict[str, Any] = {
        "status": result.status.value,
        "objectives": {
            level.objective.value: {"value": level.value, "bound": level.bound} for level in result.objectives
        },
        "gap": result.gap_ratio,
        "seconds": round(seconds, 3),
        "assignments": [
            {"need": needs[need], "offer": offers[offer], "quantity": quantity}
            for need, offer, quantity in zip(
                result.need.tolist(), result.offer.tolist(), result.quantity.tolist(), strict=True
            )
        ],
        "unmet": [] if result.reasons is None else _unmet(instance, result.reasons),
    }
    if result.conflicts:
        named = {
            MatchLimit.NEED_QUANTITY: ("need", needs),
            MatchLimit.INDIVISIBLE: ("need", needs),
            MatchLimit.OFFER_CAPACITY: ("offer", offers),
            MatchLimit.SOURCE_CAP: ("source", instance.sources),
        }
        answer["conflicts"] = [
            {
                "rule": conflict.limit.value,
                named[conflict.limit][0]: named[conflict.limit][1][conflict.index],
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
    for noun, table, ids in (
        ("offer", reasons.offer_price, instance.offers),
        ("source", reasons.source_price, instance.sources),
    ):
        if table is None:
            continue
        for index in np.flatnonzero(table.any(axis=0)).tolist():
            gains = {level.value: int(table[row, index]) for row, level in enumerate(reasons.levels)}
            found.append({noun: ids[index], "gains": gains})
    return found


def _unmet(instance: MatchingInstance, reasons: MatchReasons) -> list[dict[str, Any]]:
    columns = {
        name: getattr(reasons.unmet, name).tolist()
        for name in (
            "need",
            "quantity",
            "cause",
            "decided_by",
            "margin",
            "displaced_need",
            "change_offer",
            "added_capacity",
            "added_cap",
            "other_offer",
        )
    }
    held_by = _holders(reasons)
    rows = []
    for row, need in enumerate(columns["need"]):
        cause = UNMET_CAUSES[columns["cause"][row]]
        own = slice(int(reasons.problem.need_start[need]), int(reasons.problem.need_start[need + 1]))
        eligible = reasons.problem.pair_offer[own].tolist()
        detail: dict[str, Any] = {"units": columns["quantity"][row], "eligible_offers": len(set(eligible))}
        if cause in {UnmetCause.CAPACITY_TAKEN, UnmetCause.SOURCE_CAP, UnmetCause.FAIRNESS}:
            detail |= _taken(instance, reasons, need, [each for offer in set(eligible) for each in held_by[offer]])
        if columns["decided_by"][row] >= 0:
            level = reasons.levels[columns["decided_by"][row]]
            detail |= {"decided_by": level.value, "margin": columns["margin"][row]}
            if columns["displaced_need"][row] >= 0:
                detail["displaced_need"] = instance.needs[columns["displaced_need"][row]]
        rows.append(
            {
                "need": instance.needs[need],
                "reasons": [{"code": cause.value, "detail": detail}],
                "cheapest_change": _change(instance, columns, row),
            }
        )
    return rows


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


def _change(instance: MatchingInstance, columns: dict[str, list[int]], row: int) -> dict[str, Id | int | None] | None:
    offer = columns["change_offer"][row]
    if offer < 0:
        return None
    change: dict[str, Id | int | None] = {
        "offer": instance.offers[offer],
        "added_capacity": columns["added_capacity"][row],
        "meets": columns["quantity"][row],
    }
    if columns["added_cap"][row]:
        source = int(instance.problem.offer_source[offer])
        change |= {"source": None if source == NONE else instance.sources[source]}
        change |= {"added_cap": columns["added_cap"][row]}
    return change
