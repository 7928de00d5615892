"""Finds the best matching and says how good it is known to be.

Fixed pairs are put in place first. Units go as a cheapest flow, proven optimal; where a need must not be split or
pairs take different amounts of capacity, small problems are solved exactly and large ones by relaxation and local
search, with the relaxation as an honest bound. Every plan passes `check.verify` before it leaves. No clock but the
caller's deadline, no chance but the seed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from linkage.kernels.assignment import check, classes, exchange, explain, network, objectives, search
from linkage.kernels.assignment.problem import AssignmentProblem, Integers
from linkage.kernels.assignment.reasons import MatchReasons
from linkage.kernels.assignment.remainder import Conflict, Remainder, room_of, subtract_fixed
from linkage.kernels.assignment.residual import PlanDefect
from linkage.kernels.assignment.result import AssignmentResult, Method, ObjectiveValue
from linkage.terms import MatchObjective, MatchStatus

_DAY_SECONDS: Final = 86_400.0


def _no_deadline() -> float:
    return _DAY_SECONDS


@dataclass(frozen=True, kw_only=True)
class MatchOptions:
    """How to match.

    Parameters
    ----------
    objectives
        In lexicographic order; if None, `unmet_priority`, `unfairness` if the problem asks for fair groups,
        `changed` if it has a previous plan, `cost`.
    gap_ratio
        A plan this close to its bound has the status within gap, and the search stops there.
    seed
        Of the exact solver.
    exact_pairs
        Problems with undivided needs and at most this many pairs are solved exactly.
    exact_effort
        Deterministic work units of CP-SAT for each objective.
    search_moves
        Placements tried by the local search.
    search_rounds
        Rounds in which undivided needs are seated anew, size by size.
    seconds_left
        Asked between steps; at 0 or below, the best plan so far is returned. A flow is not interrupted.
    is_explained
        Fill `reasons`.
    """

    objectives: tuple[MatchObjective, ...] | None = None
    gap_ratio: float = 0.0
    seed: int = 0
    exact_pairs: int = 3_000
    exact_effort: float = 4.0
    search_moves: int = 20_000
    search_rounds: int = 8
    seconds_left: Callable[[], float] = _no_deadline
    is_explained: bool = True


DEFAULTS: Final = MatchOptions()


def match(problem: AssignmentProblem, options: MatchOptions = DEFAULTS) -> AssignmentResult:
    """Match needs to offers.

    Returns
    -------
    AssignmentResult
        With status contradictory, an empty plan and the limits broken if the fixed pairs contradict each other.

    Raises
    ------
    InvalidProblem
        The order of objectives makes no sense.
    PlanDefect
        The plan found breaks a rule: a defect in this kernel, nothing is returned.
    """
    levels = objectives.levels_of(problem, options.objectives)
    remainder, conflicts = subtract_fixed(problem)
    if conflicts:
        plan = _Plan(units=np.zeros(problem.pair_count, dtype=np.int64), bounds=None, method="none", flow=None)
    else:
        plan = _solve(problem, levels, remainder, options)
    result = _result(problem, levels, plan, conflicts, options)
    violations = check.verify(problem, result)
    if violations:
        raise PlanDefect(f"the matching breaks {len(violations)} rule(s): " + "; ".join(violations[:10]))
    return result


@dataclass(frozen=True, kw_only=True, eq=False)
class _Plan:
    """Units of each pair, a bound of each level (None: nothing is claimed), and the flow if it proves them."""

    units: Integers
    bounds: list[int] | None
    method: Method
    flow: exchange.ProvenFlow | None


def _solve(
    problem: AssignmentProblem, levels: tuple[MatchObjective, ...], remainder: Remainder, options: MatchOptions
) -> _Plan:
    room = room_of(problem, remainder)
    net = network.build(problem, levels, remainder, room)
    flow, blocks = network.solve(net, network.blocks_of(net))
    relaxed = net.units(flow, problem.pair_count)
    relaxed_values = objectives.values_of(problem, levels, remainder.fixed + relaxed)
    if room.is_exact:
        proven = exchange.ProvenFlow(problem=problem, levels=levels, network=net, room=room, block=blocks[0], flow=flow)
        return _Plan(units=remainder.fixed + relaxed, bounds=list(relaxed_values), method="flow", flow=proven)

    units = _repair(problem, levels, remainder, relaxed, options)
    bounds = _relaxed_bounds(problem, levels, objectives.values_of(problem, levels, units), relaxed_values)
    gap = _gap(problem, levels, objectives.values_of(problem, levels, units), bounds)
    repaired = _Plan(units=units, bounds=bounds, method="repair", flow=None)
    if gap <= options.gap_ratio or problem.pair_count > options.exact_pairs or options.seconds_left() <= 0:
        return repaired
    from linkage.kernels.assignment import exact  # loads the solver, which most problems do without

    if not exact.is_in_range(problem):
        return repaired
    effort = exact.ExactEffort(
        deterministic=options.exact_effort, seconds=options.seconds_left() / len(levels), seed=options.seed
    )
    units, proven_bounds = exact.improve(
        problem, levels, remainder, start=units, floor=relaxed_values[0], effort=effort
    )
    relaxed_bounds = _relaxed_bounds(problem, levels, objectives.values_of(problem, levels, units), relaxed_values)
    bounds = [max(pair) for pair in zip(proven_bounds, relaxed_bounds, strict=True)]
    return _Plan(units=units, bounds=bounds, method="exact", flow=None)


def _repair(
    problem: AssignmentProblem,
    levels: tuple[MatchObjective, ...],
    remainder: Remainder,
    relaxed: Integers,
    options: MatchOptions,
) -> Integers:
    """Make the relaxed plan keep the limits, then improve it until a round brings nothing."""
    units = search.repair(
        problem,
        levels,
        remainder,
        relaxed=relaxed,
        tries=options.search_moves,
        seconds_left=options.seconds_left,
    )
    for _ in range(options.search_rounds if problem.indivisible else 0):
        better = classes.reseat(problem, levels, remainder, units, options.seconds_left)
        if better is units:
            break
        units = better
    return units


def _relaxed_bounds(
    problem: AssignmentProblem, levels: Sequence[MatchObjective], values: Sequence[int], relaxed: Sequence[int]
) -> list[int]:
    """Take the relaxed values as bounds as far as the plan reaches them, then what no plan can be below."""
    bounds: list[int] = []
    is_reached = True
    for level, value, least in zip(levels, values, relaxed, strict=True):
        bounds.append(least if is_reached else min(value, objectives.least_of(problem, level)))
        is_reached = is_reached and value == least
    return bounds


def _gap(
    problem: AssignmentProblem, levels: Sequence[MatchObjective], values: Sequence[int], bounds: Sequence[int]
) -> float:
    """Tell how far the first objective that is not at its bound is from it, in the objective's scale."""
    for level, value, bound in zip(levels, values, bounds, strict=True):
        if value > bound:
            scale = abs(value)
            if level is MatchObjective.UNMET_PRIORITY:
                scale = int(problem.need_priority @ problem.need_quantity)
            return (value - bound) / max(1, scale)
    return 0.0


