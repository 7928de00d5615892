"""Why a matching is as it is, in codes and numbers: every match, every unmet need, every price.

The arrays are filled by `explain`; here they are read one by one. There is no text: labels stand in `terms`, and
whoever shows a reason finds the records by their index.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from linkage.kernels.assignment.problem import AssignmentProblem, Integers
from linkage.terms import AlternativeCause, MatchObjective, UnmetCause

UNMET_CAUSES = tuple(UnmetCause)
ALTERNATIVE_CAUSES = tuple(AlternativeCause)


@dataclass(frozen=True, kw_only=True)
class MatchReason:
    """Why a need is with its offer.

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
class CheapestChange:
    """The smallest change of limits that meets what is unmet of one need, with nobody else losing.

    Parameters
    ----------
    offer, added_capacity
        Units of capacity to add to an eligible offer; 0 where only the source's cap stands in the way.
    source, added_cap
        Units to add to the cap of the offer's source, or None and 0.
    meets
        Units of the need it meets: all that are unmet.
    """

    offer: int
    added_capacity: int
    source: int | None
    added_cap: int
    meets: int


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
        None where no offer is eligible.
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
    other_offer: int | None


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
    added_capacity: Integers
    added_cap: Integers
    other_offer: Integers


@dataclass(frozen=True, kw_only=True, eq=False)
class MatchColumns:
    """One row for each match, in the order of the plan; -1 stands for none."""

    need: Integers
    offer: Integers
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

    Parameters
    ----------
    offer_price
        (n_levels, n_offers) int64, by how much each objective falls if the offer takes one unit of need more;
        the first non-zero is positive. None where the plan is not a proven flow.
    source_price
        (n_levels, n_sources) int64, likewise for each source's cap.
    """

    problem: AssignmentProblem
    levels: tuple[MatchObjective, ...]
    matches: MatchColumns
    unmet: UnmetColumns
    offer_price: Integers | None
    source_price: Integers | None

    def of_match(self, row: int) -> MatchReason:
        """Tell why the plan has its row-th match."""
        columns = self.matches
        other = int(columns.next_offer[row])
        return MatchReason(
            need=int(columns.need[row]),
            offer=int(columns.offer[row]),
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
        offer, decided_by = int(columns.change_offer[row]), int(columns.decided_by[row])
        need, displaced, other = (
            int(column[row]) for column in (columns.need, columns.displaced_need, columns.other_offer)
        )
        change = None
        if offer >= 0:
            source = int(self.problem.offer_source[offer])
            added_cap = int(columns.added_cap[row])
            change = CheapestChange(
                offer=offer,
                added_capacity=int(columns.added_capacity[row]),
                source=source if added_cap else None,
                added_cap=added_cap,
                meets=int(columns.quantity[row]),
            )
        return UnmetReason(
            need=need,
            quantity=int(columns.quantity[row]),
            cause=UNMET_CAUSES[columns.cause[row]],
            decided_by=None if decided_by < 0 else self.levels[decided_by],
            margin=int(columns.margin[row]),
            displaced_need=None if displaced < 0 else displaced,
            holders=self.holders_for(need),
            change=change,
            other_offer=None if other < 0 else other,
        )

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
