"""The tables a roster problem is made of: people, windows, shifts, seats, duty patterns, pairs and wishes, one row each.

Every table is built by `of`, which fills what is not given and keeps wrong numbers as they are, so that
`validation` can name all of them at once. Nothing is checked here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

NO_LIMIT: Final = 2**31 - 1
MINUTES_PER_DAY: Final = 1440
ANY: Final = -1
"""A seat that asks for no skill, or a shift at no particular place or of no kind."""
NONE: Final = -1
"""A volunteer who belongs to no group."""


def _integers(values: ArrayLike) -> Integers:
    """Turn whole numbers into int64; leave anything else as it is for `validation` to name."""
    array = np.asarray(values)
    if array.size == 0:
        return np.zeros(array.shape, dtype=np.int64)
    if array.dtype.kind in "iu" and not (array.dtype.kind == "u" and array.max() > NO_LIMIT):
        return array.astype(np.int64)
    return array


def _column(values: ArrayLike | None, count: int, default: int) -> Integers:
    return np.full(count, default, dtype=np.int64) if values is None else _integers(values)


def _flags(values: ArrayLike | None, shape: int | tuple[int, int]) -> Flags:
    return np.zeros(shape, dtype=np.bool_) if values is None else np.asarray(values, dtype=np.bool_)


@dataclass(frozen=True, kw_only=True, eq=False)
class Volunteers:
    """The people, one row each; build with `of`.

    Parameters
    ----------
    skills
        (n_volunteers, n_skills) bool, True where the person holds the skill.
    leads
        (n_volunteers,) bool, qualified to lead a shift.
    max_minutes, max_minutes_week, max_minutes_day
        (n_volunteers,) int64 minutes, hard caps over the horizon, each week and each day; `NO_LIMIT` for none.
    pledge_minutes
        (n_volunteers,) int64 minutes promised in every pledge period; a soft minimum.
    rest_minutes
        (n_volunteers,) int64 minutes between two shifts on different days, at least.
    skill_until
        (n_volunteers, n_skills) int64 minutes: a skill counts for a shift that ends by then; `NO_LIMIT` for always.
    newcomer, experienced
        (n_volunteers,) bool; a newcomer serves only where at least one experienced person serves too. Nobody is both.
    strain_cap_week
        (n_volunteers,) int64 fatigue points, hard cap on the strain of the shifts of a week; `NO_LIMIT` for none.
    group
        (n_volunteers,) int64 >= 0: who has the same number likes to serve together; `NONE` for nobody in particular.
    """

    skills: Flags
    leads: Flags
    max_minutes: Integers
    max_minutes_week: Integers
    max_minutes_day: Integers
    pledge_minutes: Integers
    rest_minutes: Integers
    skill_until: Integers
    newcomer: Flags
    experienced: Flags
    strain_cap_week: Integers
    group: Integers

    @classmethod
    def of(
        cls,
        count: int,
        *,
        skills: ArrayLike | None = None,
        leads: ArrayLike | None = None,
        max_minutes: ArrayLike | None = None,
        max_minutes_week: ArrayLike | None = None,
        max_minutes_day: ArrayLike | None = None,
        pledge_minutes: ArrayLike | None = None,
        rest_minutes: ArrayLike | None = None,
        skill_until: ArrayLike | None = None,
        newcomer: ArrayLike | None = None,
        experienced: ArrayLike | None = None,
        strain_cap_week: ArrayLike | None = None,
        group: ArrayLike | None = None,
    ) -> Self:
        """Fill what is not given: no skills, none that expires, no caps, no pledge, no rest, no newcomers, no groups."""
        held = _flags(skills, (count, 0))
        return cls(
            skills=held,
            leads=_flags(leads, count),
            max_minutes=_column(max_minutes, count, NO_LIMIT),
            max_minutes_week=_column(max_minutes_week, count, NO_LIMIT),
            max_minutes_day=_column(max_minutes_day, count, NO_LIMIT),
            pledge_minutes=_column(pledge_minutes, count, 0),
            rest_minutes=_column(rest_minutes, count, 0),
            skill_until=np.full(held.shape, NO_LIMIT, dtype=np.int64)
            if skill_until is None
            else _integers(skill_until),
            newcomer=_flags(newcomer, count),
            experienced=_flags(experienced, count),
            strain_cap_week=_column(strain_cap_week, count, NO_LIMIT),
            group=_column(group, count, NONE),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Windows:
    """When people are available: each row a volunteer and [start, end) minutes; who has no row is never available."""

    volunteer: Integers
    start: Integers
    end: Integers

    @classmethod
    def of(cls, volunteer: ArrayLike, start: ArrayLike, end: ArrayLike) -> Self:
        """Take three columns of equal length; touching windows of one person count as one."""
        return cls(volunteer=_integers(volunteer), start=_integers(start), end=_integers(end))

    @classmethod
    def always(cls, count: int, horizon_days: int) -> Self:
        """Everybody is available over the whole horizon, and for a shift that ends the morning after."""
        end = (horizon_days + 1) * MINUTES_PER_DAY
        return cls.of(np.arange(count), np.zeros(count, dtype=np.int64), np.full(count, end))


@dataclass(frozen=True, kw_only=True, eq=False)
class Shifts:
    """The shifts; a shift belongs to the day it starts on.

    Parameters
    ----------
    start, end
        (n_shifts,) int64 minutes from the horizon's start, start < end, start inside the horizon.
    priority
        (n_shifts,) int64 >= 1; what one missing person weighs.
    leads
        (n_shifts,) bool, True where one of those who serve must be qualified to lead.
    place
        (n_shifts,) int64 row of `travel_minutes`, or `ANY`.
    kind
        (n_shifts,) int64 >= 0, such as early, late or night, or `ANY`; patterns and successions speak of kinds.
    strain
        (n_shifts,) int64 >= 0, fatigue points of serving it.
    """

    start: Integers
    end: Integers
    priority: Integers
    leads: Flags
    place: Integers
    kind: Integers
    strain: Integers

    @classmethod
    def of(
        cls,
        start: ArrayLike,
        end: ArrayLike,
        *,
        priority: ArrayLike | None = None,
        leads: ArrayLike | None = None,
        place: ArrayLike | None = None,
        kind: ArrayLike | None = None,
        strain: ArrayLike | None = None,
    ) -> Self:
        """Fill what is not given: priority 1, no lead asked, no place, no kind, no strain."""
        starts = _integers(start)
        return cls(
            start=starts,
            end=_integers(end),
            priority=_column(priority, starts.size, 1),
            leads=_flags(leads, starts.size),
            place=_column(place, starts.size, ANY),
            kind=_column(kind, starts.size, ANY),
            strain=_column(strain, starts.size, 0),
        )

    @property
    def minutes(self) -> Integers:
        """Length of each shift."""
        return self.end - self.start

    @property
    def day(self) -> Integers:
        """Day each shift starts on, 0 for the first."""
        return self.start // MINUTES_PER_DAY


@dataclass(frozen=True, kw_only=True, eq=False)
class Seats:
    """Groups of equal places within a shift; a volunteer takes at most one place of a shift.

    Parameters
    ----------
    shift
        (n_seats,) int64 shift of the seat.
    skill
        (n_seats,) int64 skill it asks for, or `ANY`.
    minimum, target
        (n_seats,) int64 people, 0 <= minimum <= target.
    under_weight
        (n_seats,) int64 >= 0, weight of one missing person, multiplied by the shift's priority.
    maximum
        (n_seats,) int64 people, target <= maximum, never exceeded; `NO_LIMIT` for as many as come.
    over_weight
        (n_seats,) int64 >= 0, what each person beyond the target costs in `uncovered` (whatever the priority).
    """

    shift: Integers
    skill: Integers
    minimum: Integers
    target: Integers
    under_weight: Integers
    maximum: Integers
    over_weight: Integers

    @classmethod
    def of(
        cls,
        shift: ArrayLike,
        *,
        skill: ArrayLike | None = None,
        minimum: ArrayLike | None = None,
        target: ArrayLike | None = None,
        under_weight: ArrayLike | None = None,
        maximum: ArrayLike | None = None,
        over_weight: ArrayLike | None = None,
    ) -> Self:
        """Fill what is not given: any skill, one person, minimum = target = maximum, weight 1 (0 for people beyond)."""
        shifts = _integers(shift)
        targets = _column(target, shifts.size, 1) if target is not None or minimum is None else _integers(minimum)
        return cls(
            shift=shifts,
            skill=_column(skill, shifts.size, ANY),
            minimum=targets if minimum is None else _integers(minimum),
            target=targets,
            under_weight=_column(under_weight, shifts.size, 1),
            maximum=targets if maximum is None else _integers(maximum),
            over_weight=_column(over_weight, shifts.size, 0),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Pairs:
    """Pairs of a volunteer and a shift, in two columns of equal length."""

    volunteer: Integers
    shift: Integers

    @classmethod
    def of(cls, volunteer: ArrayLike = (), shift: ArrayLike = ()) -> Self:
        """Take two columns; nothing given means no pair."""
        return cls(volunteer=_integers(volunteer), shift=_integers(shift))


@dataclass(frozen=True, kw_only=True, eq=False)
class Requests:
    """Wishes: rows of volunteer, shift, want (False = would rather not) and weight >= 0, paid if not followed."""

    volunteer: Integers
    shift: Integers
    want: Flags
    weight: Integers

    @classmethod
    def of(
        cls,
        volunteer: ArrayLike = (),
        shift: ArrayLike = (),
        *,
        want: ArrayLike | None = None,
        weight: ArrayLike | None = None,
    ) -> Self:
        """Fill what is not given: wanted, weight 1."""
        people = _integers(volunteer)
        return cls(
            volunteer=people,
            shift=_integers(shift),
            want=np.ones(people.size, dtype=np.bool_) if want is None else np.asarray(want, dtype=np.bool_),
            weight=_column(weight, people.size, 1),
        )


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
        people = _integers(volunteer)
        count = people.size
        free = np.zeros((0, 2), dtype=np.int64) if days_off is None else _integers(days_off)
        return cls(
            volunteer=people,
            min_minutes=_column(min_minutes, count, 0),
            max_consecutive_days=_column(max_consecutive_days, count, NO_LIMIT),
            min_consecutive_days=_column(min_consecutive_days, count, 1),
            min_consecutive_days_off=_column(min_consecutive_days_off, count, 1),
            max_weekends=_column(max_weekends, count, NO_LIMIT),
            max_shifts_by_kind=np.zeros((count, 0), dtype=np.int64)
            if max_shifts_by_kind is None
            else _integers(max_shifts_by_kind),
            days_off=free.reshape(-1, 2) if free.size == 0 else free,
        )
