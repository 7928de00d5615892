"""May this service meet this need, and how well: the tests a pair must pass, and its cost.

Tests are asked in a fixed order (area, age, day, consent), so that a need that nothing meets can name what stood
in its way. The cost ranks eligible services; it never makes one eligible. Nothing here depends on who came first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from linkage.terms import GapCause, MatchGround, NeedCategory, Society

DAYS_COUNTED: Final = 60
"""A start later than this costs no more."""


@dataclass(frozen=True, slots=True)
class AskedNeed:
    """A need that looks for a service.

    Parameters
    ----------
    community, area
        By code; the area is None where only the community is known.
    age
        In whole years by year of birth, one more than by birthday until it has come; None if not recorded.
    last_party_id
        Who served this person in this category in the cycle before.
    waited_cycles
        For how many earlier cycles it stayed unmet.
    """

    need_id: int
    category: NeedCategory
    quantity: int
    priority: int
    community: str
    area: str | None = None
    age: int | None = None
    has_consent: bool = True
    needed_by_on: date | None = None
    last_party_id: int | None = None
    waited_cycles: int = 0


@dataclass(frozen=True, slots=True)
class OfferedService:
    """What a party of one of the five societies offers in a cycle.

    Parameters
    ----------
    remaining
        Units of need it can still take this cycle.
    areas
        Codes of the communities and areas it covers; empty means all.
    first_on
        Its first day in the cycle; None if it is not bound to days.
    society
        The one of the five that gives it.
    """

    service_item_id: int
    code: str
    party_id: int
    category: NeedCategory
    remaining: int
    areas: frozenset[str] = frozenset()
    min_age: int | None = None
    max_age: int | None = None
    needs_consent: bool = True
    first_on: date | None = None
    society: Society = Society.SOCIAL_ORGANIZATION


@dataclass(frozen=True, slots=True)
class MatchWeights:
    """What a pair's cost is made of, in one scale; lower is better.

    Parameters
    ----------
    area_mismatch
        Of a service meant for everywhere; one meant for the need's community costs half, for its area nothing.
    other_provider
        Of changing who serves a person.
    wait_day
        Of each day until the service begins, times the need's priority.
    waited_cycle
        Taken off for each cycle a need stayed unmet, so that of equal needs the one passed over comes first.
    """

    area_mismatch: int = 20
    other_provider: int = 10
    wait_day: int = 1
    waited_cycle: int = 1000


def obstacles(need: AskedNeed, service: OfferedService) -> tuple[GapCause, ...]:
    """List what stands between a need and a service of its category, in the order of the tests."""
    return tuple(_obstacles(need, service))


def _obstacles(need: AskedNeed, service: OfferedService) -> Iterator[GapCause]:
    if service.areas and not service.areas & {need.community, need.area}:
        yield GapCause.OUT_OF_AREA
    is_refused = service.needs_consent and not need.has_consent
    if service.min_age is not None or service.max_age is not None:
        if need.age is None:
            if not is_refused:  # without consent no age is kept; asking for it again would be the wrong advice
                yield GapCause.UNKNOWN_AGE
        elif not (service.min_age or 0) <= need.age <= (need.age if service.max_age is None else service.max_age):
            yield GapCause.WRONG_AGE
    if need.needed_by_on is not None and service.first_on is not None and service.first_on > need.needed_by_on:
        yield GapCause.TOO_LATE
    if is_refused:
        yield GapCause.NO_CONSENT


def cost(need: AskedNeed, service: OfferedService, weights: MatchWeights, today: date) -> int:
    """Return what one unit of an eligible pair costs."""
    return (
        _area_cost(need, service, weights)
        + weights.wait_day * need.priority * _wait_days(service, today)
        + (weights.other_provider if need.last_party_id not in {None, service.party_id} else 0)
        - weights.waited_cycle * need.waited_cycles
    )


def grounds(need: AskedNeed, service: OfferedService) -> list[dict[str, Any]]:
    """Say on which grounds an eligible pair stands together, as codes with their numbers."""
    found: list[dict[str, Any]] = [{"code": MatchGround.CATEGORY.value}, {"code": _area_ground(need, service).value}]
    if need.last_party_id is not None:
        same = need.last_party_id == service.party_id
        found.append({"code": (MatchGround.SAME_PROVIDER if same else MatchGround.OTHER_PROVIDER).value})
    if service.first_on is not None:
        found.append({"code": MatchGround.STARTS_ON.value, "on": service.first_on.isoformat()})
    if need.waited_cycles:
        found.append({"code": MatchGround.WAITED.value, "cycles": need.waited_cycles})
    return found


def _area_ground(need: AskedNeed, service: OfferedService) -> MatchGround:
    if not service.areas:
        return MatchGround.EVERYWHERE
    return MatchGround.AREA_LISTED if need.area in service.areas else MatchGround.COMMUNITY_LISTED


def _area_cost(need: AskedNeed, service: OfferedService, weights: MatchWeights) -> int:
    shares = {MatchGround.EVERYWHERE: 2, MatchGround.COMMUNITY_LISTED: 1, MatchGround.AREA_LISTED: 0}
    return weights.area_mismatch * shares[_area_ground(need, service)] // 2


def _wait_days(service: OfferedService, today: date) -> int:
    return 0 if service.first_on is None else min(max((service.first_on - today).days, 0), DAYS_COUNTED)
