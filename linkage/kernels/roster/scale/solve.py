"""Make a roster of hundreds to ten thousand volunteers: prices, exact schedules one by one, local search, bounds.

Every plan is checked by `check` before it is returned. It explains nothing; that is `reasons`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from linkage.kernels.roster.problem import Integers, RosterProblem
from linkage.kernels.roster.result import Deadline, RosterLevel, RosterOptions, RosterResult, RosterTrace
from linkage.terms import RosterObjective

MOST_SEATS: Final = 30
CHECK_SECONDS: Final = 5e-7
"""Time the check takes for each row of wishes, windows and places, about."""
LARGE_PAIRS: Final = 60_000
"""From so many volunteers times shifts on the compiled search is used. It is three times as quick from 10,000 on, but
the first use on a machine waits for the compiler, about as long as the other search takes at this size."""


def can_solve(problem: RosterProblem) -> bool:
    """Say whether the rules of a problem are known here: no duty patterns, no teams, at most 30 seat rows a shift."""
    rows = np.bincount(problem.seats.shift, minlength=1)
    return not problem.patterns.volunteer.size and not problem.teams and bool(rows.max() <= MOST_SEATS)


def is_large(problem: RosterProblem) -> bool:
    """Say whether a problem is better solved here than by the search in Python.

    Where few people are wanted at once after coverage, `fewest` knows better.
    """
    if any(RosterObjective.PEOPLE_USED in level for level in problem.objectives[:2]):
        return False
    return problem.volunteer_count * problem.shift_count >= LARGE_PAIRS and can_solve(problem)


def roster_at_scale(
    problem: RosterProblem, options: RosterOptions, *, threads: int = 2
) -> tuple[Integers, list[int], RosterTrace] | None:
    """Staff the shifts of a large problem.

    Parameters
    ----------
    problem
        A valid problem for which `can_solve` holds.
    options
        Seed and effort; `moves` are counted for every twenty volunteers.
    threads
        1 or 2; the plan is the same.

    Returns
    -------
    rows
        (n_assignments, 3) volunteer, shift, seat, sorted by shift, seat, volunteer.
    bounds
        For every level a value that no plan as good on the levels before is below.
    trace
        What was done. None stands for no plan found: fixed newcomers are alone.
    """
    from linkage.kernels.roster.scale.work import Work  # loads the compiler

    return Work.of(problem, options, threads=threads).run()


@dataclass(frozen=True, kw_only=True)
class _Earlier:
    """A deadline that leaves time for the check."""

    deadline: Deadline
    seconds: float

    def remaining_seconds(self) -> float:
        """Return what is left before the check must begin."""
        return self.deadline.remaining_seconds() - self.seconds


def _with_time_to_check(problem: RosterProblem, options: RosterOptions) -> RosterOptions:
    if options.deadline is None:
        return options
    rows = problem.requests.volunteer.size + problem.windows.volunteer.size + int(problem.seats.target.sum())
    return replace(options, deadline=_Earlier(deadline=options.deadline, seconds=rows * CHECK_SECONDS))


def schedule_at_scale(problem: RosterProblem, options: RosterOptions, *, threads: int = 2) -> RosterResult | None:
    """Staff the shifts of a large problem and check the plan; None if no plan was found."""
    from linkage.kernels.roster.scale import check

    solved = roster_at_scale(problem, _with_time_to_check(problem, options), threads=threads)
    if solved is None:
        return None
    rows, bounds, trace = solved
    terms = check.term_values(problem, rows)
    values = [sum(problem.weight_of(term) * terms[term] for term in level) for level in problem.objectives]
    check.verify(problem, rows, terms, list(zip(values, bounds, strict=True)))
    nobody = check.term_values(problem, np.zeros((0, 3), dtype=np.int64))
    levels = tuple(
        RosterLevel(
            terms=level,
            value=value,
            bound=bound,
            idle=sum(problem.weight_of(term) * nobody[term] for term in level),
        )
        for level, value, bound in zip(problem.objectives, values, bounds, strict=True)
    )
    return RosterResult(
        volunteer=rows[:, 0].copy(),
        shift=rows[:, 1].copy(),
        seat=rows[:, 2].copy(),
        levels=levels,
        terms=terms,
        trace=trace,
    )
