"""A roster in the making answers for many people at once as it answers for each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.objective import Costs
from linkage.kernels.roster.plan import Plan
from linkage.kernels.roster.problem import DEFAULT_OBJECTIVES, RosterProblem


def half_a_plan(problem: RosterProblem, seed: int) -> Plan:
    """Seat people in a drawn order, each where they can, until about half of the draws are spent."""
    facts = HardFacts.of(problem)
    plan = Plan(facts, Costs.of(facts))
    pairs = np.argwhere(facts.candidate)
    for volunteer, shift in np.random.default_rng(seed).permutation(pairs)[: len(pairs) // 2].tolist():
        if plan.can_serve(volunteer, shift) and plan.open_seat(volunteer, shift) >= 0:
            plan.add(volunteer, shift, plan.open_seat(volunteer, shift))
    return plan


@pytest.mark.parametrize("seed", range(12))
def test_entries_of_many_equal_the_answers_for_each(a_random_roster: Callable[..., RosterProblem], seed: int) -> None:
    """Who can serve, on which seat and at what change of cost is one answer, asked singly or together."""
    plan = half_a_plan(a_random_roster(seed, people=6, shifts=9, objectives=DEFAULT_OBJECTIVES), seed)
    for shift, people in enumerate(plan.facts.people_of):
        able = [volunteer for volunteer in people if plan.can_serve(volunteer, shift)]
        seats = [(volunteer, plan.open_seat(volunteer, shift)) for volunteer in able]

        assert plan.able(shift) == able
        assert plan.entries(shift, able) == [
            (plan.add_delta(v, shift, seat), v, seat) for v, seat in seats if seat >= 0
        ]


@pytest.mark.parametrize("seed", range(6))
def test_open_places_count_what_is_not_filled(a_random_roster: Callable[..., RosterProblem], seed: int) -> None:
    """A shift's open places are its targets less who sits there, also after an undo."""
    plan = half_a_plan(a_random_roster(seed, people=6, shifts=9), seed)
    seated = list(plan.rows)
    for volunteer, shift, _ in seated:
        plan.remove(volunteer, shift)
    plan.undo(len(seated))
    for shift, seats in enumerate(plan.facts.seats_of_shift):
        assert plan.open_places[shift] == sum(plan.costs.target[seat] - plan.filled[seat] for seat in seats)
