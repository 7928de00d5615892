"""Which shifts lie within the windows of which people, found by sorting and never by asking every pair.

Touching and overlapping windows of one person count as one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from linkage.kernels.roster.tables import Windows

Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]


def merged(windows: Windows) -> tuple[Integers, Integers, Integers]:
    """Join touching windows: columns of volunteer, start and end, by volunteer and start."""
    order = np.lexsort((windows.start, windows.volunteer))
    person, opens, closes = windows.volunteer[order], windows.start[order], windows.end[order]
    if person.size == 0:
        return person, opens, closes
    span = int(max(closes.max(), opens.max())) - int(min(closes.min(), opens.min())) + 1
    shifted = person * (2 * span)  # lifts every person above the one before, so that one running maximum serves all
    reach = np.maximum.accumulate(closes + shifted)
    new = np.concatenate(([True], (opens + shifted)[1:] > reach[:-1]))
    new[1:] |= person[1:] != person[:-1]
    block = np.flatnonzero(new)
    last = np.concatenate((block[1:] - 1, [person.size - 1]))
    return person[block], opens[block], (reach - shifted)[last]


def pairs_inside(windows: Windows, start: Integers, end: Integers) -> tuple[Integers, Integers]:
    """List the pairs of volunteer and shift where the shift lies within one window, in two columns."""
    person, opens, closes = merged(windows)
    order = np.lexsort((np.arange(start.size), start))
    starts = start[order]
    first = np.searchsorted(starts, opens, side="left")
    count = np.maximum(0, np.searchsorted(starts, closes, side="left") - first)
    row = np.repeat(np.arange(person.size), count)
    within = np.arange(row.size) - np.repeat(np.cumsum(count) - count, count)
    shift = order[first[row] + within]
    fits = end[shift] <= closes[row]
    return person[row][fits], shift[fits]


def inside_windows(windows: Windows, start: Integers, end: Integers, n_people: int) -> Flags:
    """(n_volunteers, n_shifts) bool: the shift lies within one window."""
    inside = np.zeros((n_people, start.size), dtype=np.bool_)
    inside[pairs_inside(windows, start, end)] = True
    return inside
