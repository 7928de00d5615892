"""Fills the reasons of a plan: what the limits and the costs say directly, for any plan.

Needs no solver. The exchanges and prices that only a proven flow can give are added by `exchange`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from linkage.kernels.assignment.objectives import unmet_of
from linkage.kernels.assignment.problem import MAX_CAPACITY_SUM, NONE, AssignmentProblem, Flags, Integers
from linkage.kernels.assignment.reasons import ALTERNATIVE_CAUSES, UNMET_CAUSES, MatchColumns, UnmetColumns
from linkage.kernels.assignment.remainder import use_of
from linkage.terms import AlternativeCause, MatchObjective, UnmetCause


def _code(cause: UnmetCause | AlternativeCause) -> int:
    if isinstance(cause, UnmetCause):
        return UNMET_CAUSES.index(cause)
    return ALTERNATIVE_CAUSES.index(cause)


def slack_of(problem: AssignmentProblem, units: Integers) -> tuple[Integers, Integers]:
    """Tell the capacity a plan leaves free: of each pair's offer, and under the cap of the offer's source."""
    by_offer, by_source = use_of(problem, units)
    free = problem.offer_capacity - by_offer
    under_cap = np.full(problem.offer_count, MAX_CAPACITY_SUM)
    capped = problem.offer_source != NONE
    caps = np.where(problem.source_caps == NONE, MAX_CAPACITY_SUM, problem.source_caps) - by_source
    under_cap[capped] = caps[problem.offer_source[capped]]
    return free[problem.pair_offer], under_cap[problem.pair_offer]


def match_columns(
    problem: AssignmentProblem, units: Integers, levels: Sequence[MatchObjective], *, is_proven: bool
) -> MatchColumns:
    """Rank each match among the need's offers and tell why the next best one was not taken."""
    rows = np.flatnonzero(units)
    need = problem.pair_need[rows]
    cost = problem.pair_cost
    by_cost = np.lexsort((problem.pair_offer, cost, problem.pair_need))
    first = problem.need_start[need]
    count = problem.need_start[need + 1] - first
    place = np.empty(problem.pair_count, dtype=np.int64)
    place[by_cost] = np.arange(problem.pair_count)
    # The cheapest other pair: the first in the need's order, or the second where the match itself is the first.
    is_first = place[rows] == first
    alone = count == 1
    other = by_cost[np.where(is_first & ~alone, first + 1, first)]
    # Equal costs share the rank of the first of them.
    ordered = cost[by_cost]
    begins = np.ones(problem.pair_count, dtype=np.bool_)
    begins[1:] = (ordered[1:] != ordered[:-1]) | (np.diff(problem.pair_need[by_cost]) != 0)
    run_start = np.maximum.accumulate(np.where(begins, np.arange(problem.pair_count), 0))

    size = problem.pair_use * (problem.need_quantity[problem.pair_need] if problem.indivisible else 1)
    free, under_cap = slack_of(problem, units)
    kept = (problem.previous[rows] > 0) & (MatchObjective.CHANGED in levels)
    conditions = [
        (alone, AlternativeCause.ONLY_CHOICE),
        (cost[other] > cost[rows], AlternativeCause.COSTLIER),
        (cost[other] == cost[rows], AlternativeCause.EQUAL),
        (problem.fixed[rows] >= units[rows], AlternativeCause.FIXED),
        (free[other] < size[other], AlternativeCause.CAPACITY_TAKEN),
        (under_cap[other] < size[other], AlternativeCause.SOURCE_CAP),
        (kept, AlternativeCause.CONTINUITY),
    ]
    cause = np.select(
        [condition for condition, _ in conditions],
        [_code(name) for _, name in conditions],
        _code(AlternativeCause.CONTINUITY if is_proven else AlternativeCause.NOT_PROVEN),
    )
    return MatchColumns(
        need=need,
        offer=problem.pair_offer[rows],
        quantity=units[rows],
        cost=cost[rows],
        cost_rank=run_start[place[rows]] - first + 1,
        choices=count,
        next_offer=np.where(alone, NONE, problem.pair_offer[other]),
        next_cost=np.where(alone, 0, cost[other]),
        cause=cause,
    )


def pairs_of(problem: AssignmentProblem, needs: Integers) -> tuple[Integers, Integers]:
    """List the pairs of some needs: (n,) pair rows, and (n_needs + 1,) where each need's begin."""
    first = problem.need_start[needs]
    count = problem.need_start[needs + 1] - first
    start = np.zeros(needs.size + 1, dtype=np.int64)
    np.cumsum(count, out=start[1:])
    return np.arange(start[-1], dtype=np.int64) + np.repeat(first - start[:-1], count), start


def unmet_columns(problem: AssignmentProblem, units: Integers) -> UnmetColumns:
    """Name the cause of each unmet need from the limits alone, and the cheapest change that meets it.

    The change adds room at an eligible offer: fewest limits touched, then least added, then the lower cost. Nobody
    else loses by it, because only free or new capacity is used.
    """
    unmet = unmet_of(problem, units)
    needs = np.flatnonzero(unmet)
    quantity = unmet[needs]
    pairs, start = pairs_of(problem, needs)
    owner = np.repeat(np.arange(needs.size), np.diff(start))
    free, under_cap = (column[pairs] for column in slack_of(problem, units))
    use = problem.pair_use[pairs]
    wanted = quantity[owner] * use
    one = wanted if problem.indivisible else use
    added = np.maximum(wanted - free, 0)
    added_cap = np.maximum(wanted - under_cap, 0)

    best = np.lexsort(
        (
            problem.pair_offer[pairs],
            problem.pair_cost[pairs],
            added + added_cap,
            (added > 0).astype(np.int64) + (added_cap > 0),
            owner,
        )
    )
    has_pairs = np.diff(start) > 0
    chosen = best[start[:-1][has_pairs]]
    change = np.full((3, needs.size), NONE)
    change[:, has_pairs] = problem.pair_offer[pairs[chosen]], added[chosen], added_cap[chosen]

    def some(condition: Flags) -> Flags:
        found = np.zeros(needs.size, dtype=np.bool_)
        found[owner[condition]] = True
        return found

    fits = free >= one
    cause = np.select(
        [
            ~has_pairs,
            ~some(problem.offer_capacity[problem.pair_offer[pairs]] >= one),
            some(fits & (under_cap >= one)),
            some(fits),
        ],
        [
            _code(UnmetCause.NO_ELIGIBLE_OFFER),
            _code(UnmetCause.NO_CAPACITY),
            _code(UnmetCause.NOT_PROVEN),
            _code(UnmetCause.SOURCE_CAP),
        ],
        _code(UnmetCause.CAPACITY_TAKEN),
    )
    nothing = np.full(needs.size, NONE)
    return UnmetColumns(
        need=needs,
        quantity=quantity,
        cause=cause,
        decided_by=nothing,
        margin=np.zeros(needs.size, dtype=np.int64),
        displaced_need=nothing,
        change_offer=change[0],
        added_capacity=change[1],
        added_cap=change[2],
        other_offer=nothing,
    )
