"""Solves small problems with undivided needs or uneven use exactly, one objective after the other (CP-SAT).

One worker and deterministic limits, so the same input gives the same plan; the deadline is only an upper guard.
Without a proof it tells the bound it reached. It starts from a plan and never returns a worse one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from ortools.sat.python import cp_model

from linkage.kernels.assignment import objectives
from linkage.kernels.assignment.objectives import values_of
from linkage.kernels.assignment.problem import MAX_CAPACITY_SUM, NONE, AssignmentProblem, Integers
from linkage.kernels.assignment.remainder import Remainder, fitting_of, served_of
from linkage.kernels.assignment.residual import PlanDefect
from linkage.terms import MatchObjective

_LEAST_SECONDS: Final = 0.02
_SUM_LIMIT: Final = 2.0**52  # CP-SAT refuses sums that might leave 64 bits, and reports bounds as floats


@dataclass(frozen=True, kw_only=True)
class ExactEffort:
    """Limits of the exact solver: deterministic work for each objective, and the time left for all."""

    deterministic: float
    seconds_left: Callable[[], float]
    seed: int


@dataclass(frozen=True, kw_only=True, eq=False)
class _Model:
    """Pair k carries fixed[k] + scale[k] x variables[k] units."""

    model: Any
    variables: list[Any]
    scale: list[int]
    fixed: list[int]

    def units(self, row: int) -> Any:
        return self.variables[row] * self.scale[row] + self.fixed[row]


def is_in_range(problem: AssignmentProblem) -> bool:
    """Tell whether every sum of the problem is small enough for the exact solver."""
    quantity = problem.need_quantity[problem.pair_need].astype(np.float64)
    sums = (
        (quantity * np.abs(problem.pair_cost)).sum(),
        (quantity * problem.pair_use).sum(),
        problem.need_priority.astype(np.float64) @ problem.need_quantity,
    )
    return bool(max(sums) < _SUM_LIMIT)


def improve(
    problem: AssignmentProblem,
    levels: Sequence[MatchObjective],
    remainder: Remainder,
    *,
    start: Integers,
    floor: int,
    effort: ExactEffort,
) -> tuple[Integers, list[int]]:
    """Improve a plan level by level, each with the values of those before it kept.

    Parameters
    ----------
    start
        (n_pairs,) int64 units of a plan, the fixed ones included.
    floor
        A known bound of the first objective.

    Returns
    -------
    tuple
        (n_pairs,) int64 units and a bound of each level, given the values of the levels before.
    """
    parts = _model(problem, remainder)
    terms = [_term(problem, level, parts) for level in levels]
    parts.model.add(terms[0] >= floor)
    best = start
    bounds: list[int] = []
    for number, (level, term) in enumerate(zip(levels, terms, strict=True)):
        reached = values_of(problem, levels, best)[number]
        least = objectives.least_of(problem, level)
        least = min(reached, max(least, floor) if number == 0 else least)
        seconds = effort.seconds_left()
        if reached == least or seconds < _LEAST_SECONDS:
            bounds.append(least)
            parts.model.add(term == reached)
            continue
        parts.model.add(term <= reached)
        parts.model.minimize(term)
        parts.model.clear_hints()
        for row, value in enumerate(best.tolist()):
            parts.model.add_hint(parts.variables[row], (value - parts.fixed[row]) // parts.scale[row])
        solver = _solver(effort, seconds / (len(levels) - number))
        status = solver.solve(parts.model)
        if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            found = _read(parts, solver)  # as good on this level may be worse on the next
            best = min((best, found), key=lambda units: values_of(problem, levels, units))
            reached = values_of(problem, levels, best)[number]
            least = max(least, round(solver.best_objective_bound))
        elif status != cp_model.UNKNOWN:
            raise PlanDefect(f"the exact solver answered {solver.status_name(status)} although a plan exists")
        bounds.append(min(reached, least))
        parts.model.add(term == reached)
    return best, bounds


def _solver(effort: ExactEffort, seconds: float) -> Any:
    solver: Any = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = effort.seed
    solver.parameters.max_deterministic_time = effort.deterministic
    solver.parameters.max_time_in_seconds = seconds
    return solver


def place(problem: AssignmentProblem, remainder: Remainder, effort: ExactEffort) -> Integers | None:
    """Find any plan that meets whole what must be met: (n_pairs,) int64 units, or None where there is none.

    Raises
    ------
    PlanDefect
        Within the limits of the effort neither was found.
    """
    parts = _model(problem, remainder)
    solver = _solver(effort, max(effort.seconds_left(), _LEAST_SECONDS))
    status = solver.solve(parts.model)
    if status == cp_model.INFEASIBLE:
        return None
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        raise PlanDefect(f"the exact solver answered {solver.status_name(status)} on what must be met")
    return _read(parts, solver)


def least_use(problem: AssignmentProblem, remainder: Remainder, factors: Integers, effort: ExactEffort) -> int | None:
    """Tell the least that factors x units can add up to in a plan that meets whole what must be met."""
    parts = _model(problem, remainder)
    rows = np.flatnonzero(factors).tolist()
    parts.model.minimize(sum(int(factors[row]) * parts.units(row) for row in rows) + parts.model.new_constant(0))
    solver = _solver(effort, max(effort.seconds_left(), _LEAST_SECONDS))
    status = solver.solve(parts.model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    bound: float = solver.best_objective_bound
    return round(bound)


def _read(parts: _Model, solver: Any) -> Integers:
    chosen = np.array([solver.value(variable) for variable in parts.variables], dtype=np.int64)
    units: Integers = np.array(parts.fixed, dtype=np.int64) + np.array(parts.scale, dtype=np.int64) * chosen
    return units


def _model(problem: AssignmentProblem, remainder: Remainder) -> _Model:
    """Make one variable for each pair, under every limit."""
    quantity = remainder.quantity[problem.pair_need]
    fits = fitting_of(problem, remainder)
    if problem.indivisible:
        most, scale = ((fits >= quantity) & (quantity > 0)).astype(np.int64), np.maximum(quantity, 1)
    else:
        most, scale = fits, np.ones(problem.pair_count, dtype=np.int64)
    model: Any = cp_model.CpModel()
    variables = [model.new_int_var(0, int(high), "") for high in most.tolist()]
    taken = (scale * problem.pair_use).tolist()
    once = np.ones(problem.need_count, dtype=np.int64) if problem.indivisible else remainder.quantity
    _limit(model, variables, [1] * problem.pair_count, problem.pair_need, once)
    _limit(model, variables, taken, problem.pair_offer, remainder.capacity)
    _limit(model, variables, taken, problem.pair_window, remainder.windows)
    _limit(model, variables, taken, problem.offer_source[problem.pair_offer], remainder.caps)
    _limit(model, variables, scale.tolist(), problem.need_group[problem.pair_need], remainder.most)
    parts = _Model(model=model, variables=variables, scale=scale.tolist(), fixed=remainder.fixed.tolist())
    if problem.has_choices:
        _choose(problem, remainder, parts)
    return parts


def _choose(problem: AssignmentProblem, remainder: Remainder, parts: _Model) -> None:
    """Let at most one need of an exclusive group be met, and a package whole or not at all."""
    model = parts.model
    packages: dict[int, Any] = {}
    sets: dict[int, list[Any]] = {}
    held = served_of(problem, remainder.fixed) > 0
    for need in np.flatnonzero(held & (remainder.quantity == 0) & (problem.need_exclusive != NONE)).tolist():
        sets.setdefault(int(problem.need_exclusive[need]), []).append(1)
    for need in np.flatnonzero(remainder.quantity > 0).tolist():
        package, exclusive = int(problem.need_package[need]), int(problem.need_exclusive[need])
        if package == exclusive == NONE:
            continue
        rows = range(int(problem.need_start[need]), int(problem.need_start[need + 1]))
        served = model.new_constant(0) + sum(parts.scale[row] * parts.variables[row] for row in rows)
        is_met = model.new_bool_var("")
        if package != NONE:
            is_met = packages.setdefault(package, is_met)
            model.add(served == int(remainder.quantity[need]) * is_met)
        else:
            model.add(served <= int(remainder.quantity[need]) * is_met)
        if remainder.must[need]:
            model.add(is_met == 1)
        if exclusive != NONE:
            sets.setdefault(exclusive, []).append(is_met)
    for members in sets.values():
        model.add(sum(members) <= 1)


def _limit(model: Any, variables: list[Any], factors: list[int], owner: Integers, limits: Integers) -> None:
    """Keep each owner's weighted sum at or below its limit."""
    rows: dict[int, list[int]] = {}
    for row, index in enumerate(owner.tolist()):
        if index != NONE:
            rows.setdefault(index, []).append(row)
    for index, members in rows.items():
        if limits[index] < MAX_CAPACITY_SUM // 2:
            total = cp_model.LinearExpr.weighted_sum(
                [variables[row] for row in members], [factors[row] for row in members]
            )
            model.add(total <= int(limits[index]))


