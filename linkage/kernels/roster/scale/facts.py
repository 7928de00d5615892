"""The hard rules of a large roster as flat arrays: who may serve which shift alone, row by row of eligible pairs.

The rules are those of `linkage.kernels.roster.hard`, worked out without a table of people times shifts. It chooses
nothing and weighs nothing.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linkage.kernels.compiled import compiled
from linkage.kernels.roster.problem import RosterProblem
from linkage.kernels.roster.tables import Pairs

Integers = NDArray[np.int64]
Small = NDArray[np.int32]
Bytes = NDArray[np.int8]

KEPT: Final = 1
FIXED: Final = 2
MOST_SEATS: Final = 30
"""Seat rows of one shift that fit the bits of `pair_seats`."""


PERSON: Final = 0
SHIFT: Final = 1
SEATS: Final = 2
WISH: Final = 3
MARK: Final = 4
"""Columns of `pairs`."""

START: Final = 0
END: Final = 1
MINUTES: Final = 2
DAY: Final = 3
WEEK: Final = 4
PERIOD: Final = 5
PLACE: Final = 6
KIND: Final = 7
STRAIN: Final = 8
LEAD_COST: Final = 9
SEAT: Final = 10
SEAT_END: Final = 11
"""Columns of `shifts`."""

SHIFT_OF: Final = 0
MINIMUM: Final = 1
TARGET: Final = 2
MOST: Final = 3
LOW: Final = 4
HIGH: Final = 5
OVER: Final = 6
ROW: Final = 7
"""Columns of `seats`."""

IS_LEAD: Final = 0
NEWCOMER: Final = 1
EXPERIENCED: Final = 2
GROUP: Final = 3
CAP: Final = 4
CAP_WEEK: Final = 5
CAP_DAY: Final = 6
STRAIN_CAP: Final = 7
REST: Final = 8
PROMISED: Final = 9
"""Columns of `people`."""

BUFFER: Final = 0
TOGETHER: Final = 1
WEEKS: Final = 2
DAYS: Final = 3
DAY_COLUMN: Final = 4
PERIOD_COLUMN: Final = 5
STRAIN_COLUMN: Final = 6
WIDTH: Final = 7
"""Places of `limits`."""


class Facts(NamedTuple):
    """What compiled functions know of a roster. The tables are few and wide: each array passed costs a call time.

    Parameters
    ----------
    pair_first
        (n_volunteers + 1,) the pairs of volunteer v are rows pair_first[v] .. pair_first[v + 1] - 1, by start.
    pairs
        (n_pairs, 5) int32: volunteer; shift; bit i set if the i-th seat of the shift may be taken; what serving adds to
        preference; bits `KEPT` (in the previous plan) and `FIXED`.
    shift_first, shift_pair
        (n_shifts + 1,) and (n_pairs,) the pairs of each shift.
    shifts
        (n_shifts, 12): times, day, week, period, place, kind, strain, cost of a missing lead (0 where none is asked),
        first seat and end of its seats.
    seats
        (n_seats, 8), sorted by shift: shift; people below which one more saves `LOW`, up to which `HIGH`, and at most
        (beyond the target each costs `OVER`); row of the problem.
    people
        (n_volunteers, 10): lead, newcomer, experienced, group, caps, rest, whether a pledge is open.
    owed
        (n_volunteers, n_periods) minutes still owed of the pledge.
    travel, succession
        Shortest minutes between places; 1 where a kind must not follow a kind on the next day.
    limits
        Buffer minutes, weight of serving together, weeks, days, and the columns of `state.State.load`.
    """

    pair_first: Integers
    pairs: Small
    shift_first: Integers
    shift_pair: Small
    shifts: Integers
    seats: Integers
    people: Integers
    owed: Integers
    travel: Integers
    succession: Bytes
    limits: Integers


@compiled
def _merge_windows(first: Integers, opens: Integers, closes: Integers, block: Integers) -> None:
    """Merge touching windows of each volunteer in place; `block` tells how many are left."""
    for volunteer in range(first.size - 1):
        last = first[volunteer] - 1
        for row in range(first[volunteer], first[volunteer + 1]):
            if last >= first[volunteer] and opens[row] <= closes[last]:
                closes[last] = max(closes[last], closes[row])
            else:
                last += 1
                opens[last] = opens[row]
                closes[last] = closes[row]
        block[volunteer] = last + 1 - first[volunteer]


@compiled
def _seat_bits(
    seat_first: Integers, seat_skill: Integers, until: Integers, volunteer: int, shift: int, end: int
) -> int:
    """Tell which seats of a shift a volunteer may take, as bits."""
    bits = 0
    for seat in range(seat_first[shift], seat_first[shift + 1]):
        skill = seat_skill[seat]
        if skill < 0 or until[volunteer, skill] >= end:
            bits |= 1 << (seat - seat_first[shift])
    return bits


@compiled
def _find_pairs(
    windows: tuple[Integers, Integers, Integers, Integers],
    shifts: tuple[Integers, Integers, Integers, Integers],
    seats: tuple[Integers, Integers, Integers],
    listed: tuple[Integers, Integers, int],
    off: tuple[Integers, Integers],
    cap: Integers,
    first: Integers,
    out: Small,
) -> None:
    """Count the pairs of each volunteer into `first`, and write them if `out` has room."""
    window_first, opens, closes, block = windows
    order, start, end, day = shifts
    seat_first, seat_skill, until = seats
    listed_first, listed_shift, is_listed = listed
    off_first, off_day = off
    stamp = np.full(start.size, -1, np.int64)
    write = out.size > 0
    sorted_start = start[order]
    found = 0
    for volunteer in range(cap.size):
        first[volunteer] = found
        if is_listed:
            for row in range(listed_first[volunteer], listed_first[volunteer + 1]):
                stamp[listed_shift[row]] = volunteer
        for row in range(window_first[volunteer], window_first[volunteer] + block[volunteer]):
            for place in range(np.searchsorted(sorted_start, opens[row]), start.size):
                shift = order[place]
                if start[shift] >= closes[row]:
                    break
                if end[shift] > closes[row] or end[shift] - start[shift] > cap[volunteer]:
                    continue
                if is_listed and stamp[shift] != volunteer:
                    continue
                is_off = False
                for free in range(off_first[volunteer], off_first[volunteer + 1]):
                    is_off = is_off or off_day[free] == day[shift]
                if is_off:
                    continue
                bits = _seat_bits(seat_first, seat_skill, until, volunteer, shift, end[shift])
                if bits == 0:
                    continue
                if write:
                    out[found, PERSON] = volunteer
                    out[found, SHIFT] = shift
                    out[found, SEATS] = bits
                found += 1
    first[cap.size] = found


@compiled
def _spread(
    pair_first: Integers, pairs: Small, column: int, shifts: int, rows: tuple[Integers, Integers, Integers]
) -> None:
    """Add the values of rows (volunteer, shift) to the pairs they name; rows without a pair are passed over."""
    row_first, row_shift, row_value = rows
    value = np.zeros(shifts, np.int64)
    for volunteer in range(pair_first.size - 1):
        for row in range(row_first[volunteer], row_first[volunteer + 1]):
            value[row_shift[row]] += row_value[row]
        for pair in range(pair_first[volunteer], pair_first[volunteer + 1]):
            pairs[pair, column] += value[pairs[pair, SHIFT]]
        for row in range(row_first[volunteer], row_first[volunteer + 1]):
            value[row_shift[row]] = 0


@compiled
def _by_shift(pairs: Small, shift_first: Integers, shift_pair: Small) -> None:
    """List the pairs of each shift in the order of volunteers."""
    for pair in range(pairs.shape[0]):
        shift_first[pairs[pair, SHIFT] + 1] += 1
    for shift in range(shift_first.size - 1):
        shift_first[shift + 1] += shift_first[shift]
    place = shift_first[:-1].copy()
    for pair in range(pairs.shape[0]):
        shift_pair[place[pairs[pair, SHIFT]]] = pair
        place[pairs[pair, SHIFT]] += 1


def _grouped(volunteer: Integers, count: int) -> tuple[Integers, Integers]:
    """Sort rows by volunteer: their order, and where each volunteer's rows begin."""
    order = np.argsort(volunteer, kind="stable")
    first = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(volunteer, minlength=count), out=first[1:])
    return order, first


