"""Why a need stays unmet, in one cause with its numbers, and the smallest change that would meet it.

A need without any eligible service names the test that stood between it and the service that came nearest; one
that lost to others names what the kernel found. The change is a hint for people: it promises nothing about
capacity where eligibility was the obstacle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from linkage.rules.matching_pair import AskedNeed, OfferedService, obstacles
from linkage.terms import GapCause, GapChange, MatchLimit, MatchState, UnmetCause

if TYPE_CHECKING:
    from linkage.kernels.assignment.changes import CheapestChange
    from linkage.kernels.assignment.reasons import UnmetReason


@dataclass(frozen=True, slots=True)
class PlannedGap:
    """Units of a need that stay unmet, for one cause.

    Parameters
    ----------
    reasons
        Codes with numbers, the cause first.
    change
        The smallest change that would meet it: `{change, service_item, by, with: [{change, by}, …]}`, `with` naming
        the limits that have to be raised together with the first.
    """

    need_id: int
    cause: GapCause
    quantity: int
    reasons: list[dict[str, Any]]
    change: dict[str, Any] | None


_CHANGES: Final = {
    GapCause.OUT_OF_AREA: GapChange.EXTEND_AREA,
    GapCause.WRONG_AGE: GapChange.WIDEN_AGE,
    GapCause.UNKNOWN_AGE: GapChange.RECORD_AGE,
    GapCause.TOO_LATE: GapChange.START_EARLIER,
    GapCause.NO_CONSENT: GapChange.OBTAIN_CONSENT,
}

_CAUSES: Final = {
    UnmetCause.NO_ELIGIBLE_OFFER: GapCause.NO_OFFER,
    UnmetCause.NO_CAPACITY: GapCause.NO_CAPACITY,
    UnmetCause.CAPACITY_TAKEN: GapCause.CAPACITY_TAKEN,
    UnmetCause.SOURCE_CAP: GapCause.SOCIETY_CAP,
    UnmetCause.GROUP_MAX: GapCause.COMMUNITY_QUOTA,
    UnmetCause.QUOTA: GapCause.OTHER_QUOTA,
    UnmetCause.CONTINUITY: GapCause.CONTINUITY,
    UnmetCause.FAIRNESS: GapCause.FAIRNESS,
    UnmetCause.NOT_PROVEN: GapCause.NOT_PROVEN,
}


_RAISES: Final = {
    MatchLimit.OFFER_CAPACITY: GapChange.RAISE_CAPACITY,
    MatchLimit.SOURCE_CAP: GapChange.RAISE_SOCIETY_CAP,
    MatchLimit.GROUP_MAX: GapChange.RAISE_COMMUNITY_QUOTA,
}


_LOST: Final = {
    MatchState.DECLINED: GapCause.DECLINED,
    MatchState.EXPIRED: GapCause.EXPIRED,
    MatchState.REJECTED: GapCause.REJECTED,
}


def gap_without_offer(need: AskedNeed, services: Sequence[OfferedService]) -> PlannedGap:
    """Explain a need that no service may meet.

    Parameters
    ----------
    services
        All services of the need's category.
    """
    if not services:
        change = {"change": GapChange.ADD_OFFER.value, "category": need.category.value, "by": need.quantity}
        return PlannedGap(need.need_id, GapCause.NO_OFFER, need.quantity, [{"code": GapCause.NO_OFFER.value}], change)
    standing = [(obstacles(need, service), service) for service in services]
    blocked = [(found, service) for found, service in standing if found]
    if not blocked:  # every eligible service was tried before
        reasons = [{"code": GapCause.DECLINED.value, "services": len(services)}]
        return PlannedGap(need.need_id, GapCause.DECLINED, need.quantity, reasons, None)
    found, nearest = min(blocked, key=lambda pair: (len(pair[0]), *_rank(pair[0]), pair[1].service_item_id))
    reasons = [
        {
            "code": found[0].value,
            "services": len(services),
            "service_item": nearest.code,
            "also": [one.value for one in found[1:]],
        }
    ]
    change = {
        "change": _CHANGES[found[0]].value,
        "service_item": nearest.code,
        "also": [_CHANGES[one].value for one in found[1:]],
    }
    return PlannedGap(need.need_id, found[0], need.quantity, reasons, change)


def _rank(found: Sequence[GapCause]) -> tuple[int, ...]:
    """Of services equally near, take the one whose obstacle is cheapest to remove: a consent before a new area."""
    order = (
        GapCause.NO_CONSENT,
        GapCause.UNKNOWN_AGE,
        GapCause.TOO_LATE,
        GapCause.OUT_OF_AREA,
        GapCause.WRONG_AGE,
    )
    return tuple(order.index(one) for one in found)


def gap_of_unmet(why: UnmetReason, needs: Sequence[AskedNeed], services: Sequence[OfferedService]) -> PlannedGap:
    """Explain units that lost to other needs, or for which there is not enough."""
    need = needs[why.need]
    cause = _CAUSES[why.cause]
    reasons: list[dict[str, Any]] = [
        {
            "code": cause.value,
            "priority": need.priority,
            "held_by": len(why.holders),
            "least_priority_held": why.holders[0].priority if why.holders else None,
            "decided_by": None if why.decided_by is None else why.decided_by.value,
        }
    ]
    change = None if why.change is None else _change(why.change, services)
    return PlannedGap(need.need_id, cause, why.quantity, reasons, change)


def _change(cheapest: CheapestChange, services: Sequence[OfferedService]) -> dict[str, Any]:
    """Name the limits to raise, each with its amount; the first is the change, the others go with it."""
    parts = [
        {"change": _RAISES[one.limit].value, "by": one.by}
        | ({"service_item": services[one.index].code} if one.limit is MatchLimit.OFFER_CAPACITY else {})
        for one in cheapest.raises
    ]
    parts.sort(key=lambda part: part["change"] != GapChange.RAISE_CAPACITY.value)
    first = parts[0] | {"service_item": services[cheapest.offer].code}
    return first | ({"with": parts[1:]} if len(parts) > 1 else {})


def gaps_of_lost(planned: PlannedGap, lost: Mapping[MatchState, int]) -> tuple[PlannedGap, ...]:
    """Divide a gap by what was lost on the way: units declined, left unanswered or rejected, then the rest.

    Parameters
    ----------
    planned
        The gap as it stands when nobody else can take the units.
    lost
        Units of the need by the state in which their match ended.
    """
    found: list[PlannedGap] = []
    left = planned.quantity
    for state, cause in _LOST.items():
        quantity = min(lost.get(state, 0), left)
        if quantity:
            reasons = [{"code": cause.value}, *planned.reasons]
            change = planned.change or {"change": GapChange.ASK_AGAIN.value}
            found.append(PlannedGap(planned.need_id, cause, quantity, reasons, change))
            left -= quantity
    if left and found and planned.cause is GapCause.DECLINED:  # nothing but tried services: the first loss names it
        found[0] = replace(found[0], quantity=found[0].quantity + left)
    elif left:
        found.append(replace(planned, quantity=left))
    return tuple(found)
