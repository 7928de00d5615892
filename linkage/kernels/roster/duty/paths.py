"""Cheapest schedule of one person for given prices: exact dynamic programming over days, compiled.

Values are kept for every layer, node, counts of capped kinds, weekends and units; sums are exact integers. Caps of
kinds are counted only where `active` asks for it: a cheapest path that respects a cap without counting it is the
cheapest path (decremental state space relaxation, Righini and Salani 2008). Nothing is kept between calls.
"""

from __future__ import annotations

import numpy as np

from linkage.kernels.compiled import compiled
from linkage.kernels.roster.duty.tables import NEVER, Integers, Tables


@compiled
def cap_states(t: Tables, person: int, active: int) -> int:
    """Count combinations of the counted caps (`active`: bits of slots)."""
    states = 1
    for slot in range(t.size[person, 4]):
        if active >> slot & 1:
            states *= t.cap[t.size[person, 6] + slot] + 1
    return states


@compiled
def layer_size(t: Tables, person: int, active: int) -> int:
    """Count the states of a layer."""
    size: int = t.size[person, 1] * cap_states(t, person, active) * max(1, t.size[person, 2]) * t.size[person, 3]
    return size


@compiled
def price_groups(t: Tables, person: int, price: Integers, priced: Integers) -> None:
    """Find each group's cheapest option at these prices of rows: `priced` (n_groups, 2) is cost and option."""
    days = t.rest_cost.shape[1]
    for group in range(t.group_start[person * days], t.group_start[(person + 1) * days]):
        best, best_option = NEVER, -1
        for option in range(t.option_start[group], t.option_start[group + 1]):
            cost = t.option_cost[option]
            for place in range(t.row_start[option], t.row_start[option + 1]):
                cost += price[t.rows[place]]
            if cost < best:
                best, best_option = cost, option
        priced[group, 0], priced[group, 1] = best, best_option


@compiled
def edge_counts(t: Tables, person: int, active: int, edge: int, counts: Integers) -> None:
    """Say what an edge adds: `counts` (7,) is states of caps, weekend counts, unit counts, stride and cap of the edge's slot (0 if it is not counted), its weekends, its units."""
    counts[3:] = 0
    group = t.edge[edge, 2]
    if group < 0:
        return
    counts[5] = t.edge[edge, 3] if t.size[person, 2] > 0 else 0
    counts[6] = t.group[group, 0]
    slot = t.group[group, 1]
    if slot >= 0 and active >> slot & 1:
        counts[3] = cap_states(t, person, active & ((1 << slot) - 1))
        counts[4] = t.cap[t.size[person, 6] + slot]


