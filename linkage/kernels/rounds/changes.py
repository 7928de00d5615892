"""The cheapest change of the facts that lets one more visit into a plan of rounds, found by applying it.

Tried are: longer hours of one worker, a wider window of the visit, more boxes, a skill for one worker, one more day or
a shorter gap for the visit, one more worker at a depot. Each is applied to the facts and the visit inserted; only what
then keeps every limit is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from linkage.kernels.rounds.days import choose
from linkage.kernels.rounds.plan import Plan, Windows
from linkage.kernels.rounds.problem import ANY, MINUTES_PER_DAY, NO_LIMIT, Integers, RoundsProblem
from linkage.kernels.rounds.timeline import Facts, Loosened, Stops, timeline
from linkage.terms import RoundsCause, RoundsChangeKind

NEW: Final = -1
"""Stands for a worker who is not in the problem yet."""

MUCH_MINUTES: Final = 120
"""Hours or windows longer by more than this are asked for only where one more worker would not help either."""


@dataclass(frozen=True, kw_only=True)
class RoundsChange:
    """One change of the facts.

    Parameters
    ----------
    worker
        Whom it concerns, `NEW` for one more, or None.
    day
        On which day the visit then is made.
    minutes
        By how much hours or window are widened.
    start, end
        The new hours or the new window.
    boxes
        Units to carry more.
    count
        Workers to add, all for the same hours.
    gap
        Least days from one visit to the next; the visit's other days may then move.
    """

    kind: RoundsChangeKind
    day: int
    worker: int | None = None
    minutes: int = 0
    start: int = 0
    end: int = 0
    boxes: int = 0
    count: int = 0
    gap: int = 0


def cheapest_change(plan: Plan, visit: int, cause: RoundsCause) -> RoundsChange | None:
    """Find the change with the fewest minutes, or the one thing that is lacking; else more workers."""
    days = [day for day in range(plan.facts.problem.horizon_days) if plan.is_allowed(visit, day)]
    if cause is RoundsCause.OVER_CAPACITY:
        found = next(_more_boxes(plan, visit, days), None)
    elif cause in {RoundsCause.NO_SKILL, RoundsCause.TOO_FEW_PEOPLE}:
        found = next(_skills(plan, visit, days), None)
    else:
        found = _fewest_minutes(plan, visit, days)
    if found is None and cause is RoundsCause.TOO_FEW_DAYS:
        found = next(_more_days(plan, visit), None)
    if found is None or found.minutes > MUCH_MINUTES:
        found = next(_more_workers(plan, visit, days), found)
    return found


def applied(problem: RoundsProblem, visit: int, change: RoundsChange) -> RoundsProblem:
    """Return the problem after a change."""
    workers, visits = problem.workers, problem.visits
    if change.kind is RoundsChangeKind.WIDEN_WINDOW:
        return replace(
            problem,
            visits=replace(
                visits, start=_with(visits.start, visit, change.start), end=_with(visits.end, visit, change.end)
            ),
        )
    if change.kind is RoundsChangeKind.SHORTEN_GAP:
        return replace(problem, visits=replace(visits, gap_days=_with(visits.gap_days, visit, change.gap)))
    if change.kind is RoundsChangeKind.ALLOW_DAY:
        days = visits.days.copy()
        days[visit, change.day] = True
        return replace(problem, visits=replace(visits, days=days))
    worker = change.worker
    if worker is None or worker == NEW:
        return _with_worker(problem, visit, change)
    if change.kind is RoundsChangeKind.EXTEND_HOURS:
        most = int(workers.max_minutes[worker])
        most = most if most == NO_LIMIT else most + change.minutes
        workers = replace(
            workers,
            start=_with(workers.start, worker, change.start),
            end=_with(workers.end, worker, change.end),
            max_minutes=_with(workers.max_minutes, worker, most),
        )
    elif change.kind is RoundsChangeKind.RAISE_CAPACITY:
        workers = replace(workers, boxes=_with(workers.boxes, worker, int(workers.boxes[worker]) + change.boxes))
    else:
        skills = workers.skills.copy()
        skills[worker, visits.skill[visit]] = True
        workers = replace(workers, skills=skills)
    return replace(problem, workers=workers)


def _with(column: Integers, row: int, value: int) -> Integers:
    changed = column.copy()
    changed[row] = value
    return changed


def _with_worker(problem: RoundsProblem, visit: int, change: RoundsChange) -> RoundsProblem:
    """Add somebody at the nearest depot who is out as told, and holds what the visit asks for."""
    workers = problem.workers
    skill = int(problem.visits.skill[visit])
    skills = np.zeros((change.count, workers.skills.shape[1]), dtype=np.bool_)
    if skill != ANY:
        skills[:, skill] = True
    columns = {
        "place": int(workers.place[nearest_depot(problem, visit)]),
        "start": change.start,
        "end": change.end,
        "boxes": NO_LIMIT,
        "max_minutes": NO_LIMIT,
        "lunch_minutes": 0,
        "lunch_start": 0,
        "lunch_end": MINUTES_PER_DAY,
    }
    return replace(
        problem,
        workers=replace(
            workers,
            skills=np.vstack([workers.skills, skills]),
            days=np.vstack([workers.days, np.ones((change.count, problem.horizon_days), dtype=np.bool_)]),
            **{name: np.append(getattr(workers, name), [value] * change.count) for name, value in columns.items()},
        ),
    )


def nearest_depot(problem: RoundsProblem, visit: int) -> int:
    """Return the worker whose depot is nearest to a visit."""
    ways = problem.travel_minutes[problem.workers.place, problem.visits.place[visit]]
    return int(np.argmin(ways))


def _enters(plan: Plan, visit: int, day: int, change: RoundsChange) -> bool:
    """Whether the visit fits into the plan once a change is applied."""
    changed = Plan(Facts(applied(plan.facts.problem, visit, change)), dict(plan.rounds), dict(plan.together))
    return changed.insertion(visit, day) is not None


def _more_boxes(plan: Plan, visit: int, days: list[int]) -> Iterator[RoundsChange]:
    for boxes, worker in sorted(
        (plan.facts.boxes[visit] - limits.boxes, w) for w, limits in enumerate(plan.facts.limits)
    ):
        for day in days:
            change = RoundsChange(kind=RoundsChangeKind.RAISE_CAPACITY, day=day, worker=worker, boxes=boxes)
            if boxes > 0 and plan.facts.can_come(visit, worker, day) and _enters(plan, visit, day, change):
                yield change


def _skills(plan: Plan, visit: int, days: list[int]) -> Iterator[RoundsChange]:
    if plan.facts.problem.visits.skill[visit] == ANY:
        return
    for day in days:
        for worker, able in enumerate(plan.facts.able[visit]):
            change = RoundsChange(kind=RoundsChangeKind.GRANT_SKILL, day=day, worker=worker)
            if not able and plan.facts.works[worker][day] and _enters(plan, visit, day, change):
                yield change


def _more_days(plan: Plan, visit: int) -> Iterator[RoundsChange]:
    """Allow one more day, or the gap that is shorter by the fewest days, and choose the visit's days anew."""
    facts = plan.facts
    made, horizon = plan.days_of(visit), facts.problem.horizon_days
    changes = [
        RoundsChange(kind=RoundsChangeKind.ALLOW_DAY, day=day)
        for day in range(horizon)
        if not facts.allowed[visit][day]
    ] + [RoundsChange(kind=RoundsChangeKind.SHORTEN_GAP, day=-1, gap=gap) for gap in range(facts.gap[visit] - 1, 0, -1)]
    for change in changes:
        tried = Plan(Facts(applied(facts.problem, visit, change)), dict(plan.rounds), dict(plan.together))
        for day in made:
            tried.remove(visit, day)
        days = _days_anew(tried, visit)
        if tried.unserved() < plan.unserved():
            yield replace(change, day=next(day for day in days if day not in made))


