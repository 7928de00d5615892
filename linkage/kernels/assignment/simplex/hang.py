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
    one, other = _find(leader, one), _find(leader, other)
    leader[one] = other
    return one != other


@compiled
def _find(leader: Nodes, node: int) -> int:
    while leader[node] != node:
        leader[node] = leader[leader[node]]
        node = leader[node]
    return node


@compiled
def _around(arcs: Arcs, chosen: Nodes) -> tuple[Nodes, Nodes]:
    """Sort arcs by both their nodes: first place of each node, and the arcs."""
    begin = np.zeros(arcs.start.size, np.int32)
    for arc in chosen:
        begin[arcs.tail[arc] + 1] += 1
        begin[arcs.head[arc] + 1] += 1
    begin = np.cumsum(begin).astype(np.int32)
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
    for column in (tree.parent, tree.arc, tree.child, tree.after):
        column[:] = -1
    tree.before[:] = -2
    tree.depth[arcs.root] = 0
    tree.price[arcs.root] = 0
    queue = np.empty(nodes, np.int32)
    is_cut = np.zeros(nodes, np.bool_)
    queue[0] = arcs.root
    end = _spread(arcs, tree, begin, around, queue, 0, 1, is_cut)
    for only_cut in (True, False):  # from where a part was cut off first: there it hung well
        for node in range(nodes):
            if tree.arc[node] < 0 and node != arcs.root and (is_cut[node] or not only_cut):
                spare = arcs.start[-1] + node
                if tree.flow[spare] == 0:
                    arcs.tail[spare], arcs.head[spare] = node, arcs.root
                _hang_one(arcs, tree, node, arcs.root, spare)
                queue[end] = node
                end = _spread(arcs, tree, begin, around, queue, end, end + 1, is_cut)


@compiled
def _spread(
    arcs: Arcs, tree: Tree, begin: Nodes, around: Nodes, queue: Nodes, done: int, end: int, is_cut: Flags
) -> int:
    """Hang what the chosen arcs reach from the queued nodes, unless no flow could rise from there; tell the queue's end."""
    while done < end:
        node = queue[done]
        done += 1
        for place in range(begin[node], begin[node + 1]):
            arc = around[place]
            other = arcs.head[arc] if arcs.tail[arc] == node else arcs.tail[arc]
            if other == arcs.root or tree.arc[other] >= 0:
                continue
            room = arcs.room[arc] - tree.flow[arc] if arcs.tail[arc] == other else tree.flow[arc]
            if room == 0:
                is_cut[other] = True
                continue
            _hang_one(arcs, tree, other, node, arc)
            queue[end] = other
            end += 1
    return end


@compiled
def _hang_one(arcs: Arcs, tree: Tree, node: int, parent: int, arc: int) -> None:
    attach(arcs, tree, node, parent, arc)
    tree.state[arc] = INSIDE
    if node >= arcs.leaves:
        above = price_at(arcs, tree, parent)
        tree.price[node] = above - arcs.cost[arc] if arcs.tail[arc] == node else above + arcs.cost[arc]
        tree.depth[node] = depth_at(arcs, tree, parent) + 1
