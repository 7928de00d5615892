"""A first plan without search: units in order of start, each to who is free and was busy last.

It needs neither compiler nor solver, so there is something to return however short the time. Leaves a unit open where
nobody is free.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from linkage.kernels.roster.fewest.units import Integers, Units

LOOK = 64
"""Units between two looks at the deadline."""


def greedy(units: Units, has_time: Callable[[], bool]) -> Integers:
    """Return the person of each unit, -1 where it is open; (n_units,) int64."""
    holder = np.full(units.count, -1, dtype=np.int64)
    free = units.able.copy()
    first, near = units.neighbours
    group, amount, limit = units.caps
    load = np.zeros((group.shape[0], units.people.size, int(group.max(initial=0)) + 1), dtype=np.int64)
    end = np.asarray(units.facts.end, dtype=np.int64)[units.shift]
    busy = np.full(units.people.size, -1, dtype=np.int64)
    for unit in range(units.count):
        if unit % LOOK == 0 and not has_time():
            break
        fits = free[:, unit]
        for cap in range(group.shape[0]):
            fits = fits & (load[cap, :, group[cap, unit]] + amount[cap, unit] <= limit[cap])
        able = np.flatnonzero(fits)
        if not able.size:
            continue
        person = int(able[np.argmax(busy[able])])
        holder[unit] = person
        busy[person] = end[unit]
        kind = int(units.kind[person])
        free[person, near[first[kind, unit] : first[kind, unit + 1]]] = False
        for cap in range(group.shape[0]):
            load[cap, person, group[cap, unit]] += amount[cap, unit]
    return holder
