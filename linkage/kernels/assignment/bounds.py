"""How good a plan is known to be: bounds of each objective, put together from relaxations and from parts.

A bound of a level speaks of plans that reach the same values on all levels before it. It finds no plan.
"""

from __future__ import annotations

from collections.abc import Sequence

from linkage.kernels.assignment import objectives
from linkage.kernels.assignment.problem import AssignmentProblem
from linkage.terms import MatchObjective


def relaxed_bounds(
    problem: AssignmentProblem,
    levels: Sequence[MatchObjective],
    values: Sequence[int],
    relaxed: Sequence[int],
    known: Sequence[int] | None = None,
) -> list[int]:
    """Take what is known of the relaxed plan as far as the plan reaches its values, then what no plan can be below.

    Parameters
    ----------
    relaxed
        Values of the relaxed plan.
    known
        A bound of each level for plans with the relaxed values before it; None where nothing is below those.
    """
    bounds: list[int] = []
    is_reached = True
    for level, value, least, bound in zip(levels, values, relaxed, known or relaxed, strict=True):
        bounds.append(bound if is_reached else min(value, objectives.least_of(problem, level)))
        is_reached = is_reached and value == least
    return bounds


def put_together(
    problem: AssignmentProblem,
    levels: Sequence[MatchObjective],
    values: Sequence[int],
    open_by: Sequence[Sequence[int]],
) -> list[int]:
    """Add up what each part leaves open.

    A level after the first that is not closed is bounded by single limits only: a plan of the whole may have the same
    values there with other values in the parts.

    Parameters
    ----------
    open_by
        For each part, value less bound of each level.
    """
    bounds: list[int] = []
    is_closed = True
    for place, (level, value) in enumerate(zip(levels, values, strict=True)):
        left_open = sum(part[place] for part in open_by)
        bounds.append(value - left_open if is_closed else min(value, objectives.least_of(problem, level)))
        is_closed = is_closed and not left_open
    return bounds


def gap_of(
    problem: AssignmentProblem, levels: Sequence[MatchObjective], values: Sequence[int], bounds: Sequence[int]
) -> float:
    """Tell how far the first objective that is not at its bound is from it, in the objective's scale."""
    for level, value, bound in zip(levels, values, bounds, strict=True):
        if value > bound:
            scale = abs(value)
            if level is MatchObjective.UNMET_PRIORITY:
                scale = int(problem.need_priority @ problem.need_quantity)
            return (value - bound) / max(1, scale)
    return 0.0
