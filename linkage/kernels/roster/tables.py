"""The tables a roster problem is made of: people, windows, shifts, seats, pairs and wishes, one row each.

Every table is built by `of`, which fills what is not given and keeps wrong numbers as they are, so that
`validation` can name all of them at once. Nothing is checked here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from linkage.kernels.roster.columns import (
    ANY,
    MINUTES_PER_DAY,
    NO_LIMIT,
    NONE,
    Flags,
    Integers,
    column,
    flags,
    integers,
)


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
        held = flags(skills, (count, 0))
        return cls(
            skills=held,
            leads=flags(leads, count),
            max_minutes=column(max_minutes, count, NO_LIMIT),
            max_minutes_week=column(max_minutes_week, count, NO_LIMIT),
            max_minutes_day=column(max_minutes_day, count, NO_LIMIT),
            pledge_minutes=column(pledge_minutes, count, 0),
            rest_minutes=column(rest_minutes, count, 0),
            skill_until=np.full(held.shape, NO_LIMIT, dtype=np.int64) if skill_until is None else integers(skill_until),
            newcomer=flags(newcomer, count),
            experienced=flags(experienced, count),
            strain_cap_week=column(strain_cap_week, count, NO_LIMIT),
            group=column(group, count, NONE),
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
        return cls(volunteer=integers(volunteer), start=integers(start), end=integers(end))

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
        starts = integers(start)
        return cls(
            start=starts,
            end=integers(end),
            priority=column(priority, starts.size, 1),
            leads=flags(leads, starts.size),
            place=column(place, starts.size, ANY),
            kind=column(kind, starts.size, ANY),
            strain=column(strain, starts.size, 0),
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
        shifts = integers(shift)
        targets = column(target, shifts.size, 1) if target is not None or minimum is None else integers(minimum)
        return cls(
            shift=shifts,
            skill=column(skill, shifts.size, ANY),
            minimum=targets if minimum is None else integers(minimum),
            target=targets,
            under_weight=column(under_weight, shifts.size, 1),
            maximum=targets if maximum is None else integers(maximum),
            over_weight=column(over_weight, shifts.size, 0),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Pairs:
    """Pairs of a volunteer and a shift, in two columns of equal length."""

    volunteer: Integers
    shift: Integers

    @classmethod
    def of(cls, volunteer: ArrayLike = (), shift: ArrayLike = ()) -> Self:
        """Take two columns; nothing given means no pair."""
        return cls(volunteer=integers(volunteer), shift=integers(shift))


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
        people = integers(volunteer)
        return cls(
            volunteer=people,
            shift=integers(shift),
            want=np.ones(people.size, dtype=np.bool_) if want is None else np.asarray(want, dtype=np.bool_),
            weight=column(weight, people.size, 1),
        )
