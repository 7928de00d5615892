"""Why a visit is in no round, and the cheapest change that lets it in, in codes and numbers.

Every change told was applied: the changed problem with the visit put into the plan has passed the timeline of every
round it touches, and everything else stays as it is. The plan is not altered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from linkage.kernels.rounds.changes import RoundsChange, cheapest_change
from linkage.kernels.rounds.days import choose
from linkage.kernels.rounds.plan import Plan
from linkage.kernels.rounds.problem import RoundsProblem
from linkage.kernels.rounds.result import RoundsResult
from linkage.kernels.rounds.timeline import Facts
from linkage.terms import RoundsCause

RIVALS_TRIED: Final = 30
"""So many of the visits nearest to one left out are tried for giving way to it."""


@dataclass(frozen=True, kw_only=True)
class Unserved:
    """A visit that is made less often than asked.

    Parameters
    ----------
    missing
        How often.
    able
        Workers who hold the skill.
    days
        Days on which it could be made if nothing else were.
    instead_of
        The least important visit that would have to give way for it, or None where more than one would.
    instead_of_day
        On which day.
    change
        The cheapest change found that lets one more visit in, or None.
    """

    visit: int
    missing: int
    cause: RoundsCause
    able: int
    days: int
    instead_of: int | None
    instead_of_day: int | None
    change: RoundsChange | None


def plan_of(problem: RoundsProblem, result: RoundsResult) -> Plan:
    """Set a result up again as a plan that can be asked."""
    plan = Plan(Facts(problem))
    for row, (worker, day) in enumerate(zip(result.round_worker.tolist(), result.round_day.tolist(), strict=True)):
        own = result.stop_round == row
        plan.set(worker, day, result.stop_visit[own].tolist())
        for visit, begin in zip(result.stop_visit[own].tolist(), result.stop_begin[own].tolist(), strict=True):
            if visit >= 0 and plan.facts.people[visit] > 1:
                plan.together[visit, day] = begin
    return plan


def unserved(
    problem: RoundsProblem, result: RoundsResult, has_time: Callable[[], bool] = lambda: True
) -> list[Unserved]:
    """Explain every visit made less often than asked, by visit; when time is up, without rivals and changes."""
    plan = plan_of(problem, result)
    return [
        _explained(plan, visit, missing, is_full=has_time())
        for visit, missing in enumerate(result.missing.tolist())
        if missing
    ]


def _explained(plan: Plan, visit: int, missing: int, *, is_full: bool) -> Unserved:
    facts = plan.facts
    empty = Plan(facts)
    days = [
        day
        for day in range(facts.problem.horizon_days)
        if facts.allowed[visit][day] and empty.insertion(visit, day) is not None
    ]
    cause = _cause(facts, visit, days)
    rival = _rival(plan, visit) if is_full and cause is RoundsCause.NOT_ENOUGH_TIME else None
    return Unserved(
        visit=visit,
        missing=missing,
        cause=cause,
        able=sum(facts.able[visit]),
        days=len(days),
        instead_of=None if rival is None else rival[0],
        instead_of_day=None if rival is None else rival[1],
        change=cheapest_change(plan, visit, cause) if is_full else None,
    )


def _cause(facts: Facts, visit: int, days: list[int]) -> RoundsCause:
    """Return the first rule that keeps a visit out."""
    if days:
        per_week = int(facts.problem.visits.per_week[visit])
        flat = [0] * facts.problem.horizon_days
        most = choose(days, flat, times=facts.times[visit], per_week=per_week, gap=facts.gap[visit])
        return RoundsCause.NOT_ENOUGH_TIME if len(most) == facts.times[visit] else RoundsCause.TOO_FEW_DAYS
    holders = [worker for worker, able in enumerate(facts.able[visit]) if able]
    if not holders:
        return RoundsCause.NO_SKILL if facts.depot else RoundsCause.TOO_FEW_PEOPLE
    horizon = range(facts.problem.horizon_days)
    if max(sum(facts.can_come(visit, worker, day) for worker in holders) for day in horizon) < facts.people[visit]:
        return RoundsCause.TOO_FEW_PEOPLE if facts.people[visit] > 1 else RoundsCause.TOO_FEW_DAYS
    if all(facts.boxes[visit] > facts.limits[worker].boxes for worker in holders):
        return RoundsCause.OVER_CAPACITY
    opens, closes = facts.window[visit]
    limits = [facts.limits[worker] for worker in holders]
    if all(closes < each.start or opens + facts.minutes[visit] > each.end for each in limits):
        return RoundsCause.OUTSIDE_HOURS
    return RoundsCause.OUT_OF_REACH


def _rival(plan: Plan, visit: int) -> tuple[int, int] | None:
    """Find the least important visit near by that would have to give way, and on which day."""
    facts = plan.facts
    near = facts.travel[facts.place[visit]]
    made = {(stop, day) for (_, day), stops in plan.rounds.items() for stop in stops if stop >= 0}
    nearest = sorted(made, key=lambda key: (near[facts.place[key[0]]], key))[:RIVALS_TRIED]
    best: tuple[int, int, int] | None = None
    for other, day in nearest:
        if best is not None and facts.priority[other] >= best[0]:
            continue
        tried = plan.copy()
        tried.remove(other, day)
        if tried.is_allowed(visit, day) and tried.insertion(visit, day) is not None:
            best = facts.priority[other], other, day
    return None if best is None else best[1:]
