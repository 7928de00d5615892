"""What a solve is asked for and what it returns: options, levels with bounds, assignments, trace.

Phases end by counts, so that the same problem and seed give the same plan on every machine; a deadline only
cuts them short, and then the best plan so far comes back with the bound that was proven.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from linkage.terms import RosterObjective, RosterRule, RosterStatus

Integers = NDArray[np.int64]


class Deadline(Protocol):
    """A clock the caller owns; the kernel has none."""

    def remaining_seconds(self) -> float:
        """Return what is left, zero or less when the time is up."""
        ...


@dataclass(frozen=True, kw_only=True)
class RosterOptions:
    """How hard to try.

    Parameters
    ----------
    seed
        Of all random choices; stored with the result.
    moves
        Ruin-and-recreate moves of the local search, at most.
    close_enough_ratio
        The search ends before its last round when every level is within this share of its bound by counting; where the
        problem is too large for the exact solver, such a level is bounded no further.
    bound_pairs
        Up to this many candidate pairs a linear relaxation bounds every level; beyond, only counting does.
    exact_pairs
        Up to this many candidate pairs the exact solver polishes the plan and proves its bounds.
    exact_effort
        Deterministic seconds (CP-SAT's machine-independent unit) for all levels of the exact solver together.
    deadline
        Optional upper guard; a plan cut short may differ from machine to machine.
    """

    seed: int = 0
    moves: int = 400
    close_enough_ratio: float = 0.0
    bound_pairs: int = 60_000
    exact_pairs: int = 2500
    exact_effort: float = 0.4
    deadline: Deadline | None = None

    def seconds_left(self) -> float:
        """Seconds to the deadline, infinite if there is none."""
        return inf if self.deadline is None else self.deadline.remaining_seconds()

    def has_time(self) -> bool:
        """Whether the deadline, if there is one, lies ahead."""
        return self.deadline is None or self.deadline.remaining_seconds() > 0


@dataclass(frozen=True, kw_only=True)
class RosterLevel:
    """One objective level of a plan.

    Parameters
    ----------
    value
        What the plan reaches; lower is better, and below 0 only where serving together is rewarded.
    bound
        No plan that is as good on every level before this one is below it.
    idle
        What the level would be if nobody served.
    """

    terms: tuple[RosterObjective, ...]
    value: int
    bound: int
    idle: int = 0

    @property
    def is_proven(self) -> bool:
        """Whether nothing better is possible on this level."""
        return self.value <= self.bound

    @property
    def gap_ratio(self) -> float:
        """The share of what is at stake that may still be missing; 0 if the level is proven.

        At stake is what serving can gain: the level if nobody served less the bound. Where nobody serving would be no
        worse (fairness costs nothing then) it is the value itself.
        """
        if self.is_proven:
            return 0.0
        stake = self.idle - self.bound if self.idle > self.value else max(abs(self.value), abs(self.bound))
        return (self.value - self.bound) / stake


@dataclass(frozen=True, kw_only=True)
class RosterTrace:
    """What the solve did, in counts."""

    seed: int
    candidate_pairs: int
    moves: int = 0
    exact_effort: float = 0.0
    is_cut_short: bool = False


@dataclass(frozen=True, kw_only=True, order=True)
class RuleUse:
    """One hard rule as it binds somebody.

    Parameters
    ----------
    volunteer, shift, seat
        Whom and what it concerns, -1 where it concerns nobody or nothing in particular.
    index
        Which week, day, kind, skill or team it is about, or -1.
    limit
        Its number (minutes, days, places, points), or -1 where it has none.
    """

    rule: RosterRule
    volunteer: int = -1
    shift: int = -1
    seat: int = -1
    index: int = -1
    limit: int = -1


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """Hard rules that cannot all hold; without any one of them the others can.

    Parameters
    ----------
    is_smallest
        False where the search for a smaller set was cut short.
    """

    rules: tuple[RuleUse, ...]
    is_smallest: bool = True


@dataclass(frozen=True, kw_only=True, eq=False)
class RosterResult:
    """A checked plan, or why there is none.

    Parameters
    ----------
    volunteer, shift, seat
        (n_assignments,) int64, sorted by shift, seat, volunteer; `seat` is a row of the problem's seats.
    levels
        Value and bound for every objective level, in order.
    terms
        Value of each of the seven terms, whether or not it is in the objectives.
    conflict
        The hard rules that contradict each other; the plan is then empty and there are no levels.
    has_plan
        False where there is a conflict, or where hard minima stand and no plan was found that meets them.
    """

    volunteer: Integers
    shift: Integers
    seat: Integers
    levels: tuple[RosterLevel, ...]
    terms: Mapping[RosterObjective, int]
    trace: RosterTrace
    conflict: Conflict | None = None
    has_plan: bool = True

    @property
    def status(self) -> RosterStatus:
        """Optimal if every level is proven."""
        if self.conflict is not None:
            return RosterStatus.CONTRADICTORY
        if not self.has_plan:
            return RosterStatus.NO_PLAN
        return RosterStatus.OPTIMAL if all(level.is_proven for level in self.levels) else RosterStatus.BEST_FOUND

    @property
    def gap_ratio(self) -> float:
        """The gap of the first level that is not proven, as `RosterLevel` tells it; 0 if all are."""
        return next((level.gap_ratio for level in self.levels if not level.is_proven), 0.0)
