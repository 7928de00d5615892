"""Builders of roster problems for the tests: random small ones and hand-made ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
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
from linkage.terms import RosterObjective


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


def _certificates(rng: np.random.Generator, problem: RosterProblem) -> dict[str, Any]:
    until = rng.choice([1500, 3000, NO_LIMIT], problem.volunteers.skills.shape)
    return {"volunteers": replace(problem.volunteers, skill_until=until)}


def _strain(rng: np.random.Generator, problem: RosterProblem) -> dict[str, Any]:
    people = replace(problem.volunteers, strain_cap_week=rng.choice([2, 3, 5], problem.volunteer_count))
    return {"volunteers": people, "shifts": replace(problem.shifts, strain=rng.integers(0, 4, problem.shift_count))}


def _newcomers(rng: np.random.Generator, problem: RosterProblem) -> dict[str, Any]:
    draw = rng.random(problem.volunteer_count)
    return {"volunteers": replace(problem.volunteers, newcomer=draw < 0.5, experienced=draw > 0.65)}


def _teams(rng: np.random.Generator, problem: RosterProblem) -> dict[str, Any]:
    size = int(rng.integers(2, problem.volunteer_count + 1))
    return {"teams": (tuple(rng.permutation(problem.volunteer_count)[:size].tolist()),)}


def _groups(rng: np.random.Generator, problem: RosterProblem) -> dict[str, Any]:
    group = rng.integers(-1, 2, problem.volunteer_count)
    return {
        "volunteers": replace(problem.volunteers, group=group),
        "together_weight": int(rng.integers(1, 4)),
        "objectives": ((RosterObjective.UNCOVERED,), (RosterObjective.PREFERENCE, RosterObjective.UNFAIRNESS)),
    }


def _over(rng: np.random.Generator, problem: RosterProblem) -> dict[str, Any]:
    seats = problem.seats
    over = rng.integers(0, 3, problem.seat_count)
    maximum = np.where(rng.random(problem.seat_count) < 0.3, NO_LIMIT, seats.target + rng.integers(0, 2, over.size))
    orders = (
        ((RosterObjective.PLEDGE_SHORTFALL,), (RosterObjective.UNCOVERED,)),
        ((RosterObjective.UNCOVERED, RosterObjective.PREFERENCE, RosterObjective.PLEDGE_SHORTFALL),),
    )
    return {
        "seats": replace(seats, over_weight=over, maximum=maximum),
        "objectives": orders[int(rng.integers(0, 2))],
    }


def _successions(rng: np.random.Generator, problem: RosterProblem) -> dict[str, Any]:
    return {
        "shifts": replace(problem.shifts, kind=rng.integers(-1, 2, problem.shift_count)),
        "forbidden_successions": rng.integers(0, 2, (2, 2)),
    }


def _patterns(rng: np.random.Generator, problem: RosterProblem) -> dict[str, Any]:
    count = int(rng.integers(1, problem.volunteer_count + 1))
    days_off = np.column_stack((rng.integers(0, problem.volunteer_count, 2), rng.integers(0, problem.horizon_days, 2)))
    patterns = Patterns.of(
        rng.permutation(problem.volunteer_count)[:count],
        min_minutes=rng.choice([0, 0, 60, 120], count),
        max_consecutive_days=rng.choice([1, 2, NO_LIMIT], count),
        min_consecutive_days=rng.integers(1, 3, count),
        min_consecutive_days_off=rng.integers(1, 4, count),
        max_weekends=rng.choice([0, 1, NO_LIMIT], count),
        max_shifts_by_kind=rng.choice([0, 1, 2, NO_LIMIT], (count, 2)),
        days_off=days_off[: rng.integers(0, 3)],
    )
    return {
        "patterns": patterns,
        "first_weekday": int(rng.integers(0, 7)),
        **_successions(rng, problem),
        **_over(rng, problem),
    }


RULES: dict[str, Callable[[np.random.Generator, RosterProblem], dict[str, Any]]] = {
    "certificates": _certificates,
    "strain": _strain,
    "newcomers": _newcomers,
    "teams": _teams,
    "groups": _groups,
    "over target": _over,
    "successions": _successions,
    "patterns": _patterns,
}


def ruled_problem(rule: str, seed: int, **size: int) -> RosterProblem:
    """Draw a small problem in which one of the rules is given."""
    problem = random_problem(seed, **({"people": 3, "shifts": 4, "days": 4} | size))
    free = replace(problem.volunteers, rest_minutes=np.zeros_like(problem.volunteers.rest_minutes))
    rested = replace(problem, volunteers=free)
    return replace(rested, **RULES[rule](np.random.default_rng(seed), rested))


@pytest.fixture(scope="session")
def a_random_roster() -> Callable[..., RosterProblem]:
    """Give the builder of random problems."""
    return random_problem


@pytest.fixture(scope="session")
def a_roster() -> Callable[..., RosterProblem]:
    """Give the builder of a tiny valid problem."""
    return a_problem


@pytest.fixture(scope="session")
def a_ruled_roster() -> Callable[..., RosterProblem]:
    """Give the builder of random problems in which one rule is given: its name, a seed, sizes."""
    return ruled_problem
