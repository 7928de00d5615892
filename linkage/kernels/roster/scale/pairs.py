"""Who may serve which shift alone: the eligible pairs, volunteer by volunteer, with their wishes and marks.

The rules are those of `linkage.kernels.roster.hard`, worked out without a table of people times shifts. Where the time
is short only the first volunteers' pairs are found, and of the others those that stand already. Chooses nothing.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from linkage.kernels.compiled import compiled
from linkage.kernels.roster.problem import Integers, RosterProblem
from linkage.kernels.roster.scale.facts import FIXED, KEPT, MARK, PERSON, ROW, SEATS, SHIFT, WISH, Small
from linkage.kernels.roster.watch import Watch

COUNT_SHARE: Final = 0.08
USE_SECONDS: Final = 2.5e-7
"""Share of the time there is in which the volunteers' pairs are counted, and what it takes to read and use a pair."""
CHUNK_PEOPLE: Final = 50
"""Volunteers between two looks at the clock."""
WISH_SECONDS: Final = 2e-7
"""What it takes to sort a wish by volunteer."""


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
def _find_pairs(
    windows: tuple[Integers, Integers, Integers, Integers],
    shifts: tuple[Integers, Integers, Integers, Integers],
    seats: tuple[Integers, Integers, Integers],
    off: tuple[Integers, Integers],
    cap: Integers,
    listed: tuple[Integers, Integers, int],
    span: tuple[int, int],
    first: Integers,
    out: Small,
) -> None:
    """Find the pairs of some volunteers, behind those before them: tell where they end, and write them into `out`."""
    window_first, opens, closes, block = windows
    order, start, end, day = shifts
    seat_first, seat_skill, until = seats
    off_first, off_day = off
    listed_first, listed_shift, is_listed = listed
    sorted_start = start[order]
    within = np.empty(start.size, np.int64)
    write = out.size > 0
    for volunteer in range(span[0], span[1]):
        found = first[volunteer]
        count = 0
        low = window_first[volunteer]
        high = low + block[volunteer]
        if is_listed:
            for row in range(listed_first[volunteer], listed_first[volunteer + 1]):
                shift = listed_shift[row]
                for window in range(low, high):
                    if opens[window] <= start[shift] and end[shift] <= closes[window]:
                        within[count] = shift
                        count += 1
                        break
        else:
            for window in range(low, high):
                for place in range(np.searchsorted(sorted_start, opens[window]), start.size):
                    shift = order[place]
                    if start[shift] >= closes[window]:
                        break
                    if end[shift] <= closes[window]:
                        within[count] = shift
                        count += 1
        for place in range(count):
            shift = within[place]
            if end[shift] - start[shift] > cap[volunteer]:
                continue
            is_off = False
            for free in range(off_first[volunteer], off_first[volunteer + 1]):
                is_off = is_off or off_day[free] == day[shift]
            if is_off:
                continue
            bits = 0
            for seat in range(seat_first[shift], seat_first[shift + 1]):
                skill = seat_skill[seat]
                if skill < 0 or until[volunteer, skill] >= end[shift]:
                    bits |= 1 << (seat - seat_first[shift])
            if bits == 0:
                continue
            if write:
                out[found, PERSON] = volunteer
                out[found, SHIFT] = shift
                out[found, SEATS] = bits
            found += 1
        first[volunteer + 1] = found


@compiled
def _spread(
    pair_first: Integers, pairs: Small, column: int, shifts: int, rows: tuple[Integers, Integers, Integers]
) -> None:
    """Add the values of rows (volunteer, shift) to the pairs they name; rows without a pair are passed over."""
    row_first, row_shift, row_value = rows
    value = np.zeros(shifts, np.int64)
    for volunteer in range(pair_first.size - 1):
        if pair_first[volunteer] == pair_first[volunteer + 1]:
            continue
        for row in range(row_first[volunteer], row_first[volunteer + 1]):
            value[row_shift[row]] += row_value[row]
        for pair in range(pair_first[volunteer], pair_first[volunteer + 1]):
            pairs[pair, column] += value[pairs[pair, SHIFT]]
        for row in range(row_first[volunteer], row_first[volunteer + 1]):
            value[row_shift[row]] = 0


def _plain(column: Integers) -> Integers:
    """Copy a column if compiled functions would not know its layout."""
    return np.require(column, requirements=["C", "W"])


def _is_sorted(column: Integers) -> bool:
    return bool((column[1:] >= column[:-1]).all())


def _grouped(volunteer: Integers, count: int) -> tuple[Integers | slice, Integers]:
    """Sort rows by volunteer: their order, and where each volunteer's rows begin."""
    if _is_sorted(volunteer):
        return slice(None), np.searchsorted(volunteer, np.arange(count + 1)).astype(np.int64)
    order = np.argsort(volunteer, kind="stable")
    first = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(volunteer, minlength=count), out=first[1:])
    return order, first


