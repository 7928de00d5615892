"""A roster keeps every hard rule, and its values and bounds are true."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from linkage.kernels.roster import check
from linkage.kernels.roster.problem import Pairs, RosterProblem
from linkage.kernels.roster.solve import schedule
from linkage.terms import RosterStatus


@pytest.mark.parametrize("size", [(0, 0), (0, 3), (3, 0), (1, 1)], ids=str)
def test_schedule_of_degenerate_problem_is_proven(
    a_random_roster: Callable[..., RosterProblem], size: tuple[int, int]
) -> None:
    """Nobody, nothing to do, or one of each is a plan like any other."""
    result = schedule(a_random_roster(3, people=size[0], shifts=size[1]))

    assert result.status == RosterStatus.OPTIMAL
    assert result.gap_ratio == 0.0


@pytest.mark.parametrize("seed", range(20))
def test_schedule_of_random_problem_passes_the_checker(
    a_random_roster: Callable[..., RosterProblem], seed: int
) -> None:
    """The independent checker finds no broken rule."""
    problem = a_random_roster(seed)
    result = schedule(problem)

    assert check.violations(problem, result) == []


def test_schedule_keeps_fixed_pairs(a_roster: Callable[..., RosterProblem]) -> None:
    """Fixed stays fixed."""
    problem = a_roster(fixed=Pairs.of([1, 1], [0, 1]))
    result = schedule(problem)

    assert list(zip(result.volunteer.tolist(), result.shift.tolist(), strict=True)) == [(1, 0), (1, 1)]
