"""Needs against everything the five societies offer: the best plan, with a reason for each match and each gap.

Eligibility and cost come from `matching_pair`, the optimum from the assignment kernel, which weighs needs by
priority and never by the order in which they came: equal needs are put in an order drawn from the seed. Reasons are codes with
numbers; their Chinese text stands in `terms` and the templates.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from linkage.errors import InvalidProblem
from linkage.rules.matching_gap import PlannedGap, gap_of_unmet, gap_without_offer
from linkage.rules.matching_pair import AskedNeed, MatchWeights, OfferedService, cost, grounds, obstacles
from linkage.terms import MatchGround, MatchObjective, MatchStatus, NeedCategory, Society

if TYPE_CHECKING:
    from linkage.kernels.assignment.reasons import MatchReasons

Pair = tuple[int, int]
"""A need's id and a service item's id."""


@dataclass(frozen=True, slots=True)
class PlannedMatch:
    """A need and a service that could meet it, with the grounds."""

    need_id: int
    service_item_id: int
    quantity: int
    reasons: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class MatchPlan:
    """The best plan of a cycle: proposals, gaps, and how good the plan is known to be.

    Parameters
    ----------
    objectives
        Name to its value and the bound no plan can be below.
    """

    matches: tuple[PlannedMatch, ...]
    gaps: tuple[PlannedGap, ...]
    status: MatchStatus
    objectives: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class CommunityQuota:
    """Units that a community gets at least, as far as they can be met, and at most (None: no maximum)."""

    min_units: int = 0
    max_units: int | None = None


@dataclass(frozen=True, slots=True)
class MatchRules:
    """What a project or an installation asks beyond eligibility.

    Parameters
    ----------
    objectives
        In lexicographic order; empty takes the kernel's own.
    society_caps
        Units that a society's services may meet together.
    community_quotas
        By community's code; communities not named are not held to any.
    """

    objectives: tuple[MatchObjective, ...] = ()
    society_caps: Mapping[Society, int] = field(default_factory=dict)
    community_quotas: Mapping[str, CommunityQuota] = field(default_factory=dict)

    def order(self) -> tuple[MatchObjective, ...] | None:
        """Return the aims in order; quotas that are given come first where the order does not name them."""
        if not self.objectives:
            return None
        quota = MatchObjective.QUOTA_SHORTFALL
        is_asked = any(quota.min_units for quota in self.community_quotas.values())
        return (quota, *self.objectives) if is_asked and quota not in self.objectives else self.objectives


NO_RULES: Final = MatchRules()


def propose(
    needs: Sequence[AskedNeed],
    services: Sequence[OfferedService],
    weights: MatchWeights,
    *,
    today: date,
    seed: int,
    rules: MatchRules = NO_RULES,
    held: Mapping[Pair, int] | None = None,
    tried: Collection[Pair] = (),
) -> MatchPlan:
    """Plan which service meets which need.

    Parameters
    ----------
    today
        The day from which waiting is counted.
    seed
        Of the order among equal needs.
    rules
        Aims in order, caps by society, quotas by community; held units count in them.
    held
        Units that pairs have already; they stay, and only what is added is planned.
    tried
        Pairs that were proposed before and came to nothing; nothing is added to them.

    Raises
    ------
    InvalidProblem
        If what is held is more than a need asks for or a service can take.
    """
    from linkage.kernels.assignment.problem import NONE, AssignmentProblem
    from linkage.kernels.assignment.solve import MatchOptions, match

    asked = sorted(needs, key=lambda need: sha256(f"{seed}:{need.need_id}".encode()).digest())
    offered = sorted(services, key=lambda service: service.service_item_id)
    held = held or {}
    pairs = _Pairs(asked, offered, weights, today, held, frozenset(tried))
    order = rules.order()
    fair = MatchObjective.UNFAIRNESS in (order or ())
    societies = tuple(Society)
    groups, quotas = _groups(pairs.needs, rules)
    problem = AssignmentProblem.of(
        need_quantity=_column(need.quantity for need in pairs.needs),
        need_priority=_column(need.priority for need in pairs.needs),
        need_group=_column(groups) if fair or quotas else None,
        group_min=_column(quota.min_units for quota in quotas) if quotas else None,
        group_max=_column(NONE if quota.max_units is None else quota.max_units for quota in quotas) if quotas else None,
        offer_capacity=_column(service.remaining for service in offered),
        offer_source=_column(societies.index(service.society) for service in offered),
        source_caps=_column(rules.society_caps.get(society, NONE) for society in societies),
        pair_need=_column(pairs.need),
        pair_offer=_column(pairs.offer),
        pair_cost=_column(pairs.cost),
        is_last=_column(pairs.is_last) if MatchObjective.CONTINUITY in (order or ()) else None,
        fixed=_column(pairs.held),
        fair_groups=fair,
    )
    result = match(problem, MatchOptions(objectives=order, seed=seed))
    reasons = result.reasons
    if reasons is None:
        broken = [
            f"{conflict.limit.value} {conflict.index}: {conflict.asked} > {conflict.allowed}"
            for conflict in result.conflicts
        ]
        raise InvalidProblem("what is held breaks its limits; correct the matches that were accepted", broken)
    return MatchPlan(
        matches=tuple(
            sorted(_matches(pairs, offered, reasons, held), key=lambda one: (one.need_id, one.service_item_id))
        ),
        gaps=tuple(sorted([*pairs.gaps, *_gaps(pairs, offered, reasons)], key=lambda gap: gap.need_id)),
        status=result.status,
        objectives={one.objective.value: {"value": one.value, "bound": one.bound} for one in result.objectives},
    )


def _matches(
    pairs: _Pairs, offered: Sequence[OfferedService], reasons: MatchReasons, held: Mapping[Pair, int]
) -> Iterator[PlannedMatch]:
    for row in range(reasons.matches.need.size):
        why = reasons.of_match(row)
        need, service = pairs.needs[why.need], offered[why.offer]
        added = why.quantity - held.get((need.need_id, service.service_item_id), 0)
        if not added:
            continue
        choice = {
            "code": MatchGround.CHOICE.value,
            "cause": why.cause.value,
            "choices": why.choices,
            "rank": why.cost_rank,
            "next": None if why.next_offer is None else offered[why.next_offer].code,
        }
        yield PlannedMatch(need.need_id, service.service_item_id, added, [*grounds(need, service), choice])


def _gaps(pairs: _Pairs, offered: Sequence[OfferedService], reasons: MatchReasons) -> Iterator[PlannedGap]:
    for row in range(reasons.unmet.need.size):
        yield gap_of_unmet(reasons.of_unmet(row), pairs.needs, offered)


class _Pairs:
    """The eligible pairs as columns, and the gaps of needs that have none."""

    def __init__(
        self,
        asked: Sequence[AskedNeed],
        offered: Sequence[OfferedService],
        weights: MatchWeights,
        today: date,
        held: Mapping[Pair, int],
        tried: frozenset[Pair],
    ) -> None:
        self.needs: list[AskedNeed] = []
        self.need: list[int] = []
        self.offer: list[int] = []
        self.cost: list[int] = []
        self.is_last: list[int] = []
        self.held: list[int] = []
        self.gaps: list[PlannedGap] = []
        by_category: dict[NeedCategory, list[tuple[int, OfferedService]]] = {}
        for index, service in enumerate(offered):
            by_category.setdefault(service.category, []).append((index, service))
        for need in asked:
            candidates = by_category.get(need.category, [])
            eligible = [
                (index, service)
                for index, service in candidates
                if (pair := (need.need_id, service.service_item_id)) in held
                or (pair not in tried and not obstacles(need, service))
            ]
            if not eligible:
                self.gaps.append(gap_without_offer(need, [service for _, service in candidates]))
                continue
            for index, service in eligible:
                self.need.append(len(self.needs))
                self.offer.append(index)
                self.cost.append(cost(need, service, weights, today))
                self.is_last.append(need.last_party_id is not None and need.last_party_id == service.party_id)
                self.held.append(held.get((need.need_id, service.service_item_id), 0))
            self.needs.append(need)


def _column(numbers: Iterable[int]) -> NDArray[np.int64]:
    return np.fromiter(numbers, dtype=np.int64)


def _groups(needs: Sequence[AskedNeed], rules: MatchRules) -> tuple[list[int], list[CommunityQuota]]:
    """Number the places that are to fare alike, and list the quota of each where there are any.

    They are communities where a quota asks for it, else areas (communities where no area is known).
    """
    numbers: dict[str, int] = {}
    if not rules.community_quotas:
        return [numbers.setdefault(need.area or need.community, len(numbers)) for need in needs], []
    rows = [numbers.setdefault(need.community, len(numbers)) for need in needs]
    return rows, [rules.community_quotas.get(community, CommunityQuota()) for community in numbers]
