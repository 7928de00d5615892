"""The hard rules worked out once: who may serve which shift alone, and which two shifts exclude each other.

A pair of volunteer and shift is a candidate if the skill of some seat, the list, a window and the caps allow
it alone. Two candidates of one volunteer clash if they overlap or leave less than the buffer, the travel
time or the rest. Wishes and weights are not known here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from linkage.kernels.roster.problem import RosterProblem
    from linkage.kernels.roster.tables import Pairs, Windows

Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]


def _inside_windows(windows: Windows, start: Integers, end: Integers, n_people: int) -> Flags:
    """(n_volunteers, n_shifts): the shift lies within one window, touching windows merged."""
    inside = np.zeros((n_people, start.size), dtype=np.bool_)
    order = np.lexsort((windows.start, windows.volunteer))
    person, opens, closes = windows.volunteer[order], windows.start[order], windows.end[order]
    bounds = np.searchsorted(person, np.arange(n_people + 1))
    for volunteer in range(n_people):
        first, last = bounds[volunteer], bounds[volunteer + 1]
        if first == last:
            continue
        starts, ends = opens[first:last], np.maximum.accumulate(closes[first:last])
        new = np.concatenate(([True], starts[1:] > ends[:-1]))
        block = np.flatnonzero(new)
        block_starts = starts[block]
        block_ends = ends[np.concatenate((block[1:] - 1, [starts.size - 1]))]
        row = np.searchsorted(block_starts, start, side="right") - 1
        inside[volunteer] = (row >= 0) & (block_ends[np.maximum(row, 0)] >= end)
    return inside


def _shortest(travel: Integers) -> Integers:
    """Minutes between places by the quickest way, no time within a place (Floyd and Warshall)."""
    best = travel.copy()
    np.fill_diagonal(best, 0)
    for via in range(best.shape[0]):
        best = np.minimum(best, best[:, via : via + 1] + best[via : via + 1, :])
    return best


def _kept(pairs: Pairs, released: Integers) -> list[tuple[int, int]]:
    gone = set(released.tolist())
    return sorted((v, s) for v, s in zip(pairs.volunteer.tolist(), pairs.shift.tolist(), strict=True) if v not in gone)


@dataclass(frozen=True, eq=False)
class HardFacts:
    """What the hard rules say; build with `of`.

    Parameters
    ----------
    skilled, listed, available, within_caps
        (n_volunteers, n_shifts) bool, one step of the funnel each.
    start, end, minutes, day, week, period
        One int for every shift.
    seats_of_shift
        Seat rows with a positive target, for every shift.
    """

    problem: RosterProblem
    skilled: Flags
    listed: Flags
    available: Flags
    within_caps: Flags
    start: list[int]
    end: list[int]
    minutes: list[int]
    day: list[int]
    week: list[int]
    period: list[int]
    seats_of_shift: list[list[int]]
    travel: Integers
    fixed: list[tuple[int, int]]
    previous: list[tuple[int, int]]

    @classmethod
    def of(cls, problem: RosterProblem) -> HardFacts:
        """Work out the facts of a problem whose numbers make sense."""
        shifts, seats, people = problem.shifts, problem.seats, problem.volunteers
        n_people, n_shifts = problem.volunteer_count, problem.shift_count
        seats_of_shift: list[list[int]] = [[] for _ in range(n_shifts)]
        skilled = np.zeros((n_people, n_shifts), dtype=np.bool_)
        for seat, (shift, skill, target) in enumerate(
            zip(seats.shift.tolist(), seats.skill.tolist(), seats.target.tolist(), strict=True)
        ):
            if target > 0:
                seats_of_shift[shift].append(seat)
                skilled[:, shift] |= True if skill < 0 else people.skills[:, skill]
        listed = np.ones((n_people, n_shifts), dtype=np.bool_)
        if problem.eligible is not None:
            listed[:] = False
            listed[problem.eligible.volunteer, problem.eligible.shift] = True
        cap = np.minimum(np.minimum(people.max_minutes, people.max_minutes_week), people.max_minutes_day)
        return cls(
            problem=problem,
            skilled=skilled,
            listed=listed,
            available=_inside_windows(problem.windows, shifts.start, shifts.end, n_people),
            within_caps=shifts.minutes[None, :] <= cap[:, None],
            start=shifts.start.tolist(),
            end=shifts.end.tolist(),
            minutes=shifts.minutes.tolist(),
            day=shifts.day.tolist(),
            week=problem.weeks[shifts.day].tolist() if n_shifts else [],
            period=problem.periods[shifts.day].tolist() if n_shifts else [],
            seats_of_shift=seats_of_shift,
            travel=_shortest(problem.travel_minutes),
            fixed=_kept(problem.fixed, problem.released),
            previous=_kept(problem.previous, problem.released),
        )

    @cached_property
    def candidate(self) -> Flags:
        """(n_volunteers, n_shifts) bool: could serve, seen alone."""
        return self.skilled & self.listed & self.available & self.within_caps

    @cached_property
    def shifts_of(self) -> list[list[int]]:
        """Candidate shifts of every volunteer, by start."""
        order = np.lexsort((np.arange(len(self.start)), np.asarray(self.start, dtype=np.int64)))
        return [order[row[order]].tolist() for row in self.candidate]

    @cached_property
    def people_of(self) -> list[list[int]]:
        """Candidate volunteers of every shift."""
        return [np.flatnonzero(column).tolist() for column in self.candidate.T]

    @cached_property
    def skill_of_seat(self) -> list[int]:
        """Skill every seat asks for, -1 for any."""
        skill: list[int] = self.problem.seats.skill.tolist()
        return skill

    @cached_property
    def seats_for(self) -> list[dict[int, list[int]]]:
        """Seat rows a volunteer may take, by candidate shift."""
        skill = self.problem.seats.skill.tolist()
        held: Any = self.problem.volunteers.skills.tolist()
        return [
            {
                shift: [seat for seat in self.seats_of_shift[shift] if skill[seat] < 0 or held[volunteer][skill[seat]]]
                for shift in own
            }
            for volunteer, own in enumerate(self.shifts_of)
        ]

    @cached_property
    def clashes_of(self) -> list[dict[int, int]]:
        """For every volunteer and candidate shift, the clashing candidates as bits (bit = place in `shifts_of`)."""
        return [self._clash_bits(volunteer, own) for volunteer, own in enumerate(self.shifts_of)]

    def _clash_bits(self, volunteer: int, own: list[int]) -> dict[int, int]:
        if not own:
            return {}
        rows = np.asarray(own)
        clash = self.clash_table(volunteer, rows, rows)
        packed = np.packbits(clash, axis=1, bitorder="little")
        return {shift: int.from_bytes(bits.tobytes(), "little") for shift, bits in zip(own, packed, strict=True)}

    def clash_table(self, volunteer: int, left: Integers, right: Integers) -> Flags:
        """(len(left), len(right)) bool: the two shifts exclude each other for this volunteer (a shift clashes with itself)."""
        shifts, problem = self.problem.shifts, self.problem
        rest = int(problem.volunteers.rest_minutes[volunteer])
        gap = np.where(shifts.day[left][:, None] != shifts.day[right][None, :], rest, 0)
        gap = np.maximum(gap, problem.buffer_minutes)
        there = back = gap
        if self.travel.size:
            near, far = shifts.place[left][:, None], shifts.place[right][None, :]
            moves = (near >= 0) & (far >= 0)
            there = np.maximum(gap, np.where(moves, self.travel[near, far], 0))
            back = np.maximum(gap, np.where(moves, self.travel[far, near], 0))
        before = shifts.end[left][:, None] + there <= shifts.start[right][None, :]
        after = shifts.end[right][None, :] + back <= shifts.start[left][:, None]
        table: Flags = ~(before | after)
        return table

    def clash(self, volunteer: int, one: int, other: int) -> bool:
        """Whether two different shifts exclude each other for this volunteer."""
        return bool(self.clash_table(volunteer, np.asarray([one]), np.asarray([other]))[0, 0])

    def broken_alone(self, volunteer: int, shift: int) -> Iterator[str]:
        """Name each hard rule that this pair breaks on its own."""
        if not self.listed[volunteer, shift]:
            yield "the pair is not in the list of eligible pairs"
        if not self.skilled[volunteer, shift]:
            yield "no seat of the shift fits the volunteer's skills"
        if not self.available[volunteer, shift]:
            yield "the shift lies outside the volunteer's windows"
        if not self.within_caps[volunteer, shift]:
            yield f"the shift takes {self.minutes[shift]} minutes, more than a cap of the volunteer"

    def broken_caps(self, volunteer: int, own: Sequence[int]) -> Iterator[str]:
        """Name each cap of minutes that these shifts together exceed."""
        people = self.problem.volunteers
        total = sum(self.minutes[s] for s in own)
        if total > people.max_minutes[volunteer]:
            yield f"{total} minutes exceed max_minutes {people.max_minutes[volunteer]}"
        for name, group, cap in (
            ("week", self.week, people.max_minutes_week[volunteer]),
            ("day", self.day, people.max_minutes_day[volunteer]),
        ):
            sums: dict[int, int] = {}
            for s in own:
                sums[group[s]] = sums.get(group[s], 0) + self.minutes[s]
            for index, minutes in sorted(sums.items()):
                if minutes > cap:
                    yield f"{minutes} minutes in {name} {index} exceed max_minutes_{name} {cap}"

    def seating(self, shift: int, people: Sequence[int]) -> dict[int, int] | None:
        """Give each of these people a seat of the shift, or None if there is no way (augmenting paths)."""
        room = {seat: int(self.problem.seats.target[seat]) for seat in self.seats_of_shift[shift]}
        holders: dict[int, list[int]] = {seat: [] for seat in room}
        skills, skill = self.problem.volunteers.skills, self.problem.seats.skill

        def place(person: int, tried: set[int]) -> bool:
            for seat, places in room.items():
                if seat in tried or (skill[seat] >= 0 and not skills[person, skill[seat]]):
                    continue
                tried.add(seat)
                if len(holders[seat]) < places:
                    holders[seat].append(person)
                    return True
                for place_in_seat, other in enumerate(holders[seat]):
                    if place(other, tried):
                        holders[seat][place_in_seat] = person
                        return True
            return False

        for person in people:
            if not place(person, set()):
                return None
        return {person: seat for seat, persons in holders.items() for person in persons}
