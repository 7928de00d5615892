"""The roster as one linear model in whole numbers, in no solver's language.

Columns are places taken and what the terms need; every row says "sum at most". Terms are added when they are
first asked for, so that a bound on coverage does not carry the columns of fairness. `linear` relaxes the model,
`exact` solves it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.objective import FAIRNESS_MINUTES, Costs, load_units
from linkage.terms import RosterObjective

Row = tuple[int, int, int]
Entries = list[tuple[int, int]]
"""Columns and their coefficients."""


def cliques(own: Sequence[int], bits: dict[int, int]) -> list[list[int]]:
    """Cover all clashes of one volunteer by groups of which at most one shift can be served."""
    place = {shift: index for index, shift in enumerate(own)}
    covered: set[tuple[int, int]] = set()
    groups = []
    for first in own:
        for second in own[place[first] + 1 :]:
            if not bits[first] >> place[second] & 1 or (first, second) in covered:
                continue
            group, common = [first, second], bits[first] & bits[second]
            for third in own[place[first] + 1 :]:
                if third != second and common >> place[third] & 1:
                    group.append(third)
                    common &= bits[third]
            group.sort(key=place.__getitem__)
            covered.update((a, b) for i, a in enumerate(group) for b in group[i + 1 :])
            groups.append(group)
    return groups


@dataclass(eq=False)
class LinearModel:
    """Columns 0.. with upper bounds (all start at 0) and rows `sum of entries <= limit`."""

    facts: HardFacts
    costs: Costs
    upper: list[int] = field(default_factory=list)
    rows: list[tuple[Entries, int]] = field(default_factory=list)
    sits: dict[Row, int] = field(default_factory=dict)
    terms: dict[RosterObjective, tuple[Entries, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.on_seat: list[list[int]] = [[] for _ in self.costs.target]
        self.at_most_one: list[list[list[int]]] = []
        for volunteer, own in enumerate(self.facts.shifts_of):
            for shift in own:
                for seat in self.facts.seats_for[volunteer][shift]:
                    self.sits[volunteer, shift, seat] = self._column(1)
                    self.on_seat[seat].append(self.sits[volunteer, shift, seat])
            self._add_clashes(volunteer, own)
            self._add_caps(volunteer, own)
        for seat, sitters in enumerate(self.on_seat):
            if len(sitters) > self.costs.target[seat]:
                self.rows.append(([(sits, 1) for sits in sitters], self.costs.target[seat]))
        for volunteer, shift in self.facts.fixed:
            self.rows.append(([(sits, -1) for sits in self.serving(volunteer, shift)], -1))

    def _column(self, upper: int) -> int:
        self.upper.append(upper)
        return len(self.upper) - 1

    def serving(self, volunteer: int, shift: int) -> list[int]:
        """Columns of a volunteer's places on a shift; none for a pair that is no candidate."""
        seats = self.facts.seats_for[volunteer].get(shift, ())
        return [self.sits[volunteer, shift, seat] for seat in seats]

    def _minutes(self, volunteer: int, own: Iterable[int], factor: int = 1) -> Entries:
        minutes = self.facts.minutes
        return [(sits, factor * minutes[shift]) for shift in own for sits in self.serving(volunteer, shift)]

    def _add_clashes(self, volunteer: int, own: Sequence[int]) -> None:
        groups = cliques(own, self.facts.clashes_of[volunteer])
        single = set(own).difference(*groups)
        groups += [[shift] for shift in own if shift in single]
        columns = [[sits for shift in group for sits in self.serving(volunteer, shift)] for group in groups]
        self.at_most_one.append(columns)
        self.rows += [([(sits, 1) for sits in group], 1) for group in columns if len(group) > 1]

    def _add_caps(self, volunteer: int, own: Sequence[int]) -> None:
        people = self.facts.problem.volunteers
        parts: list[tuple[int, list[int]]] = [(int(people.max_minutes[volunteer]), list(own))]
        for index, cap in (
            (self.facts.week, int(people.max_minutes_week[volunteer])),
            (self.facts.day, int(people.max_minutes_day[volunteer])),
        ):
            parts += [(cap, [s for s in own if index[s] == value]) for value in sorted({index[s] for s in own})]
        for cap, shifts in parts:
            if sum(self.facts.minutes[s] for s in shifts) > cap:
                self.rows.append((self._minutes(volunteer, shifts), cap))

    def term(self, objective: RosterObjective) -> tuple[Entries, int]:
        """Return the entries and the constant of a term."""
        if objective not in self.terms:
            build = {
                RosterObjective.UNCOVERED: self._uncovered,
                RosterObjective.LEAD_MISSING: self._lead_missing,
                RosterObjective.PLEDGE_SHORTFALL: self._pledge_shortfall,
                RosterObjective.DISTURBANCE: self._disturbance,
                RosterObjective.PREFERENCE: self._preference,
                RosterObjective.UNFAIRNESS: self._unfairness,
                RosterObjective.PEOPLE_USED: self._people_used,
            }
            self.terms[objective] = build[objective]()
        return self.terms[objective]

    def level(self, terms: Sequence[RosterObjective]) -> tuple[Entries, int]:
        """Return the weighted sum of a level's terms."""
        entries: Entries = []
        constant = 0
        for objective in terms:
            weight = self.facts.problem.weight_of(objective)
            own, base = self.term(objective)
            entries += [(column, weight * coefficient) for column, coefficient in own]
            constant += weight * base
        return entries, constant

    def limit_level(self, terms: Sequence[RosterObjective], value: int) -> None:
        """Demand that a level is not above a value from now on."""
        entries, constant = self.level(terms)
        self.rows.append((entries, value - constant))

    def _uncovered(self) -> tuple[Entries, int]:
        """Count missing people in a column for every seat, so that limits on coverage stay sparse."""
        costs, entries = self.costs, []
        for seat, sitters in enumerate(self.on_seat):
            low, high = costs.place_cost[seat]
            for people, cost in ((costs.target[seat], high), (costs.minimum[seat], low - high)):
                if people and cost:
                    missing = self._column(people)
                    self.rows.append(([(missing, -1), *((sits, -1) for sits in sitters)], -people))
                    entries.append((missing, cost))
        return entries, 0

    def _lead_missing(self) -> tuple[Entries, int]:
        entries = []
        for shift, cost in enumerate(self.costs.lead_cost):
            if cost:
                missing = self._column(1)
                leads = [v for v in self.facts.people_of[shift] if self.costs.is_lead[v]]
                led = [(sits, -1) for v in leads for sits in self.serving(v, shift)]
                self.rows.append(([(missing, -1), *led], -1))
                entries.append((missing, cost))
        return entries, 0

    def _pledge_shortfall(self) -> tuple[Entries, int]:
        entries = []
        for volunteer, periods in enumerate(self.costs.pledge):
            for period, owed in enumerate(periods):
                if owed:
                    own = [s for s in self.facts.shifts_of[volunteer] if self.facts.period[s] == period]
                    short = self._column(owed)
                    self.rows.append(([(short, -1), *self._minutes(volunteer, own, -1)], -owed))
                    entries.append((short, 1))
        return entries, 0

    def _disturbance(self) -> tuple[Entries, int]:
        entries = [(sits, -1) for v, s in self.facts.previous for sits in self.serving(v, s)]
        return entries, len(self.facts.previous)

    def _preference(self) -> tuple[Entries, int]:
        entries = []
        for sign, table in ((-1, self.costs.wished), (1, self.costs.unwished)):
            for volunteer, wishes in enumerate(table):
                for shift, weight in wishes.items():
                    entries += [(sits, sign * weight) for sits in self.serving(volunteer, shift)]
        return entries, sum(weight for wishes in self.costs.wished for weight in wishes.values())

    def _unfairness(self) -> tuple[Entries, int]:
        """Square the load by steps: the k-th unit of load costs 2k - 1."""
        entries = []
        cap = self.facts.problem.volunteers.max_minutes
        for volunteer, own in enumerate(self.facts.shifts_of):
            most = load_units(min(sum(self.facts.minutes[s] for s in own), int(cap[volunteer])))
            steps = [(self._column(1), 2 * unit + 1) for unit in range(most)]
            entries += steps
            if steps:
                units = [(column, -FAIRNESS_MINUTES) for column, _ in steps]
                self.rows.append((self._minutes(volunteer, own) + units, 0))
        return entries, 0

    def _people_used(self) -> tuple[Entries, int]:
        entries = []
        for groups in self.at_most_one:
            if groups:
                used = self._column(1)
                self.rows += [([(used, -1), *((sits, 1) for sits in group)], 0) for group in groups]
                entries.append((used, 1))
        return entries, 0