@compiled
def relax(
    at: Integers, source: int, target: int, low: int, high: int, cost: int, counts: Integers, is_back: bool
) -> None:
    """Carry values over one edge: forwards from `source` to `target` (bases of two nodes), or backwards."""
    width, units_count, stride, cap, units = counts[1], counts[2], counts[3], counts[4], counts[6]
    for state in range(counts[0]):
        if stride > 0 and (state // stride) % (cap + 1) >= cap:
            continue
        for weekend in range(width - counts[5]):
            a = source + (state * width + weekend) * units_count
            b = target + ((state + stride) * width + weekend + counts[5]) * units_count + units
            if is_back:
                for u in range(low, high + 1):
                    at[a + u] = min(at[a + u], at[b + u] + cost)
            else:
                for u in range(low, high + 1):
                    at[b + u] = min(at[b + u], at[a + u] + cost)


@compiled
def sweep(t: Tables, person: int, active: int, priced: Integers, at: Integers, counts: Integers, is_back: bool) -> None:
    """Fill `at` (layers 0 .. days) with the least cost of reaching each state, or of going from each to the end."""
    days = t.rest_cost.shape[1]
    size = layer_size(t, person, active)
    counts[0], counts[1], counts[2] = cap_states(t, person, active), max(1, t.size[person, 2]), t.size[person, 3]
    block = counts[0] * counts[1] * counts[2]
    for place in range(size * (days + 1)):
        at[place] = NEVER
    if is_back:
        for state in range(size):
            at[size * days + state] = t.end_cost[t.size[person, 5] + state % counts[2]]
    else:
        at[(t.size[person, 0] - 1) * block] = 0
    for step in range(days):
        day = days - 1 - step if is_back else step
        row = person * days + day
        for edge in range(t.edge_start[row], t.edge_start[row + 1]):
            group = t.edge[edge, 2]
            cost = priced[group, 0] if group >= 0 else t.rest_cost[person, day]
            if cost >= NEVER:
                continue
            edge_counts(t, person, active, edge, counts)
            low = max(t.span[person, day, 0], t.span[person, day + 1, 0] - counts[6])
            high = min(t.span[person, day, 1], t.span[person, day + 1, 1] - counts[6])
            source, target = day * size + t.edge[edge, 0] * block, (day + 1) * size + t.edge[edge, 1] * block
            relax(at, source, target, low, high, cost, counts, is_back)


@compiled
def best_end(t: Tables, person: int, size: int, at: Integers) -> tuple[int, int]:
    """Give the least cost of a whole path after a forward sweep and its last state."""
    first = t.rest_cost.shape[1] * size
    units_count = t.size[person, 3]
    best, best_state = NEVER, -1
    for state in range(size):
        end = t.end_cost[t.size[person, 5] + state % units_count]
        if at[first + state] < NEVER // 2 and end < NEVER and at[first + state] + end < best:
            best, best_state = at[first + state] + end, state
    return best, best_state


@compiled
def came_from(t: Tables, edge: int, state: int, counts: Integers) -> int:
    """Give the state from which an edge leads to this state, or -1 if it does not lead there."""
    states, width, units_count, stride = counts[0], counts[1], counts[2], counts[3]
    u = state % units_count - counts[6]
    weekend = state // units_count % width - counts[5]
    counted = state // (units_count * width) % states
    if state // (units_count * width * states) != t.edge[edge, 1] or u < 0 or weekend < 0:
        return -1
    if stride > 0 and (counted // stride) % (counts[4] + 1) == 0:
        return -1
    before: int = ((t.edge[edge, 0] * states + counted - stride) * width + weekend) * units_count + u
    return before


@compiled
def trace_back(
    t: Tables,
    person: int,
    active: int,
    priced: Integers,
    at: Integers,
    counts: Integers,
    state: int,
    turn: int,
    out: Integers,
) -> None:
    """Write the path that ends in `state` to `out` (days,): an option or -1 a day; `turn` rotates ties."""
    days = t.rest_cost.shape[1]
    size = layer_size(t, person, active)
    for day in range(days - 1, -1, -1):
        row = person * days + day
        first, number = t.edge_start[row], t.edge_start[row + 1] - t.edge_start[row]
        now = at[(day + 1) * size + state]
        for index in range(number):
            edge = first + (index + turn) % number
            edge_counts(t, person, active, edge, counts)
            before = came_from(t, edge, state, counts)
            group = t.edge[edge, 2]
            cost = priced[group, 0] if group >= 0 else t.rest_cost[person, day]
            if before >= 0 and at[day * size + before] + cost == now:
                out[day] = priced[group, 1] if group >= 0 else -1
                state = before
                break


@compiled
def broken_caps(t: Tables, person: int, group_of: Integers, path: Integers) -> int:
    """Bits of the slots whose caps a path exceeds."""
    broken = 0
    for slot in range(t.size[person, 4]):
        number = 0
        for day in range(path.size):
            if path[day] >= 0 and t.group[group_of[path[day]], 1] == slot:
                number += 1
        if number > t.cap[t.size[person, 6] + slot]:
            broken |= 1 << slot
    return broken


@compiled
def cheapest(
    t: Tables, person: int, group_of: Integers, priced: Integers, at: Integers, turn: int, out: Integers
) -> tuple[int, int, bool]:
    """Find the cheapest schedule of priced groups; return its cost, the slots counted and whether it keeps every cap."""
    counts = np.zeros(7, dtype=np.int64)
    active = 0
    while True:
        sweep(t, person, active, priced, at, counts, False)
        cost, state = best_end(t, person, layer_size(t, person, active), at)
        if state < 0:
            return NEVER, active, True
        trace_back(t, person, active, priced, at, counts, state, turn, out)
        broken = broken_caps(t, person, group_of, out)
        if broken == 0:
            return cost, active, True
        if layer_size(t, person, active | broken) * (t.rest_cost.shape[1] + 1) > at.size:
            return cost, active, False
        active |= broken


@compiled
def best_path(
    t: Tables,
    person: int,
    price: Integers,
    group_of: Integers,
    priced: Integers,
    at: Integers,
    turn: int,
    out: Integers,
) -> tuple[int, bool]:
    """Find the cheapest schedule at these prices of rows; return its cost and whether it keeps every cap.

    The cost is a lower bound of all feasible schedules even where the work space does not hold all caps.
    """
    price_groups(t, person, price, priced)
    cost, _, keeps_caps = cheapest(t, person, group_of, priced, at, turn, out)
    return cost, keeps_caps
