"""The smallest change of the facts that seats one more person in a plan.

A change is only proposed where one person breaks exactly one rule for the seat in the present plan, so that
applying it is enough: the plan stays as it is and the person is added. Kinds are ordered from what costs
least to ask for (an hour more) to what costs most (one more volunteer).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from linkage.kernels.roster.barriers import (
    BIT,
    CAP_NOW,
    CLASH_NOW,
    FUNNEL_BITS,
    SERVING,
    STRAIN_NOW,
    UNFIT,
    Barriers,
    Integers,
)
from linkage.kernels.roster.changes import NEW, NOBODY, RosterChange
from linkage.kernels.roster.columns import ANY
from linkage.terms import RosterChangeKind, RosterRule, RosterStep

_PLAN_BITS: Final = (
    BIT[RosterStep.MINUTES]
    | BIT[RosterStep.STRAIN]
    | BIT[RosterStep.SERVING]
    | BIT[RosterStep.OVERLAP]
    | BIT[RosterStep.TAKEN]
)
"""Said more exactly by the bits of the plan as it stands."""
_PATTERN_CHANGES: Final = {
    RosterRule.MAX_SHIFTS_BY_KIND: RosterChangeKind.MORE_OF_KIND,
    RosterRule.MAX_CONSECUTIVE_DAYS: RosterChangeKind.LONGER_RUN,
    RosterRule.MAX_WEEKENDS: RosterChangeKind.MORE_WEEKENDS,
}


class _Proposer:
    """Makes the change that takes one barrier away from one person, for one seat."""

    def __init__(self, barriers: Barriers, shift: int, seat: int) -> None:
        self.barriers, self.plan, self.shift = barriers, barriers.plan, shift
        room = barriers.room(shift)
        self.room = room
        self.skill = barriers.easiest(room if seat == ANY else [seat])
        self.makers: dict[int, Callable[[int], RosterChange | None]] = {
            CAP_NOW: self._raise_minutes,
            STRAIN_NOW: self._raise_strain,
            BIT[RosterStep.PATTERN]: self._loosen_pattern,
            BIT[RosterStep.DAY_OFF]: lambda v: self._plain(RosterChangeKind.WORK_DAY_OFF, v),
            BIT[RosterStep.AVAILABLE]: self._extend,
            BIT[RosterStep.LISTED]: lambda v: self._plain(RosterChangeKind.LIST_PAIR, v),
            BIT[RosterStep.CERTIFICATE]: self._renew,
            BIT[RosterStep.NEWCOMER]: self._accompany,
            BIT[RosterStep.SKILL]: lambda v: self._plain(RosterChangeKind.GRANT_SKILL, v, skill=self.skill),
            BIT[RosterStep.LEAD]: lambda v: self._plain(RosterChangeKind.GRANT_LEAD, v),
        }

    def _plain(
        self,
        kind: RosterChangeKind,
        volunteer: int,
        *,
        skill: int = ANY,
        minutes: int = 0,
        limit: int = 0,
        companion: int = NOBODY,
    ) -> RosterChange:
        return RosterChange(
            kind=kind,
            volunteer=volunteer,
            shift=self.shift,
            skill=skill,
            minutes=minutes,
            limit=limit,
            companion=companion,
        )

    def _raise_minutes(self, volunteer: int) -> RosterChange:
        plan, shift = self.plan, self.shift
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

    def _raise_strain(self, volunteer: int) -> RosterChange:
        plan, week = self.plan, self.plan.week[self.shift]
        needed = plan.strain_in_week[volunteer][week] + plan.strain[self.shift]
        return self._plain(RosterChangeKind.RAISE_STRAIN, volunteer, limit=needed)

    def _loosen_pattern(self, volunteer: int) -> RosterChange | None:
        broken = list(self.barriers.duty.broken(volunteer, self.shift))
        if len(broken) != 1 or broken[0][0] not in _PATTERN_CHANGES:
            return None
        rule, limit = broken[0]
        return self._plain(_PATTERN_CHANGES[rule], volunteer, limit=limit)

    def _extend(self, volunteer: int) -> RosterChange:
        """Count the minutes of the shift that lie in none of the person's windows."""
        person, opens, closes = self.barriers.windows
        start, end = self.plan.facts.start[self.shift], self.plan.facts.end[self.shift]
        first, last = np.searchsorted(person, [volunteer, volunteer + 1])
        shared = np.minimum(closes[first:last], end) - np.maximum(opens[first:last], start)
        outside = end - start - int(np.maximum(0, shared).sum())
        return self._plain(RosterChangeKind.EXTEND_AVAILABILITY, volunteer, minutes=outside)

    def _renew(self, volunteer: int) -> RosterChange:
        until = int(self.plan.facts.problem.volunteers.skill_until[volunteer, self.skill])
        minutes = self.plan.facts.end[self.shift] - until
        return self._plain(RosterChangeKind.RENEW_CERTIFICATE, volunteer, skill=self.skill, minutes=minutes)

    def _accompany(self, volunteer: int) -> RosterChange | None:
        people = self.plan.facts.problem.volunteers
        there = [v for v in sorted(self.plan.on_shift[self.shift]) if not people.newcomer[v]]
        if there:
            return self._plain(RosterChangeKind.NAME_EXPERIENCED, volunteer, companion=there[0])
        left = [s for s in self.room if s != self._seat_of(volunteer)]
        open_places = sum(self.plan.maximum[s] - self.plan.filled[s] for s in self.room)
        if open_places < 2:
            return None
        skill = self.barriers.easiest(left or self.room)
        return self._plain(RosterChangeKind.NAME_EXPERIENCED, volunteer, companion=NEW, skill=skill)

    def _seat_of(self, volunteer: int) -> int:
        """Return the seat the newcomer would take, unless it has places for both."""
        seat = self.plan.open_seat(volunteer, self.shift)
        return seat if seat >= 0 and self.plan.maximum[seat] - self.plan.filled[seat] < 2 else -1

    def cheapest(self, found: Integers) -> RosterChange | None:
        """Find the cheapest change for somebody who breaks exactly one rule."""
        asked = found & (FUNNEL_BITS | CAP_NOW | STRAIN_NOW | CLASH_NOW | UNFIT) & ~_PLAN_BITS
        serving = found & SERVING > 0
        if self.room:
            asked = np.where(serving, np.where(asked & BIT[RosterStep.LEAD], BIT[RosterStep.LEAD], 0), asked)
        else:
            asked = np.where(serving, asked & BIT[RosterStep.LEAD], 0)
        order = list(RosterChangeKind)
        best: tuple[tuple[int, int, int], RosterChange] | None = None
        for bit, make in self.makers.items():
            for volunteer in np.flatnonzero(asked == bit).tolist():
                change = make(volunteer)
                if change is not None:
                    key = (order.index(change.kind), change.minutes, volunteer)
                    if best is None or key < best[0]:
                        best = key, change
        return None if best is None else best[1]


def cheapest_change(barriers: Barriers, found: Integers, shift: int, seat: int) -> RosterChange | None:
    """Find the cheapest change that seats one more person; `seat` is `ANY` where only the lead is missing.

    A lead who would have to come in addition needs an open place; without one only somebody who serves there
    already can qualify, or a new volunteer can take the place of one who may leave it. None where the shift
    has no place at all that could change hands.

    Parameters
    ----------
    found
        What `barriers` says of this shift and seat.
    """
    change = _Proposer(barriers, shift, seat).cheapest(found)
    if change is not None:
        return change
    plan, needs_lead = barriers.plan, seat == ANY
    room = barriers.room(shift) if needs_lead else [seat]
    held = [plan.own[v][shift] for v in plan.on_shift[shift] if barriers.may_leave(v, shift)]
    if not room and not held:
        return None
    return RosterChange(
        kind=RosterChangeKind.ADD_VOLUNTEER,
        volunteer=NEW,
        shift=shift,
        skill=barriers.easiest(room or held),
        is_lead=needs_lead,
    )
