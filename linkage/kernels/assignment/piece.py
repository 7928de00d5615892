"""Solves one part of a problem that the flow alone does not settle, and makes plans where time is short.

A part is repaired from the relaxed plan by search, or drafted at its prices where needs are undivided, then solved
exactly where it is small. What it claims to be a bound holds for the part by itself; `bounds` puts parts together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from linkage.kernels.assignment import choosing, classes, exchange, greedy, objectives, search
from linkage.kernels.assignment.bounds import gap_of, relaxed_bounds
from linkage.kernels.assignment.objectives import values_of
from linkage.kernels.assignment.options import MatchOptions
from linkage.kernels.assignment.problem import AssignmentProblem, Floats, Integers
from linkage.kernels.assignment.remainder import Remainder, room_of, subtract_fixed
from linkage.kernels.assignment.result import Method
from linkage.kernels.assignment.undivided import seating
from linkage.terms import MatchObjective

_UNIFORM_PAIRS, _UNIFORM_EFFORT = (
    7,
    5,
)  # times as much, where all pairs of an offer take the same: there the exact solver is good
_SECONDS_PER_PAIR: Final = 1e-5  # the local search is laid out in one go: more than this is seldom needed


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """Units of each pair, a bound of each level (None: nothing is claimed), and the flow if it proves them."""

    units: Integers
    bounds: list[int] | None
    method: Method
    flow: exchange.ProvenFlow | None


def solve_part(
    problem: AssignmentProblem,
    levels: tuple[MatchObjective, ...],
    relaxed: Integers,
    anchor: Integers,
    options: MatchOptions,
    *,
    is_bound: bool,
    worth: Floats | None = None,
) -> Plan:
    """Solve a part in which the relaxed plan breaks a rule: repair it, then exactly where it is small.

    Parameters
    ----------
    relaxed
        (n_pairs,) int64 units of the relaxed plan, the fixed ones included.
    anchor
        (n_pairs,) int64 units that meet whatever must be met, the fixed ones included.
    is_bound
        No plan is better than the relaxed one.
    worth
        (n_levels, n_pairs) float64 what one more unit of capacity takes off each objective in the relaxed plan, if known.
    """
    remainder, _ = subtract_fixed(problem)
    known: Sequence[int] = [objectives.least_of(problem, level) for level in levels]
    if is_bound:
        known = values_of(problem, levels, relaxed)
    held = held_of(problem, remainder, anchor)
    relaxed = np.maximum(relaxed - held.fixed, 0)
    is_undivided = held is remainder and seating.is_undivided(problem, levels, remainder)
    is_uniform = is_undivided and room_of(problem, remainder).is_uniform
    is_searched = is_undivided and not is_uniform and problem.pair_count <= seating.MOST_SEATS
    drafted = None
    if is_undivided and not is_searched:
        drafted = _draft(problem, levels, remainder, relaxed, options, worth, is_uniform=is_uniform)
    units, bound = (drafted, 0) if drafted is not None else _repair(problem, levels, held, relaxed, options)
    if held is remainder and bound > known[0]:
        known = [bound, *(objectives.least_of(problem, level) for level in levels[1:])]
    bounds = relaxed_bounds(problem, levels, values_of(problem, levels, units), known)
    repaired = Plan(units=units, bounds=bounds, method="repair", flow=None)
    gap = gap_of(problem, levels, values_of(problem, levels, units), bounds)
    if gap <= options.gap_ratio or options.seconds_left() <= 0:
        return repaired
    if is_searched:
        limits = seating.SeatingEffort(seconds_left=options.seconds_left, gap_ratio=options.gap_ratio)
        seated = seating.seat(problem, levels, remainder, start=units, known=known, effort=limits)
        if seated is not None:
            return Plan(units=seated[0], bounds=seated[1], method="seating", flow=None)
    pairs, work = options.exact_pairs, options.exact_effort
    if is_uniform:
        pairs, work = _UNIFORM_PAIRS * pairs, _UNIFORM_EFFORT * work
    if problem.pair_count > pairs:
        return repaired
    from linkage.kernels.assignment import exact  # loads the solver, which most problems do without

    if not exact.is_in_range(problem):
        return repaired
    effort = exact.ExactEffort(deterministic=work, seconds_left=options.seconds_left, seed=options.seed)
    units, proven_bounds = exact.improve(problem, levels, remainder, start=units, floor=known[0], effort=effort)
    still_known = relaxed_bounds(problem, levels, values_of(problem, levels, units), known)
    bounds = [max(pair) for pair in zip(proven_bounds, still_known, strict=True)]
    return Plan(units=units, bounds=bounds, method="exact", flow=None)


def first_come(
    problem: AssignmentProblem, remainder: Remainder, anchor: Integers, least: list[int], options: MatchOptions
) -> Plan:
    """Make the plan that is at hand where there is no time for a better one."""
    units = greedy.plan(problem, held_of(problem, remainder, anchor), seconds_left=options.seconds_left)
    return Plan(units=units, bounds=least, method="greedy", flow=None)


def held_of(problem: AssignmentProblem, remainder: Remainder, anchor: Integers) -> Remainder:
    """Put what must be met in place."""
    if (anchor == remainder.fixed).all():
        return remainder
    return subtract_fixed(replace(problem, fixed=anchor))[0]


def _draft(
    problem: AssignmentProblem,
    levels: tuple[MatchObjective, ...],
    remainder: Remainder,
    relaxed: Integers,
    options: MatchOptions,
    worth: Floats | None,
    *,
    is_uniform: bool,
) -> Integers | None:
    """Draft plans of a large problem of undivided needs and better them: the best one's units, None without a draft."""
    limits = seating.SeatingEffort(seconds_left=options.seconds_left, seed=options.seed)
    start = greedy.plan(problem, remainder, wanted=relaxed, seconds_left=options.seconds_left)
    best = None
    for draft in seating.draft(problem, levels, remainder, start, limits, worth=worth):
        units = _by_classes(problem, levels, remainder, draft, options, is_rising=True)
        if not is_uniform:  # needs of one size are not alike
            units, _ = _repair(problem, levels, remainder, units - remainder.fixed, options)
        best = min((best if best is not None else start, units), key=lambda tried: values_of(problem, levels, tried))
    return best


