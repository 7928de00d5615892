"""The flow a network simplex starts from: first come, first served, or any flow with what it lacks put on spare arcs.

It looks for no good flow, only for a feasible one in a single pass.
"""

from __future__ import annotations

import numpy as np

from linkage.kernels.assignment.simplex.tree import Amounts, Arcs, Nodes
from linkage.kernels.compiled import compiled


@compiled
def first_come(arcs: Arcs, flow: Amounts, supply: Amounts, order: Nodes, last: Nodes, path: Nodes) -> None:
    """Send the supply of nodes along the cheapest first arc whose way is open, and behind it by the first open arcs.

    Parameters
    ----------
    order
        (n_order,) int32 nodes with supply; the last ones serve first what nodes other than the root ask for.
    last
        (n_order,) int32 arc of each of them by which it serves that.
    path
        (n_nodes,) int32 room for a path.
    """
    left = supply.copy()
    count = order.size
    for place in range(2 * count):
        is_asked = place < count
        node = order[count - 1 - place] if is_asked else order[place - count]
        arc = last[count - 1 - place] if is_asked else -1
        shut = -1
        while left[node] > 0:
            if not is_asked:
                arc = _next_arc(arcs, flow, node, shut)
            length, most = _way(arcs, flow, left, arc, path, left[node])
            end = arcs.head[path[length - 1]] if length > 0 else arcs.root
            if arc < 0 or (is_asked and end == arcs.root):
                break
            for step in range(length):
                flow[path[step]] += most
            left[node] -= most
            if end != arcs.root:
                left[end] += most
            if length == 0:
                shut = arc
    balance(arcs, flow, supply)


@compiled
def _next_arc(arcs: Arcs, flow: Amounts, node: int, shut: int) -> int:
    """Find the cheapest open arc of a node after the last one whose way was shut; equal ones in their order."""
    best = -1
    for arc in range(arcs.start[node], arcs.start[node + 1]):
        if flow[arc] >= arcs.room[arc]:
            continue
        cost = arcs.cost[arc]
        if shut >= 0 and (cost < arcs.cost[shut] or (cost == arcs.cost[shut] and arc <= shut)):
            continue
        if best < 0 or cost < arcs.cost[best]:
            best = arc
    return best


@compiled
def _way(arcs: Arcs, flow: Amounts, left: Amounts, arc: int, path: Nodes, most: int) -> tuple[int, int]:
    """Follow the first open arcs to the first node that asks for flow, or the root: arcs on the way, and its room.

    No arcs if there is no way.
    """
    count = 0
    while arc >= 0 and count < path.size:
        most = min(most, arcs.room[arc] - flow[arc])
        path[count] = arc
        count += 1
        node = arcs.head[arc]
        if node == arcs.root:
            return count, most
        if left[node] < 0:
            return count, min(most, -left[node])
        arc = -1
        for other in range(arcs.start[node], arcs.start[node + 1]):
            if flow[other] < arcs.room[other]:
                arc = other
                break
    return 0, 0


@compiled
def follow(arcs: Arcs, flow: Amounts, supply: Amounts, last: Nodes) -> None:
    """Let the flow of the front nodes run on to the root; what they have left over goes along their last resorts.

    Parameters
    ----------
    flow
        (n_arcs + n_nodes,) int64 given on the arcs of the front nodes, 0 elsewhere.
    last
        (n_leaves,) int32 last resort of each front node.
    """
    left = supply.copy()
    front = arcs.start[arcs.leaves]
    for arc in range(front):
        left[arcs.tail[arc]] -= flow[arc]
    for node in range(arcs.leaves):
        if left[node] > 0:
            flow[last[node]] += min(left[node], arcs.room[last[node]] - flow[last[node]])
    for arc in range(front):
        left[arcs.head[arc]] += flow[arc]
    _run_on(arcs, flow, left)
    balance(arcs, flow, supply)


@compiled
def _run_on(arcs: Arcs, flow: Amounts, left: Amounts) -> None:
    """Send on what stands at each node behind the front ones, before it at each node that its arcs enter."""
    front = arcs.start[arcs.leaves]
    entering = np.zeros(left.size, np.int32)
    for arc in range(front, arcs.start[-1]):
        entering[arcs.head[arc]] += 1
    ready = np.empty(left.size, np.int32)
    end = 0
    for node in range(arcs.leaves, left.size):
        if entering[node] == 0:
            ready[end] = node
            end += 1
    done = 0
    while done < end:
        node = ready[done]
        done += 1
        for arc in range(arcs.start[node], arcs.start[node + 1]):
            head = arcs.head[arc]
            amount = max(0, min(left[node], arcs.room[arc]))
            flow[arc] = amount
            left[node] -= amount
            left[head] += amount
            entering[head] -= 1
            if entering[head] == 0:
                ready[end] = head
                end += 1


@compiled
def balance(arcs: Arcs, flow: Amounts, supply: Amounts) -> None:
    """Put on each node's spare arc what the flow on the others leaves over or lacks there."""
    real = arcs.start[-1]
    over = supply.copy()
    for arc in range(real):
        over[arcs.tail[arc]] -= flow[arc]
        over[arcs.head[arc]] += flow[arc]
    over[arcs.root] = 0
    for node in range(over.size):
        spare = real + node
        is_over = over[node] >= 0
        arcs.tail[spare] = node if is_over else arcs.root
        arcs.head[spare] = arcs.root if is_over else node
        flow[spare] = abs(over[node])
