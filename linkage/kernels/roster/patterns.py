"""The table of duty patterns of a roster problem, for people whose days on and off follow rules.

Built by `of`, which fills what is not given; `validation` checks it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from linkage.kernels.roster.columns import NO_LIMIT, Integers, column, integers


@dataclass(frozen=True, kw_only=True, eq=False)
class Patterns:
    """Duty patterns, one row for each volunteer who has one; such a volunteer serves at most one shift a day. All hard.

    A day is worked if a shift that starts on it is served. A run of days on or off that touches the first or the last
    day of the horizon is not held to its minimum; the maximum counts from the horizon's first day. A weekend is a
    Saturday with the Sunday after it, and counts if one of them is worked (Curtois and Qu 2014).

    Parameters
    ----------
    volunteer
        (n_rows,) int64 whose pattern it is, no volunteer twice.
    min_minutes
        (n_rows,) int64 minutes over the horizon, at least (the most is the volunteer's `max_minutes`).
    max_consecutive_days, min_consecutive_days
        (n_rows,) int64 days worked in a row; `NO_LIMIT` and 1 bind nobody.
    min_consecutive_days_off
        (n_rows,) int64 days off in a row, at least; 1 binds nobody.
    max_weekends
        (n_rows,) int64 weekends worked, at most; `NO_LIMIT` for any.
    max_shifts_by_kind
        (n_rows, n_kinds) int64 shifts of each kind, at most; `NO_LIMIT` for any. No column at all: no limits.
    days_off
        (n_days_off, 2) int64 pairs of volunteer and day on which no shift may start for the person; the volunteer need
        not have a row.
    """

    volunteer: Integers
    min_minutes: Integers
    max_consecutive_days: Integers
    min_consecutive_days: Integers
    min_consecutive_days_off: Integers
    max_weekends: Integers
    max_shifts_by_kind: Integers
    days_off: Integers

    @classmethod
    def of(
        cls,
        volunteer: ArrayLike = (),
        *,
        min_minutes: ArrayLike | None = None,
        max_consecutive_days: ArrayLike | None = None,
        min_consecutive_days: ArrayLike | None = None,
        min_consecutive_days_off: ArrayLike | None = None,
        max_weekends: ArrayLike | None = None,
        max_shifts_by_kind: ArrayLike | None = None,
        days_off: ArrayLike | None = None,
    ) -> Self:
        """Fill what is not given: nothing but one shift a day."""
        people = integers(volunteer)
        count = people.size
        free = np.zeros((0, 2), dtype=np.int64) if days_off is None else integers(days_off)
        return cls(
            volunteer=people,
            min_minutes=column(min_minutes, count, 0),
            max_consecutive_days=column(max_consecutive_days, count, NO_LIMIT),
            min_consecutive_days=column(min_consecutive_days, count, 1),
            min_consecutive_days_off=column(min_consecutive_days_off, count, 1),
            max_weekends=column(max_weekends, count, NO_LIMIT),
            max_shifts_by_kind=np.zeros((count, 0), dtype=np.int64)
            if max_shifts_by_kind is None
            else integers(max_shifts_by_kind),
            days_off=free.reshape(-1, 2) if free.size == 0 else free,
        )
