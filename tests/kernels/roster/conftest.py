"""Builders of roster problems for the tests: random small ones and hand-made ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from linkage.kernels.roster.problem import NO_LIMIT, Pairs, Requests, RosterProblem, Seats, Shifts, Volunteers, Windows


def random_problem(seed: int, *, people: int = 5, shifts: int = 6, days: int = 4, **overrides: Any) -> RosterProblem:
    """Draw a problem in which every rule binds now and then."""
    rng = np.random.default_rng(seed)
    start = rng.integers(0, days, shifts) * 1440 + rng.integers(16, 40, shifts) * 30
    minutes = rng.choice([60, 90, 120, 180, 600], shifts, p=[0.3, 0.2, 0.3, 0.15, 0.05])
    seat_shift = np.sort(np.concatenate((np.arange(shifts), rng.integers(0, shifts, shifts // 3)))) if shifts else []
    n_seats = len(seat_shift)
    target = rng.integers(0, 3, n_seats) + (rng.random(n_seats) < 0.8)
    windows = [(v, d * 1440 + a, d * 1440 + a + w) for v in range(people) for d in range(days)
               for a, w in [(int(rng.integers(7, 14)) * 60, int(rng.integers(4, 14)) * 60)] if rng.random() < 0.85]  # fmt: skip
    columns = np.asarray(windows, dtype=np.int64).reshape(-1, 3)
    pairs = rng.permutation(people * shifts)[: rng.integers(0, 6)] if people * shifts else np.zeros(0, dtype=np.int64)
    wishes = rng.permutation(people * shifts)[: rng.integers(0, 8)] if people * shifts else np.zeros(0, dtype=np.int64)
    places = rng.integers(0, 60, (3, 3))
    facts: dict[str, Any] = {
        "horizon_days": days,
        "volunteers": Volunteers.of(
            people,
            skills=rng.random((people, 2)) < 0.5,
            leads=rng.random(people) < 0.3,
            max_minutes=rng.choice([180, 300, 480, NO_LIMIT], people),
            max_minutes_week=rng.choice([120, 240, NO_LIMIT], people),
            max_minutes_day=rng.choice([120, 240, NO_LIMIT], people),
            pledge_minutes=rng.choice([0, 60, 180], people),
            rest_minutes=rng.choice([0, 0, 660, 900], people),
        ),
        "windows": Windows.of(columns[:, 0], columns[:, 1], columns[:, 2]),
        "shifts": Shifts.of(
            start,
            start + minutes,
            priority=rng.choice([1, 2, 4], shifts),
            leads=rng.random(shifts) < 0.4,
            place=rng.integers(-1, 3, shifts),
        ),
        "seats": Seats.of(
            seat_shift,
            skill=rng.integers(-1, 2, n_seats),
            minimum=np.minimum(target, rng.integers(0, 3, n_seats)),
            target=target,
        ),
        "previous": Pairs.of(pairs // max(1, shifts), pairs % max(1, shifts)),
        "requests": Requests.of(
            wishes // max(1, shifts),
            wishes % max(1, shifts),
            want=rng.random(len(wishes)) < 0.5,
            weight=rng.integers(1, 4, len(wishes)),
        ),
        "week_of_day": np.arange(days) // 2,
        "period_of_day": np.arange(days) // 3,
        "travel_minutes": places - np.diag(np.diag(places)),
        "buffer_minutes": int(rng.choice([0, 30])),
    }
    return RosterProblem(**(facts | overrides))


def a_problem(**overrides: Any) -> RosterProblem:
    """Make two people and two morning shifts of two hours on days 0 and 1, one place each, everything allowed."""
    facts: dict[str, Any] = {
        "horizon_days": 7,
        "volunteers": Volunteers.of(2),
        "windows": Windows.always(2, 7),
        "shifts": Shifts.of([540, 1980], [660, 2100]),
        "seats": Seats.of([0, 1]),
    }
    return RosterProblem(**(facts | overrides))


@pytest.fixture(scope="session")
def a_random_roster() -> Callable[..., RosterProblem]:
    """Give the builder of random problems."""
    return random_problem


@pytest.fixture(scope="session")
def a_roster() -> Callable[..., RosterProblem]:
    """Give the builder of a tiny valid problem."""
    return a_problem
