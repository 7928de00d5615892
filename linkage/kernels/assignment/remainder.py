"""What is left to decide once the fixed pairs are in place, and the limits they break.

It subtracts; it chooses nothing. Fixed units that break a limit together are told as conflicts, every one of
them, because a contradiction must name its rules.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from linkage.kernels.assignment.problem import MAX_CAPACITY_SUM, NONE, AssignmentProblem, Flags, Integers
from linkage.terms import MatchLimit


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """A limit that the fixed pairs break: `index` is a need, an offer or a source, by `limit`.

    For `indivisible`, asked and allowed count offers; else units.
    """

    limit: MatchLimit
    index: int
    asked: int
    allowed: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Remainder:
    """The part of a problem that is still open.

    Parameters
    ----------
    quantity
        (n_needs,) int64 units of the need still to serve; 0 where the fixed pairs serve it whole.
    capacity
        (n_offers,) int64 units of capacity left.
    caps
        (n_sources,) int64 units of capacity left under each source's cap; `MAX_CAPACITY_SUM` where there is none.
    fixed
        (n_pairs,) int64 units in place; the whole need where it is undivided.
    previous
        (n_pairs,) int64 units of the last plan that may still be kept or lost.
    """

    fixed: Integers
    quantity: Integers
    capacity: Integers
    caps: Integers
    previous: Integers


@dataclass(frozen=True, kw_only=True, eq=False)
class Room:
    """How many units of needs fit, where every unit takes the least any pair takes there.

    Parameters
    ----------
    offer, source
        (n_offers,) and (n_sources,) int64 units of needs.
    pair
        (n_pairs,) bool, False where an undivided need could never fit.
    is_exact
        Every plan that fits the rooms fits the capacities too: whole numbers of equal units, nothing undivided.
    """

    offer: Integers
    source: Integers
    pair: Flags
    is_exact: bool


def room_of(problem: AssignmentProblem, remainder: Remainder) -> Room:
    """Count capacities in units of needs, so that a flow can count them."""
    never = np.iinfo(np.int64).max
    least = np.full(problem.offer_count, never)
    np.minimum.at(least, problem.pair_offer, problem.pair_use)
    most = np.ones(problem.offer_count, dtype=np.int64)
    np.maximum.at(most, problem.pair_offer, problem.pair_use)
    asked = least < never
    least = np.where(asked, least, 1)

    inside = asked & (problem.offer_source != NONE)
    source = problem.offer_source[inside]
    together = np.zeros(problem.source_count, dtype=np.int64)
    np.add.at(together, source, remainder.capacity[inside])
    source_least = np.full(problem.source_count, never)
    np.minimum.at(source_least, source, least[inside])
    source_least = np.where(source_least == never, 1, source_least)
    source_most = np.ones(problem.source_count, dtype=np.int64)
    np.maximum.at(source_most, source, most[inside])
    even = (source_least == source_most) | (remainder.caps >= together)

    quantity = remainder.quantity[problem.pair_need]
    whole = problem.indivisible and bool((remainder.quantity > 1).any())
    pair = np.ones(problem.pair_count, dtype=np.bool_)
    if whole:
        pair = quantity * problem.pair_use <= remainder.capacity[problem.pair_offer]
    return Room(
        offer=remainder.capacity // least,
        source=remainder.caps // source_least,
        pair=pair,
        is_exact=bool((least == most).all() and even.all()) and not whole,
    )


def use_of(problem: AssignmentProblem, units: Integers) -> tuple[Integers, Integers]:
    """Add up the capacity a plan uses of each offer and of each source; `units` is (n_pairs,) int64."""
    by_offer = np.zeros(problem.offer_count, dtype=np.int64)
    np.add.at(by_offer, problem.pair_offer, units * problem.pair_use)
    by_source = np.zeros(problem.source_count, dtype=np.int64)
    inside = problem.offer_source != NONE
    np.add.at(by_source, problem.offer_source[inside], by_offer[inside])
    return by_offer, by_source


def subtract_fixed(problem: AssignmentProblem) -> tuple[Remainder, tuple[Conflict, ...]]:
    """Put the fixed pairs in place and tell what is left, and every limit they break.

    Where needs are undivided, a need fixed to an offer in part is fixed to it whole.
    """
    quantity = problem.need_quantity[problem.pair_need]
    caps = np.where(problem.source_caps == NONE, MAX_CAPACITY_SUM, problem.source_caps)
    conflicts = _over_quantity(problem)
    fixed = np.where(problem.fixed > 0, quantity, 0) if problem.indivisible else problem.fixed
    if conflicts:  # the sums below stay in range only while no need is over its quantity
        fixed = np.zeros_like(fixed)
    by_offer, by_source = use_of(problem, fixed)
    conflicts += _over(MatchLimit.OFFER_CAPACITY, by_offer, problem.offer_capacity)
    conflicts += _over(MatchLimit.SOURCE_CAP, by_source, caps)
    served = np.zeros(problem.need_count, dtype=np.int64)
    np.add.at(served, problem.pair_need, fixed)
    remainder = Remainder(
        fixed=fixed,
        quantity=problem.need_quantity - served,
        capacity=problem.offer_capacity - by_offer,
        caps=caps - by_source,
        previous=np.maximum(problem.previous - fixed, 0),
    )
    return remainder, conflicts


def _over_quantity(problem: AssignmentProblem) -> tuple[Conflict, ...]:
    """Tell the needs fixed beyond their quantity, or undivided ones fixed to several offers."""
    served = np.zeros(problem.need_count, dtype=np.int64)
    np.add.at(served, problem.pair_need, problem.fixed)
    conflicts = _over(MatchLimit.NEED_QUANTITY, served, problem.need_quantity)
    if problem.indivisible:
        offers = np.bincount(problem.pair_need[problem.fixed > 0], minlength=problem.need_count)
        conflicts += _over(MatchLimit.INDIVISIBLE, offers, np.ones_like(offers))
    return conflicts


def _over(limit: MatchLimit, asked: Integers, allowed: Integers) -> tuple[Conflict, ...]:
    return tuple(
        Conflict(limit=limit, index=index, asked=int(asked[index]), allowed=int(allowed[index]))
        for index in np.flatnonzero(asked > allowed).tolist()
    )
