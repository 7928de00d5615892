"""Check a plan against the problem from scratch, with none of the solver's tables.

It reads the problem's own arrays, minute by minute where need be, and returns every violation and every
objective value that does not come out as claimed. It repairs nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from linkage.kernels.roster.check_patterns import pattern_violations
from linkage.kernels.roster.problem import MINUTES_PER_DAY, RosterProblem
from linkage.kernels.roster.result import RosterResult
from linkage.terms import RosterObjective


class BrokenPlan(RuntimeError):
    """The solver made a plan that breaks a rule. This is a defect of the kernel; the plan was not returned."""


class _Shifts:
    """The shifts' own columns as plain numbers, read once for a check."""

    def __init__(self, problem: RosterProblem) -> None:
        table = problem.shifts
        self.problem = problem
        self.start: list[int] = table.start.tolist()
        self.end: list[int] = table.end.tolist()
        self.strain: list[int] = table.strain.tolist()
        self.place: list[int] = table.place.tolist()
        self.day = [start // MINUTES_PER_DAY for start in self.start]
        weeks, periods = problem.weeks.tolist(), problem.periods.tolist()
        self.week: list[int] = [weeks[day] for day in self.day]
        self.period: list[int] = [periods[day] for day in self.day]
        self._ways: dict[int, list[int]] = {}

    def way(self, one: int, other: int) -> int:
        """Minutes from one shift's place to the other's."""
        here, there = self.place[one], self.place[other]
        if here < 0 or there < 0 or here == there:
            return 0
        if here not in self._ways:
            self._ways[here] = _reachable(self.problem.travel_minutes, here)
        return self._ways[here][there]

    def minutes_by(self, shifts: Iterable[int], index: Sequence[int]) -> Counter[int]:
        """Add up minutes by day, week or period."""
        sums: Counter[int] = Counter()
        for shift in shifts:
            sums[index[shift]] += self.end[shift] - self.start[shift]
        return sums


def _reachable(travel: np.ndarray[tuple[int, ...], np.dtype[np.int64]], origin: int) -> list[int]:
    """Shortest minutes from one place to all others, by relaxing until nothing changes."""
    best = [int(m) for m in travel[origin]]
    best[origin] = 0
    changed = True
    while changed:
        changed = False
        for via in range(len(best)):
            for place in range(len(best)):
                if best[via] + int(travel[via, place]) < best[place]:
                    best[place] = best[via] + int(travel[via, place])
                    changed = True
    return best


def _is_inside(own: list[tuple[int, int]], start: int, end: int) -> bool:
    reached = start
    for opens, closes in sorted(own):
        if opens <= reached:
            reached = max(reached, closes)
    return reached >= end


def _seat_violations(problem: RosterProblem, volunteer: int, shift: int, seat: int) -> Iterator[str]:
    who = f"volunteer {volunteer} on shift {shift}"
    if int(problem.seats.shift[seat]) != shift:
        yield f"{who}: seat {seat} belongs to another shift"
    skill = int(problem.seats.skill[seat])
    if skill >= 0 and not problem.volunteers.skills[volunteer, skill]:
        yield f"{who}: lacks skill {skill}"
    elif skill >= 0 and problem.volunteers.skill_until[volunteer, skill] < problem.shifts.end[shift]:
        yield f"{who}: the certificate of skill {skill} ends before the shift"


def _permission_violations(table: _Shifts, pairs: list[tuple[int, int]]) -> Iterator[str]:
    problem, windows = table.problem, table.problem.windows
    order = np.argsort(windows.volunteer, kind="stable")
    person, opens, closes = windows.volunteer[order], windows.start[order].tolist(), windows.end[order].tolist()
    bounds = np.searchsorted(person, np.arange(problem.volunteer_count + 1)).tolist()
    listed = problem.eligible
    eligible = None if listed is None else set(zip(listed.volunteer.tolist(), listed.shift.tolist(), strict=True))
    for volunteer, shift in pairs:
        if eligible is not None and (volunteer, shift) not in eligible:
            yield f"volunteer {volunteer} on shift {shift}: not an eligible pair"
        start, end = table.start[shift], table.end[shift]
        rows = range(bounds[volunteer], bounds[volunteer + 1])
        own = [(opens[row], closes[row]) for row in rows if opens[row] <= end and closes[row] >= start]
        if not _is_inside(own, start, end):
            yield f"volunteer {volunteer} on shift {shift}: not available"


def _gap_violations(table: _Shifts, volunteer: int, shifts: list[int]) -> Iterator[str]:
    problem = table.problem
    rest = int(problem.volunteers.rest_minutes[volunteer])
    longest = max(problem.buffer_minutes, rest, int(problem.travel_minutes.max(initial=0)))
    ordered = sorted(shifts, key=table.start.__getitem__)
    for place, one in enumerate(ordered):
        for other in ordered[place + 1 :]:
            if table.start[other] >= table.end[one] + longest:
                break
            needed = max(problem.buffer_minutes, rest if table.day[one] != table.day[other] else 0)
            needed = max(needed, table.way(one, other))
            if table.start[other] - table.end[one] < needed:
                yield f"volunteer {volunteer}: shifts {one} and {other} leave less than {needed} minutes"


def _person_violations(table: _Shifts, volunteer: int, shifts: list[int]) -> Iterator[str]:
    people = table.problem.volunteers
    if len(set(shifts)) < len(shifts):
        yield f"volunteer {volunteer} sits twice in one shift"
    yield from _gap_violations(table, volunteer, sorted(set(shifts)))
    total = sum(table.end[shift] - table.start[shift] for shift in shifts)
    if total > people.max_minutes[volunteer]:
        yield f"volunteer {volunteer}: {total} minutes in all"
    for name, index, cap in (
        ("week", table.week, people.max_minutes_week[volunteer]),
        ("day", table.day, people.max_minutes_day[volunteer]),
    ):
        for number, minutes in table.minutes_by(shifts, index).items():
            if minutes > cap:
                yield f"volunteer {volunteer}: {minutes} minutes in {name} {number}"
    strain: Counter[int] = Counter()
    for shift in shifts:
        strain[table.week[shift]] += table.strain[shift]
    for week, points in strain.items():
        if points > people.strain_cap_week[volunteer]:
            yield f"volunteer {volunteer}: strain {points} in week {week}"


def _crew_violations(problem: RosterProblem, crews: dict[int, set[int]]) -> Iterator[str]:
    """Name what people who serve together break: newcomers left alone, teams torn."""
    newcomers = set(np.flatnonzero(problem.volunteers.newcomer).tolist())
    experienced = set(np.flatnonzero(problem.volunteers.experienced).tolist())
    team_of = {volunteer: number for number, team in enumerate(problem.teams) for volunteer in team}
    for shift, crew in sorted(crews.items()):
        if crew & newcomers and not crew & experienced:
            yield f"shift {shift}: a newcomer without an experienced person"
        present = Counter(team_of[volunteer] for volunteer in crew if volunteer in team_of)
        for number, count in sorted(present.items()):
            if count < len(problem.teams[number]):
                yield f"shift {shift}: team {number} is not complete"


def violations(problem: RosterProblem, result: RosterResult) -> list[str]:
    """Return every hard rule the plan breaks."""
    found: list[str] = []
    table = _Shifts(problem)
    shifts_of: dict[int, list[int]] = defaultdict(list)
    rows = list(zip(result.volunteer.tolist(), result.shift.tolist(), result.seat.tolist(), strict=True))
    for volunteer, shift, seat in rows:
        found += _seat_violations(problem, volunteer, shift, seat)
        shifts_of[volunteer].append(shift)
    found += _permission_violations(table, [(volunteer, shift) for volunteer, shift, _ in rows])
    for volunteer, shifts in shifts_of.items():
        found += _person_violations(table, volunteer, shifts)
    found += pattern_violations(problem, shifts_of)
    crews: dict[int, set[int]] = defaultdict(set)
    for volunteer, shift, _ in rows:
        crews[shift].add(volunteer)
    found += _crew_violations(problem, crews)
    for seat, count in Counter(seat for _, _, seat in rows).items():
        if count > problem.seats.maximum[seat]:
            found.append(f"seat {seat}: {count} people on {problem.seats.maximum[seat]} places")
    served = {(volunteer, shift) for volunteer, shift, _ in rows}
    released = set(problem.released.tolist())
    for volunteer, shift in zip(problem.fixed.volunteer.tolist(), problem.fixed.shift.tolist(), strict=True):
        if volunteer not in released and (volunteer, shift) not in served:
            found.append(f"volunteer {volunteer} was fixed on shift {shift}")
    return found


def _term_values(problem: RosterProblem, result: RosterResult) -> dict[RosterObjective, int]:
    rows = list(zip(result.volunteer.tolist(), result.shift.tolist(), result.seat.tolist(), strict=True))
    served = {(volunteer, shift) for volunteer, shift, _ in rows}
    priority, seats = problem.shifts.priority, problem.seats
    filled = Counter(seat for _, _, seat in rows)
    uncovered = 0
    for seat in range(problem.seat_count):
        weight = int(priority[seats.shift[seat]]) * int(seats.under_weight[seat])
        uncovered += weight * max(0, int(seats.target[seat]) - filled[seat])
        uncovered += int(seats.over_weight[seat]) * max(0, filled[seat] - int(seats.target[seat]))
        below = int(seats.minimum[seat]) - filled[seat]
        uncovered += weight * (problem.minimum_factor - 1) * max(0, below)
    led = {shift for volunteer, shift, _ in rows if problem.volunteers.leads[volunteer]}
    lead_missing = sum(int(priority[s]) for s in np.flatnonzero(problem.shifts.leads).tolist() if s not in led)
    shortfall = unfairness = people_used = 0
    shifts_of: dict[int, list[int]] = defaultdict(list)
    for volunteer, shift, _ in rows:
        shifts_of[volunteer].append(shift)
    table = _Shifts(problem)
    pledges: list[int] = problem.volunteers.pledge_minutes.tolist()
    for volunteer, before in enumerate(problem.served.tolist()):
        own = shifts_of[volunteer]
        by_period = table.minutes_by(own, table.period)
        for period, served_before in enumerate(before):
            owed = pledges[volunteer] - served_before
            shortfall += max(0, max(0, owed) - by_period[period])
        unfairness += int(np.ceil(sum(by_period.values()) / 30)) ** 2
        people_used += len(own) > 0
    released = set(problem.released.tolist())
    disturbance = sum(
        (v, s) not in served and v not in released
        for v, s in zip(problem.previous.volunteer.tolist(), problem.previous.shift.tolist(), strict=True)
    )
    wishes = problem.requests
    preference = sum(
        weight
        for v, s, want, weight in zip(
            wishes.volunteer.tolist(), wishes.shift.tolist(), wishes.want.tolist(), wishes.weight.tolist(), strict=True
        )
        if want != ((v, s) in served)
    )
    together: Counter[tuple[int, int]] = Counter()
    for volunteer, shift in served:
        if problem.volunteers.group[volunteer] >= 0:
            together[shift, int(problem.volunteers.group[volunteer])] += 1
    preference -= problem.together_weight * sum(count - 1 for count in together.values())
    return {
        RosterObjective.UNCOVERED: uncovered,
        RosterObjective.LEAD_MISSING: lead_missing,
        RosterObjective.PLEDGE_SHORTFALL: shortfall,
        RosterObjective.DISTURBANCE: disturbance,
        RosterObjective.PREFERENCE: preference,
        RosterObjective.UNFAIRNESS: unfairness,
        RosterObjective.PEOPLE_USED: people_used,
    }


def verify(problem: RosterProblem, result: RosterResult) -> None:
    """Raise `BrokenPlan` unless every rule holds and every value is as claimed and not below its bound."""
    found = violations(problem, result)
    terms = _term_values(problem, result)
    found += [
        f"{term} is {terms[term]}, claimed {result.terms[term]}" for term in terms if terms[term] != result.terms[term]
    ]
    for level in result.levels:
        value = sum(problem.weight_of(term) * terms[term] for term in level.terms)
        if value != level.value:
            found.append(f"level {level.terms} is {value}, claimed {level.value}")
        if value < level.bound:
            found.append(f"level {level.terms} is {value}, below its bound {level.bound}")
    if found:
        raise BrokenPlan("; ".join(found))
