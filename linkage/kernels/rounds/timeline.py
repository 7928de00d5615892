"""When a worker arrives where, for a given order of stops: the earliest times, and the latest useful departure.

A stop is a visit, or lunch, which is taken at the depot or on the spot (where the stop before it was). Orders that
cannot be kept have no timeline. The order itself is chosen elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from linkage.kernels.rounds.problem import ANY, RoundsProblem

LUNCH_AT_DEPOT: Final = -1
LUNCH_ON_SPOT: Final = -2

Stops = tuple[int, ...]
"""Visits, `LUNCH_AT_DEPOT` and `LUNCH_ON_SPOT`, in the order they are made."""


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """The times of one round.

    Parameters
    ----------
    arrive, begin
        Minute of the day for each stop; the wait is what lies between.
    leave, back
        When the worker leaves the depot, as late as that changes nothing after, and is back.
    travel
        Minutes on the way.
    """

    leave: int
    back: int
    travel: int
    arrive: tuple[int, ...]
    begin: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits of a worker for one round, in plain numbers; may be loosened to see what a change would do."""

    start: int
    end: int
    boxes: int
    max_minutes: int


@dataclass(eq=False)
class Facts:
    """A problem in plain lists, which are quicker to ask one by one than arrays."""

    problem: RoundsProblem
    able: list[list[bool]] = field(init=False)

    def __post_init__(self) -> None:
        visits, workers = self.problem.visits, self.problem.workers
        self.place: list[int] = visits.place.tolist()
        self.minutes: list[int] = visits.minutes.tolist()
        self.window: list[tuple[int, int]] = list(zip(visits.start.tolist(), visits.end.tolist(), strict=True))
        self.people: list[int] = visits.people.tolist()
        self.boxes: list[int] = visits.boxes.tolist()
        self.priority: list[int] = visits.priority.tolist()
        self.gap: list[int] = visits.gap_days.tolist()
        self.times: list[int] = self.problem.times().tolist()
        self.travel: list[list[int]] = self.problem.travel_minutes.tolist()
        self.depot: list[int] = workers.place.tolist()
        self.lunch = list(
            zip(workers.lunch_minutes.tolist(), workers.lunch_start.tolist(), workers.lunch_end.tolist(), strict=True)
        )
        self.limits = [
            Limits(start=start, end=end, boxes=boxes, max_minutes=most)
            for start, end, boxes, most in zip(
                workers.start.tolist(),
                workers.end.tolist(),
                workers.boxes.tolist(),
                workers.max_minutes.tolist(),
                strict=True,
            )
        ]
        self.works: list[list[bool]] = workers.days.tolist()
        self.allowed: list[list[bool]] = visits.days.tolist()
        skills = workers.skills.tolist()
        self.able = [
            [skill == ANY or skills[worker][skill] for worker in range(len(self.depot))]
            for skill in visits.skill.tolist()
        ]

    def can_come(self, visit: int, worker: int, day: int) -> bool:
        """Whether a worker holds the skill and works on a day the visit may be."""
        return self.able[visit][worker] and self.works[worker][day] and self.allowed[visit][day]


@dataclass(frozen=True, kw_only=True)
class Loosened:
    """What is asked of a timeline instead of the facts."""

    limits: Limits | None = None
    windows: Mapping[int, tuple[int, int]] = field(default_factory=dict)


def timeline(facts: Facts, worker: int, stops: Sequence[int], loosened: Loosened | None = None) -> Timeline | None:
    """Time a round, every stop as early as can be; None if the order breaks a limit.

    Who has a lunch must have it among the stops unless the round ends before, or begins after, it would be missed.
    """
    loosened = loosened or Loosened()
    limits = loosened.limits or facts.limits[worker]
    minutes, opens, closes, way = _steps(facts, worker, stops, loosened.windows)
    clock, arrive, begin = limits.start, [], []
    for step in range(len(stops)):
        clock += way[step]
        arrive.append(clock)
        clock = max(clock, opens[step])
        if clock > closes[step]:
            return None
        begin.append(clock)
        clock += minutes[step]
    back = clock + way[-1]
    if back > limits.end or sum(facts.boxes[stop] for stop in stops if stop >= 0) > limits.boxes:
        return None
    leave = _latest_leave(limits.start, begin, minutes, closes, way) if stops else limits.start
    if stops:
        arrive = _arrivals(leave, begin, minutes, way)
    if back - leave > limits.max_minutes or _misses_lunch(facts, worker, stops, leave, back):
        return None
    return Timeline(leave=leave, back=back, travel=sum(way), arrive=tuple(arrive), begin=tuple(begin))


def _steps(
    facts: Facts, worker: int, stops: Sequence[int], windows: Mapping[int, tuple[int, int]]
) -> tuple[list[int], list[int], list[int], list[int]]:
    """List minutes, earliest and latest begin of every stop, and the ways to each and home."""
    depot, (rest, opens_lunch, closes_lunch) = facts.depot[worker], facts.lunch[worker]
    minutes, opens, closes, way = [], [], [], []
    here = depot
    for stop in stops:
        if stop >= 0:
            place, window, length = facts.place[stop], windows.get(stop, facts.window[stop]), facts.minutes[stop]
        else:
            place = depot if stop == LUNCH_AT_DEPOT else here
            window, length = (opens_lunch, closes_lunch), rest
        way.append(facts.travel[here][place])
        minutes.append(length)
        opens.append(window[0])
        closes.append(window[1])
        here = place
    way.append(facts.travel[here][depot])
    return minutes, opens, closes, way


def _latest_leave(
    earliest: int, begin: Sequence[int], minutes: Sequence[int], closes: Sequence[int], way: Sequence[int]
) -> int:
    """Put the departure off as long as the last stop still begins as early as it can."""
    latest = begin[-1]
    for step in range(len(begin) - 2, -1, -1):
        latest = min(closes[step], latest - way[step + 1] - minutes[step])
    return max(earliest, latest - way[0])


def _arrivals(leave: int, begin: list[int], minutes: Sequence[int], way: Sequence[int]) -> list[int]:
    """Time the stops anew from a later departure; `begin` is changed in place."""
    arrive, clock = [], leave
    for step in range(len(begin)):
        clock += way[step]
        arrive.append(clock)
        begin[step] = clock = max(clock, begin[step])
        clock += minutes[step]
    return arrive


def _misses_lunch(facts: Facts, worker: int, stops: Sequence[int], leave: int, back: int) -> bool:
    rest, opens, closes = facts.lunch[worker]
    if not rest or any(stop < 0 for stop in stops):
        return False
    return bool(back > closes and leave < opens + rest)
