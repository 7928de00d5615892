"""The rounds problem as typed arrays: visits, workers and the minutes between places.

Times are minutes of the day. A problem that was built is valid: every mistake is told at once in `InvalidProblem`.
Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from linkage.errors import InvalidProblem

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

ANY: Final = -1
"""A visit that asks for no skill."""
NO_LIMIT: Final = 2**31 - 1
MINUTES_PER_DAY: Final = 1440
DAYS_PER_WEEK: Final = 7

MAX_DAYS: Final = 62
MAX_PEOPLE: Final = 2
MAX_PRIORITY: Final = 1000
MAX_TRAVEL: Final = 10**6


def _column(values: ArrayLike | None, count: int, default: int) -> Integers:
    return np.full(count, default, dtype=np.int64) if values is None else np.asarray(values, dtype=np.int64)


@dataclass(frozen=True, kw_only=True, eq=False)
class Visits:
    """Households to be visited, one row each; build with `of`.

    Parameters
    ----------
    place
        (n_visits,) int64 row of the travel table.
    minutes
        (n_visits,) int64 minutes on the spot, >= 0.
    start, end
        (n_visits,) int64 minutes of the day between which the visit begins, on every day.
    people
        (n_visits,) int64 who come together and begin together, 1 or 2; each of them holds the skill.
    skill
        (n_visits,) int64 skill asked for, or `ANY`.
    boxes
        (n_visits,) int64 units each who comes must carry from the depot.
    priority
        (n_visits,) int64 >= 1, what one missed visit weighs.
    per_week
        (n_visits,) int64 visits in every week of the horizon (days 0-6, 7-13, ..; the last may be shorter, and has no
        more than its days allow); 0 for one visit in the whole horizon.
    gap_days
        (n_visits,) int64 >= 1, least days from one visit to the next: 2 leaves a day between.
    days
        (n_visits, horizon_days) bool, days on which a visit may be.
    """

    place: Integers
    minutes: Integers
    start: Integers
    end: Integers
    people: Integers
    skill: Integers
    boxes: Integers
    priority: Integers
    per_week: Integers
    gap_days: Integers
    days: Flags

    @classmethod
    def of(
        cls,
        place: ArrayLike,
        minutes: ArrayLike,
        *,
        horizon_days: int = 1,
        start: ArrayLike | None = None,
        end: ArrayLike | None = None,
        people: ArrayLike | None = None,
        skill: ArrayLike | None = None,
        boxes: ArrayLike | None = None,
        priority: ArrayLike | None = None,
        per_week: ArrayLike | None = None,
        gap_days: ArrayLike | None = None,
        days: ArrayLike | None = None,
    ) -> Self:
        """Fill what is not given: any time of any day, one person, no skill, nothing to carry, once."""
        places = np.asarray(place, dtype=np.int64)
        count = places.size
        return cls(
            place=places,
            minutes=np.asarray(minutes, dtype=np.int64),
            start=_column(start, count, 0),
            end=_column(end, count, MINUTES_PER_DAY),
            people=_column(people, count, 1),
            skill=_column(skill, count, ANY),
            boxes=_column(boxes, count, 0),
            priority=_column(priority, count, 1),
            per_week=_column(per_week, count, 0),
            gap_days=_column(gap_days, count, 1),
            days=np.ones((count, horizon_days), dtype=np.bool_) if days is None else np.asarray(days, dtype=np.bool_),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Workers:
    """Who goes on rounds, one row each; build with `of`. Everybody returns to the depot they left.

    Parameters
    ----------
    place
        (n_workers,) int64 row of the travel table where the depot is.
    start, end
        (n_workers,) int64 minutes of the day between which the worker is out, on every working day.
    skills
        (n_workers, n_skills) bool.
    boxes
        (n_workers,) int64 units that can be carried on a round; `NO_LIMIT` for any.
    max_minutes
        (n_workers,) int64 minutes from leaving the depot to being back, at most.
    lunch_minutes, lunch_start, lunch_end
        (n_workers,) int64 a break of so many minutes that begins between the two; 0 minutes for none. It is taken
        where the worker is, or at the depot; who is out too shortly to miss it needs none on the way.
    days
        (n_workers, horizon_days) bool, days on which the worker works.
    """

    place: Integers
    start: Integers
    end: Integers
    skills: Flags
    boxes: Integers
    max_minutes: Integers
    lunch_minutes: Integers
    lunch_start: Integers
    lunch_end: Integers
    days: Flags

    @classmethod
    def of(
        cls,
        place: ArrayLike,
        *,
        horizon_days: int = 1,
        start: ArrayLike | None = None,
        end: ArrayLike | None = None,
        skills: ArrayLike | None = None,
        boxes: ArrayLike | None = None,
        max_minutes: ArrayLike | None = None,
        lunch_minutes: ArrayLike | None = None,
        lunch_start: ArrayLike | None = None,
        lunch_end: ArrayLike | None = None,
        days: ArrayLike | None = None,
    ) -> Self:
        """Fill what is not given: the whole day, no skills, no limits, no break."""
        places = np.asarray(place, dtype=np.int64)
        count = places.size
        return cls(
            place=places,
            start=_column(start, count, 0),
            end=_column(end, count, MINUTES_PER_DAY),
            skills=np.zeros((count, 0), dtype=np.bool_) if skills is None else np.asarray(skills, dtype=np.bool_),
            boxes=_column(boxes, count, NO_LIMIT),
            max_minutes=_column(max_minutes, count, NO_LIMIT),
            lunch_minutes=_column(lunch_minutes, count, 0),
            lunch_start=_column(lunch_start, count, 0),
            lunch_end=_column(lunch_end, count, MINUTES_PER_DAY),
            days=np.ones((count, horizon_days), dtype=np.bool_) if days is None else np.asarray(days, dtype=np.bool_),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class RoundsProblem:
    """One horizon of visits. Construction raises `InvalidProblem` with every mistake.

    Parameters
    ----------
    travel_minutes
        (n_places, n_places) int64 from place to place, 0 on the diagonal.
    """

    horizon_days: int
    visits: Visits
    workers: Workers
    travel_minutes: Integers

    def __post_init__(self) -> None:
        mistakes = list(_mistakes(self))
        if mistakes:
            raise InvalidProblem(
                f"the rounds problem has {len(mistakes)} mistake(s); correct them and try again", mistakes
            )

    @property
    def visit_count(self) -> int:
        """Number of households, however often each is visited."""
        return int(self.visits.place.size)

    @property
    def worker_count(self) -> int:
        """Number of workers."""
        return int(self.workers.place.size)

    def times(self) -> Integers:
        """Return (n_visits,) int64: how often each is to be visited in the horizon."""
        weeks = [
            self.visits.days[:, first : first + DAYS_PER_WEEK].sum(axis=1)
            for first in range(0, self.horizon_days, DAYS_PER_WEEK)
        ]
        least = np.zeros(self.visit_count, dtype=np.int64)
        for number, allowed in enumerate(weeks):
            is_short = (number + 1) * DAYS_PER_WEEK > self.horizon_days
            least += np.minimum(self.visits.per_week, allowed) if is_short else self.visits.per_week
        return np.where(self.visits.per_week > 0, least, 1)

    def able(self, visit: int) -> Integers:
        """Return the workers who hold a visit's skill."""
        skill = int(self.visits.skill[visit])
        return np.arange(self.worker_count) if skill == ANY else np.flatnonzero(self.workers.skills[:, skill])


