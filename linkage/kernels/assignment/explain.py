"""Fills the reasons of a plan: what the limits and the costs say directly, for any plan.

Needs no solver. The exchanges and prices that only a proven flow can give are added by `exchange`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from linkage.kernels.assignment.objectives import by_group_of, unmet_of
from linkage.kernels.assignment.problem import (
    MAX_CAPACITY_SUM,
    MAX_COST,
    NONE,
    AssignmentProblem,
    Flags,
    Integers,
)
from linkage.kernels.assignment.reasons import ALTERNATIVE_CAUSES, UNMET_CAUSES, MatchColumns, UnmetColumns
from linkage.kernels.assignment.remainder import group_most, served_of, use_of, window_use_of
from linkage.terms import AlternativeCause, MatchObjective, UnmetCause


def _code(cause: UnmetCause | AlternativeCause) -> int:
    if isinstance(cause, UnmetCause):
        return UNMET_CAUSES.index(cause)
    return ALTERNATIVE_CAUSES.index(cause)


@dataclass(frozen=True, kw_only=True, eq=False)
class Slack:
    """What a plan leaves free around each pair: (n_pairs,) int64 each, in capacity; `in_group` in units of need."""

    offer: Integers
    window: Integers
    cap: Integers
    in_group: Integers

    def at(self, pairs: Integers) -> Slack:
        """Take some pairs only."""
        return Slack(
            offer=self.offer[pairs],
            window=self.window[pairs],
            cap=self.cap[pairs],
            in_group=self.in_group[pairs],
        )


def slack_of(problem: AssignmentProblem, units: Integers) -> Slack:
    """Tell what a plan leaves free of each pair's offer and window, under its source's cap, and in its need's group."""
    by_offer, by_source = use_of(problem, units)
    caps = np.where(problem.source_caps == NONE, MAX_CAPACITY_SUM, problem.source_caps) - by_source
    windows = problem.window_capacity - window_use_of(problem, units)
    groups = group_most(problem) - by_group_of(problem, served_of(problem, units))
    nothing = np.array([MAX_CAPACITY_SUM])  # what NONE, the last row, reads
    return Slack(
        offer=(problem.offer_capacity - by_offer)[problem.pair_offer],
        window=np.append(windows, nothing)[problem.pair_window],
        cap=np.append(caps, nothing)[problem.offer_source][problem.pair_offer],
        in_group=np.append(groups, nothing)[problem.need_group][problem.pair_need],
    )


