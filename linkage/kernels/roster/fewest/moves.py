"""Searches for a plan in which a crew of given size holds every unit, by pushing units out and bringing them back.

A step gives one unit of the pool to the person for whom that pushes out the least weight; a unit pushed out may not
return to the same person for a while (partial colouring with a tabu list: Blöchliger and Zufferey 2008), and units
that stay in the pool gain weight (guided ejection: Nagata and Bräysy 2009). Now and then somebody outside the crew
takes the place of somebody inside. It proves nothing.
"""

from __future__ import annotations

from linkage.kernels.compiled import compiled
from linkage.kernels.roster.fewest.board import (
    CREW,
    FEWEST,
    FEWEST_AT,
    POOLED,
    STEPS,
    UNABLE,
    Board,
    Integers,
    chance,
    cost_of_giving,
    excludes,
    hold,
    join,
    leave,
    push_out,
)


@compiled
def best_giving(board: Board) -> tuple[int, int]:
    """Find the unit of the pool and the person for whom it pushes out least, or (-1, -1) if all are barred."""
    least, ties, best_unit, best_person = UNABLE, 0, -1, -1
    capped = board.group.shape[0] > 0
    for place in range(board.mark[POOLED]):
        unit = board.pool[place]
        weight = board.weight[unit]
        for index in range(board.mark[CREW]):
            person = board.crew[index]
            pressure: int = board.pressure[unit, person]
            if pressure - weight > least or pressure >= UNABLE:
                continue
            if pressure and board.barred[unit, person] > board.mark[STEPS]:
                continue
            if capped:
                pressure = cost_of_giving(board, person, unit)
                if pressure - weight > least or pressure >= UNABLE:
                    continue
                if pressure and board.barred[unit, person] > board.mark[STEPS]:
                    continue
            if pressure - weight < least:
                least, ties, best_unit, best_person = pressure - weight, 1, unit, person
            else:
                ties += 1
                if chance(board.draw, ties) == 0:
                    best_unit, best_person = unit, person
    return best_unit, best_person


@compiled
def give(board: Board, person: int, unit: int, wait: int, spread: int) -> None:
    """Give a unit to a person and bar what that pushes out from coming back at once."""
    pooled = board.mark[POOLED]
    for index in range(board.held[person]):
        board.flag[index] = 0
    cost_of_giving(board, person, unit)
    kind = board.kind[person]
    index = 0
    while index < board.held[person]:
        if board.flag[index] or excludes(board.first[kind], board.near, unit, board.own[person, index]):
            gone = push_out(board, person, index)
            board.barred[gone, person] = board.mark[STEPS] + pooled * 3 // 5 + wait + chance(board.draw, spread)
        else:
            index += 1
    hold(board, person, unit)


@compiled
def walk(board: Board, limits: Integers, temper: Integers) -> int:
    """Make steps until the pool is empty or a limit is reached; return the steps made.

    Parameters
    ----------
    limits
        (steps, pairs looked at), at most.
    temper
        (a pooled unit gains weight once in so many steps, steps barred at least, random steps on top).
    """
    looked = steps = 0
    while board.mark[POOLED] > 0 and steps < limits[0] and looked < limits[1]:
        steps += 1
        board.mark[STEPS] += 1
        looked += board.mark[POOLED] * board.mark[CREW]
        unit, person = best_giving(board)
        if unit < 0:
            continue
        give(board, person, unit, temper[1], temper[2])
        for place in range(board.mark[POOLED]):
            if chance(board.draw, temper[0]) == 0:
                board.weight[board.pool[place]] += 1
        if board.mark[POOLED] < board.mark[FEWEST]:
            board.mark[FEWEST] = board.mark[POOLED]
            board.mark[FEWEST_AT] = board.mark[STEPS]
    return steps


@compiled
def hand_over(board: Board, leaver: int, joiner: int) -> None:
    """Let somebody take the place of somebody in the crew, with those of their units that they can take."""
    units = board.own[leaver, : board.held[leaver]].copy()
    leave(board, leaver)
    join(board, joiner)
    for unit in units:
        if cost_of_giving(board, joiner, unit) == 0:
            hold(board, joiner, unit)


@compiled
def weight_beyond(board: Board, person: int, other: int) -> int:
    """Weight of the units of one person that another cannot take."""
    lost = 0
    for index in range(board.held[person]):
        unit = board.own[person, index]
        if not board.able[other, unit]:
            lost += board.weight[unit]
    return lost


@compiled
def replace_somebody(board: Board, wait: int) -> bool:
    """Let somebody from outside replace somebody inside where that costs least; both then rest for some steps."""
    least, ties, leaver, joiner = UNABLE, 0, -1, -1
    now = board.mark[STEPS]
    for place in range(board.mark[CREW]):
        person = board.crew[place]
        if board.resting[person] > now:
            continue
        for other in range(board.rank.size):
            if board.rank[other] >= 0 or board.resting[other] > now:
                continue
            lost = weight_beyond(board, person, other)
            if lost < least:
                least, ties, leaver, joiner = lost, 1, person, other
            elif lost == least:
                ties += 1
                if chance(board.draw, ties) == 0:
                    leaver, joiner = person, other
    if leaver < 0:
        return False
    hand_over(board, leaver, joiner)
    board.resting[leaver] = now + 4 * wait
    board.resting[joiner] = now + 10 * wait
    return True


@compiled
def recruit(board: Board) -> bool:
    """Let the person outside the crew who can take most of the pool join and take it; say whether there was one."""
    best, most = -1, 0
    for person in range(board.rank.size):
        if board.rank[person] >= 0:
            continue
        count = 0
        for place in range(board.mark[POOLED]):
            if board.able[person, board.pool[place]]:
                count += 1
        if count > most:
            best, most = person, count
    if best < 0:
        return False
    join(board, best)
    for place in range(board.mark[POOLED] - 1, -1, -1):
        unit = board.pool[place]
        if cost_of_giving(board, best, unit) == 0:
            hold(board, best, unit)
    return True


@compiled
def dismiss(board: Board) -> None:
    """Take out of the crew whoever holds the least weight."""
    least, best = UNABLE, -1
    for place in range(board.mark[CREW]):
        person = board.crew[place]
        lost = 0
        for index in range(board.held[person]):
            lost += board.weight[board.own[person, index]]
        if lost < least:
            least, best = lost, person
    if best >= 0:
        leave(board, best)
