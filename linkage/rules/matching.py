"""Needs against everything the five societies offer: the best plan, with a reason for each match and each gap.

Eligibility and cost come from `matching_pair`, the optimum from the assignment kernel, which weighs needs by
priority and never by the order in which they came: equal needs are put in an order drawn from the seed. Reasons are codes with
numbers; their Chinese text stands in `terms` and the templates.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from linkage.errors import InvalidProblem
from linkage.rules.matching_gap import PlannedGap, gap_of_unmet, gap_without_offer
from linkage.rules.matching_pair import AskedNeed, MatchWeights, OfferedService, cost, grounds, obstacles
from linkage.terms import MatchGround, MatchObjective, MatchStatus, NeedCategory

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


def propose(
    needs: Sequence[AskedNeed],
    services: Sequence[OfferedService],
    weights: MatchWeights,
    *,
    today: date,
    seed: int,
    objectives: Sequence[MatchObjective] | None = None,
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
    objectives
        In lexicographic order; None takes the kernel's own.
    held
        Units that pairs have already; they stay, and only what is added is planned.
    tried
        Pairs that were proposed before and came to nothing; nothing is added to them.

    Raises
    ------
    InvalidProblem
        If what is held is more than a need asks for or a service can take.
    """
    from linkage.kernels.assignment.problem import AssignmentProblem
    from linkage.kernels.assignment.solve import MatchOptions, match

    asked = sorted(needs, key=lambda need: sha256(f"{seed}:{need.need_id}".encode()).digest())
    offered = sorted(services, key=lambda service: service.service_item_id)
    held = held or {}
    pairs = _Pairs(asked, offered, weights, today, held, frozenset(tried))
    fair = MatchObjective.UNFAIRNESS in (objectives or ())
    problem = AssignmentProblem.of(
        need_quantity=_column(need.quantity for need in pairs.needs),
        need_priority=_column(need.priority for need in pairs.needs),
        need_group=_column(_groups(pairs.needs)) if fair else None,
        offer_capacity=_column(service.remaining for service in offered),
        pair_need=_column(pairs.need),
        pair_offer=_column(pairs.offer),
        pair_cost=_column(pairs.cost),
        fixed=_column(pairs.held),
        fair_groups=fair,
    )
    result = match(problem, MatchOptions(objectives=None if objectives is None else tuple(objectives), seed=seed))
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
                self.held.append(held.get((need.need_id, service.service_item_id), 0))
            self.needs.append(need)


def _column(numbers: Iterable[int]) -> NDArray[np.int64]:
    return np.fromiter(numbers, dtype=np.int64)


def _groups(needs: Sequence[AskedNeed]) -> list[int]:
    """Number the areas (communities where no area is known) that are to fare alike."""
    numbers: dict[str, int] = {}
    return [numbers.setdefault(need.area or need.community, len(numbers)) for need in needs]
