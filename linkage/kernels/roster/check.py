"""Check a plan against the problem from scratch, with none of the solver's tables.

It reads the problem's own arrays, minute by minute where need be, and returns every violation and every
objective value that does not come out as claimed. It repairs nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations

import numpy as np

from linkage.kernels.roster.check_patterns import pattern_violations
from linkage.kernels.roster.problem import MINUTES_PER_DAY, RosterProblem
from linkage.kernels.roster.result import RosterResult
from linkage.terms import RosterObjective


class BrokenPlan(RuntimeError):
    """The solver made a plan that breaks a rule. This is a defect of the kernel; the plan was not returned."""


def _day_of(problem: RosterProblem, shift: int) -> int:
    return int(problem.shifts.start[shift]) // MINUTES_PER_DAY


def _minutes_by(plan: RosterProblem, shifts: list[int], divisor: str) -> Counter[int]:
    sums: Counter[int] = Counter()
    for shift in shifts:
        day = int(plan.shifts.start[shift]) // MINUTES_PER_DAY
        key = {"day": day, "week": int(plan.weeks[day]), "period": int(plan.periods[day])}[divisor]
        sums[key] += int(plan.shifts.end[shift] - plan.shifts.start[shift])
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


def _windows_of(problem: RosterProblem) -> dict[int, list[tuple[int, int]]]:
    windows = problem.windows
    own: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for volunteer, opens, closes in zip(
        windows.volunteer.tolist(), windows.start.tolist(), windows.end.tolist(), strict=True
    ):
        own[volunteer].append((opens, closes))
    return own


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


def _permission_violations(problem: RosterProblem, pairs: list[tuple[int, int]]) -> Iterator[str]:
    windows = _windows_of(problem)
    listed = problem.eligible
    eligible = None if listed is None else set(zip(listed.volunteer.tolist(), listed.shift.tolist(), strict=True))
    for volunteer, shift in pairs:
        if eligible is not None and (volunteer, shift) not in eligible:
            yield f"volunteer {volunteer} on shift {shift}: not an eligible pair"
        if not _is_inside(windows[volunteer], int(problem.shifts.start[shift]), int(problem.shifts.end[shift])):
            yield f"volunteer {volunteer} on shift {shift}: not available"


def _gap_violations(problem: RosterProblem, volunteer: int, shifts: list[int]) -> Iterator[str]:
    table = problem.shifts
    for one, other in combinations(sorted(shifts, key=lambda s: int(table.start[s])), 2):
        needed = problem.buffer_minutes
        if table.start[one] // MINUTES_PER_DAY != table.start[other] // MINUTES_PER_DAY:
            needed = max(needed, int(problem.volunteers.rest_minutes[volunteer]))
        here, there = int(table.place[one]), int(table.place[other])
        if here >= 0 and there >= 0 and here != there:
            needed = max(needed, _reachable(problem.travel_minutes, here)[there])
        if int(table.start[other]) - int(table.end[one]) < needed:
            yield f"volunteer {volunteer}: shifts {one} and {other} leave less than {needed} minutes"


def _person_violations(problem: RosterProblem, volunteer: int, shifts: list[int]) -> Iterator[str]:
    people = problem.volunteers
    if len(set(shifts)) < len(shifts):
        yield f"volunteer {volunteer} sits twice in one shift"
    yield from _gap_violations(problem, volunteer, sorted(set(shifts)))
    total = sum(_minutes_by(problem, shifts, "day").values())
    if total > people.max_minutes[volunteer]:
        yield f"volunteer {volunteer}: {total} minutes in all"
    for name, cap in (("week", people.max_minutes_week[volunteer]), ("day", people.max_minutes_day[volunteer])):
        for index, minutes in _minutes_by(problem, shifts, name).items():
            if minutes > cap:
                yield f"volunteer {volunteer}: {minutes} minutes in {name} {index}"
    strain: Counter[int] = Counter()
    for shift in shifts:
        strain[int(problem.weeks[_day_of(problem, shift)])] += int(problem.shifts.strain[shift])
    for week, points in strain.items():
        if points > people.strain_cap_week[volunteer]:
            yield f"volunteer {volunteer}: strain {points} in week {week}"


def _crew_violations(problem: RosterProblem, crews: dict[int, set[int]]) -> Iterator[str]:
    """Name what people who serve together break: newcomers left alone, teams torn."""
    people = problem.volunteers
    for shift, crew in sorted(crews.items()):
        if any(people.newcomer[v] for v in crew) and not any(people.experienced[v] for v in crew):
            yield f"shift {shift}: a newcomer without an experienced person"
        for number, team in enumerate(problem.teams):
            if 0 < len(crew & set(team)) < len(set(team)):
                yield f"shift {shift}: team {number} is not complete"


def violations(problem: RosterProblem, result: RosterResult) -> list[str]:
    """Return every hard rule the plan breaks."""
    found: list[str] = []
    shifts_of: dict[int, list[int]] = defaultdict(list)
    rows = list(zip(result.volunteer.tolist(), result.shift.tolist(), result.seat.tolist(), strict=True))
    for volunteer, shift, seat in rows:
        found += _seat_violations(problem, volunteer, shift, seat)
        shifts_of[volunteer].append(shift)
    found += _permission_violations(problem, [(volunteer, shift) for volunteer, shift, _ in rows])
    for volunteer, shifts in shifts_of.items():
        found += _person_violations(problem, volunteer, shifts)
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
    for volunteer in range(problem.volunteer_count):
        own = shifts_of[volunteer]
        by_period = _minutes_by(problem, own, "period")
        for period in range(problem.period_count):
            owed = int(problem.volunteers.pledge_minutes[volunteer]) - int(problem.served[volunteer, period])
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
