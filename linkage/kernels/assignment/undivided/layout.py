"""Lays out what is left of a matching as a problem of undivided needs: every need has one seat, or stays unmet.

To stay unmet is a seat too, at one more offer whose capacity is the priority that may stay unmet; so the objective
"unmet priority" becomes a limit, and the objectives after it one cost. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from linkage.kernels.assignment.objectives import is_another
from linkage.kernels.assignment.problem import MAX_CAPACITY_SUM, NONE, AssignmentProblem, Integers
from linkage.kernels.assignment.remainder import Remainder
from linkage.terms import MatchObjective

_COST_LIMIT: Final = 2**52  # summed costs, so that scaled prices stay whole in 64 bits and in float64
_BY_PAIR: Final = (MatchObjective.CHANGED, MatchObjective.CONTINUITY, MatchObjective.COST)


@dataclass(frozen=True, kw_only=True, eq=False)
class Seating:
    """The open needs and where they can go.

    Parameters
    ----------
    row
        (n_seats,) int64 row of the problem's pairs, sorted by (need, offer).
    need, offer, size, cost
        (n_seats,) int64; needs and offers are counted anew, size is the capacity taken, cost joins all objectives
        after the first.
    capacity
        (n_offers,) int64.
    weight
        (n_needs,) int64 priority that is unmet if the need is.
    unmet_before
        Priority that stays unmet whatever is done.
    cost_before
        Joined cost of a plan that serves no open need.
    factor, lowest
        Of each objective after the first: joined cost = sum of factor x (value - lowest), and 0 <= value - lowest <
        the factor before over the own.
    """

    row: Integers
    need: Integers
    offer: Integers
    size: Integers
    cost: Integers
    capacity: Integers
    weight: Integers
    unmet_before: int
    cost_before: int
    factor: tuple[int, ...]
    lowest: tuple[int, ...]

    def units(self, problem: AssignmentProblem, remainder: Remainder, seat: Integers) -> Integers:
        """Turn the seat of each need (`NONE`: unmet) into units of the problem's pairs."""
        rows = self.row[seat[seat != NONE]]
        units = remainder.fixed.copy()
        units[rows] += remainder.quantity[problem.pair_need[rows]]
        return units

    def seats(self, remainder: Remainder, units: Integers) -> Integers:
        """Read the seat of each need from a plan; `NONE` where it is unmet."""
        taken = np.flatnonzero(units[self.row] > remainder.fixed[self.row])
        seat = np.full(self.weight.size, NONE, dtype=np.int64)
        seat[self.need[taken]] = taken
        return seat

    def unmet(self, seat: Integers) -> int:
        """Add up the priority that a plan leaves unmet."""
        return self.unmet_before + int(self.weight[seat == NONE].sum())

    def joined(self, seat: Integers) -> int:
        """Tell the joined cost of a plan."""
        return self.cost_before + int(self.cost[seat[seat != NONE]].sum())

    def bounds(self, joined: int, values: Sequence[int]) -> list[int]:
        """Take a bound of the joined cost apart into bounds of the objectives after the first."""
        bounds: list[int] = []
        left = joined
        for factor, lowest, value in zip(self.factor, self.lowest, values, strict=True):
            bound = min(value, lowest + max(0, left // factor))
            bounds.append(bound)
            left = left - factor * (value - lowest) if bound == value else 0
        return bounds


def lay_out(problem: AssignmentProblem, levels: Sequence[MatchObjective], remainder: Remainder) -> Seating | None:
    """Lay the open needs out; None where a rule or an objective does not fit into undivided needs."""
    if not _fits(problem, levels, remainder):
        return None
    quantity = remainder.quantity[problem.pair_need]
    size = quantity * problem.pair_use
    row = np.flatnonzero((quantity > 0) & (size <= remainder.capacity[problem.pair_offer]))
    is_open = np.zeros(problem.need_count, dtype=np.bool_)
    is_open[problem.pair_need[row]] = True
    is_used = np.zeros(problem.offer_count, dtype=np.bool_)
    is_used[problem.pair_offer[row]] = True
    weight = problem.need_priority * remainder.quantity
    need = (np.cumsum(is_open) - 1)[problem.pair_need[row]]
    cost = np.zeros(row.size, dtype=np.int64)
    factor: list[int] = []
    lowest: list[int] = []
    before = 0
    below = 1
    for level in reversed(levels[1:]):
        added, start = _added(problem, remainder, level, row)
        low, high = _span(need, added, int(is_open.sum()))
        factor.insert(0, below)
        lowest.insert(0, start + low)
        before -= below * low
        if float(below) * max(1.0, float(np.abs(added).sum(dtype=np.float64))) > _COST_LIMIT:
            return None
        cost += below * added
        below *= high - low + 1
    if below > _COST_LIMIT or float(weight.sum(dtype=np.float64)) > _COST_LIMIT:
        return None
    return Seating(
        row=row,
        need=need,
        offer=(np.cumsum(is_used) - 1)[problem.pair_offer[row]],
        size=size[row],
        cost=cost,
        capacity=remainder.capacity[is_used],
        weight=weight[is_open],
        unmet_before=int(weight[~is_open].sum()),
        cost_before=before,
        factor=tuple(factor),
        lowest=tuple(lowest),
    )


def _fits(problem: AssignmentProblem, levels: Sequence[MatchObjective], remainder: Remainder) -> bool:
    if not problem.indivisible and (remainder.quantity > 1).any():
        return False
    if problem.has_choices or remainder.must.any() or (problem.pair_window != NONE).any():
        return False
    if levels[0] is not MatchObjective.UNMET_PRIORITY or any(level not in _BY_PAIR for level in levels[1:]):
        return False
    inside = problem.need_group != NONE
    asked = np.bincount(problem.need_group[inside], weights=remainder.quantity[inside], minlength=problem.group_count)
    if (asked > remainder.most).any():
        return False
    capped = problem.offer_source != NONE
    together = np.zeros(problem.source_count, dtype=np.int64)
    np.add.at(together, problem.offer_source[capped], remainder.capacity[capped])
    return bool((np.minimum(remainder.caps, MAX_CAPACITY_SUM) >= together).all())


def _added(
    problem: AssignmentProblem, remainder: Remainder, level: MatchObjective, row: Integers
) -> tuple[Integers, int]:
    """Tell what seating a need at each pair adds to an objective, and the objective where none is seated."""
    need = problem.pair_need[row]
    quantity = remainder.quantity[need]
    if level is MatchObjective.COST:
        return quantity * problem.pair_cost[row], int(problem.pair_cost @ remainder.fixed)
    if level is MatchObjective.CHANGED:
        gone = np.maximum(problem.previous - remainder.fixed, 0)
        return np.maximum(gone[row] - quantity, 0) - gone[row], int(gone.sum())
    another = is_another(problem)
    return np.where(another[row] > 0, quantity, 0), int(another @ remainder.fixed)


def _span(need: Integers, added: Integers, needs: int) -> tuple[int, int]:
    """Tell the least and the most that all needs together can add, each seated or not."""
    low, high = np.zeros(needs, dtype=np.int64), np.zeros(needs, dtype=np.int64)
    np.minimum.at(low, need, added)
    np.maximum.at(high, need, added)
    return int(low.sum()), int(high.sum())
