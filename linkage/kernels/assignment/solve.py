"""Finds the best matching and says how good it is known to be.

Fixed pairs are put in place first. Units go as a cheapest flow, proven optimal; where a need must not be split or
pairs take different amounts of capacity, small problems are solved exactly and large ones by relaxation and local
search, with the relaxation as an honest bound. Every plan passes `check.verify` before it leaves. No clock but the
caller's deadline, no chance but the seed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from linkage.kernels.assignment import (
    check,
    choices,
    choosing,
    classes,
    contradiction,
    exchange,
    explain,
    flow,
    greedy,
    network,
    objectives,
    rules,
    search,
)
from linkage.kernels.assignment.bounds import gap_of, put_together
from linkage.kernels.assignment.bounds import relaxed_bounds as relaxed_bounds_of
from linkage.kernels.assignment.parts import parts_of
from linkage.kernels.assignment.problem import AssignmentProblem, Integers
from linkage.kernels.assignment.reasons import MatchReasons
from linkage.kernels.assignment.remainder import Conflict, Remainder, room_of, subtract_fixed
from linkage.kernels.assignment.residual import PlanDefect
from linkage.kernels.assignment.result import AssignmentResult, Method, ObjectiveValue
from linkage.terms import MatchObjective, MatchStatus

_DAY_SECONDS: Final = 86_400.0
_SECONDS_PER_EXCHANGE: Final = 5e-7
_SECONDS_PER_PAIR: Final = 1e-5  # the local search is laid out in one go: more than this is seldom needed


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
    part_pairs
        Parts of a problem that no rule joins are solved together up to this many pairs.
    exact_effort
        Deterministic work units of CP-SAT for each objective.
    search_moves
        Placements tried by the local search.
    search_rounds
        Rounds in which undivided needs are seated anew, size by size.
    simplex_arcs
        Networks of at least this many arcs are solved by our own simplex, which can be stopped and restarted.
    seconds_left
        Asked between steps; at 0 or below, the best plan so far is returned.
    is_explained
        Fill `reasons`.
    """

    objectives: tuple[MatchObjective, ...] | None = None
    gap_ratio: float = 0.0
    seed: int = 0
    exact_pairs: int = 3_000
    part_pairs: int = 100
    exact_effort: float = 4.0
    search_moves: int = 20_000
    search_rounds: int = 8
    simplex_arcs: int = flow.LARGE
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
    return match_and_keep(problem, options)[0]


def match_and_keep(
    problem: AssignmentProblem, options: MatchOptions = DEFAULTS, *, start: flow.Start | None = None
) -> tuple[AssignmentResult, Integers, exchange.ProvenFlow | None]:
    """Match as `match` does, and hand out the units of each pair, and the flow that proves the plan if one does."""
    levels = objectives.levels_of(problem, options.objectives)
    remainder, conflicts = subtract_fixed(problem)
    anchor = remainder.fixed
    if not conflicts and remainder.must.any():
        anchor, conflicts = contradiction.settle(
            problem, remainder, seed=options.seed, seconds_left=options.seconds_left
        )
    if conflicts:
        plan = _Plan(units=np.zeros(problem.pair_count, dtype=np.int64), bounds=None, method="none", flow=None)
    else:
        plan = _solve(problem, levels, remainder, anchor, options, start)
    result = _result(problem, levels, plan, conflicts, options)
    violations = check.verify(problem, result)
    if violations:
        raise PlanDefect(f"the matching breaks {len(violations)} rule(s): " + "; ".join(violations[:10]))
    return result, plan.units, plan.flow


@dataclass(frozen=True, kw_only=True, eq=False)
class _Plan:
    """Units of each pair, a bound of each level (None: nothing is claimed), and the flow if it proves them."""

    units: Integers
    bounds: list[int] | None
    method: Method
    flow: exchange.ProvenFlow | None


