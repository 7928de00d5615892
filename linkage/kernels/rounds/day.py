"""Makes the rounds of one day: proven best where it is small, else routes from PyVRP made to keep every rule.

Visits by two are heuristic: the day is routed with both people free, then a common minute is fixed for each visit and
the day routed again, and minutes are chosen anew one visit at a time as long as that helps. Lunch is tried as a way
back to the depot and on the spot.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from linkage.kernels.rounds.exact import best_rounds
from linkage.kernels.rounds.plan import Plan, with_lunch
from linkage.kernels.rounds.recreate import recreate
from linkage.kernels.rounds.result import RoundsOptions
from linkage.kernels.rounds.timeline import Facts, Loosened, Stops, timeline

Minutes = dict[int, int]

_START_SECONDS: Final = 2e-6
"""For each pair of visits, measured with 400."""

PROBE: Final = 8
"""Trials take this part of the iterations; only the choice made of them is routed in full."""


@dataclass(frozen=True, kw_only=True)
class DayTask:
    """Visits of one day, and the effort."""

    facts: Facts
    day: int
    visits: tuple[int, ...]
    options: RoundsOptions

    @property
    def start_seconds(self) -> float:
        """What the routing search takes before it first looks at the clock, roughly."""
        return _START_SECONDS * len(self.visits) ** 2

    @property
    def pairs(self) -> list[int]:
        """Visits by two, the heaviest first."""
        facts = self.facts
        pairs = [visit for visit in self.visits if facts.people[visit] > 1]
        return sorted(pairs, key=lambda v: (-facts.priority[v], facts.window[v][1] - facts.window[v][0], v))


def best_day(task: DayTask) -> tuple[Plan, bool]:
    """Return a plan of this day alone, and whether it is proven that no other is better."""
    rounds = best_rounds(task.facts, task.day, task.visits, task.options.has_time)
    if rounds is None:
        return _searched(task), False
    plan = Plan(task.facts)
    for worker, stops in rounds.items():
        plan.set(worker, task.day, stops)
    return plan, True


def _searched(task: DayTask) -> Plan:
    """Search for a plan, by the better way to have lunch."""
    has_lunch = any(rest for rest, _, _ in task.facts.lunch)
    probes = []
    for has_lunch_stops in (True, False) if has_lunch else (False,):
        minutes = _common(task, _routes(task, {}, has_lunch_stops, PROBE), {}) if task.pairs else {}
        probes.append((_routed(task, minutes, has_lunch_stops, PROBE), minutes, has_lunch_stops))
        if not task.options.has_time(task.start_seconds):
            break
    best, minutes, has_lunch_stops = min(probes, key=lambda probe: probe[0].value())
    for number in range(task.options.together_tries if task.pairs else 0):
        if not task.options.has_time(task.start_seconds):
            return best
        freed = task.pairs[number % len(task.pairs)]
        kept = {visit: minute for visit, minute in minutes.items() if visit != freed}
        tried = _common(task, _routes(task, kept, has_lunch_stops, PROBE), kept)
        if tried != minutes:
            plan = _routed(task, tried, has_lunch_stops, PROBE)
            if plan.value() < best.value():
                best, minutes = plan, tried
    if not task.options.has_time(task.start_seconds):
        return best
    for is_soft in (False, True):
        best = min(best, _routed(task, minutes, has_lunch_stops, 1, is_soft=is_soft), key=Plan.value)
    return recreate(best, task.day, task.visits, task.options) if has_lunch or task.pairs else best


def _routes(
    task: DayTask, minutes: Mapping[int, int], has_lunch_stops: bool, part: int, *, is_soft: bool = False
) -> dict[int, Stops]:
    from linkage.kernels.rounds import routing  # loads PyVRP: only where there is something to route

    asked = routing.Day(
        day=task.day,
        visits=task.visits,
        windows={visit: (minute, minute) for visit, minute in minutes.items()},
        has_lunch_stops=has_lunch_stops,
        penalty=routing.SOFT if is_soft else routing.STRICT,
    )
    options = task.options
    iterations = max(1, options.iterations // part)
    return routing.route_day(task.facts, asked, seed=options.seed, iterations=iterations, has_time=options.has_time)


def _common(task: DayTask, routes: Mapping[int, Stops], fixed: Mapping[int, int]) -> Minutes:
    """Choose a common minute for every visit by two: when the later of its people can begin."""
    begins: dict[int, list[int]] = defaultdict(list)
    windows = {visit: (minute, minute) for visit, minute in fixed.items()}
    for worker, stops in routes.items():
        timed = timeline(task.facts, worker, stops, Loosened(windows=windows))
        if timed is not None:
            for stop, begin in zip(stops, timed.begin, strict=True):
                begins[stop].append(begin)
    minutes = dict(fixed)
    for visit in task.pairs:
        opens, closes = task.facts.window[visit]
        minutes.setdefault(visit, max(begins[visit]) if begins[visit] else (opens + closes) // 2)
    return minutes


def _routed(
    task: DayTask, minutes: Mapping[int, int], has_lunch_stops: bool, part: int, *, is_soft: bool = False
) -> Plan:
    """Route the day with the common minutes fixed, and make a sound plan of it."""
    facts, day = task.facts, task.day
    plan = Plan(facts)
    windows = {visit: (minute, minute) for visit, minute in minutes.items()}
    for worker, stops in _routes(task, minutes, has_lunch_stops, part, is_soft=is_soft).items():
        plan.set(worker, day, _sound(facts, worker, stops, windows))
    for visit, minute in minutes.items():
        comers = sum(visit in plan.stops(worker, day) for worker in range(len(facts.depot)))
        plan.together[visit, day] = minute
        if comers != facts.people[visit]:
            plan.remove(visit, day)
    fill(plan, [visit for visit in task.visits if day not in plan.days_of(visit)], [day], task.options)
    return plan


def _sound(facts: Facts, worker: int, stops: Stops, windows: Mapping[int, tuple[int, int]]) -> Stops:
    """Put lunch where it costs least; where there is no room for it, leave out the lightest visits that make room."""
    left = tuple(dict.fromkeys(stop for stop in stops if stop >= 0))
    while left:
        lunched = with_lunch(facts, worker, left, windows)
        if lunched is not None:
            return lunched
        lighter = [tuple(other for other in left if other != stop) for stop in left]
        fits = [index for index, rest in enumerate(lighter) if with_lunch(facts, worker, rest, windows) is not None]
        drop = min(fits or range(len(left)), key=lambda i: (facts.priority[left[i]], -facts.minutes[left[i]], i))
        left = lighter[drop]
    return ()


def fill(plan: Plan, visits: Sequence[int], days: Sequence[int], options: RoundsOptions) -> None:
    """Insert visits where they add least travel, the heaviest first."""
    facts = plan.facts
    for visit in sorted(visits, key=lambda v: (-facts.priority[v], -facts.people[v], v)):
        if not options.has_time():
            return
        found = [
            (insertion.travel, day, insertion)
            for day in days
            if plan.is_allowed(visit, day) and (insertion := plan.insertion(visit, day)) is not None
        ]
        if found:
            _, day, insertion = min(found, key=lambda entry: entry[:2])
            plan.apply(visit, day, insertion)
