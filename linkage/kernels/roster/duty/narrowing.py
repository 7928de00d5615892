"""Forbids, in a part of the search, what no better plan can contain: choices of people and numbers on rows.

A bound at fixed prices falls apart by person and row; what would lift it above the best plan's cost on its own is
forbidden (reduced cost fixing). The part of the search loses no better plan by it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from linkage.kernels.roster.duty.master import Master, Node
from linkage.kernels.roster.duty.tables import NEVER


def narrow(master: Master, node: Node, cutoff: int) -> Node:
    """Narrow a node to plans below the cutoff (scaled), by the prices at which it was solved last."""
    t = master.t
    tables = t._replace(option_cost=node.option_cost, rest_cost=node.rest_cost)
    price, reduced, bound = master.rows_at(node, master.point if master.point.size else master.duals())
    found = master.pricing.through(tables, price)
    if found is None:
        return node
    best_row = reduced.min(axis=1)
    if max(best_row.max(initial=0), found.least.max(initial=0)) >= NEVER // 2:
        return replace(node, bound=NEVER)
    spare = cutoff - 1 - bound - int(best_row.sum()) - int(found.least.sum())
    charge = np.add.reduceat(np.append(price[t.rows], 0), t.row_start[:-1]) * (np.diff(t.row_start) > 0)
    extra = found.group[master.pricing.group_of] + node.option_cost + charge
    owner = np.repeat(np.arange(t.people * t.days), np.diff(t.group_start))[master.pricing.group_of] // t.days
    possible = reduced - best_row[:, None] <= spare
    return replace(
        node,
        bound=max(node.bound, cutoff - 1 - spare),
        option_cost=np.where(extra - found.least[owner] > spare, NEVER, node.option_cost),
        rest_cost=np.where(found.rest - found.least[:, None] > spare, NEVER, node.rest_cost),
        low=np.maximum(node.low, possible.argmax(axis=1)),
        high=np.minimum(node.high, possible.shape[1] - 1 - possible[:, ::-1].argmax(axis=1)),
    )
