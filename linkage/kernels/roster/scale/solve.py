"""Make a roster of hundreds to ten thousand volunteers: prices, exact schedules one by one, local search, bounds.

Every plan is checked by `check` before it is returned. It explains nothing; that is `reasons`.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from linkage.kernels.roster.problem import RosterProblem
from linkage.kernels.roster.result import RosterOptions, RosterResult
from linkage.kernels.roster.watch import Watch
from linkage.terms import RosterObjective

MOST_SEATS: Final = 30
WISH_SECONDS: Final = 1e-8
WINDOW_SECONDS: Final = 5e-8
PLACE_SECONDS: Final = 2e-6
LEAST_SECONDS: Final = 2e-3
"""What it takes to make and check a plan: for each wish, window and place, and in any case."""
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


def _seconds_after(problem: RosterProblem) -> float:
    """Tell what it takes a calm machine to make and check the plan."""
    return (
        WISH_SECONDS * problem.requests.volunteer.size
        + WINDOW_SECONDS * problem.windows.volunteer.size
        + PLACE_SECONDS * int(np.minimum(problem.seats.target, problem.volunteer_count).sum())
        + LEAST_SECONDS
    )


def schedule_at_scale(problem: RosterProblem, options: RosterOptions, *, threads: int = 2) -> RosterResult | None:
    """Staff the shifts of a large problem and check the plan.

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
    RosterResult
        None stands for no plan found: fixed newcomers are alone.
    """
    from linkage.kernels.roster.scale import check
    from linkage.kernels.roster.scale.work import Work  # loads the compiler

    watch = Watch(deadline=options.deadline, reserve_seconds=_seconds_after(problem))
    result = Work.of(problem, options, watch, threads=threads).run()
    if result is not None:
        rows = np.stack((result.volunteer, result.shift, result.seat), axis=1)
        check.verify(problem, rows, result.terms, [(level.value, level.bound) for level in result.levels])
    return result