def _solve(
    problem: AssignmentProblem,
    levels: tuple[MatchObjective, ...],
    remainder: Remainder,
    anchor: Integers,
    options: MatchOptions,
    start: flow.Start | None,
) -> _Plan:
    """Solve the whole as a flow, then anew the parts in which the flow breaks a rule that it does not know."""
    room = room_of(problem, remainder)
    net = network.build(problem, levels, remainder, room)
    solved = flow.solve(net, network.blocks_of(net), options.seconds_left, start=start, large=options.simplex_arcs)
    if solved is None:  # time was up before the solver was loaded
        held = subtract_fixed(replace(problem, fixed=anchor))[0]
        units = greedy.plan(problem, held, seconds_left=options.seconds_left)
        least = [objectives.least_of(problem, level) for level in levels]
        return _Plan(units=units, bounds=least, method="greedy", flow=None)
    relaxed = net.units(solved.flow, problem.pair_count)
    units = remainder.fixed + relaxed
    values = objectives.values_of(problem, levels, units)
    relaxed_bounds = list(values)
    if not solved.is_cheapest:
        least = [objectives.least_of(problem, level) for level in levels]
        relaxed_bounds = flow.bounds_of(net, solved, values, least)
    is_counted = room.is_exact and choices.is_flow(problem, remainder, net.set_of_need)
    if is_counted:
        proven = exchange.ProvenFlow.of(problem, levels, net, room, solved) if solved.is_cheapest else None
        return _Plan(units=units, bounds=relaxed_bounds, method="flow", flow=proven)
    concerned = rules.concerned_of(problem, remainder, units)
    if not concerned.any():
        return _Plan(units=units, bounds=relaxed_bounds, method="flow", flow=None)

    method: Method = "flow"
    open_by: list[list[int]] = []
    parts = parts_of(problem, levels, remainder, concerned, together=options.part_pairs)
    for part in parts:
        found = _solve_part(
            part.problem,
            levels,
            relaxed[part.pairs],
            anchor[part.pairs],
            options,
            is_bound=solved.is_cheapest,
        )
        units[part.pairs] = found.units
        reached = objectives.values_of(part.problem, levels, found.units)
        bounds = found.bounds or [objectives.least_of(part.problem, level) for level in levels]
        open_by.append([value - bound for value, bound in zip(reached, bounds, strict=True)])
        method = found.method if method == "flow" or found.method == "repair" else method
    values = objectives.values_of(problem, levels, units)
    if len(parts) == 1 and parts[0].problem is problem:
        bounds = [value - left_open for value, left_open in zip(values, open_by[0], strict=True)]
    else:
        bounds = put_together(problem, levels, values, open_by)
    whole = relaxed_bounds_of(problem, levels, values, relaxed_bounds)
    return _Plan(units=units, bounds=[max(pair) for pair in zip(bounds, whole, strict=True)], method=method, flow=None)


def _solve_part(
    problem: AssignmentProblem,
    levels: tuple[MatchObjective, ...],
    relaxed: Integers,
    anchor: Integers,
    options: MatchOptions,
    *,
    is_bound: bool,
) -> _Plan:
    """Solve a part in which the relaxed plan breaks a rule: repair it, then exactly where it is small.

    Parameters
    ----------
    relaxed
        (n_pairs,) int64 units of the relaxed plan without the fixed ones.
    anchor
        (n_pairs,) int64 units that meet whatever must be met, the fixed ones included.
    is_bound
        No plan is better than the relaxed one.
    """
    remainder, _ = subtract_fixed(problem)
    known: Sequence[int] = [objectives.least_of(problem, level) for level in levels]
    if is_bound:
        known = objectives.values_of(problem, levels, remainder.fixed + relaxed)
    held = remainder
    if (anchor != remainder.fixed).any():
        held, _ = subtract_fixed(replace(problem, fixed=anchor))
        relaxed = np.maximum(remainder.fixed + relaxed - held.fixed, 0)
    units = _repair(problem, levels, held, relaxed, options)
    bounds = relaxed_bounds_of(problem, levels, objectives.values_of(problem, levels, units), known)
    repaired = _Plan(units=units, bounds=bounds, method="repair", flow=None)
    gap = gap_of(problem, levels, objectives.values_of(problem, levels, units), bounds)
    if gap <= options.gap_ratio or problem.pair_count > options.exact_pairs or options.seconds_left() <= 0:
        return repaired
    from linkage.kernels.assignment import exact  # loads the solver, which most problems do without

    if not exact.is_in_range(problem):
        return repaired
    effort = exact.ExactEffort(deterministic=options.exact_effort, seconds_left=options.seconds_left, seed=options.seed)
    units, proven_bounds = exact.improve(problem, levels, remainder, start=units, floor=known[0], effort=effort)
    still_known = relaxed_bounds_of(problem, levels, objectives.values_of(problem, levels, units), known)
    bounds = [max(pair) for pair in zip(proven_bounds, still_known, strict=True)]
    return _Plan(units=units, bounds=bounds, method="exact", flow=None)


