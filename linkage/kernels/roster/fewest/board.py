"""Who holds which unit while a given number of people is tried, and what it would cost to give a unit to somebody.

Compiled functions over flat arrays. A unit given to a person pushes out whatever of theirs excludes it; what nobody
holds lies in the pool. Every rule holds at any time for the units that are held. Why a change is made is not known here.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linkage.kernels.compiled import compiled

Integers = NDArray[np.int64]
Small = NDArray[np.int32]
Flags = NDArray[np.bool_]

UNABLE: Final = 1 << 28
"""Pressure that says a person cannot take a unit; no sum of weights comes near."""
POOLED, CREW, STEPS, FEWEST, FEWEST_AT = range(5)
"""Places in `mark`: units in the pool, people in the crew, steps made, smallest pool of this round and its step."""


class Board(NamedTuple):
    """State of the search.

    Parameters
    ----------
    able
        (n_people, n_units) bool.
    kind
        (n_people,) int64 kind of clashes.
    first, near
        (n_kinds, n_units + 1) int64 and (n_clashes,) int32: units that exclude each unit, ascending.
    end
        (n_units,) int64 minutes.
    pressure
        (n_units, n_people) int64: weight of the units a person holds that exclude this one, `UNABLE` if not able.
    own, held
        (n_people, room) int64 units of each person, and (n_people,) int64 how many.
    holder
        (n_units,) int64 person, -1 in the pool.
    pool, place
        (n_units,) int64 units nobody holds, and where each unit stands among them (-1 if held).
    weight
        (n_units,) int64 >= 1, what pushing out a unit costs; grows while nobody holds it.
    barred
        (n_units, n_people) int64 step until which a unit pushed out may not come back at a cost.
    crew, rank
        (n_people,) int64 people who may hold units, and where each person stands among them (-1 if not).
    resting
        (n_people,) int64 step until which a person neither joins nor leaves the crew.
    group, amount, limit, load
        (n_caps, n_units) int64 twice, (n_caps, n_people) int64, (n_caps, n_people, n_groups) int64: caps that can bind.
    flag
        (room,) int64 working space: which of a person's units would go.
    mark
        (5,) int64, see `POOLED` and after.
    draw
        (1,) uint64 state of the random stream.
    """

    able: Flags
    kind: Integers
    first: Integers
    near: Small
    end: Integers
    pressure: Integers
    own: Integers
    held: Integers
    holder: Integers
    pool: Integers
    place: Integers
    weight: Integers
    barred: Integers
    crew: Integers
    rank: Integers
    resting: Integers
    group: Integers
    amount: Integers
    limit: Integers
    load: Integers
    flag: Integers
    mark: Integers
    draw: NDArray[np.uint64]


@compiled
def chance(draw: NDArray[np.uint64], sides: int) -> int:
    """Draw a whole number from 0 to sides - 1 (xorshift)."""
    state = draw[0]
    state ^= state << np.uint64(13)
    state ^= state >> np.uint64(7)
    state ^= state << np.uint64(17)
    draw[0] = state
    return int(np.int64(state >> np.uint64(33)) % sides)


@compiled
def excludes(first: Integers, near: Small, unit: int, other: int) -> bool:
    """Tell whether two units exclude each other, given the neighbours for a kind of people."""
    low, high = first[unit], first[unit + 1]
    while low < high:
        middle = (low + high) // 2
        found = near[middle]
        if found == other:
            return True
        if found < other:
            low = middle + 1
        else:
            high = middle
    return False


@compiled
def press(board: Board, person: int, unit: int, weight: int) -> None:
    """Change the pressure on all that a unit excludes for a person."""
    kind = board.kind[person]
    for at in range(board.first[kind, unit], board.first[kind, unit + 1]):
        board.pressure[board.near[at], person] += weight


@compiled
def is_over(board: Board, person: int, unit: int) -> bool:
    """Tell whether one more unit would exceed a cap if the person gave up nothing."""
    for cap in range(board.group.shape[0]):
        if board.load[cap, person, board.group[cap, unit]] + board.amount[cap, unit] > board.limit[cap, person]:
            return True
    return False


@compiled
def cheapest_of(board: Board, person: int, cap: int, group: int) -> int:
    """Find the index of the lightest unit not flagged that counts towards a cap, or -1."""
    cheapest = -1
    for index in range(board.held[person]):
        other = board.own[person, index]
        if board.flag[index] or board.group[cap, other] != group or board.amount[cap, other] == 0:
            continue
        if cheapest < 0 or board.weight[other] < board.weight[board.own[person, cheapest]]:
            cheapest = index
    return cheapest


@compiled
def cost_of_giving(board: Board, person: int, unit: int) -> int:
    """Weight of what goes to the pool if the person takes the unit, and in `flag` which; `UNABLE` if they cannot."""
    cost: int = board.pressure[unit, person]
    if cost >= UNABLE or not is_over(board, person, unit):
        return cost
    first = board.first[board.kind[person]]
    for index in range(board.held[person]):
        board.flag[index] = excludes(first, board.near, unit, board.own[person, index])
    for cap in range(board.group.shape[0]):
        group = board.group[cap, unit]
        over = board.load[cap, person, group] + board.amount[cap, unit] - board.limit[cap, person]
        for index in range(board.held[person]):
            other = board.own[person, index]
            if board.flag[index] and board.group[cap, other] == group:
                over -= board.amount[cap, other]
        while over > 0:
            cheapest = cheapest_of(board, person, cap, group)
            if cheapest < 0:
                return UNABLE
            board.flag[cheapest] = 1
            cost += board.weight[board.own[person, cheapest]]
            over -= board.amount[cap, board.own[person, cheapest]]
    return cost


@compiled
def carry(board: Board, person: int, unit: int, sign: int) -> None:
    """Book a unit on a person's caps and pressures, or off them."""
    press(board, person, unit, sign * board.weight[unit])
    for cap in range(board.group.shape[0]):
        board.load[cap, person, board.group[cap, unit]] += sign * board.amount[cap, unit]


