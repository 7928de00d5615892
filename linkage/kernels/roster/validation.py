"""Find every mistake in a roster problem at once, in words that name the row, the number and the rule.

It decides whether the numbers can be true, not whether the plan will be good: a seat that nobody can take is
no mistake, a fixed pair that breaks a hard rule is one (the contradicting rules are named).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from linkage.kernels.roster.problem import RosterProblem
    from linkage.kernels.roster.tables import Pairs, Requests, Windows

LARGEST = 2**31 - 1
LARGEST_WEIGHT = 10**6
LARGEST_HORIZON_DAYS = 3660
LARGEST_KIND = 9999
SHOWN = 20
"""How many rows of one kind of mistake are spelled out before they are only counted."""


def _rows(bad: Any, text: str) -> Iterator[str]:
    rows = np.flatnonzero(np.asarray(bad))
    for row in rows[:SHOWN]:
        yield text.format(row=int(row))
    if rows.size > SHOWN:
        yield text.format(row=f"... {rows.size - SHOWN} more")


def _is_whole(array: np.ndarray[Any, Any]) -> bool:
    return bool(array.dtype == np.int64)


def _columns(problem: RosterProblem) -> Iterator[tuple[str, np.ndarray[Any, Any], int | tuple[int, int], int, int]]:
    """Yield every integer array with its name, expected shape, least and largest value."""
    people, shifts, seats = problem.volunteers, problem.shifts, problem.seats
    n_people, n_shifts, n_seats = people.leads.size, shifts.start.size, seats.shift.size
    for name in ("max_minutes", "max_minutes_week", "max_minutes_day", "pledge_minutes", "rest_minutes"):
        yield f"volunteers.{name}", getattr(people, name), n_people, 0, LARGEST
    yield "volunteers.skill_until", people.skill_until, people.skills.shape, 0, LARGEST
    yield "volunteers.strain_cap_week", people.strain_cap_week, n_people, 0, LARGEST
    yield "volunteers.group", people.group, n_people, -1, LARGEST
    latest = (problem.horizon_days + 1) * 1440
    yield "shifts.start", shifts.start, n_shifts, 0, max(0, problem.horizon_days * 1440 - 1)
    yield "shifts.end", shifts.end, n_shifts, 0, latest
    yield "shifts.priority", shifts.priority, n_shifts, 1, LARGEST_WEIGHT
    yield "shifts.place", shifts.place, n_shifts, -1, problem.travel_minutes.shape[0] - 1
    yield "shifts.kind", shifts.kind, n_shifts, -1, LARGEST_KIND
    yield "shifts.strain", shifts.strain, n_shifts, 0, LARGEST_WEIGHT
    yield "seats.shift", seats.shift, n_seats, 0, n_shifts - 1
    skills = people.skills.shape[1] if people.skills.ndim == 2 else 0
    yield "seats.skill", seats.skill, n_seats, -1, skills - 1
    yield "seats.minimum", seats.minimum, n_seats, 0, LARGEST_WEIGHT
    yield "seats.target", seats.target, n_seats, 0, LARGEST_WEIGHT
    yield "seats.under_weight", seats.under_weight, n_seats, 0, LARGEST_WEIGHT
    yield "seats.maximum", seats.maximum, n_seats, 0, LARGEST
    yield "seats.over_weight", seats.over_weight, n_seats, 0, LARGEST_WEIGHT
    windows = problem.windows
    yield "windows.volunteer", windows.volunteer, windows.volunteer.size, 0, n_people - 1
    yield "windows.start", windows.start, windows.volunteer.size, -LARGEST, LARGEST
    yield "windows.end", windows.end, windows.volunteer.size, -LARGEST, LARGEST
    tables: list[tuple[str, Pairs | Requests | None]] = [
        ("eligible", problem.eligible),
        ("previous", problem.previous),
        ("fixed", problem.fixed),
        ("requests", problem.requests),
    ]
    for name, pairs in tables:
        if pairs is not None:
            yield f"{name}.volunteer", pairs.volunteer, pairs.volunteer.size, 0, n_people - 1
            yield f"{name}.shift", pairs.shift, pairs.volunteer.size, 0, n_shifts - 1
    yield "requests.weight", problem.requests.weight, problem.requests.volunteer.size, 0, LARGEST_WEIGHT
    yield "released", problem.released, problem.released.size, 0, n_people - 1
    for name, days in (("week_of_day", problem.week_of_day), ("period_of_day", problem.period_of_day)):
        if days is not None:
            yield name, days, problem.horizon_days, 0, max(0, problem.horizon_days - 1)
    if problem.served_minutes.size:
        yield "served_minutes", problem.served_minutes, (n_people, problem.served_minutes.shape[-1]), 0, LARGEST
    places = problem.travel_minutes.shape[0]
    yield "travel_minutes", problem.travel_minutes, (places, places), 0, LARGEST
    yield from _pattern_columns(problem)


def _length(array: np.ndarray[Any, Any]) -> int:
    return array.shape[0] if array.ndim else 0


def _pattern_columns(
    problem: RosterProblem,
) -> Iterator[tuple[str, np.ndarray[Any, Any], int | tuple[int, int], int, int]]:
    patterns = problem.patterns
    rows = patterns.volunteer.size
    yield "patterns.volunteer", patterns.volunteer, rows, 0, problem.volunteers.leads.size - 1
    yield "patterns.min_minutes", patterns.min_minutes, rows, 0, LARGEST
    yield "patterns.max_consecutive_days", patterns.max_consecutive_days, rows, 0, LARGEST
    yield "patterns.min_consecutive_days", patterns.min_consecutive_days, rows, 1, LARGEST
    yield "patterns.min_consecutive_days_off", patterns.min_consecutive_days_off, rows, 1, LARGEST
    yield "patterns.max_weekends", patterns.max_weekends, rows, 0, LARGEST
    limits, successions = patterns.max_shifts_by_kind, problem.forbidden_successions
    yield "patterns.max_shifts_by_kind", limits, (rows, limits.shape[-1] if limits.ndim else 0), 0, LARGEST
    yield "patterns.days_off", patterns.days_off, (_length(patterns.days_off), 2), 0, LARGEST
    yield "forbidden_successions", successions, (_length(successions), 2), 0, LARGEST_KIND


def _shape_mistakes(problem: RosterProblem) -> Iterator[str]:
    for name, array, shape, least, largest in _columns(problem):
        expected = (shape,) if isinstance(shape, int) else shape
        if not _is_whole(array):
            yield f"{name} must hold whole numbers of at most {LARGEST}, not {array.dtype}"
        elif array.shape != expected:
            yield f"{name} has shape {array.shape}, expected {expected}"
        elif array.ndim == 1:
            yield from _rows((array < least) | (array > largest), f"{name}[{{row}}] is outside {least}..{largest}")
        elif array.size and (array.min() < least or array.max() > largest):
            yield f"{name} holds a value outside {least}..{largest}"
    yield from _flag_mistakes(problem)


def _flag_mistakes(problem: RosterProblem) -> Iterator[str]:
    people = problem.volunteers
    if people.skills.ndim != 2 or people.skills.shape[0] != people.leads.size:
        yield f"volunteers.skills has shape {people.skills.shape}, expected ({people.leads.size}, n_skills)"
    for name in ("newcomer", "experienced"):
        if getattr(people, name).shape != people.leads.shape:
            yield f"volunteers.{name} has shape {getattr(people, name).shape}, expected {people.leads.shape}"
    if problem.shifts.leads.shape != problem.shifts.start.shape:
        yield f"shifts.leads has shape {problem.shifts.leads.shape}, expected {problem.shifts.start.shape}"
    if problem.requests.want.shape != problem.requests.volunteer.shape:
        yield f"requests.want has shape {problem.requests.want.shape}, expected {problem.requests.volunteer.shape}"


def _day_mistakes(problem: RosterProblem) -> Iterator[str]:
    for name, days in (("week_of_day", problem.weeks), ("period_of_day", problem.periods)):
        if days.size and (days[0] != 0 or np.any(np.diff(days) < 0) or np.any(np.diff(days) > 1)):
            yield f"{name} must start at 0 and rise by 0 or 1 from day to day"
    if problem.served_minutes.size and problem.served_minutes.shape[1] != problem.period_count:
        yield f"served_minutes has {problem.served_minutes.shape[1]} periods, expected {problem.period_count}"


def _window_mistakes(windows: Windows) -> Iterator[str]:
    yield from _rows(windows.end < windows.start, "windows[{row}] ends before it starts")


def _duplicates(pairs: Pairs | Requests, name: str) -> Iterator[str]:
    keys = pairs.volunteer * (LARGEST + 1) + pairs.shift
    _, first = np.unique(keys, return_index=True)
    repeated = np.ones(keys.size, dtype=np.bool_)
    repeated[first] = False
    yield from _rows(repeated, f"{name}[{{row}}] names the same volunteer and shift as an earlier row")


def _pattern_mistakes(problem: RosterProblem) -> Iterator[str]:
    patterns, kinds = problem.patterns, problem.shifts.kind
    repeated = np.ones(patterns.volunteer.size, dtype=np.bool_)
    repeated[np.unique(patterns.volunteer, return_index=True)[1]] = False
    yield from _rows(repeated, "patterns[{row}] names the same volunteer as an earlier row")
    width, needed = patterns.max_shifts_by_kind.shape[-1], int(kinds.max(initial=-1)) + 1
    if 0 < width < needed:
        yield f"patterns.max_shifts_by_kind has {width} kinds, expected {needed}"
    person, day = patterns.days_off[:, 0], patterns.days_off[:, 1]
    yield from _rows(
        person >= problem.volunteer_count,
        f"patterns.days_off[{{row}}] names a volunteer outside 0..{problem.volunteer_count - 1}",
    )
    yield from _rows(
        day >= problem.horizon_days, f"patterns.days_off[{{row}}] names a day outside 0..{problem.horizon_days - 1}"
    )


def _team_mistakes(problem: RosterProblem) -> Iterator[str]:
    seen: set[object] = set()
    for number, team in enumerate(problem.teams):
        if len(team) < 2:
            yield f"teams[{number}] has fewer than two volunteers"
        members: tuple[object, ...] = team
        for volunteer in members:
            if not isinstance(volunteer, int | np.integer):
                yield f"teams[{number}] names {volunteer!r}, which is no whole number"
            elif not 0 <= volunteer < problem.volunteer_count:
                yield f"teams[{number}] names volunteer {volunteer}, outside 0..{problem.volunteer_count - 1}"
            elif volunteer in seen:
                yield f"teams[{number}] names volunteer {volunteer}, who is in a team already"
            seen.add(volunteer)


def _meaning_mistakes(problem: RosterProblem) -> Iterator[str]:
    shifts, seats = problem.shifts, problem.seats
    people = problem.volunteers
    yield from _rows(people.newcomer & people.experienced, "volunteers[{row}] is both newcomer and experienced")
    yield from _rows(seats.maximum < seats.target, "seats[{row}] has a maximum below its target")
    yield from _pattern_mistakes(problem)
    yield from _team_mistakes(problem)
    yield from _rows(shifts.end <= shifts.start, "shifts[{row}] ends before or when it starts")
    yield from _rows(seats.minimum > seats.target, "seats[{row}] has a minimum above its target")
    yield from _window_mistakes(problem.windows)
    yield from _day_mistakes(problem)
    yield from _duplicates(problem.previous, "previous")
    yield from _duplicates(problem.fixed, "fixed")
    yield from _duplicates(problem.requests, "requests")


def _option_mistakes(problem: RosterProblem) -> Iterator[str]:
    if not 0 <= problem.horizon_days <= LARGEST_HORIZON_DAYS:
        yield f"horizon_days is {problem.horizon_days}, expected 0..{LARGEST_HORIZON_DAYS}"
    if not 0 <= problem.buffer_minutes <= LARGEST:
        yield f"buffer_minutes is {problem.buffer_minutes}, expected 0..{LARGEST}"
    if not 1 <= problem.minimum_factor <= LARGEST_WEIGHT:
        yield f"minimum_factor is {problem.minimum_factor}, expected 1..{LARGEST_WEIGHT}"
    if not 0 <= problem.first_weekday <= 6:
        yield f"first_weekday is {problem.first_weekday}, expected 0..6"
    if not 0 <= problem.together_weight <= LARGEST_WEIGHT:
        yield f"together_weight is {problem.together_weight}, expected 0..{LARGEST_WEIGHT}"
    named = [term for level in problem.objectives for term in level]
    if len(named) != len(set(named)):
        yield "objectives names a term twice"
    if any(not level for level in problem.objectives):
        yield "objectives holds an empty level"
    for term, weight in problem.weights.items():
        if not 0 <= weight <= LARGEST_WEIGHT:
            yield f"weights[{term}] is {weight}, expected 0..{LARGEST_WEIGHT}"


def mistakes(problem: RosterProblem) -> list[str]:
    """Return every mistake, the deeper checks only where the numbers themselves make sense."""
    found = list(_option_mistakes(problem))
    if found:
        return found
    found = list(_shape_mistakes(problem))
    if found:
        return found
    found = list(_meaning_mistakes(problem))
    if found:
        return found
    from linkage.kernels.roster.fixed import fixed_mistakes  # reads the facts, which need numbers that make sense

    return list(fixed_mistakes(problem))
