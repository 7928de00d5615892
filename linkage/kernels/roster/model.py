"""The roster as one linear model in whole numbers, in no solver's language.

Columns are places taken and what the terms need; every row says "sum at most". Terms are added when they are
first asked for, so that a bound on coverage does not carry the columns of fairness. `linear` relaxes the model,
`exact` solves it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from linkage.kernels.roster.columns import NO_LIMIT
from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.model_rules import newcomer_rows, pattern_rows, team_rows
from linkage.kernels.roster.objective import FAIRNESS_MINUTES, Costs, load_units
from linkage.kernels.roster.result import RuleUse
from linkage.terms import RosterObjective, RosterRule

Row = tuple[int, int, int]
Entries = list[tuple[int, int]]
"""Columns and their coefficients."""


def cliques(own: Sequence[int], bits: Sequence[int], bit_of: Sequence[int]) -> list[list[int]]:
    """Cover all clashes of one volunteer by groups of which at most one shift can be served."""
    shift_of = {bit_of[shift]: shift for shift in own}
    mask = sum(shift_of)
    covered = dict.fromkeys(own, 0)
    groups = []
    for first in own:
        later = bits[first] & mask & ~(2 * bit_of[first] - 1)
        while left := later & ~covered[first]:
            group, common, bit = [first], later, left & -left
            while bit:
                group.append(shift_of[bit])
                common &= bits[shift_of[bit]] & ~bit
                bit = common & -common
            together = sum(bit_of[shift] for shift in group)
            for shift in group:
                covered[shift] |= together
            groups.append(sorted(group, key=bit_of.__getitem__))
    return groups


@dataclass(eq=False)
class LinearModel:
    """Columns 0.. with upper bounds (all start at 0) and rows `sum of entries <= limit`."""

    facts: HardFacts
    costs: Costs
    upper: list[int] = field(default_factory=list)
    rows: list[tuple[Entries, int]] = field(default_factory=list)
    uses: dict[int, RuleUse] = field(default_factory=dict)
    sits: dict[Row, int] = field(default_factory=dict)
    terms: dict[RosterObjective, tuple[Entries, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        seats, facts = self.facts.problem.seats, self.facts
        self.on_seat: list[list[int]] = [[] for _ in self.costs.target]
        self.at_most_one: list[list[list[int]]] = []
        self.cover_rows: list[tuple[int, int]] = []
        self.lead_rows: list[tuple[int, int]] = []
        for volunteer, own in enumerate(facts.shifts_of):
            for shift in own:
                for seat in facts.seats_for[volunteer][shift]:
                    self.sits[volunteer, shift, seat] = self.column(1)
                    self.on_seat[seat].append(self.sits[volunteer, shift, seat])
            self._add_clashes(volunteer, own)
            self._add_caps(volunteer, own)
        for seat, (shift, maximum) in enumerate(zip(seats.shift.tolist(), seats.maximum.tolist(), strict=True)):
            if len(self.on_seat[seat]) > maximum:
                use = RuleUse(rule=RosterRule.SEATS, shift=shift, seat=seat, limit=maximum)
                self.add([(sits, 1) for sits in self.on_seat[seat]], maximum, use)
        for volunteer, shift in facts.fixed:
            use = RuleUse(rule=RosterRule.FIXED, volunteer=volunteer, shift=shift)
            self.add([(sits, -1) for sits in self.serving(volunteer, shift)], -1, use)
        for build in (newcomer_rows, team_rows, pattern_rows):
            for entries, limit, use in build(self):
                self.add(entries, limit, use)

    def column(self, upper: int) -> int:
        """Open a column of 0 .. upper."""
        self.upper.append(upper)
        return len(self.upper) - 1

    def add(self, entries: Entries, limit: int, use: RuleUse | None = None) -> None:
        """Demand that the sum of the entries is not above the limit; `use` names the hard rule that says so."""
        if use is not None:
            self.uses[len(self.rows)] = use
        self.rows.append((entries, limit))

    def serving(self, volunteer: int, shift: int) -> list[int]:
        """Columns of a volunteer's places on a shift; none for a pair that is no candidate."""
        if not self.facts.candidate[volunteer, shift]:
            return []
        return [self.sits[volunteer, shift, seat] for seat in self.facts.seats_for[volunteer][shift]]

    def _amounts(self, volunteer: int, own: Iterable[int], amount: Sequence[int], factor: int = 1) -> Entries:
        return [(sits, factor * amount[shift]) for shift in own for sits in self.serving(volunteer, shift)]

    def _minutes(self, volunteer: int, own: Iterable[int], factor: int = 1) -> Entries:
        return self._amounts(volunteer, own, self.facts.minutes, factor)

    def _add_clashes(self, volunteer: int, own: Sequence[int]) -> None:
        groups = cliques(own, self.facts.clashes_of[volunteer], self.facts.bit_of)
        single = set(own).difference(*groups)
        groups += [[shift] for shift in own if shift in single]
        columns = [[sits for shift in group for sits in self.serving(volunteer, shift)] for group in groups]
        self.at_most_one.append(columns)
        for shifts, group in zip(groups, columns, strict=True):
            if len(group) > 1:
                rule = RosterRule.GAPS if len(shifts) > 1 else RosterRule.SEATS
                self.add([(sits, 1) for sits in group], 1, RuleUse(rule=rule, volunteer=volunteer, shift=shifts[0]))

    def _add_caps(self, volunteer: int, own: Sequence[int]) -> None:
        people, facts = self.facts.problem.volunteers, self.facts
        parts = [(RosterRule.MAX_MINUTES, facts.minutes, people.max_minutes, [-1] * len(facts.minutes))]
        parts += [
            (RosterRule.MAX_MINUTES_WEEK, facts.minutes, people.max_minutes_week, facts.week),
            (RosterRule.MAX_MINUTES_DAY, facts.minutes, people.max_minutes_day, facts.day),
            (RosterRule.STRAIN_WEEK, facts.strain, people.strain_cap_week, facts.week),
        ]
        for rule, amount, caps, index in parts:
            cap = int(caps[volunteer])
            for value in sorted({index[s] for s in own}) if cap < NO_LIMIT else ():
                shifts = [s for s in own if index[s] == value]
                if sum(amount[s] for s in shifts) > cap:
                    use = RuleUse(rule=rule, volunteer=volunteer, index=value, limit=cap)
                    self.add(self._amounts(volunteer, shifts, amount), cap, use)

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
                    missing = self.column(people)
                    self.cover_rows.append((len(self.rows), seat))
                    self.rows.append(([(missing, -1), *((sits, -1) for sits in sitters)], -people))
                    entries.append((missing, cost))
            over = -costs.savings[seat][-1]
            if over and len(sitters) > costs.target[seat]:
                beyond = self.column(len(sitters) - costs.target[seat])
                self.add([(beyond, -1), *((sits, 1) for sits in sitters)], costs.target[seat])
                entries.append((beyond, over))
        return entries, 0

    def _lead_missing(self) -> tuple[Entries, int]:
        entries = []
        for shift, cost in enumerate(self.costs.lead_cost):
            if cost:
                missing = self.column(1)
                leads = [v for v in self.facts.people_of[shift] if self.costs.is_lead[v]]
                led = [(sits, -1) for v in leads for sits in self.serving(v, shift)]
                self.lead_rows.append((len(self.rows), shift))
                self.rows.append(([(missing, -1), *led], -1))
                entries.append((missing, cost))
        return entries, 0

    def _pledge_shortfall(self) -> tuple[Entries, int]:
        entries = []
        for volunteer, periods in enumerate(self.costs.pledge):
            for period, owed in enumerate(periods):
                if owed:
                    own = [s for s in self.facts.shifts_of[volunteer] if self.facts.period[s] == period]
                    short = self.column(owed)
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
        for sitters in self._groups_together():
            first = self.column(1)
            for sits in sitters:
                self.rows.append(([(sits, 1), (first, -1)], 0))
            weight = self.facts.problem.together_weight
            entries += [(first, weight), *((sits, -weight) for sits in sitters)]
        return entries, sum(weight for wishes in self.costs.wished for weight in wishes.values())

    def _groups_together(self) -> Iterator[list[int]]:
        """Yield for each group and shift that two or more of the group may serve their columns."""
        members: dict[int, list[int]] = defaultdict(list)
        for volunteer, group in enumerate(self.costs.group):
            if group >= 0:
                members[group].append(volunteer)
        for people in members.values():
            for shift in range(len(self.facts.minutes)):
                able = [v for v in people if self.facts.candidate[v, shift]]
                if len(able) > 1:
                    yield [sits for v in able for sits in self.serving(v, shift)]

    def _unfairness(self) -> tuple[Entries, int]:
        """Square the load by steps: the k-th unit of load costs 2k - 1."""
        entries = []
        cap = self.facts.problem.volunteers.max_minutes
        for volunteer, own in enumerate(self.facts.shifts_of):
            most = load_units(min(sum(self.facts.minutes[s] for s in own), int(cap[volunteer])))
            steps = [(self.column(1), 2 * unit + 1) for unit in range(most)]
            entries += steps
            if steps:
                units = [(column, -FAIRNESS_MINUTES) for column, _ in steps]
                self.rows.append((self._minutes(volunteer, own) + units, 0))
        return entries, 0

    def _people_used(self) -> tuple[Entries, int]:
        entries = []
        for groups in self.at_most_one:
            if groups:
                used = self.column(1)
                self.rows += [([(used, -1), *((sits, 1) for sits in group)], 0) for group in groups]
                entries.append((used, 1))
        return entries, 0
