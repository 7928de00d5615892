"""Read a roster problem as people who choose, day by day, among bundles of places: the arrays of `tables`.

A person with a pattern takes one place a day at most; anybody else takes any set of shifts of a day that exclude no
other. What a person's own path decides (pattern, caps, clashes of neighbouring days, fixed pairs, wishes, disturbance,
pledge, load) becomes choices and costs, what several people decide (seats, leads) becomes cover rows. What fits neither
is refused by name. Nothing is chosen here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import gcd

import numpy as np

from linkage.kernels.roster.columns import NO_LIMIT
from linkage.kernels.roster.duty.tables import HARD, SCALE, Choice, Integers, Person, Tables, build
from linkage.kernels.roster.hard import Flags, HardFacts
from linkage.kernels.roster.objective import Costs, load_units
from linkage.terms import RosterObjective

Place = tuple[int, int]
"""A shift and one of its seats."""
MOST_BUNDLES = 60
"""Bundles of one person on one day, at most; nodes keep their classes in the bits of an int64."""
MOST_SHIFTS = 4000
"""Beyond, the table of clashes would not fit."""


class NotSupported(ValueError):
    """The problem has a rule that whole schedules cannot express; another method has to solve it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Duty:
    """A roster problem ready for schedules.

    Parameters
    ----------
    row_cost
        (n_rows, n_people + 2) int64 scaled cost of each number of people on a row; `HARD` more for each beyond the most.
    most
        (n_rows,) int64 people, never exceeded.
    tags
        (n_options,) int64 row of `bundles`.
    bundles
        Places taken together.
    constant
        What no choice changes, in whole units.
    """

    tables: Tables
    row_cost: Integers
    most: Integers
    tags: Integers
    bundles: list[tuple[Place, ...]]
    constant: int

    def rows_of(self, plan: Integers) -> list[tuple[int, int, int]]:
        """Turn options by person and day into rows of volunteer, shift and seat."""
        return [
            (person, shift, seat)
            for person, path in enumerate(plan.tolist())
            for option in path
            if option >= 0
            for shift, seat in self.bundles[int(self.tags[option])]
        ]


def refusals(facts: HardFacts) -> Iterator[str]:
    """Name what couples people, or days far apart, in ways that schedules cannot express."""
    problem = facts.problem
    people = problem.volunteers
    if problem.teams:
        yield "teams serve together"
    if (people.newcomer[:, None] & facts.alone).any():
        yield "newcomers need company"
    members = people.group[people.group >= 0]
    if problem.together_weight and np.unique(members).size < members.size:
        yield "groups like to serve together"
    if problem.period_count > 1 and people.pledge_minutes.any():
        yield "pledges count in several periods"
    if problem.minimum_factor < 1:
        yield "missing below the minimum weighs less than missing above"
    if problem.shift_count > MOST_SHIFTS:
        yield "there are too many shifts"
    yield from _weekly_refusals(facts)


def _weekly_refusals(facts: HardFacts) -> Iterator[str]:
    problem = facts.problem
    strain = problem.shifts.strain
    for amount, caps, name in (
        (problem.shifts.minutes, problem.volunteers.max_minutes_week, "minutes"),
        (strain, problem.volunteers.strain_cap_week, "strain"),
    ):
        for volunteer in np.flatnonzero(caps < NO_LIMIT).tolist():
            by_week: dict[int, int] = defaultdict(int)
            by_day: dict[int, list[int]] = defaultdict(list)
            for shift in facts.shifts_of[volunteer]:
                by_day[facts.day[shift]].append(int(amount[shift]))
            for day, amounts in by_day.items():
                one_a_day = facts.pattern_of[volunteer] >= 0
                by_week[int(problem.weeks[day])] += max(amounts) if one_a_day else sum(amounts)
            if any(total > caps[volunteer] for total in by_week.values()):
                yield f"the weekly cap of {name} of volunteer {volunteer} may bind"
                return


