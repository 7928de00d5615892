"""One flow with its spanning tree, from the first arrangement to the cheapest: the simplex as its callers see it.

The flow in hand keeps every arc's room all along. Stopped early, it is feasible as soon as no spare arc carries
anything, which a first-come start gives from the first pivot on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from linkage.kernels.assignment.simplex import pivots, start
from linkage.kernels.assignment.simplex.hang import hang
from linkage.kernels.assignment.simplex.tree import Amounts, Arcs, Tree

_BLOCK: Final = 250
"""Arcs looked at before a pivot: measured best among 1 .. 5,200 at 0.4 and 2 million arcs."""

_WIDE: Final = 2**61


@dataclass(frozen=True, kw_only=True, eq=False)
class Simplex:
    """A flow with its tree; `order` says where the arcs of the network went: they are sorted by tail here."""

    arcs: Arcs
    tree: Tree
    supply: Amounts
    order: Amounts

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
        order = np.argsort(tail, kind="stable")
        from_node, to_node = np.empty(count + nodes, dtype=np.int32), np.empty(count + nodes, dtype=np.int32)
        room, cost = np.empty(count + nodes, dtype=np.int64), np.empty(count + nodes, dtype=np.int64)
        from_node[:count], from_node[count:] = tail[order], np.arange(nodes)
        to_node[:count], to_node[count:] = head[order], root
        room[:count], room[count:] = capacity[order], _WIDE
        cost[:count], cost[count:] = weight[order], path_limit
        begin = np.zeros(nodes + 1, dtype=np.int32)
        np.cumsum(np.bincount(tail, minlength=nodes), out=begin[1:])
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
        own = slice(0, int(arcs.start[arcs.leaves]))
        tail, cost = arcs.tail[own], arcs.cost[own]
        dearest = np.full(arcs.leaves, np.iinfo(np.int64).min)
        np.maximum.at(dearest, tail, cost)
        last = np.zeros(arcs.leaves, dtype=np.int32)
        hits = np.flatnonzero(cost == dearest[tail])
        last[tail[hits]] = hits
        order = np.argsort(-dearest, kind="stable").astype(np.int32)
        start.first_come(arcs, tree.flow, self.supply, order, last[order], np.empty_like(tree.parent))
        # An offer that is full hangs by the last resort of whoever it serves at least gain.
        paid = np.zeros(arcs.leaves, dtype=np.int64)
        used = np.flatnonzero(tree.flow[own])
        paid[tail[used]] = cost[used]
        behind = np.arange(arcs.start[arcs.leaves], arcs.start[-1])
        self._hang(np.concatenate((behind, last[np.argsort(dearest - paid, kind="stable")])))

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
        place = np.empty(self.order.size, dtype=np.int64)
        place[self.order] = np.arange(self.order.size)
        self._hang(place[asked])

    def _hang(self, asked: Amounts) -> None:
        waiting = hang(self.arcs, self.tree, asked.astype(np.int32))
        pivots.enter_all(self.arcs, self.tree, waiting)

    def run(self, seconds_left: Callable[[], float], chunk: int, reserve: float = 0.0) -> bool:
        """Pivot until the flow is the cheapest, or until no more than `reserve` seconds are left: tell which.

        The clock is looked at after each `chunk` of pivots.
        """
        node = 0
        while seconds_left() > reserve:
            done, node, _ = pivots.advance(self.arcs, self.tree, node, _BLOCK, chunk)
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