def shortest(travel: Integers) -> Integers:
    """Minutes between places by the quickest way, no time within a place (Floyd and Warshall)."""
    best = travel.copy()
    np.fill_diagonal(best, 0)
    for via in range(best.shape[0]):
        best = np.minimum(best, best[:, via : via + 1] + best[via : via + 1, :])
    return best


def _pairs(problem: RosterProblem, seat_first: Integers, seat_skill: Integers) -> tuple[Integers, Small]:
    """Find the eligible pairs: where each volunteer's begin, and the table without wishes and marks."""
    people, shifts, count = problem.volunteers, problem.shifts, problem.volunteer_count
    order = np.lexsort((problem.windows.start, problem.windows.volunteer))
    opens, closes = problem.windows.start[order], problem.windows.end[order]
    window_first = np.searchsorted(problem.windows.volunteer[order], np.arange(count + 1)).astype(np.int64)
    block = np.zeros(count, dtype=np.int64)
    _merge_windows(window_first, opens, closes, block)
    listed = problem.eligible
    rows = Pairs.of() if listed is None else listed
    listed_order, listed_first = _grouped(rows.volunteer, count)
    off = problem.patterns.days_off
    off_order, off_first = _grouped(np.ascontiguousarray(off[:, 0]), count)
    until = np.where(people.skills, people.skill_until, -1)
    first = np.zeros(count + 1, dtype=np.int64)
    asked = (
        (window_first, opens, closes, block),
        (
            np.lexsort((np.arange(shifts.start.size), shifts.start)).astype(np.int64),
            shifts.start,
            shifts.end,
            shifts.day,
        ),
        (seat_first, seat_skill, until),
        (listed_first, rows.shift[listed_order], int(listed is not None)),
        (off_first, np.ascontiguousarray(off[off_order, 1])),
        np.minimum(np.minimum(people.max_minutes, people.max_minutes_week), people.max_minutes_day),
        first,
    )
    _find_pairs(*asked, np.zeros((0, 5), dtype=np.int32))
    pairs = np.zeros((int(first[-1]), 5), dtype=np.int32)
    if first[-1]:
        _find_pairs(*asked, pairs)
    return first, pairs


