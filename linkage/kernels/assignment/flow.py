"""Finds the lexicographically cheapest flow of a network: by OR-Tools where it is small, by our own simplex where not.

The simplex holds a feasible flow all along, so a deadline cuts it short with a plan and a bound in hand; OR-Tools is
not interrupted. Both are exact. Levels that do not fit into one weight are solved on the optimal face of those
before (arcs of non-zero reduced cost are frozen).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from ortools.graph.python import min_cost_flow

from linkage.kernels.assignment.network import PATH_LIMIT, Block, Network, factors_of, residual_of
from linkage.kernels.assignment.problem import Flags, Integers
from linkage.kernels.assignment.residual import PlanDefect

if TYPE_CHECKING:
    from linkage.kernels.assignment.simplex.state import Simplex

LARGE: Final = 100_000
"""Arcs from which the simplex is used: there OR-Tools takes 0.1 s, by which no deadline may be overstepped."""

CHUNK: Final = 3_000
"""Pivots between two looks at the clock, some 15 ms."""

_ENDING_RATIO: Final = 1.5
"""Kept back of the time left, for what the beginning took."""

_LOOK_SECONDS: Final = 0.03

_BESIDE_LOADING: Final = 4
"""Times as long everything takes while the simplex is being compiled beside it."""

_RESERVE_SECONDS: Final = 5e-7
"""Kept back of the time left, for each arc: for reading, checking and telling the plan."""

Start = Callable[[Network], tuple[Integers, Integers]]
"""Tells a network's flow to begin with, of which that of the needs counts, and the arcs to ask for as its tree."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Solved:
    """A feasible flow, and what is known of it.

    Parameters
    ----------
    flow
        (n_arcs,) int64.
    blocks
        The blocks it was found by; a block whose prices leave 64 bits on the way is split.
    cheapest_blocks
        How many of them, from the first on, the flow is proven to be the cheapest of.
    price
        (n_nodes,) int64 of the block in which the simplex ended; None where OR-Tools solved it.
    simplex
        With its tree, for a restart; None where OR-Tools solved it.
    """

    flow: Integers
    blocks: tuple[Block, ...]
    cheapest_blocks: int
    price: Integers | None = None
    simplex: Simplex | None = None

    @property
    def is_cheapest(self) -> bool:
        """Whether no flow is cheaper on any level."""
        return self.cheapest_blocks == len(self.blocks)


def solve(
    network: Network,
    blocks: Sequence[Block],
    seconds_left: Callable[[], float],
    *,
    start: Start | None = None,
    large: int = LARGE,
    chunk: int = CHUNK,
) -> Solved | None:
    """Find the lexicographically cheapest flow, or in time the best so far; None if there was no time for any.

    What decides between the solvers is the network alone, so that the same matching has the same plan every time.

    Parameters
    ----------
    start
        What the simplex begins with; first come, first served if None.
    large
        Arcs from which the simplex is used.
    chunk
        Its pivots between two looks at the clock.
    """
    if network.tail.size >= large:
        is_loaded = _is_loaded_in_time(seconds_left, _BESIDE_LOADING * reserve_of(network))
        return _by_simplex(network, blocks, seconds_left, start, chunk) if is_loaded else None
    flow = np.zeros(network.tail.size, dtype=np.int64)
    open_arcs = network.capacity > 0
    supply = network.supply
    waiting, done = list(blocks), list[Block]()
    while waiting:
        block = waiting.pop(0)
        weight = block.weight(network)
        found = _by_ortools(network, open_arcs, weight, supply)
        if found is None:
            waiting[:0] = split(network, block)
            continue
        flow[open_arcs] = found
        done.append(block)
        if waiting:
            open_arcs &= _on_the_optimal_face(network, flow, weight, open_arcs)
            supply = supply_beside(network, flow, ~open_arcs)
    return Solved(flow=flow, blocks=tuple(done), cheapest_blocks=len(done))


def _is_loaded_in_time(seconds_left: Callable[[], float], reserve: float) -> bool:
    """Load the simplex, and compile it where that was never done, unless only `reserve` seconds are left before."""
    thread = _loading()
    while thread.is_alive():
        left = seconds_left() - reserve
        if left <= 0:
            return False  # it goes on loading for the next matching
        thread.join(min(left, _LOOK_SECONDS))
    return True


@cache
def _loading() -> Thread:
    """Start to load the simplex beside the caller, who so can give up or be interrupted."""

    def load() -> None:
        from linkage.kernels.assignment.simplex.state import prepare

        prepare()

    thread = Thread(target=load, name="simplex", daemon=True)
    thread.start()
    return thread


