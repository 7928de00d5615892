"""Cheapest schedule through every choice of a person, compiled: what a choice would cost more than the best schedule.

A sweep forwards and one backwards give the least cost of reaching a choice and of going on from it. A bound at these
prices then tells which choices no better plan can contain (reduced cost fixing; Irnich and others 2010). The least
costs are lower bounds even where the work space does not hold all caps.
"""

from __future__ import annotations

import numpy as np

from linkage.kernels.compiled import compiled
from linkage.kernels.roster.duty.paths import cheapest, edge_counts, layer_size, price_groups, sweep
from linkage.kernels.roster.duty.tables import NEVER, Integers, Tables


@compiled
def over_edge(at: Integers, back: Integers, ends: tuple[int, int], low: int, high: int, counts: Integers) -> int:
    """Give the least cost of a schedule over an edge between two nodes (their bases), without the edge's own."""
    stride, cap, width, units_count = counts[3], counts[4], counts[1], counts[2]
    best = NEVER
    for state in range(counts[0]):
        if stride > 0 and (state // stride) % (cap + 1) >= cap:
            continue
        for weekend in range(width - counts[5]):
            a = ends[0] + (state * width + weekend) * units_count
            b = ends[1] + ((state + stride) * width + weekend + counts[5]) * units_count + counts[6]
            for u in range(low, high + 1):
                best = min(best, at[a + u] + back[b + u])
    return best


@compiled
def least_through(
    t: Tables,
    person: int,
    price: Integers,
    group_of: Integers,
    priced: Integers,
    at: Integers,
    back: Integers,
    through: Integers,
    rest: Integers,
    out: Integers,
) -> int:
    """Find the least cost of a schedule through every group, `through` (n_groups,), and through a day off, `rest` (days,).

    Returns the least cost of all, and leaves the groups' prices in `priced`.
    """
    price_groups(t, person, price, priced)
    cost, active, _ = cheapest(t, person, group_of, priced, at, 0, out)
    if cost >= NEVER:
        return NEVER
    counts = np.zeros(7, dtype=np.int64)
    sweep(t, person, active, priced, back, counts, True)
    block = counts[0] * counts[1] * counts[2]
    size = layer_size(t, person, active)
    for day in range(t.rest_cost.shape[1]):
        row = person * t.rest_cost.shape[1] + day
        rest[day] = NEVER
        for group in range(t.group_start[row], t.group_start[row + 1]):
            through[group] = NEVER
        for edge in range(t.edge_start[row], t.edge_start[row + 1]):
            group = t.edge[edge, 2]
            edge_counts(t, person, active, edge, counts)
            low = max(t.span[person, day, 0], t.span[person, day + 1, 0] - counts[6])
            high = min(t.span[person, day, 1], t.span[person, day + 1, 1] - counts[6])
            ends = day * size + t.edge[edge, 0] * block, (day + 1) * size + t.edge[edge, 1] * block
            least = over_edge(at, back, ends, low, high, counts)
            if group < 0:
                rest[day] = min(rest[day], least + t.rest_cost[person, day])
            else:
                through[group] = min(through[group], least + priced[group, 0])
    return cost
