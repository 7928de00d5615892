"""Tells whether packages that fixed pairs begin can be met whole, and if not, which few rules together forbid it.

Rules are dropped one by one; those without which a plan would exist are kept (a deletion filter), so the set told is
irreducible. Only the needs that must be met and the limits they touch are looked at, because all others may stay
unmet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from linkage.kernels.assignment.problem import MAX_CAPACITY_SUM, MAX_QUANTITY, NONE, AssignmentProblem, Integers
from linkage.kernels.assignment.remainder import Conflict, Remainder
from linkage.terms import MatchLimit

_EFFORT = 20.0


def settle(
    problem: AssignmentProblem, remainder: Remainder, *, seed: int, seconds_left: Callable[[], float]
) -> tuple[Integers, tuple[Conflict, ...]]:
    """Place what must be met.

    Returns
    -------
    tuple
        (n_pairs,) int64 units that meet it, the fixed ones included, and no conflicts; or the fixed units, and the
        conflicts.
    """
    if not remainder.must.any():
        return remainder.fixed, ()
    from linkage.kernels.assignment import exact  # loads the solver, which most problems do without

    effort = exact.ExactEffort(deterministic=_EFFORT, seconds_left=seconds_left, seed=seed)
    alone = remainder.without(problem, ~remainder.must)
    found = exact.place(problem, alone, effort)
    if found is not None:
        return found, ()
    kept: list[tuple[MatchLimit, int]] = []
    loose, left = problem, alone
    for rule in _rules(problem, alone):
        without = _drop(loose, left, rule)
        if exact.place(*without, effort) is None:
            loose, left = without
        else:
            kept.append(rule)
    conflicts = []
    for limit, index in kept:
        asked = exact.least_use(*_drop(loose, left, (limit, index)), _factors(problem, limit, index), effort)
        conflicts.append(_conflict(problem, left, limit, index, asked))
    return remainder.fixed, tuple(conflicts)


def _rules(problem: AssignmentProblem, left: Remainder) -> list[tuple[MatchLimit, int]]:
    """List the rules that what must be met touches, packages last, so that the limits in their way are named first."""
    pairs = np.flatnonzero(left.must[problem.pair_need])
    offers = np.unique(problem.pair_offer[pairs])
    touched = [
        (MatchLimit.EXCLUSIVE, problem.need_exclusive[left.must]),
        (MatchLimit.GROUP_MAX, problem.need_group[left.must]),
        (MatchLimit.SOURCE_CAP, problem.offer_source[offers]),
        (MatchLimit.WINDOW_CAPACITY, problem.pair_window[pairs]),
        (MatchLimit.OFFER_CAPACITY, offers),
        (MatchLimit.PACKAGE, problem.need_package[left.must]),
    ]
    return [(limit, int(index)) for limit, column in touched for index in np.unique(column) if index != NONE]


def _drop(
    problem: AssignmentProblem, left: Remainder, rule: tuple[MatchLimit, int]
) -> tuple[AssignmentProblem, Remainder]:
    """Take a rule away."""
    limit, index = rule
    match limit:
        case MatchLimit.OFFER_CAPACITY:
            return problem, replace(left, capacity=_lifted(left.capacity, index, MAX_CAPACITY_SUM))
        case MatchLimit.WINDOW_CAPACITY:
            return problem, replace(left, windows=_lifted(left.windows, index, MAX_CAPACITY_SUM))
        case MatchLimit.SOURCE_CAP:
            return problem, replace(left, caps=_lifted(left.caps, index, MAX_CAPACITY_SUM))
        case MatchLimit.GROUP_MAX:
            return problem, replace(left, most=_lifted(left.most, index, MAX_QUANTITY))
        case MatchLimit.EXCLUSIVE:
            return replace(
                problem, need_exclusive=np.where(problem.need_exclusive == index, NONE, problem.need_exclusive)
            ), left
        case _:
            free = problem.need_package == index
            return problem, left.without(problem, free)


def _lifted(column: Integers, index: int, value: int) -> Integers:
    lifted = column.copy()
    lifted[index] = value
    return lifted


def _factors(problem: AssignmentProblem, limit: MatchLimit, index: int) -> Integers:
    """Weigh each pair's units as the limit counts them."""
    match limit:
        case MatchLimit.OFFER_CAPACITY:
            counted, factor = problem.pair_offer == index, problem.pair_use
        case MatchLimit.WINDOW_CAPACITY:
            counted, factor = problem.pair_window == index, problem.pair_use
        case MatchLimit.SOURCE_CAP:
            counted, factor = problem.offer_source[problem.pair_offer] == index, problem.pair_use
        case MatchLimit.GROUP_MAX:
            counted, factor = problem.need_group[problem.pair_need] == index, np.ones_like(problem.pair_use)
        case _:
            counted, factor = np.zeros(problem.pair_count, dtype=np.bool_), problem.pair_use
    return np.where(counted, factor, 0)


def _conflict(
    problem: AssignmentProblem, left: Remainder, limit: MatchLimit, index: int, asked: int | None
) -> Conflict:
    """Tell a rule with its numbers: what keeping the others asks of it, fixed units included, and what it allows."""
    if limit is MatchLimit.EXCLUSIVE:
        members = (problem.need_exclusive == index) & (left.must | (left.quantity < problem.need_quantity))
        return Conflict(limit=limit, index=index, asked=int(members.sum()), allowed=1)
    if limit is MatchLimit.PACKAGE:
        members = problem.need_package == index
        whole = int(problem.need_quantity[members].sum())
        served = left.fixed[members[problem.pair_need]].sum()
        return Conflict(limit=limit, index=index, asked=whole, allowed=int(served))
    allowed = {
        MatchLimit.OFFER_CAPACITY: problem.offer_capacity,
        MatchLimit.WINDOW_CAPACITY: problem.window_capacity,
        MatchLimit.SOURCE_CAP: problem.source_caps,
        MatchLimit.GROUP_MAX: problem.group_max,
    }[limit]
    least = int(allowed[index]) + 1
    return Conflict(limit=limit, index=index, asked=max(least, asked or least), allowed=int(allowed[index]))
