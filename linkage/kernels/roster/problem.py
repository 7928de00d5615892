"""The roster problem as typed arrays: who could serve, which shifts and seats there are, what is wished for.

Everything is an index from 0 and an integer: minutes count from the horizon's start, `NO_LIMIT` stands for
"no cap". A problem that was built is valid: every mistake is collected by `validation` and told at once in
`InvalidProblem`. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np

from linkage.errors import InvalidProblem
from linkage.kernels.roster import validation
from linkage.kernels.roster.columns import ANY, MINUTES_PER_DAY, NO_LIMIT, NONE, Integers
from linkage.kernels.roster.patterns import Patterns
from linkage.kernels.roster.tables import Pairs, Requests, Seats, Shifts, Volunteers, Windows
from linkage.terms import RosterObjective

__all__ = [
    "ANY",
    "DEFAULT_OBJECTIVES",
    "MINUTES_PER_DAY",
    "NONE",
    "NO_LIMIT",
    "Integers",
    "Pairs",
    "Patterns",
    "Requests",
    "RosterProblem",
    "Seats",
    "Shifts",
    "Volunteers",
    "Windows",
]

DEFAULT_OBJECTIVES: Final = tuple((objective,) for objective in RosterObjective)


def _no_table() -> Integers:
    return np.zeros((0, 0), dtype=np.int64)


def _no_successions() -> Integers:
    return np.zeros((0, 2), dtype=np.int64)


@dataclass(frozen=True, kw_only=True, eq=False)
class RosterProblem:
    """One horizon to be staffed. Construction raises `InvalidProblem` with every mistake.

    Parameters
    ----------
    horizon_days
        Days 0 .. horizon_days - 1 may hold shifts.
    eligible
        If given, only these pairs may serve (skills, windows and caps still apply).
    previous
        The plan people know already; a pair not kept counts one `disturbance`.
    fixed
        Pairs that must stay.
    released
        (n_released,) volunteers whose `previous` and `fixed` pairs are let go; whether they may serve again
        is said by their windows.
    week_of_day, period_of_day
        (horizon_days,) int64, non-decreasing from 0: the week that the weekly cap counts in (7 days each if
        not given) and the pledge period, such as the calendar month (one for all if not given).
    served_minutes
        (n_volunteers, n_periods) int64 minutes already served towards the pledge outside this problem.
    travel_minutes
        (n_places, n_places) int64 between places; detours are not longer (shortest paths are taken).
    buffer_minutes
        Minutes between any two shifts of a person, at least; travel and rest count inside it, not on top.
    minimum_factor
        How many times a person missing below `minimum` weighs against one missing between minimum and target.
    patterns
        Duty patterns of those who have one, and days off.
    forbidden_successions
        (n, 2) int64 kinds: nobody serves a shift of the second on the day after one of the first.
    first_weekday
        Weekday of day 0, 0 = Monday; says where the weekends of the patterns lie.
    teams
        Volunteers (two or more, in one team at most) who serve a shift all together or not at all.
    together_weight
        What each further member of a volunteer's `group` on the same shift saves in `preference` (which may
        therefore be negative: wishes not followed less what serving together saves).
    objectives
        Levels in lexicographic order, most important first; terms within one level are summed with `weights`.
    """

    horizon_days: int
    volunteers: Volunteers
    windows: Windows
    shifts: Shifts
    seats: Seats
    requests: Requests = field(default_factory=Requests.of)
    eligible: Pairs | None = None
    previous: Pairs = field(default_factory=Pairs.of)
    fixed: Pairs = field(default_factory=Pairs.of)
    released: Integers = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    week_of_day: Integers | None = None
    period_of_day: Integers | None = None
    served_minutes: Integers = field(default_factory=_no_table)
    travel_minutes: Integers = field(default_factory=_no_table)
    buffer_minutes: int = 0
    minimum_factor: int = 10
    patterns: Patterns = field(default_factory=Patterns.of)
    forbidden_successions: Integers = field(default_factory=_no_successions)
    first_weekday: int = 0
    teams: tuple[tuple[int, ...], ...] = ()
    together_weight: int = 1
    objectives: tuple[tuple[RosterObjective, ...], ...] = DEFAULT_OBJECTIVES
    weights: Mapping[RosterObjective, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        mistakes = validation.mistakes(self)
        if mistakes:
            raise InvalidProblem(
                f"the roster problem has {len(mistakes)} mistake(s); correct them and try again", mistakes
            )

    @property
    def volunteer_count(self) -> int:
        """Number of people."""
        return int(self.volunteers.leads.size)

    @property
    def shift_count(self) -> int:
        """Number of shifts."""
        return int(self.shifts.start.size)

    @property
    def seat_count(self) -> int:
        """Number of seat rows (groups of equal places)."""
        return int(self.seats.shift.size)

    @cached_property
    def weeks(self) -> Integers:
        """(horizon_days,) week of each day."""
        return np.arange(self.horizon_days) // 7 if self.week_of_day is None else self.week_of_day

    @cached_property
    def periods(self) -> Integers:
        """(horizon_days,) pledge period of each day."""
        return np.zeros(self.horizon_days, dtype=np.int64) if self.period_of_day is None else self.period_of_day

    @cached_property
    def period_count(self) -> int:
        """Number of pledge periods, at least one."""
        return int(self.periods.max()) + 1 if self.horizon_days else 1

    @cached_property
    def weekend_of_day(self) -> Integers:
        """(horizon_days,) number of the weekend a Saturday or Sunday belongs to, -1 on other days."""
        day = np.arange(self.horizon_days) + self.first_weekday
        return np.where(day % 7 >= 5, day // 7, -1)

    @cached_property
    def served(self) -> Integers:
        """(n_volunteers, n_periods) minutes already served."""
        if self.served_minutes.size:
            return self.served_minutes
        return np.zeros((self.volunteer_count, self.period_count), dtype=np.int64)

    def weight_of(self, objective: RosterObjective) -> int:
        """Weight of a term within its level, 1 unless given."""
        return self.weights.get(objective, 1)
