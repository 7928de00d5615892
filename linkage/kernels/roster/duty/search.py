"""Local search over whole schedules: a few people are taken out and put back one after another, compiled.

Putting back is the exact best response of a person to all others. A worse plan is accepted now and then, less so
towards the end of a run (simulated annealing, Kirkpatrick, Gelatt and Vecchi 1983). Randomness comes from a counter
in the state alone. It proves nothing.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from linkage.kernels.compiled import compiled
from linkage.kernels.roster.duty.paths import best_path
from linkage.kernels.roster.duty.tables import NEVER, Integers, Tables

COST: Final = 0
BEST: Final = 1
RANDOM: Final = 2
FILLED: Final = 0
PRICE: Final = 1
NOISY: Final = 2
MOST_OUT: Final = 3
"""People taken out at a time, at most."""


class State(NamedTuple):
    """A plan in the making, its best version so far and work space.

    Parameters
    ----------
    plan, best
        (n_people, days) options or -1.
    own
        (n_people,) private cost of everybody's schedule.
    row
        (3, n_rows): how many cover a row, what one more would cost, and that with noise.
    row_cost
        (n_rows, n_people + 2) cost of a row when so many cover it.
    numbers
        Cost, best cost, random state.
    saved
        Schedules taken out, with the private cost behind.
    """

    plan: Integers
    best: Integers
    own: Integers
    row: Integers
    row_cost: Integers
    group_of: Integers
    priced: Integers
    at: Integers
    numbers: Integers
    saved: Integers


@compiled
def draw(numbers: Integers, below: int) -> int:
    """Draw a number from 0 to below - 1 (a 63-bit xorshift, Marsaglia 2003)."""
    x = numbers[RANDOM]
    x ^= (x << 13) & 0x7FFFFFFFFFFFFFFF
    x ^= x >> 7
    x ^= (x << 17) & 0x7FFFFFFFFFFFFFFF
    numbers[RANDOM] = x
    drawn: int = (x >> 11) % below
    return drawn


@compiled
def count_path(t: Tables, s: State, person: int, sign: int) -> None:
    """Count a person's schedule in or out."""
    for day in range(s.plan.shape[1]):
        option = s.plan[person, day]
        if option < 0:
            continue
        for place in range(t.row_start[option], t.row_start[option + 1]):
            row = t.rows[place]
            before = s.row[FILLED, row]
            s.numbers[COST] += s.row_cost[row, before + sign] - s.row_cost[row, before]
            s.row[FILLED, row] = before + sign
            s.row[PRICE, row] = s.row_cost[row, before + sign + 1] - s.row_cost[row, before + sign]
    s.numbers[COST] += sign * s.own[person]


@compiled
def own_cost(t: Tables, s: State, person: int) -> int:
    """Private cost of a person's schedule."""
    cost, units = 0, 0
    for day in range(s.plan.shape[1]):
        option = s.plan[person, day]
        if option >= 0:
            cost += t.option_cost[option]
            units += t.group[s.group_of[option], 0]
    total: int = cost + t.end_cost[t.size[person, 5] + units]
    return total


@compiled
def insert(t: Tables, s: State, person: int, noise: int) -> int:
    """Give a person who is out the best schedule: 1; or 0 where caps were too many to count, -1 where there is none."""
    for row in range(s.row.shape[1]):
        s.row[NOISY, row] = s.row[PRICE, row] + draw(s.numbers, noise)
    turn = draw(s.numbers, 64)
    cost, keeps_caps = best_path(t, person, s.row[NOISY], s.group_of, s.priced, s.at, turn, s.plan[person])
    if cost >= NEVER or not keeps_caps:
        s.plan[person] = -1
        return -1 if cost >= NEVER else 0
    s.own[person] = own_cost(t, s, person)
    count_path(t, s, person, 1)
    return 1


@compiled
def take_out(t: Tables, s: State, people: Integers) -> None:
    """Draw different people, save their schedules and count them out."""
    for index in range(people.size):
        is_new = False
        while not is_new:
            people[index] = draw(s.numbers, s.plan.shape[0])
            is_new = True
            for before in range(index):
                is_new = is_new and people[before] != people[index]
        for day in range(s.plan.shape[1]):
            s.saved[index, day] = s.plan[people[index], day]
        s.saved[index, s.plan.shape[1]] = s.own[people[index]]
        count_path(t, s, people[index], -1)


@compiled
def put_back(t: Tables, s: State, people: Integers, inserted: int) -> None:
    """Put the people back as they were saved, the first `inserted` of whom are in."""
    for index in range(people.size):
        person = people[index]
        if index < inserted:
            count_path(t, s, person, -1)
        for day in range(s.plan.shape[1]):
            s.plan[person, day] = s.saved[index, day]
        s.own[person] = s.saved[index, s.plan.shape[1]]
    for index in range(people.size):
        count_path(t, s, people[index], 1)


@compiled
def run(t: Tables, s: State, moves: int, heat: float, noise: int) -> None:
    """Make so many moves at a temperature (in cost units of the tables); remember the best plan."""
    for _ in range(moves):
        people = np.zeros(min(s.plan.shape[0], 1 + draw(s.numbers, MOST_OUT)), dtype=np.int64)
        before = s.numbers[COST]
        take_out(t, s, people)
        inserted = 0
        while inserted < people.size and insert(t, s, people[inserted], noise) > 0:
            inserted += 1
        limit = before - heat * np.log((1 + draw(s.numbers, 1 << 30)) / float(1 << 30))
        if inserted < people.size or s.numbers[COST] > limit:
            put_back(t, s, people, inserted)
        elif s.numbers[COST] < s.numbers[BEST]:
            keep_best(s)


@compiled
def keep_best(s: State) -> None:
    """Remember the plan."""
    s.numbers[BEST] = s.numbers[COST]
    for person in range(s.plan.shape[0]):
        for day in range(s.plan.shape[1]):
            s.best[person, day] = s.plan[person, day]
