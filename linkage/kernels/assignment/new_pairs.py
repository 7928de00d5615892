"""Where a need could go that no offer may serve yet: the place with most room, and what a pair there would take.

It looks at room only; whether an offer could ever be made eligible, and at which time, is told by the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from linkage.kernels.assignment.changes import Placement
from linkage.kernels.assignment.problem import MAX_CAPACITY_SUM, NONE, AssignmentProblem, Integers
from linkage.terms import MatchLimit

Places = Callable[[int], tuple[Integers, Integers]]
"""For a need, (n_places,) int64 offers and (n_places,) int64 windows, `NONE` for outside all windows."""


def new_place(
    problem: AssignmentProblem,
    left: Mapping[MatchLimit, Integers],
    units_of: tuple[int, int],
    places: Places | None = None,
) -> Placement | None:
    """Find the place with most room at an offer that is not eligible yet; None where there is no other offer.

    Parameters
    ----------
    left
        What a plan leaves free under each limit.
    units_of
        A need, and how many of its units are to be placed.
    places
        Where it could be served; any offer, outside its windows, if not given.
    """
    need, quantity = units_of
    every = np.arange(problem.offer_count)
    offers, windows = (every, np.full_like(every, NONE)) if places is None else places(need)
    eligible = problem.pair_offer[problem.need_start[need] : problem.need_start[need + 1]]
    others = np.flatnonzero(~np.isin(offers, eligible))
    if not others.size:
        return None
    offers, windows = offers[others], windows[others]
    under_cap = np.append(left[MatchLimit.SOURCE_CAP], MAX_CAPACITY_SUM)[problem.offer_source[offers]]
    in_window = np.append(left[MatchLimit.WINDOW_CAPACITY], MAX_CAPACITY_SUM)[windows]
    room = np.minimum(np.minimum(left[MatchLimit.OFFER_CAPACITY][offers], under_cap), in_window)
    best = int(np.lexsort((windows, offers, -room))[0])
    offer, window = int(offers[best]), int(windows[best])
    return Placement(
        need=need,
        offer=offer,
        window=None if window == NONE else window,
        quantity=quantity,
        cost=int(problem.pair_cost[problem.pair_offer == offer].max(initial=0)),
        is_new_pair=True,
    )


def uses_of_new(problem: AssignmentProblem, placement: Placement) -> dict[tuple[MatchLimit, int], int]:
    """Tell what a pair that is to be added takes of each limit, at a use of 1."""
    limits = (
        (MatchLimit.OFFER_CAPACITY, placement.offer),
        (MatchLimit.WINDOW_CAPACITY, NONE if placement.window is None else placement.window),
        (MatchLimit.SOURCE_CAP, int(problem.offer_source[placement.offer])),
        (MatchLimit.GROUP_MAX, int(problem.need_group[placement.need])),
    )
    return {limit: placement.quantity for limit in limits if limit[1] != NONE}
