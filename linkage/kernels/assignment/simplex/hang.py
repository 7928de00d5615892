"""The spanning tree that a network simplex starts from, round any given flow.

Arcs with room on both sides go into the tree first, then the arcs that are asked for. Whatever breaks the strong
feasibility of the tree is cut off and hung to the root by its spare arc; the pivots bring it back.
"""

from __future__ import annotations

import numpy as np

from linkage.kernels.assignment.simplex.tree import (
    AT_ZERO,
    FULL,
    INSIDE,
    Arcs,
    Flags,
    Nodes,
    Tree,
    attach,
    depth_at,
    price_at,
)
from linkage.kernels.compiled import compiled


@compiled
def hang(arcs: Arcs, tree: Tree, asked: Nodes) -> Nodes:
    """Hang all nodes to the root, and tell the arcs with room on both sides that found no place.

    Parameters
    ----------
    tree
        Its flow is given, balanced at every node; the rest is filled.
    asked
        Arcs to take into the tree where they fit, the dearest wish first.
    """
    nodes = arcs.start.size - 1
    every = arcs.tail.size
    leader = np.arange(nodes).astype(np.int32)
    chosen = np.empty(nodes, np.int32)
    waiting = np.empty(every, np.int32)
    taken, left = 0, 0
    for arc in range(every):
        tree.state[arc] = AT_ZERO if arcs.room[arc] > 0 else INSIDE  # an arc without room is never looked at
        if tree.flow[arc] == 0:
            continue
        if tree.flow[arc] == arcs.room[arc]:
            tree.state[arc] = FULL
        elif _join(leader, arcs.tail[arc], arcs.head[arc]):
            chosen[taken] = arc
            taken += 1
        else:
            waiting[left] = arc
            left += 1
    for arc in asked:
        if arcs.room[arc] > 0 and _join(leader, arcs.tail[arc], arcs.head[arc]):
            chosen[taken] = arc
            taken += 1
    _grow(arcs, tree, chosen[:taken])
    return waiting[:left].copy()


@compiled
def _join(leader: Nodes, one: int, other: int) -> bool:
    """Join the parts two nodes lie in; tell whether they were apart."""
    while leader[one] != one:
        leader[one] = leader[leader[one]]
        one = leader[one]
    while leader[other] != other:
        leader[other] = leader[leader[other]]
        other = leader[other]
    leader[one] = other
    return one != other


@compiled
def _around(arcs: Arcs, chosen: Nodes) -> tuple[Nodes, Nodes]:
    """Sort arcs by both their nodes: first place of each node, and the arcs."""
    begin = np.zeros(arcs.start.size, np.int32)
    for arc in chosen:
        begin[arcs.tail[arc] + 1] += 1
        begin[arcs.head[arc] + 1] += 1
    for place in range(begin.size - 1):
        begin[place + 1] += begin[place]
    filled = begin[:-1].copy()
    around = np.empty(2 * chosen.size, np.int32)
    for arc in chosen:
        for node in (arcs.tail[arc], arcs.head[arc]):
            around[filled[node]] = arc
            filled[node] += 1
    return begin, around


@compiled
def _grow(arcs: Arcs, tree: Tree, chosen: Nodes) -> None:
    """Hang everything along the chosen arcs from the root, and by spare arcs what these do not reach."""
    nodes = arcs.start.size - 1
    begin, around = _around(arcs, chosen)
    for node in range(nodes):
        tree.parent[node] = -1
        tree.arc[node] = -1
        tree.child[node] = -1
        tree.after[node] = -1
        tree.before[node] = -2
    is_cut = np.zeros(nodes, np.bool_)
    queue = np.empty(nodes, np.int32)
    queue[0] = arcs.root
    tree.depth[arcs.root] = 0
    tree.price[arcs.root] = 0
    done, end, next_node = 0, 1, 0
    while True:
        while done < end:
            node = queue[done]
            done += 1
            if node != arcs.root:
                _hang_one(arcs, tree, node)
            for place in range(begin[node], begin[node + 1]):
                arc = around[place]
                other = arcs.head[arc] if arcs.tail[arc] == node else arcs.tail[arc]
                if other == arcs.root or tree.arc[other] >= 0:
                    continue
                room = arcs.room[arc] - tree.flow[arc] if arcs.tail[arc] == other else tree.flow[arc]
                is_cut[other] = room == 0  # no flow could rise from below: not strongly feasible
                if room > 0:
                    tree.parent[other] = node
                    tree.arc[other] = arc
                    queue[end] = other
                    end += 1
        node, next_node = _cut_off(tree, is_cut, arcs.root, next_node)
        if node < 0:
            return
        spare = arcs.start[nodes] + node
        if tree.flow[spare] == 0:
            arcs.tail[spare] = node
            arcs.head[spare] = arcs.root
        tree.parent[node] = arcs.root
        tree.arc[node] = spare
        queue[end] = node
        end += 1


@compiled
def _cut_off(tree: Tree, is_cut: Flags, root: int, first: int) -> tuple[int, int]:
    """Find a node that does not hang yet, -1 for none: first where a part was cut off, for there it hung well."""
    nodes = is_cut.size
    for place in range(first, 2 * nodes):
        node = place % nodes
        if tree.arc[node] < 0 and node != root and (is_cut[node] or place >= nodes):
            return node, place + 1
    return -1, 2 * nodes


@compiled
def _hang_one(arcs: Arcs, tree: Tree, node: int) -> None:
    """Hang a node whose parent hangs already by the arc that it was given."""
    parent, arc = tree.parent[node], tree.arc[node]
    attach(arcs, tree, node, parent, arc)
    tree.state[arc] = INSIDE
    if node >= arcs.leaves:
        above = price_at(arcs, tree, parent)
        tree.price[node] = above - arcs.cost[arc] if arcs.tail[arc] == node else above + arcs.cost[arc]
        tree.depth[node] = depth_at(arcs, tree, parent) + 1