def _by_classes(
    problem: AssignmentProblem,
    levels: tuple[MatchObjective, ...],
    remainder: Remainder,
    units: Integers,
    options: MatchOptions,
    *,
    is_rising: bool = False,
) -> Integers:
    """Seat needs anew, size by size, until a round brings nothing."""
    for _ in range(options.search_rounds):
        better = classes.reseat(problem, levels, remainder, units, options.seconds_left, is_rising=is_rising)
        if better is units:
            break
        units, is_rising = better, False
    return units


def _repair(
    problem: AssignmentProblem,
    levels: tuple[MatchObjective, ...],
    remainder: Remainder,
    relaxed: Integers,
    options: MatchOptions,
) -> tuple[Integers, int]:
    """Make the relaxed plan keep the rules, then improve it until a round brings nothing.

    Returns
    -------
    tuple
        (n_pairs,) int64 units, and a bound of the first objective of plans with the same units in place; 0 for none.
    """
    whole, bound = remainder, 0
    if problem.has_choices:
        chosen = choosing.choose(problem, levels, remainder, relaxed, options.seconds_left)
        best, remainder, relaxed, bound = chosen.units, chosen.remainder, chosen.relaxed, chosen.bound
        if room_of(problem, remainder).is_exact:
            return best, bound
    else:
        best = greedy.plan(problem, remainder, wanted=relaxed, seconds_left=options.seconds_left)
    if options.seconds_left() < _SECONDS_PER_PAIR * problem.pair_count:
        return best, bound
    units = search.repair(
        problem,
        levels,
        remainder,
        relaxed=relaxed,
        tries=options.search_moves,
        seconds_left=options.seconds_left,
    )
    if problem.indivisible and not problem.has_choices:
        units = _by_classes(problem, levels, remainder, units, options)
    if problem.has_choices:  # the search knows no packages
        units = greedy.plan(problem, whole, wanted=units - whole.fixed, seconds_left=options.seconds_left)
    return min((units, best), key=lambda tried: values_of(problem, levels, tried)), bound
