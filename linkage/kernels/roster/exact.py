"""The roster as a CP-SAT model, for small problems: proves bounds level by level from a given plan.

One worker and deterministic time make it repeatable. It never relaxes a hard rule; a level that is not
proven in its share of the effort keeps the best bound found.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ortools.sat.python import cp_model

from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.objective import FAIRNESS_MINUTES, Costs, load_units
from linkage.kernels.roster.result import RosterOptions
from linkage.terms import RosterObjective

Row = tuple[int, int, int]
Expression = Any
"""A linear expression, a variable or a plain number: the library's types do not add up under strict checking."""


def _cliques(own: Sequence[int], bits: dict[int, int]) -> list[list[int]]:
    """Cover all clashes of one volunteer by groups of which at most one shift can be served."""
    place = {shift: index for index, shift in enumerate(own)}
    covered: set[tuple[int, int]] = set()
    groups = []
    for first in own:
        for second in own[place[first] + 1 :]:
            if not bits[first] >> place[second] & 1 or (first, second) in covered:
                continue
            group = [first, second]
            for third in own[place[first] + 1 :]:
                if third != second and all(bits[third] >> place[member] & 1 for member in group):
                    group.append(third)
            group.sort(key=place.__getitem__)
            covered.update((a, b) for i, a in enumerate(group) for b in group[i + 1 :])
            groups.append(group)
    return groups