@compiled
def pool_unit(board: Board, unit: int) -> None:
    """Lay a unit into the pool."""
    board.holder[unit] = -1
    board.place[unit] = board.mark[POOLED]
    board.pool[board.mark[POOLED]] = unit
    board.mark[POOLED] += 1


@compiled
def push_out(board: Board, person: int, index: int) -> int:
    """Take a person's unit away and lay it into the pool; the last of their units takes its index."""
    unit: int = board.own[person, index]
    last = board.held[person] - 1
    board.own[person, index] = board.own[person, last]
    board.flag[index] = board.flag[last]
    board.held[person] = last
    carry(board, person, unit, -1)
    pool_unit(board, unit)
    return unit


@compiled
def hold(board: Board, person: int, unit: int) -> None:
    """Give a unit from the pool to a person for whom nothing excludes it."""
    board.own[person, board.held[person]] = unit
    board.held[person] += 1
    board.holder[unit] = person
    carry(board, person, unit, 1)
    place = board.place[unit]
    last = board.pool[board.mark[POOLED] - 1]
    board.pool[place] = last
    board.place[last] = place
    board.place[unit] = -1
    board.mark[POOLED] -= 1


@compiled
def join(board: Board, person: int) -> None:
    """Let a person into the crew."""
    board.rank[person] = board.mark[CREW]
    board.crew[board.mark[CREW]] = person
    board.mark[CREW] += 1


@compiled
def leave(board: Board, person: int) -> None:
    """Take a person out of the crew; all their units go to the pool."""
    while board.held[person] > 0:
        push_out(board, person, board.held[person] - 1)
    place = board.rank[person]
    last = board.crew[board.mark[CREW] - 1]
    board.crew[place] = last
    board.rank[last] = place
    board.rank[person] = -1
    board.mark[CREW] -= 1


@compiled
def fill(board: Board) -> None:
    """Give units of the pool, in order of start, to people of the crew who are free, latest busy first."""
    for unit in range(board.holder.size):
        if board.holder[unit] >= 0:
            continue
        best, latest = -1, -2
        for place in range(board.mark[CREW]):
            person = board.crew[place]
            if cost_of_giving(board, person, unit):
                continue
            count = board.held[person]
            busy = board.end[board.own[person, count - 1]] if count else -1
            if busy > latest:
                best, latest = person, busy
        if best >= 0:
            hold(board, best, unit)


@compiled
def level_weights(board: Board) -> None:
    """Let every unit weigh 1 again."""
    for person in range(board.held.size):
        for index in range(board.held[person]):
            unit: int = board.own[person, index]
            press(board, person, unit, 1 - board.weight[unit])
    for unit in range(board.weight.size):
        board.weight[unit] = 1
