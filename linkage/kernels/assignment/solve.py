"""Finds the best matching and says how good it is known to be.

Fixed pairs are put in place first. Units go as a cheapest flow, proven optimal; where a need must not be split or
pairs take different amounts of capacity, small problems are solved exactly and large ones by relaxation and local
search, with the relaxation as an honest bound. Every plan passes `check.verify` before it leaves. No clock but the
caller's deadline, no chance but the seed.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from linkage.kernels.assignment import (
    check,
    choices,
    contradiction,
    duality,
    exchange,
    flow,
    greedy,
    network,
    objectives,
    rules,
)
from linkage.kernels.assignment.bounds import gap_of, put_together, relaxed_bounds
from linkage.kernels.assignment.options import DEFAULTS, MatchOptions
from linkage.kernels.assignment.parts import Part, parts_of
from linkage.kernels.assignment.piece import Plan, first_come, held_of, solve_part
from linkage.kernels.assignment.problem import AssignmentProblem, Floats, Integers
from linkage.kernels.assignment.reasons import MatchReasons
from linkage.kernels.assignment.remainder import Conflict, Remainder, room_of, subtract_fixed
from linkage.kernels.assignment.residual import PlanDefect
from linkage.kernels.assignment.result import AssignmentResult, Method, ObjectiveValue
from linkage.terms import MatchObjective, MatchStatus

__all__ = ("DEFAULTS", "MatchOptions", "match", "match_and_keep")

_SECONDS_PER_REASON: Final = 1e-6
_SECONDS_PER_ARC: Final = 3e-6  # of a flow that is not interrupted: twice what it takes
_SECONDS_PER_PLAN: Final = 3e-7  # to make a plan of what a flow tells where it knows not all rules


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
    if not conflicts:
        anchor, conflicts = contradiction.settle(
            problem, remainder, seed=options.seed, seconds_left=options.seconds_left
        )
    if conflicts:
        plan = Plan(units=np.zeros(problem.pair_count, dtype=np.int64), bounds=None, method="none", flow=None)
    else:
        plan = _solve(problem, levels, remainder, anchor, options, start)
    result = _result(problem, levels, plan, conflicts, options)
    violations = check.verify(problem, result)
    if violations:
        raise PlanDefect(f"the matching breaks {len(violations)} rule(s): " + "; ".join(violations[:10]))
    return result, plan.units, plan.flow


def _solve(
    problem: AssignmentProblem,
    levels: tuple[MatchObjective, ...],
    remainder: Remainder,
    anchor: Integers,
    options: MatchOptions,
    start: flow.Start | None,
) -> Plan:
    """Solve the whole as a flow, then anew the parts in which the flow breaks a rule that it does not know."""
    least = [objectives.least_of(problem, level) for level in levels]
    if options.seconds_left() < _SECONDS_PER_PLAN * problem.pair_count:
        return first_come(problem, remainder, anchor, least, options)
    room = room_of(problem, remainder)
    net = network.build(problem, levels, remainder, room)
    if net.tail.size < options.simplex_arcs and options.seconds_left() < _SECONDS_PER_ARC * net.tail.size:
        return first_come(problem, remainder, anchor, least, options)
    is_counted = room.is_exact and choices.is_flow(problem, remainder, net.set_of_need)
    reserve = 0.0 if is_counted else _SECONDS_PER_PLAN * problem.pair_count

    def seconds_left() -> float:
        return options.seconds_left() - reserve

    solved = flow.solve(net, network.blocks_of(net), seconds_left, start=start, large=options.simplex_arcs)
    if solved is None:  # time was up before the solver was loaded
        return first_come(problem, remainder, anchor, least, options)
    relaxed = net.units(solved.flow, problem.pair_count)
    units = remainder.fixed + relaxed
    values = objectives.values_of(problem, levels, units)
    known = list(values) if solved.is_cheapest else duality.bounds_of(net, solved, values, least)
    if is_counted:
        proven = exchange.ProvenFlow.of(problem, levels, net, room, solved) if solved.is_cheapest else None
        return Plan(units=units, bounds=known, method="flow", flow=proven)
    concerned = rules.concerned_of(problem, remainder, units)
    if not concerned.any():
        return Plan(units=units, bounds=known, method="flow", flow=None)
    if seconds_left() < reserve:
        held = held_of(problem, remainder, anchor)
        wanted = np.maximum(units - held.fixed, 0)
        units = greedy.plan(problem, held, wanted=wanted, seconds_left=options.seconds_left)
        plan = Plan(units=units, bounds=None, method="repair", flow=None)
    else:
        parts = parts_of(problem, levels, remainder, concerned, together=options.part_pairs)
        worth = None
        if room.is_uniform and solved.is_cheapest and len(solved.blocks) == 1:
            of_unit, _ = exchange.prices(exchange.ProvenFlow.of(problem, levels, net, room, solved))
            worth = of_unit[:, problem.pair_offer] / problem.pair_use
        plan = _by_parts(problem, levels, parts, units, anchor, options, is_bound=solved.is_cheapest, worth=worth)
    reached = objectives.values_of(problem, levels, plan.units)
    bounds = relaxed_bounds(problem, levels, reached, values, known)
    if plan.bounds is not None and solved.is_cheapest:  # else the other parts may leave something open too
        bounds = [max(pair) for pair in zip(bounds, plan.bounds, strict=True)]
    return Plan(units=plan.units, bounds=bounds, method=plan.method, flow=None)


def _by_parts(
    problem: AssignmentProblem,
    levels: tuple[MatchObjective, ...],
    parts: list[Part],
    relaxed: Integers,
    anchor: Integers,
    options: MatchOptions,
    *,
    is_bound: bool,
    worth: Floats | None,
) -> Plan:
    """Solve parts anew; what is in none of them stays as the relaxed plan has it, and is taken for proven."""
    units = relaxed.copy()
    method: Method = "flow"
    open_by: list[list[int]] = []
    for part in parts:
        rows = part.pairs
        found = solve_part(
            part.problem,
            levels,
            relaxed[rows],
            anchor[rows],
            options,
            is_bound=is_bound,
            worth=None if worth is None else worth[:, rows],
        )
        units[rows] = found.units
        reached = objectives.values_of(part.problem, levels, found.units)
        bounds = found.bounds or [objectives.least_of(part.problem, level) for level in levels]
        open_by.append([value - bound for value, bound in zip(reached, bounds, strict=True)])
        method = found.method if method == "flow" or found.method == "repair" else method
    values = objectives.values_of(problem, levels, units)
    if len(parts) == 1 and parts[0].problem is problem:
        bounds = [value - left_open for value, left_open in zip(values, open_by[0], strict=True)]
    else:
        bounds = put_together(problem, levels, values, open_by)
    return Plan(units=units, bounds=bounds, method=method, flow=None)


def _result(
    problem: AssignmentProblem,
    levels: tuple[MatchObjective, ...],
    plan: Plan,
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
    reasons = None
    if options.is_explained and not conflicts:
        reasons = MatchReasons(
            problem=problem,
            levels=levels,
            units=plan.units,
            is_optimal=gap == 0 and values == tuple(bounds),
            proven=plan.flow,
        )
        if options.seconds_left() > _SECONDS_PER_REASON * problem.pair_count:
            reasons.work_out()
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
        reasons=reasons,
    )