class ExactRoster:
    """The model and its state between levels."""

    def __init__(self, facts: HardFacts, costs: Costs) -> None:
        self.facts, self.costs = facts, costs
        self.model = cp_model.CpModel()
        self.sits: dict[Row, cp_model.IntVar] = {}
        self.serves: list[dict[int, Expression]] = []
        self._add_rules()
        self._terms: dict[RosterObjective, Expression] = {}

    def _add_rules(self) -> None:
        self.on_seat: list[list[cp_model.IntVar]] = [[] for _ in self.costs.target]
        for volunteer, own in enumerate(self.facts.shifts_of):
            self.serves.append({shift: self._add_places(volunteer, shift) for shift in own})
            self._add_clashes(volunteer, own)
            self._add_caps(volunteer, own)
        for seat, sitters in enumerate(self.on_seat):
            if len(sitters) > self.costs.target[seat]:
                self.model.add(sum(sitters) <= self.costs.target[seat])
        for volunteer, shift in self.facts.fixed:
            self.model.add(self.serves[volunteer][shift] == 1)

    def _add_places(self, volunteer: int, shift: int) -> Expression:
        places = []
        for seat in self.facts.seats_for[volunteer][shift]:
            sits = self.model.new_bool_var("")
            self.sits[volunteer, shift, seat] = sits
            self.on_seat[seat].append(sits)
            places.append(sits)
        if len(places) > 1:
            self.model.add_at_most_one(places)
        return sum(places)

    def _add_clashes(self, volunteer: int, own: Sequence[int]) -> None:
        seats = self.facts.seats_for[volunteer]
        for group in _cliques(own, self.facts.clashes_of[volunteer]):
            self.model.add_at_most_one(self.sits[volunteer, shift, seat] for shift in group for seat in seats[shift])

    def _add_caps(self, volunteer: int, own: Sequence[int]) -> None:
        people = self.facts.problem.volunteers
        self._add_cap(volunteer, own, int(people.max_minutes[volunteer]))
        for index, cap in (
            (self.facts.week, int(people.max_minutes_week[volunteer])),
            (self.facts.day, int(people.max_minutes_day[volunteer])),
        ):
            for value in sorted({index[s] for s in own}):
                self._add_cap(volunteer, [s for s in own if index[s] == value], cap)

    def _minutes(self, volunteer: int, own: Sequence[int]) -> Expression:
        return sum(self.facts.minutes[s] * self.serves[volunteer][s] for s in own)

    def _add_cap(self, volunteer: int, own: Sequence[int], cap: int) -> None:
        if sum(self.facts.minutes[s] for s in own) > cap:
            self.model.add(self._minutes(volunteer, own) <= cap)

    def term(self, objective: RosterObjective) -> Expression:
        """Return the expression of a term, its variables added on first use."""
        if objective not in self._terms:
            self._terms[objective] = getattr(self, f"_{objective.value}")()
        return self._terms[objective]

    def _uncovered(self) -> Expression:
        costs, parts = self.costs, []
        for seat, sitters in enumerate(self.on_seat):
            low, high = costs.place_cost[seat]
            parts.append(high * (costs.target[seat] - sum(sitters)))
            if costs.minimum[seat]:
                below = self.model.new_int_var(0, costs.minimum[seat], "")
                self.model.add(below >= costs.minimum[seat] - sum(sitters))
                parts.append((low - high) * below)
        return sum(parts)

    def _lead_missing(self) -> Expression:
        parts = []
        for shift, cost in enumerate(self.costs.lead_cost):
            if cost:
                missing = self.model.new_bool_var("")
                leads = [self.serves[v][shift] for v in self.facts.people_of[shift] if self.costs.is_lead[v]]
                self.model.add(sum(leads) + missing >= 1)
                parts.append(cost * missing)
        return sum(parts)

    def _pledge_shortfall(self) -> Expression:
        parts = []
        for volunteer, periods in enumerate(self.costs.pledge):
            for period, owed in enumerate(periods):
                if owed:
                    own = [s for s in self.facts.shifts_of[volunteer] if self.facts.period[s] == period]
                    short = self.model.new_int_var(0, owed, "")
                    self.model.add(short >= owed - self._minutes(volunteer, own))
                    parts.append(short)
        return sum(parts)

    def _disturbance(self) -> Expression:
        return sum(1 - self.serves[v].get(s, 0) for v, s in self.facts.previous)

    def _preference(self) -> Expression:
        wished = sum(
            weight * (1 - self.serves[v].get(s, 0))
            for v, wishes in enumerate(self.costs.wished)
            for s, weight in wishes.items()
        )
        unwished = sum(
            weight * self.serves[v].get(s, 0)
            for v, wishes in enumerate(self.costs.unwished)
            for s, weight in wishes.items()
        )
        return wished + unwished

    def _unfairness(self) -> Expression:
        parts = []
        for volunteer, own in enumerate(self.facts.shifts_of):
            most = load_units(
                min(sum(self.facts.minutes[s] for s in own), int(self.facts.problem.volunteers.max_minutes[volunteer]))
            )
            if most:
                load = self.model.new_int_var(0, most, "")
                square = self.model.new_int_var(0, most * most, "")
                self.model.add(FAIRNESS_MINUTES * load >= self._minutes(volunteer, own))
                for units in range(most):
                    self.model.add(square >= (2 * units + 1) * load - units * (units + 1))
                parts.append(square)
        return sum(parts)

    def _people_used(self) -> Expression:
        parts = []
        for volunteer, own in enumerate(self.facts.shifts_of):
            if own:
                used = self.model.new_bool_var("")
                for shift in own:
                    self.model.add(used >= self.serves[volunteer][shift])
                parts.append(used)
        return sum(parts)

    def _hint(self, rows: Sequence[Row]) -> None:
        self.model.clear_hints()  # type: ignore[no-untyped-call]  # no annotation upstream
        chosen = set(rows)
        for row, sits in self.sits.items():
            self.model.add_hint(sits, row in chosen)

    def improve(self, rows: Sequence[Row], options: RosterOptions) -> tuple[list[Row], list[int], float]:
        """Improve a plan level by level; return it with the bound of every level and the effort spent."""
        best, spent = list(rows), 0.0
        bounds = []
        for number, level in enumerate(self.costs.levels):
            value = self.costs.level_value(level, self.costs.terms(best))
            bound = 0
            if value > 0 and options.has_time():
                expression = sum(self.facts.problem.weight_of(t) * self.term(t) for t in level)
                self.model.minimize(expression)
                self._hint(best)
                solver = cp_model.CpSolver()
                solver.parameters.num_workers = 1
                solver.parameters.random_seed = options.seed % 2**31
                share = (options.exact_effort - spent) / (len(self.costs.levels) - number)
                solver.parameters.max_deterministic_time = max(1e-3, share)
                if options.deadline is not None:
                    solver.parameters.max_time_in_seconds = max(0.01, options.deadline.remaining_seconds())
                status = solver.solve(self.model)
                spent += solver.response_proto.deterministic_time
                if status in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
                    found = [row for row, sits in self.sits.items() if solver.boolean_value(sits)]
                    if self.costs.level_value(level, self.costs.terms(found)) <= value:
                        best = found
                        value = self.costs.level_value(level, self.costs.terms(best))
                bound = max(0, round(solver.best_objective_bound)) if status != cp_model.UNKNOWN else 0
            bounds.append(min(bound, value))
            self.model.clear_objective()  # type: ignore[no-untyped-call]  # no annotation upstream
            self.model.add(sum(self.facts.problem.weight_of(t) * self.term(t) for t in level) <= value)
        return best, bounds, spent