def _result(
    problem: AssignmentProblem,
    levels: tuple[MatchObjective, ...],
    plan: _Plan,
    conflicts: tuple[Conflict, ...],
    options: MatchOptions,
) -> AssignmentResult:
    values = objectives.values_of(problem, levels, plan.units)
    bounds = list(values) if plan.bounds is None else plan.bounds
    gap = _gap(problem, levels, values, bounds)
    if conflicts:
        status = MatchStatus.CONTRADICTORY
    elif gap == 0:
        status = MatchStatus.OPTIMAL
    else:
        status = MatchStatus.WITHIN_GAP if gap <= options.gap_ratio else MatchStatus.BEST_SO_FAR
    rows = np.flatnonzero(plan.units)
    return AssignmentResult(
        status=status,
        need=problem.pair_need[rows],
        offer=problem.pair_offer[rows],
        quantity=plan.units[rows],
        unmet=objectives.unmet_of(problem, plan.units),
        objectives=tuple(
            ObjectiveValue(objective=level, value=value, bound=bound)
            for level, value, bound in zip(levels, values, bounds, strict=True)
        ),
        gap_ratio=gap,
        conflicts=conflicts,
        method=plan.method,
        reasons=_reasons(problem, levels, plan) if options.is_explained and not conflicts else None,
    )


def _reasons(problem: AssignmentProblem, levels: tuple[MatchObjective, ...], plan: _Plan) -> MatchReasons:
    unmet = explain.unmet_columns(problem, plan.units)
    offer_price = source_price = None
    if plan.flow is not None:
        unmet = exchange.with_exchanges(plan.flow, unmet)
        offer_price, source_price = exchange.prices(plan.flow)
    return MatchReasons(
        problem=problem,
        levels=levels,
        matches=explain.match_columns(problem, plan.units, levels, is_proven=plan.flow is not None),
        unmet=unmet,
        offer_price=offer_price,
        source_price=source_price,
    )
