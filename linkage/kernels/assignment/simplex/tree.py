"""The arrays a network simplex works on, and the spanning tree among them.

The tree hangs from the root. Nodes at the front that no arc enters (here: needs) are many and mostly leaves: they
hold no price of their own, it follows from their parent's, and a leaf among them stands in no list of children.
So a pivot walks over the few nodes behind them only.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from linkage.kernels.compiled import compiled

Nodes = NDArray[np.int32]
Amounts = NDArray[np.int64]
States = NDArray[np.int8]
Flags = NDArray[np.bool_]

INSIDE = 0
AT_ZERO = 1
FULL = -1


class Arcs(NamedTuple):
    """The network. Arcs are sorted by tail; then follows one spare arc between each node and the root.

    Parameters
    ----------
    start
        (n_nodes + 1,) int32 first arc of each node.
    tail, head
        (n_arcs + n_nodes,) int32; a spare arc runs from its node to the root, or back where the node lacks flow.
    room, cost
        (n_arcs + n_nodes,) int64.
    leaves
        The first nodes, which no arc enters.
    """

    start: Nodes
    tail: Nodes
    head: Nodes
    room: Amounts
    cost: Amounts
    root: int
    leaves: int


class Tree(NamedTuple):
    """A spanning tree and the flow that belongs to it.

    Parameters
    ----------
    parent, arc
        (n_nodes,) int32, -1 at the root: the node above, and the arc to it.
    child, after, before
        (n_nodes,) int32 lists of children; `before` is -1 at the first child and -2 where a node stands in no list.
    depth
        (n_nodes,) int32, of the front nodes that of their parent counts.
    price
        (n_nodes,) int64, of the front nodes that of their parent counts.
    flow
        (n_arcs + n_nodes,) int64.
    state
        (n_arcs + n_nodes,) int8 outside the tree `AT_ZERO` or `FULL`; `INSIDE` it, or without room.
    """

    parent: Nodes
    arc: Nodes
    child: Nodes
    after: Nodes
    before: Nodes
    depth: Nodes
    price: Amounts
    flow: Amounts
    state: States


@compiled
def price_at(arcs: Arcs, tree: Tree, node: int) -> int:
    """Tell a node's price: what one unit from the root to it would cost along the tree."""
    if node >= arcs.leaves:
        return int(tree.price[node])
    arc = tree.arc[node]
    above = tree.price[tree.parent[node]]
    return int(above - arcs.cost[arc] if arcs.tail[arc] == node else above + arcs.cost[arc])


@compiled
def depth_at(arcs: Arcs, tree: Tree, node: int) -> int:
    """Tell how many arcs lie between a node and the root."""
    if node >= arcs.leaves:
        return int(tree.depth[node])
    return int(tree.depth[tree.parent[node]] + 1)


@compiled
def attach(arcs: Arcs, tree: Tree, node: int, parent: int, arc: int) -> None:
    """Hang a node and what is below it under a parent."""
    tree.parent[node] = parent
    tree.arc[node] = arc
    if node < arcs.leaves and tree.child[node] < 0:
        tree.before[node] = -2
        return
    _list(tree, node, parent)
    if parent < arcs.leaves and tree.before[parent] == -2:
        _list(tree, parent, tree.parent[parent])


@compiled
def detach(arcs: Arcs, tree: Tree, node: int) -> None:
    """Take a node out of its parent's list."""
    if tree.before[node] == -2:
        return
    parent = tree.parent[node]
    _unlist(tree, node, parent)
    if parent < arcs.leaves and tree.child[parent] < 0 and tree.before[parent] != -2:
        _unlist(tree, parent, tree.parent[parent])


@compiled
def _list(tree: Tree, node: int, parent: int) -> None:
    first = tree.child[parent]
    tree.before[node] = -1
    tree.after[node] = first
    if first >= 0:
        tree.before[first] = node
    tree.child[parent] = node


@compiled
def _unlist(tree: Tree, node: int, parent: int) -> None:
    before, after = tree.before[node], tree.after[node]
    if before >= 0:
        tree.after[before] = after
    else:
        tree.child[parent] = after
    if after >= 0:
        tree.before[after] = before
    tree.before[node] = -2


@compiled
def refresh(arcs: Arcs, tree: Tree, top: int, rise: int) -> None:
    """Add a rise to the prices below a node (itself included) and measure depths anew."""
    node = top
    while True:
        if node >= arcs.leaves:
            tree.price[node] += rise
            tree.depth[node] = depth_at(arcs, tree, tree.parent[node]) + 1
        if tree.child[node] >= 0:
            node = tree.child[node]
            continue
        while node != top and tree.after[node] < 0:
            node = tree.parent[node]
        if node == top:
            return
        node = tree.after[node]


@compiled
def sort_by(node: Amounts, nodes: int) -> tuple[Amounts, Nodes]:
    """Sort arcs by one of their nodes, in one pass: the order, and (n_nodes + 1,) the first arc of each node."""
    begin = np.zeros(nodes + 1, np.int32)
    for arc in range(node.size):
        begin[node[arc] + 1] += 1
    for place in range(nodes):
        begin[place + 1] += begin[place]
    order = np.empty(node.size, np.int64)
    filled = begin[:-1].copy()
    for arc in range(node.size):
        order[filled[node[arc]]] = arc
        filled[node[arc]] += 1
    return order, begin
