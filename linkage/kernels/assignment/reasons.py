"""Why a matching is as it is, in codes and numbers: every match, every unmet need, every price.

`explain` and `exchange` fill the arrays when they are first asked for; here they are read one by one. There is no text: labels stand in `terms`, and
whoever shows a reason finds the records by their index.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from linkage.kernels.assignment.changes import CheapestChange
from linkage.kernels.assignment.problem import AssignmentProblem, Integers
from linkage.kernels.assignment.remedies import Free
from linkage.terms import AlternativeCause, MatchLimit, MatchObjective, UnmetCause

if TYPE_CHECKING:
    from linkage.kernels.assignment.exchange import ProvenFlow

UNMET_CAUSES = tuple(UnmetCause)
ALTERNATIVE_CAUSES = tuple(AlternativeCause)


@dataclass(frozen=True, kw_only=True)
class MatchReason:
    """Why a need is with its offer, in the window named if any.

    Parameters
    ----------
    cost_rank
        1 where no eligible offer of the need costs less.
    choices
        Eligible offers of the need, this one included.
    next_offer, next_cost
        The cheapest other eligible offer, or None.
    cause
        Why that one was not taken.
    """

    need: int
    offer: int
    window: int | None
    quantity: int
    cost: int
    cost_rank: int
    choices: int
    next_offer: int | None
    next_cost: int | None
    cause: AlternativeCause


@dataclass(frozen=True, kw_only=True)
class Holder:
    """A need that holds capacity of an offer."""

    offer: int
    need: int
    quantity: int
    priority: int


@dataclass(frozen=True, kw_only=True)
class UnmetReason:
    """Why units of a need are not served.

    Parameters
    ----------
    decided_by
        The first objective that would become worse if one unit were served instead of another need; None where
        no such exchange exists, where it would be a tie, or where the plan is not a proven flow.
    margin
        By how much it would become worse.
    displaced_need
        The need that would lose in the least bad exchange, or None.
    holders
        The needs that hold the eligible offers, by rising priority.
    change
        The cheapest change of limits that meets it; None where no offer is eligible.
    new_pair
        The same by an offer that would have to be made eligible; None where there is no other.
    other_offer
        An offer, not eligible for this need, where one more unit meets one unit of it just as well because others
        can move, and at less cost than adding to an eligible one; or None.
    """

    need: int
    quantity: int
    cause: UnmetCause
    decided_by: MatchObjective | None
    margin: int
    displaced_need: int | None
    holders: tuple[Holder, ...]
    change: CheapestChange | None
    new_pair: CheapestChange | None
    other_offer: int | None

    @property
    def limits(self) -> tuple[MatchLimit, ...]:
        """The smallest set of rules that stand in the way: without them the need would be met."""
        change = self.change or self.new_pair
        return () if change is None else tuple(dict.fromkeys(one.limit for one in change.raises))

    @property
    def changes(self) -> tuple[CheapestChange, ...]:
        """The changes that meet it: raising limits first, where an offer is eligible."""
        return tuple(change for change in (self.change, self.new_pair) if change is not None)


@dataclass(frozen=True, kw_only=True, eq=False)
class UnmetColumns:
    """One row for each need with unmet units; -1 stands for none."""

    need: Integers
    quantity: Integers
    cause: Integers
    decided_by: Integers
    margin: Integers
    displaced_need: Integers
    change_offer: Integers
    change_window: Integers
    added_capacity: Integers
    added_window: Integers
    added_cap: Integers
    added_most: Integers
    other_offer: Integers


@dataclass(frozen=True, kw_only=True, eq=False)
class MatchColumns:
    """One row for each match, in the order of the plan; -1 stands for none."""

    need: Integers
    offer: Integers
    window: Integers
    quantity: Integers
    cost: Integers
    cost_rank: Integers
    choices: Integers
    next_offer: Integers
    next_cost: Integers
    cause: Integers


@dataclass(frozen=True, kw_only=True, eq=False)
class MatchReasons:
    """The reasons of one plan.

    They are worked out when they are first asked for.

    Parameters
    ----------
    units
        (n_pairs,) int64 of the plan.
    is_optimal
        No plan is better on any level.
    proven
        The flow that proves the plan, or None.
    """

    problem: AssignmentProblem
    levels: tuple[MatchObjective, ...]
    units: Integers
    is_optimal: bool
    proven: ProvenFlow | None

    @cached_property
    def matches(self) -> MatchColumns:
        """The reasons of the matches, in the order of the plan."""
        from linkage.kernels.assignment import explain

        return explain.match_columns(self.problem, self.units, self.levels, is_proven=self.is_optimal)

    @cached_property
    def unmet(self) -> UnmetColumns:
        """The reasons of the needs with unmet units, in order."""
        from linkage.kernels.assignment import exchange, explain

        columns = explain.unmet_columns(self.problem, self.units, self.levels, is_proven=self.is_optimal)
        if self.proven is None:
            return columns
        return explain.for_quotas(exchange.with_exchanges(self.proven, columns), self.levels)

    def work_out(self) -> None:
        """Work out the reasons of every match and need and the prices of offers and sources now."""
        _ = self.matches, self.unmet, self._prices

    @cached_property
    def free(self) -> Free:
        """What the plan leaves free, for the changes that could be made."""
        return Free(self.problem, self.units, self.levels, is_proven=self.is_optimal, proven=self.proven)

    @cached_property
    def _prices(self) -> tuple[Integers | None, Integers | None]:
        from linkage.kernels.assignment import exchange

        return (None, None) if self.proven is None else exchange.prices(self.proven)

    @property
    def offer_price(self) -> Integers | None:
        """By how much each objective falls if the offer takes one unit of need more: (n_levels, n_offers) int64.

        The first non-zero is positive. None where the plan is not a proven flow.
        """
        return self._prices[0]

    @property
    def source_price(self) -> Integers | None:
        """By how much each objective falls with one unit more under a source's cap: (n_levels, n_sources) int64."""
        return self._prices[1]

    @cached_property
    def window_price(self) -> Integers | None:
        """Tell what one more unit of need in each window takes off each objective: (n_levels, n_windows) int64."""
        from linkage.kernels.assignment import rule_prices

        return None if self.proven is None else rule_prices.of_windows(self.proven)

    @cached_property
    def group_price(self) -> Integers | None:
        """Tell what one more unit under each group's maximum takes off each objective: (n_levels, n_groups) int64."""
        from linkage.kernels.assignment import rule_prices

        return None if self.proven is None else rule_prices.of_groups(self.proven)

    def of_match(self, row: int) -> MatchReason:
        """Tell why the plan has its row-th match."""
        columns = self.matches
        other = int(columns.next_offer[row])
        return MatchReason(
            need=int(columns.need[row]),
            offer=int(columns.offer[row]),
            window=None if columns.window[row] < 0 else int(columns.window[row]),
            quantity=int(columns.quantity[row]),
            cost=int(columns.cost[row]),
            cost_rank=int(columns.cost_rank[row]),
            choices=int(columns.choices[row]),
            next_offer=None if other < 0 else other,
            next_cost=None if other < 0 else int(columns.next_cost[row]),
            cause=ALTERNATIVE_CAUSES[columns.cause[row]],
        )

    def of_unmet(self, row: int) -> UnmetReason:
        """Tell why the row-th need of `unmet` has unmet units."""
        columns = self.unmet
        decided_by = int(columns.decided_by[row])
        need, displaced, other = (
            int(column[row]) for column in (columns.need, columns.displaced_need, columns.other_offer)
        )
        return UnmetReason(
            need=need,
            quantity=int(columns.quantity[row]),
            cause=UNMET_CAUSES[columns.cause[row]],
            decided_by=None if decided_by < 0 else self.levels[decided_by],
            margin=int(columns.margin[row]),
            displaced_need=None if displaced < 0 else displaced,
            holders=self.holders_for(need),
            change=self.free.cheapest(need),
            new_pair=self.free.by_new_pair(need),
            other_offer=None if other < 0 else other,
        )

    def ahead_of(self, need: int) -> tuple[Holder, ...]:
        """List the needs of higher priority that hold capacity of the need's eligible offers: who displaced it."""
        least = int(self.problem.need_priority[need])
        return tuple(holder for holder in self.holders_for(need) if holder.priority > least)

    def holders_for(self, need: int) -> tuple[Holder, ...]:
        """List the other needs that hold capacity of the need's eligible offers, by rising priority."""
        pairs = slice(int(self.problem.need_start[need]), int(self.problem.need_start[need + 1]))
        held = np.isin(self.matches.offer, self.problem.pair_offer[pairs]) & (self.matches.need != need)
        rows = np.flatnonzero(held)
        priority = self.problem.need_priority[self.matches.need[rows]]
        rows = rows[np.lexsort((self.matches.need[rows], self.matches.offer[rows], priority))]
        return tuple(
            Holder(
                offer=int(self.matches.offer[row]),
                need=int(self.matches.need[row]),
                quantity=int(self.matches.quantity[row]),
                priority=int(self.problem.need_priority[self.matches.need[row]]),
            )
            for row in rows.tolist()
        )
