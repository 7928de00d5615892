"""Random small rosters in which every rule that a large roster may have binds now and then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from linkage.kernels.roster.problem import RosterProblem
from linkage.terms import RosterObjective

WEIGHTED = (
    (
        RosterObjective.UNCOVERED,
        RosterObjective.LEAD_MISSING,
        RosterObjective.PLEDGE_SHORTFALL,
        RosterObjective.PREFERENCE,
        RosterObjective.UNFAIRNESS,
    ),
)
WEIGHTS = dict(zip(WEIGHTED[0], (100, 60, 1, 5, 1), strict=True))


@pytest.fixture(scope="session")
def a_mixed_roster(a_random_roster: Callable[..., RosterProblem]) -> Callable[..., RosterProblem]:
    """Give the builder: newcomers, groups and strain besides the rules of `a_random_roster`; every other is a sum."""

    def build(seed: int, *, people: int | None = None, shifts: int | None = None) -> RosterProblem:
        rng = np.random.default_rng([seed, 1])
        count = int(rng.integers(2, 9)) if people is None else people
        problem = a_random_roster(seed, people=count, shifts=int(rng.integers(1, 10)) if shifts is None else shifts)
        newcomer = rng.random(count) < 0.2
        volunteers = replace(
            problem.volunteers,
            newcomer=newcomer,
            experienced=~newcomer & (rng.random(count) < 0.5),
            group=rng.integers(-1, 2, count),
            strain_cap_week=rng.integers(1, 4, count),
        )
        table = replace(problem.shifts, strain=rng.integers(0, 2, problem.shift_count))
        asked = {"objectives": WEIGHTED, "weights": WEIGHTS} if seed % 2 else {}
        return replace(problem, volunteers=volunteers, shifts=table, **asked)

    return build
