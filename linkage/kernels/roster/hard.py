"""The hard rules worked out once: who may serve which shift alone, and which two shifts exclude each other.

A pair of volunteer and shift is a candidate if the skill of some seat (with its certificate), the list, a window,
the days off and the caps allow it alone, if the whole team can come, and if a newcomer could find somebody
experienced there. Wishes and weights are not known here; what only a whole duty pattern decides is in `model`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from linkage.kernels.roster.availability import inside_windows
from linkage.kernels.roster.clashes import clash_bits, clash_table, shortest

if TYPE_CHECKING:
    from linkage.kernels.roster.problem import RosterProblem
    from linkage.kernels.roster.tables import Pairs

Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]


def _kept(pairs: Pairs, released: Integers) -> list[tuple[int, int]]:
    gone = set(released.tolist())
    return sorted((v, s) for v, s in zip(pairs.volunteer.tolist(), pairs.shift.tolist(), strict=True) if v not in gone)


def _skilled(problem: RosterProblem, seats_of_shift: list[list[int]]) -> Flags:
    """(n_volunteers, n_shifts) bool: the person may take some seat of the shift as far as skills go."""
    people, seats = problem.volunteers, problem.seats
    asked: dict[int, set[int]] = defaultdict(set)
    for shift, rows in enumerate(seats_of_shift):
        for seat in rows:
            asked[int(seats.skill[seat])].add(shift)
    skilled = np.zeros((problem.volunteer_count, problem.shift_count), dtype=np.bool_)
    for skill, found in asked.items():
        shifts = np.asarray(sorted(found))
        if skill < 0:
            skilled[:, shifts] = True
        else:
            valid = people.skill_until[:, skill][:, None] >= problem.shifts.end[shifts][None, :]
            skilled[:, shifts] |= people.skills[:, skill][:, None] & valid
    return skilled


def _on_duty(problem: RosterProblem) -> Flags:
    """(n_volunteers, n_shifts) bool: no day off, and the pattern allows a shift of this kind on such a day at all."""
    patterns, shifts = problem.patterns, problem.shifts
    shape = (problem.volunteer_count, problem.shift_count)
    if patterns.volunteer.size == 0 and patterns.days_off.size == 0:
        return np.broadcast_to(np.asarray([[True]]), shape)
    allowed = np.ones(shape, dtype=np.bool_)
    weekend = problem.weekend_of_day[shifts.day] >= 0 if shifts.start.size else np.zeros(0, dtype=np.bool_)
    allowed[patterns.volunteer[patterns.max_consecutive_days == 0]] = False
    rows = patterns.volunteer[patterns.max_weekends == 0]
    allowed[np.ix_(rows, np.flatnonzero(weekend))] = False
    for kind in range(patterns.max_shifts_by_kind.shape[-1]):
        rows = patterns.volunteer[patterns.max_shifts_by_kind[:, kind] == 0]
        allowed[np.ix_(rows, np.flatnonzero(shifts.kind == kind))] = False
    is_off = np.zeros((problem.volunteer_count, problem.horizon_days), dtype=np.bool_)
    is_off[patterns.days_off[:, 0], patterns.days_off[:, 1]] = True
    if shifts.start.size:
        allowed &= ~is_off[:, shifts.day]
    return allowed


class SeatChoices(dict[int, list[int]]):
    """The seats a volunteer may take on each shift, worked out when asked for the first time."""

    def __init__(self, facts: HardFacts, volunteer: int) -> None:
        super().__init__()
        self._facts, self._volunteer = facts, volunteer

    def __missing__(self, shift: int) -> list[int]:
        facts = self._facts
        self[shift] = found = [seat for seat in facts.seats_of_shift[shift] if facts.takes(self._volunteer, seat)]
        return found


@dataclass(frozen=True, eq=False)
class HardFacts:
    """What the hard rules say; build with `of`.

    Parameters
    ----------
    skilled, listed, available, on_duty, within_caps
        (n_volunteers, n_shifts) bool, one step of the funnel each.
    start, end, minutes, day, week, period, strain
        One int for every shift.
    seats_of_shift
        Seat rows with a positive maximum, for every shift.
    fixed
        Pairs that stay, with the rest of the team where one of a team stays.
    """

    problem: RosterProblem
    skilled: Flags
    listed: Flags
    available: Flags
    on_duty: Flags
    within_caps: Flags
    start: list[int]
    end: list[int]
    minutes: list[int]
    day: list[int]
    week: list[int]
    period: list[int]
    strain: list[int]
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
        for seat, (shift, maximum) in enumerate(zip(seats.shift.tolist(), seats.maximum.tolist(), strict=True)):
            if maximum > 0:
                seats_of_shift[shift].append(seat)
        listed = np.ones((n_people, n_shifts), dtype=np.bool_)
        if problem.eligible is not None:
            listed[:] = False
            listed[problem.eligible.volunteer, problem.eligible.shift] = True
        cap = np.minimum(np.minimum(people.max_minutes, people.max_minutes_week), people.max_minutes_day)
        return cls(
            problem=problem,
            skilled=_skilled(problem, seats_of_shift),
            listed=listed,
            available=inside_windows(problem.windows, shifts.start, shifts.end, n_people),
            on_duty=_on_duty(problem),
            within_caps=(shifts.minutes[None, :] <= cap[:, None])
            & (shifts.strain[None, :] <= people.strain_cap_week[:, None]),
            start=shifts.start.tolist(),
            end=shifts.end.tolist(),
            minutes=shifts.minutes.tolist(),
            day=shifts.day.tolist(),
            week=problem.weeks[shifts.day].tolist() if n_shifts else [],
            period=problem.periods[shifts.day].tolist() if n_shifts else [],
            strain=shifts.strain.tolist(),
            seats_of_shift=seats_of_shift,
            travel=shortest(problem.travel_minutes),
            fixed=cls._with_teams(_kept(problem.fixed, problem.released), problem.teams),
            previous=_kept(problem.previous, problem.released),
        )

    @staticmethod
    def _with_teams(pairs: list[tuple[int, int]], teams: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
        team_of = {volunteer: team for team in teams for volunteer in team}
        return sorted({(mate, shift) for v, shift in pairs for mate in team_of.get(v, (v,))})

    @cached_property
    def alone(self) -> Flags:
        """(n_volunteers, n_shifts) bool: could serve, the others left aside."""
        return self.skilled & self.listed & self.available & self.within_caps & self.on_duty

    @cached_property
    def candidate(self) -> Flags:
        """(n_volunteers, n_shifts) bool: could serve, with the team and beside somebody experienced where needed."""
        people, teams = self.problem.volunteers, [list(team) for team in self.problem.teams]
        could = self.alone
        if not teams and not people.newcomer.any():
            return could
        could, before = could.copy(), -1
        places = np.asarray(
            [sum(self.problem.seats.maximum[seats].tolist()) for seats in self.seats_of_shift], dtype=np.int64
        )
        while before != (before := int(could.sum())):
            for team in teams:
                could[team] = could[team].all(axis=0) & (places >= len(team))
            could[people.newcomer] &= could[people.experienced].any(axis=0)
        return could

    @cached_property
    def order(self) -> Integers:
        """Shifts by start; the place in this order is the shift's bit."""
        return np.lexsort((np.arange(len(self.start)), np.asarray(self.start, dtype=np.int64)))

    @cached_property
    def bit_of(self) -> list[int]:
        """The bit that stands for each shift."""
        rank = np.empty(self.order.size, dtype=np.int64)
        rank[self.order] = np.arange(self.order.size)
        return [1 << place for place in rank.tolist()]

    @cached_property
    def shifts_of(self) -> list[list[int]]:
        """Candidate shifts of every volunteer, by start."""
        return [self.order[row].tolist() for row in self.candidate[:, self.order]]

    @cached_property
    def crews(self) -> Flags:
        """(n_shifts, n_volunteers) bool: `candidate` by shift."""
        return np.ascontiguousarray(self.candidate.T)

    @cached_property
    def people_of(self) -> list[list[int]]:
        """Candidate volunteers of every shift."""
        return [np.flatnonzero(crew).tolist() for crew in self.crews]

    @cached_property
    def skill_of_seat(self) -> list[int]:
        """Skill every seat asks for, -1 for any."""
        skill: list[int] = self.problem.seats.skill.tolist()
        return skill

    def takes(self, volunteer: int, seat: int) -> bool:
        """Whether the volunteer's skills and certificates are enough for the seat."""
        skill = self.skill_of_seat[seat]
        people = self.problem.volunteers
        return skill < 0 or bool(
            people.skills[volunteer, skill]
            and people.skill_until[volunteer, skill] >= self.end[int(self.problem.seats.shift[seat])]
        )

    @cached_property
    def seats_for(self) -> list[SeatChoices]:
        """Seat rows a volunteer may take, by shift."""
        return [SeatChoices(self, volunteer) for volunteer in range(self.problem.volunteer_count)]

    @cached_property
    def pattern_of(self) -> list[int]:
        """Row of every volunteer's duty pattern, -1 for those without."""
        row = np.full(self.problem.volunteer_count, -1)
        row[self.problem.patterns.volunteer] = np.arange(self.problem.patterns.volunteer.size)
        return [int(index) for index in row]

    @cached_property
    def clash_kinds(self) -> list[tuple[int, bool]]:
        """Rest and whether there is a pattern, for every volunteer: all that clashes depend on."""
        rests: list[int] = self.problem.volunteers.rest_minutes.tolist()
        return [(rest, row >= 0) for rest, row in zip(rests, self.pattern_of, strict=True)]

    @cached_property
    def clashes_of(self) -> list[list[int]]:
        """For every volunteer, the clashes of each shift as bits; people alike share one list."""
        shared = {
            kind: clash_bits(self.problem, self.travel, kind, self.order) for kind in sorted(set(self.clash_kinds))
        }
        return [shared[kind] for kind in self.clash_kinds]

    def clash_table(self, volunteer: int, left: Integers, right: Integers) -> Flags:
        """(len(left), len(right)) bool: the two shifts exclude each other for this volunteer (a shift clashes with itself)."""
        return clash_table(self.problem, self.travel, self.clash_kinds[volunteer], left, right)

    def clash(self, volunteer: int, one: int, other: int) -> bool:
        """Whether two different shifts exclude each other for this volunteer."""
        return bool(self.clash_table(volunteer, np.asarray([one]), np.asarray([other]))[0, 0])

    @cached_property
    def team_of(self) -> list[tuple[int, ...]]:
        """The team of every volunteer, empty for those without."""
        teams: list[tuple[int, ...]] = [()] * self.problem.volunteer_count
        for team in self.problem.teams:
            for volunteer in team:
                teams[volunteer] = tuple(sorted(team))
        return teams
