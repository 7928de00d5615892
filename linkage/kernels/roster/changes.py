"""The smallest change of the facts that seats one more person, and the problem after that change.

A change is only proposed where one person breaks exactly one rule for the seat in the present plan, so that
applying it is enough: the plan stays as it is and the person is added. Kinds are ordered from what costs
least to ask for (an hour more) to what costs most (one more volunteer).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from linkage.kernels.roster.plan import Plan
from linkage.kernels.roster.problem import ANY, Pairs, RosterProblem, Volunteers, Windows
from linkage.terms import RosterChangeKind

NEW = -1
"""Stands for a volunteer who is not in the problem yet."""


@dataclass(frozen=True, kw_only=True)
class RosterChange:
    """One change of the facts.

    Parameters
    ----------
    volunteer
        Whom it concerns, or `NEW`.
    shift
        The shift it makes possible.
    skill
        Skill to grant or to look for, or `ANY`.
    is_lead
        Whether the new volunteer must be qualified to lead.
    minutes
        By how much: cap minutes raised at most, or minutes of the shift outside the person's windows.
    raised
        New values of (max_minutes, max_minutes_week, max_minutes_day) for `RAISE_MINUTES`.
    """

    kind: RosterChangeKind
    volunteer: int
    shift: int
    skill: int = ANY
    is_lead: bool = False
    minutes: int = 0
    raised: tuple[int, int, int] = (0, 0, 0)


def _outside_minutes(problem: RosterProblem, volunteer: int, shift: int) -> int:
    """Minutes of a shift that lie in none of the person's windows."""
    start, end = int(problem.shifts.start[shift]), int(problem.shifts.end[shift])
    own = problem.windows.volunteer == volunteer
    reached, outside = start, 0
    for opens, closes in sorted(
        zip(problem.windows.start[own].tolist(), problem.windows.end[own].tolist(), strict=True)
    ):
        if closes > reached and opens < end:
            outside += max(0, opens - reached)
            reached = max(reached, closes)
    return outside + max(0, end - reached)


def _raise(plan: Plan, volunteer: int, shift: int) -> RosterChange:
    minutes = plan.minutes[shift]
    needed = (
        plan.total[volunteer] + minutes,
        plan.in_week[volunteer][plan.week[shift]] + minutes,
        plan.in_day[volunteer][plan.day[shift]] + minutes,
    )
    caps = (plan.cap[volunteer], plan.cap_week[volunteer], plan.cap_day[volunteer])
    raised = (max(needed[0], caps[0]), max(needed[1], caps[1]), max(needed[2], caps[2]))
    return RosterChange(
        kind=RosterChangeKind.RAISE_MINUTES,
        volunteer=volunteer,
        shift=shift,
        minutes=max(new - old for new, old in zip(raised, caps, strict=True)),
        raised=raised,
    )


def _for_person(plan: Plan, volunteer: int, shift: int, *, skill: int, needs_lead: bool) -> RosterChange | None:
    """Return the change that lets this person take the seat, if exactly one rule stands against it."""
    facts, problem = plan.facts, plan.facts.problem
    serving = shift in plan.own[volunteer]
    lacks_lead = needs_lead and not plan.costs.is_lead[volunteer]
    if serving:
        is_enough = needs_lead and lacks_lead
        return RosterChange(kind=RosterChangeKind.GRANT_LEAD, volunteer=volunteer, shift=shift) if is_enough else None
    others = list(plan.own[volunteer])
    if others and facts.clash_table(volunteer, np.asarray([shift]), np.asarray(others)).any():
        return None
    broken = []
    if not plan.fits_caps(volunteer, shift):
        broken.append(_raise(plan, volunteer, shift))
    if not facts.available[volunteer, shift]:
        outside = _outside_minutes(problem, volunteer, shift)
        kind = RosterChangeKind.EXTEND_AVAILABILITY
        broken.append(RosterChange(kind=kind, volunteer=volunteer, shift=shift, minutes=outside))
    if not facts.listed[volunteer, shift]:
        broken.append(RosterChange(kind=RosterChangeKind.LIST_PAIR, volunteer=volunteer, shift=shift))
    if skill != ANY and not problem.volunteers.skills[volunteer, skill]:
        broken.append(RosterChange(kind=RosterChangeKind.GRANT_SKILL, volunteer=volunteer, shift=shift, skill=skill))
    if lacks_lead:
        broken.append(RosterChange(kind=RosterChangeKind.GRANT_LEAD, volunteer=volunteer, shift=shift))
    return broken[0] if len(broken) == 1 else None