def _days_anew(plan: Plan, visit: int) -> list[int]:
    """Put a visit that is on no day on as many days as fit, and return them."""
    facts = plan.facts
    horizon = facts.problem.horizon_days
    fits = [day for day in range(horizon) if facts.allowed[visit][day] and plan.insertion(visit, day) is not None]
    per_week = int(facts.problem.visits.per_week[visit])
    days = choose(fits, [0] * horizon, times=facts.times[visit], per_week=per_week, gap=facts.gap[visit])
    for day in days:
        insertion = plan.insertion(visit, day)
        if insertion is not None:
            plan.apply(visit, day, insertion)
    return days


def _more_workers(plan: Plan, visit: int, days: list[int]) -> Iterator[RoundsChange]:
    facts = plan.facts
    if not facts.depot:
        return
    opens, closes = facts.window[visit]
    place, depot = facts.place[visit], facts.depot[nearest_depot(facts.problem, visit)]
    start = max(0, min(opens, closes) - facts.travel[depot][place])
    end = min(MINUTES_PER_DAY, closes + facts.minutes[visit] + facts.travel[place][depot])
    for count in range(1, facts.people[visit] + 1):
        for day in days:
            change = RoundsChange(
                kind=RoundsChangeKind.ADD_WORKER, day=day, worker=NEW, start=start, end=end, count=count
            )
            if _enters(plan, visit, day, change):
                yield change


