"""Make a roster: a good plan, a bound for every objective level, checked before it is returned.

A pure function of the problem and the options. It never raises for a shortage: seats that cannot be filled
stay empty and are explained by `reasons`; only a contradictory problem is refused (when it is built).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from linkage.kernels.roster import check
from linkage.kernels.roster.counting import counting_bound
from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.model import LinearModel, Row
from linkage.kernels.roster.objective import Costs
from linkage.kernels.roster.plan import Plan
from linkage.kernels.roster.problem import RosterProblem
from linkage.kernels.roster.result import RosterLevel, RosterOptions, RosterResult, RosterTrace
from linkage.kernels.roster.search import Search
from linkage.terms import RosterObjective

REPAIR_CHAINS = 200
POLISH_ROUNDS = 2
ROUND_MOVES = 200
"""A longer search is repaired and polished after each so many moves."""
PEOPLE_PAIRS = 10_000
"""The relaxation of `people_used` is slow to solve beyond this many candidate pairs, and weak."""


def _fixed_rows(facts: HardFacts) -> list[Row]:
    rows = []
    for shift in sorted({s for _, s in facts.fixed}):
        seating = facts.seating(shift, [v for v, s in facts.fixed if s == shift]) or {}
        rows += [(volunteer, shift, seat) for volunteer, seat in seating.items()]
    return rows


def _start(facts: HardFacts, costs: Costs) -> Plan:
    """Seat the fixed pairs, then whatever of the previous plan is still possible."""
    plan = Plan(facts, costs, _fixed_rows(facts))
    for volunteer, shift in facts.previous:
        if facts.candidate[volunteer, shift] and plan.can_serve(volunteer, shift):
            seat = plan.open_seat(volunteer, shift)
            if seat >= 0:
                plan.add(volunteer, shift, seat)
    return plan


def _search(facts: HardFacts, costs: Costs, options: RosterOptions) -> tuple[list[Row], int]:
    """Build a plan by local search; return it and the moves made."""
    plan = _start(facts, costs)
    search = Search(plan, seed=options.seed, has_time=options.has_time)
    search.repair(depth=1, budget=REPAIR_CHAINS)
    search.polish()
    moves, rounds = 0, max(POLISH_ROUNDS, options.moves // ROUND_MOVES)
    for _ in range(rounds):
        moves += search.ruin_and_recreate(options.moves // rounds)
        search.repair(depth=2, budget=REPAIR_CHAINS)
        search.polish()
        if _is_close(costs, plan.rows, options.close_enough_ratio):
            break
    return plan.rows, moves


def _is_close(costs: Costs, rows: Sequence[Row], ratio: float) -> bool:
    """Say whether every level is within a share of its value of what counting alone bounds it to."""
    terms = costs.terms(rows)
    for number, level in enumerate(costs.levels):
        value = costs.level_value(level, terms)
        bound = counting_bound(costs, level, _most(costs, costs.levels[:number], terms))
        if value - bound > ratio * value:
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


def _most(
    costs: Costs, levels: Sequence[tuple[RosterObjective, ...]], terms: dict[RosterObjective, int]
) -> dict[RosterObjective, int]:
    """Return the most each term can be in a plan as good as this one on these levels."""
    weight_of = costs.facts.problem.weight_of
    return {
        term: costs.level_value(level, terms) // weight_of(term)
        for level in levels
        for term in level
        if weight_of(term)
    }


def _prove(
    facts: HardFacts, costs: Costs, rows: list[Row], options: RosterOptions
) -> tuple[list[Row], list[int], float]:
    """Bound every level, improving the plan on the way where the problem is small enough to be solved exactly."""
    pairs = int(facts.candidate.sum())
    bounds, spent, model = [], 0.0, None
    for number, level in enumerate(costs.levels):
        terms = costs.terms(rows)
        value = costs.level_value(level, terms)
        bound = min(value, counting_bound(costs, level, _most(costs, costs.levels[:number], terms)))
        most_pairs = min(options.bound_pairs, PEOPLE_PAIRS if RosterObjective.PEOPLE_USED in level else pairs)
        is_worth_it = pairs <= options.exact_pairs or value - bound > options.close_enough_ratio * value
        if bound < value and is_worth_it and pairs <= most_pairs and options.has_time():
            from linkage.kernels.roster.linear import level_bound  # loads the solver: only where it is wanted

            model = model or _limited(facts, costs, rows, number)
            bound = max(bound, level_bound(model, level, options))
            if bound < value and pairs <= options.exact_pairs and options.has_time():
                from linkage.kernels.roster.exact import prove  # loads the solver: only where it is wanted

                share = (options.exact_effort - spent) / (len(costs.levels) - number)
                proof = prove(model, level, rows, options, share)
                spent += proof.effort
                found = costs.level_value(level, costs.terms(proof.rows))
                if found < value:
                    rows = _polished(facts, costs, proof.rows, options)
                    value = costs.level_value(level, costs.terms(rows))
                bound = max(bound, proof.bound)
        bounds.append(min(bound, value))
        if model is not None:
            model.limit_level(level, value)
    return rows, bounds, spent


def _limited(facts: HardFacts, costs: Costs, rows: list[Row], levels: int) -> LinearModel:
    """Build the model with the levels already decided held at their values."""
    model = LinearModel(facts, costs)
    terms = costs.terms(rows)
    for level in costs.levels[:levels]:
        model.limit_level(level, costs.level_value(level, terms))
    return model


def _result(costs: Costs, rows: Sequence[Row], bounds: Sequence[int], trace: RosterTrace) -> RosterResult:
    ordered = sorted(rows, key=lambda row: (row[1], row[2], row[0]))
    table = np.asarray(ordered, dtype=np.int64).reshape(-1, 3)
    terms = costs.terms(ordered)
    levels = tuple(
        RosterLevel(terms=level, value=costs.level_value(level, terms), bound=bound)
        for level, bound in zip(costs.levels, bounds, strict=True)
    )
    return RosterResult(
        volunteer=table[:, 0], shift=table[:, 1], seat=table[:, 2], levels=levels, terms=terms, trace=trace
    )


def schedule(problem: RosterProblem, options: RosterOptions | None = None) -> RosterResult:
    """Staff the shifts.

    Parameters
    ----------
    problem
        A valid problem; an empty one gives an empty plan.
    options
        Seed and effort, in counts.

    Returns
    -------
    RosterResult
        The best plan found with its bounds; `check.verify` has passed.
    """
    options = options or RosterOptions()
    facts = HardFacts.of(problem)
    costs = Costs.of(facts)
    rows, moves = _search(facts, costs, options)
    rows, bounds, effort = _prove(facts, costs, rows, options)
    trace = RosterTrace(
        seed=options.seed,
        candidate_pairs=int(facts.candidate.sum()),
        moves=moves,
        exact_effort=effort,
        is_cut_short=not options.has_time(),
    )
    result = _result(costs, rows, bounds, trace)
    check.verify(problem, result)
    return result
