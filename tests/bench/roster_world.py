"""Draws volunteers and shifts of one month as community volunteering looks, one seed for one world.

Segments with habits of the week, blacked-out days, six skills with certificates, leads, pledges and monthly hours;
eight kinds of shifts, more at weekends, with crews, skills, leads and priorities. Every section draws from its own
stream, so that a new section shifts no other. All figures are made up.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from linkage.kernels.roster.problem import Pairs, Requests, RosterProblem, Seats, Shifts, Volunteers, Windows
from linkage.terms import RosterObjective

DAYS = 28
SEGMENTS = (0.42, 0.25, 0.20, 0.13)  # retired, working, student, homemaker
# Chance to be free in the morning, afternoon, evening: on weekdays, then at weekends.
FREE = np.asarray(
    [
        [[0.55, 0.50, 0.15], [0.45, 0.40, 0.10]],
        [[0.05, 0.05, 0.35], [0.55, 0.55, 0.25]],
        [[0.10, 0.15, 0.35], [0.65, 0.60, 0.35]],
        [[0.50, 0.30, 0.10], [0.25, 0.25, 0.15]],
    ]
)
PARTS = np.asarray([[480, 750], [750, 1050], [1050, 1320]])
KINDS = (0.22, 0.12, 0.20, 0.10, 0.08, 0.10, 0.10, 0.08)  # meal visit environment class event phone health tour
CREW = np.asarray([3, 2, 6, 2, 10, 3, 4, 2])
SKILL_SHARE = np.asarray([0.1, 0.5, 0.0, 0.8, 0.2, 0.3, 0.9, 0.6])
MINUTES = (60, 90, 120, 150, 180, 240)
MINUTES_SHARE = (0.1, 0.2, 0.35, 0.15, 0.12, 0.08)
SKILLS = 6

WEIGHTED = (
    (
        RosterObjective.UNCOVERED,
        RosterObjective.LEAD_MISSING,
        RosterObjective.PLEDGE_SHORTFALL,
        RosterObjective.PREFERENCE,
        RosterObjective.UNFAIRNESS,
    ),
)
WEIGHTS = {
    RosterObjective.UNCOVERED: 1000,
    RosterObjective.LEAD_MISSING: 600,
    RosterObjective.PLEDGE_SHORTFALL: 2,
    RosterObjective.PREFERENCE: 1,
    RosterObjective.UNFAIRNESS: 1,
}
"""The weighted sum: a seat 1000 x priority, a lead 600 x priority, 2 for each minute a pledge falls short."""


def _stream(seed: int, section: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([seed, section]))


def _windows(rng: np.random.Generator, people: int) -> Windows:
    segment = rng.choice(4, people, p=SEGMENTS)
    weekend = (np.arange(DAYS) % 7 >= 5).astype(np.int64)
    chance = FREE[segment][:, weekend]
    free = rng.random((people, DAYS, 3)) < chance
    free &= (rng.random((people, DAYS)) >= 0.12)[:, :, None]
    volunteer, day, part = np.nonzero(free)
    return Windows.of(volunteer, day * 1440 + PARTS[part, 0], day * 1440 + PARTS[part, 1])


def _shifts(rng: np.random.Generator, count: int, demanded: float) -> tuple[Shifts, Seats]:
    """Draw shifts whose crews are scaled until they ask for so many minutes in all."""
    weekday = np.arange(DAYS) % 7
    weight = np.where(weekday == 5, 2.0, np.where(weekday == 6, 1.8, 1.0))
    kind = rng.choice(8, count, p=KINDS)
    minutes = rng.choice(MINUTES, count, p=MINUTES_SHARE)
    day = rng.choice(DAYS, count, p=weight / weight.sum())
    start = day * 1440 + np.minimum(rng.integers(17, 41, count) * 30, 1290 - minutes)
    crew = 1 + rng.poisson(CREW[kind] - 1)
    crew = np.maximum(1, np.floor(crew * demanded / (crew * minutes).sum() + rng.random(count))).astype(np.int64)
    skilled = (rng.random(count) < SKILL_SHARE[kind]).astype(np.int64)
    skill = rng.integers(0, SKILLS, count)
    shift = np.concatenate((np.flatnonzero(skilled), np.flatnonzero(crew > skilled)))
    own = np.count_nonzero(skilled)
    target = np.concatenate((np.ones(own, dtype=np.int64), (crew - skilled)[crew > skilled]))
    shifts = Shifts.of(
        start, start + minutes, priority=rng.choice([1, 2, 4], count, p=[0.6, 0.3, 0.1]), leads=crew >= 3
    )
    seats = Seats.of(
        shift,
        skill=np.where(np.arange(shift.size) < own, skill[shift], -1),
        minimum=target,
        target=target,
    )
    return shifts, seats


def roster_world(people: int, shifts: int, *, load: float, seed: int = 1, **overrides: Any) -> RosterProblem:
    """Draw a month whose demanded minutes are load x 0.6 x the minutes that people allow."""
    allowed = np.clip(_stream(seed, 2).lognormal(np.log(480), 0.6, people), 180, 2400)
    table, seats = _shifts(_stream(seed, 1), shifts, load * 0.6 * float(allowed.sum()))
    certificates = _stream(seed, 3)
    skills = certificates.random((people, SKILLS)) < 0.14
    ends = np.where(certificates.random((people, SKILLS)) < 0.05, certificates.integers(1, DAYS, (people, SKILLS)), 60)
    pledge = _stream(seed, 4)
    facts: dict[str, Any] = {
        "horizon_days": DAYS,
        "volunteers": Volunteers.of(
            people,
            skills=skills,
            skill_until=ends * 1440,
            leads=pledge.random(people) < 0.18,
            max_minutes=np.maximum(180, allowed // 30 * 30).astype(np.int64),
            max_minutes_week=np.maximum(180, 0.45 * allowed // 30 * 30).astype(np.int64),
            max_minutes_day=np.full(people, 480),
            pledge_minutes=np.where(pledge.random(people) < 0.46, 180, 0),
        ),
        "windows": _windows(_stream(seed, 5), people),
        "shifts": table,
        "seats": seats,
        "buffer_minutes": 30,
        "minimum_factor": 1,
    }
    return RosterProblem(**(facts | overrides))


def with_wishes(problem: RosterProblem, *, share: float = 1.0, most: int = 100, seed: int = 1) -> RosterProblem:
    """Let every volunteer like a share of the shifts that start in a window of his, each by 1 .. `most`."""
    from linkage.kernels.roster.scale.facts import PERSON, SHIFT
    from linkage.kernels.roster.scale.reading import work_out

    facts = work_out(problem)
    rng = _stream(seed, 6)
    liked = rng.random(facts.pairs.shape[0]) < share
    weight = rng.integers(1, most + 1, facts.pairs.shape[0])[liked]
    requests = Requests.of(
        facts.pairs[liked, PERSON].astype(np.int64), facts.pairs[liked, SHIFT].astype(np.int64), weight=weight
    )
    return replace(problem, requests=requests)


def weighted(problem: RosterProblem) -> RosterProblem:
    """Ask for the weighted sum instead of the order of levels."""
    return replace(problem, objectives=WEIGHTED, weights=WEIGHTS)


def after_dropping(problem: RosterProblem, plan: Pairs, *, share: float = 0.05, seed: int = 1) -> RosterProblem:
    """Let a share of those who serve drop out; the plan is the previous one."""
    active = np.unique(plan.volunteer)
    gone = np.sort(_stream(seed, 7).permutation(active)[: int(share * active.size)])
    stays = ~np.isin(problem.windows.volunteer, gone)
    windows = problem.windows
    return replace(
        problem,
        windows=Windows.of(windows.volunteer[stays], windows.start[stays], windows.end[stays]),
        previous=plan,
        released=gone,
    )
