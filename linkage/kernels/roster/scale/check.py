"""Check a large plan against the problem's own tables, column by column, with none of the solver's arrays.

The rules are those of `linkage.kernels.roster.check`, which looks at one person at a time. It repairs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from linkage.kernels.roster.check import BrokenPlan
from linkage.kernels.roster.problem import Integers, RosterProblem
from linkage.terms import RosterObjective

FAIRNESS_MINUTES = 30
CHUNK_WISHES = 100_000
"""Wishes looked at together, so that they stay near the processor."""
LARGEST_TABLE = 200_000_000
"""Bytes that a table of all pairs may take."""


def _sums(volunteer: Integers, column: Integers, amount: Integers, shape: tuple[int, int]) -> Integers:
    """(n_volunteers, n_columns) sums of an amount."""
    flat = np.bincount(volunteer * shape[1] + column, weights=amount, minlength=shape[0] * shape[1])
    return np.rint(flat).astype(np.int64).reshape(shape)


def _is_available(
    problem: RosterProblem, volunteer: Integers, shift: Integers
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether each pair's shift lies in one window of the volunteer, touching windows joined."""
    serves = np.zeros(problem.volunteer_count, dtype=np.bool_)
    serves[volunteer] = True
    own = np.flatnonzero(serves[problem.windows.volunteer])
    if not own.size:
        return np.zeros(volunteer.size, dtype=np.bool_)
    person, opens, closes = (
        column[own] for column in (problem.windows.volunteer, problem.windows.start, problem.windows.end)
    )
    earliest, latest = int(opens.min()), int(max(closes.max(), problem.shifts.end.max()))
    apart = latest - earliest + 2  # one person's minutes lie behind those of the person before, and touch them not
    opens, closes = (column - earliest + person * apart for column in (opens, closes))
    order = np.argsort(opens, kind="stable")
    opens, reach = opens[order], np.maximum.accumulate(closes[order])
    begins = np.concatenate(([True], opens[1:] > reach[:-1]))
    first = np.flatnonzero(begins)
    last = np.concatenate((first[1:], [opens.size])) - 1
    start, end = (column[shift] - earliest + volunteer * apart for column in (problem.shifts.start, problem.shifts.end))
    block = np.searchsorted(opens[first], start, side="right") - 1
    inside: np.ndarray[tuple[int], np.dtype[np.bool_]] = reach[last[np.maximum(block, 0)]] >= end
    return inside & (block >= 0)


def _shortest(problem: RosterProblem) -> Integers:
    best = problem.travel_minutes.copy()
    np.fill_diagonal(best, 0)
    for via in range(best.shape[0]):
        best = np.minimum(best, best[:, via, None] + best[None, via, :])
    return best


def _gap_violations(problem: RosterProblem, volunteer: Integers, shift: Integers) -> Iterator[str]:
    """Name neighbours in a person's order of shifts that leave too little time; with shortest ways that is enough."""
    shifts = problem.shifts
    order = np.lexsort((shifts.start[shift], volunteer))
    who, what = volunteer[order], shift[order]
    same = who[1:] == who[:-1]
    one, other, who = what[:-1][same], what[1:][same], who[1:][same]
    days = shifts.day[other] - shifts.day[one]
    gap = np.where(
        days > 0, np.maximum(problem.volunteers.rest_minutes[who], problem.buffer_minutes), problem.buffer_minutes
    )
    if problem.travel_minutes.size:
        here, there = shifts.place[one], shifts.place[other]
        gap = np.maximum(gap, np.where((here >= 0) & (there >= 0), _shortest(problem)[here, there], 0))
    for row in np.flatnonzero(shifts.start[other] - shifts.end[one] < gap).tolist():
        yield f"volunteer {who[row]}: shifts {one[row]} and {other[row]} leave less than {gap[row]} minutes"


