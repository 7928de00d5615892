"""Improves a plan of undivided needs one size at a time: needs of equal size go as a flow, exactly, the rest stays.

With the others in place, needs of one quantity are units again wherever each offer takes the same from all of them;
the cheapest flow then seats them as well as can be. A step never makes the plan worse; it proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from linkage.kernels.assignment import flow, network
from linkage.kernels.assignment.objectives import values_of
from linkage.kernels.assignment.problem import NONE, AssignmentProblem, Integers
from linkage.kernels.assignment.remainder import Remainder, room_of, subtract_fixed, use_of, window_use_of
from linkage.terms import MatchObjective

_SIZES: Final = 8
_SECONDS_PER_PAIR: Final = 1e-6  # to lay a seating out and to take it over
_ON_GROUPS: Final = frozenset((MatchObjective.UNFAIRNESS, MatchObjective.QUOTA_SHORTFALL))


def reseat(
    problem: AssignmentProblem,
    levels: Sequence[MatchObjective],
    remainder: Remainder,
    units: Integers,
    seconds_left: Callable[[], float],
    *,
    is_rising: bool = False,
) -> Integers:
    """Seat the needs of each of the commonest sizes anew, the largest size first.

    Parameters
    ----------
    units
        (n_pairs,) int64 a plan of undivided needs, the fixed ones included.
    is_rising
        Begin with the smallest size, which fits into what the larger ones leave.

    Returns
    -------
    Integers
        (n_pairs,) int64 a plan that is at least as good.
    """
    sizes, counts = np.unique(remainder.quantity[remainder.quantity > 0], return_counts=True)
    common = sizes[np.argsort(-counts, kind="stable")[:_SIZES]]
    best = values_of(problem, levels, units)
    for size in sorted(common.tolist(), reverse=not is_rising):
        if seconds_left() < _SECONDS_PER_PAIR * problem.pair_count:
            break
        tried = _seat(problem, levels, remainder, units, size, seconds_left)
        values = best if tried is None else values_of(problem, levels, tried)
        if tried is not None and values < best:
            units, best = tried, values
    return units


def _seat(
    problem: AssignmentProblem,
    levels: Sequence[MatchObjective],
    remainder: Remainder,
    units: Integers,
    size: int,
    seconds_left: Callable[[], float],
) -> Integers | None:
    """Seat the needs of one size; None where they are not alike at every offer."""
    members = remainder.quantity == size
    if problem.group_max.size or not _ON_GROUPS.isdisjoint(levels):
        # who is served stays as it is: groups share what they get across sizes
        served = np.zeros(problem.need_count, dtype=np.bool_)
        served[problem.pair_need[units > 0]] = True
        members &= served
    fits = size * problem.pair_use <= remainder.capacity[problem.pair_offer]
    pairs = np.flatnonzero(members[problem.pair_need] & fits)
    others = units.copy()
    others[members[problem.pair_need]] = 0
    by_offer, by_source = use_of(problem, others)
    place = np.cumsum(members) - 1
    part = AssignmentProblem.of(
        need_quantity=np.ones(int(members.sum()), dtype=np.int64),
        need_priority=problem.need_priority[members],
        offer_capacity=problem.offer_capacity - by_offer,
        offer_source=problem.offer_source,
        source_caps=np.where(problem.source_caps == NONE, NONE, problem.source_caps - by_source),
        window_offer=problem.window_offer,
        window_capacity=problem.window_capacity - window_use_of(problem, others),
        pair_need=place[problem.pair_need[pairs]],
        pair_offer=problem.pair_offer[pairs],
        pair_window=problem.pair_window[pairs],
        pair_cost=problem.pair_cost[pairs],
        pair_use=problem.pair_use[pairs] * size,
        is_last=problem.is_last[pairs],
        previous=np.minimum(problem.previous[pairs], 1),
    )
    left, _ = subtract_fixed(part)
    room = room_of(part, left)
    if not room.is_exact:
        return None
    net = network.build(part, [level for level in levels if level not in _ON_GROUPS], left, room)
    solved = flow.solve(net, network.blocks_of(net), seconds_left)
    if solved is None:
        return None
    others[pairs] = net.units(solved.flow, part.pair_count) * size
    return others
