"""What is planned where there is not even time to work out who could serve: nobody, or whoever must.

The bounds are what no plan can go below whatever the people and shifts are. Nothing is searched.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from linkage.kernels.roster.problem import RosterProblem
from linkage.kernels.roster.result import RosterLevel, RosterOptions, RosterResult, RosterTrace
from linkage.kernels.roster.scale.check import term_values
from linkage.terms import RosterObjective


def _floor(problem: RosterProblem, level: Sequence[RosterObjective]) -> int:
    """Bound a level: no term but preference falls below 0, and that only by groups that serve together."""
    grouped = int(np.count_nonzero(problem.volunteers.group >= 0)) * problem.shift_count
    saved = problem.weight_of(RosterObjective.PREFERENCE) * problem.together_weight * grouped
    return -saved if RosterObjective.PREFERENCE in level else 0


def no_plan(problem: RosterProblem, options: RosterOptions) -> RosterResult:
    """Say that there was no time to find a plan that keeps every rule."""
    nobody = np.zeros((0, 3), dtype=np.int64)
    column = nobody[:, 0]
    return RosterResult(
        volunteer=column,
        shift=column,
        seat=column,
        levels=(),
        terms=term_values(problem, nobody),
        trace=RosterTrace(seed=options.seed, candidate_pairs=0, is_cut_short=True),
        has_plan=False,
    )


def empty_plan(problem: RosterProblem, options: RosterOptions) -> RosterResult | None:
    """Plan nobody, or give None where somebody must serve: who is fixed, or has a duty pattern.

    It still has to be checked.
    """
    if problem.patterns.volunteer.size or not np.isin(problem.fixed.volunteer, problem.released).all():
        return None
    nobody = no_plan(problem, options)
    values = [sum(problem.weight_of(term) * nobody.terms[term] for term in level) for level in problem.objectives]
    levels = tuple(
        RosterLevel(terms=level, value=value, bound=min(value, _floor(problem, level)), idle=value)
        for level, value in zip(problem.objectives, values, strict=True)
    )
    return RosterResult(
        volunteer=nobody.volunteer,
        shift=nobody.shift,
        seat=nobody.seat,
        levels=levels,
        terms=nobody.terms,
        trace=nobody.trace,
    )
