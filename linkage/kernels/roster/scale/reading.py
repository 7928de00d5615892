"""Reads a roster problem into the flat tables of `facts`, within the time there is.

It chooses nothing and weighs nothing.
"""

from __future__ import annotations

import numpy as np

from linkage.kernels.roster.clashes import shortest
from linkage.kernels.roster.problem import Integers, RosterProblem
from linkage.kernels.roster.scale.facts import Bytes, Facts, index
from linkage.kernels.roster.scale.pairs import find_pairs, mark, seat_skills
from linkage.kernels.roster.watch import Watch


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
    return work_out_in_time(problem, Watch(deadline=None))[0]


def work_out_in_time(problem: RosterProblem, watch: Watch) -> tuple[Facts, bool, bool]:
    """Work out the facts of a valid problem; where the time is short, leave out pairs that do not stand already.

    Returns
    -------
    facts
        What a valid plan needs.
    is_whole, knows_wishes
        Whether all pairs and wishes are in it.
    """
    shifts, days = problem.shifts, problem.shifts.day
    seat_first, seats = _seat_table(problem)
    first, pairs, is_whole = find_pairs(problem, seat_first, seat_skills(problem, seats), watch)
    knows_wishes = mark(problem, first, pairs, watch)
    shift_first, shift_pair = index(pairs, problem.shift_count)
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
    facts = Facts(
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
    return facts, is_whole, knows_wishes