def _listed(problem: RosterProblem, order: Integers, key: Integers) -> tuple[Integers, Integers, int]:
    """Sort pairs, named by volunteer x n_shifts + shift, by volunteer and start."""
    shifts = max(1, problem.shift_count)
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    key = np.unique(key // shifts * shifts + rank[key % shifts]) if key.size else key
    first = np.searchsorted(key, np.arange(problem.volunteer_count + 1) * shifts).astype(np.int64)
    return first, order[key % shifts] if key.size else key, 1


def _keys(problem: RosterProblem, volunteer: Integers, shift: Integers) -> Integers:
    return volunteer * max(1, problem.shift_count) + shift


def _standing(problem: RosterProblem) -> Integers:
    """Name the pairs that stand already, and whoever could keep newcomers who must serve company."""
    people = problem.volunteers
    keys = []
    for pairs in (problem.fixed, problem.previous):
        stays = ~np.isin(pairs.volunteer, problem.released)
        keys.append(_keys(problem, pairs.volunteer[stays], pairs.shift[stays]))
    volunteer, shift = np.divmod(keys[0], max(1, problem.shift_count))
    alone = np.setdiff1d(shift[people.newcomer[volunteer]], shift[people.experienced[volunteer]])
    company = np.flatnonzero(people.experienced)
    keys.append(_keys(problem, np.repeat(company, alone.size), np.tile(alone, company.size)))
    key = np.concatenate(keys)
    listed = problem.eligible
    return key if listed is None else key[np.isin(key, _keys(problem, listed.volunteer, listed.shift))]


def find_pairs(
    problem: RosterProblem, seat_first: Integers, seat_skill: Integers, watch: Watch
) -> tuple[Integers, Small, bool]:
    """Find the eligible pairs, by volunteer and start, without wishes and marks.

    Returns
    -------
    first, pairs
        As in `facts.Facts`.
    is_whole
        Whether there was time to find all pairs.
    """
    people, shifts, count = problem.volunteers, problem.shifts, problem.volunteer_count
    windows = problem.windows
    opens, closes, owner = windows.start.copy(), windows.end.copy(), windows.volunteer
    if not (_is_sorted(owner) and ((opens[1:] >= opens[:-1]) | (owner[1:] != owner[:-1])).all()):
        by_start = np.lexsort((opens, owner))
        opens, closes, owner = opens[by_start], closes[by_start], owner[by_start]
    window_first = np.searchsorted(owner, np.arange(count + 1)).astype(np.int64)
    block = np.zeros(count, dtype=np.int64)
    _merge_windows(window_first, opens, closes, block)
    order = np.lexsort((np.arange(shifts.start.size), shifts.start)).astype(np.int64)
    off = problem.patterns.days_off
    off_order, off_first = _grouped(np.ascontiguousarray(off[:, 0]), count)
    asked = (
        (window_first, opens, closes, block),
        (order, shifts.start, shifts.end, shifts.day),
        (seat_first, seat_skill, np.where(people.skills, people.skill_until, -1)),
        (off_first, np.ascontiguousarray(off[off_order, 1])),
        np.minimum(np.minimum(people.max_minutes, people.max_minutes_week), people.max_minutes_day),
    )
    listed = (np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int64), 0)
    if problem.eligible is not None and watch.has_time():
        listed = _listed(problem, order, _keys(problem, problem.eligible.volunteer, problem.eligible.shift))
    first, nothing = np.zeros(count + 1, dtype=np.int64), np.zeros((0, 5), dtype=np.int32)
    _find_pairs(*asked, listed, (0, 0), first, nothing)  # loads the loop, which must not use up the share for counting
    enough = (1 - COUNT_SHARE) * watch.remaining_seconds()
    counted = 0
    while counted < count and watch.remaining_seconds() >= enough and watch.has_time():
        end = min(counted + CHUNK_PEOPLE, count)
        _find_pairs(*asked, listed, (counted, end), first, nothing)
        counted = end
    if first[counted] * USE_SECONDS * watch.slowness > watch.remaining_seconds():
        counted = int(np.searchsorted(first[: counted + 1], watch.remaining_seconds() / USE_SECONDS, side="right")) - 1
    if counted == count:
        standing = listed
    else:
        standing = _listed(problem, order, _standing(problem))
        _find_pairs(*asked, standing, (counted, count), first, nothing)
    pairs = np.zeros((int(first[-1]), 5), dtype=np.int32)
    if first[-1]:
        _find_pairs(*asked, listed, (0, counted), first, pairs)
        _find_pairs(*asked, standing, (counted, count), first, pairs)
    return first, pairs, counted == count


def mark(problem: RosterProblem, first: Integers, pairs: Small, watch: Watch) -> bool:
    """Carry wishes, the previous plan and fixed pairs over to the pairs; say whether there was time for the wishes."""
    wishes, stays = problem.requests, ~np.isin(problem.previous.volunteer, problem.released)
    holds = ~np.isin(problem.fixed.volunteer, problem.released)
    for volunteer, shift, value in (
        (problem.previous.volunteer[stays], problem.previous.shift[stays], np.full(stays.sum(), KEPT)),
        (problem.fixed.volunteer[holds], problem.fixed.shift[holds], np.full(holds.sum(), FIXED)),
    ):
        order, row_first = _grouped(volunteer, problem.volunteer_count)
        _spread(
            first, pairs, MARK, problem.shift_count, (row_first, _plain(shift[order]), value[order].astype(np.int64))
        )
    if not (watch.has_time() and (_is_sorted(wishes.volunteer) or watch.has_time(WISH_SECONDS * wishes.weight.size))):
        return not wishes.weight.size
    order, row_first = _grouped(wishes.volunteer, problem.volunteer_count)
    last = int(row_first[_last_person(first) + 1])
    worth = wishes.weight[order][:last]
    rows = (row_first, _plain(wishes.shift[order][:last]), np.where(wishes.want[order][:last], -worth, worth))
    _spread(first, pairs, WISH, problem.shift_count, rows)
    return True


def _last_person(first: Integers) -> int:
    """Return the last volunteer with a pair, the one before the first if there is none."""
    return int(np.searchsorted(first, first[-1])) - 1


def seat_skills(problem: RosterProblem, seats: Integers) -> Integers:
    """(n_seats,) skill each row of the seat table asks for, -1 for any."""
    return np.ascontiguousarray(problem.seats.skill[seats[:, ROW]])