def match_columns(
    problem: AssignmentProblem, units: Integers, levels: Sequence[MatchObjective], *, is_proven: bool
) -> MatchColumns:
    """Rank each match among the need's pairs and tell why the next best one was not taken."""
    rows = np.flatnonzero(units)
    need = problem.pair_need[rows]
    cost = problem.pair_cost
    pairs, start = pairs_of(problem, need)
    count = np.diff(start)
    owner = np.repeat(np.arange(rows.size), count)
    alone = count == 1
    price = cost[pairs]
    rank = np.ones(rows.size, dtype=np.int64)
    other = rows.copy()
    if rows.size:
        rank += np.add.reduceat((price < cost[rows][owner]).astype(np.int64), start[:-1])
        is_other = (pairs != rows[owner]) | alone[owner]
        price = np.where(is_other, price, MAX_COST + 1)
        cheapest = np.flatnonzero(price == np.minimum.reduceat(price, start[:-1])[owner])[::-1]
        other[owner[cheapest]] = pairs[cheapest]  # the last write wins: reversed, the first pair

    size = problem.pair_use * (problem.need_quantity[problem.pair_need] if problem.indivisible else 1)
    slack, size = slack_of(problem, units).at(other), size[other]
    previous = (problem.previous[rows] > 0) & (MatchObjective.CHANGED in levels)
    last = (problem.is_last[rows] > problem.is_last[other]) & (MatchObjective.CONTINUITY in levels)
    conditions = [
        (alone, AlternativeCause.ONLY_CHOICE),
        (cost[other] > cost[rows], AlternativeCause.COSTLIER),
        (cost[other] == cost[rows], AlternativeCause.EQUAL),
        (problem.fixed[rows] >= units[rows], AlternativeCause.FIXED),
        (slack.offer < size, AlternativeCause.CAPACITY_TAKEN),
        (slack.window < size, AlternativeCause.WINDOW_TAKEN),
        (slack.cap < size, AlternativeCause.SOURCE_CAP),
        (previous | last, AlternativeCause.CONTINUITY),
    ]
    cause = np.select(
        [condition for condition, _ in conditions],
        [_code(name) for _, name in conditions],
        _code(AlternativeCause.CONTINUITY if is_proven else AlternativeCause.NOT_PROVEN),
    )
    return MatchColumns(
        need=need,
        offer=problem.pair_offer[rows],
        window=problem.pair_window[rows],
        quantity=units[rows],
        cost=cost[rows],
        cost_rank=rank,
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


def unmet_columns(
    problem: AssignmentProblem, units: Integers, levels: Sequence[MatchObjective], *, is_proven: bool
) -> UnmetColumns:
    """Name the cause of each unmet need from the limits alone, and the cheapest change that meets it.

    The change adds room at an eligible pair: fewest limits touched, then least added, then the lower cost. Nobody
    else loses by it, because only free or new capacity is used.
    """
    unmet = unmet_of(problem, units)
    needs = np.flatnonzero(unmet)
    quantity = unmet[needs]
    pairs, start = pairs_of(problem, needs)
    owner = np.repeat(np.arange(needs.size), np.diff(start))
    slack = slack_of(problem, units).at(pairs)
    use = problem.pair_use[pairs]
    wanted = quantity[owner] * use
    added = np.maximum(wanted - slack.offer, 0)
    added_window = np.maximum(wanted - slack.window, 0)
    added_cap = np.maximum(wanted - slack.cap, 0)
    added_most = np.maximum(quantity[owner] - slack.in_group, 0)

    touched = sum((column > 0).astype(np.int64) for column in (added, added_window, added_cap, added_most))
    together = added + added_window + added_cap
    best = np.lexsort((pairs, problem.pair_cost[pairs], together, touched, owner))
    has_pairs = np.diff(start) > 0
    chosen = best[start[:-1][has_pairs]]
    change = np.full((6, needs.size), NONE)
    change[:, has_pairs] = (
        problem.pair_offer[pairs[chosen]],
        problem.pair_window[pairs[chosen]],
        *(column[chosen] for column in (added, added_window, added_cap, added_most)),
    )
    nothing = np.full(needs.size, NONE)
    return UnmetColumns(
        need=needs,
        quantity=quantity,
        cause=_causes(problem, needs, unmet, slack, levels, is_proven=is_proven),
        decided_by=nothing,
        margin=np.zeros(needs.size, dtype=np.int64),
        displaced_need=nothing,
        change_offer=change[0],
        change_window=change[1],
        added_capacity=change[2],
        added_window=change[3],
        added_cap=change[4],
        added_most=change[5],
        other_offer=nothing,
    )


def _causes(
    problem: AssignmentProblem,
    needs: Integers,
    unmet: Integers,
    slack: Slack,
    levels: Sequence[MatchObjective],
    *,
    is_proven: bool,
) -> Integers:
    """Tell the limit that each unmet need runs into first, whatever pair it takes; `slack` is around its pairs."""
    served = problem.need_quantity - unmet
    quantity = unmet[needs]
    pairs, start = pairs_of(problem, needs)
    owner = np.repeat(np.arange(needs.size), np.diff(start))
    whole = quantity[owner] if problem.indivisible else np.ones_like(owner)
    one = whole * problem.pair_use[pairs]

    def some(condition: Flags) -> Flags:
        found = np.zeros(needs.size, dtype=np.bool_)
        found[owner[condition]] = True
        return found

    windows = np.append(problem.window_capacity, np.array([MAX_CAPACITY_SUM]))
    idle = (problem.offer_capacity[problem.pair_offer[pairs]] >= one) & (windows[problem.pair_window[pairs]] >= one)
    fits = slack.offer >= one
    in_window = fits & (slack.window >= one)
    under_cap = in_window & (slack.cap >= one)
    allowed = under_cap & (slack.in_group >= whole)
    choosing = problem.need_exclusive[needs] != NONE
    holders = np.zeros(problem.need_count, dtype=np.bool_)
    holders[problem.need_exclusive[(problem.need_exclusive != NONE) & (served > 0)]] = True
    excluded = choosing & holders[problem.need_exclusive[needs]] & (served[needs] == 0)
    packed = problem.need_package[needs] != NONE
    first = levels.index(MatchObjective.UNMET_PRIORITY)
    loyal = is_proven and MatchObjective.CONTINUITY in levels[:first]
    conditions = [
        (np.diff(start) == 0, UnmetCause.NO_ELIGIBLE_OFFER),
        (excluded, UnmetCause.EXCLUSIVE),
        (~some(idle), UnmetCause.NO_CAPACITY),
        (some(allowed) & packed, UnmetCause.PACKAGE),
        (some(allowed), UnmetCause.CONTINUITY if loyal else UnmetCause.NOT_PROVEN),
        (some(under_cap), UnmetCause.GROUP_MAX),
        (some(in_window), UnmetCause.SOURCE_CAP),
        (some(fits), UnmetCause.WINDOW_TAKEN),
    ]
    return np.select(
        [condition for condition, _ in conditions],
        [_code(cause) for _, cause in conditions],
        _code(UnmetCause.CAPACITY_TAKEN),
    )


def for_quotas(columns: UnmetColumns, levels: Sequence[MatchObjective]) -> UnmetColumns:
    """Name the quota where it, and no limit, decided against a need."""
    if MatchObjective.QUOTA_SHORTFALL not in levels:
        return columns
    taken = columns.cause == _code(UnmetCause.CAPACITY_TAKEN)
    decided = columns.decided_by == levels.index(MatchObjective.QUOTA_SHORTFALL)
    return replace(columns, cause=np.where(taken & decided, _code(UnmetCause.QUOTA), columns.cause))
