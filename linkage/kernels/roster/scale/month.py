"""The best schedule of one volunteer for given gains: tables of minutes joined from day to week to period to horizon.

Exact for overlap and gaps within a day and for the caps of day, week and horizon, with the pledge of each period and
the cost of load. Rest across midnight, forbidden successions, strain and a week cut by a period's end are left out
(a relaxation): a bound stays a bound, and a caller who seats people asks `state.may_serve` again. Seats nobody.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from linkage.kernels.compiled import compiled
from linkage.kernels.roster.scale.facts import (
    BUFFER,
    CAP,
    CAP_DAY,
    CAP_WEEK,
    DAY,
    DAYS,
    END,
    FIXED,
    MARK,
    MINUTES,
    PERIOD,
    PLACE,
    SEAT,
    SEAT_END,
    SEATS,
    SHIFT,
    START,
    WEEK,
    Facts,
    Integers,
)
from linkage.kernels.roster.scale.state import PEOPLE, PLEDGE, UNFAIRNESS, fairness

NEVER: Final = -(1 << 60)
PAIR: Final = 0
SEAT_TAKEN: Final = 1
GAIN: Final = 2
SIZE: Final = 3
"""Columns of `items`."""

FORCED: Final = 1 << 50
"""Gain that makes a fixed pair be chosen; it is taken off the value again."""


class Desk(NamedTuple):
    """Working space of one thread.

    Parameters
    ----------
    items
        (n_items, 4) what a volunteer may choose from, in order of start: pair, its seat, gain (scaled), units of minutes.
    table
        (n_items, day units + 1) best gain of a day that ends with this item after so many units.
    days, weeks, parts, whole
        Rows of best gains after each active day (alone), each day of a week, each week of a period, each period.
    rows
        (n_rows, 8) of each active day: first item, end, week, period; last unit each row of the four tables reaches.
    chosen
        Items of the best schedule, their number last.
    unit
        (minutes of a unit, numerator and denominator of the most that units understate minutes by, 1 to round up).
    """

    items: Integers
    table: Integers
    days: Integers
    weeks: Integers
    parts: Integers
    whole: Integers
    rows: Integers
    chosen: Integers
    unit: Integers


@compiled
def units(desk: Desk, minutes: int) -> int:
    """Whole units of a number of minutes, rounded as the desk says."""
    return int((minutes + desk.unit[3] * (desk.unit[0] - 1)) // desk.unit[0])


@compiled
def _follows(facts: Facts, earlier: int, later: int) -> bool:
    """Tell whether a shift can be served after another of the same day."""
    gap = facts.limits[BUFFER]
    if facts.travel.size and facts.shifts[earlier, PLACE] >= 0 and facts.shifts[later, PLACE] >= 0:
        gap = max(gap, facts.travel[facts.shifts[earlier, PLACE], facts.shifts[later, PLACE]])
    return bool(facts.shifts[earlier, END] + gap <= facts.shifts[later, START])


@compiled
def _clear(row: Integers, last: int) -> None:
    """Mark a row as reached by nothing, up to a unit."""
    for unit in range(last + 1):
        row[unit] = NEVER


@compiled
def _day(facts: Facts, desk: Desk, row: int, cap: int) -> int:
    """Fill the row of one day; return the last unit it reaches."""
    low, high = desk.rows[row, 0], desk.rows[row, 1]
    day = desk.days[row]
    top = 0
    for item in range(low, high):
        top += desk.items[item, SIZE]
    top = min(top, cap)
    _clear(day, top)
    day[0] = 0
    reach = 0
    for item in range(low, high):
        size = desk.items[item, SIZE]
        if size > top:
            continue
        gain = desk.items[item, GAIN]
        own = desk.table[item]
        _clear(own, top)
        own[size] = gain
        shift = facts.pairs[desk.items[item, PAIR], SHIFT]
        for other in range(low, item):
            if desk.items[other, SIZE] <= top and _follows(facts, facts.pairs[desk.items[other, PAIR], SHIFT], shift):
                before = desk.table[other]
                for unit in range(top - size + 1):
                    own[unit + size] = max(own[unit + size], before[unit] + gain)
        for unit in range(size, top + 1):
            if own[unit] > day[unit]:
                day[unit] = own[unit]
                reach = max(reach, unit)
    return reach


@compiled
def _join(left: Integers, left_reach: int, right: Integers, right_reach: int, cap: int, out: Integers) -> int:
    """Fill `out` with the best of every sum of two rows; return the last unit it reaches."""
    reach = min(left_reach + right_reach, cap)
    _clear(out, reach)
    for more in range(right_reach + 1):
        gain = right[more]
        if gain <= NEVER // 2:
            continue
        for unit in range(min(left_reach, cap - more) + 1):
            value = left[unit] + gain
            out[unit + more] = max(out[unit + more], value)
    return reach


@compiled
def _kept_promise(facts: Facts, desk: Desk, weight: Integers, volunteer: int, period: int, unit: int) -> int:
    """Tell what serving so many units saves of the period's pledge (at most, where units are rounded)."""
    minutes = unit * desk.unit[0] * desk.unit[1] // desk.unit[2]
    return int(weight[PLEDGE] * min(facts.owed[volunteer, period], minutes))


