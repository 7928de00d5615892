"""Random small duty rotas in which every rule that whole schedules know binds now and then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from linkage.kernels.roster.problem import (
    NO_LIMIT,
    Pairs,
    Patterns,
    Requests,
    RosterProblem,
    Seats,
    Shifts,
    Volunteers,
    Windows,
)
from linkage.terms import RosterObjective as Term

LEVELS = (
    ((Term.UNCOVERED, Term.PREFERENCE),),
    ((Term.UNCOVERED,), (Term.LEAD_MISSING,), (Term.PREFERENCE, Term.DISTURBANCE)),
    ((Term.UNCOVERED, Term.LEAD_MISSING), (Term.PLEDGE_SHORTFALL,)),
    ((Term.PEOPLE_USED, Term.UNCOVERED), (Term.UNFAIRNESS,)),
)


def random_rota(seed: int, *, people: int = 4, days: int = 7, **overrides: Any) -> RosterProblem:
    """Draw a rota with one to three kinds of shifts a day; a third of the people may have no pattern."""
    rng = np.random.default_rng(seed)
    kinds = int(rng.integers(1, 4))
    day, kind = np.repeat(np.arange(days), kinds), np.tile(np.arange(kinds), days)
    length = rng.choice([240, 480, 600], kinds)
    start = day * 1440 + np.asarray([420, 660, 900])[kind]
    shifts = start.size
    seat_shift = np.sort(np.concatenate((np.arange(shifts), rng.integers(0, shifts, shifts // 4))))
    seats = seat_shift.size
    target = rng.integers(0, 3, seats)
    owners = np.flatnonzero(rng.random(people) < 0.75)
    rows = owners.size
    windows = [
        (v, d * 1440 + 300, (d + 1) * 1440 + 300) for v in range(people) for d in range(days) if rng.random() < 0.9
    ]
    columns = np.asarray(windows, dtype=np.int64).reshape(-1, 3)
    wishes = rng.permutation(people * shifts)[: rng.integers(0, 12)]
    kept = rng.permutation(people * shifts)[: rng.integers(0, 5)]
    facts: dict[str, Any] = {
        "horizon_days": days,
        "first_weekday": int(rng.integers(0, 7)),
        "volunteers": Volunteers.of(
            people,
            skills=rng.random((people, 1)) < 0.6,
            leads=rng.random(people) < 0.4,
            max_minutes=rng.choice([1440, 2400, NO_LIMIT], people),
            pledge_minutes=rng.choice([0, 480, 900], people),
            rest_minutes=rng.choice([0, 660], people),
        ),
        "windows": Windows.of(columns[:, 0], columns[:, 1], columns[:, 2]),
        "shifts": Shifts.of(
            start, start + length[kind], kind=kind, priority=rng.choice([1, 3], shifts), leads=rng.random(shifts) < 0.3
        ),
        "seats": Seats.of(
            seat_shift,
            skill=rng.integers(-1, 1, seats),
            minimum=np.minimum(target, rng.integers(0, 2, seats)),
            target=target,
            under_weight=rng.integers(1, 9, seats),
            maximum=target + rng.integers(0, 3, seats),
            over_weight=rng.integers(0, 3, seats),
        ),
        "requests": Requests.of(
            wishes // shifts,
            wishes % shifts,
            want=rng.random(wishes.size) < 0.5,
            weight=rng.integers(1, 4, wishes.size),
        ),
        "previous": Pairs.of(kept // shifts, kept % shifts),
        "patterns": Patterns.of(
            owners,
            min_minutes=rng.choice([0, 480, 960], rows),
            max_consecutive_days=rng.integers(2, 6, rows),
            min_consecutive_days=rng.integers(1, 3, rows),
            min_consecutive_days_off=rng.integers(1, 3, rows),
            max_weekends=rng.choice([0, 1, NO_LIMIT], rows),
            max_shifts_by_kind=rng.choice([0, 1, 2, NO_LIMIT], (rows, kinds), p=[0.05, 0.15, 0.3, 0.5]),
            days_off=[(v, int(rng.integers(0, days))) for v in range(people) if rng.random() < 0.5],
        ),
        "forbidden_successions": [(a, b) for a in range(kinds) for b in range(a)],
        "objectives": LEVELS[int(rng.integers(0, len(LEVELS)))],
    }
    facts["forbidden_successions"] = np.asarray(facts["forbidden_successions"], dtype=np.int64).reshape(-1, 2)
    return RosterProblem(**(facts | overrides))


@pytest.fixture(scope="session")
def a_random_rota() -> Callable[..., RosterProblem]:
    """Give the builder of random rotas."""
    return random_rota
