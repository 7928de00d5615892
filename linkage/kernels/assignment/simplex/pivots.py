"""Pivots of the primal network simplex: block search, strongly feasible trees.

The rules follow the literature (Cunningham 1976 for strongly feasible trees, which cannot cycle; Kiraly and Kovacs
2012 for block search). The flow stays feasible at every pivot, so a caller may stop after any number of them.
"""

from __future__ import annotations

from linkage.kernels.assignment.simplex.tree import (
    AT_ZERO,
    FULL,
    INSIDE,
    Arcs,
    Nodes,
    Tree,
    attach,
    depth_at,
    detach,
    price_at,
    refresh,
)
from linkage.kernels.compiled import compiled


@compiled
def advance(arcs: Arcs, tree: Tree, waiting: Nodes, first: int, block: int, pivots: int) -> tuple[int, int]:
    """Pivot until no arc gains any more, or `pivots` times.

    Parameters
    ----------
    waiting
        Arcs with room on both sides for which the tree had no place: each goes into it, or to an end of its room.
    first
        Node whose arcs are looked at first after that.
    block
        Arcs looked at before the best of them enters the tree.

    Returns
    -------
    tuple
        Pivots done, fewer than asked where the flow is the cheapest; and the node to go on with.
    """
    node = first
    for done in range(pivots):
        if done < waiting.size:
            entering = waiting[done]
        else:
            entering, node = _best(arcs, tree, node, block)
            if entering < 0:
                return done, node
        tail, head = arcs.tail[entering], arcs.head[entering]
        rise = arcs.cost[entering] + price_at(arcs, tree, tail) - price_at(arcs, tree, head)
        _enter(arcs, tree, entering, rise)
    return pivots, node


@compiled
def _best(arcs: Arcs, tree: Tree, node: int, block: int) -> tuple[int, int]:
    """Find the arc that gains most in the next block in which any does, and the node after it; arc -1 if none does."""
    nodes = arcs.start.size - 1
    best, entering, seen = 0, -1, 0
    for _ in range(nodes):
        price = price_at(arcs, tree, node)
        for arc in range(arcs.start[node], arcs.start[node + 1]):
            gain = -tree.state[arc] * (arcs.cost[arc] + price - tree.price[arcs.head[arc]])
            if gain > best:
                best, entering = gain, arc
        seen += arcs.start[node + 1] - arcs.start[node]
        node += 1
        if node == nodes:
            node = 0
        if entering >= 0 and seen >= block:
            break
    return entering, node


@compiled
def _enter(arcs: Arcs, tree: Tree, entering: int, rise: int) -> None:
    """Push flow round the cycle an arc closes, more of it if `rise` is below 0, and exchange the arc that blocks."""
    tail, head = arcs.tail[entering], arcs.head[entering]
    is_rising = rise < 0
    if is_rising:
        first, second, most = tail, head, arcs.room[entering] - tree.flow[entering]
    else:
        first, second, most = head, tail, tree.flow[entering]
    join, leaving, side, most = _blocking(arcs, tree, first, second, most)
    if most > 0:
        tree.flow[entering] += most if is_rising else -most
        node = first
        while node != join:
            arc = tree.arc[node]
            tree.flow[arc] += -most if arcs.tail[arc] == node else most
            node = tree.parent[node]
        node = second
        while node != join:
            arc = tree.arc[node]
            tree.flow[arc] += most if arcs.tail[arc] == node else -most
            node = tree.parent[node]
    if side == 0:
        tree.state[entering] = AT_ZERO if tree.flow[entering] == 0 else FULL
        return
    out = tree.arc[leaving]
    top, above = (first, second) if side == 1 else (second, first)
    tree.state[out] = AT_ZERO if tree.flow[out] == 0 else FULL
    tree.state[entering] = INSIDE
    node, parent, arc = top, above, entering
    while True:
        old_parent, old_arc = tree.parent[node], tree.arc[node]
        detach(arcs, tree, node)
        attach(arcs, tree, node, parent, arc)
        if node == leaving:
            break
        node, parent, arc = old_parent, node, old_arc
    if tree.before[top] != -2:
        refresh(arcs, tree, top, -rise if top == tail else rise)


@compiled
def _blocking(arcs: Arcs, tree: Tree, first: int, second: int, most: int) -> tuple[int, int, int, int]:
    """Find the last arc that blocks on the cycle, seen from where its two sides join: join, node below it, side, room.

    On the first side flow runs down, away from the root; on the second it runs up.
    """
    leaving, side = -1, 0
    below, above = first, second
    below_depth, above_depth = depth_at(arcs, tree, first), depth_at(arcs, tree, second)
    while below != above:
        if below_depth >= above_depth:
            arc = tree.arc[below]
            room = tree.flow[arc] if arcs.tail[arc] == below else arcs.room[arc] - tree.flow[arc]
            if room < most:
                most, leaving, side = room, below, 1
            below = tree.parent[below]
            below_depth -= 1
        else:
            arc = tree.arc[above]
            room = arcs.room[arc] - tree.flow[arc] if arcs.tail[arc] == above else tree.flow[arc]
            if room <= most:
                most, leaving, side = room, above, 2
            above = tree.parent[above]
            above_depth -= 1
    return below, leaving, side, most