@compiled
def _load(desk: Desk, weight: Integers, unit: int) -> int:
    """Tell what serving so many units costs in fairness and people used."""
    return int(weight[UNFAIRNESS] * fairness(unit * desk.unit[0]) + weight[PEOPLE] * (unit > 0))


@compiled
def _spans(facts: Facts, desk: Desk, count: int) -> int:
    """Split the items into active days; return their number."""
    rows = 0
    day = -1
    for item in range(count):
        shift = facts.pairs[desk.items[item, PAIR], SHIFT]
        if facts.shifts[shift, DAY] != day:
            day = facts.shifts[shift, DAY]
            desk.rows[rows, 0] = item
            desk.rows[rows, 2] = facts.shifts[shift, WEEK]
            desk.rows[rows, 3] = facts.shifts[shift, PERIOD]
            rows += 1
        desk.rows[rows - 1, 1] = item + 1
    return rows


@compiled
def best_schedule(facts: Facts, desk: Desk, weight: Integers, volunteer: int, count: int) -> int:
    """Choose among `count` items what gains most; return the gain and leave the items in `desk.chosen`.

    `weight` are the scaled weights of the terms. Serving nothing gains 0: the gain is relative to that.
    """
    desk.chosen[-1] = 0
    if count == 0:
        return 0
    rows = _spans(facts, desk, count)
    unit = desk.unit[0]
    cap = min(facts.people[volunteer, CAP] // unit, desk.whole.shape[1] - 1)
    cap_week = min(facts.people[volunteer, CAP_WEEK] // unit, desk.weeks.shape[1] - 1, cap)
    cap_day = min(facts.people[volunteer, CAP_DAY] // unit, desk.days.shape[1] - 1, cap_week)
    weeks = parts = periods = 0
    zero = desk.chosen[:1]  # a row of one 0: the last place of `chosen` is written at the end only
    zero[0] = 0
    for row in range(rows):
        desk.rows[row, 4] = _day(facts, desk, row, cap_day)
        opens = row == 0 or desk.rows[row, 2] != desk.rows[row - 1, 2] or desk.rows[row, 3] != desk.rows[row - 1, 3]
        if opens:
            desk.rows[row, 5] = _join(zero, 0, desk.days[row], desk.rows[row, 4], cap_week, desk.weeks[row])
        else:
            desk.rows[row, 5] = _join(
                desk.weeks[row - 1], desk.rows[row - 1, 5], desk.days[row], desk.rows[row, 4], cap_week, desk.weeks[row]
            )
        last_period = row == rows - 1 or desk.rows[row, 3] != desk.rows[row + 1, 3]
        if not (last_period or desk.rows[row, 2] != desk.rows[row + 1, 2]):
            continue
        if weeks == parts:
            before, before_reach = zero, 0
        else:
            before, before_reach = desk.parts[weeks - 1], desk.rows[weeks - 1, 6]
        desk.rows[weeks, 6] = _join(before, before_reach, desk.weeks[row], desk.rows[row, 5], cap, desk.parts[weeks])
        weeks += 1
        if not last_period:
            continue
        part = desk.parts[weeks - 1]
        for t in range(desk.rows[weeks - 1, 6] + 1):
            if part[t] > NEVER // 2:
                part[t] += _kept_promise(facts, desk, weight, volunteer, desk.rows[row, 3], t)
        if periods == 0:
            before, before_reach = zero, 0
        else:
            before, before_reach = desk.whole[periods - 1], desk.rows[periods - 1, 7]
        desk.rows[periods, 7] = _join(before, before_reach, part, desk.rows[weeks - 1, 6], cap, desk.whole[periods])
        periods += 1
        parts = weeks
    best, best_unit = NEVER, 0
    whole = desk.whole[periods - 1]
    for t in range(desk.rows[periods - 1, 7] + 1):
        if whole[t] > NEVER // 2:
            value = whole[t] - _load(desk, weight, t)
            if value > best:
                best, best_unit = value, t
    _trace(facts, desk, weight, volunteer, rows, weeks, periods, best_unit)
    return best


@compiled
def _split(left: Integers, left_reach: int, right: Integers, right_reach: int, value: int, unit: int) -> int:
    """Tell how much of a joined sum came from the right row."""
    for more in range(min(right_reach, unit) + 1):
        rest = unit - more
        if (
            right[more] > NEVER // 2
            and rest <= left_reach
            and left[rest] > NEVER // 2
            and left[rest] + right[more] == value
        ):
            return more
    return 0


@compiled
def _trace_day(facts: Facts, desk: Desk, row: int, unit: int) -> None:
    """Add the items of a day's best to `chosen`."""
    low, high = desk.rows[row, 0], desk.rows[row, 1]
    value = desk.days[row, unit]
    later = -1
    limit = high
    while unit > 0:
        for item in range(low, limit):
            if (
                desk.items[item, SIZE] <= unit
                and desk.table[item, unit] == value
                and (later < 0 or _follows(facts, facts.pairs[desk.items[item, PAIR], SHIFT], later))
            ):
                desk.chosen[desk.chosen.size - 2 - desk.chosen[-1]] = item
                desk.chosen[-1] += 1
                unit -= desk.items[item, SIZE]
                value -= desk.items[item, GAIN]
                later = facts.pairs[desk.items[item, PAIR], SHIFT]
                limit = item
                break
        else:
            return


@compiled
def _trace(
    facts: Facts, desk: Desk, weight: Integers, volunteer: int, rows: int, weeks: int, periods: int, unit: int
) -> None:
    """Find the items behind the best sum, from the last day to the first."""
    zero = desk.chosen[:1]
    zero[0] = 0
    desk.chosen[-1] = 0
    row = rows - 1
    part = weeks - 1
    for period in range(periods - 1, -1, -1):
        whole = desk.whole[period]
        if period == 0:
            in_period = unit
        else:
            in_period = _split(
                desk.whole[period - 1],
                desk.rows[period - 1, 7],
                desk.parts[part],
                desk.rows[part, 6],
                whole[unit],
                unit,
            )
        unit -= in_period
        number = desk.rows[row, 3]
        value = desk.parts[part, in_period] - _kept_promise(facts, desk, weight, volunteer, number, in_period)
        left = in_period
        while row >= 0 and desk.rows[row, 3] == number:
            week = desk.rows[row, 2]
            first = row
            while first > 0 and desk.rows[first - 1, 2] == week and desk.rows[first - 1, 3] == number:
                first -= 1
            if first == 0 or desk.rows[first - 1, 3] != number:
                in_week = left
            else:
                in_week = _split(
                    desk.parts[part - 1], desk.rows[part - 1, 6], desk.weeks[row], desk.rows[row, 5], value, left
                )
            left -= in_week
            value -= desk.weeks[row, in_week]
            while row >= first:
                if row == first:
                    in_day = in_week
                else:
                    in_day = _split(
                        desk.weeks[row - 1],
                        desk.rows[row - 1, 5],
                        desk.days[row],
                        desk.rows[row, 4],
                        desk.weeks[row, in_week],
                        in_week,
                    )
                _trace_day(facts, desk, row, in_day)
                in_week -= in_day
                row -= 1
            part -= 1


@compiled
def dearest_seat(facts: Facts, pair: int, price: Integers) -> int:
    """Return the seat with the highest price among those the pair may take."""
    shift = facts.pairs[pair, SHIFT]
    bits = facts.pairs[pair, SEATS]
    best = -1
    for seat in range(facts.shifts[shift, SEAT], facts.shifts[shift, SEAT_END]):
        if bits & 1 and (best < 0 or price[seat] > price[best]):
            best = seat
        bits >>= 1
    return best


@compiled
def is_fixed(facts: Facts, pair: int) -> bool:
    """Tell whether a pair must serve."""
    return bool(facts.pairs[pair, MARK] & FIXED != 0)


def desk_of(facts: Facts, *, round_up: bool) -> Desk:
    """Make a desk for these facts; minutes are counted in their greatest common divisor, or coarser if there are many."""
    people = np.diff(facts.pair_first)
    items = max(1, int(people.max(initial=0)))
    asked = facts.shifts[np.flatnonzero(np.diff(facts.shift_first)), MINUTES]
    unit = max(1, int(np.gcd.reduce(asked)) if asked.size else 1)
    most = _most_minutes(facts)
    is_coarse = most[2] // unit > MOST_UNITS
    fine = unit
    if is_coarse:
        unit = min(-(-most[2] // MOST_UNITS), int(asked.min()))
    ratio = (1, 1)
    if is_coarse and not round_up and fine:
        worst = max(asked.tolist(), key=lambda minutes: minutes / (minutes // unit * unit))
        ratio = (worst, worst // unit * unit)
    days = max(1, min(items, int(facts.limits[DAYS])))
    width = [m // unit + 2 for m in most]
    return Desk(
        items=np.zeros((items, 4), dtype=np.int64),
        table=np.zeros((items, width[0]), dtype=np.int64),
        days=np.zeros((days, width[0]), dtype=np.int64),
        weeks=np.zeros((days, width[1]), dtype=np.int64),
        parts=np.zeros((days, width[2]), dtype=np.int64),
        whole=np.zeros((facts.owed.shape[1], width[2]), dtype=np.int64),
        rows=np.zeros((days, 8), dtype=np.int64),
        chosen=np.zeros(items + 2, dtype=np.int64),
        unit=np.asarray([unit, *ratio, int(round_up)], dtype=np.int64),
    )


MOST_UNITS: Final = 1024


@compiled
def _reach(facts: Facts, volunteer: int, most: Integers) -> int:
    """Raise `most` to what a volunteer could serve in a day and a week under the caps; return the same of the horizon."""
    total = in_week = in_day = 0
    week = day = -1
    for pair in range(facts.pair_first[volunteer], facts.pair_first[volunteer + 1]):
        shift = facts.pairs[pair, SHIFT]
        if facts.shifts[shift, WEEK] != week:
            week, total, in_week = facts.shifts[shift, WEEK], total + in_week, 0
        if facts.shifts[shift, DAY] != day:
            day, in_day = facts.shifts[shift, DAY], 0
        more = min(facts.shifts[shift, MINUTES], facts.people[volunteer, CAP_DAY] - in_day)
        in_day += more
        most[0] = max(most[0], in_day)
        in_week = min(in_week + more, facts.people[volunteer, CAP_WEEK])
        most[1] = max(most[1], in_week)
    return int(min(total + in_week, facts.people[volunteer, CAP]))


@compiled
def _most_of(facts: Facts, most: Integers) -> None:
    """Fill `most` for all volunteers."""
    for volunteer in range(facts.people.shape[0]):
        most[2] = max(most[2], _reach(facts, volunteer, most))


def _most_minutes(facts: Facts) -> tuple[int, int, int]:
    """Most minutes anybody could serve in a day, a week, the horizon, under the caps, gaps aside."""
    most = np.zeros(3, dtype=np.int64)
    _most_of(facts, most)
    return int(most[0]), int(most[1]), int(most[2])