def _mark(problem: RosterProblem, first: Integers, pairs: Small) -> None:
    """Carry wishes, the previous plan and fixed pairs over to the pairs."""
    wishes, stays = problem.requests, ~np.isin(problem.previous.volunteer, problem.released)
    holds = ~np.isin(problem.fixed.volunteer, problem.released)
    for column, volunteer, shift, value in (
        (WISH, wishes.volunteer, wishes.shift, np.where(wishes.want, -wishes.weight, wishes.weight)),
        (MARK, problem.previous.volunteer[stays], problem.previous.shift[stays], np.full(stays.sum(), KEPT)),
        (MARK, problem.fixed.volunteer[holds], problem.fixed.shift[holds], np.full(holds.sum(), FIXED)),
    ):
        order, row_first = _grouped(volunteer, problem.volunteer_count)
        rows = (row_first, shift[order], value[order].astype(np.int64))
        _spread(first, pairs, column, problem.shift_count, rows)


def _seat_table(problem: RosterProblem) -> tuple[Integers, Integers]:
    """Sort the seats that anybody may take by shift: where each shift's begin, and the table."""
    seats, priority = problem.seats, problem.shifts.priority
    row = np.flatnonzero(seats.maximum > 0)
    row = row[np.argsort(seats.shift[row], kind="stable")]
    shift = seats.shift[row]
    first = np.zeros(problem.shift_count + 1, dtype=np.int64)
    np.cumsum(np.bincount(shift, minlength=problem.shift_count), out=first[1:])
    high = priority[shift] * seats.under_weight[row]
    most = np.minimum(seats.maximum[row], problem.volunteer_count)
    target = seats.target[row]
    columns = (shift, seats.minimum[row], target, np.maximum(most, target), high * problem.minimum_factor, high)
    return first, np.stack((*columns, seats.over_weight[row], row), axis=1)


