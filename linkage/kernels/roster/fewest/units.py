"""Turns a roster into units, one for each place that one person fills, and says for which rosters that is enough.

Everything that may be covered must be; who can take a unit, which two units exclude each other and which caps apply
comes from the hard facts. A shift that asks for a lead keeps one of its places for leads. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.kernels.roster.columns import NO_LIMIT
from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.objective import Costs
from linkage.terms import RosterObjective

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Row = tuple[int, int, int]

MOST_UNITS: Final = 6000
MOST_CELLS: Final = 6_000_000
"""People times units; beyond, the tables would take too much memory."""
MOST_CLASH_KINDS: Final = 4
COVERAGE: Final = (RosterObjective.UNCOVERED, RosterObjective.LEAD_MISSING)


def _is_settled(costs: Costs, term: RosterObjective) -> bool:
    """Whether a term is the same in every plan."""
    return term not in COVERAGE and costs.most[term] == costs.floor[term]


def _has_aim(costs: Costs) -> bool:
    """Whether the aims are coverage, then as few people as possible, and nothing else that a plan can change."""
    levels = [[term for term in level if not _is_settled(costs, term)] for level in costs.levels]
    levels = [level for level in levels if level]
    if not levels or levels[-1] != [RosterObjective.PEOPLE_USED]:
        return False
    earlier = [term for level in levels[:-1] for term in level]
    return RosterObjective.UNCOVERED in earlier and set(earlier) <= set(COVERAGE)


def can_solve(costs: Costs) -> bool:
    """Whether the aims and rules of a roster are ones this package takes.

    Parameters
    ----------
    costs
        Of the problem; coverage must come before `people_used`, and nothing that a plan can change after it. Fixed
        pairs, duty patterns, teams and newcomers are left to the general search.
    """
    facts = costs.facts
    problem = facts.problem
    if not _has_aim(costs):
        return False
    if facts.fixed or problem.teams or problem.patterns.volunteer.size or problem.volunteers.newcomer.any():
        return False
    if len(set(facts.clash_kinds)) > MOST_CLASH_KINDS:
        return False
    places = int(np.minimum(problem.seats.target, problem.volunteer_count).sum())
    return places <= MOST_UNITS and places * problem.volunteer_count <= MOST_CELLS


def _able(costs: Costs, seat: int) -> Flags:
    """(n_volunteers,) bool: who may take a place of a seat row."""
    facts = costs.facts
    could: Flags = facts.candidate[:, int(facts.problem.seats.shift[seat])].copy()
    if facts.problem.seats.skill[seat] >= 0:
        for volunteer in np.flatnonzero(could).tolist():
            could[volunteer] = facts.takes(volunteer, seat)
    return could


def _lead_seats(costs: Costs, leads: Sequence[int]) -> tuple[dict[int, int], bool]:
    """Choose the seat row of each shift that keeps a place for a lead, where most leads may sit; was there no choice?

    Parameters
    ----------
    leads
        (n_seats,) leads who may take each seat.
    """
    if not any(RosterObjective.LEAD_MISSING in level for level in costs.levels):
        return {}, True
    chosen, is_exact = {}, True
    for shift, cost in enumerate(costs.lead_cost):
        rows = [seat for seat in costs.facts.seats_of_shift[shift] if leads[seat] and costs.target[seat]]
        if cost and rows:
            chosen[shift] = max(rows, key=lambda seat: leads[seat])
            is_exact = is_exact and len(rows) == 1
    return chosen, is_exact


@dataclass(frozen=True, kw_only=True, eq=False)
class Units:
    """Places to fill, in order of start; build with `of`.

    Parameters
    ----------
    people
        (n_people,) int64 volunteers who could fill at least one unit.
    shift, seat
        (n_units,) int64 of each unit.
    able
        (n_people, n_units) bool.
    is_exact
        Whether every plan that covers everything fills these units; False where a lead could sit in another seat row
        than the one kept for leads.
    """

    facts: HardFacts
    people: Integers
    shift: Integers
    seat: Integers
    able: Flags
    is_exact: bool

    @classmethod
    def of(cls, costs: Costs) -> Units:
        """Make a unit of each place that somebody can take and that costs something when empty."""
        facts, seats = costs.facts, costs.facts.problem.seats
        able_for = [_able(costs, seat) for seat in range(seats.shift.size)]
        is_lead = np.asarray(costs.is_lead, dtype=np.bool_)
        lead_seat, is_exact = _lead_seats(costs, [int((able & is_lead).sum()) for able in able_for])
        places: list[tuple[int, int, int, int, bool]] = []
        for seat, shift in enumerate(seats.shift.tolist()):
            for place in range(min(costs.target[seat], int(able_for[seat].sum()))):
                low, high = costs.place_cost[seat]
                led = place == 0 and lead_seat.get(shift) == seat
                if (low if place < costs.minimum[seat] else high) > 0 or led:
                    places.append((facts.start[shift], facts.end[shift], shift, seat, led))
        places.sort()
        table = np.zeros((facts.problem.volunteer_count, len(places)), dtype=np.bool_)
        for unit, (_, _, _, seat, led) in enumerate(places):
            table[:, unit] = able_for[seat] & is_lead if led else able_for[seat]
        people = np.flatnonzero(table.any(axis=1))
        return cls(
            facts=facts,
            people=people,
            shift=np.asarray([place[2] for place in places], dtype=np.int64),
            seat=np.asarray([place[3] for place in places], dtype=np.int64),
            able=np.ascontiguousarray(table[people]),
            is_exact=is_exact,
        )

    @classmethod
    def of_plan(cls, costs: Costs, rows: Sequence[Row]) -> tuple[Units, Integers]:
        """Make a unit of each place that a plan fills, with who fills it; one lead at least keeps their place for leads."""
        facts = costs.facts
        ordered = sorted(rows, key=lambda row: (facts.start[row[1]], facts.end[row[1]], row[1], row[2], row[0]))
        led: set[int] = set()
        table = np.zeros((facts.problem.volunteer_count, len(ordered)), dtype=np.bool_)
        is_lead = np.asarray(costs.is_lead, dtype=np.bool_)
        for unit, (volunteer, shift, seat) in enumerate(ordered):
            table[:, unit] = _able(costs, seat)
            if is_lead[volunteer] and costs.lead_cost[shift] and shift not in led:
                led.add(shift)
                table[:, unit] &= is_lead
        people = np.flatnonzero(table.any(axis=1))
        units = cls(
            facts=facts,
            people=people,
            shift=np.asarray([row[1] for row in ordered], dtype=np.int64),
            seat=np.asarray([row[2] for row in ordered], dtype=np.int64),
            able=np.ascontiguousarray(table[people]),
            is_exact=False,
        )
        return units, np.searchsorted(people, np.asarray([row[0] for row in ordered], dtype=np.int64))

    @property
    def count(self) -> int:
        """Number of units."""
        return int(self.shift.size)

    @cached_property
    def kind(self) -> Integers:
        """(n_people,) number of the kind of clashes each person has."""
        kinds = [self.facts.clash_kinds[v] for v in self.people.tolist()]
        number = {kind: index for index, kind in enumerate(sorted(set(kinds)))}
        return np.asarray([number[kind] for kind in kinds], dtype=np.int64)

    @cached_property
    def neighbours(self) -> tuple[Integers, NDArray[np.int32]]:
        """Units that exclude a unit: (n_kinds, n_units + 1) first positions and the units, one kind after the other."""
        n_kinds = int(self.kind.max()) + 1 if self.people.size else 0
        first = np.zeros((n_kinds, self.count + 1), dtype=np.int64)
        found, offset = [np.zeros(0, dtype=np.int32)], 0
        for kind in range(n_kinds):
            person = int(self.people[int(np.argmax(self.kind == kind))])
            sizes = []
            for start in range(0, self.count, 128):
                rows = np.arange(start, min(start + 128, self.count))
                table = self.facts.clash_table(person, self.shift[rows], self.shift)
                table[np.arange(rows.size), rows] = False
                found.append(np.nonzero(table)[1].astype(np.int32))
                sizes += table.sum(axis=1).tolist()
            first[kind] = offset + np.concatenate(([0], np.cumsum(sizes)))
            offset = int(first[kind, -1])
        return first, np.concatenate(found)

    @cached_property
    def caps(self) -> tuple[Integers, Integers, Integers]:
        """Caps that can bind: (n_caps, n_units) group and amount of each unit, (n_caps, n_people) limit in each group."""
        problem, shift = self.facts.problem, self.shift
        people, table = problem.volunteers, problem.shifts
        week = np.asarray(self.facts.week, dtype=np.int64)[shift]
        rules = (
            (np.zeros(shift.size, dtype=np.int64), table.minutes[shift], people.max_minutes),
            (week, table.minutes[shift], people.max_minutes_week),
            (table.day[shift], table.minutes[shift], people.max_minutes_day),
            (week, table.strain[shift], people.strain_cap_week),
        )
        kept = [
            (group, amount, limit[self.people])
            for group, amount, limit in rules
            if (limit[self.people] < NO_LIMIT).any()
        ]
        if not kept:
            return (
                np.zeros((0, self.count), dtype=np.int64),
                np.zeros((0, self.count), dtype=np.int64),
                np.zeros((0, self.people.size), dtype=np.int64),
            )
        return tuple(np.ascontiguousarray(np.stack(part)) for part in zip(*kept, strict=True))  # type: ignore[return-value]  # three stacks

    def rows(self, holder: Sequence[int]) -> list[Row]:
        """Say who sits where, given the person (or -1) of each unit."""
        return [
            (int(self.people[person]), int(self.shift[unit]), int(self.seat[unit]))
            for unit, person in enumerate(holder)
            if person >= 0
        ]
