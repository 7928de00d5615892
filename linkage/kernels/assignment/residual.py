"""Shortest paths in the residual graph of a flow, exact in integers.

A residual path is a chain of "this one instead of that one"; its length is what the chain costs the whole
plan. A path that could be shortened for ever would mean that the flow was not the cheapest: that is a defect
and raises `PlanDefect`. It solves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from linkage.kernels.assignment.problem import Integers

FAR: Final = 2**62
"""Length of a path that does not exist."""


class PlanDefect(RuntimeError):
    """The kernel found its own answer to be wrong; nothing was returned. This is a defect in the software."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Residual:
    """Arcs that can still be used, sorted by the node they are looked up by.

    Parameters
    ----------
    near
        (n_arcs,) int64 node where a path arrives while it is being built; arcs are sorted by it.
    far
        (n_arcs,) int64 node that the path grows to.
    weight
        (n_arcs,) int64.
    start
        (n_nodes + 1,) int64 first arc of each node.
    """

    near: Integers
    far: Integers
    weight: Integers
    start: Integers

    @classmethod
    def towards(cls, nodes: int, tail: Integers, head: Integers, weight: Integers) -> Self:
        """Arrange arcs for paths that end at the given nodes; swap tail and head for paths that start there."""
        order = np.argsort(head, kind="stable")
        near = head[order]
        start = np.zeros(nodes + 1, dtype=np.int64)
        np.cumsum(np.bincount(near, minlength=nodes), out=start[1:])
        return cls(near=near, far=tail[order], weight=weight[order], start=start)

    def shortest(
        self,
        nodes: Integers,
        length: Integers,
        label: Integers,
        *,
        stamps: int | None = None,
        upper: tuple[Integers, Integers] | None = None,
    ) -> tuple[Integers, Integers]:
        """Find the length of the shortest path between every node and the given ones, and which one it is.

        Parameters
        ----------
        nodes, length, label
            (n_ends,) int64: where paths end, what ending there costs, and the label it leaves.
        stamps
            A path that steps to a node at or above this one is labelled with the node it steps from, so that the
            label names the first such step on the way.
        upper
            Lengths and labels of paths known already that no arc shortens, save those at the given nodes.

        Returns
        -------
        tuple
            (n_nodes,) int64 lengths, `FAR` where there is no path, and (n_nodes,) int64 labels, -1 there.
        """
        count = self.start.size - 1
        if upper is None:
            distance, labels = np.full(count, FAR, dtype=np.int64), np.full(count, -1, dtype=np.int64)
        else:
            distance, labels = upper[0].copy(), upper[1].copy()
        distance[nodes] = length
        labels[nodes] = label
        frontier = nodes
        is_touched = np.zeros(count, dtype=np.bool_)
        for _ in range(count + 1):
            arcs = self._arcs_of(frontier)
            near = self.near[arcs]
            far = self.far[arcs]
            reached = self.weight[arcs] + distance[near]
            better = reached < distance[far]
            if not better.any():
                return distance, labels
            near, far, reached = near[better], far[better], reached[better]
            np.minimum.at(distance, far, reached)
            first = np.flatnonzero(reached == distance[far])[::-1]
            passed_on = labels[near[first]]
            if stamps is not None:
                passed_on = np.where(near[first] >= stamps, far[first], passed_on)
            labels[far[first]] = passed_on  # the last write wins: reversed, the first arc
            is_touched[far] = True
            frontier = np.flatnonzero(is_touched)
            is_touched[frontier] = False
        raise PlanDefect("the plan can be improved along a cycle: the flow is not optimal")

    def _arcs_of(self, nodes: Integers) -> Integers:
        first = self.start[nodes]
        count = self.start[nodes + 1] - first
        ends = np.cumsum(count)
        total = int(ends[-1]) if ends.size else 0
        places: Integers = np.arange(total, dtype=np.int64) + np.repeat(first - (ends - count), count)
        return places