def _order_violations(problem: RosterProblem, volunteer: Integers, shift: Integers) -> Iterator[str]:
    """Name days off that are worked and kinds that must not follow each other."""
    shifts = problem.shifts
    off = {(v, d) for v, d in problem.patterns.days_off.tolist()}
    forbidden = {(one, other) for one, other in problem.forbidden_successions.tolist()}
    if not off and not forbidden:
        return
    kinds: dict[tuple[int, int], set[int]] = {}
    for who, what in zip(volunteer.tolist(), shift.tolist(), strict=True):
        day = int(shifts.day[what])
        kinds.setdefault((who, day), set()).add(int(shifts.kind[what]))
        if (who, day) in off:
            yield f"volunteer {who}: shift {what} on day {day}, a day off"
    for (who, day), own in sorted(kinds.items()):
        if any((one, other) in forbidden for one in own for other in kinds.get((who, day + 1), ())):
            yield f"volunteer {who}: a forbidden succession from day {day}"


def _cap_violations(problem: RosterProblem, volunteer: Integers, shift: Integers) -> Iterator[str]:
    people, shifts, count = problem.volunteers, problem.shifts, problem.volunteer_count
    day, minutes = shifts.day[shift], shifts.minutes[shift]
    week = problem.weeks[day]
    weeks = int(problem.weeks.max(initial=0)) + 1
    for name, column, amount, width, cap in (
        ("in all", np.zeros_like(day), minutes, 1, people.max_minutes),
        ("in a week", week, minutes, weeks, people.max_minutes_week),
        ("in a day", day, minutes, problem.horizon_days, people.max_minutes_day),
        ("strain in a week", week, shifts.strain[shift], weeks, people.strain_cap_week),
    ):
        most = _sums(volunteer, column, amount, (count, max(1, width))).max(axis=1)
        yield from (f"volunteer {v}: {most[v]} {name}" for v in np.flatnonzero(most > cap).tolist())


def _seat_violations(problem: RosterProblem, volunteer: Integers, shift: Integers, seat: Integers) -> Iterator[str]:
    people, seats = problem.volunteers, problem.seats
    skill = seats.skill[seat]
    asks = skill >= 0
    lacks = np.zeros(seat.size, dtype=np.bool_)
    lacks[asks] = ~people.skills[volunteer[asks], skill[asks]]
    lacks[asks] |= people.skill_until[volunteer[asks], skill[asks]] < problem.shifts.end[shift[asks]]
    for wrong, text in (
        (seats.shift[seat] != shift, "sits on a seat of another shift"),
        (lacks, "lacks the skill, or its certificate ends before"),
        (~_is_available(problem, volunteer, shift), "is not available"),
    ):
        yield from (f"volunteer {volunteer[r]} on shift {shift[r]} {text}" for r in np.flatnonzero(wrong).tolist())
    filled = np.bincount(seat, minlength=problem.seat_count)
    yield from (f"seat {q}: {filled[q]} people" for q in np.flatnonzero(filled > seats.maximum).tolist())


def _pair_keys(problem: RosterProblem, volunteer: Integers, shift: Integers) -> Integers:
    return volunteer * max(1, problem.shift_count) + shift


def violations(problem: RosterProblem, rows: Integers) -> Iterator[str]:
    """Yield every hard rule that rows of (volunteer, shift, seat) break."""
    volunteer, shift, seat = rows[:, 0], rows[:, 1], rows[:, 2]
    key = _pair_keys(problem, volunteer, shift)
    if np.unique(key).size < key.size:
        yield "somebody sits twice in one shift"
    if problem.eligible is not None:
        listed = np.isin(key, _pair_keys(problem, problem.eligible.volunteer, problem.eligible.shift))
        yield from (f"volunteer {volunteer[r]} on shift {shift[r]}: not eligible" for r in np.flatnonzero(~listed))
    stays = ~np.isin(problem.fixed.volunteer, problem.released)
    fixed = _pair_keys(problem, problem.fixed.volunteer[stays], problem.fixed.shift[stays])
    yield from (f"fixed pair {k} does not serve" for k in fixed[~np.isin(fixed, key)].tolist())
    yield from _seat_violations(problem, volunteer, shift, seat)
    yield from _gap_violations(problem, volunteer, shift)
    yield from _order_violations(problem, volunteer, shift)
    yield from _cap_violations(problem, volunteer, shift)
    people, count = problem.volunteers, problem.shift_count
    new = np.bincount(shift[people.newcomer[volunteer]], minlength=count)
    old = np.bincount(shift[people.experienced[volunteer]], minlength=count)
    yield from (f"shift {s}: a newcomer alone" for s in np.flatnonzero((new > 0) & (old == 0)).tolist())


