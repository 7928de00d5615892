"""Makes a plan that keeps every rule without a solver: first come by priority, round by round, all needs at once.

It proves nothing and is never the best answer where there is time for a better one; it is what is at hand before
anything long starts, and what makes a plan of a relaxed one. The work of a round is linear in the pairs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from linkage.kernels.assignment.objectives import is_another
from linkage.kernels.assignment.problem import NONE, AssignmentProblem, Flags, Integers
from linkage.kernels.assignment.remainder import Remainder, served_of

_ROUNDS: Final = 12
_LEAST_ROUNDS: Final = 2


class _Left:
    """What is left under each limit while a plan is made."""

    def __init__(self, problem: AssignmentProblem, remainder: Remainder) -> None:
        source = problem.offer_source[problem.pair_offer]
        self.problem = problem
        self.units = remainder.fixed.copy()
        self.quantity = remainder.quantity.copy()
        self.limits = [
            (problem.pair_offer, remainder.capacity.copy(), problem.pair_use),
            (problem.pair_window, remainder.windows.copy(), problem.pair_use),
            (source, remainder.caps.copy(), problem.pair_use),
            (problem.need_group[problem.pair_need], remainder.most.copy(), np.ones_like(problem.pair_use)),
        ]
        self.limits = [limit for limit in self.limits if limit[1].size]
        self.holder = np.full(problem.need_count, NONE)  # by exclusive group
        taken = np.flatnonzero((problem.need_exclusive != NONE) & (served_of(problem, self.units) > 0))
        self.holder[problem.need_exclusive[taken]] = taken

    def fitting(self, rows: Integers) -> Integers:
        """Tell the units that fit on each of some pairs by themselves; all or nothing where needs are undivided."""
        problem = self.problem
        need = problem.pair_need[rows]
        units = self.quantity[need]
        for owner, left, factor in self.limits:
            of_row = owner[rows]
            room = left[of_row] // factor[rows]  # a row that names nothing reads the last limit: put right below
            units = np.minimum(units, np.where(of_row == NONE, units, room))
        if problem.indivisible:
            units = np.where(units < self.quantity[need], 0, units)
        exclusive = problem.need_exclusive[need]
        holder = self.holder[exclusive]
        blocked = (exclusive != NONE) & (holder != NONE) & (holder != need)
        return np.where(blocked, 0, units)

    def accept(self, rows: Integers, units: Integers) -> None:
        """Take as many of the requests as fit together, in order; several rows of one need may stand among them."""
        problem = self.problem
        if not rows.size:
            return
        units = self._one_of_a_set(rows, np.minimum(units, self.fitting(rows)))
        for owner, left, factor in self.limits:
            units = _within(owner[rows], left, factor[rows], units, whole=problem.indivisible)
        units = _within(problem.pair_need[rows], self.quantity, np.ones_like(units), units, whole=problem.indivisible)
        self.put(rows, units)

    def put(self, rows: Integers, units: Integers) -> None:
        """Add units to pairs, or take them away where negative."""
        problem = self.problem
        np.add.at(self.units, rows, units)
        np.subtract.at(self.quantity, problem.pair_need[rows], units)
        for owner, left, factor in self.limits:
            named = owner[rows] != NONE
            np.subtract.at(left, owner[rows][named], (units * factor[rows])[named])
        need = problem.pair_need[rows[units > 0]]
        choosing = need[problem.need_exclusive[need] != NONE]
        self.holder[problem.need_exclusive[choosing]] = choosing

    def _one_of_a_set(self, rows: Integers, units: Integers) -> Integers:
        """Keep of each exclusive group only the requests of the need that comes first."""
        need = self.problem.pair_need[rows]
        exclusive = self.problem.need_exclusive[need]
        asked = np.flatnonzero((exclusive != NONE) & (units > 0))
        if not asked.size:
            return units
        first = np.full(self.problem.need_count, NONE)
        first[exclusive[asked[::-1]]] = need[asked[::-1]]  # the last write wins: reversed, the first request
        return np.where((exclusive != NONE) & (first[exclusive] != need), 0, units)


def _within(owner: Integers, left: Integers, factor: Integers, units: Integers, *, whole: bool) -> Integers:
    """Cut requests, in order, to what is left of each owner."""
    order = np.argsort(owner, kind="stable")
    order = order[owner[order] != NONE]
    if not order.size:
        return units
    size = (units * factor)[order]
    of = owner[order]
    total = np.cumsum(size)
    starts = np.flatnonzero(np.diff(of, prepend=NONE))
    before = total - size - np.repeat((total - size)[starts], np.diff(np.append(starts, of.size)))
    room = np.maximum(left[of] - before, 0) // factor[order]
    kept = np.minimum(units[order], room)
    if whole:
        kept = np.where(kept < units[order], 0, kept)
    found = units.copy()
    found[order] = kept
    return found


def plan(
    problem: AssignmentProblem,
    remainder: Remainder,
    *,
    wanted: Integers | None = None,
    seconds_left: Callable[[], float],
) -> Integers:
    """Make a plan.

    Parameters
    ----------
    wanted
        (n_pairs,) int64 units without the fixed ones of a plan that may break rules; as much of it as can be is
        taken first.

    Returns
    -------
    Integers
        (n_pairs,) int64 units, the fixed ones included.
    """
    left = _Left(problem, remainder)
    rank = np.lexsort((np.arange(problem.need_count), -problem.need_priority))
    place = np.empty_like(rank)
    place[rank] = np.arange(rank.size)
    if wanted is not None:
        asked = wanted
        if problem.indivisible:
            asked = np.where(wanted < remainder.quantity[problem.pair_need], 0, wanted)
        rows = np.flatnonzero(asked)
        rows = rows[np.argsort(place[problem.pair_need[rows]], kind="stable")]
        left.accept(rows, asked[rows])
    _fill(left, place, seconds_left, least=_LEAST_ROUNDS if wanted is None else 0)
    broken = broken_packages(problem, remainder, left.units)
    if broken.any():
        rows = np.flatnonzero(broken[problem.pair_need] & (left.units > remainder.fixed))
        left.put(rows, remainder.fixed[rows] - left.units[rows])
        left.quantity[broken] = 0
        if problem.has_choices:
            held = problem.need_exclusive != NONE
            left.holder[:] = NONE
            served = np.flatnonzero(held & (served_of(problem, left.units) > 0))
            left.holder[problem.need_exclusive[served]] = served
        left.quantity[problem.need_package != NONE] = 0
        _fill(left, place, seconds_left)
    return left.units


def _fill(left: _Left, place: Integers, seconds_left: Callable[[], float], *, least: int = 0) -> None:
    """Let every need that is not met ask for its best pair that has room, until nothing fits or time is up.

    The first rounds, `least` of them, take place whatever the time: they are quick, and place most.
    """
    problem = left.problem
    span = int(problem.pair_cost.max(initial=0)) - int(problem.pair_cost.min(initial=0)) + 1
    weight = problem.pair_cost + span * (is_another(problem) - np.minimum(problem.previous, 1))
    rows = np.arange(problem.pair_count)
    for number in range(_ROUNDS):
        if number >= least and seconds_left() <= 0:
            return
        rows = rows[left.quantity[problem.pair_need[rows]] > 0]
        units = left.fitting(rows)
        rows, units = rows[units > 0], units[units > 0]
        if not rows.size:
            return
        starts = np.flatnonzero(np.diff(problem.pair_need[rows], prepend=NONE))
        best = np.minimum.reduceat(weight[rows], starts)
        cheapest = np.flatnonzero(weight[rows] == np.repeat(best, np.diff(np.append(starts, rows.size))))
        first = cheapest[np.flatnonzero(np.diff(problem.pair_need[rows[cheapest]], prepend=NONE))]
        first = first[np.argsort(place[problem.pair_need[rows[first]]], kind="stable")]
        left.accept(rows[first], units[first])


def broken_packages(problem: AssignmentProblem, remainder: Remainder, units: Integers) -> Flags:
    """Tell the needs of packages that a plan serves only in part."""
    broken = np.zeros(problem.need_count, dtype=np.bool_)
    packed = problem.need_package != NONE
    if not packed.any():
        return broken
    served = served_of(problem, units)
    package = problem.need_package
    begun, short = np.zeros_like(broken), np.zeros_like(broken)
    begun[package[packed & (served > 0)]] = True
    short[package[packed & (served < problem.need_quantity)]] = True
    broken[packed] = (begun & short)[package[packed]] & ~remainder.must[packed]
    return broken
