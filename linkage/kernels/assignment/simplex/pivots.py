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
def advance(arcs: Arcs, tree: Tree, first: int, block: int, pivots: int) -> tuple[int, int, int]:
    """Pivot until no arc gains any more, or `pivots` times.

    Parameters
    ----------
    first
        Node whose arcs are looked at first.
    block
        Arcs looked at before the best of them enters the tree.

    Returns
    -------
    tuple
        Pivots done, fewer than asked where the flow is the cheapest; the node to go on with; nodes touched.
    """
    nodes = arcs.start.size - 1
    node = first
    done = 0
    touched = 0
    quiet = 0
    while done < pivots:
        best, entering, seen = 0, -1, 0
        while quiet < nodes:
            price = price_at(arcs, tree, node)
            for arc in range(arcs.start[node], arcs.start[node + 1]):
                gain = -tree.state[arc] * (arcs.cost[arc] + price - tree.price[arcs.head[arc]])
                if gain > best:
                    best, entering = gain, arc
            seen += arcs.start[node + 1] - arcs.start[node]
            quiet += 1
            node += 1
            if node == nodes:
                node = 0
            if entering >= 0 and seen >= block:
                break
        if entering < 0:
            return done, node, touched
        quiet = 0
        touched += enter(arcs, tree, entering, tree.state[entering] == AT_ZERO)
        done += 1
    return done, node, touched


@compiled
def enter_all(arcs: Arcs, tree: Tree, waiting: Nodes) -> None:
    """Bring arcs with room on both sides, for which the tree had no place, into it or to an end of their room."""
    for arc in waiting:
        rise = arcs.cost[arc] + price_at(arcs, tree, arcs.tail[arc]) - price_at(arcs, tree, arcs.head[arc])
        enter(arcs, tree, arc, rise < 0)


@compiled
def enter(arcs: Arcs, tree: Tree, entering: int, is_rising: bool) -> int:
    """Push flow round the cycle an arc closes, and exchange the arc that blocks; tell how many nodes were touched."""
    tail, head = arcs.tail[entering], arcs.head[entering]
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
        return 0
    out = tree.arc[leaving]
    top, above = (first, second) if side == 1 else (second, first)
    rise = arcs.cost[entering] + price_at(arcs, tree, tail) - price_at(arcs, tree, head)
    if top == tail:
        rise = -rise
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
    if tree.before[top] == -2:
        return 1
    return refresh(arcs, tree, top, rise)


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
