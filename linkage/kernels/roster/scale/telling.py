"""Tells the plan of a large roster: who sits where, in the problem's own rows, and what that is worth. Decides nothing."""

from __future__ import annotations

import numpy as np

from linkage.kernels.roster.problem import RosterProblem
from linkage.kernels.roster.result import RosterLevel, RosterResult, RosterTrace
from linkage.kernels.roster.scale import check
from linkage.kernels.roster.scale.facts import PERSON, ROW, SHIFT, Facts, Integers
from linkage.kernels.roster.scale.state import SAT, State
from linkage.kernels.roster.scale.weights import TERM
from linkage.terms import RosterObjective


def served_pairs(state: State) -> Integers:
    """List the pairs that serve."""
    count, first = state.own_count, state.own_first[:-1]
    within = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    return np.sort(state.own_pair[np.repeat(first, count) + within].astype(np.int64))


def rows_of(facts: Facts, state: State) -> Integers:
    """(n_assignments, 3) volunteer, shift, seat, sorted by shift, seat, volunteer."""
    served = served_pairs(state)
    pairs = facts.pairs[served]
    seats = facts.seats[state.place[served, SAT], ROW]
    rows = np.stack((pairs[:, PERSON].astype(np.int64), pairs[:, SHIFT].astype(np.int64), seats), axis=1)
    return np.ascontiguousarray(rows[np.lexsort((rows[:, 0], rows[:, 2], rows[:, 1]))])


def told(
    problem: RosterProblem, rows: Integers, worth: Integers | None, found: list[tuple[int, int]], trace: RosterTrace
) -> RosterResult:
    """Put the result together; it still has to be checked.

    Parameters
    ----------
    worth
        (8,) what the terms are worth, as `state` counts them; None where the wishes were not read.
    found
        Bound of every level, and what it is if nobody serves.
    """
    if worth is None:
        terms = check.term_values(problem, rows)
    else:
        terms = {term: int(worth[TERM[term]]) for term in RosterObjective}
    values = [sum(problem.weight_of(term) * terms[term] for term in level) for level in problem.objectives]
    levels = tuple(
        RosterLevel(terms=level, value=value, bound=min(bound, value), idle=idle)
        for level, value, (bound, idle) in zip(problem.objectives, values, found, strict=True)
    )
    return RosterResult(
        volunteer=rows[:, 0].copy(),
        shift=rows[:, 1].copy(),
        seat=rows[:, 2].copy(),
        levels=levels,
        terms=terms,
        trace=trace,
    )