def _fewest_minutes(plan: Plan, visit: int, days: list[int]) -> RoundsChange | None:
    """Widen the window, or one worker's hours, on the side and by the minutes that let the visit in first."""
    if plan.facts.people[visit] > 1:
        return None
    best: RoundsChange | None = None
    for day in days:
        windows = plan.windows(day)
        for worker in range(len(plan.facts.depot)):
            if plan.facts.can_come(visit, worker, day):
                for change in _needed(plan, visit, (worker, day), windows):
                    is_less = change.minutes > 0 and (best is None or change.minutes < best.minutes)
                    if is_less and _enters(plan, visit, day, change):
                        best = change
    return best


def _needed(plan: Plan, visit: int, where: tuple[int, int], windows: Windows) -> Iterator[RoundsChange]:
    """Tell by how much hours or window are missed at each place of a round, if nothing else is."""
    stops = plan.stops(*where)
    for place in range(len(stops) + 1):
        tried = (*stops[:place], visit, *stops[place:])
        yield from _longer_hours(plan.facts, where, tried, windows)
        yield from _wider_window(plan.facts, where, tried, (visit, windows))


def _longer_hours(facts: Facts, where: tuple[int, int], stops: Stops, windows: Windows) -> Iterator[RoundsChange]:
    """Let a worker start earlier, or end later."""
    worker, day = where
    limits = facts.limits[worker]
    for start, end in ((limits.start, 2 * MINUTES_PER_DAY), (-MINUTES_PER_DAY, limits.end)):
        asked = replace(limits, start=start, end=end, max_minutes=NO_LIMIT)
        timed = timeline(facts, worker, stops, Loosened(limits=asked, windows=windows))
        if timed is not None and timed.leave >= 0 and timed.back <= MINUTES_PER_DAY:
            new_start, new_end = min(limits.start, timed.leave), max(limits.end, timed.back)
            longer = limits.start - new_start + new_end - limits.end
            minutes = max(longer, timed.back - timed.leave - limits.max_minutes)
            yield RoundsChange(
                kind=RoundsChangeKind.EXTEND_HOURS,
                day=day,
                worker=worker,
                minutes=minutes,
                start=new_start,
                end=new_end,
            )


def _wider_window(
    facts: Facts, where: tuple[int, int], stops: Stops, asked: tuple[int, Windows]
) -> Iterator[RoundsChange]:
    """Let a visit begin later, or earlier but as late as can be."""
    worker, day = where
    visit, windows = asked
    opens, closes = facts.window[visit]
    place = stops.index(visit)
    later = timeline(facts, worker, stops, Loosened(windows={**windows, visit: (opens, MINUTES_PER_DAY)}))
    if later is not None and later.begin[place] > closes:
        yield _window(day, opens, later.begin[place], later.begin[place] - closes)
    low, high = -1, opens  # the visit can begin from `low` on, and not only from `high` on
    while high - low > 1:
        middle = (low + high) // 2
        if timeline(facts, worker, stops, Loosened(windows={**windows, visit: (middle, closes)})) is None:
            high = middle
        else:
            low = middle
    if low >= 0:
        yield _window(day, low, closes, opens - low)


def _window(day: int, start: int, end: int, minutes: int) -> RoundsChange:
    return RoundsChange(kind=RoundsChangeKind.WIDEN_WINDOW, day=day, minutes=minutes, start=start, end=end)
