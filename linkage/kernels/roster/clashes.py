"""Which two shifts exclude each other for one person: overlap, too little time between, one a day, successions.

People who have the same rest and the same kind of duty share one table, so that it is worked out once for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from linkage.kernels.roster.problem import RosterProblem

Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]

BLOCK_ROWS = 256
"""Shifts compared with all others at a time, so that large tables need little memory."""


def shortest(travel: Integers) -> Integers:
    """Minutes between places by the quickest way, no time within a place (Floyd and Warshall)."""
    best = travel.copy()
    np.fill_diagonal(best, 0)
    for via in range(best.shape[0]):
        best = np.minimum(best, best[:, via : via + 1] + best[via : via + 1, :])
    return best


def gap_table(problem: RosterProblem, travel: Integers, rest: int, left: Integers, right: Integers) -> Flags:
    """(len(left), len(right)) bool: the shifts overlap or leave too little time for somebody with this rest."""
    shifts = problem.shifts
    gap = np.where(shifts.day[left][:, None] != shifts.day[right][None, :], rest, 0)
    gap = np.maximum(gap, problem.buffer_minutes)
    there = back = gap
    if travel.size:
        near, far = shifts.place[left][:, None], shifts.place[right][None, :]
        moves = (near >= 0) & (far >= 0)
        there = np.maximum(gap, np.where(moves, travel[near, far], 0))
        back = np.maximum(gap, np.where(moves, travel[far, near], 0))
    before = shifts.end[left][:, None] + there <= shifts.start[right][None, :]
    after = shifts.end[right][None, :] + back <= shifts.start[left][:, None]
    table: Flags = ~(before | after)
    return table


def succession_table(problem: RosterProblem, left: Integers, right: Integers) -> Flags:
    """(len(left), len(right)) bool: one shift must not follow the other on the next day."""
    shifts, forbidden = problem.shifts, problem.forbidden_successions
    table = np.zeros((left.size, right.size), dtype=np.bool_)
    if forbidden.size == 0:
        return table
    largest = max(int(forbidden.max()), int(shifts.kind.max(initial=0))) + 1
    follows = np.zeros((largest + 1, largest + 1), dtype=np.bool_)  # the last row and column stand for no kind
    follows[forbidden[:, 0], forbidden[:, 1]] = True
    near, far = shifts.kind[left][:, None], shifts.kind[right][None, :]
    step = shifts.day[right][None, :] - shifts.day[left][:, None]
    table |= (step == 1) & follows[near, far]
    table |= (step == -1) & follows[far, near]
    return table


def same_day_table(problem: RosterProblem, left: Integers, right: Integers) -> Flags:
    """(len(left), len(right)) bool: both start on one day."""
    table: Flags = problem.shifts.day[left][:, None] == problem.shifts.day[right][None, :]
    return table


def clash_table(
    problem: RosterProblem, travel: Integers, kind: tuple[int, bool], left: Integers, right: Integers
) -> Flags:
    """(len(left), len(right)) bool for people of one rest, with or without a pattern; a shift clashes with itself."""
    rest, has_pattern = kind
    table = gap_table(problem, travel, rest, left, right)
    if problem.forbidden_successions.size:
        table |= succession_table(problem, left, right)
    if has_pattern:
        table |= same_day_table(problem, left, right)
    return table


def clash_bits(problem: RosterProblem, travel: Integers, kind: tuple[int, bool], order: Integers) -> list[int]:
    """Give every shift its clashes as bits, bit k standing for the shift `order[k]`."""
    bits = []
    shifts = np.arange(order.size)
    for first in range(0, order.size, BLOCK_ROWS):
        table = clash_table(problem, travel, kind, shifts[first : first + BLOCK_ROWS], order)
        packed = np.packbits(table, axis=1, bitorder="little")
        bits += [int.from_bytes(row.tobytes(), "little") for row in packed]
    return bits
