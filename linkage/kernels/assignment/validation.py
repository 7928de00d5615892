"""Finds every mistake in the columns of a matching problem, with the rows concerned and what to do about it.

It corrects nothing: a column that cannot be read is refused by name, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from linkage.kernels.assignment.problem import AssignmentProblem

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

NONE: Final = -1
"""No group, no source, no window, or no cap."""

# With these ranges every sum that the kernel forms stays below 2**63.
MAX_QUANTITY: Final = 10**9
MAX_COST: Final = 10**9
MAX_PRIORITY: Final = 10**6
MAX_CAPACITY: Final = 10**12
MAX_CAPACITY_SUM: Final = 10**17

NEED_COLUMNS: Final = ("need_quantity", "need_priority", "need_group", "need_exclusive", "need_package")
OFFER_COLUMNS: Final = ("offer_capacity", "offer_source")
WINDOW_COLUMNS: Final = ("window_offer", "window_capacity")
GROUP_COLUMNS: Final = ("group_min", "group_max")
PAIR_COLUMNS: Final = (
    "pair_need",
    "pair_offer",
    "pair_window",
    "pair_cost",
    "pair_use",
    "is_last",
    "previous",
    "fixed",
)
COLUMNS: Final = (*NEED_COLUMNS, *OFFER_COLUMNS, "source_caps", *WINDOW_COLUMNS, *GROUP_COLUMNS, *PAIR_COLUMNS)

_SHOWN: Final = 5


def integers(name: str, values: ArrayLike, mistakes: list[str]) -> Integers:
    """Turn whole numbers into a read-only int64 column; name what is not one."""
    array = np.asarray(values)
    if array.ndim != 1:
        mistakes.append(f"{name}: must be one column, has {array.ndim} dimensions; give one number for each row")
        return np.zeros(0, dtype=np.int64)
    if array.dtype.kind == "f":
        bad = ~np.isfinite(array)
        if bad.any():
            mistakes.append(f"{name}: not a number at {_places(bad)}; give a whole number")
            array = np.where(bad, 0, array)
        broken = array != np.floor(array)
        if broken.any():
            mistakes.append(
                f"{name}: not a whole number at {_places(broken, array)}; round it or count in a finer unit"
            )
        huge = np.abs(array) > 2.0**62
        if huge.any():
            mistakes.append(f"{name}: too large at {_places(huge)}; count in a coarser unit")
        array = np.where(huge | broken, 0, array)
    elif array.dtype.kind == "u":
        huge = array > np.uint64(2**62)
        if huge.any():
            mistakes.append(f"{name}: too large at {_places(huge)}; count in a coarser unit")
            array = np.where(huge, 0, array)
    elif array.dtype.kind == "O":
        mistakes.append(f"{name}: holds something that is not a 64-bit whole number; give whole numbers below 2**62")
        array = np.zeros(array.size)
    elif array.dtype.kind not in "ib":
        mistakes.append(f"{name}: must hold whole numbers, holds {array.dtype}; convert it")
        array = np.zeros(array.size)
    column = array.astype(np.int64)
    column.flags.writeable = False
    return column


def _places(bad: Flags, values: NDArray[np.generic] | None = None) -> str:
    places = np.flatnonzero(bad)
    shown = ", ".join(
        str(place) if values is None else f"{place} ({values[place]})" for place in places[:_SHOWN].tolist()
    )
    return f"index {shown}" + (f" and {places.size - _SHOWN} more" if places.size > _SHOWN else "")


def mistakes_of(problem: AssignmentProblem) -> Iterator[str]:
    """Tell every mistake in columns that hold whole numbers."""
    shapes = list(_shape_mistakes(problem))
    ranges = list(_range_mistakes(problem))
    yield from shapes
    yield from ranges
    if not ranges:
        total = int(problem.need_quantity.sum())
        if total > MAX_QUANTITY:
            yield f"need_quantity: adds up to {total}, more than {MAX_QUANTITY}; count in a coarser unit"
        capacity = float(problem.offer_capacity.sum(dtype=np.float64))
        if capacity > MAX_CAPACITY_SUM:
            yield f"offer_capacity: adds up to {capacity:.3g}, more than {MAX_CAPACITY_SUM}; count in a coarser unit"
    if not shapes and not ranges:
        yield from _reference_mistakes(problem)


def _shape_mistakes(problem: AssignmentProblem) -> Iterator[str]:
    """Tell columns whose length is not that of the first column of their kind."""
    kinds: Sequence[Sequence[str]] = (NEED_COLUMNS, OFFER_COLUMNS, WINDOW_COLUMNS, GROUP_COLUMNS, PAIR_COLUMNS)
    for names in kinds:
        expected = getattr(problem, names[0]).size
        for name in names[1:]:
            size = getattr(problem, name).size
            if size != expected:
                yield f"{name}: has {size} rows, {names[0]} has {expected}; give one for each"


def _range_mistakes(problem: AssignmentProblem) -> Iterator[str]:
    """Tell numbers outside their range and indices that name nothing."""
    last_need, last_offer = problem.need_count - 1, problem.offer_count - 1
    last_group = problem.group_min.size - 1 if problem.group_min.size else last_need
    ranges = {
        "need_quantity": (1, MAX_QUANTITY, "leave out a need of nothing"),
        "need_priority": (1, MAX_PRIORITY, "give the weight of one unmet unit"),
        "need_group": (NONE, last_group, "name a group, or -1 for none"),
        "need_exclusive": (NONE, last_need, "number the exclusive groups from 0, or -1 for none"),
        "need_package": (NONE, last_need, "number the packages from 0, or -1 for none"),
        "offer_capacity": (0, MAX_CAPACITY, "give 0 for an offer without room"),
        "offer_source": (NONE, problem.source_count - 1, "name a row of source_caps, or -1 for none"),
        "source_caps": (NONE, MAX_CAPACITY_SUM, "give -1 for no cap"),
        "window_offer": (0, last_offer, "name an offer"),
        "window_capacity": (0, MAX_CAPACITY, "give 0 for a window without room"),
        "group_min": (0, MAX_QUANTITY, "give 0 for no minimum"),
        "group_max": (NONE, MAX_QUANTITY, "give -1 for no maximum"),
        "pair_need": (0, last_need, "name a need"),
        "pair_offer": (0, last_offer, "name an offer"),
        "pair_window": (NONE, problem.window_count - 1, "name a window, or -1 for none"),
        "pair_cost": (-MAX_COST, MAX_COST, "count in a coarser unit"),
        "pair_use": (1, MAX_QUANTITY, "give the capacity one unit takes"),
        "is_last": (0, 1, "say 1 where the offer was the need's last helper, else 0"),
        "previous": (0, MAX_QUANTITY, "give the units of the last plan, 0 for none"),
        "fixed": (0, MAX_QUANTITY, "give the units that must stay, 0 for none"),
    }
    for name, (low, high, remedy) in ranges.items():
        column = getattr(problem, name)
        outside = (column < low) | (column > high)
        if outside.any():
            yield f"{name}: must lie in {low} .. {high}, does not at {_places(outside, column)}; {remedy}"


def _reference_mistakes(problem: AssignmentProblem) -> Iterator[str]:
    """Tell windows of another offer, quotas that cross, and pairs listed twice."""
    named = problem.pair_window != NONE
    foreign = np.zeros(problem.pair_count, dtype=np.bool_)
    foreign[named] = problem.window_offer[problem.pair_window[named]] != problem.pair_offer[named]
    if foreign.any():
        yield f"pair_window: is a window of another offer at {_places(foreign, problem.pair_window)}; name one of its own"
    crossed = (problem.group_max != NONE) & (problem.group_min > problem.group_max)
    if crossed.any():
        yield f"group_min: is above group_max at {_places(crossed, problem.group_min)}; lower it or raise the maximum"
    if problem.is_sorted():
        return
    order = np.lexsort((problem.pair_window, problem.pair_offer, problem.pair_need))
    columns = [getattr(problem, name)[order] for name in ("pair_need", "pair_offer", "pair_window")]
    twice = np.logical_and.reduce([np.diff(column) == 0 for column in columns])
    for row in np.flatnonzero(twice)[:_SHOWN].tolist():
        need, offer, window = (int(column[row]) for column in columns)
        where = "" if window == NONE else f", window {window}"
        first, second = sorted((int(order[row]), int(order[row + 1])))
        yield f"pair (need {need}, offer {offer}{where}) is listed twice, at index {first} and {second}; list it once"
