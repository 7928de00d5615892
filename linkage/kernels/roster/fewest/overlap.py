"""Bounds the people a plan needs by what must be served at one moment, whatever the skills.

Places whose times overlap, or leave less than the buffer, need a person each. Places that may stay empty at the cost
the earlier aims allow are left out, the cheapest first. Valid for every roster; nothing is planned here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from linkage.kernels.roster.objective import Costs


def overlap_bound(costs: Costs, filled: Sequence[int], slack: int) -> int:
    """Fewest people at the busiest moment.

    Parameters
    ----------
    filled
        (n_seats,) people on each seat at most, its target included.
    slack
        What may be lost in `uncovered` by leaving some of these places empty.
    """
    shifts, seats = costs.facts.problem.shifts, costs.facts.problem.seats
    count = np.asarray(filled, dtype=np.int64)
    if count.sum() == 0:
        return 0
    shift = seats.shift
    start, end = shifts.start[shift], shifts.end[shift] + costs.facts.problem.buffer_minutes
    low, high = np.asarray(costs.place_cost, dtype=np.int64).reshape(-1, 2).T
    below = np.minimum(count, np.asarray(costs.minimum, dtype=np.int64))
    cost, places = np.concatenate((high, low)), np.concatenate((count - below, below))
    opens, closes = np.tile(start, 2), np.tile(end, 2)
    order = np.argsort(cost, kind="stable")
    cost, places, opens, closes = cost[order], places[order], opens[order], closes[order]
    most = 0
    for moment in np.unique(start[count > 0]).tolist():
        now = np.flatnonzero((opens <= moment) & (closes > moment) & (places > 0))
        total = int(places[now].sum())
        if total <= most:
            continue
        left = slack
        for row in now.tolist():
            price, here = int(cost[row]), int(places[row])
            dropped = here if price == 0 else min(here, left // price)
            if not dropped:
                break
            total -= dropped
            left -= dropped * price
        most = max(most, total)
    return most