def _succession(problem: RosterProblem) -> Bytes:
    kinds = int(problem.shifts.kind.max(initial=-1)) + 1
    table = np.zeros((kinds, kinds), dtype=np.int8)
    for earlier, later in problem.forbidden_successions.tolist():
        if earlier < kinds and later < kinds:
            table[earlier, later] = 1
    return table


def _people_table(problem: RosterProblem, owed: Integers) -> Integers:
    people = problem.volunteers
    columns = (
        people.leads,
        people.newcomer,
        people.experienced,
        people.group,
        people.max_minutes,
        people.max_minutes_week,
        people.max_minutes_day,
        people.strain_cap_week,
        people.rest_minutes,
        (owed > 0).any(axis=1),
    )
    return np.stack([column.astype(np.int64) for column in columns], axis=1)


def work_out(problem: RosterProblem) -> Facts:
    """Work out the facts of a valid problem."""
    shifts, days = problem.shifts, problem.shifts.day
    seat_first, seats = _seat_table(problem)
    first, pairs = _pairs(problem, seat_first, np.ascontiguousarray(problem.seats.skill[seats[:, ROW]]))
    _mark(problem, first, pairs)
    shift_first, shift_pair = _index(pairs, problem.shift_count)
    owed = np.maximum(problem.volunteers.pledge_minutes[:, None] - problem.served, 0)
    weeks = int(problem.weeks[-1]) + 1 if problem.horizon_days else 1
    day_column = 1 + weeks
    period_column = day_column + max(1, problem.horizon_days)
    strain_column = period_column + problem.period_count
    limits = (problem.buffer_minutes, problem.together_weight, weeks, max(1, problem.horizon_days), day_column)
    columns = (
        shifts.start,
        shifts.end,
        shifts.minutes,
        days,
        problem.weeks[days],
        problem.periods[days],
        shifts.place,
        shifts.kind,
        shifts.strain,
        np.where(shifts.leads, shifts.priority, 0),
        seat_first[:-1],
        seat_first[1:],
    )
    return Facts(
        pair_first=first,
        pairs=pairs,
        shift_first=shift_first,
        shift_pair=shift_pair,
        shifts=np.stack(columns, axis=1),
        seats=seats,
        people=_people_table(problem, owed),
        owed=owed,
        travel=shortest(problem.travel_minutes),
        succession=_succession(problem),
        limits=np.asarray([*limits, period_column, strain_column, strain_column + weeks], dtype=np.int64),
    )


def _index(pairs: Small, shifts: int) -> tuple[Integers, Small]:
    """List the pairs of each shift."""
    first = np.zeros(shifts + 1, dtype=np.int64)
    rows = np.zeros(pairs.shape[0], dtype=np.int32)
    _by_shift(pairs, first, rows)
    return first, rows


def sift(facts: Facts, keep: NDArray[np.bool_]) -> Facts:
    """Leave only some pairs."""
    pairs = facts.pairs[keep]
    first = np.zeros(facts.pair_first.size, dtype=np.int64)
    np.cumsum(np.bincount(pairs[:, PERSON], minlength=first.size - 1), out=first[1:])
    shift_first, shift_pair = _index(pairs, facts.shift_first.size - 1)
    return facts._replace(pair_first=first, pairs=pairs, shift_first=shift_first, shift_pair=shift_pair)