def _repair(
    problem: AssignmentProblem,
    levels: tuple[MatchObjective, ...],
    remainder: Remainder,
    relaxed: Integers,
    options: MatchOptions,
) -> Integers:
    """Make the relaxed plan keep the rules, then improve it until a round brings nothing."""
    whole = remainder
    if problem.has_choices:
        chosen = choosing.choose(problem, levels, remainder, relaxed, options.seconds_left)
        best, remainder, relaxed = chosen.units, chosen.remainder, chosen.relaxed
        if room_of(problem, remainder).is_exact:
            return best
    else:
        best = greedy.plan(problem, remainder, wanted=relaxed, seconds_left=options.seconds_left)
    if options.seconds_left() < _SECONDS_PER_PAIR * problem.pair_count:
        return best
    units = search.repair(
        problem,
        levels,
        remainder,
        relaxed=relaxed,
        tries=options.search_moves,
        seconds_left=options.seconds_left,
    )
    for _ in range(options.search_rounds if problem.indivisible and not problem.has_choices else 0):
        better = classes.reseat(problem, levels, remainder, units, options.seconds_left)
        if better is units:
            break
        units = better
    if problem.has_choices:  # the search knows no packages
        units = greedy.plan(problem, whole, wanted=units - whole.fixed, seconds_left=options.seconds_left)
    return min((units, best), key=lambda tried: objectives.values_of(problem, levels, tried))


def _result(
    problem: AssignmentProblem,
    levels: tuple[MatchObjective, ...],
    plan: _Plan,
    conflicts: tuple[Conflict, ...],
    options: MatchOptions,
) -> AssignmentResult:
    values = objectives.values_of(problem, levels, plan.units)
    bounds = list(values) if plan.bounds is None else plan.bounds
    gap = gap_of(problem, levels, values, bounds)
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
        window=problem.pair_window[rows],
        quantity=plan.units[rows],
        unmet=objectives.unmet_of(problem, plan.units),
        objectives=tuple(
            ObjectiveValue(objective=level, value=value, bound=bound)
            for level, value, bound in zip(levels, values, bounds, strict=True)
        ),
        gap_ratio=gap,
        conflicts=conflicts,
        method=plan.method,
        reasons=_reasons(problem, levels, plan, options) if options.is_explained and not conflicts else None,
    )


def _reasons(
    problem: AssignmentProblem, levels: tuple[MatchObjective, ...], plan: _Plan, options: MatchOptions
) -> MatchReasons:
    is_optimal = plan.bounds is not None and tuple(plan.bounds) == objectives.values_of(problem, levels, plan.units)
    unmet = explain.unmet_columns(problem, plan.units, levels, is_proven=is_optimal)
    offer_price = source_price = None
    if plan.flow is not None and options.seconds_left() > _SECONDS_PER_EXCHANGE * problem.pair_count:
        unmet = explain.for_quotas(exchange.with_exchanges(plan.flow, unmet), levels)
        offer_price, source_price = exchange.prices(plan.flow)
    return MatchReasons(
        problem=problem,
        levels=levels,
        units=plan.units,
        is_optimal=is_optimal,
        matches=explain.match_columns(problem, plan.units, levels, is_proven=is_optimal),
        unmet=unmet,
        offer_price=offer_price,
        source_price=source_price,
        proven=plan.flow,
    )
