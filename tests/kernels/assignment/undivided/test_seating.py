"""Undivided needs are seated as well as can be, and the bounds are honest."""

import numpy as np
import pytest

from linkage.kernels.assignment import greedy, objectives
from linkage.kernels.assignment.remainder import subtract_fixed
from linkage.kernels.assignment.undivided.seating import SeatingEffort, seat


def _patient():
    return 1e9


def _seated(problem, *, known=None, **effort):
    levels = objectives.levels_of(problem, None)
    remainder, conflicts = subtract_fixed(problem)
    assert not conflicts
    start = greedy.plan(problem, remainder, seconds_left=_patient)
    known = known or [objectives.least_of(problem, level) for level in levels]
    found = seat(
        problem, levels, remainder, start=start, known=known, effort=SeatingEffort(seconds_left=_patient, **effort)
    )
    return levels, start, found


@pytest.mark.parametrize("seed", range(4))
def test_small_seatings_are_the_best_of_all_plans(random_problem, best_values, seed):
    """Against every plan: the values are the best, and the bounds meet them."""
    rng = np.random.default_rng(seed)
    tried = 0
    for _ in range(60):
        problem = random_problem(rng, needs=6, offers=3, use=3, indivisible=True)
        levels, start, found = _seated(problem)
        if found is None:
            continue
        tried += 1
        units, bounds = found
        values = objectives.values_of(problem, levels, units)

        assert values <= objectives.values_of(problem, levels, start)
        assert values == best_values(problem, levels)
        assert tuple(bounds) == values
    assert tried > 10
