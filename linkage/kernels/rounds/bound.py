"""What no plan of rounds can be below: valid lower bounds of both objectives, by counting and by an assignment.

Unserved: visits that nobody could make even alone, and the minutes that do not fit into all working hours. Travel:
every stop has one way in and one way out, whichever rounds they make (the assignment relaxation of routing); ways no
worker could go in time are left out. Bounds are whole numbers of exact sums.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from linkage.kernels.rounds.plan import Plan
from linkage.kernels.rounds.problem import ANY
from linkage.kernels.rounds.timeline import Facts

MOST_STOPS = 1200
"""Beyond so many stops and rounds the assignment would take too long; the bound is then 0."""

_NEVER = 10**9
_PRICES = (1, 2, 4, 8, 16, 32, 64)


def makeable(plan_empty: Plan) -> list[list[int]]:
    """Return for each visit the days on which it could be made if nothing else were."""
    facts = plan_empty.facts
    return [
        [
            day
            for day in range(facts.problem.horizon_days)
            if facts.allowed[visit][day] and plan_empty.insertion(visit, day) is not None
        ]
        for visit in range(len(facts.place))
    ]


def unserved_bound(facts: Facts, most_times: Sequence[int]) -> int:
    """Bound the weight of visits not made.

    Parameters
    ----------
    most_times
        For each visit how often it could be made if nothing else were.
    """
    lost = [times - most for times, most in zip(facts.times, most_times, strict=True)]
    sure = sum(weight * count for weight, count in zip(facts.priority, lost, strict=True))
    skills: list[int] = sorted({int(skill) for skill in facts.problem.visits.skill.tolist()})
    return sure + max((_overflow(facts, most_times, skill) for skill in skills), default=0)


def _overflow(facts: Facts, most_times: Sequence[int], skill: int) -> int:
    """Bound the weight that does not fit into the hours of those who hold a skill (`ANY`: of everybody)."""
    asked = facts.problem.visits.skill.tolist()
    own = [visit for visit in range(len(facts.place)) if skill in (ANY, asked[visit])]
    holders = [
        worker for worker in range(len(facts.depot)) if skill == ANY or facts.problem.workers.skills[worker, skill]
    ]
    room = sum(
        sum(facts.works[worker])
        * min(facts.limits[worker].end - facts.limits[worker].start, facts.limits[worker].max_minutes)
        for worker in holders
    )
    work = {visit: facts.minutes[visit] * facts.people[visit] for visit in own}
    excess = sum(work[visit] * most_times[visit] for visit in own) - room
    weight = 0
    # The lightest visits per minute are dropped first; the last of them counts in part, rounded up.
    for visit in sorted((visit for visit in own if work[visit]), key=lambda v: (facts.priority[v] / work[v], v)):
        if excess <= 0:
            break
        minutes = work[visit] * most_times[visit]
        weight += -(-facts.priority[visit] * min(minutes, excess) // work[visit])
        excess -= minutes
    return weight


def travel_bound(facts: Facts, most_times: Sequence[int], days: Sequence[Sequence[int]], slack: int) -> int:
    """Bound the travel of every plan that leaves at most `slack` more weight unserved than is lost for sure.

    Parameters
    ----------
    days
        For each visit the days on which it could be made.
    """
    stops = [visit for visit, most in enumerate(most_times) for _ in range(most * facts.people[visit])]
    rounds = [(worker, day) for worker in range(len(facts.depot)) for day in range(facts.problem.horizon_days)]
    rounds = [(worker, day) for worker, day in rounds if facts.works[worker][day]]
    if not stops or len(stops) + len(rounds) > MOST_STOPS:
        return 0
    cost = _ways(facts, stops, rounds, days)
    if not slack:
        return _least(cost)
    # A stop may be left out at a price; by duality any price gives a bound once the slack is paid back.
    best = 0
    diagonal = np.arange(len(stops))
    weights = np.asarray([facts.priority[visit] for visit in stops]) / np.asarray([facts.people[v] for v in stops])
    for price in _PRICES:
        optional = cost.astype(np.float64)
        optional[diagonal, diagonal] = price * weights
        rows, columns = linear_sum_assignment(optional)
        best = max(best, int(np.ceil(optional[rows, columns].sum() - price * slack - 1e-6)))
    return best


def _least(cost: NDArray[np.int64]) -> int:
    rows, columns = linear_sum_assignment(cost)
    total = int(cost[rows, columns].sum())
    return total if total < _NEVER else 0


def _ways(
    facts: Facts, stops: Sequence[int], rounds: Sequence[tuple[int, int]], days: Sequence[Sequence[int]]
) -> NDArray[np.int64]:
    """Cost of going from row to column: stops and departures to stops and returns."""
    n, m = len(stops), len(rounds)
    cost = np.full((n + m, n + m), _NEVER, dtype=np.int64)
    place = np.asarray([facts.place[visit] for visit in stops])
    visit = np.asarray(stops)
    travel = facts.problem.travel_minutes
    opens, closes = (np.asarray([facts.window[v][end] for v in stops]) for end in (0, 1))
    minutes = np.asarray([facts.minutes[v] for v in stops])
    between = travel[np.ix_(place, place)]
    for depot in {facts.depot[worker] for worker, _ in rounds if facts.lunch[worker][0]}:
        between = np.minimum(between, travel[place, depot][:, None] + travel[depot, place][None, :])  # by way of lunch
    on_day = np.zeros((n, facts.problem.horizon_days), dtype=np.bool_)
    for row, v in enumerate(stops):
        on_day[row, list(days[v])] = True
    able = np.asarray([facts.able[v] for v in stops], dtype=np.int64)
    may_follow = (
        ((opens + minutes)[:, None] + between <= closes[None, :])
        & (visit[:, None] != visit[None, :])
        & (on_day.astype(np.int64) @ on_day.T.astype(np.int64) > 0)
        & (able @ able.T > 0)
    )
    cost[:n, :n] = np.where(may_follow, between, _NEVER)
    for row, (worker, day) in enumerate(rounds):
        comes = np.asarray([facts.able[v][worker] and day in days[v] for v in stops])
        depot = facts.depot[worker]
        cost[n + row, :n] = np.where(comes, travel[depot, place], _NEVER)
        cost[:n, n + row] = np.where(comes, travel[place, depot], _NEVER)
        cost[n + row, n + row] = 0
    return cost
