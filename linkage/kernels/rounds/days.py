"""Spreads visits over the days of a horizon before they are routed: how often, how far apart, on whose working days.

Each visit gets the days that make it as often as asked, then load the days evenly and keep neighbours on the same day.
A heuristic: later steps move visits between days where that saves travel.
"""

from __future__ import annotations

from linkage.kernels.rounds.problem import DAYS_PER_WEEK
from linkage.kernels.rounds.timeline import Facts

_LOAD_WORTH = 100
"""Minutes of travel that a day filled twice over may cost more than an empty one."""


def spread(facts: Facts) -> list[list[int]]:
    """Return the days of each visit, those hardest to place first in line."""
    horizon = facts.problem.horizon_days
    able = [[_is_possible(facts, visit, day) for day in range(horizon)] for visit in range(len(facts.place))]
    capacity = [_capacity(facts, day) for day in range(horizon)]
    load = [0] * horizon
    held: list[list[int]] = [[] for _ in range(horizon)]
    days: list[list[int]] = [[] for _ in facts.place]
    order = sorted(range(len(facts.place)), key=lambda v: (sum(able[v]) - facts.times[v], -facts.minutes[v], v))
    for visit in order:
        work = facts.minutes[visit] * facts.people[visit]
        cost = [
            _LOAD_WORTH * work * (2 * load[day] + work) // max(1, capacity[day] ** 2)
            + _nearest(facts, visit, held[day])
            for day in range(horizon)
        ]
        days[visit] = choose(
            [day for day in range(horizon) if able[visit][day]],
            cost,
            times=facts.times[visit],
            per_week=int(facts.problem.visits.per_week[visit]),
            gap=facts.gap[visit],
        )
        for day in days[visit]:
            load[day] += work
            held[day].append(visit)
    return days


def choose(allowed: list[int], cost: list[int], *, times: int, per_week: int, gap: int) -> list[int]:
    """Choose days at least `gap` apart: as many as asked if that can be, and then the cheapest.

    Exact: for each (last day, count, count in its week) only the cheapest choice is kept.
    """
    best: dict[tuple[int, int, int], tuple[int, tuple[int, ...]]] = {}
    for day in allowed:
        entered: dict[tuple[int, int, int], tuple[int, tuple[int, ...]]] = {}
        starts = [((-gap, 0, 0), (0, ()))] if times else []
        for (last, count, in_week), (paid, chosen) in [*starts, *best.items()]:
            same = in_week if count and last // DAYS_PER_WEEK == day // DAYS_PER_WEEK else 0
            if day - last < gap or count >= times or (per_week and same >= per_week):
                continue
            key, found = (day, count + 1, same + 1), (paid + cost[day], (*chosen, day))
            if key not in entered or found < entered[key]:
                entered[key] = found
        best |= entered
    if not best:
        return []
    most = max(count for _, count, _ in best)
    return list(min(found for (_, count, _), found in best.items() if count == most)[1])


def _is_possible(facts: Facts, visit: int, day: int) -> bool:
    """Whether enough people who may make the visit work on the day."""
    return sum(facts.can_come(visit, worker, day) for worker in range(len(facts.depot))) >= facts.people[visit]


def _capacity(facts: Facts, day: int) -> int:
    """Minutes all workers of a day are out."""
    return sum(
        max(0, min(limits.end - limits.start, limits.max_minutes) - facts.lunch[worker][0])
        for worker, limits in enumerate(facts.limits)
        if facts.works[worker][day]
    )


def _nearest(facts: Facts, visit: int, others: list[int]) -> int:
    """Minutes to the nearest other visit of a day, or to the nearest depot."""
    own = facts.travel[facts.place[visit]]
    places = [facts.place[other] for other in others] + facts.depot
    return min((own[place] for place in places), default=0)