def _together(problem: RosterProblem, volunteer: Integers, shift: Integers) -> int:
    group = problem.volunteers.group[volunteer]
    own = group >= 0
    size = np.unique(shift[own] * (int(group.max(initial=0)) + 1) + group[own], return_counts=True)[1]
    return int((size - 1).sum()) * problem.together_weight


def preference(problem: RosterProblem, rows: Integers) -> int:
    """Compute what wishes not followed weigh, less what serving together saves."""
    wishes = problem.requests
    unmet = int(wishes.weight.sum(where=wishes.want))
    if not rows.size:
        return unmet
    key = _pair_keys(problem, rows[:, 0], rows[:, 1])
    size = problem.volunteer_count * problem.shift_count
    table = np.zeros(size if size <= LARGEST_TABLE else 0, dtype=np.bool_)
    if table.size:
        table[key] = True
    for first in range(0, wishes.weight.size, CHUNK_WISHES):
        part = slice(first, first + CHUNK_WISHES)
        asked = _pair_keys(problem, wishes.volunteer[part], wishes.shift[part])
        served = np.flatnonzero(table[asked] if table.size else np.isin(asked, key))
        worth, want = wishes.weight[part][served], wishes.want[part][served]
        unmet += int(worth.sum(where=~want)) - int(worth.sum(where=want))
    return unmet - _together(problem, rows[:, 0], rows[:, 1])


def term_values(problem: RosterProblem, rows: Integers) -> dict[RosterObjective, int]:
    """Compute the seven terms of rows of (volunteer, shift, seat)."""
    volunteer, shift, seat = rows[:, 0], rows[:, 1], rows[:, 2]
    seats, shifts, people, count = problem.seats, problem.shifts, problem.volunteers, problem.volunteer_count
    weight = shifts.priority[seats.shift] * seats.under_weight
    filled = np.bincount(seat, minlength=problem.seat_count)
    uncovered = weight * np.maximum(0, seats.target - filled) + seats.over_weight * np.maximum(0, filled - seats.target)
    uncovered += weight * (problem.minimum_factor - 1) * np.maximum(0, seats.minimum - filled)
    led = np.bincount(shift[people.leads[volunteer]], minlength=problem.shift_count) > 0
    minutes = shifts.minutes[shift]
    period = problem.periods[shifts.day[shift]]
    served = _sums(volunteer, period, minutes, (count, problem.period_count))
    owed = np.maximum(0, people.pledge_minutes[:, None] - problem.served)
    load = -(-served.sum(axis=1) // FAIRNESS_MINUTES)
    key = _pair_keys(problem, volunteer, shift)
    stays = ~np.isin(problem.previous.volunteer, problem.released)
    previous = _pair_keys(problem, problem.previous.volunteer[stays], problem.previous.shift[stays])
    return {
        RosterObjective.UNCOVERED: int(uncovered.sum()),
        RosterObjective.LEAD_MISSING: int(shifts.priority[shifts.leads & ~led].sum()),
        RosterObjective.PLEDGE_SHORTFALL: int(np.maximum(0, owed - served).sum()),
        RosterObjective.DISTURBANCE: int((~np.isin(previous, key)).sum()),
        RosterObjective.PREFERENCE: preference(problem, rows),
        RosterObjective.UNFAIRNESS: int((load * load).sum()),
        RosterObjective.PEOPLE_USED: int(np.unique(volunteer).size),
    }


def verify(
    problem: RosterProblem, rows: Integers, terms: Mapping[RosterObjective, int], levels: list[tuple[int, int]]
) -> None:
    """Raise `BrokenPlan` unless every rule holds, the terms are as claimed and no level is below its bound."""
    found = list(violations(problem, rows))
    actual = term_values(problem, rows)
    found += [f"{term} is {actual[term]}, claimed {terms[term]}" for term in actual if actual[term] != terms[term]]
    for (value, bound), level in zip(levels, problem.objectives, strict=True):
        summed = sum(problem.weight_of(term) * actual[term] for term in level)
        if summed != value or value < bound:
            found.append(f"level {level} is {summed}, claimed {value}, with bound {bound}")
    if found:
        raise BrokenPlan("; ".join(found[:20]))
