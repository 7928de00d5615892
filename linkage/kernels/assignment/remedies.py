"""Finds the cheapest change that meets an unmet need, from what a plan leaves free under each limit.

Only free and new room is used, so nobody else loses, and what the change does to the objectives is known without
solving again. It changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from linkage.kernels.assignment.changes import CheapestChange, Placement, Raise, pair_row
from linkage.kernels.assignment.new_pairs import Places, new_place, uses_of_new
from linkage.kernels.assignment.objectives import (
    allowed_unmet,
    by_group_of,
    group_demand,
    is_another,
    step_widths,
    unfairness_of,
)
from linkage.kernels.assignment.problem import MAX_CAPACITY_SUM, NONE, AssignmentProblem, Integers
from linkage.kernels.assignment.remainder import group_most, served_of, use_of, window_use_of
from linkage.terms import MatchLimit, MatchObjective

if TYPE_CHECKING:
    from linkage.kernels.assignment.exchange import ProvenFlow

_ON_GROUPS: Final = frozenset((MatchObjective.UNFAIRNESS, MatchObjective.QUOTA_SHORTFALL))
_ON_NEEDS: Final = frozenset((*_ON_GROUPS, MatchObjective.UNMET_PRIORITY))
_Limit = tuple[MatchLimit, int]


class Free:
    """What a plan leaves free under each limit, counted once for all changes that are looked for.

    Parameters
    ----------
    units
        (n_pairs,) int64 of the plan.
    is_proven
        No plan is better.
    proven
        The flow that proves it, if one does.
    """

    def __init__(
        self,
        problem: AssignmentProblem,
        units: Integers,
        levels: Sequence[MatchObjective],
        *,
        is_proven: bool,
        proven: ProvenFlow | None = None,
    ) -> None:
        by_offer, by_source = use_of(problem, units)
        self.problem = problem
        self.units = units
        self.levels = tuple(levels)
        self.proven = proven
        self._from_sink: Integers | None = None
        self.is_exact = is_proven and _ON_GROUPS.isdisjoint(levels)
        self.served = served_of(problem, units)
        self.unmet = problem.need_quantity - self.served
        self.unmet_by_group = by_group_of(problem, self.unmet)
        self.demand, self.allowed = group_demand(problem), allowed_unmet(problem)
        served = np.flatnonzero((problem.need_exclusive != NONE) & (self.served > 0))
        self.holder = np.full(problem.need_count, NONE)
        self.holder[problem.need_exclusive[served]] = served
        self.another = is_another(problem)
        caps = np.where(problem.source_caps == NONE, MAX_CAPACITY_SUM, problem.source_caps)
        self.left = {
            MatchLimit.OFFER_CAPACITY: problem.offer_capacity - by_offer,
            MatchLimit.WINDOW_CAPACITY: problem.window_capacity - window_use_of(problem, units),
            MatchLimit.SOURCE_CAP: caps - by_source,
            MatchLimit.GROUP_MAX: group_most(problem) - by_group_of(problem, self.served),
        }

    def cheapest(self, need: int) -> CheapestChange | None:
        """Find the change of limits at eligible pairs that meets what is unmet of a need, and of its package.

        Fewest limits touched, then least added, then the lower cost; None where some need has no eligible pair.
        """
        members = self._members(need)
        return self._met(members, frozenset()) if all(map(self._has_pair, members)) else None

    def by_new_pair(self, need: int, places: Places | None = None) -> CheapestChange | None:
        """Find the offer that would have to be made eligible for a need: the one with most room, at a use of 1.

        It counts at the dearest cost the offer has for anybody. Of a package, those get a new pair who have none. None
        where there is no other offer, or every need of the package has a pair.

        Parameters
        ----------
        places
            (offers, windows) where a need could be served, by need; any offer, outside its windows, if not given.
        """
        members = self._members(need)
        new = members if self.problem.need_package[need] == NONE else [m for m in members if not self._has_pair(m)]
        return self._met(members, frozenset(new), places) if new else None

    def _members(self, need: int) -> list[int]:
        """List a need, then those of its package that are unmet too."""
        package = self.problem.need_package
        if package[need] == NONE:
            return [need]
        packed = (package == package[need]) & (self.unmet > 0)
        return [need, *(other for other in np.flatnonzero(packed).tolist() if other != need)]

    def _has_pair(self, need: int) -> bool:
        return bool(self.problem.need_start[need] < self.problem.need_start[need + 1])

    def _met(self, members: list[int], new: frozenset[int], places: Places | None = None) -> CheapestChange | None:
        """Place what is unmet of some needs, one after the other; those of `new` at a pair that is to be added."""
        problem = self.problem
        taken: dict[_Limit, int] = {}
        raised: dict[_Limit, int] = {}
        placements = []
        for member in members:
            quantity = int(self.unmet[member])
            placement = (
                new_place(problem, self.left, (member, quantity), places)
                if member in new
                else self._best_place(member, taken)
            )
            if placement is None:
                return None
            if placement.is_new_pair:
                raised[MatchLimit.ELIGIBILITY, placement.offer] = 0
            pair = self.pair_of(placement)
            uses = uses_of_new(problem, placement) if pair is None else self._uses(pair, quantity)
            lacking = self._lacking(uses, taken)
            for limit, by in lacking.items():
                raised[limit] = raised.get(limit, 0) + by
            for limit, use in uses.items():
                taken[limit] = taken.get(limit, 0) + use - lacking.get(limit, 0)
            placements.append(placement)
        return self._change(members[0], raised, placements)

    def _best_place(self, need: int, taken: dict[_Limit, int]) -> Placement:
        problem, quantity = self.problem, int(self.unmet[need])
        options = [
            (self._lacking(self._uses(pair, quantity), taken), int(problem.pair_cost[pair]), pair)
            for pair in range(int(problem.need_start[need]), int(problem.need_start[need + 1]))
        ]
        _, _, pair = min(options, key=lambda option: (*_size(option[0]), *option[1:]))
        return self._placement(pair, quantity)

    def _uses(self, pair: int, quantity: int) -> dict[_Limit, int]:
        """Tell what some units on a pair take of each limit."""
        problem = self.problem
        offer, wanted = int(problem.pair_offer[pair]), quantity * int(problem.pair_use[pair])
        return _named(
            {
                (MatchLimit.OFFER_CAPACITY, offer): wanted,
                (MatchLimit.WINDOW_CAPACITY, int(problem.pair_window[pair])): wanted,
                (MatchLimit.SOURCE_CAP, int(problem.offer_source[offer])): wanted,
                (MatchLimit.GROUP_MAX, int(problem.need_group[problem.pair_need[pair]])): quantity,
            }
        )

    def _lacking(self, uses: dict[_Limit, int], taken: dict[_Limit, int]) -> dict[_Limit, int]:
        """Tell by how much limits are short of what is to be used beside what is taken already."""
        short = {
            (limit, index): use + taken.get((limit, index), 0) - int(self.left[limit][index])
            for (limit, index), use in uses.items()
        }
        return {limit: by for limit, by in short.items() if by > 0}

    def _change(self, need: int, raised: dict[_Limit, int], placements: list[Placement]) -> CheapestChange:
        exclusive = self.problem.need_exclusive
        sets: dict[int, set[int]] = {}
        for placement in placements:
            sets.setdefault(int(exclusive[placement.need]), set()).add(placement.need)
        lifted = [
            index
            for index, needs in sorted(sets.items())
            if index != NONE and len(needs | ({int(self.holder[index])} - {NONE})) > 1
        ]
        effect = tuple(self._effect(level, placements) for level in self.levels)
        through_flow = (
            None if self.is_exact or not self._is_new_room(raised, placements) else self._through_flow(placements)
        )
        return CheapestChange(
            need=need,
            raises=(
                *(Raise(limit=MatchLimit.EXCLUSIVE, index=index, by=0) for index in lifted),
                *(Raise(limit=limit, index=index, by=by) for (limit, index), by in raised.items()),
            ),
            placements=tuple(placements),
            kept=tuple(kept for placement in placements for kept in self._kept(placement.need)),
            is_reserved=True,
            effect=through_flow or effect,
            is_exact=self.is_exact or through_flow is not None,
        )

    def _is_new_room(self, raised: dict[_Limit, int], placements: Sequence[Placement]) -> bool:
        """Tell whether the placements take new room only, so that everybody else has the limits they had."""
        for placement in placements:
            source = int(self.problem.offer_source[placement.offer])
            uses = {(MatchLimit.OFFER_CAPACITY, placement.offer), (MatchLimit.SOURCE_CAP, source)}
            if placement.window is not None:
                uses.add((MatchLimit.WINDOW_CAPACITY, placement.window))
            pair = self.pair_of(placement)
            wanted = placement.quantity * (1 if pair is None else int(self.problem.pair_use[pair]))
            if source == NONE or self.problem.source_caps[source] == NONE:
                uses.discard((MatchLimit.SOURCE_CAP, source))
            if any(raised.get(limit, 0) < wanted for limit in uses):
                return False
        return not any(limit is MatchLimit.GROUP_MAX for limit, _ in raised)

    def _through_flow(self, placements: Sequence[Placement]) -> tuple[int, ...] | None:
        """Tell the effect of meeting a need of one unit where what it leaves to its group moves other needs.

        One unit less leaves the need: the shortest residual path to it from the sink is what the rest then gains.
        None where more than one unit, or an exclusive group, is concerned.
        """
        need = placements[0].need
        lone = len(placements) == 1 and self.problem.need_quantity[need] == 1
        chosen = self.problem.need_exclusive[need] != NONE or self.problem.need_package[need] != NONE
        if self.proven is None or not lone or chosen or len(self.proven.block.factors) < len(self.levels):
            return None
        if self._from_sink is None:
            sink = np.array([self.proven.network.sink])
            graph = self.proven.residual(backwards=True)
            self._from_sink = graph.shortest(sink, np.zeros(1, dtype=np.int64), sink)[0]
        parts = self.proven.block.parts(self._from_sink[need])
        own = (0 if level in _ON_NEEDS else self._effect_of(level, placements[0]) for level in self.levels)
        return tuple(int(part) + effect for part, effect in zip(parts, own, strict=True))

    def _kept(self, need: int) -> Iterator[Placement]:
        first = int(self.problem.need_start[need])
        for row in np.flatnonzero(self.units[first : int(self.problem.need_start[need + 1])]).tolist():
            yield self._placement(first + row, int(self.units[first + row]))

    def _placement(self, pair: int, quantity: int) -> Placement:
        problem = self.problem
        return Placement(
            need=int(problem.pair_need[pair]),
            offer=int(problem.pair_offer[pair]),
            window=None if problem.pair_window[pair] == NONE else int(problem.pair_window[pair]),
            quantity=quantity,
            cost=int(problem.pair_cost[pair]),
            is_new_pair=False,
        )

    def _effect(self, level: MatchObjective, placements: Sequence[Placement]) -> int:
        """Tell how an objective changes where the plan stays as it is and the placements are added."""
        if level in _ON_GROUPS:
            met: dict[int, int] = {}
            for placement in placements:
                group = int(self.problem.need_group[placement.need])
                met[group] = met.get(group, 0) + placement.quantity
            return sum(self._effect_on(level, group, units) for group, units in met.items() if group != NONE)
        return sum(self._effect_of(level, placement) for placement in placements)

    def _effect_on(self, level: MatchObjective, group: int, met: int) -> int:
        before = int(self.unmet_by_group[group])
        if level is MatchObjective.QUOTA_SHORTFALL:
            allowed = int(self.allowed[group])
            return max(0, before - met - allowed) - max(0, before - allowed)
        widths = np.repeat(step_widths(self.demand[group : group + 1]), 2, axis=0)
        after, now = unfairness_of(widths, np.array([before - met, before])).tolist()
        return int(after - now)

    def _effect_of(self, level: MatchObjective, placement: Placement) -> int:
        problem = self.problem
        pair = self.pair_of(placement)
        match level:
            case MatchObjective.UNMET_PRIORITY:
                return -placement.quantity * int(problem.need_priority[placement.need])
            case MatchObjective.COST:
                return placement.quantity * placement.cost
            case MatchObjective.CHANGED if pair is not None:
                lost = max(0, int(problem.previous[pair] - self.units[pair]))
                return -min(lost, placement.quantity)
            case MatchObjective.CONTINUITY if pair is not None:
                return placement.quantity * int(self.another[pair])
            case MatchObjective.CONTINUITY:
                first, end = problem.need_start[placement.need], problem.need_start[placement.need + 1]
                return placement.quantity * int(problem.is_last[first:end].max(initial=0))
            case _:
                return 0

    def pair_of(self, placement: Placement) -> int | None:
        """Find the row of a placement's pair; None where it is to be added."""
        if placement.is_new_pair:
            return None
        return pair_row(self.problem, placement)


def _named(uses: dict[_Limit, int]) -> dict[_Limit, int]:
    return {limit: use for limit, use in uses.items() if limit[1] != NONE}


def _size(lacking: dict[_Limit, int]) -> tuple[int, int]:
    """Order changes: fewest limits, then least capacity added."""
    added = sum(by for (limit, _), by in lacking.items() if limit is not MatchLimit.GROUP_MAX)
    return len(lacking), added
