"""The master problem: combine whole schedules so that the cover rows cost least (Dantzig and Wolfe 1960).

A linear program over the schedules known so far gives prices of rows; at these prices everybody's cheapest schedule is
found exactly, and joins if it would help. Prices are smoothed between rounds (Wentges 1997). Every round gives a
Lagrangian bound, summed in whole numbers from rounded prices, so that it holds whatever the linear solver's accuracy.
A `Node` narrows what is allowed; which nodes are looked at is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from linkage.kernels.roster.duty.pricing import Pricing
from linkage.kernels.roster.duty.sums import Sums, segments_of
from linkage.kernels.roster.duty.tables import NEVER, SCALE, Integers, Tables

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
SMOOTHING = 0.5
TRIES = 4
"""Prices tried after each linear program; the last try, if nothing was found, is at the program's own."""
EPSILON = 1e-6
SHORT = 1e-5
"""Less of what is missing does not count."""
LONGEST_SECONDS = 3600.0
"""A linear program that takes longer is given up, and its part of the search left open."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Node:
    """What is allowed in a part of the search: bounds on how many cover each row and on sums, and what is forbidden.

    `option_cost`, `rest_cost` are as in `Tables`, `NEVER` where forbidden; `settled` maps people to the only schedule
    they may have.
    """

    low: Integers
    high: Integers
    sum_low: Integers
    sum_high: Integers
    option_cost: Integers
    rest_cost: Integers
    bound: int
    depth: int = 0
    settled: Mapping[int, Integers] = field(default_factory=dict)


@dataclass(kw_only=True, eq=False)
class Relaxation:
    """What column generation found at a node: a valid bound (scaled), the weights of schedules, the values of sums.

    `is_short` says that something is missing in the answer, which is then no part of any plan.
    """

    bound: int
    sums: Floats = field(default_factory=lambda: np.zeros(0))
    weight: Floats = field(default_factory=lambda: np.zeros(0))
    is_finished: bool = True
    is_short: bool = False


class Master:
    """The pool of schedules and the linear program over them."""

    def __init__(self, t: Tables, row_cost: Integers, *, room: int, seconds_left: Callable[[], float]) -> None:
        from ortools.linear_solver import pywraplp

        self.t, self.row_cost, self.seconds_left = t, row_cost, seconds_left
        self.pricing = Pricing(t, room=room, seconds_left=seconds_left)
        self.known: dict[bytes, int] = {}
        self.person: list[int] = []
        self.own: list[int] = []
        self.path: list[Integers] = []
        self.variables: list[Any] = []
        self.is_open: list[bool] = []
        self.rounds = 0
        self.centre: Floats | None = None
        self._local, self.point = -NEVER, np.zeros(0)
        self._table = np.zeros((0, t.days), dtype=np.int64)
        self._counts = np.arange(row_cost.shape[1])
        solver: Any = pywraplp.Solver
        self.lp: Any = solver.CreateSolver("GLOP")
        self.lp.SetSolverSpecificParametersAsString("use_preprocessing:false")
        self._rows = [self.lp.Constraint(0, 0) for _ in range(row_cost.shape[0])]
        self._persons = [self.lp.Constraint(1, 1) for _ in range(t.people)]
        self._goal: Any = self.lp.Objective()
        self._goal.SetMinimization()
        segments = [segments_of(row_cost[row], t.people) for row in range(row_cost.shape[0])]
        self._segments = [self._add_segments(row, parts) for row, parts in enumerate(segments)]
        self.sums = Sums(segments, row_cost.shape[1])
        self._missing = [self._column(0.0, [constraint]) for constraint in (*self._persons, *self._rows)]
        self._sums = [self._add_sum(members) for members in self.sums.members]
        self.penalty = 0.0

    def _column(self, cost: float, constraints: list[Any]) -> Any:
        variable = self.lp.NumVar(0, self.lp.infinity(), "")
        self._goal.SetCoefficient(variable, cost)
        for constraint in constraints:
            constraint.SetCoefficient(variable, 1)
        return variable

    def _add_segments(self, row: int, parts: list[tuple[int, int, int]]) -> list[tuple[Any, int, int]]:
        """Cost a row by variables of constant slope; return them with where they begin and end."""
        segments: list[tuple[Any, int, int]] = []
        for slope, first, last in parts:
            variable = self.lp.NumVar(0, last - first, "")
            self._rows[row].SetCoefficient(variable, -1)
            self._goal.SetCoefficient(variable, slope / SCALE)
            segments.append((variable, first, last))
        return segments

    def _add_sum(self, members: list[tuple[int, int]]) -> tuple[Any, list[Any]]:
        constraint = self.lp.Constraint(0, self.lp.infinity())
        variables = [self._segments[row][part][0] for row, part in members]
        for variable in variables:
            constraint.SetCoefficient(variable, 1)
        for sign in (1, -1):
            self._missing.append(self._column(0.0, []))
            constraint.SetCoefficient(self._missing[-1], sign)
        return constraint, variables

    def rows_of(self, path: Integers) -> list[int]:
        """Rows that a schedule covers."""
        start, rows = self.t.row_start, self.t.rows
        return [row for option in path[path >= 0].tolist() for row in rows[start[option] : start[option + 1]].tolist()]

    def own_cost(self, person: int, path: Integers) -> int:
        """Private cost of a schedule."""
        options = path[path >= 0]
        units = int(self.t.group[self.pricing.group_of[options], 0].sum())
        return int(self.t.option_cost[options].sum()) + int(self.t.end_cost[self.t.size[person, 5] + units])

    def add(self, person: int, path: Integers) -> bool:
        """Let a schedule join the pool; False if it is there."""
        key = person.to_bytes(4, "little") + path.tobytes()
        if key in self.known:
            return False
        self.known[key] = len(self.person)
        own = self.own_cost(person, path)
        variable = self._column(own / SCALE, self._persons[person : person + 1])
        for row in self.rows_of(path):
            self._rows[row].SetCoefficient(variable, 1)
        self.person.append(person)
        self.own.append(own)
        self.path.append(path.copy())
        self.variables.append(variable)
        self.is_open.append(True)
        return True

    def add_plan(self, plan: Integers) -> None:
        """Let everybody's schedule of a plan join."""
        for person in range(self.t.people):
            self.add(person, plan[person])

    @property
    def table(self) -> Integers:
        """(n_columns, days) options of all schedules."""
        if self._table.shape[0] < len(self.path):
            self._table = np.concatenate((self._table, np.asarray(self.path[self._table.shape[0] :])))
        return self._table

    def allowed(self, node: Node) -> NDArray[np.bool_]:
        """Mark the schedules a node allows."""
        table = self.table
        forbidden = np.append(node.option_cost >= NEVER, values=False)[table]
        no_rest = node.rest_cost[np.asarray(self.person, dtype=np.int64)] >= NEVER
        broken: NDArray[np.bool_] = forbidden | (no_rest & (table < 0))
        return np.logical_not(broken.any(axis=1))

    def enter(self, node: Node) -> None:
        """Narrow the linear program to a node."""
        now = self.allowed(node)
        for index in np.flatnonzero(now != np.asarray(self.is_open)).tolist():
            self.variables[index].SetUb(self.lp.infinity() if now[index] else 0)
        self.is_open = now.tolist()
        for (constraint, _), low, high in zip(self._sums, node.sum_low.tolist(), node.sum_high.tolist(), strict=True):
            constraint.SetBounds(low, high)
        for row, segments in enumerate(self._segments):
            for variable, first, last in segments:
                variable.SetBounds(
                    max(0, min(last, int(node.low[row])) - first), max(0, min(last, int(node.high[row])) - first)
                )

    def _set_penalty(self, penalty: float) -> None:
        if penalty != self.penalty:
            self.penalty = penalty
            for variable in self._missing:
                self._goal.SetCoefficient(variable, penalty)

    def rows_at(self, node: Node, point: Floats) -> tuple[Integers, Integers, int]:
        """Turn prices into whole numbers: prices of rows, the cost of each number on each row, what sums add."""
        rounded = np.rint(point * SCALE).astype(np.int64)
        price, of_sums = np.split(rounded, [len(self._rows)])
        reduced = self.sums.tilt(self.row_cost - price[:, None] * self._counts, of_sums)
        inside = (self._counts >= node.low[:, None]) & (self._counts <= node.high[:, None])
        return price, np.where(inside, reduced, NEVER), self.sums.floor(of_sums, node.sum_low, node.sum_high)

    def _lagrangian(self, node: Node, tables: Tables, point: Floats) -> tuple[int, Flags, Integers, Floats]:
        """Bound a node at these prices and find everybody's cheapest schedule.

        Also says whose schedules keep all caps, and in which direction prices would raise the bound.
        """
        self.rounds += 1
        price, reduced, bound = self.rows_at(node, point)
        wanted = reduced.argmin(axis=1)
        bound += int(reduced[np.arange(price.size), wanted].sum())
        found = self.pricing.cheapest(tables, price, node.settled, self.rounds)
        if found is None:
            nothing = np.zeros((self.t.people, self.t.days), dtype=np.int64)
            return -NEVER, np.zeros(self.t.people, dtype=np.bool_), nothing, np.zeros(point.size)
        cost, keeps_caps, paths = found
        for person, path in node.settled.items():
            paths[person] = path
            cost[person] = self.own_cost(person, path) + int(price[self.rows_of(path)].sum())
        if cost.max(initial=0) >= NEVER:
            return NEVER, keeps_caps, paths, np.zeros(point.size)
        taken = np.zeros(price.size)
        for path in paths:
            np.add.at(taken, self.rows_of(path), 1)
        of_sums = self.sums.uphill(point[price.size :], node.sum_low, node.sum_high, wanted)
        return bound + int(cost.sum()), keeps_caps, paths, np.append(taken - wanted, of_sums)

    def solve(self, node: Node, *, cutoff: int, penalty: float, slack: float = 0.0) -> Relaxation:
        """Generate schedules at a node until its whole-number bound is settled or reaches `cutoff` (scaled).

        `slack` is how far the bound may stay behind the answer.
        """
        self.enter(node)
        self._set_penalty(penalty)
        tables = self.t._replace(option_cost=node.option_cost, rest_cost=node.rest_cost)
        result = Relaxation(bound=node.bound)
        self._local, self.point = -NEVER, np.zeros(0)
        base = float(self.row_cost[:, 0].sum()) / SCALE
        while self.seconds_left() > 0:
            self.lp.SetTimeLimit(int(1000 * min(LONGEST_SECONDS, self.seconds_left())) + 1)
            if self.lp.Solve() != self.lp.OPTIMAL:
                break
            value = self._goal.Value() + base
            settled = value - EPSILON - max(slack, -result.bound % SCALE / SCALE)
            weight = np.asarray([variable.solution_value() for variable in self.variables])
            sums = [sum(variable.solution_value() for variable in variables) for _, variables in self._sums]
            missing = max((variable.solution_value() for variable in self._missing), default=0.0)
            is_done = result.bound >= cutoff or result.bound / SCALE >= settled
            if is_done or not self._price_out(node, tables, value, result, cutoff):
                return replace(result, weight=weight, sums=np.asarray(sums), is_short=missing > SHORT)
        result.is_finished = False
        return result

    def duals(self) -> Floats:
        """Prices of rows and of sums by the last linear program."""
        of_sums = [constraint.dual_value() for constraint, _ in self._sums]
        return np.asarray([*(-row.dual_value() for row in self._rows), *of_sums])

    def _price_out(self, node: Node, tables: Tables, value: float, result: Relaxation, cutoff: int) -> int:
        """Let schedules join that help at the linear program's prices, found at these and at smoother ones; count them."""
        price = self.duals()
        worth = np.asarray([person.dual_value() for person in self._persons])
        added = 0
        point = price if self.centre is None else SMOOTHING * self.centre + (1 - SMOOTHING) * price
        for attempt in range(TRIES):
            bound, keeps_caps, paths, uphill = self._lagrangian(node, tables, point)
            result.bound = max(result.bound, bound)
            if bound > self._local:
                self._local, self.centre, self.point = bound, point, point
            if result.bound >= cutoff or bound <= -NEVER:
                return added
            added += sum(
                self.add(person, paths[person])
                for person in np.flatnonzero(keeps_caps).tolist()
                if self._reduced_cost(person, paths[person], price) < worth[person] - EPSILON
            )
            if attempt == TRIES - 2 and added:
                break
            steepness = float(uphill @ uphill)
            if attempt == TRIES - 2 or steepness == 0:
                point = price
            else:
                point = point + max(0.0, value - bound / SCALE) / steepness * uphill
        return added

    def _reduced_cost(self, person: int, path: Integers, price: Floats) -> float:
        return self.own_cost(person, path) / SCALE + float(price[self.rows_of(path)].sum())

    def root(self, most: Integers) -> Node:
        """Allow everything but more than the most people on a row."""
        return Node(
            low=np.zeros(len(self._rows), dtype=np.int64),
            high=most,
            sum_low=np.zeros_like(self.sums.most),
            sum_high=self.sums.most,
            option_cost=self.t.option_cost,
            rest_cost=self.t.rest_cost,
            bound=-NEVER,
        )
