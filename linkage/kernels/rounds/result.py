"""What a plan of rounds is asked for and what it returns: options, rounds with times, objectives with bounds.

Phases end by counts, so that the same problem and seed give the same plan on every machine; a deadline only cuts them
short.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from linkage.kernels.rounds.problem import Integers
from linkage.terms import RoundsObjective, RoundsStatus


class Deadline(Protocol):
    """A clock the caller owns; the kernel has none."""

    def remaining_seconds(self) -> float:
        """Return what is left, zero or less when the time is up."""
        ...


@dataclass(frozen=True, kw_only=True)
class RoundsOptions:
    """How hard to try.

    Parameters
    ----------
    seed
        Of all random choices.
    iterations
        Of the routing search, each time a day is routed.
    together_tries
        How often the common minutes of a day's visits by two are chosen anew, one visit at a time.
    moves
        How often some visits of a day are taken out and put back, where the routing search does not see all of it.
    sweeps
        How often visits are tried on other days, in a horizon of several.
    deadline
        Optional upper guard; a plan cut short may differ from machine to machine.
    """

    seed: int = 0
    iterations: int = 1000
    together_tries: int = 6
    moves: int = 80
    sweeps: int = 3
    deadline: Deadline | None = None

    def has_time(self, seconds: float = 0.0) -> bool:
        """Whether the deadline, if there is one, lies ahead by more than so many seconds."""
        return self.deadline is None or self.deadline.remaining_seconds() > seconds


@dataclass(frozen=True, kw_only=True)
class RoundsLevel:
    """One objective of a plan.

    Parameters
    ----------
    value
        What the plan reaches; lower is better.
    bound
        No plan that is as good on the objective before is below it; <= `value`.
    """

    objective: RoundsObjective
    value: int
    bound: int


@dataclass(frozen=True, kw_only=True, eq=False)
class RoundsResult:
    """A plan that `check.verify` has passed.

    Parameters
    ----------
    round_worker, round_day
        (n_rounds,) int64, sorted by day, then worker.
    round_leave, round_back
        (n_rounds,) int64 minute of the day at the depot.
    stop_round
        (n_stops,) int64 row of the round, in the order the stops are made.
    stop_visit
        (n_stops,) int64 visit, or -1 for lunch at the depot, -2 for lunch on the spot.
    stop_arrive, stop_begin
        (n_stops,) int64 minute of the day; what lies between is waited.
    missing
        (n_visits,) int64 how often each visit is still to be made.
    levels
        Objectives in their order.
    """

    round_worker: Integers
    round_day: Integers
    round_leave: Integers
    round_back: Integers
    stop_round: Integers
    stop_visit: Integers
    stop_arrive: Integers
    stop_begin: Integers
    missing: Integers
    levels: tuple[RoundsLevel, ...]
    seed: int
    is_cut_short: bool

    @property
    def status(self) -> RoundsStatus:
        """Optimal if every objective is at its bound."""
        is_proven = all(level.value <= level.bound for level in self.levels)
        return RoundsStatus.OPTIMAL if is_proven else RoundsStatus.BEST_FOUND

    @property
    def gap_ratio(self) -> float:
        """Distance of the first objective that is not proven from its bound, as a share of its value."""
        for level in self.levels:
            if level.value > level.bound:
                return (level.value - level.bound) / level.value
        return 0.0
