"""Makes the rounds of a horizon: visits spread over days, each day routed, visits moved between days, all checked.

A pure function of the problem and the options. It never raises for a shortage: what cannot be visited stays out and is
explained by `reasons`. The bounds are proven; that a plan is best is claimed only where it meets them.
"""

from __future__ import annotations

import numpy as np

from linkage.kernels.rounds import bound, check
from linkage.kernels.rounds.day import DayTask, best_day, fill
from linkage.kernels.rounds.days import choose, spread
from linkage.kernels.rounds.plan import Plan
from linkage.kernels.rounds.problem import RoundsProblem
from linkage.kernels.rounds.result import RoundsLevel, RoundsOptions, RoundsResult
from linkage.kernels.rounds.timeline import Facts
from linkage.terms import RoundsObjective


def plan_rounds(problem: RoundsProblem, options: RoundsOptions | None = None) -> RoundsResult:
    """Plan the rounds.

    Parameters
    ----------
    problem
        A valid problem; an empty one gives an empty plan.
    options
        Seed and effort, in counts.

    Returns
    -------
    RoundsResult
        The best plan found with its bounds; `check.verify` has passed.
    """
    options = options or RoundsOptions()
    facts = Facts(problem)
    plan, is_proven = _planned(facts, options)
    result = _result(plan, options, is_proven=is_proven)
    violations = check.verify(problem, result)
    if violations:
        raise check.PlanDefect(f"the rounds break {len(violations)} rule(s): " + "; ".join(violations[:10]))
    return result


def _planned(facts: Facts, options: RoundsOptions) -> tuple[Plan, bool]:
    """Make a plan, and say whether it is proven best: only a single day can be."""
    horizon = facts.problem.horizon_days
    plan = Plan(facts)
    days = spread(facts)
    is_proven = False
    for day in range(horizon):
        is_proven = _route(plan, day, tuple(visit for visit, own in enumerate(days) if day in own), options)
    if horizon == 1:
        return plan, is_proven  # visits without a day are those for whom too few people work
    _fill(plan, options)
    for _ in range(options.sweeps):
        changed = _move(plan, options)
        if not changed:
            break
        for day in sorted(changed):
            _route(plan, day, _visits_on(plan, day), options)
        _fill(plan, options)
    return plan, False


def _visits_on(plan: Plan, day: int) -> tuple[int, ...]:
    return tuple(sorted({stop for (_, on), stops in plan.rounds.items() if on == day for stop in stops if stop >= 0}))


def _route(plan: Plan, day: int, visits: tuple[int, ...], options: RoundsOptions) -> bool:
    """Route a day anew and keep it if it is better than what the day had; tell whether it is proven best."""
    if not visits:
        return True
    if not options.has_time():
        return False
    tried = plan.copy()
    for worker in range(len(plan.facts.depot)):
        tried.set(worker, day, ())
    tried.together = {key: minute for key, minute in tried.together.items() if key[1] != day}
    alone, is_proven = best_day(DayTask(facts=plan.facts, day=day, visits=visits, options=options))
    tried.rounds |= alone.rounds
    tried.together |= {key: minute for key, minute in alone.together.items() if key[1] == day}
    if tried.value() < plan.value():
        plan.rounds, plan.together = tried.rounds, tried.together
    return is_proven


def _fill(plan: Plan, options: RoundsOptions) -> None:
    """Insert what is missing on any day, until nothing more fits."""
    before = None
    while (missing := [visit for visit, count in enumerate(plan.missing()) if count]) and missing != before:
        before = missing
        fill(plan, missing, range(plan.facts.problem.horizon_days), options)


def _move(plan: Plan, options: RoundsOptions) -> set[int]:
    """Give single visits other days where that saves travel; return the days that changed."""
    facts, changed = plan.facts, set[int]()
    for visit in range(len(facts.place)):
        made = plan.days_of(visit)
        if not made or not options.has_time():
            continue
        tried = plan.copy()
        for day in made:
            tried.remove(visit, day)
        cost = {}
        for day in range(facts.problem.horizon_days):
            found = tried.insertion(visit, day) if facts.allowed[visit][day] else None
            if found is not None:
                cost[day] = found.travel
        table = [cost.get(day, 0) for day in range(facts.problem.horizon_days)]
        per_week = int(facts.problem.visits.per_week[visit])
        chosen = choose(sorted(cost), table, times=facts.times[visit], per_week=per_week, gap=facts.gap[visit])
        for day in chosen:
            insertion = tried.insertion(visit, day)
            if insertion is not None:
                tried.apply(visit, day, insertion)
        if tried.value() < plan.value():
            plan.rounds, plan.together = tried.rounds, tried.together
            changed |= set(made).symmetric_difference(chosen)
    return changed


def _result(plan: Plan, options: RoundsOptions, *, is_proven: bool) -> RoundsResult:
    facts = plan.facts
    keys = sorted((day, worker) for worker, day in plan.rounds)
    rounds, stops = [], []
    for row, (day, worker) in enumerate(keys):
        timed = plan.time(worker, day)
        if timed is None:
            raise check.PlanDefect(f"round of worker {worker} on day {day} cannot be timed")
        rounds.append((worker, day, timed.leave, timed.back))
        order = plan.stops(worker, day)
        stops += [(row, *stop) for stop in zip(order, timed.arrive, timed.begin, strict=True)]
    table = np.asarray(rounds, dtype=np.int64).reshape(-1, 4)
    line = np.asarray(stops, dtype=np.int64).reshape(-1, 4)
    unserved, travel = plan.value()
    least_unserved, least_travel = (unserved, travel) if is_proven else _bounds(facts, unserved, options)
    return RoundsResult(
        round_worker=table[:, 0],
        round_day=table[:, 1],
        round_leave=table[:, 2],
        round_back=table[:, 3],
        stop_round=line[:, 0],
        stop_visit=line[:, 1],
        stop_arrive=line[:, 2],
        stop_begin=line[:, 3],
        missing=np.asarray(plan.missing(), dtype=np.int64),
        levels=(
            RoundsLevel(objective=RoundsObjective.UNSERVED, value=unserved, bound=min(unserved, least_unserved)),
            RoundsLevel(objective=RoundsObjective.TRAVEL_MINUTES, value=travel, bound=min(travel, least_travel)),
        ),
        seed=options.seed,
        is_cut_short=not options.has_time(),
    )


def _bounds(facts: Facts, unserved: int, options: RoundsOptions) -> tuple[int, int]:
    """Bound both objectives; nothing is claimed when there is no time left."""
    if not options.has_time():
        return 0, 0
    days = bound.makeable(Plan(facts))
    flat = [0] * facts.problem.horizon_days
    most = [
        len(choose(days[v], flat, times=facts.times[v], per_week=int(per_week), gap=facts.gap[v]))
        for v, per_week in enumerate(facts.problem.visits.per_week.tolist())
    ]
    sure = sum(w * (times - count) for w, times, count in zip(facts.priority, facts.times, most, strict=True))
    return bound.unserved_bound(facts, most), bound.travel_bound(facts, most, days, unserved - sure)
