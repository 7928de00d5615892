"""The objectives of a matching: what each counts, and the integer weights that put them in lexicographic order.

It decides what a plan is worth and nothing about how a plan is found. `check` counts the same things again by
itself; keep the two apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from linkage.errors import InvalidProblem
from linkage.kernels.assignment.problem import NONE, AssignmentProblem, Integers
from linkage.terms import MatchObjective

STEPS: Final = 100
"""Steps of the fairness cost: the k-th unmet unit of a group costs ceil(STEPS x k / units the group asks for)."""


def levels_of(problem: AssignmentProblem, asked: Sequence[MatchObjective] | None) -> tuple[MatchObjective, ...]:
    """Tell the objectives in their order: those asked for, or those the problem gives a meaning to.

    Raises
    ------
    InvalidProblem
        An objective stands twice, or nothing asks for needs to be met.
    """
    if asked is None:
        asked = [
            level
            for level, has_meaning in (
                (MatchObjective.QUOTA_SHORTFALL, problem.group_min.any()),
                (MatchObjective.UNMET_PRIORITY, True),
                (MatchObjective.CHANGED, problem.previous.any()),
                (MatchObjective.CONTINUITY, problem.is_last.any()),
                (MatchObjective.COST, True),
            )
            if has_meaning
        ]
    levels = list(asked)
    mistakes = [f"objective {level} stands twice" for level in dict.fromkeys(levels) if levels.count(level) > 1]
    if MatchObjective.UNMET_PRIORITY not in levels:
        mistakes.append(f"objective {MatchObjective.UNMET_PRIORITY} is missing: the empty plan would be the best")
    elif MatchObjective.COST in levels[: levels.index(MatchObjective.UNMET_PRIORITY)]:
        mistakes.append(
            f"objective {MatchObjective.COST} stands before {MatchObjective.UNMET_PRIORITY}: "
            "the empty plan would be the best"
        )
    if mistakes:
        raise InvalidProblem("the order of objectives is wrong; correct it and try again", mistakes)
    if problem.fair_groups and MatchObjective.UNFAIRNESS not in levels:
        levels.insert(levels.index(MatchObjective.UNMET_PRIORITY) + 1, MatchObjective.UNFAIRNESS)
    return tuple(levels)


def group_demand(problem: AssignmentProblem) -> Integers:
    """Count the units each group asks for."""
    return by_group_of(problem, problem.need_quantity)


def step_widths(demand: Integers) -> Integers:
    """Tell how many unmet units of each group cost 1, 2, .. `STEPS`: (n_groups, STEPS) int64."""
    edges = demand[:, None] * np.arange(STEPS + 1, dtype=np.int64) // STEPS
    return np.diff(edges, axis=1)


def unfairness_of(widths: Integers, unmet_by_group: Integers) -> Integers:
    """Add up the fairness cost of each group's unmet units: (n_groups,) int64."""
    before = np.cumsum(widths, axis=1) - widths
    taken = np.clip(unmet_by_group[:, None] - before, 0, widths)
    return taken @ np.arange(1, STEPS + 1, dtype=np.int64)


def unmet_of(problem: AssignmentProblem, units: Integers) -> Integers:
    """Count the units of each need that a plan leaves unserved; `units` is (n_pairs,) int64."""
    used = np.flatnonzero(units)  # few of the pairs
    unmet = problem.need_quantity.copy()
    np.subtract.at(unmet, problem.pair_need[used], units[used])
    return unmet


def by_group_of(problem: AssignmentProblem, by_need: Integers) -> Integers:
    """Add up a number of each need by group: (n_groups,) int64."""
    total = np.zeros(problem.group_count, dtype=np.int64)
    inside = problem.need_group != NONE
    np.add.at(total, problem.need_group[inside], by_need[inside])
    return total


def allowed_unmet(problem: AssignmentProblem) -> Integers:
    """Tell how many unmet units of each group leave its minimum reached: (n_groups,) int64, may be negative."""
    demand = group_demand(problem)
    least = np.zeros_like(demand)
    least[: problem.group_min.size] = problem.group_min
    return demand - least


def group_cost(problem: AssignmentProblem, level: MatchObjective, unmet: Integers) -> int:
    """Add up what unmet units cost their groups on `quota_shortfall` or `unfairness`; `unmet` is (n_needs,) int64."""
    by_group = by_group_of(problem, unmet)
    if level is MatchObjective.QUOTA_SHORTFALL:
        return int(np.maximum(by_group - allowed_unmet(problem), 0).sum())
    return int(unfairness_of(step_widths(group_demand(problem)), by_group).sum())


def is_another(problem: AssignmentProblem) -> Integers:
    """Tell the pairs by which another than the need's last helper would meet it: (n_pairs,) int64, 0 or 1."""
    has_last = np.zeros(problem.need_count, dtype=np.int64)
    has_last[problem.pair_need[problem.is_last > 0]] = 1
    return has_last[problem.pair_need] * (1 - problem.is_last)


def values_of(problem: AssignmentProblem, levels: Sequence[MatchObjective], units: Integers) -> tuple[int, ...]:
    """Tell what a plan is worth on each level, lower is better; `units` is (n_pairs,) int64."""
    unmet = unmet_of(problem, units)
    return tuple(_value(problem, level, units, unmet) for level in levels)


def _value(problem: AssignmentProblem, level: MatchObjective, units: Integers, unmet: Integers) -> int:
    match level:
        case MatchObjective.QUOTA_SHORTFALL | MatchObjective.UNFAIRNESS:
            return group_cost(problem, level, unmet)
        case MatchObjective.UNMET_PRIORITY:
            return int(problem.need_priority @ unmet)
        case MatchObjective.CHANGED:
            return int(np.maximum(problem.previous - units, 0).sum())
        case MatchObjective.CONTINUITY:
            return int(is_another(problem) @ units)
        case MatchObjective.COST:
            return int(problem.pair_cost @ units)


def least_of(problem: AssignmentProblem, level: MatchObjective) -> int:
    """Tell a value that no plan can be below on an objective, from single limits alone."""
    if level is MatchObjective.QUOTA_SHORTFALL:
        return int(np.maximum(-allowed_unmet(problem), 0).sum())
    if level is MatchObjective.UNMET_PRIORITY:
        alone = np.diff(problem.need_start) == 0
        return int(problem.need_priority[alone] @ problem.need_quantity[alone])
    if level is not MatchObjective.COST:
        return 0
    least = np.zeros(problem.need_count, dtype=np.int64)
    np.minimum.at(least, problem.pair_need, problem.pair_cost)
    return int(least @ problem.need_quantity)
