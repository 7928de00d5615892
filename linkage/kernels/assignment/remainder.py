"""What is left to decide once the fixed pairs are in place, and the limits they break.

It subtracts; it chooses nothing. Fixed units that break a limit are told as conflicts, every one of them, because a
contradiction must name its rules; what only several rules together forbid is found by `contradiction`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from linkage.kernels.assignment.objectives import by_group_of
from linkage.kernels.assignment.problem import (
    MAX_CAPACITY_SUM,
    MAX_QUANTITY,
    NONE,
    AssignmentProblem,
    Flags,
    Integers,
)
from linkage.terms import MatchLimit


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """A limit that the fixed pairs break: `index` is a need, offer, window, source, group or package, by `limit`.

    For `indivisible`, asked and allowed count offers, for `exclusive` needs; else units. Where several rules forbid
    together what none of them forbids alone, asked is the least that keeping the others asks of this one.
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
    fixed
        (n_pairs,) int64 units in place; the whole need where it is undivided.
    quantity
        (n_needs,) int64 units of the need that may still be served; 0 where the fixed pairs serve it whole, and
        where it is closed.
    closed
        (n_needs,) bool, True where nothing may be served: another need of its exclusive group is fixed, or a need
        of its package can never be met.
    must
        (n_needs,) bool, True where a need of its package is fixed, so that all of it must be met.
    capacity
        (n_offers,) int64 units of capacity left.
    windows
        (n_windows,) int64 units of capacity left.
    caps
        (n_sources,) int64 units of capacity left under each source's cap; `MAX_CAPACITY_SUM` where there is none.
    most
        (n_groups,) int64 units of the group that may still be met; `MAX_QUANTITY` where there is no maximum.
    previous
        (n_pairs,) int64 units of the last plan that may still be kept or lost.
    """

    fixed: Integers
    quantity: Integers
    closed: Flags
    must: Flags
    capacity: Integers
    windows: Integers
    caps: Integers
    most: Integers
    previous: Integers

    def without(self, problem: AssignmentProblem, needs: Flags) -> Remainder:
        """Close some needs: nothing more of them may be served."""
        quantity = np.where(needs, 0, self.quantity)
        previous = np.where(needs[problem.pair_need], 0, self.previous)
        return replace(self, quantity=quantity, closed=self.closed | needs, previous=previous)


@dataclass(frozen=True, kw_only=True, eq=False)
class Room:
    """How many units of needs fit, where every unit takes the least any pair takes there.

    Parameters
    ----------
    offer, window, source
        (n_offers,), (n_windows,) and (n_sources,) int64 units of needs.
    pair
        (n_pairs,) bool, False where an undivided need could never fit.
    is_uniform
        All pairs of an offer take the same, so that a unit is a unit under every limit.
    is_exact
        Every plan that fits the rooms fits the capacities too: whole numbers of equal units, nothing undivided.
    """

    offer: Integers
    window: Integers
    source: Integers
    pair: Flags
    is_uniform: bool
    is_exact: bool


def fitting_of(problem: AssignmentProblem, remainder: Remainder) -> Integers:
    """Tell the units of a need that would fit each pair if it were alone: (n_pairs,) int64."""
    room = remainder.capacity[problem.pair_offer]
    named = problem.pair_window != NONE
    room[named] = np.minimum(room[named], remainder.windows[problem.pair_window[named]])
    source = problem.offer_source[problem.pair_offer]
    capped = source != NONE
    room[capped] = np.minimum(room[capped], remainder.caps[source[capped]])
    units: Integers = np.minimum(room // problem.pair_use, remainder.quantity[problem.pair_need])
    group = problem.need_group[problem.pair_need]
    inside = group != NONE
    units[inside] = np.minimum(units[inside], remainder.most[group[inside]])
    return units


def room_of(problem: AssignmentProblem, remainder: Remainder) -> Room:
    """Count capacities in units of needs, so that a flow can count them."""
    never = np.iinfo(np.int64).max
    least = np.full(problem.offer_count, never)
    np.minimum.at(least, problem.pair_offer, problem.pair_use)
    most = np.ones(problem.offer_count, dtype=np.int64)
    np.maximum.at(most, problem.pair_offer, problem.pair_use)
    asked = least < never
    least = np.where(asked, least, 1)
    named = problem.pair_window != NONE
    in_window = np.full(problem.window_count, never)
    np.minimum.at(in_window, problem.pair_window[named], problem.pair_use[named])

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

    whole = problem.indivisible and bool((remainder.quantity > 1).any())
    pair = np.ones(problem.pair_count, dtype=np.bool_)
    if whole:
        pair = fitting_of(problem, remainder) >= remainder.quantity[problem.pair_need]
    uniform = bool((least == most).all() and even.all())
    return Room(
        offer=remainder.capacity // least,
        window=remainder.windows // np.where(in_window == never, 1, in_window),
        source=remainder.caps // source_least,
        pair=pair,
        is_uniform=uniform,
        is_exact=uniform and not whole,
    )


def use_of(problem: AssignmentProblem, units: Integers) -> tuple[Integers, Integers]:
    """Add up the capacity a plan uses of each offer and of each source; `units` is (n_pairs,) int64."""
    by_offer = np.zeros(problem.offer_count, dtype=np.int64)
    np.add.at(by_offer, problem.pair_offer, units * problem.pair_use)
    by_source = np.zeros(problem.source_count, dtype=np.int64)
    inside = problem.offer_source != NONE
    np.add.at(by_source, problem.offer_source[inside], by_offer[inside])
    return by_offer, by_source


def window_use_of(problem: AssignmentProblem, units: Integers) -> Integers:
    """Add up the capacity a plan uses in each window: (n_windows,) int64."""
    by_window = np.zeros(problem.window_count, dtype=np.int64)
    named = np.flatnonzero(problem.pair_window != NONE)
    np.add.at(by_window, problem.pair_window[named], units[named] * problem.pair_use[named])
    return by_window


def served_of(problem: AssignmentProblem, units: Integers) -> Integers:
    """Add up the units a plan serves of each need: (n_needs,) int64."""
    served = np.zeros(problem.need_count, dtype=np.int64)
    np.add.at(served, problem.pair_need, units)
    return served


def group_most(problem: AssignmentProblem) -> Integers:
    """Tell the most units of each group that may be met: (n_groups,), `MAX_QUANTITY` where there is no maximum."""
    most = np.full(problem.group_count, MAX_QUANTITY, dtype=np.int64)
    most[: problem.group_max.size] = np.where(problem.group_max == NONE, MAX_QUANTITY, problem.group_max)
    return most


def subtract_fixed(problem: AssignmentProblem) -> tuple[Remainder, tuple[Conflict, ...]]:
    """Put the fixed pairs in place and tell what is left, and every limit they break by themselves.

    Where needs are undivided, a need fixed to an offer in part is fixed to it whole.
    """
    caps = np.where(problem.source_caps == NONE, MAX_CAPACITY_SUM, problem.source_caps)
    most = group_most(problem)
    conflicts: tuple[Conflict, ...] = ()
    fixed = problem.fixed
    by_offer, by_source = np.zeros_like(problem.offer_capacity), np.zeros_like(caps)
    by_window, served = np.zeros_like(problem.window_capacity), np.zeros_like(problem.need_quantity)
    if fixed.any():
        conflicts = _over_quantity(problem)
        fixed = np.where(fixed > 0, problem.need_quantity[problem.pair_need], 0) if problem.indivisible else fixed
        if conflicts:  # the sums below stay in range only while no need is over its quantity
            fixed = np.zeros_like(fixed)
        by_offer, by_source = use_of(problem, fixed)
        by_window, served = window_use_of(problem, fixed), served_of(problem, fixed)
        conflicts += _over(MatchLimit.OFFER_CAPACITY, by_offer, problem.offer_capacity)
        conflicts += _over(MatchLimit.WINDOW_CAPACITY, by_window, problem.window_capacity)
        conflicts += _over(MatchLimit.SOURCE_CAP, by_source, caps)
        conflicts += _over(MatchLimit.GROUP_MAX, by_group_of(problem, served), most)
        conflicts += _over(MatchLimit.EXCLUSIVE, _members(problem.need_exclusive, served > 0), None)
    remainder = Remainder(
        fixed=fixed,
        quantity=problem.need_quantity - served,
        closed=np.zeros(problem.need_count, dtype=np.bool_),
        must=np.zeros(problem.need_count, dtype=np.bool_),
        capacity=problem.offer_capacity - by_offer,
        windows=problem.window_capacity - by_window,
        caps=caps - by_source,
        most=most - by_group_of(problem, served),
        previous=np.maximum(problem.previous - fixed, 0),
    )
    return (remainder if conflicts else _with_choices(problem, remainder, served > 0)), conflicts


def _with_choices(problem: AssignmentProblem, remainder: Remainder, held: Flags) -> Remainder:
    """Draw the consequences of what is held: whole packages, and exclusive groups that are taken."""
    if not problem.has_choices:
        return remainder
    package, exclusive = problem.need_package, problem.need_exclusive
    packed, choosing = package != NONE, exclusive != NONE
    forced = np.zeros(problem.need_count, dtype=np.bool_)
    forced[package[packed & held]] = True
    must = packed & forced[package]
    taken = _members(exclusive, must | held) > 0
    closed = choosing & taken[exclusive] & ~(must | held)
    most = np.zeros(problem.need_count, dtype=np.int64)
    np.add.at(most, problem.pair_need, fitting_of(problem, remainder))
    hopeless = np.zeros(problem.need_count, dtype=np.bool_)
    hopeless[package[packed & (closed | (most < remainder.quantity))]] = True
    closed |= packed & hopeless[package] & ~must
    return replace(remainder, must=must & ~closed).without(problem, closed)


def _members(owner: Integers, counted: Flags) -> Integers:
    """Count the needs of each exclusive group that are counted: (n_needs,) int64, by group."""
    total = np.zeros(owner.size, dtype=np.int64)
    np.add.at(total, owner[counted & (owner != NONE)], 1)
    return total


def _over_quantity(problem: AssignmentProblem) -> tuple[Conflict, ...]:
    """Tell the needs fixed beyond their quantity, or undivided ones fixed to several pairs."""
    served = served_of(problem, problem.fixed)
    conflicts = _over(MatchLimit.NEED_QUANTITY, served, problem.need_quantity)
    if problem.indivisible:
        offers = np.bincount(problem.pair_need[problem.fixed > 0], minlength=problem.need_count)
        conflicts += _over(MatchLimit.INDIVISIBLE, offers, None)
    return conflicts


def _over(limit: MatchLimit, asked: Integers, allowed: Integers | None) -> tuple[Conflict, ...]:
    """Tell where more is asked than allowed; one where nothing else is."""
    allowed = np.ones_like(asked) if allowed is None else allowed
    return tuple(
        Conflict(limit=limit, index=index, asked=int(asked[index]), allowed=int(allowed[index]))
        for index in np.flatnonzero(asked > allowed).tolist()
    )
