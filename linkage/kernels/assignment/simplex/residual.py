"""Shortest paths as `linkage.kernels.assignment.residual` tells them, found quickly where a flow has prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from linkage.kernels.assignment.residual import FAR, PlanDefect
from linkage.kernels.assignment.simplex.paths import open_arcs, search
from linkage.kernels.assignment.simplex.tree import Amounts, Flags, Nodes


@dataclass(frozen=True, kw_only=True, eq=False)
class PricedResidual:
    """Arcs that can still be used, sorted by the node where they end, and the prices of the flow that leaves them."""

    begin: Nodes
    far: Nodes
    cost: Amounts
    price: Amounts

    @classmethod
    def towards(
        cls, tail: Amounts, head: Amounts, weight: Amounts, *, forth: Flags, back: Flags, price: Amounts
    ) -> Self:
        """Arrange arcs for paths that end at given nodes; swap tail and head and negate prices for paths from there.

        Parameters
        ----------
        tail, head, weight
            (n_arcs,) int64.
        forth, back
            (n_arcs,) bool, whether flow can be added to the arc, and taken off it.
        price
            (n_nodes,) int64 that make every open arc's reduced weight at least 0.
        """
        begin, far, cost = open_arcs(tail, head, weight, forth, back, price.size)
        return cls(begin=begin, far=far, cost=cost, price=price)

    def shortest(
        self,
        nodes: Amounts,
        length: Amounts,
        label: Amounts,
        *,
        stamps: int | None = None,
        upper: tuple[Amounts, Amounts] | None = None,
    ) -> tuple[Amounts, Amounts]:
        """Find the length of the shortest path between every node and the given ones, as `Residual.shortest` does."""
        count = self.price.size
        if upper is None:
            found, labels = np.full(count, FAR, dtype=np.int64), np.full(count, -1, dtype=np.int64)
        else:
            found, labels = upper[0].copy(), upper[1].copy()
        found[nodes] = length
        labels[nodes] = label
        first = count if stamps is None else stamps
        if not search(self.begin, self.far, self.cost, self.price, nodes, found, labels, first):
            raise PlanDefect("the flow's prices do not hold: the flow is not optimal")
        return found, labels
