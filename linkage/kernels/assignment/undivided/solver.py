"""Finds the cheapest seating of needs that must all have a seat, and a bound of it, by prices and search in depth.

Rounds of growing size take turns: the search from the bound upwards, which proves, and dives below the best plan,
which find. It ends when bound and plan meet, when its nodes are used up, or at the deadline.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from linkage.kernels.assignment.problem import Integers
from linkage.kernels.assignment.undivided import branch, prices
from linkage.kernels.assignment.undivided.knapsack import Layout

_NEVER: Final = 2**61
_TABLE_CELLS: Final = 4_000_000
_FINEST: Final = 1_024
_SCALED_LIMIT: Final = 2**58
_CHUNK_CELLS: Final = 10_000_000  # cells of tables between two looks at the deadline, some 10 ms
_ROOT_STEPS: Final = 1_000
_ROOT_PATIENCE: Final = 20
_LEAST_STEP: Final = 1e-4
_NODE_STEPS: Final = 7
_DEPTH: Final = 3_000
_FEWEST_NODES: Final = 300


def layout_of(need: Integers, offer: Integers, size: Integers, cost: Integers, capacity: Integers) -> Layout:
    """Arrange seats sorted by (need, offer) for compiled functions; sizes are divided by what they have in common."""
    needs, offers = int(need.max(initial=-1)) + 1, capacity.size
    order = np.argsort(offer, kind="stable")
    offer_start = np.searchsorted(offer[order], np.arange(offers + 1))
    count = np.diff(offer_start)
    common = np.ones(offers, dtype=np.int64)
    filled = np.flatnonzero(count)
    if filled.size:
        common[filled] = np.gcd.reduceat(size[order], offer_start[filled])
    size = size // common[offer]
    together = np.zeros(offers, dtype=np.int64)
    np.add.at(together, offer, size)
    capacity = np.minimum(capacity // common, together)
    cells = (count + 1).astype(np.float64) * (capacity + 1.0)
    return Layout(
        need_start=np.searchsorted(need, np.arange(needs + 1)),
        pair_need=need,
        pair_offer=offer,
        pair_size=size,
        pair_cost=cost,
        offer_start=offer_start,
        offer_pair=order,
        capacity=capacity,
        is_tabled=(cells <= _TABLE_CELLS).astype(np.int8),
    )


def ascent_of(layout: Layout, price: Integers, reach: float) -> prices.Ascent:
    """Make the work space of an ascent."""
    needs = price.size
    count = np.diff(layout.offer_start)
    cells = np.where(layout.is_tabled, (count + 1) * (layout.capacity + 1), 0)
    most = int(count.max(initial=0))
    return prices.Ascent(
        price=price.astype(np.float64),
        best_price=price.astype(np.int64),
        direction=np.zeros(needs),
        whole=np.zeros(needs, dtype=np.int64),
        pick=np.zeros(layout.pair_need.size, dtype=np.int8),
        table=np.zeros(int(cells.max(initial=0)) + 1, dtype=np.int64),
        chosen=np.zeros(most, dtype=np.int64),
        value=np.zeros(most, dtype=np.int64),
        step=np.array([1.0, 0.5, reach]),
        mark=np.array([-_NEVER, 0, 0, 0]),
    )


def tree_of(layout: Layout) -> branch.Tree:
    """Make a search in depth that has visited nothing."""
    pairs, needs = layout.pair_need.size, layout.need_start.size - 1
    deepest = min(pairs, _DEPTH, 2 * needs + 200)
    return branch.Tree(
        state=np.zeros(pairs, dtype=np.int8),
        room=layout.capacity.copy(),
        left=np.diff(layout.need_start),
        trail=np.zeros(pairs, dtype=np.int64),
        branch=np.zeros((deepest, 3), dtype=np.int64),
        price_at=np.zeros((deepest, needs), dtype=np.int64),
        forced_in=np.zeros(pairs, dtype=np.int64),
        forced_out=np.zeros(pairs, dtype=np.int64),
        plan=np.zeros(pairs, dtype=np.int8),
        mark=np.zeros(6, dtype=np.int64),
    )


@dataclass(eq=False)
class Dive:
    """A search in depth for a plan that costs at most `limit`."""

    limit: int
    tree: branch.Tree
    ascent: prices.Ascent


@dataclass(eq=False)
class Solver:
    """The search for one problem.

    Parameters
    ----------
    plain
        The problem, costs not scaled; every need has a seat.
    seat
        (n_needs,) int64 pair of each need in the best plan; None while there is none.
    cost
        Of that plan; `_NEVER` while there is none.
    bound
        No plan costs less.
    nodes
        That may still be visited.
    """

    plain: Layout
    seconds_left: Callable[[], float]
    nodes: int
    seat: Integers | None = None
    cost: int = _NEVER
    bound: int = -_NEVER
    price: Integers = field(init=False)
    layout: Layout = field(init=False)
    scale: int = field(init=False)
    chunk: int = field(init=False)
    most: int = field(init=False)
    reach: int = field(init=False)

    def __post_init__(self) -> None:
        first = self.plain.need_start[:-1]
        self.most = int(np.maximum.reduceat(self.plain.pair_cost, first).sum())
        self.bound = int(np.minimum.reduceat(self.plain.pair_cost, first).sum())
        most = np.maximum.reduceat(np.abs(self.plain.pair_cost), self.plain.need_start[:-1])
        scale = _FINEST
        while scale > 1 and scale * float(most.sum(dtype=np.float64)) > _SCALED_LIMIT:
            scale //= 2
        self.scale = scale
        self.layout = self.plain._replace(pair_cost=self.plain.pair_cost * scale)
        self.price = _second_least(self.layout)
        cells = np.diff(self.layout.offer_start) * (np.where(self.layout.is_tabled, self.layout.capacity, 20) / 2 + 8)
        self.chunk = max(1, int(_CHUNK_CELLS / max(1.0, float(cells.sum()))))

    def run(self, *, gap_ratio: float = 0.0) -> None:
        """Search until bound and plan meet, up to `gap_ratio`, or nothing is left to spend."""
        share = max(_FEWEST_NODES, 2 * self.plain.need_start.size)
        self.ascend(_ROOT_STEPS)
        self.first_dives(share)
        if self.is_done(gap_ratio):
            return
        self.ascend(_ROOT_STEPS)
        proof = self.dive(self.bound)
        while not self.is_done(gap_ratio):
            proof = self.prove(proof, share)
            if self.is_done(gap_ratio):
                break
            self.descend(share)
            share = share * 2

    def seek(self) -> None:
        """Find any plan, or that there is none."""
        self.ascend(_ROOT_STEPS)
        self.first_dives(self.nodes // 3)

    @property
    def is_impossible(self) -> bool:
        """Whether there is no plan at all."""
        return self.bound > self.most

    def is_done(self, gap_ratio: float = 0.0) -> bool:
        """Tell whether bound and plan meet, or nothing is left to spend."""
        is_met = (
            self.bound >= self.cost
            or self.is_impossible
            or self.cost - self.bound <= gap_ratio * max(1, abs(self.cost))
        )
        return is_met or self.nodes <= 0 or self.seconds_left() <= 0

    def keep(self, chosen: Integers) -> None:
        """Keep the plan that takes these pairs, one for each need, if it is the best."""
        cost = int(self.plain.pair_cost[chosen].sum())
        if cost < self.cost:
            self.cost = cost
            self.seat = np.empty(chosen.size, dtype=np.int64)
            self.seat[self.plain.pair_need[chosen]] = chosen

    def ascend(self, steps: int) -> None:
        """Raise the bound by prices alone."""
        layout = self.layout
        price = self.price
        ascent = ascent_of(layout, price, max(self.scale, int(np.abs(price).sum()) // 100))
        state = np.zeros(layout.pair_need.size, dtype=np.int8)
        goal = (min(self.cost - 1, self.most) + 1) * self.scale
        count = min(self.chunk, _ROOT_PATIENCE)
        while ascent.mark[3] < steps:
            before = int(ascent.mark[0])
            prices.ascend(layout, state, layout.capacity, ascent, goal, count, _ROOT_PATIENCE)
            if ascent.mark[2]:
                self.keep(np.flatnonzero(ascent.pick))
            rise = int(ascent.mark[0]) - before
            if ascent.mark[2] or ascent.mark[0] >= goal or ascent.step[0] < _LEAST_STEP or self.seconds_left() <= 0:
                break
            if before > -_NEVER and rise > ascent.step[2]:
                ascent.step[2] *= 2.0
        self.price = ascent.best_price
        self.reach = max(self.scale, int(np.abs(self.price).sum()) // 300)
        self.bound = max(self.bound, -(-int(ascent.mark[0]) // self.scale))

    def dive(self, limit: int) -> Dive:
        """Begin a search for a plan that costs at most `limit`."""
        limit = min(limit, self.most)
        return Dive(limit=limit, tree=tree_of(self.layout), ascent=ascent_of(self.layout, self.price, self.reach))

    def explore(self, dive: Dive, nodes: int) -> int:
        """Visit some nodes of a search; keep the plan it finds, and raise the bound if there is none."""
        answer = branch.RUNNING
        limit = dive.limit * self.scale
        while answer == branch.RUNNING and nodes > 0 and self.nodes > 0 and self.seconds_left() > 0:
            count = min(nodes, max(1, self.chunk // (3 * _NODE_STEPS)))
            answer = branch.explore(self.layout, dive.tree, dive.ascent, limit, count, _NODE_STEPS)
            nodes -= count
            self.nodes -= count
        if answer == branch.FOUND:
            self.keep(np.flatnonzero(dive.tree.plan))
        elif answer == branch.NONE_LEFT:
            self.bound = max(self.bound, dive.limit + 1)
        return answer

    def first_dives(self, share: int) -> None:
        """Find a first plan near the bound, farther away if there is none near."""
        reach = max(4, abs(self.bound) // 200)
        while not self.is_done():
            limit = min(self.bound + reach, self.most)
            if limit >= self.cost or self.explore(self.dive(limit), share) == branch.FOUND:
                return
            reach *= 8
            share *= 2

    def prove(self, proof: Dive, share: int) -> Dive:
        """Go on with the search at the bound; where there is no plan at it, go on above it."""
        left = self.nodes - share
        while not self.is_done() and self.nodes > left:
            if proof.limit < self.bound:
                proof = self.dive(self.bound)
            if self.explore(proof, self.nodes - left) == branch.TOO_DEEP:
                break
        return proof

    def descend(self, share: int) -> None:
        """Look for better plans: half way to the bound while that succeeds, then just below the best."""
        left = self.nodes - share
        while not self.is_done() and self.nodes > left and self.cost - self.bound > 3:
            if self.explore(self.dive((self.cost + self.bound) // 2), (self.nodes - left) // 2) == branch.RUNNING:
                break
        while not self.is_done() and self.nodes > left:
            if self.explore(self.dive(self.cost - 1), self.nodes - left) in (branch.RUNNING, branch.TOO_DEEP):
                break


def _second_least(layout: Layout) -> Integers:
    """Tell the second least cost of each need, a first price; the least where there is one seat only."""
    order = np.lexsort((layout.pair_cost, layout.pair_need))
    start = layout.need_start[:-1]
    price: Integers = layout.pair_cost[order[start + np.minimum(1, np.diff(layout.need_start) - 1)]]
    return price