def cheapest_change(plan: Plan, shift: int, seat: int) -> RosterChange | None:
    """Find the cheapest change that seats one more person; `seat` is `ANY` where only the lead is missing.

    A lead who would have to come in addition needs an open place; without one only somebody who serves there
    already can qualify, or a new volunteer can take the place of one who is not fixed. None where the shift
    has no place at all that could change hands.
    """
    needs_lead = seat == ANY
    places = plan.facts.seats_of_shift[shift] if needs_lead else [seat]
    room = [s for s in places if plan.is_open(s)]
    order = list(RosterChangeKind)
    found: list[tuple[tuple[int, int, int], RosterChange]] = []
    for volunteer in range(len(plan.own)):
        if room or shift in plan.own[volunteer]:
            change = _for_person(plan, volunteer, shift, skill=_easiest(plan, room), needs_lead=needs_lead)
            if change is not None:
                found.append(((order.index(change.kind), change.minutes, volunteer), change))
    if found:
        return min(found, key=lambda item: item[0])[1]
    held = [plan.own[v][shift] for v in plan.on_shift[shift] if (v, shift) not in plan.fixed]
    if not room and not held:
        return None
    return RosterChange(
        kind=RosterChangeKind.ADD_VOLUNTEER,
        volunteer=NEW,
        shift=shift,
        skill=_easiest(plan, room or held),
        is_lead=needs_lead,
    )


def _easiest(plan: Plan, seats: list[int]) -> int:
    """Skill asked by the seat that most people can take: any if there is one."""
    return min((plan.facts.skill_of_seat[seat] for seat in seats), default=ANY)


def _with_volunteer(problem: RosterProblem, change: RosterChange) -> RosterProblem:
    people, new = problem.volunteers, problem.volunteer_count
    skills = np.zeros((1, people.skills.shape[1]), dtype=np.bool_)
    if change.skill != ANY:
        skills[0, change.skill] = True
    one = Volunteers.of(1, skills=skills, leads=[change.is_lead])
    volunteers = Volunteers(
        **{name: np.concatenate((getattr(people, name), new_one)) for name, new_one in vars(one).items()}
    )
    served = problem.served_minutes
    if served.size:
        served = np.vstack((served, np.zeros((1, served.shape[1]), dtype=np.int64)))
    larger = replace(problem, volunteers=volunteers, served_minutes=served)
    return _with_pair(_with_window(larger, new, change.shift), new, change.shift)


def _with_window(problem: RosterProblem, volunteer: int, shift: int) -> RosterProblem:
    windows = problem.windows
    extended = Windows(
        volunteer=np.append(windows.volunteer, volunteer),
        start=np.append(windows.start, problem.shifts.start[shift]),
        end=np.append(windows.end, problem.shifts.end[shift]),
    )
    return replace(problem, windows=extended)


def _with_pair(problem: RosterProblem, volunteer: int, shift: int) -> RosterProblem:
    if problem.eligible is None:
        return problem
    listed = problem.eligible
    pairs = Pairs(volunteer=np.append(listed.volunteer, volunteer), shift=np.append(listed.shift, shift))
    return replace(problem, eligible=pairs)


def _with_caps(problem: RosterProblem, change: RosterChange) -> RosterProblem:
    people = problem.volunteers
    caps = {}
    for name, value in zip(("max_minutes", "max_minutes_week", "max_minutes_day"), change.raised, strict=True):
        caps[name] = getattr(people, name).copy()
        caps[name][change.volunteer] = value
    return replace(problem, volunteers=replace(people, **caps))


def apply_change(problem: RosterProblem, change: RosterChange) -> RosterProblem:
    """Return the problem with the change made; a new volunteer gets the next index."""
    kind, volunteer, shift = change.kind, change.volunteer, change.shift
    if kind is RosterChangeKind.RAISE_MINUTES:
        return _with_caps(problem, change)
    if kind is RosterChangeKind.EXTEND_AVAILABILITY:
        return _with_window(problem, volunteer, shift)
    if kind is RosterChangeKind.LIST_PAIR:
        return _with_pair(problem, volunteer, shift)
    if kind is RosterChangeKind.ADD_VOLUNTEER:
        return _with_volunteer(problem, change)
    people = problem.volunteers
    if kind is RosterChangeKind.GRANT_LEAD:
        leads = people.leads.copy()
        leads[volunteer] = True
        return replace(problem, volunteers=replace(people, leads=leads))
    skills = people.skills.copy()
    skills[volunteer, change.skill] = True
    return replace(problem, volunteers=replace(people, skills=skills))
