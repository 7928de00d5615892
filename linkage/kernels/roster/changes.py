"""A change of the facts of a roster problem, and the problem after that change.

Which change is worth proposing is decided by `proposals`; nothing is solved here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from linkage.kernels.roster.columns import ANY, NO_LIMIT
from linkage.kernels.roster.problem import Pairs, RosterProblem, Volunteers, Windows
from linkage.terms import RosterChangeKind

NEW: Final = -1
"""Stands for a volunteer who is not in the problem yet."""
NOBODY: Final = -2


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
        Skill to grant, to renew or to look for, or `ANY`.
    is_lead
        Whether the new volunteer must be qualified to lead.
    minutes
        By how much: cap minutes raised at most, minutes of the shift outside the person's windows, or minutes for
        which a certificate must be valid longer.
    raised
        New values of (max_minutes, max_minutes_week, max_minutes_day) for `RAISE_MINUTES`.
    limit
        New value of the one number a rule has: strain of the week, weekends, days in a row, shifts of a kind.
    companion
        For `NAME_EXPERIENCED`, who of those on the shift is to receive the newcomer as somebody experienced, or
        `NEW` for an experienced volunteer who comes in addition; `NOBODY` for other kinds.
    """

    kind: RosterChangeKind
    volunteer: int
    shift: int
    skill: int = ANY
    is_lead: bool = False
    minutes: int = 0
    raised: tuple[int, int, int] = (0, 0, 0)
    limit: int = 0
    companion: int = NOBODY


def _with_volunteer(problem: RosterProblem, change: RosterChange) -> RosterProblem:
    people, new = problem.volunteers, problem.volunteer_count
    skills = np.zeros((1, people.skills.shape[1]), dtype=np.bool_)
    if change.skill != ANY:
        skills[0, change.skill] = True
    one = Volunteers.of(1, skills=skills, leads=[change.is_lead], experienced=[change.companion == NEW])
    volunteers = Volunteers(
        **{name: np.concatenate((getattr(people, name), column)) for name, column in vars(one).items()}
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


def _with_people(problem: RosterProblem, volunteer: int, **values: int | bool) -> RosterProblem:
    """Set columns of one volunteer."""
    columns = {}
    for name, value in values.items():
        columns[name] = getattr(problem.volunteers, name).copy()
        columns[name][volunteer] = value
    return replace(problem, volunteers=replace(problem.volunteers, **columns))


def _with_caps(problem: RosterProblem, change: RosterChange) -> RosterProblem:
    total, week, day = change.raised
    return _with_people(problem, change.volunteer, max_minutes=total, max_minutes_week=week, max_minutes_day=day)


def _with_skill(problem: RosterProblem, change: RosterChange) -> RosterProblem:
    people = problem.volunteers
    skills, until = people.skills.copy(), people.skill_until.copy()
    skills[change.volunteer, change.skill] = True
    is_renewed = change.kind is RosterChangeKind.RENEW_CERTIFICATE
    until[change.volunteer, change.skill] = problem.shifts.end[change.shift] if is_renewed else NO_LIMIT
    return replace(problem, volunteers=replace(people, skills=skills, skill_until=until))


def _with_company(problem: RosterProblem, change: RosterChange) -> RosterProblem:
    if change.companion == NEW:
        return _with_volunteer(problem, change)
    return _with_people(problem, change.companion, experienced=True)


def _with_pattern(problem: RosterProblem, change: RosterChange) -> RosterProblem:
    patterns = problem.patterns
    if change.kind is RosterChangeKind.WORK_DAY_OFF:
        pair = np.asarray([change.volunteer, problem.shifts.day[change.shift]])
        kept = patterns.days_off[(patterns.days_off != pair).any(axis=1)]
        return replace(problem, patterns=replace(patterns, days_off=kept))
    row = int(np.flatnonzero(patterns.volunteer == change.volunteer)[0])
    name = {
        RosterChangeKind.LONGER_RUN: "max_consecutive_days",
        RosterChangeKind.MORE_WEEKENDS: "max_weekends",
        RosterChangeKind.MORE_OF_KIND: "max_shifts_by_kind",
    }[change.kind]
    column = getattr(patterns, name).copy()
    if change.kind is RosterChangeKind.MORE_OF_KIND:
        column[row, problem.shifts.kind[change.shift]] = change.limit
    else:
        column[row] = change.limit
    return replace(problem, patterns=replace(patterns, **{name: column}))


_APPLIED: Final[dict[RosterChangeKind, Callable[[RosterProblem, RosterChange], RosterProblem]]] = {
    RosterChangeKind.RAISE_MINUTES: _with_caps,
    RosterChangeKind.RAISE_STRAIN: lambda problem, change: _with_people(
        problem, change.volunteer, strain_cap_week=change.limit
    ),
    RosterChangeKind.MORE_OF_KIND: _with_pattern,
    RosterChangeKind.LONGER_RUN: _with_pattern,
    RosterChangeKind.MORE_WEEKENDS: _with_pattern,
    RosterChangeKind.WORK_DAY_OFF: _with_pattern,
    RosterChangeKind.EXTEND_AVAILABILITY: lambda problem, change: _with_window(problem, change.volunteer, change.shift),
    RosterChangeKind.LIST_PAIR: lambda problem, change: _with_pair(problem, change.volunteer, change.shift),
    RosterChangeKind.RENEW_CERTIFICATE: _with_skill,
    RosterChangeKind.NAME_EXPERIENCED: _with_company,
    RosterChangeKind.GRANT_SKILL: _with_skill,
    RosterChangeKind.GRANT_LEAD: lambda problem, change: _with_people(problem, change.volunteer, leads=True),
    RosterChangeKind.ADD_VOLUNTEER: _with_volunteer,
}


def apply_change(problem: RosterProblem, change: RosterChange) -> RosterProblem:
    """Return the problem with the change made; a new volunteer gets the next index."""
    return _APPLIED[change.kind](problem, change)
