"""What each offer would take by itself at given prices of needs: a lower bound of every plan, in whole numbers.

With the rule "each need once" turned into prices, an offer chooses the pairs that gain most within its capacity, a
0/1 knapsack solved exactly by a table over its capacity (Fisher, Jaikumar and Van Wassenhove 1986); where that table
would be too large the knapsack is relaxed to fractions. Costs and prices are whole numbers, so the bound is exact.
Chooses no plan.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linkage.kernels.assignment.problem import Integers
from linkage.kernels.compiled import compiled

FREE: Final = 0
IN: Final = 1
OUT: Final = 2
"""States of a pair: still open, must be in the plan, must not."""

States = NDArray[np.int8]


class Layout(NamedTuple):
    """A problem of undivided needs as compiled functions see it.

    Parameters
    ----------
    need_start
        (n_needs + 1,) int64: the pairs of need j are rows need_start[j] .. need_start[j + 1] - 1.
    pair_need, pair_offer, pair_size, pair_cost
        (n_pairs,) int64; size >= 1 is the capacity the whole need takes there, cost is scaled.
    offer_start, offer_pair
        (n_offers + 1,) and (n_pairs,) int64: the pairs of each offer.
    capacity
        (n_offers,) int64.
    is_tabled
        (n_offers,) int8, 0 where the table over the capacity would be too large.
    """

    need_start: Integers
    pair_need: Integers
    pair_offer: Integers
    pair_size: Integers
    pair_cost: Integers
    offer_start: Integers
    offer_pair: Integers
    capacity: Integers
    is_tabled: States


@compiled
def _fraction(layout: Layout, order: Integers, count: int, room: int, value: Integers, pick: States) -> int:
    """Fill an offer in order of gain per unit of capacity; the bound takes the last pair in part."""
    ratio = np.empty(count, np.float64)
    for t in range(count):
        ratio[t] = value[t] / layout.pair_size[order[t]]
    total = 0
    left = room
    for t in np.argsort(ratio):
        size = layout.pair_size[order[t]]
        if size > left:
            part = ratio[t] * left
            return total + int(np.floor(part)) - 1 + int(part * 1e-12)
        total += value[t]
        left -= size
        pick[order[t]] = 1
    return total


@compiled
def add(before: Integers, here: Integers, low: int, size: int, gain: int) -> None:
    """Write the row of a table that has one more pair, from capacity `low` on."""
    for w in range(low, size):
        here[w] = before[w]
    start = max(size, low)
    without, with_it, row = before[start:], before[start - size :], here[start:]
    for w in range(row.size):  # plain indices from 0 let the compiler take several at once
        row[w] = min(without[w], with_it[w] + gain)


@compiled
def meet(before: Integers, behind: Integers, room: int) -> int:
    """Find the least sum of two rows that share a capacity; `behind` stands backwards, its end is capacity 0."""
    first, second = before[: room + 1], behind[behind.size - room - 1 :]
    least = 0
    for w in range(first.size):
        least = min(least, first[w] + second[w])
    return int(least)


@compiled
def take(
    layout: Layout,
    offer: int,
    state: States,
    room: int,
    price: Integers,
    pick: States,
    table: Integers,
    chosen: Integers,
    value: Integers,
) -> int:
    """Choose the pairs that gain an offer most; tell their summed cost less price, and mark them in `pick`."""
    total = 0
    count = 0
    asked = 0
    for row in range(layout.offer_start[offer], layout.offer_start[offer + 1]):
        pair = layout.offer_pair[row]
        pick[pair] = 0
        if state[pair] == OUT:
            continue
        gain = layout.pair_cost[pair] - price[layout.pair_need[pair]]
        if state[pair] == IN:
            pick[pair] = 1
            total += gain
        elif gain < 0 and layout.pair_size[pair] <= room:
            chosen[count] = pair
            value[count] = gain
            count += 1
            asked += layout.pair_size[pair]
    if asked <= room:
        for t in range(count):
            pick[chosen[t]] = 1
            total += value[t]
        return total
    if not layout.is_tabled[offer]:
        return total + _fraction(layout, chosen, count, room, value, pick)
    width = room + 1
    table[:width] = 0
    after = asked
    for t in range(count):
        size = layout.pair_size[chosen[t]]
        gain = value[t]
        after -= size
        low = max(0, room - after)
        before = table[t * width : (t + 1) * width]
        here = table[(t + 1) * width : (t + 2) * width]
        add(before, here, low, size, gain)
    left = room
    for t in range(count - 1, -1, -1):
        if table[(t + 1) * width + left] != table[t * width + left]:
            pick[chosen[t]] = 1
            left -= layout.pair_size[chosen[t]]
    return int(total + table[count * width + room])


@compiled
def relax(
    layout: Layout,
    state: States,
    room: Integers,
    price: Integers,
    pick: States,
    table: Integers,
    chosen: Integers,
    value: Integers,
) -> int:
    """Bound every plan that keeps to the states: (n_needs,) int64 prices, scaled as the costs are.

    Parameters
    ----------
    room
        (n_offers,) int64 capacity left beside the pairs that are in.
    pick
        (n_pairs,) int8, set to 1 where the offer chooses the pair.
    table, chosen, value
        Work space for the largest offer.
    """
    total = 0
    for need in range(price.size):
        total += price[need]
    for offer in range(layout.capacity.size):
        total += take(layout, offer, state, room[offer], price, pick, table, chosen, value)
    return total


@compiled
def margins(
    layout: Layout,
    offer: int,
    state: States,
    room: int,
    price: Integers,
    pick: States,
    table: Integers,
    chosen: Integers,
    value: Integers,
    forced_in: Integers,
    forced_out: Integers,
) -> int:
    """Do as `take` does, and tell for each open pair how much dearer the choice is with it, and without it.

    Parameters
    ----------
    forced_in, forced_out
        (n_pairs,) int64, filled for the offer's open pairs; each >= 0 and never more than the truth.
    """
    begin, end = layout.offer_start[offer], layout.offer_start[offer + 1]
    total = take(layout, offer, state, room, price, pick, table, chosen, value)
    count = 0
    asked = 0
    largest = 0
    for row in range(begin, end):
        pair = layout.offer_pair[row]
        if state[pair] != FREE:
            continue
        gain = layout.pair_cost[pair] - price[layout.pair_need[pair]]
        size = layout.pair_size[pair]
        if gain < 0 and size <= room:
            chosen[count] = pair
            value[count] = gain
            count += 1
            asked += size
        elif size <= room:
            largest = max(largest, size)
    if asked + largest <= room:
        for row in range(begin, end):
            pair = layout.offer_pair[row]
            gain = layout.pair_cost[pair] - price[layout.pair_need[pair]]
            forced_in[pair] = np.maximum(0, gain)
            forced_out[pair] = np.maximum(0, -gain)
        return total
    if not layout.is_tabled[offer]:
        worth = 0.0  # price of a unit of capacity: that of the last pair which still fits in part
        left = room
        ratio = np.empty(count, np.float64)
        for t in range(count):
            ratio[t] = value[t] / layout.pair_size[chosen[t]]
        for t in np.argsort(ratio):
            left -= layout.pair_size[chosen[t]]
            if left < 0:
                worth = -ratio[t]
                break
        for row in range(begin, end):
            pair = layout.offer_pair[row]
            gain = layout.pair_cost[pair] - price[layout.pair_need[pair]] + worth * layout.pair_size[pair]
            forced_in[pair] = max(0, int(gain * (1 - 1e-9)) - 1)
            forced_out[pair] = max(0, int(-gain * (1 - 1e-9)) - 1)
        return total
    width = room + 1
    table[:width] = 0
    for t in range(count):
        size = layout.pair_size[chosen[t]]
        gain = value[t]
        before = table[t * width : (t + 1) * width]
        here = table[(t + 1) * width : (t + 2) * width]
        add(before, here, 0, size, gain)
    full = table[count * width : (count + 1) * width]
    best = full[room]
    for row in range(begin, end):
        pair = layout.offer_pair[row]
        if state[pair] != FREE:
            continue
        gain = layout.pair_cost[pair] - price[layout.pair_need[pair]]
        forced_out[pair] = 0
        size = layout.pair_size[pair]
        forced_in[pair] = max(0, gain + full[room - size] - best) if size <= room else 2**60
    behind = np.zeros(width, np.int64)
    for t in range(count - 1, -1, -1):
        pair = chosen[t]
        size = layout.pair_size[pair]
        before = table[t * width : (t + 1) * width]
        forced_in[pair] = 0
        if pick[pair]:
            forced_out[pair] = meet(before, behind, room) - best
        else:
            forced_in[pair] = max(0, meet(before, behind, room - size) + value[t] - best)
        shifted, kept = behind[size:], behind[: width - size]
        for w in range(kept.size):
            kept[w] = min(kept[w], shifted[w] + value[t])
    return total
