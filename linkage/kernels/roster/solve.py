"""Make a roster: a good plan, a bound for every objective level, checked before it is returned.

A pure function of the problem and the options. It never raises for a shortage: seats that cannot be filled
stay empty and are explained by `reasons`; only a contradictory problem is refused (when it is built).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from linkage.kernels.roster import check
from linkage.kernels.roster.exact import ExactRoster
from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.objective import Costs
from linkage.kernels.roster.problem import RosterProblem
from linkage.kernels.roster.result import RosterLevel, RosterOptions, RosterResult, RosterTrace

Row = tuple[int, int, int]


def _fixed_rows(facts: HardFacts) -> list[Row]:
    rows = []
    for shift in sorted({s for _, s in facts.fixed}):
        seating = facts.seating(shift, [v for v, s in facts.fixed if s == shift]) or {}
        rows += [(volunteer, shift, seat) for volunteer, seat in seating.items()]
    return rows


def _result(costs: Costs, rows: Sequence[Row], bounds: Sequence[int], trace: RosterTrace) -> RosterResult:
    ordered = sorted(rows, key=lambda row: (row[1], row[2], row[0]))
    table = np.asarray(ordered, dtype=np.int64).reshape(-1, 3)
    terms = costs.terms(ordered)
    levels = tuple(
        RosterLevel(terms=level, value=costs.level_value(level, terms), bound=bound)
        for level, bound in zip(costs.levels, bounds, strict=True)
    )
    return RosterResult(
        volunteer=table[:, 0], shift=table[:, 1], seat=table[:, 2], levels=levels, terms=terms, trace=trace
    )


def schedule(problem: RosterProblem, options: RosterOptions | None = None) -> RosterResult:
    """Staff the shifts.

    Parameters
    ----------
    problem
        A valid problem; an empty one gives an empty plan.
    options
        Seed and effort, in counts.

    Returns
    -------
    RosterResult
        The best plan found with its bounds; `check.verify` has passed.
    """
    options = options or RosterOptions()
    facts = HardFacts.of(problem)
    costs = Costs.of(facts)
    rows = _fixed_rows(facts)
    pairs = int(facts.candidate.sum())
    rows, bounds, effort = ExactRoster(facts, costs).improve(rows, options)
    trace = RosterTrace(seed=options.seed, candidate_pairs=pairs, exact_effort=effort)
    result = _result(costs, rows, bounds, trace)
    check.verify(problem, result)
    return result