class _Reader:
    def __init__(self, facts: HardFacts, costs: Costs, unit: Mapping[RosterObjective, int]) -> None:
        self.facts, self.costs, self.unit = facts, costs, unit
        self.bundles: list[tuple[Place, ...]] = []
        self.lead_row = {
            s: facts.problem.seat_count + i for i, s in enumerate(np.flatnonzero(costs.lead_cost).tolist())
        }
        everything = np.arange(facts.problem.shift_count)
        self._clashes: dict[tuple[int, bool], Flags] = {}
        self._everything = everything
        self.fixed: dict[int, set[int]] = defaultdict(set)
        for volunteer, shift in facts.fixed:
            self.fixed[volunteer].add(shift)

    def clashes(self, volunteer: int) -> Flags:
        kind = self.facts.clash_kinds[volunteer]
        if kind not in self._clashes:
            table = self.facts.clash_table(volunteer, self._everything, self._everything)
            self._clashes[kind] = table
        return self._clashes[kind]

    def _sets(self, volunteer: int, shifts: Sequence[int]) -> list[tuple[int, ...]]:
        """Sets of shifts of one day that a person can serve together."""
        clash, facts = self.clashes(volunteer), self.facts
        cap = int(facts.problem.volunteers.max_minutes_day[volunteer])
        found: list[tuple[int, ...]] = []
        growing: list[tuple[int, ...]] = [()]
        for shift in shifts:
            for chosen in list(growing):
                fits = sum(facts.minutes[s] for s in (*chosen, shift)) <= cap
                if fits and not any(clash[shift, other] for other in chosen):
                    growing.append((*chosen, shift))
                    if len(growing) > MOST_BUNDLES:
                        raise NotSupported(f"volunteer {volunteer} can combine too many shifts of a day")
        found = growing[1:]
        must = self.fixed[volunteer] & set(shifts)
        return [chosen for chosen in found if must <= set(chosen)]

    def _taste(self, volunteer: int, shift: int) -> int:
        costs, unit = self.costs, self.unit
        wish = costs.unwished[volunteer].get(shift, 0) - costs.wished[volunteer].get(shift, 0)
        kept = shift in costs.kept[volunteer]
        return unit[RosterObjective.PREFERENCE] * wish - unit[RosterObjective.DISTURBANCE] * kept

    def _rows(self, volunteer: int, places: Sequence[Place]) -> tuple[int, ...]:
        rows = [seat for _, seat in places]
        if self.costs.is_lead[volunteer]:
            rows += [self.lead_row[shift] for shift, _ in places if shift in self.lead_row]
        return tuple(rows)

    def _kinds(self, volunteer: int, days: Sequence[Sequence[tuple[int, ...]]]) -> list[list[tuple[int, int]]]:
        """Class and predecessors (bits of classes) of every set of every day."""
        clash = self.clashes(volunteer)
        out: list[list[tuple[int, int]]] = []
        before: list[tuple[int, ...]] = []
        classes: dict[tuple[bool, ...], int] = {}
        may_follow: list[list[bool]] = []
        for day, sets in enumerate(days):
            follows = [
                sum({1 << classes[tuple(row)] for row in may_follow if row[place]}) for place in range(len(sets))
            ]
            after = days[day + 1] if day + 1 < len(days) else []
            may_follow = [[not any(clash[a, b] for a, b in product(one, two)) for two in after] for one in sets]
            classes = {}
            for row in may_follow:
                classes.setdefault(tuple(row), len(classes))
            out.append([(classes[tuple(row)], mask) for row, mask in zip(may_follow, follows, strict=True)])
            before = list(sets)
        del before
        return out

    def _check_far(self, volunteer: int) -> None:
        own = np.asarray(self.facts.shifts_of[volunteer], dtype=np.int64)
        if own.size:
            day = np.asarray(self.facts.day)[own]
            far = np.abs(day[:, None] - day[None, :]) > 1
            if (self.clashes(volunteer)[np.ix_(own, own)] & far).any():
                raise NotSupported(f"shifts of volunteer {volunteer} more than a day apart exclude each other")

    def person(self, volunteer: int) -> Person:
        facts, problem = self.facts, self.facts.problem
        self._check_far(volunteer)
        by_day: dict[int, list[int]] = defaultdict(list)
        for shift in facts.shifts_of[volunteer]:
            by_day[facts.day[shift]].append(shift)
        sets = [self._sets(volunteer, by_day[day]) for day in range(problem.horizon_days)]
        kinds = self._kinds(volunteer, sets)
        row = facts.pattern_of[volunteer]
        patterns = problem.patterns
        caps, slot_of = self._caps(row, [shift for shifts in by_day.values() for shift in shifts])
        divisor, end_costs = self._ends(volunteer, row, sets)
        days = [
            [
                choice
                for chosen, (kind, follows) in zip(sets[day], kinds[day], strict=True)
                for choice in self._choices(volunteer, chosen, divisor, slot_of, (kind, follows))
            ]
            for day in range(problem.horizon_days)
        ]
        must = {facts.day[shift] for shift in self.fixed[volunteer]}
        may_rest = [day not in must for day in range(problem.horizon_days)]
        if row < 0:
            return Person(days=days, may_rest=may_rest, end_costs=end_costs, caps=caps)
        longest = int(patterns.max_consecutive_days[row])
        weekends = int(patterns.max_weekends[row])
        return Person(
            days=days,
            may_rest=may_rest,
            max_run=longest if longest < problem.horizon_days else None,
            min_run=max(1, int(patterns.min_consecutive_days[row])),
            min_off=max(1, int(patterns.min_consecutive_days_off[row])),
            max_weekends=weekends if weekends < NO_LIMIT else None,
            end_costs=end_costs,
            caps=caps,
        )

    def _choices(
        self, volunteer: int, chosen: Sequence[int], divisor: int, slot_of: Mapping[int, int], kind: tuple[int, int]
    ) -> Iterator[Choice]:
        facts = self.facts
        minutes = sum(facts.minutes[shift] for shift in chosen)
        slot = slot_of.get(int(facts.problem.shifts.kind[chosen[0]]), -1) if slot_of else -1
        cost = sum(self._taste(volunteer, shift) for shift in chosen)
        for seats in product(*(facts.seats_for[volunteer][shift] for shift in chosen)):
            places = tuple(zip(chosen, seats, strict=True))
            self.bundles.append(places)
            yield Choice(
                units=minutes // divisor if divisor else 0,
                slot=slot,
                follows=kind[1],
                kind=kind[0],
                rows=self._rows(volunteer, places),
                cost=cost,
                tag=len(self.bundles) - 1,
            )

    def _caps(self, row: int, shifts: Sequence[int]) -> tuple[list[int], dict[int, int]]:
        """Caps of kinds that can bind, and the slot of each such kind."""
        if row < 0:
            return [], {}
        limits = self.facts.problem.patterns.max_shifts_by_kind[row].tolist()
        days: dict[int, set[int]] = defaultdict(set)
        for shift in shifts:
            days[int(self.facts.problem.shifts.kind[shift])].add(self.facts.day[shift])
        binding = [kind for kind, limit in enumerate(limits) if 0 < limit < len(days[kind])]
        return [limits[kind] for kind in binding], {kind: slot for slot, kind in enumerate(binding)}

    def _ends(
        self, volunteer: int, row: int, sets: Sequence[Sequence[tuple[int, ...]]]
    ) -> tuple[int, list[int | None]]:
        """Minutes of one unit (0 if minutes need not be counted) and the cost of each total."""
        facts, problem, unit = self.facts, self.facts.problem, self.unit
        lengths = [[sum(facts.minutes[shift] for shift in chosen) for chosen in day] for day in sets]
        reach = sum(max(day, default=0) for day in lengths)
        cap = int(problem.volunteers.max_minutes[volunteer])
        least = int(problem.patterns.min_minutes[row]) if row >= 0 else 0
        owed = sum(self.costs.pledge[volunteer])
        matters = (
            unit[RosterObjective.UNFAIRNESS] or unit[RosterObjective.PEOPLE_USED]
            or (unit[RosterObjective.PLEDGE_SHORTFALL] and owed)
        )  # fmt: skip
        divisor = gcd(*(minutes for day in lengths for minutes in day))
        if divisor == 0:
            return 0, [self._load_cost(owed, 0) if least <= 0 else None]
        if not matters and cap >= reach and least <= 0:
            return 0, [0]
        totals = range(0, min(cap, reach) + 1, divisor)
        return divisor, [self._load_cost(owed, total) if total >= least else None for total in totals]

    def _load_cost(self, owed: int, minutes: int) -> int:
        unit = self.unit
        return (
            unit[RosterObjective.PLEDGE_SHORTFALL] * max(0, owed - minutes)
            + unit[RosterObjective.UNFAIRNESS] * load_units(minutes) ** 2
            + unit[RosterObjective.PEOPLE_USED] * (minutes > 0)
        )

    def rows(self) -> tuple[Integers, Integers]:
        """Cost of each number of people on every row, and the most people."""
        problem, costs = self.facts.problem, self.costs
        numbers = problem.volunteer_count + 2
        most = np.minimum(problem.seats.maximum, problem.volunteer_count)
        cost = np.zeros((problem.seat_count + len(self.lead_row), numbers), dtype=np.int64)
        for seat in range(problem.seat_count):
            unit = self.unit[RosterObjective.UNCOVERED] * SCALE
            cost[seat] = [unit * costs.uncovered(seat, people) for people in range(numbers)]
            cost[seat] += HARD * np.maximum(0, np.arange(numbers) - most[seat])
        for shift, row in self.lead_row.items():
            cost[row, 0] = self.unit[RosterObjective.LEAD_MISSING] * SCALE * costs.lead_cost[shift]
        return cost, np.append(most, np.full(len(self.lead_row), problem.volunteer_count))


def read(facts: HardFacts, costs: Costs, unit: Mapping[RosterObjective, int]) -> Duty:
    """Read a problem; `unit` is the cost of one of each term.

    Raises
    ------
    NotSupported
        With the first rule that schedules cannot express.
    """
    for reason in refusals(facts):
        raise NotSupported(reason)
    reader = _Reader(facts, costs, unit)
    people = [reader.person(volunteer) for volunteer in range(facts.problem.volunteer_count)]
    row_cost, most = reader.rows()
    constant = unit[RosterObjective.DISTURBANCE] * len(facts.previous) + unit[RosterObjective.PREFERENCE] * sum(
        weight for wishes in costs.wished for weight in wishes.values()
    )
    tables, tags = build(people, days=facts.problem.horizon_days, first_weekday=facts.problem.first_weekday)
    return Duty(tables=tables, row_cost=row_cost, most=most, tags=tags, bundles=reader.bundles, constant=constant)
