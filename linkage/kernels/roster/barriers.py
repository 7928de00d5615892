"""What stands between each person and one seat of a plan: the broken rules of all people at once, as bits.

Up to `OVERLAP` the bits are facts that no other plan changes (a duty pattern, a team or a newcomer's company are
looked at as the plan stands); `TAKEN` says that other shifts of the plan hold the person. Nothing is proposed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.kernels.roster.availability import merged
from linkage.kernels.roster.columns import ANY, NO_LIMIT
from linkage.kernels.roster.duty_days import DutyDays
from linkage.kernels.roster.plan import Plan
from linkage.terms import RosterStep

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

STEPS: Final = tuple(RosterStep)
BIT: Final = {step: 1 << place for place, step in enumerate(STEPS)}
CAP_NOW: Final = 1 << len(STEPS)
"""The minutes of one more shift exceed a cap as the plan stands."""
STRAIN_NOW: Final = 2 << len(STEPS)
CLASH_NOW: Final = 4 << len(STEPS)
SERVING: Final = 8 << len(STEPS)
"""The person serves the shift already."""
UNFIT: Final = 16 << len(STEPS)
"""For a missing lead: the person could take none of the places that are open."""
FUNNEL_BITS: Final = (1 << len(STEPS)) - 1


class _Load:
    """Minutes, strain and shifts of everybody under some rows, as arrays."""

    def __init__(self, plan: Plan, pairs: Iterable[tuple[int, int]]) -> None:
        facts, count = plan.facts, len(plan.own)
        rows = np.asarray(list(pairs), dtype=np.int64).reshape(-1, 2)
        person, shift = rows[:, 0], rows[:, 1]
        minutes = np.asarray(facts.minutes, dtype=np.int64)[shift]
        week, day = (np.asarray(index, dtype=np.int64) for index in (facts.week, facts.day))
        self.own = np.zeros((count, len(facts.minutes)), dtype=np.bool_)
        self.own[person, shift] = True
        self.total = np.zeros(count, dtype=np.int64)
        self.week = np.zeros((count, int(week.max(initial=0)) + 1), dtype=np.int64)
        self.day = np.zeros((count, int(day.max(initial=0)) + 1), dtype=np.int64)
        self.strain = np.zeros_like(self.week)
        np.add.at(self.total, person, minutes)
        np.add.at(self.week, (person, week[shift]), minutes)
        np.add.at(self.day, (person, day[shift]), minutes)
        np.add.at(self.strain, (person, week[shift]), np.asarray(facts.strain, dtype=np.int64)[shift])


class Barriers:
    """A plan to be asked what stands between its people and its seats."""

    def __init__(self, plan: Plan) -> None:
        self.plan, facts = plan, plan.facts
        problem = facts.problem
        self.now = _Load(plan, ((v, s) for v, s, _ in plan.rows))
        self.fixed = _Load(plan, facts.fixed)
        self.duty = DutyDays(facts, [list(own) for own in plan.own])
        kinds = sorted(set(facts.clash_kinds))
        self.members = [np.asarray([v for v, kind in enumerate(facts.clash_kinds) if kind == each]) for each in kinds]
        self.is_off = np.zeros((problem.volunteer_count, problem.horizon_days), dtype=np.bool_)
        self.is_off[problem.patterns.days_off[:, 0], problem.patterns.days_off[:, 1]] = True
        self.windows = merged(problem.windows)
        self.steps = self._steps_in_use()

    def _steps_in_use(self) -> frozenset[RosterStep]:
        problem = self.plan.facts.problem
        people = problem.volunteers
        used = {
            RosterStep.CERTIFICATE: bool((people.skill_until < NO_LIMIT).any()),
            RosterStep.LISTED: problem.eligible is not None,
            RosterStep.DAY_OFF: problem.patterns.days_off.size > 0,
            RosterStep.STRAIN: bool((people.strain_cap_week < NO_LIMIT).any()),
            RosterStep.PATTERN: problem.patterns.volunteer.size > 0,
            RosterStep.TEAM: bool(problem.teams),
            RosterStep.NEWCOMER: bool(people.newcomer.any()),
        }
        always = {RosterStep.AVAILABLE, RosterStep.MINUTES, RosterStep.OVERLAP, RosterStep.TAKEN}
        return frozenset(always | {step for step, is_used in used.items() if is_used})

    def room(self, shift: int) -> list[int]:
        """Seats of the shift that one more person may take without costing anything in `uncovered`."""
        plan = self.plan
        return [
            seat
            for seat in plan.facts.seats_of_shift[shift]
            if plan.is_open(seat) and plan.costs.saving(seat, plan.filled[seat]) >= 0
        ]

    def may_leave(self, volunteer: int, shift: int) -> bool:
        """Whether somebody could give the place to another without leaving anybody alone or breaking a pattern."""
        plan, facts = self.plan, self.plan.facts
        is_company = plan.company.experienced[volunteer] and plan.company.newcomers_on[shift]
        is_bound = (volunteer, shift) in plan.fixed or facts.pattern_of[volunteer] >= 0 or facts.team_of[volunteer]
        return not is_company and not is_bound

    def easiest(self, seats: Sequence[int]) -> int:
        """Skill asked by the seat that most people can take: any if there is one."""
        return min((self.plan.facts.skill_of_seat[seat] for seat in seats), default=ANY)

    def of(self, shift: int, seat: int) -> Integers:
        """(n_volunteers,) bits of what each person breaks; `seat` is `ANY` where the lead is missing."""
        facts = self.plan.facts
        found = np.zeros(facts.problem.volunteer_count, dtype=np.int64)
        found |= self._qualification(shift, seat)
        found |= _bits(~facts.listed[:, shift], BIT[RosterStep.LISTED])
        found |= _bits(~facts.available[:, shift], BIT[RosterStep.AVAILABLE])
        found |= _bits(self.is_off[:, facts.day[shift]], BIT[RosterStep.DAY_OFF])
        found |= self._company(shift)
        serving = self.now.own[:, shift]
        held = self._held(shift, self.now)
        fixed = self._held(shift, self.fixed) * ~serving
        found |= held | _bits(serving, SERVING)
        found |= _bits(fixed & CAP_NOW > 0, BIT[RosterStep.MINUTES])
        found |= _bits(fixed & STRAIN_NOW > 0, BIT[RosterStep.STRAIN])
        found |= _bits(serving, BIT[RosterStep.SERVING]) | _bits(fixed & CLASH_NOW > 0, BIT[RosterStep.OVERLAP])
        bare = BIT[RosterStep.MINUTES] | BIT[RosterStep.STRAIN] | BIT[RosterStep.SERVING] | BIT[RosterStep.OVERLAP]
        found |= _bits((held > 0) & (found & bare == 0), BIT[RosterStep.TAKEN])
        self._add_patterns(found, shift)
        return found

    def _skill(self, shift: int, skill: int) -> Integers:
        people = self.plan.facts.problem.volunteers
        if skill == ANY:
            return np.zeros(people.leads.size, dtype=np.int64)
        expired = people.skill_until[:, skill] < self.plan.facts.end[shift]
        held = people.skills[:, skill]
        return _bits(~held, BIT[RosterStep.SKILL]) | _bits(held & expired, BIT[RosterStep.CERTIFICATE])

    def _qualification(self, shift: int, seat: int) -> Integers:
        facts = self.plan.facts
        if seat != ANY:
            return self._skill(shift, facts.skill_of_seat[seat])
        leads = facts.problem.volunteers.leads
        unfit = _bits(self._skill(shift, self.easiest(self.room(shift))) > 0, UNFIT)
        return _bits(~(leads & facts.skilled[:, shift]), BIT[RosterStep.LEAD]) | unfit

    def _held(self, shift: int, load: _Load) -> Integers:
        """Bits of what one more shift breaks beside these shifts."""
        facts = self.plan.facts
        people = facts.problem.volunteers
        minutes, week, day = facts.minutes[shift], facts.week[shift], facts.day[shift]
        over = load.total + minutes > people.max_minutes
        over |= load.week[:, week] + minutes > people.max_minutes_week
        over |= load.day[:, day] + minutes > people.max_minutes_day
        strained = load.strain[:, week] + facts.strain[shift] > people.strain_cap_week
        found = _bits(over, CAP_NOW) | _bits(strained, STRAIN_NOW)
        everything = np.arange(len(facts.minutes))
        for members in self.members:
            clash = facts.clash_table(int(members[0]), np.asarray([shift]), everything)[0]
            clash[shift] = False
            found[members] |= _bits(load.own[np.ix_(members, np.flatnonzero(clash))].any(axis=1), CLASH_NOW)
        return found

    def _company(self, shift: int) -> Integers:
        """Bits of teams that cannot come complete and of newcomers whom nobody experienced would receive."""
        plan, problem = self.plan, self.plan.facts.problem
        found = np.zeros(problem.volunteer_count, dtype=np.int64)
        if problem.volunteers.newcomer.any() and not plan.company.experienced_on[shift]:
            found |= _bits(problem.volunteers.newcomer, BIT[RosterStep.NEWCOMER])
        if problem.teams:
            room = sum(plan.maximum[seat] - plan.filled[seat] for seat in self.room(shift))
            for team in problem.teams:
                able = (plan.facts.candidate[v, shift] and plan.can_serve(v, shift) for v in team)
                if shift not in plan.own[team[0]] and (room < len(team) or not all(able)):
                    found[list(team)] |= BIT[RosterStep.TEAM]
        return found

    def _add_patterns(self, found: Integers, shift: int) -> None:
        for volunteer in self.plan.facts.problem.patterns.volunteer.tolist():
            is_asked = not found[volunteer] & (CLASH_NOW | SERVING)
            if is_asked and next(self.duty.broken(volunteer, shift), None) is not None:
                found[volunteer] |= BIT[RosterStep.PATTERN]

    def funnel(self, found: Integers, seat: int) -> list[tuple[RosterStep, int]]:
        """Count who is left after each rule that this problem has, in order."""
        steps = self.steps | {RosterStep.LEAD if seat == ANY else RosterStep.SKILL}
        if (found & BIT[RosterStep.SERVING]).any():
            steps |= {RosterStep.SERVING}
        counts, bits = [], 0
        for step in STEPS:
            if step in steps:
                bits |= BIT[step]
                if step is not RosterStep.CERTIFICATE or seat != ANY:
                    counts.append((step, int((found & bits == 0).sum())))
        return counts


def _bits(broken: Flags, bit: int) -> Integers:
    """Give the bit where the rule is broken."""
    return broken.astype(np.int64) * bit


def smallest_reasons(found: Integers) -> tuple[RosterStep, ...]:
    """Find the fewest rules of which everybody breaks at least one; none where somebody breaks none.

    Among equally many, those earlier in the funnel.
    """
    masks = sorted({int(mask) & FUNNEL_BITS for mask in np.unique(found)})
    used = [step for step in STEPS if any(mask & BIT[step] for mask in masks)]
    choices = (chosen for size in range(1, len(used) + 1) for chosen in combinations(used, size))
    return next((c for c in choices if all(mask & sum(BIT[step] for step in c) for mask in masks)), ())
