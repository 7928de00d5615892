"""The cheapest change that meets an unmet need: which limits to raise by how much, and what that does.

A change names the pairs that the need is then met by, and `apply_change` keeps those places for it, so that it is
met whoever else waits, nobody else loses, and the effect on the objectives is known. What has to be added for a plan
without such a promise is found by `confirm`. It decides no plan.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from linkage.kernels.assignment.problem import NONE, AssignmentProblem
from linkage.kernels.assignment.validation import COLUMNS
from linkage.terms import MatchLimit

_COLUMN_OF = {
    MatchLimit.OFFER_CAPACITY: "offer_capacity",
    MatchLimit.WINDOW_CAPACITY: "window_capacity",
    MatchLimit.SOURCE_CAP: "source_caps",
    MatchLimit.GROUP_MAX: "group_max",
}


@dataclass(frozen=True, kw_only=True)
class Raise:
    """A limit to raise.

    Parameters
    ----------
    limit, index
        An offer, window, source, group, exclusive group (lifted for the need) or offer made eligible, by `limit`.
    by
        Units of capacity; units of need for a group's maximum; 0 where a rule is lifted.
    """

    limit: MatchLimit
    index: int
    by: int


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Units of a need at a pair, beyond those it has; `cost` counts for a pair that is to be added."""

    need: int
    offer: int
    window: int | None
    quantity: int
    cost: int
    is_new_pair: bool


@dataclass(frozen=True, kw_only=True)
class CheapestChange:
    """The smallest change of limits that meets what is unmet of one need (its package with it).

    Parameters
    ----------
    need
        The need it is for.
    raises
        The limits to raise: the smallest set of rules that stand in the way.
    placements
        Where the units go.
    kept
        What the needs have already, which stays theirs.
    is_reserved
        The places are kept for the need; nobody else loses. Otherwise the raises alone meet it, after all those that
        come first.
    effect
        By how much each objective changes at most, in the order of the plan's objectives: with lower numbers the
        plan gets better.
    is_exact
        A proven plan with the change is different from the proven plan without it by exactly the effect.
    """

    need: int
    raises: tuple[Raise, ...]
    placements: tuple[Placement, ...]
    kept: tuple[Placement, ...]
    is_reserved: bool
    effect: tuple[int, ...]
    is_exact: bool

    @property
    def meets(self) -> int:
        """Units of the need it meets: all that are unmet."""
        return sum(placement.quantity for placement in self.placements if placement.need == self.need)

    @property
    def offer(self) -> int:
        """The offer that the need then goes to."""
        return next(placement.offer for placement in self.placements if placement.need == self.need)

    @property
    def window(self) -> int | None:
        """The window that the need then goes to."""
        return next(placement.window for placement in self.placements if placement.need == self.need)

    @property
    def is_new_pair(self) -> bool:
        """Whether the offer has to be made eligible for the need."""
        return any(placement.is_new_pair for placement in self.placements)

    @property
    def lifts_exclusive(self) -> bool:
        """Whether the need has to leave its exclusive group."""
        return any(one.limit is MatchLimit.EXCLUSIVE for one in self.raises)

    @property
    def added_capacity(self) -> int:
        """Units of capacity to add to the need's offer; 0 where only other limits stand in the way."""
        return self._by(MatchLimit.OFFER_CAPACITY, self.offer)

    @property
    def added_window(self) -> int:
        """Units of capacity to add to the window of the need's pair."""
        return 0 if self.window is None else self._by(MatchLimit.WINDOW_CAPACITY, self.window)

    @property
    def source(self) -> int | None:
        """The source whose cap has to be raised, or None."""
        return next((one.index for one in self.raises if one.limit is MatchLimit.SOURCE_CAP), None)

    @property
    def added_cap(self) -> int:
        """Units to add to the cap of that source."""
        return sum(one.by for one in self.raises if one.limit is MatchLimit.SOURCE_CAP and one.index == self.source)

    @property
    def group(self) -> int | None:
        """The group whose maximum has to be raised, or None."""
        return next((one.index for one in self.raises if one.limit is MatchLimit.GROUP_MAX), None)

    @property
    def added_most(self) -> int:
        """Units to add to that group's maximum."""
        return sum(one.by for one in self.raises if one.limit is MatchLimit.GROUP_MAX and one.index == self.group)

    def _by(self, limit: MatchLimit, index: int) -> int:
        return sum(one.by for one in self.raises if one.limit is limit and one.index == index)


def pair_row(problem: AssignmentProblem, placement: Placement) -> int:
    """Find the row of the pair that a placement names."""
    first, end = int(problem.need_start[placement.need]), int(problem.need_start[placement.need + 1])
    window = NONE if placement.window is None else placement.window
    here = (problem.pair_offer[first:end] == placement.offer) & (problem.pair_window[first:end] == window)
    return first + int(np.argmax(here))


def apply_change(problem: AssignmentProblem, change: CheapestChange) -> AssignmentProblem:
    """Apply a change to the problem it was found for; places that are reserved are fixed."""
    columns = {name: getattr(problem, name).copy() for name in COLUMNS}
    for one in change.raises:
        if one.limit is MatchLimit.EXCLUSIVE:
            needs = [place.need for place in change.placements if problem.need_exclusive[place.need] == one.index]
            columns["need_exclusive"][needs] = NONE
        elif one.limit is not MatchLimit.ELIGIBILITY:
            columns[_COLUMN_OF[one.limit]][one.index] += one.by
    if change.is_reserved:
        rows = [
            (pair_row(problem, place), place.quantity)
            for place in (*change.placements, *change.kept)
            if not place.is_new_pair
        ]
        columns["fixed"][[row for row, _ in rows]] = 0
        for row, quantity in rows:
            columns["fixed"][row] += quantity
    for place in change.placements:
        if place.is_new_pair:
            added = {"pair_need": place.need, "pair_offer": place.offer, "pair_cost": place.cost}
            added |= {
                "pair_window": NONE if place.window is None else place.window,
                "pair_use": 1,
                "is_last": 0,
                "previous": 0,
            }
            added["fixed"] = place.quantity if change.is_reserved else 0
            for name, value in added.items():
                columns[name] = np.append(columns[name], value)
    return AssignmentProblem(**columns, indivisible=problem.indivisible, fair_groups=problem.fair_groups)
