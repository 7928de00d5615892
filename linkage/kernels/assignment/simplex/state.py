"""One flow with its spanning tree, from the first arrangement to the cheapest: the simplex as its callers see it.

The flow in hand keeps every arc's room all along. Stopped early, it is feasible as soon as no spare arc carries
anything, which a first-come start gives from the first pivot on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np

from linkage.kernels.assignment.simplex import pivots, start
from linkage.kernels.assignment.simplex.hang import hang
from linkage.kernels.assignment.simplex.tree import Amounts, Arcs, Nodes, Tree, sort_by

_BLOCK: Final = 250
"""Arcs looked at before a pivot: measured best among 1 .. 5,200 at 0.4 and 2 million arcs."""

_WIDE: Final = 2**61


@dataclass(kw_only=True, eq=False)
class Simplex:
    """A flow with its tree; `order` says where the arcs of the network went: they are sorted by tail here."""

    arcs: Arcs
    tree: Tree
    supply: Amounts
    order: Amounts
    waiting: Nodes = field(default_factory=lambda: np.zeros(0, dtype=np.int32))

    @classmethod
    def of(
        cls,
        *,
        tail: Amounts,
        head: Amounts,
        capacity: Amounts,
        weight: Amounts,
        supply: Amounts,
        root: int,
        path_limit: int,
    ) -> Self:
        """Arrange a network; the flow is still to come.

        Parameters
        ----------
        tail, head, capacity, weight
            (n_arcs,) int64.
        supply
            (n_nodes,) int64, together 0.
        root
            Node where all flow ends.
        path_limit
            More than any simple path weighs, at most 2**60.
        """
        nodes, count = supply.size, tail.size
        order, begin = sort_by(tail, nodes)
        from_node, to_node = np.empty(count + nodes, dtype=np.int32), np.empty(count + nodes, dtype=np.int32)
        room, cost = np.empty(count + nodes, dtype=np.int64), np.empty(count + nodes, dtype=np.int64)
        from_node[:count], from_node[count:] = tail[order], np.arange(nodes)
        to_node[:count], to_node[count:] = head[order], root
        room[:count], room[count:] = capacity[order], _WIDE
        cost[:count], cost[count:] = weight[order], path_limit
        entered = np.zeros(nodes, dtype=np.bool_)
        entered[head] = True
        leaves = int(entered.argmax())
        own = slice(0, int(begin[leaves]))  # no more than its supply leaves such a node: what allows it all is no limit
        room[own][room[own] >= supply[from_node[own]]] = _WIDE
        six = np.zeros((6, nodes), dtype=np.int32)
        tree = Tree(
            parent=six[0],
            arc=six[1],
            child=six[2],
            after=six[3],
            before=six[4],
            depth=six[5],
            price=np.zeros(nodes, dtype=np.int64),
            flow=np.zeros(count + nodes, dtype=np.int64),
            state=np.zeros(count + nodes, dtype=np.int8),
        )
        arcs = Arcs(begin, from_node, to_node, room, cost, root, leaves)
        return cls(arcs=arcs, tree=tree, supply=supply.astype(np.int64), order=order)

    def start(self) -> None:
        """Begin with a flow by first come, first served: where staying out is dearest comes first."""
        arcs, tree = self.arcs, self.tree
        last = self._last_resorts()
        order = np.argsort(-arcs.cost[last], kind="stable").astype(np.int32)
        start.first_come(arcs, tree.flow, self.supply, order, last[order], np.empty_like(tree.parent))
        self._hang(np.zeros(0, dtype=np.int64), last)

    def restart(self, flow: Amounts, asked: Amounts) -> None:
        """Begin with a given flow, within every arc's room, and the arcs asked for as its tree.

        Parameters
        ----------
        flow
            (n_arcs,) int64 in the order of the network; it need not be balanced anywhere.
        asked
            (n_asked,) int64 arcs in the order of the network.
        """
        self.tree.flow[: flow.size] = flow[self.order]
        start.balance(self.arcs, self.tree.flow, self.supply)
        self._hang(self._places(asked), np.zeros(0, dtype=np.int32))

    def resume(self, flow: Amounts, asked: Amounts) -> None:
        """Begin with the given flow of the nodes that no arc enters; it runs on as far as there is room.

        Parameters
        ----------
        flow
            (n_arcs,) int64 in the order of the network, within every arc's room; what it tells of other arcs than
            those from such nodes does not count.
        asked
            (n_asked,) int64 arcs in the order of the network.
        """
        front = int(self.arcs.start[self.arcs.leaves])
        self.tree.flow[:] = 0
        self.tree.flow[:front] = flow[self.order[:front]]
        last = self._last_resorts()
        start.follow(self.arcs, self.tree.flow, self.supply, last)
        self._hang(self._places(asked), last)

    def _places(self, arcs: Amounts) -> Amounts:
        place = np.empty(self.order.size, dtype=np.int64)
        place[self.order] = np.arange(self.order.size)
        return place[arcs]

    def _last_resorts(self) -> Nodes:
        """Find the dearest arc of each node that no arc enters."""
        start = self.arcs.start[: self.arcs.leaves + 1]
        tail, cost = self.arcs.tail[: start[-1]], self.arcs.cost[: start[-1]]
        filled = np.flatnonzero(np.diff(start))
        dearest = np.zeros(self.arcs.leaves, dtype=np.int64)
        dearest[filled] = np.maximum.reduceat(cost, start[filled])
        last = np.zeros(self.arcs.leaves, dtype=np.int32)
        hits = np.flatnonzero(cost == np.repeat(dearest, np.diff(start)))
        last[tail[hits]] = hits
        return last

    def _hang(self, asked: Amounts, last: Nodes) -> None:
        """Make a tree round the flow: the arcs asked for first, then those behind the front nodes, then last resorts.

        So an offer that is full hangs by the last resort of whoever it serves at least gain.
        """
        arcs, tree = self.arcs, self.tree
        front = int(arcs.start[arcs.leaves])
        paid = np.zeros(arcs.leaves, dtype=np.int64)
        used = np.flatnonzero(tree.flow[:front])
        paid[arcs.tail[used]] = arcs.cost[used]
        rest = last[np.argsort(arcs.cost[last] - paid[: last.size], kind="stable")]
        wishes = (asked, np.arange(front, int(arcs.start[-1])), rest)
        self.waiting = hang(arcs, tree, np.concatenate(wishes).astype(np.int32))

    def run(self, seconds_left: Callable[[], float], chunk: int, reserve: float = 0.0) -> bool:
        """Pivot until the flow is the cheapest, or until no more than `reserve` seconds are left: tell which.

        The clock is looked at after each `chunk` of pivots.
        """
        node = 0
        while seconds_left() > reserve:
            done, node = pivots.advance(self.arcs, self.tree, self.waiting, node, _BLOCK, chunk)
            self.waiting = self.waiting[chunk:]
            if done < chunk:
                return True
        return False

    @property
    def flow(self) -> Amounts:
        """(n_arcs,) int64 in the order of the network."""
        flow = np.empty(self.order.size, dtype=np.int64)
        flow[self.order] = self.tree.flow[: self.order.size]
        return flow

    @property
    def is_feasible(self) -> bool:
        """Whether every node has what it needs."""
        return not self.tree.flow[self.order.size :].any()

    @property
    def basis(self) -> Amounts:
        """Arcs of the tree, in the order of the network."""
        inside = self.tree.arc[self.tree.arc >= 0]
        arcs: Amounts = self.order[inside[inside < self.order.size]]
        return arcs

    @property
    def price(self) -> Amounts:
        """(n_nodes,) int64: weight + price[tail] - price[head] is 0 in the tree, and at an optimum never below at an open arc."""
        arcs, tree = self.arcs, self.tree
        price = tree.price.copy()
        leaf = np.arange(arcs.leaves)
        arc = tree.arc[: arcs.leaves]
        above = tree.price[tree.parent[: arcs.leaves]]
        price[leaf] = np.where(arcs.tail[arc] == leaf, above - arcs.cost[arc], above + arcs.cost[arc])
        return price


def prepare() -> None:
    """Compile everything, or load what was compiled before, on a network of one arc."""
    one = np.ones(1, dtype=np.int64)
    simplex = Simplex.of(
        tail=0 * one,
        head=one,
        capacity=one,
        weight=one,
        supply=np.array([1, -1], dtype=np.int64),
        root=1,
        path_limit=2,
    )
    simplex.start()
    simplex.resume(one, 0 * one)
    simplex.restart(one, 0 * one)
    simplex.run(lambda: 1.0, 1)
