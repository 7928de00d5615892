"""The roster's linear model solved by CP-SAT, for small problems: proves levels from a given plan.

One worker and deterministic time make it repeatable. A level that is not proven in its share of the effort
keeps the best bound found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ortools.sat.python import cp_model

from linkage.kernels.roster.model import Entries, LinearModel, Row
from linkage.kernels.roster.result import RosterOptions
from linkage.terms import RosterObjective


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What one level's solve gave: a plan at least as good, a bound, the effort spent.

    Parameters
    ----------
    is_found
        Whether the solver found the plan itself; otherwise `rows` is what it was given.
    is_impossible
        No plan at all keeps the rows of the model.
    """

    rows: list[Row]
    bound: int
    effort: float
    is_found: bool
    is_impossible: bool


def prove(
    model: LinearModel, level: Sequence[RosterObjective], rows: Sequence[Row], options: RosterOptions, effort: float
) -> Proof:
    """Minimise one level over the model as limited so far, starting from a plan that meets the limits."""
    entries, constant = model.level(level)
    solver_model = cp_model.CpModel()
    columns = [solver_model.new_int_var(0, upper, "") for upper in model.upper]

    def expression(part: Entries) -> cp_model.LinearExprT:
        return cp_model.LinearExpr.weighted_sum([columns[c] for c, _ in part], [a for _, a in part])

    for part, limit in model.rows:
        solver_model.add(expression(part) <= limit)
    solver_model.minimize(expression(entries))
    chosen = set(rows)
    for row, column in model.sits.items():
        solver_model.add_hint(columns[column], row in chosen)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = options.seed % 2**31
    solver.parameters.max_deterministic_time = max(1e-3, effort)
    if options.deadline is not None:
        solver.parameters.max_time_in_seconds = max(0.01, options.deadline.remaining_seconds())
    status = solver.solve(solver_model)
    spent = float(solver.response_proto.deterministic_time)
    if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        is_impossible = status == cp_model.INFEASIBLE
        floor = model.costs.level_floor(level)
        return Proof(rows=list(rows), bound=floor, effort=spent, is_found=False, is_impossible=is_impossible)
    found = [row for row, column in model.sits.items() if solver.boolean_value(columns[column])]
    bound = max(model.costs.level_floor(level), round(solver.best_objective_bound) + constant)
    return Proof(rows=found, bound=bound, effort=spent, is_found=True, is_impossible=False)