def _mistakes(problem: RoundsProblem) -> Iterator[str]:
    visits, workers, days = problem.visits, problem.workers, problem.horizon_days
    travel = problem.travel_minutes
    places = travel.shape[0] if travel.ndim == 2 else 0
    if not 1 <= days <= MAX_DAYS:
        yield f"horizon_days is {days}, expected 1..{MAX_DAYS}"
    if travel.ndim != 2 or travel.shape != (places, places):
        yield f"travel_minutes has shape {travel.shape}, expected (n_places, n_places)"
    elif travel.size and (travel.min() < 0 or travel.max() > MAX_TRAVEL or np.diagonal(travel).any()):
        yield f"travel_minutes must lie in 0..{MAX_TRAVEL} and be 0 on the diagonal"
    skills = workers.skills.shape[1] if workers.skills.ndim == 2 else 0
    ranges: dict[str, tuple[Integers, int, int, int]] = {
        "visits.place": (visits.place, visits.place.size, 0, places - 1),
        "visits.minutes": (visits.minutes, visits.place.size, 0, MINUTES_PER_DAY),
        "visits.start": (visits.start, visits.place.size, 0, MINUTES_PER_DAY),
        "visits.end": (visits.end, visits.place.size, 0, MINUTES_PER_DAY),
        "visits.people": (visits.people, visits.place.size, 1, MAX_PEOPLE),
        "visits.skill": (visits.skill, visits.place.size, ANY, skills - 1),
        "visits.boxes": (visits.boxes, visits.place.size, 0, 10**6),
        "visits.priority": (visits.priority, visits.place.size, 1, MAX_PRIORITY),
        "visits.per_week": (visits.per_week, visits.place.size, 0, DAYS_PER_WEEK),
        "visits.gap_days": (visits.gap_days, visits.place.size, 1, MAX_DAYS),
        "workers.place": (workers.place, workers.place.size, 0, places - 1),
        "workers.start": (workers.start, workers.place.size, 0, MINUTES_PER_DAY),
        "workers.end": (workers.end, workers.place.size, 0, MINUTES_PER_DAY),
        "workers.boxes": (workers.boxes, workers.place.size, 0, NO_LIMIT),
        "workers.max_minutes": (workers.max_minutes, workers.place.size, 0, NO_LIMIT),
        "workers.lunch_minutes": (workers.lunch_minutes, workers.place.size, 0, MINUTES_PER_DAY),
        "workers.lunch_start": (workers.lunch_start, workers.place.size, 0, MINUTES_PER_DAY),
        "workers.lunch_end": (workers.lunch_end, workers.place.size, 0, MINUTES_PER_DAY),
    }
    for name, (column, count, low, high) in ranges.items():
        if column.shape != (count,):
            yield f"{name} has shape {column.shape}, expected ({count},)"
        else:
            bad = np.flatnonzero((column < low) | (column > high))
            yield from (f"{name}[{row}] is outside {low}..{high}" for row in bad[:5].tolist())
    for name, table, shape in (
        ("visits.days", visits.days, (visits.place.size, days)),
        ("workers.days", workers.days, (workers.place.size, days)),
        ("workers.skills", workers.skills, (workers.place.size, skills)),
    ):
        if table.shape != shape:
            yield f"{name} has shape {table.shape}, expected {shape}"
    for name, first, last in (
        ("visits", visits.start, visits.end),
        ("workers", workers.start, workers.end),
        ("workers.lunch", workers.lunch_start, workers.lunch_end),
    ):
        if first.shape == last.shape:
            yield from (f"{name}[{row}] ends before it starts" for row in np.flatnonzero(last < first)[:5].tolist())
