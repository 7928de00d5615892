"""Solvers that do not finish claim nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from linkage.kernels.roster import linear
from linkage.kernels.roster.exact import prove
from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.model import LinearModel
from linkage.kernels.roster.objective import Costs
from linkage.kernels.roster.problem import RosterProblem, Windows
from linkage.kernels.roster.result import RosterOptions
from linkage.terms import RosterObjective

COVER = (RosterObjective.UNCOVERED,)


def a_model(problem: RosterProblem) -> LinearModel:
    """Make the linear model of a problem."""
    facts = HardFacts.of(problem)
    return LinearModel(facts, Costs.of(facts))


def test_relaxation_of_nothing_is_its_constant(a_roster: Callable[..., RosterProblem]) -> None:
    """A model without columns is solved by looking at it."""
    relaxed = linear.relax(a_model(a_roster(windows=Windows.of([], [], []))), [], 7, RosterOptions())

    assert relaxed is not None
    assert relaxed.value == 7.0


def test_relaxation_given_up_claims_no_bound(
    a_random_roster: Callable[..., RosterProblem], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Out of steps, the relaxation proves nothing and says so."""
    model = a_model(a_random_roster(115, people=7, shifts=12))
    bound = linear.level_bound(model, COVER, RosterOptions())
    monkeypatch.setattr(linear, "MOST_STEPS", 0)

    assert bound > 0
    assert linear.level_bound(model, COVER, RosterOptions()) == 0


def test_proof_given_up_keeps_the_plan(a_random_roster: Callable[..., RosterProblem]) -> None:
    """Out of effort before any plan is found, the exact solver returns the plan it was given and no bound."""
    model = a_model(a_random_roster(1, people=60, shifts=150, days=14))
    model.limit_level(COVER, 0)
    rows = [next(iter(model.sits))]
    proof = prove(model, COVER, rows, RosterOptions(), 0.0)

    assert (proof.rows, proof.bound) == (rows, 0)
