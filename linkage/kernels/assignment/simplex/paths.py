"""Shortest paths in what a cheapest flow leaves open, by Dijkstra's rule with the flow's prices.

The prices make every step at least 0 (Edmonds and Karp 1972), so each node is looked at once. A step that is not
means that the flow was not the cheapest: the search says so. It solves nothing.
"""

from __future__ import annotations

import numpy as np

from linkage.kernels.assignment.simplex.tree import Amounts, Flags, Nodes
from linkage.kernels.compiled import compiled


@compiled
def open_arcs(
    tail: Amounts, head: Amounts, weight: Amounts, forth: Flags, back: Flags, nodes: int
) -> tuple[Nodes, Nodes, Amounts]:
    """Sort open arcs by the node where they end: (n_nodes + 1,) first arc, where each begins, and its weight.

    Parameters
    ----------
    tail, head, weight
        (n_arcs,) int64.
    forth, back
        (n_arcs,) bool, whether the arc can be used as it runs, and against it for the negative of its weight.
    """
    begin = np.zeros(nodes + 1, np.int32)
    for arc in range(tail.size):
        if forth[arc]:
            begin[head[arc] + 1] += 1
        if back[arc]:
            begin[tail[arc] + 1] += 1
    for node in range(nodes):
        begin[node + 1] += begin[node]
    far = np.empty(begin[nodes], np.int32)
    cost = np.empty(begin[nodes], np.int64)
    filled = begin[:-1].copy()
    for arc in range(tail.size):
        if forth[arc]:
            place = filled[head[arc]]
            filled[head[arc]] += 1
            far[place] = tail[arc]
            cost[place] = weight[arc]
        if back[arc]:
            place = filled[tail[arc]]
            filled[tail[arc]] += 1
            far[place] = head[arc]
            cost[place] = -weight[arc]
    return begin, far, cost


@compiled
def search(
    begin: Nodes, far: Nodes, cost: Amounts, price: Amounts, ends: Amounts, length: Amounts, label: Amounts, stamps: int
) -> bool:
    """Lengthen paths step by step from their ends; tell whether the prices held.

    Parameters
    ----------
    begin, far, cost
        As `open_arcs` tells them.
    price
        (n_nodes,) int64: cost + price[far] - price[near] >= 0 on every open arc.
    ends
        (n_ends,) int64 nodes where paths end, with their length and label set.
    length, label
        (n_nodes,) int64, known lengths, improved in place.
    stamps
        A step to a node at or above this one sets the label to the node it comes from.
    """
    heap = np.empty(price.size, np.int32)
    place = np.full(price.size, -1, np.int32)
    is_done = np.zeros(price.size, np.bool_)
    key = np.empty(price.size, np.int64)
    size = 0
    for node in ends:
        key[node] = length[node] + price[node]
        if place[node] < 0:
            place[node] = size
            heap[size] = node
            size += 1
        _rise(heap, place, key, place[node])
    while size > 0:
        near = heap[0]
        size -= 1
        heap[0] = heap[size]
        place[heap[0]] = 0
        _sink(heap, place, key, size)
        is_done[near] = True
        for arc in range(begin[near], begin[near + 1]):
            node = far[arc]
            reached = length[near] + cost[arc]
            if reached >= length[node]:
                continue
            if is_done[node]:
                return False
            length[node] = reached
            label[node] = node if near >= stamps else label[near]
            key[node] = reached + price[node]
            if place[node] < 0:
                place[node] = size
                heap[size] = node
                size += 1
            _rise(heap, place, key, place[node])
    return True


@compiled
def _rise(heap: Nodes, place: Nodes, key: Amounts, at: int) -> None:
    node = heap[at]
    while at > 0:
        above = (at - 1) // 2
        if key[heap[above]] <= key[node]:
            break
        heap[at] = heap[above]
        place[heap[at]] = at
        at = above
    heap[at] = node
    place[node] = at


@compiled
def _sink(heap: Nodes, place: Nodes, key: Amounts, size: int) -> None:
    if size == 0:
        return
    node = heap[0]
    at = 0
    while 2 * at + 1 < size:
        below = 2 * at + 1
        if below + 1 < size and key[heap[below + 1]] < key[heap[below]]:
            below += 1
        if key[heap[below]] >= key[node]:
            break
        heap[at] = heap[below]
        place[heap[at]] = at
        at = below
    heap[at] = node
    place[node] = at
