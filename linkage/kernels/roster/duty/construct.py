"""Starts the search: work space, days narrowed to what can still be reached, and a first plan."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from linkage.kernels.roster.duty.paths import layer_size, sweep
from linkage.kernels.roster.duty.search import BEST, COST, FILLED, MOST_OUT, PRICE, State, count_path, insert, keep_best
from linkage.kernels.roster.duty.tables import NEVER, SCALE, Integers, Tables

SEED = 88172645463325252


def trim(t: Tables, person: int, s: State, spare: Integers) -> bool:
    """Narrow the units worth counting on each day; False if the person has no schedule at all (caps of kinds apart)."""
    counts = np.zeros(7, dtype=np.int64)
    size = layer_size(t, person, 0)
    s.priced[:] = 0
    sweep(t, person, 0, s.priced, s.at, counts, False)
    sweep(t, person, 0, s.priced, spare, counts, True)
    shape = (t.days + 1, -1, int(t.size[person, 3]))
    length = size * (t.days + 1)
    is_met = (s.at[:length] < NEVER // 2) & (spare[:length] < NEVER // 2)
    for day, units in enumerate(is_met.reshape(shape)):
        worth = np.flatnonzero(np.logical_or.reduce(units, axis=0))
        if worth.size == 0:
            return False
        t.span[person, day] = worth[0], worth[-1]
    return True


def start(t: Tables, row_cost: Integers, *, seed: int, room: int) -> State:
    """Make the state of an empty plan; `row_cost` (n_rows, n_people + 2) is scaled, `room` the work space in numbers."""
    people, days, groups = t.people, t.days, t.group.shape[0]
    row = np.zeros((3, row_cost.shape[0]), dtype=np.int64)
    row[PRICE] = row_cost[:, 1] - row_cost[:, 0]
    return State(
        plan=np.full((people, days), -1, dtype=np.int64),
        best=np.full((people, days), -1, dtype=np.int64),
        own=np.zeros(people, dtype=np.int64),
        row=row,
        row_cost=row_cost,
        group_of=np.repeat(np.arange(groups), np.diff(t.option_start)),
        priced=np.zeros((groups, 2), dtype=np.int64),
        at=np.zeros(room, dtype=np.int64),
        numbers=np.asarray([row_cost[:, 0].sum(), NEVER, SEED + seed * SCALE], dtype=np.int64),
        saved=np.zeros((MOST_OUT, days + 1), dtype=np.int64),
    )


def construct(t: Tables, s: State, noise: int, *, has_time: Callable[[], bool]) -> int:
    """Give everybody a schedule in turn: 1; 0 where caps were too many to count or the time is up, -1 where there is none."""
    for person in range(t.people):
        if not has_time():
            return 0
        found = insert(t, s, person, noise)
        if found <= 0:
            return found
    keep_best(s)
    return 1


def set_plan(t: Tables, s: State, plan: Integers, own: Integers) -> None:
    """Start again from a plan with these private costs."""
    s.row[FILLED] = 0
    s.row[PRICE] = s.row_cost[:, 1] - s.row_cost[:, 0]
    s.numbers[COST] = s.row_cost[:, 0].sum()
    s.plan[:], s.own[:] = plan, own
    for person in range(t.people):
        count_path(t, s, person, 1)
    if s.numbers[COST] < s.numbers[BEST]:
        keep_best(s)
