"""Check duty patterns, days off and successions from scratch, day by day, with none of the solver's tables.

The conventions at the edges of the horizon are those of the `Patterns` table. It repairs nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from linkage.kernels.roster.problem import RosterProblem

MINUTES_PER_DAY = 1440
SATURDAY, SUNDAY = 5, 6


def _runs(worked: Sequence[bool]) -> Iterator[tuple[bool, int, int]]:
    """Yield the runs of equal days: worked or off, first day, length."""
    first = 0
    for value, group in groupby(worked):
        length = len(list(group))
        yield value, first, length
        first += length


def _run_violations(problem: RosterProblem, row: int, worked: Sequence[bool]) -> Iterator[str]:
    patterns = problem.patterns
    who = f"volunteer {int(patterns.volunteer[row])}"
    most, least = int(patterns.max_consecutive_days[row]), int(patterns.min_consecutive_days[row])
    least_off = int(patterns.min_consecutive_days_off[row])
    for is_worked, first, length in _runs(worked):
        inside = first > 0 and first + length < len(worked)
        if is_worked and length > most:
            yield f"{who}: {length} days in a row from day {first}, at most {most}"
        if is_worked and inside and length < least:
            yield f"{who}: {length} days in a row from day {first}, at least {least}"
        if not is_worked and inside and length < least_off:
            yield f"{who}: {length} days off from day {first}, at least {least_off}"


def row_violations(problem: RosterProblem, row: int, shifts: Sequence[int]) -> Iterator[str]:
    """Yield what the shifts of somebody with a pattern break of it."""
    patterns, table = problem.patterns, problem.shifts
    who = f"volunteer {int(patterns.volunteer[row])}"
    by_day = Counter(int(table.start[shift]) // MINUTES_PER_DAY for shift in shifts)
    yield from (f"{who}: {count} shifts on day {day}" for day, count in sorted(by_day.items()) if count > 1)
    minutes = sum(int(table.end[shift] - table.start[shift]) for shift in shifts)
    if minutes < patterns.min_minutes[row]:
        yield f"{who}: {minutes} minutes, at least {patterns.min_minutes[row]}"
    yield from _run_violations(problem, row, [day in by_day for day in range(problem.horizon_days)])
    weekends = {
        (day + problem.first_weekday) // 7 for day in by_day if (day + problem.first_weekday) % 7 in {SATURDAY, SUNDAY}
    }
    if len(weekends) > patterns.max_weekends[row]:
        yield f"{who}: {len(weekends)} weekends, at most {patterns.max_weekends[row]}"
    limits = patterns.max_shifts_by_kind[row]
    for kind, count in sorted(Counter(int(table.kind[shift]) for shift in shifts).items()):
        if 0 <= kind < limits.size and count > limits[kind]:
            yield f"{who}: {count} shifts of kind {kind}, at most {limits[kind]}"


def _succession_violations(problem: RosterProblem, volunteer: int, shifts: Sequence[int]) -> Iterator[str]:
    table = problem.shifts
    forbidden = {(first, second) for first, second in problem.forbidden_successions.tolist()}
    by_day: dict[int, list[int]] = defaultdict(list)
    for shift in shifts:
        by_day[int(table.start[shift]) // MINUTES_PER_DAY].append(shift)
    for day in sorted(by_day):
        for one, other in product(by_day[day], by_day.get(day + 1, ())):
            if (int(table.kind[one]), int(table.kind[other])) in forbidden:
                yield f"volunteer {volunteer}: shift {other} must not follow shift {one}"


def pattern_violations(problem: RosterProblem, shifts_of: Mapping[int, Sequence[int]]) -> Iterator[str]:
    """Yield every broken pattern, day off and succession, given the shifts of everybody who serves."""
    for row, volunteer in enumerate(problem.patterns.volunteer.tolist()):
        yield from row_violations(problem, row, shifts_of.get(volunteer, ()))
    for volunteer, day in problem.patterns.days_off.tolist():
        for shift in shifts_of.get(volunteer, ()):
            if int(problem.shifts.start[shift]) // MINUTES_PER_DAY == day:
                yield f"volunteer {volunteer}: shift {shift} on day {day}, a day off"
    if problem.forbidden_successions.size:
        for volunteer, shifts in sorted(shifts_of.items()):
            yield from _succession_violations(problem, volunteer, shifts)
