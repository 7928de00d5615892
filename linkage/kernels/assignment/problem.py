"""The matching problem as typed arrays: needs, offers and the pairs that may be joined.

A problem that was built is valid: every mistake is told at once in `InvalidProblem`. It decides nothing, and
knows neither records nor dates; eligibility has been decided by whoever lists the pairs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike

from linkage.errors import InvalidProblem
from linkage.kernels.assignment.validation import (
    COLUMNS,
    MAX_CAPACITY,
    MAX_CAPACITY_SUM,
    MAX_COST,
    MAX_PRIORITY,
    MAX_QUANTITY,
    NONE,
    PAIR_COLUMNS,
    Flags,
    Floats,
    Integers,
    integers,
    mistakes_of,
)

__all__ = (
    "MAX_CAPACITY",
    "MAX_CAPACITY_SUM",
    "MAX_COST",
    "MAX_PRIORITY",
    "MAX_QUANTITY",
    "NONE",
    "AssignmentProblem",
    "Flags",
    "Floats",
    "Integers",
)

_NOTHING: Final = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, kw_only=True, eq=False)
class AssignmentProblem:
    """One round of matching; build with `of`. Construction raises `InvalidProblem` with every mistake.

    Pairs are kept sorted by (need, offer, window), whatever the order given. Units of a need and units of capacity
    are not the same where `pair_use` is not 1.

    Parameters
    ----------
    need_quantity
        (n_needs,) int64 units asked for, 1 .. `MAX_QUANTITY`, together at most `MAX_QUANTITY`.
    need_priority
        (n_needs,) int64 weight of one unmet unit, 1 .. `MAX_PRIORITY`.
    need_group
        (n_needs,) int64 group (such as the estate or the community) the need counts in for fairness and quotas: a
        row of `group_min` and `group_max` where those are given, else 0 .. n_needs - 1; or `NONE`.
    need_exclusive
        (n_needs,) int64 exclusive group, 0 .. n_needs - 1, or `NONE`: at most one need of it is met, in any part.
    need_package
        (n_needs,) int64 package, 0 .. n_needs - 1, or `NONE`: its needs are all met whole, or none is served.
    offer_capacity
        (n_offers,) int64 units of capacity, 0 .. `MAX_CAPACITY`.
    offer_source
        (n_offers,) int64 row of `source_caps`, or `NONE`.
    source_caps
        (n_sources,) int64 units of capacity that may be used of all the source's offers together; `NONE` for no cap.
    window_offer, window_capacity
        (n_windows,) int64: a time window of an offer, and the units of capacity it has under that of the offer.
    group_min, group_max
        (n_groups,) int64 units of the group's needs to be met: at least (objective `quota_shortfall`; 0 for none),
        at most (always kept; `NONE` for no maximum).
    pair_need, pair_offer, pair_window
        (n_pairs,) int64, each triple at most once; the window is one of the offer's, or `NONE`.
    pair_cost
        (n_pairs,) int64 cost of one unit of the need, lower is better, at most `MAX_COST` either side of 0.
    pair_use
        (n_pairs,) int64 units of capacity that one unit of the need takes, 1 .. `MAX_QUANTITY`.
    is_last
        (n_pairs,) int64, 1 where the offer helped the need in the last cycle: every unit of a need with such a pair
        that another offer meets counts one `continuity`.
    previous
        (n_pairs,) int64 units the last accepted plan of this round had on the pair; losing one counts one `changed`,
        also where the need has become smaller since.
    fixed
        (n_pairs,) int64 units that must stay on the pair, at least; any of them fix an undivided need whole, and the
        whole package of a need.
    indivisible
        A need is met whole by one pair or not at all.
    fair_groups
        Share what cannot be met evenly between groups (objective `unfairness`).
    """

    need_quantity: Integers
    need_priority: Integers
    need_group: Integers
    need_exclusive: Integers
    need_package: Integers
    offer_capacity: Integers
    offer_source: Integers
    source_caps: Integers
    window_offer: Integers
    window_capacity: Integers
    group_min: Integers
    group_max: Integers
    pair_need: Integers
    pair_offer: Integers
    pair_window: Integers
    pair_cost: Integers
    pair_use: Integers
    is_last: Integers
    previous: Integers
    fixed: Integers
    indivisible: bool = False
    fair_groups: bool = False
    need_start: Integers = field(init=False, repr=False)
    """(n_needs + 1,) int64: the pairs of need i are rows need_start[i] .. need_start[i + 1] - 1."""

    def __post_init__(self) -> None:
        mistakes: list[str] = []
        for name in COLUMNS:
            object.__setattr__(self, name, integers(name, getattr(self, name), mistakes))
        mistakes += mistakes_of(self)
        if mistakes:
            raise InvalidProblem(
                f"the matching problem has {len(mistakes)} mistake(s); correct them and try again", mistakes
            )
        if not self.is_sorted():
            order = np.lexsort((self.pair_window, self.pair_offer, self.pair_need))
            for name in PAIR_COLUMNS:
                column = getattr(self, name)[order]
                column.flags.writeable = False
                object.__setattr__(self, name, column)
        starts = np.searchsorted(self.pair_need, np.arange(self.need_count + 1))
        object.__setattr__(self, "need_start", starts.astype(np.int64))

    def is_sorted(self) -> bool:
        """Tell whether pairs stand in the order of (need, offer, window), none of them twice."""
        need, offer, window = (np.diff(column) for column in (self.pair_need, self.pair_offer, self.pair_window))
        return bool(((need > 0) | ((need == 0) & ((offer > 0) | ((offer == 0) & (window > 0))))).all())

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
        need_exclusive: ArrayLike | None = None,
        need_package: ArrayLike | None = None,
        offer_source: ArrayLike | None = None,
        source_caps: ArrayLike = (),
        window_offer: ArrayLike = (),
        window_capacity: ArrayLike = (),
        group_min: ArrayLike | None = None,
        group_max: ArrayLike | None = None,
        pair_window: ArrayLike | None = None,
        pair_use: ArrayLike | None = None,
        is_last: ArrayLike | None = None,
        previous: ArrayLike | None = None,
        fixed: ArrayLike | None = None,
        indivisible: bool = False,
        fair_groups: bool = False,
    ) -> Self:
        """Fill what is not given: priority 1, use 1, no groups, quotas, sources or windows, nothing fixed or before."""
        needs, offers, pairs = np.size(need_quantity), np.size(offer_capacity), np.size(pair_need)
        groups = max(0 if column is None else np.size(column) for column in (group_min, group_max))

        def column(values: ArrayLike | None, rows: int, default: int) -> Integers:
            given = np.full(rows, default) if values is None else np.asarray(values)
            return given if given.size or given.ndim != 1 else _NOTHING  # an empty list has no type of its own

        return cls(
            need_quantity=column(need_quantity, needs, 1),
            need_priority=column(need_priority, needs, 1),
            need_group=column(need_group, needs, NONE),
            need_exclusive=column(need_exclusive, needs, NONE),
            need_package=column(need_package, needs, NONE),
            offer_capacity=column(offer_capacity, offers, 0),
            offer_source=column(offer_source, offers, NONE),
            source_caps=column(source_caps, 0, NONE),
            window_offer=column(window_offer, 0, 0),
            window_capacity=column(window_capacity, 0, 0),
            group_min=column(group_min, groups, 0),
            group_max=column(group_max, groups, NONE),
            pair_need=column(pair_need, pairs, 0),
            pair_offer=column(pair_offer, pairs, 0),
            pair_window=column(pair_window, pairs, NONE),
            pair_cost=column(pair_cost, pairs, 0),
            pair_use=column(pair_use, pairs, 1),
            is_last=column(is_last, pairs, 0),
            previous=column(previous, pairs, 0),
            fixed=column(fixed, pairs, 0),
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
    def window_count(self) -> int:
        """Number of windows, of all offers together."""
        return int(self.window_offer.size)

    @property
    def group_count(self) -> int:
        """Number of groups: rows of the quotas, or the highest index used plus one."""
        return max(int(self.group_min.size), int(self.need_group.max(initial=NONE)) + 1)

    @property
    def has_choices(self) -> bool:
        """Whether exclusive groups or packages bind needs to each other."""
        return bool((self.need_exclusive != NONE).any() or (self.need_package != NONE).any())
