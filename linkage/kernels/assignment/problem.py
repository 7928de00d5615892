"""The matching problem as typed arrays: needs, offers and the pairs that may be joined.

A problem that was built is valid: every mistake is told at once in `InvalidProblem`. It decides nothing, and
knows neither records nor dates; eligibility has been decided by whoever lists the pairs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from linkage.errors import InvalidProblem

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

NONE: Final = -1
"""No group, no source, or no cap."""

# With these ranges every sum that the kernel forms stays below 2**63.
MAX_QUANTITY: Final = 10**9
MAX_COST: Final = 10**9
MAX_PRIORITY: Final = 10**6
MAX_CAPACITY: Final = 10**12
MAX_CAPACITY_SUM: Final = 10**17

_SHOWN: Final = 5


def _integers(name: str, values: ArrayLike, mistakes: list[str]) -> Integers:
    """Turn whole numbers into a read-only int64 column; name what is not one."""
    array = np.asarray(values)
    if array.ndim != 1:
        mistakes.append(f"{name}: must be one column, has {array.ndim} dimensions")
        return np.zeros(0, dtype=np.int64)
    if array.dtype.kind == "f":
        bad = ~np.isfinite(array)
        if bad.any():
            mistakes.append(f"{name}: not a number at {_places(bad)}")
            array = np.where(bad, 0, array)
        broken = array != np.floor(array)
        if broken.any():
            mistakes.append(f"{name}: not a whole number at {_places(broken)}")
        huge = np.abs(array) > 2.0**62
        if huge.any():
            mistakes.append(f"{name}: too large at {_places(huge)}")
        array = np.where(huge | broken, 0, array)
    elif array.dtype.kind == "u":
        huge = array > np.uint64(2**62)
        if huge.any():
            mistakes.append(f"{name}: too large at {_places(huge)}")
            array = np.where(huge, 0, array)
    elif array.dtype.kind == "O":
        mistakes.append(f"{name}: holds something that is not a 64-bit whole number")
        array = np.zeros(array.size)
    elif array.dtype.kind != "i":
        mistakes.append(f"{name}: must hold whole numbers, holds {array.dtype}")
        array = np.zeros(array.size)
    column = array.astype(np.int64)
    column.flags.writeable = False
    return column


def _places(bad: Flags) -> str:
    places = np.flatnonzero(bad)
    shown = ", ".join(str(place) for place in places[:_SHOWN].tolist())
    return f"index {shown}" + (f" and {places.size - _SHOWN} more" if places.size > _SHOWN else "")


@dataclass(frozen=True, kw_only=True, eq=False)
class AssignmentProblem:
    """One round of matching; build with `of`. Construction raises `InvalidProblem` with every mistake.

    Pairs are kept sorted by (need, offer), whatever the order given. Units of a need and units of capacity are
    not the same where `pair_use` is not 1.

    Parameters
    ----------
    need_quantity
        (n_needs,) int64 units asked for, 1 .. `MAX_QUANTITY`, together at most `MAX_QUANTITY`.
    need_priority
        (n_needs,) int64 weight of one unmet unit, 1 .. `MAX_PRIORITY`.
    need_group
        (n_needs,) int64 group (such as the estate) the need counts in for fairness, 0 .. n_needs - 1, or `NONE`.
    offer_capacity
        (n_offers,) int64 units of capacity, 0 .. `MAX_CAPACITY`.
    offer_source
        (n_offers,) int64 row of `source_caps`, or `NONE`.
    source_caps
        (n_sources,) int64 units of capacity that may be used of all the source's offers together; `NONE` for no cap.
    pair_need, pair_offer
        (n_pairs,) int64, each pair at most once.
    pair_cost
        (n_pairs,) int64 cost of one unit of the need, lower is better, at most `MAX_COST` either side of 0.
    pair_use
        (n_pairs,) int64 units of capacity that one unit of the need takes, 1 .. `MAX_QUANTITY`.
    previous
        (n_pairs,) int64 units the last accepted plan had on the pair; losing one counts one `changed`, also where
        the need has become smaller since.
    fixed
        (n_pairs,) int64 units that must stay on the pair, at least; any of them fix an undivided need whole.
    indivisible
        A need is met whole by one offer or not at all.
    fair_groups
        Share what cannot be met evenly between groups (objective `unfairness`).
    """

    need_quantity: Integers
    need_priority: Integers
    need_group: Integers
    offer_capacity: Integers
    offer_source: Integers
    source_caps: Integers
    pair_need: Integers
    pair_offer: Integers
    pair_cost: Integers
    pair_use: Integers
    previous: Integers
    fixed: Integers
    indivisible: bool = False
    fair_groups: bool = False
    need_start: Integers = field(init=False, repr=False)
    """(n_needs + 1,) int64: the pairs of need i are rows need_start[i] .. need_start[i + 1] - 1."""

    def __post_init__(self) -> None:
        mistakes: list[str] = []
        for name in _COLUMNS:
            object.__setattr__(self, name, _integers(name, getattr(self, name), mistakes))
        mistakes += _shape_mistakes(self)
        if not mistakes:
            mistakes += _range_mistakes(self)
        if mistakes:
            raise InvalidProblem(
                f"the matching problem has {len(mistakes)} mistake(s); correct them and try again", mistakes
            )
        order = np.lexsort((self.pair_offer, self.pair_need))
        for name in _PAIR_COLUMNS:
            column = getattr(self, name)[order]
            column.flags.writeable = False
            object.__setattr__(self, name, column)
        starts = np.searchsorted(self.pair_need, np.arange(self.need_count + 1))
        object.__setattr__(self, "need_start", starts.astype(np.int64))
        twice = (np.diff(self.pair_need) == 0) & (np.diff(self.pair_offer) == 0)
        if twice.any():
            pairs = [
                f"pair (need {self.pair_need[k]}, offer {self.pair_offer[k]}) is listed twice"
                for k in np.flatnonzero(twice)[:_SHOWN].tolist()
            ]
            raise InvalidProblem("the matching problem lists pairs twice; list each once", pairs)

    @classmethod
    def of(
        cls,
        *,
        need_quantity: ArrayLike,
        offer_capacity: ArrayLike,
        pair_need: ArrayLike,
        pair_offer: ArrayLike,
        pair_cost: ArrayLike,
        need_priority: ArrayLike | None = None,
        need_group: ArrayLike | None = None,
        offer_source: ArrayLike | None = None,
        source_caps: ArrayLike = (),
        pair_use: ArrayLike | None = None,
        previous: ArrayLike | None = None,
        fixed: ArrayLike | None = None,
        indivisible: bool = False,
        fair_groups: bool = False,
    ) -> Self:
        """Fill what is not given: priority 1, use 1, no groups, no sources, nothing previous, nothing fixed."""
        needs, offers, pairs = np.size(need_quantity), np.size(offer_capacity), np.size(pair_need)
        return cls(
            need_quantity=np.asarray(need_quantity),
            need_priority=np.ones(needs, np.int64) if need_priority is None else np.asarray(need_priority),
            need_group=np.full(needs, NONE) if need_group is None else np.asarray(need_group),
            offer_capacity=np.asarray(offer_capacity),
            offer_source=np.full(offers, NONE) if offer_source is None else np.asarray(offer_source),
            source_caps=np.asarray(source_caps),
            pair_need=np.asarray(pair_need),
            pair_offer=np.asarray(pair_offer),
            pair_cost=np.asarray(pair_cost),
            pair_use=np.ones(pairs, np.int64) if pair_use is None else np.asarray(pair_use),
            previous=np.zeros(pairs, np.int64) if previous is None else np.asarray(previous),
            fixed=np.zeros(pairs, np.int64) if fixed is None else np.asarray(fixed),
            indivisible=indivisible,
            fair_groups=fair_groups,
        )

    @property
    def need_count(self) -> int:
        """Number of needs."""
        return int(self.need_quantity.size)

    @property
    def offer_count(self) -> int:
        """Number of offers."""
        return int(self.offer_capacity.size)

    @property
    def pair_count(self) -> int:
        """Number of pairs."""
        return int(self.pair_need.size)

    @property
    def source_count(self) -> int:
        """Number of sources."""
        return int(self.source_caps.size)

    @property
    def group_count(self) -> int:
        """Number of groups: the highest index used, plus one."""
        return int(self.need_group.max(initial=NONE)) + 1


_NEED_COLUMNS: Final = ("need_quantity", "need_priority", "need_group")
_OFFER_COLUMNS: Final = ("offer_capacity", "offer_source")
_PAIR_COLUMNS: Final = ("pair_need", "pair_offer", "pair_cost", "pair_use", "previous", "fixed")
_COLUMNS: Final = (*_NEED_COLUMNS, *_OFFER_COLUMNS, "source_caps", *_PAIR_COLUMNS)


def _shape_mistakes(problem: AssignmentProblem) -> list[str]:
    """Tell columns whose length is not that of the first column of their kind."""
    found = []
    for names in (_NEED_COLUMNS, _OFFER_COLUMNS, _PAIR_COLUMNS):
        expected = getattr(problem, names[0]).size
        found += [
            f"{name}: has {getattr(problem, name).size} rows, {names[0]} has {expected}"
            for name in names[1:]
            if getattr(problem, name).size != expected
        ]
    return found


def _range_mistakes(problem: AssignmentProblem) -> list[str]:
    """Tell numbers outside their range and indices that name nothing."""
    ranges = {
        "need_quantity": (1, MAX_QUANTITY),
        "need_priority": (1, MAX_PRIORITY),
        "need_group": (NONE, problem.need_count - 1),
        "offer_capacity": (0, MAX_CAPACITY),
        "offer_source": (NONE, problem.source_count - 1),
        "source_caps": (NONE, MAX_CAPACITY_SUM),
        "pair_need": (0, problem.need_count - 1),
        "pair_offer": (0, problem.offer_count - 1),
        "pair_cost": (-MAX_COST, MAX_COST),
        "pair_use": (1, MAX_QUANTITY),
        "previous": (0, MAX_QUANTITY),
        "fixed": (0, MAX_QUANTITY),
    }
    found = []
    for name, (low, high) in ranges.items():
        column = getattr(problem, name)
        outside = (column < low) | (column > high)
        if outside.any():
            found.append(f"{name}: must lie in {low} .. {high}, does not at {_places(outside)}")
    if not found:
        total = int(problem.need_quantity.sum())
        if total > MAX_QUANTITY:
            found.append(f"need_quantity: adds up to {total}, more than {MAX_QUANTITY}")
        capacity = float(problem.offer_capacity.sum(dtype=np.float64))
        if capacity > MAX_CAPACITY_SUM:
            found.append(f"offer_capacity: adds up to {capacity:.3g}, more than {MAX_CAPACITY_SUM}")
    return found