def _term(problem: AssignmentProblem, level: MatchObjective, parts: _Model) -> Any:
    """Write an objective as a linear expression, with helper variables where it is convex."""
    rows = range(problem.pair_count)
    model = parts.model
    if level is MatchObjective.COST:
        return sum(int(problem.pair_cost[row]) * parts.units(row) for row in rows) + model.new_constant(0)
    if level is MatchObjective.CHANGED:
        lost = [model.new_constant(0)]
        for row in np.flatnonzero(problem.previous).tolist():
            before = int(problem.previous[row])
            lost.append(model.new_int_var(0, before, ""))
            model.add(lost[-1] >= before - parts.units(row))
        return sum(lost)
    if level is MatchObjective.CONTINUITY:
        others = np.flatnonzero(objectives.is_another(problem)).tolist()
        return sum(parts.units(row) for row in others) + model.new_constant(0)
    need = problem.pair_need.tolist()
    if level is MatchObjective.UNMET_PRIORITY:
        everything = int(problem.need_priority @ problem.need_quantity)
        priority = problem.need_priority.tolist()
        return everything + model.new_constant(0) - sum(priority[need[row]] * parts.units(row) for row in rows)
    steps: list[Any] = [model.new_constant(0)]
    demand = objectives.group_demand(problem)
    if level is MatchObjective.QUOTA_SHORTFALL:
        allowed = objectives.allowed_unmet(problem).tolist()
        for group in np.flatnonzero(problem.group_min).tolist():
            members = np.flatnonzero(problem.need_group[problem.pair_need] == group).tolist()
            steps.append(model.new_int_var(0, int(problem.group_min[group]), ""))
            unmet = int(demand[group]) - sum(parts.units(row) for row in members) + model.new_constant(0)
            model.add(steps[-1] >= unmet - allowed[group])
        return sum(steps)
    for group, widths in enumerate(objectives.step_widths(demand).tolist()):
        members = np.flatnonzero(problem.need_group[problem.pair_need] == group).tolist()
        taken = [(step + 1, model.new_int_var(0, width, "")) for step, width in enumerate(widths) if width]
        served = sum(parts.units(row) for row in members)
        model.add(sum(variable for _, variable in taken) >= int(demand[group]) - served + model.new_constant(0))
        steps += [cost * variable for cost, variable in taken]
    return sum(steps)
