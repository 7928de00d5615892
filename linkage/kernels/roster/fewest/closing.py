"""Asks CP-SAT for a plan with few people, or for the proof that there is none: the last word where it can be had.

The model has a column for each person and unit they can take, and says for each largest group of units that exclude
one another that a person takes one of them at most, and none if the person is not used. One worker and deterministic
time make it repeatable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from ortools.sat.python import cp_model

from linkage.kernels.roster.fewest.units import Integers, Units
from linkage.kernels.roster.result import RosterOptions

ENDING_SECONDS: Final = 4e-5
"""Time the exact solver may take to stop, for each column, when its time is up."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Closing:
    """What the exact solver found out.

    Parameters
    ----------
    holder
        (n_units,) person of each unit in a plan with at most the people asked for, or None.
    bound
        Fewest people of any plan that covers everything, as far as known.
    is_impossible
        No plan with the people asked for covers everything.
    effort
        Deterministic seconds spent.
    """

    holder: Integers | None
    bound: int
    is_impossible: bool
    effort: float


def largest_groups(units: Units, kind: int) -> list[list[int]]:
    """Cover all exclusions of a kind of people by groups that exclude one another, without groups inside a later one."""
    first, near = units.neighbours
    beside = [set(near[first[kind, u] : first[kind, u + 1]].tolist()) for u in range(units.count)]
    groups: list[list[int]] = []
    for unit in range(units.count):
        open_groups: list[list[int]] = [[unit]]
        for other in sorted(other for other in beside[unit] if other < unit):
            for group in open_groups:
                if len(beside[other].intersection(group)) == len(group):
                    group.append(other)
                    break
            else:
                open_groups.append([unit, other])
        groups += open_groups
    kept = []
    for group in groups:
        members = set(group)
        later = set.intersection(*(beside[u] for u in group)) if group else set()
        if not any(other > max(members) for other in later):
            kept.append(sorted(group))
    return kept


class Model:
    """The model of all plans with so many people."""

    def __init__(self, units: Units, *, least: int, most: int) -> None:
        self.units = units
        self.model = model = cp_model.CpModel()
        n_people = units.people.size
        self.used = [model.new_bool_var("") for _ in range(n_people)]
        self.takes: dict[tuple[int, int], cp_model.IntVar] = {}
        takers: list[list[cp_model.IntVar]] = [[] for _ in range(units.count)]
        for person, unit in np.argwhere(units.able).tolist():
            self.takes[person, unit] = taken = model.new_bool_var("")
            takers[unit].append(taken)
        for options in takers:
            model.add_exactly_one(options)
        groups = [largest_groups(units, kind) for kind in range(units.neighbours[0].shape[0])]
        for person in range(n_people):
            used = self.used[person]
            for group in groups[int(units.kind[person])]:
                own = [self.takes[person, unit] for unit in group if (person, unit) in self.takes]
                if own and least == most == len(group):
                    model.add(cp_model.LinearExpr.sum(own) == used)
                elif own:
                    model.add(cp_model.LinearExpr.sum(own) <= used)
            self._add_caps(person)
        self.count = cp_model.LinearExpr.sum(self.used)
        model.add_linear_constraint(self.count, least, most)
        if least < most:
            model.minimize(self.count)

    def _add_caps(self, person: int) -> None:
        group, amount, limit = self.units.caps
        own = np.flatnonzero(self.units.able[person])
        for cap in range(group.shape[0]):
            for index in np.unique(group[cap, own]).tolist():
                rows = own[(group[cap, own] == index) & (amount[cap, own] > 0)]
                if int(amount[cap, rows].sum()) > limit[cap, person]:
                    columns = [self.takes[person, unit] for unit in rows.tolist()]
                    part = cp_model.LinearExpr.weighted_sum(columns, amount[cap, rows].tolist())
                    self.model.add(part <= int(limit[cap, person]))

    def hint(self, holder: Integers) -> None:
        """Start from a plan."""
        for (person, unit), column in self.takes.items():
            self.model.add_hint(column, bool(holder[unit] == person))


def close(
    units: Units, *, least: int, most: int, holder: Integers | None, options: RosterOptions, effort: float
) -> Closing:
    """Look for a plan with `least` to `most` people that covers everything.

    Parameters
    ----------
    holder
        (n_units,) person of each unit in a plan to start from, whatever its size.
    effort
        Deterministic seconds, at most.
    """
    built = Model(units, least=least, most=most)
    if holder is not None and least < most:
        built.hint(holder)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = options.seed % 2**31
    solver.parameters.max_deterministic_time = max(1e-3, effort)
    if options.deadline is not None:
        solver.parameters.max_time_in_seconds = max(
            0.01, options.deadline.remaining_seconds() - ENDING_SECONDS * len(built.takes)
        )
    status = solver.solve(built.model)
    spent = float(solver.response_proto.deterministic_time)
    if status == cp_model.INFEASIBLE:
        return Closing(holder=None, bound=most + 1, is_impossible=True, effort=spent)
    if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        return Closing(holder=None, bound=least, is_impossible=False, effort=spent)
    found = np.full(units.count, -1, dtype=np.int64)
    for (person, unit), column in built.takes.items():
        if solver.boolean_value(column):
            found[unit] = person
    bound = max(least, round(solver.best_objective_bound)) if least < most else least
    return Closing(holder=found, bound=bound, is_impossible=False, effort=spent)
