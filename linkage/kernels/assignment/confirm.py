"""Finds what has to be added so that a need is met without keeping the places for it: whoever comes first is served.

It solves the problem anew with more and more room, so what it tells has been tried. For one need at a time, and for
problems that are solved in moments; `remedies` answers for all of them at once, with places that are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from linkage.kernels.assignment.changes import CheapestChange, Raise, apply_change
from linkage.kernels.assignment.options import DEFAULTS, MatchOptions
from linkage.kernels.assignment.problem import AssignmentProblem
from linkage.kernels.assignment.result import AssignmentResult
from linkage.kernels.assignment.solve import match
from linkage.terms import MatchStatus


def without_reserving(
    problem: AssignmentProblem, result: AssignmentResult, change: CheapestChange, options: MatchOptions = DEFAULTS
) -> CheapestChange | None:
    """Raise what a change raises until its need is met without a place kept for it.

    Every raise grows by as many units of need as are needed: doubled until it is enough, then halved between.

    Parameters
    ----------
    result
        The plan that the change was found for.

    Returns
    -------
    CheapestChange or None
        With what the objectives then really change by; exact if both plans are proven. None where however much room
        does not do it, because more important rules are against it, or where time is up.
    """
    levels = tuple(objective.objective for objective in result.objectives)
    options = replace(options, objectives=levels, is_explained=False)
    found: tuple[CheapestChange, AssignmentResult] | None = None
    enough, ahead = int(result.unmet.sum()), 0
    while ahead <= enough:
        tried = _tried(problem, change, ahead, options)
        if tried is not None:
            found = tried
            break
        if not any(one.by for one in change.raises) or options.seconds_left() <= 0:
            return None
        ahead = max(1, 2 * ahead)
    if found is None:
        return None
    low, high = ahead // 2, ahead
    while high - low > 1 and options.seconds_left() > 0:
        middle = (low + high) // 2
        tried = _tried(problem, change, middle, options)
        if tried is None:
            low = middle
        else:
            high, found = middle, tried
    wider, after = found
    return replace(
        wider,
        effect=_difference(after, result),
        is_exact=result.status is MatchStatus.OPTIMAL and after.status is MatchStatus.OPTIMAL,
    )


def _tried(
    problem: AssignmentProblem, change: CheapestChange, ahead: int, options: MatchOptions
) -> tuple[CheapestChange, AssignmentResult] | None:
    """Solve with room for some units more; None where the need is not met."""
    wider = replace(change, is_reserved=False, raises=_wider(change.raises, ahead))
    after = match(apply_change(problem, wider), options)
    met = after.status is not MatchStatus.CONTRADICTORY and not any(
        after.unmet[placement.need] for placement in change.placements
    )
    return (wider, after) if met else None


def _wider(raises: Sequence[Raise], ahead: int) -> tuple[Raise, ...]:
    return tuple(replace(one, by=one.by + ahead) if one.by else one for one in raises)


def _difference(after: AssignmentResult, before: AssignmentResult) -> tuple[int, ...]:
    return tuple(new.value - old.value for new, old in zip(after.objectives, before.objectives, strict=True))
