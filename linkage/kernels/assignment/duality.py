"""What a flow that was stopped early can claim: bounds by weak duality, which holds for any prices.

The prices are those of the simplex where it stopped, and a few that are the same wherever room is short, which tell
early that there is not enough for all. All sums are exact. It improves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import mul
from typing import Final

import numpy as np

from linkage.kernels.assignment.flow import Solved
from linkage.kernels.assignment.network import Block, Network
from linkage.kernels.assignment.problem import Integers
from linkage.kernels.assignment.residual import FAR

_EVEN_PRICES: Final = 6
"""Weights of last resorts that are tried as prices."""


def bounds_of(network: Network, solved: Solved, values: Sequence[int], least: Sequence[int]) -> list[int]:
    """Tell a number for each level that no plan is below which equals the flow on all levels before it.

    Beyond the first level that is above its bound they are the `least`. A level's bound is that of all levels so far
    together, less what the levels before it are worth.

    Parameters
    ----------
    values
        What the plan is worth on each level; what it has beside the network counts in.
    least
        For each level a number that no plan is below.
    """
    bounds = list(least)
    for number, block in enumerate(solved.blocks):
        rows = slice(block.first, block.first + len(block.factors))
        if number < solved.cheapest_blocks:
            bounds[rows] = values[rows]
        elif number == solved.cheapest_blocks == 0 and solved.price is not None:
            _bound_in_block(network, block, solved, solved.price, bounds, values)
    return bounds


def _bound_in_block(
    network: Network, block: Block, solved: Solved, price: Integers, bounds: list[int], values: Sequence[int]
) -> None:
    """Raise the bounds of a block's levels, as far as the levels before are at theirs."""
    rows = slice(block.first, block.first + len(block.factors))
    parts = block.parts(price)
    told = [int(level @ solved.flow) for level in network.level[rows]]
    slack = 0
    for row, factor in enumerate(block.factors):
        if slack > 0:
            continue
        factors = np.array(block.factors[: row + 1], dtype=np.int64)
        weight = factors @ network.level[rows][: row + 1]
        below = _below(network, weight, factors @ parts[: row + 1])
        if row == 0:
            below = max(below, *(_below(network, weight, even) for even in _even_prices(network, weight)))
        before = sum(map(mul, block.factors[:row], told[:row]))
        slack = told[row] + (before - below) // factor
        level = block.first + row
        bounds[level] = max(bounds[level], values[level] - slack)


def _even_prices(network: Network, weight: Integers) -> list[Integers]:
    """List a few prices that are the same wherever room is short: they tell that there is not enough for all.

    They are what the last resorts of the needs weigh.
    """
    coming = np.bincount(network.head, weights=network.capacity, minlength=network.nodes)
    leaving = np.bincount(network.tail, weights=network.capacity, minlength=network.nodes)
    is_short = leaving < coming
    is_short[: network.first_window] = False
    is_short[network.first_group :] = False
    levels = np.unique(weight[network.spans["unmet"]])
    chosen = levels[np.linspace(0, levels.size - 1, min(levels.size, _EVEN_PRICES)).astype(np.int64)]
    return [np.where(is_short, -level, 0) for level in chosen]


def _below(network: Network, weight: Integers, price: Integers) -> int:
    """Tell a number that no flow's weight is below; nodes that no arc enters send all of their supply."""
    inner = np.zeros(network.nodes, dtype=np.bool_)
    inner[network.head] = True
    usable = network.capacity > 0
    own = usable & ~inner[network.tail]
    least = np.where(inner, -price, FAR)
    np.minimum.at(least, network.tail[own], weight[own] - price[network.head[own]])
    least[network.supply == 0] = 0
    rest = np.flatnonzero(usable & inner[network.tail])
    reduced = np.minimum(weight[rest] + price[network.tail[rest]] - price[network.head[rest]], 0)
    rest, reduced = rest[reduced < 0], reduced[reduced < 0]
    return int(
        sum(map(mul, least.tolist(), network.supply.tolist()))
        + sum(map(mul, reduced.tolist(), network.capacity[rest].tolist()))
    )
