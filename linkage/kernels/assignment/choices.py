"""What a network can count on the side of the needs: groups with their quotas and fairness, and exclusive groups.

The units that stay unmet pass a node of their exclusive group and a node of their group. A group's maximum, or an
exclusive group of single units, is then a number of units that must arrive there; a minimum and fairness are costs
that rise with what arrives. It finds nothing; it lays out numbers for `network`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from linkage.kernels.assignment import objectives
from linkage.kernels.assignment.problem import NONE, AssignmentProblem, Flags, Integers
from linkage.kernels.assignment.remainder import Remainder, served_of
from linkage.terms import MatchObjective

_ON_GROUPS = (MatchObjective.UNFAIRNESS, MatchObjective.QUOTA_SHORTFALL)


@dataclass(frozen=True, kw_only=True, eq=False)
class Choices:
    """Groups and exclusive groups as nodes.

    Parameters
    ----------
    group
        (n_needs,) int64 group node of each need, or `NONE`.
    forced
        (n_group_nodes,) int64 units that must stay unmet in each group, beside those its exclusive groups keep back.
    begin
        (n_group_nodes,) int64 units that stay unmet whatever is chosen.
    step_group, step_width, step_unfairness, step_shortfall
        (n_steps,) int64: how many unmet units of a group come next, and what each of them costs.
    set
        (n_needs,) int64 node of each need's exclusive group, or `NONE`.
    set_group, set_least, set_most
        (n_set_nodes,) int64: the group node, the units that must stay unmet, and those that may beyond.
    """

    group: Integers
    forced: Integers
    begin: Integers
    step_group: Integers
    step_width: Integers
    step_unfairness: Integers
    step_shortfall: Integers
    set: Integers
    set_group: Integers
    set_least: Integers
    set_most: Integers


def of(problem: AssignmentProblem, levels: Sequence[MatchObjective], remainder: Remainder) -> Choices:
    """Lay out the nodes on the side of the needs."""
    left = objectives.by_group_of(problem, remainder.quantity)
    over = np.maximum(left - remainder.most, 0)
    is_grouped = any(level in levels for level in _ON_GROUPS) or bool(over.any())
    group = problem.need_group if is_grouped else np.full(problem.need_count, NONE)
    exclusive, set_group, set_least, set_most = _sets(problem, remainder, group)
    if not is_grouped:
        nothing = np.zeros(0, dtype=np.int64)
        return Choices(
            group=group,
            forced=nothing,
            begin=nothing,
            step_group=nothing,
            step_width=nothing,
            step_unfairness=nothing,
            step_shortfall=nothing,
            set=exclusive,
            set_group=set_group,
            set_least=set_least,
            set_most=set_most,
        )
    kept_back = np.zeros(problem.group_count, dtype=np.int64)
    inside = set_group != NONE
    np.add.at(kept_back, set_group[inside], set_least[inside])
    forced = np.maximum(over - kept_back, 0)
    without = problem.need_quantity - served_of(problem, remainder.fixed) - remainder.quantity
    begin = objectives.by_group_of(problem, without) + kept_back + forced
    step_group, width, unfairness, shortfall = _steps(problem, begin, is_fair=MatchObjective.UNFAIRNESS in levels)
    return Choices(
        group=group,
        forced=forced,
        begin=begin,
        step_group=step_group,
        step_width=width,
        step_unfairness=unfairness,
        step_shortfall=shortfall,
        set=exclusive,
        set_group=set_group,
        set_least=set_least,
        set_most=set_most,
    )


def _steps(
    problem: AssignmentProblem, begin: Integers, *, is_fair: bool
) -> tuple[Integers, Integers, Integers, Integers]:
    """Cut each group's unmet units, beyond those that cannot be met, where the next one costs more."""
    demand = objectives.group_demand(problem)
    allowed = objectives.allowed_unmet(problem)
    steps = np.arange(objectives.STEPS + 1, dtype=np.int64) if is_fair else np.array([0, objectives.STEPS])
    edges = demand[:, None] * steps // objectives.STEPS
    edges = np.sort(np.column_stack((edges, np.clip(allowed, 0, demand))), axis=1)
    edges = np.maximum(edges, begin[:, None])
    width = np.diff(edges, axis=1)
    group, step = np.nonzero(width)
    end = edges[group, step + 1]
    unfairness = -(-end * objectives.STEPS // demand[group])
    return group, width[group, step], unfairness, (end > allowed[group]).astype(np.int64)


def _sets(
    problem: AssignmentProblem, remainder: Remainder, group: Integers
) -> tuple[Integers, Integers, Integers, Integers]:
    """Make a node of each exclusive group that lies within one group: of its needs, only the largest can be met."""
    nothing = np.zeros(0, dtype=np.int64)
    members = np.flatnonzero((problem.need_exclusive != NONE) & (remainder.quantity > 0))
    if not members.size:
        return np.full(problem.need_count, NONE), nothing, nothing, nothing
    names, place = np.unique(problem.need_exclusive[members], return_inverse=True)
    low, high = np.full(names.size, np.iinfo(np.int64).max), np.full(names.size, NONE)
    np.minimum.at(low, place, group[members])
    np.maximum.at(high, place, group[members])
    total, largest = np.zeros(names.size, dtype=np.int64), np.zeros(names.size, dtype=np.int64)
    np.add.at(total, place, remainder.quantity[members])
    np.maximum.at(largest, place, remainder.quantity[members])
    kept = (low == high) & (total > largest)
    node = np.where(kept, np.cumsum(kept) - 1, NONE)
    of_need = np.full(problem.need_count, NONE)
    of_need[members] = node[place]
    return of_need, low[kept], (total - largest)[kept], largest[kept]


def is_flow(problem: AssignmentProblem, remainder: Remainder, choice_set: Integers) -> bool:
    """Tell whether the network counts every exclusive group and package as they are.

    Parameters
    ----------
    choice_set
        (n_needs,) int64 as in `Choices.set`.
    """
    open_needs = remainder.quantity > 0
    if (remainder.must & open_needs).any():
        return False
    choosing: Flags = open_needs & (problem.need_exclusive != NONE)
    if choosing.any():
        members = problem.need_exclusive[choosing]
        count = np.bincount(members)
        several = count[members] > 1
        if (several & ((choice_set[choosing] == NONE) | (remainder.quantity[choosing] > 1))).any():
            return False
    packed = open_needs & (problem.need_package != NONE)
    size = np.bincount(problem.need_package[problem.need_package != NONE])
    return not (size[problem.need_package[packed]] > 1).any() and not (remainder.quantity[packed] > 1).any()
