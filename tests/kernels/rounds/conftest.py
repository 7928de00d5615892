"""Builders of rounds problems for the tests: random small ones and hand-made ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from linkage.kernels.rounds.problem import RoundsProblem, Visits, Workers


def line(
    places: list[int], *, visits: dict[str, Any] | None = None, workers: dict[str, Any] | None = None, days: int = 1
) -> RoundsProblem:
    """Households along a road, in minutes from the depot at 0; each takes 10 minutes unless told otherwise."""
    at = np.asarray([0, *places])
    count = len(places)
    told = {"minutes": np.full(count, 10)} | (visits or {})
    staff = {"place": [0]} | (workers or {})
    return RoundsProblem(
        horizon_days=days,
        travel_minutes=np.abs(at[:, None] - at[None, :]),
        visits=Visits.of(np.arange(1, count + 1), told.pop("minutes"), horizon_days=days, **told),
        workers=Workers.of(staff.pop("place"), horizon_days=days, **staff),
    )


def random_problem(seed: int, *, visits: int = 5, workers: int = 2, days: int = 1, **kinds: bool) -> RoundsProblem:
    """Draw a problem in which every rule binds now and then.

    Parameters
    ----------
    kinds
        `together`, `lunch`, `repeats`: with visits by two, lunches, visits several times a week.
    """
    rng = np.random.default_rng(seed)
    xy = rng.integers(0, 60, (visits + 2, 2))
    travel = np.ceil(np.hypot(xy[:, None, 0] - xy[None, :, 0], xy[:, None, 1] - xy[None, :, 1])).astype(np.int64)
    start = rng.choice([480, 540, 600, 660], visits)
    lunch = 30 if kinds.get("lunch") else 0
    return RoundsProblem(
        horizon_days=days,
        travel_minutes=travel,
        visits=Visits.of(
            np.arange(2, visits + 2),
            rng.integers(10, 70, visits),
            horizon_days=days,
            start=start,
            end=start + rng.choice([20, 60, 180], visits),
            people=np.where(rng.random(visits) < 0.3, 2, 1) if kinds.get("together") else None,
            skill=np.where(rng.random(visits) < 0.3, rng.integers(0, 2, visits), -1),
            boxes=rng.integers(0, 3, visits),
            priority=rng.choice([1, 2, 4], visits),
            per_week=rng.choice([0, 0, 2, 3], visits) if kinds.get("repeats") else None,
            gap_days=rng.choice([1, 2], visits),
            days=rng.random((visits, days)) < 0.8,
        ),
        workers=Workers.of(
            np.arange(workers) % 2,
            horizon_days=days,
            start=rng.choice([480, 540], workers),
            end=rng.choice([720, 840], workers),
            skills=rng.random((workers, 2)) < 0.6,
            boxes=rng.choice([4, 20], workers),
            max_minutes=rng.choice([200, 1000], workers),
            lunch_minutes=np.full(workers, lunch),
            lunch_start=np.full(workers, 660),
            lunch_end=np.full(workers, 720),
            days=rng.random((workers, days)) < 0.9,
        ),
    )
