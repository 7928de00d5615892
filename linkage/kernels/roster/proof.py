"""Bound every level of a roster, and improve the plan on the way where the problem is small enough to be solved.

Bounds come from counting at any size, from the linear relaxation up to `bound_pairs`, from the exact solver up to
`exact_pairs`. Duty patterns with few pairs are solved here from nothing, level by level.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from linkage.kernels.roster.counting import Counted, counting_bound
from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.model import LinearModel, Row
from linkage.kernels.roster.objective import Costs
from linkage.kernels.roster.plan import Plan
from linkage.kernels.roster.result import RosterOptions
from linkage.kernels.roster.search import Search
from linkage.terms import RosterObjective

POLISH_ROUNDS = 2
PEOPLE_PAIRS = 10_000
"""The relaxation of `people_used` is slow to solve beyond this many candidate pairs, and weak."""
MODEL_SETUPS, LEVEL_SETUPS, STOP_SETUPS = 40, 20, 12
"""How many times longer than working out the facts it takes, at most, to write the model down, to give it to a
solver once more, and to stop the solver: a relaxation is not begun where the deadline would pass before."""
START_EFFORT = 5.0
"""Deterministic seconds that finding any plan at all is worth."""
LOADING_SECONDS = 1.0
"""What loading a solver for the first time takes, at most."""


@dataclass(frozen=True, kw_only=True)
class Proven:
    """A plan, a bound for every level, and the effort of the exact solver.

    Parameters
    ----------
    is_impossible
        No plan keeps the hard rules; `rows` is then empty.
    has_plan
        Whether `rows` is a plan that keeps the hard rules.
    """

    rows: list[Row]
    bounds: list[int]
    effort: float = 0.0
    is_impossible: bool = False
    has_plan: bool = True


def most_of_terms(
    costs: Costs, levels: Sequence[tuple[RosterObjective, ...]], terms: Mapping[RosterObjective, int]
) -> dict[RosterObjective, int]:
    """Return the most each term can be in a plan as good as this one on these levels."""
    weight_of = costs.facts.problem.weight_of
    return {
        term: (costs.level_value(level, terms) - costs.level_floor(level)) // weight_of(term) + costs.floor[term]
        for level in levels
        for term in level
        if weight_of(term)
    }


def is_close(counted: Counted, rows: Sequence[Row], ratio: float) -> bool:
    """Say whether every level is within a share of its value of what counting alone bounds it to."""
    costs = counted.costs
    terms = costs.terms(rows)
    for number, level in enumerate(costs.levels):
        value = costs.level_value(level, terms)
        bound = counting_bound(counted, level, most_of_terms(costs, costs.levels[:number], terms))
        if value - bound > ratio * abs(value):
            return False
    return True


def _polished(facts: HardFacts, costs: Costs, rows: list[Row], options: RosterOptions) -> list[Row]:
    """Improve the later levels of a plan that the exact solver found for an earlier one."""
    plan = Plan(facts, costs, rows)
    search = Search(plan, seed=options.seed, has_time=options.has_time)
    search.polish()
    search.ruin_and_recreate(options.moves // POLISH_ROUNDS)
    search.polish()
    return plan.rows


class _Relaxation:
    """The model with the levels already decided held at their values, written down as late as can be."""

    def __init__(self, costs: Costs) -> None:
        self.costs = costs
        self.decided: list[tuple[tuple[RosterObjective, ...], int]] = []
        self._model: LinearModel | None = None
        self._limited = 0

    @property
    def is_written(self) -> bool:
        """Whether the model has been written down before."""
        return self._model is not None

    @property
    def model(self) -> LinearModel:
        """The model as far as the levels are decided."""
        self._model = self._model or LinearModel(self.costs.facts, self.costs)
        for level, value in self.decided[self._limited :]:
            self._model.limit_level(level, value)
        self._limited = len(self.decided)
        return self._model


def _may_begin(options: RosterOptions, setup_seconds: float, *, is_first: bool) -> bool:
    loading = 0.0 if "scipy.optimize" in sys.modules else LOADING_SECONDS
    needed = loading + MODEL_SETUPS * setup_seconds if is_first else LEVEL_SETUPS * setup_seconds
    return options.seconds_left() > needed


def prove_levels(counted: Counted, rows: list[Row], options: RosterOptions, setup_seconds: float) -> Proven:
    """Bound every level of a valid plan; improve it where the exact solver may be asked.

    Parameters
    ----------
    setup_seconds
        How long working out the facts took by the caller's deadline: how fast this machine is now.
    """
    costs, facts = counted.costs, counted.costs.facts
    pairs = int(facts.candidate.sum())
    bounds, spent, relaxation = [], 0.0, _Relaxation(costs)
    terms = costs.terms(rows)
    for number, level in enumerate(costs.levels):
        value = costs.level_value(level, terms)
        bound = min(value, counting_bound(counted, level, most_of_terms(costs, costs.levels[:number], terms)))
        most_pairs = min(options.bound_pairs, PEOPLE_PAIRS if RosterObjective.PEOPLE_USED in level else pairs)
        is_worth_it = pairs <= options.exact_pairs or value - bound > options.close_enough_ratio * abs(value)
        is_possible = pairs <= most_pairs and _may_begin(options, setup_seconds, is_first=not relaxation.is_written)
        if bound < value and is_worth_it and is_possible:
            from linkage.kernels.roster.linear import level_bound  # loads the solver: only where it is wanted

            model = relaxation.model
            bound = max(bound, level_bound(model, level, options, STOP_SETUPS * setup_seconds))
            if bound < value and pairs <= options.exact_pairs and options.has_time():
                from linkage.kernels.roster.exact import prove  # loads the solver: only where it is wanted

                share = (options.exact_effort - spent) / (len(costs.levels) - number)
                proof = prove(model, level, rows, options, share)
                spent += proof.effort
                if proof.is_found and costs.level_value(level, costs.terms(proof.rows)) < value:
                    rows = _polished(facts, costs, proof.rows, options)
                    terms = costs.terms(rows)
                    value = costs.level_value(level, terms)
                bound = max(bound, proof.bound)
        bounds.append(min(bound, value))
        relaxation.decided.append((level, value))
    return Proven(rows=rows, bounds=bounds, effort=spent)


def solve_exactly(facts: HardFacts, costs: Costs, options: RosterOptions) -> Proven:
    """Solve level by level from nothing: for hard rules that no local search starts from."""
    from linkage.kernels.roster.exact import prove  # loads the solver: only where it is wanted

    model = LinearModel(facts, costs)
    rows: list[Row] = []
    has_plan, bounds, spent = False, [], 0.0
    for number, level in enumerate(costs.levels or ((),)):
        share = (options.exact_effort - spent) / max(1, len(costs.levels) - number)
        proof = prove(model, level, rows, options, share if has_plan else max(share, START_EFFORT))
        spent += proof.effort
        if not (has_plan or proof.is_found):
            return Proven(rows=[], bounds=[], effort=spent, is_impossible=proof.is_impossible, has_plan=False)
        has_plan = True
        rows = proof.rows
        value = costs.level_value(level, costs.terms(rows))
        if level:
            bounds.append(min(value, proof.bound))
            model.limit_level(level, value)
    return Proven(rows=rows, bounds=bounds, effort=spent)
