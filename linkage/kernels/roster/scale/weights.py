"""Weights for a large roster: the objective levels as rows, and one sum of all terms that keeps to their order.

The sum leads the search and the prices; which of two plans is better is always decided level by level
(`state.compare`). Decides nothing about people.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from linkage.kernels.roster.problem import RosterProblem
from linkage.kernels.roster.scale.facts import (
    HIGH,
    LEAD_COST,
    LOW,
    MARK,
    MINIMUM,
    MINUTES,
    SHIFT_OF,
    TARGET,
    Facts,
    Integers,
)
from linkage.kernels.roster.scale.state import (
    DISTURBANCE,
    FAIRNESS_MINUTES,
    LEAD,
    PEOPLE,
    PLEDGE,
    PREFERENCE,
    TERMS,
    UNCOVERED,
    UNFAIRNESS,
)
from linkage.terms import RosterObjective

TERM: Final = {
    RosterObjective.UNCOVERED: UNCOVERED,
    RosterObjective.LEAD_MISSING: LEAD,
    RosterObjective.PLEDGE_SHORTFALL: PLEDGE,
    RosterObjective.DISTURBANCE: DISTURBANCE,
    RosterObjective.PREFERENCE: PREFERENCE,
    RosterObjective.UNFAIRNESS: UNFAIRNESS,
    RosterObjective.PEOPLE_USED: PEOPLE,
}


def level_weights(problem: RosterProblem) -> list[Integers]:
    """(8,) weights of the terms of each level."""
    rows = []
    for level in problem.objectives:
        weight = np.zeros(TERMS, dtype=np.int64)
        for term in level:
            weight[TERM[term]] = problem.weight_of(term)
        rows.append(weight)
    return rows


def level_rows(weights: list[Integers]) -> tuple[Integers, Integers]:
    """Flatten the levels for `state.compare`: where each level's rows begin, and (term, weight) of each row."""
    first, rows = [0], []
    for weight in weights:
        for term in np.flatnonzero(weight).tolist():
            rows += [term, int(weight[term])]
        first.append(len(rows) // 2)
    return np.asarray(first, dtype=np.int64), np.asarray(rows, dtype=np.int64)


def empty_terms(facts: Facts, problem: RosterProblem) -> Integers:
    """(8,) what the terms are worth if nobody serves."""
    terms = np.zeros(TERMS, dtype=np.int64)
    seats, wishes = facts.seats, problem.requests
    below = seats[:, HIGH] * (seats[:, TARGET] - seats[:, MINIMUM])
    terms[UNCOVERED] = int((seats[:, LOW] * seats[:, MINIMUM] + below).sum())
    terms[LEAD] = int(facts.shifts[:, LEAD_COST].sum())
    terms[PLEDGE] = int(facts.owed.sum())
    terms[DISTURBANCE] = int((~np.isin(problem.previous.volunteer, problem.released)).sum())
    terms[PREFERENCE] = int(wishes.weight.sum(where=wishes.want))
    return terms


def _median(weight: Integers) -> int:
    """Middle of some weights, rounded down; counted rather than sorted, because there may be millions."""
    if not weight.size:
        return 0
    upto = np.bincount(weight).cumsum()
    middle = np.searchsorted(upto, ((weight.size - 1) // 2, weight.size // 2), side="right")
    return int(middle.sum()) // 2


def events(facts: Facts, problem: RosterProblem) -> Integers:
    """(8,) how much one person's usual change of one shift moves each term, 0 for a term that cannot move."""
    event = np.zeros(TERMS, dtype=np.int64)
    seats, wishes = facts.seats, problem.requests
    minutes = facts.shifts[seats[:, SHIFT_OF], MINUTES]
    places = max(1, int(seats[:, TARGET].sum()))
    demanded = int((seats[:, TARGET] * minutes).sum())
    units = demanded // places // FAIRNESS_MINUTES + 1
    load = demanded // max(1, facts.people.shape[0]) // FAIRNESS_MINUTES + 1
    high, lead = seats[:, HIGH], facts.shifts[:, LEAD_COST]
    event[UNCOVERED] = high[high > 0].min(initial=1 << 40) if (high > 0).any() else 1
    event[LEAD] = lead[lead > 0].min(initial=1 << 40) if lead.any() else 0
    event[PLEDGE] = demanded // places if facts.owed.any() else 0
    event[DISTURBANCE] = int(facts.pairs[:, MARK].any())
    event[PREFERENCE] = _median(wishes.weight) + problem.together_weight
    event[UNFAIRNESS] = 2 * load * units
    event[PEOPLE] = 1
    return event


def summed(weights: list[Integers], event: Integers) -> Integers:
    """Sum all levels so that a usual change of one weighs as much as such changes of all the later ones together.

    The prices of a sum with such small steps settle quickly; a sum that kept the order in every case would need steps
    so large that the prices tell nothing of the later levels.
    """
    total = np.zeros(TERMS, dtype=np.int64)
    behind = 0
    for weight in reversed(weights):
        moved = [int(weight[t] * event[t]) for t in np.flatnonzero(weight)]
        step = min((m for m in moved if m), default=0)
        unit = max(1, -(-behind // step)) if step else 1
        total += unit * weight
        behind += unit * max(moved, default=0)
    return total
