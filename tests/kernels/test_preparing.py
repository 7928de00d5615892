"""Which engines are loaded before a deadline runs: those the problem is likely to use, none for small ones."""

from __future__ import annotations

import numpy as np
import pytest

from linkage.kernels.assignment.problem import AssignmentProblem
from linkage.kernels.preparing import ENGINES, engines_of_matching, engines_of_roster
from linkage.kernels.roster.problem import Patterns, RosterProblem, Seats, Shifts, Volunteers, Windows
from linkage.terms import RosterObjective


def a_matching(needs, offers, *, indivisible=False):
    """Every need may be met by every offer."""
    need, offer = np.divmod(np.arange(needs * offers), offers)
    return AssignmentProblem.of(
        need_quantity=np.ones(needs, dtype=np.int64), offer_capacity=np.ones(offers, dtype=np.int64),
        pair_need=need, pair_offer=offer, pair_cost=np.zeros(need.size, dtype=np.int64), indivisible=indivisible,
    )  # fmt: skip


def a_roster(people, shifts, **given):
    """Shifts of an hour, one after the other."""
    start = np.arange(shifts) * 60
    days = int(start[-1]) // 1440 + 1
    return RosterProblem(
        horizon_days=days, volunteers=Volunteers.of(people), windows=Windows.always(people, days),
        shifts=Shifts.of(start, start + 60), seats=Seats.of(np.arange(shifts)), **given,
    )  # fmt: skip


FEW = ((RosterObjective.UNCOVERED,), (RosterObjective.PEOPLE_USED,))


@pytest.mark.parametrize(
    ("problem", "engines"),
    [
        pytest.param(a_matching(10, 10), [], id="small"),
        pytest.param(a_matching(10, 10, indivisible=True), [], id="small-undivided"),
        pytest.param(a_matching(20, 20, indivisible=True), ["undivided needs"], id="undivided"),
        pytest.param(a_matching(400, 260), ["matching"], id="large"),
    ],
)
def test_engines_of_a_matching(problem, engines):
    """By size, and by whether needs may be divided."""
    assert list(engines_of_matching(problem)) == engines


@pytest.mark.parametrize(
    ("problem", "engines"),
    [
        pytest.param(a_roster(5, 20), [], id="small"),
        pytest.param(a_roster(20, 20), [], id="in-python"),
        pytest.param(a_roster(300, 240), ["large rosters"], id="large"),
        pytest.param(a_roster(20, 20, patterns=Patterns.of([0])), ["duty rosters"], id="duty"),
        pytest.param(a_roster(20, 20, objectives=FEW), ["rosters with few people"], id="few"),
    ],
)
def test_engines_of_a_roster(problem, engines):
    """By size, patterns and objectives; every name is that of an engine."""
    assert list(engines_of_roster(problem)) == engines
    assert set(engines) <= set(ENGINES)