def _by_simplex(
    network: Network, blocks: Sequence[Block], seconds_left: Callable[[], float], start: Start | None, chunk: int
) -> Solved | None:
    from linkage.kernels.assignment.simplex.state import Simplex  # loaded by now

    flow = np.zeros(network.tail.size, dtype=np.int64)
    capacity = network.capacity
    supply = network.supply
    waiting, done = list(blocks), list[Block]()
    while True:
        block = waiting.pop(0)
        limit = path_limit(network, block)
        if limit > PATH_LIMIT:
            waiting[:0] = split(network, block)
            continue
        before = seconds_left()
        weight = block.weight(network)
        simplex = Simplex.of(
            tail=network.tail,
            head=network.head,
            capacity=capacity,
            weight=weight,
            supply=supply,
            root=network.sink,
            path_limit=limit,
        )
        if done:
            simplex.restart(np.where(capacity > 0, flow, 0), np.zeros(0, dtype=np.int64))
        elif start is None:
            simplex.start()
        else:
            simplex.resume(*start(network))
        reserve = reserve_of(network)
        if math.isfinite(before):  # what is still to come takes about as long as the beginning did
            reserve = max(reserve, _ENDING_RATIO * (before - seconds_left()))
        is_cheapest = simplex.run(seconds_left, chunk, reserve)
        if not simplex.is_feasible:
            if is_cheapest:
                raise PlanDefect("the flow solver found no flow where one exists")
            return None  # a flow that was taken over does not fit yet
        is_open = capacity > 0
        flow[is_open] = simplex.flow[is_open]
        price = simplex.price
        if not waiting or not is_cheapest:
            every = (*done, block, *waiting)
            return Solved(
                flow=flow,
                blocks=every,
                cheapest_blocks=len(done) + is_cheapest,
                price=price,
                simplex=simplex if len(every) == 1 else None,
            )
        done.append(block)
        capacity = np.where(weight + price[network.tail] == price[network.head], capacity, 0)
        supply = supply_beside(network, flow, capacity == 0)


def reserve_of(network: Network) -> float:
    """Tell the seconds to keep back for what follows the flow."""
    return _RESERVE_SECONDS * network.tail.size


def supply_beside(network: Network, flow: Integers, closed: Flags) -> Integers:
    """Tell what is left of the supply beside the flow on closed arcs."""
    supply = network.supply.copy()
    np.subtract.at(supply, network.tail[closed], flow[closed])
    np.add.at(supply, network.head[closed], flow[closed])
    return supply


def path_limit(network: Network, block: Block) -> int:
    """Tell a number that no simple path's weight in a block reaches."""
    reach = network.reach[block.first : block.first + len(block.factors)]
    return 1 + sum(factor * span for factor, span in zip(block.factors, reach, strict=True))


def split(network: Network, block: Block) -> tuple[Block, Block]:
    """Take the last level out of a block."""
    last = block.first + len(block.factors) - 1
    if last == block.first:
        raise PlanDefect(f"the flow solver ran out of numbers on objective {last} alone")
    return Block(first=block.first, factors=factors_of(network.reach[block.first : last])), Block(
        first=last, factors=(1,)
    )


def _on_the_optimal_face(network: Network, flow: Integers, weight: Integers, usable: Flags) -> Flags:
    """Tell the arcs whose flow may still change without making the solved block worse.

    Prices start from every node at once, so that parts cut off from the sink have prices too.
    """
    nodes = np.arange(network.nodes)
    price, _ = residual_of(network, flow, weight, usable=usable).shortest(nodes, np.zeros_like(nodes), nodes)
    tight: Flags = weight + price[network.head] == price[network.tail]
    return tight


def _by_ortools(network: Network, open_arcs: Flags, weight: Integers, supply: Integers) -> Integers | None:
    """Find the cheapest flow on the open arcs; None where the solver's prices would leave 64 bits."""
    solver: Any = min_cost_flow.SimpleMinCostFlow()  # the published stubs name scalar types for arrays
    arcs = solver.add_arcs_with_capacity_and_unit_cost(
        network.tail[open_arcs].astype(np.int32),
        network.head[open_arcs].astype(np.int32),
        network.capacity[open_arcs],
        weight[open_arcs],
    )
    solver.set_nodes_supplies(np.arange(network.nodes, dtype=np.int32), supply)
    status = solver.solve()
    if status == solver.BAD_COST_RANGE:
        return None
    if status != solver.OPTIMAL:
        raise PlanDefect(f"the flow solver answered {status.name} where a cheapest flow exists")
    return np.asarray(solver.flows(arcs), dtype=np.int64)
