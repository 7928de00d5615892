"""Make a plan better by small changes: fill, eject, replace, ruin and recreate.

A change stays only if the exact lexicographic cost does not rise. Every loop ends by counts; the deadline is asked between changes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from linkage.kernels.roster.plan import Plan

MOST_EMPTY = 8
"""Shifts with empty places that the people set free may enter, besides those they leave."""
IN_ORDER_SHARE = 0.4
"""Share of recreations that seat the dearest shifts first; the others go in random order."""
TEAM_FIRST_SHARE = 0.7
"""How often a shift set free is offered to the teams before it is offered to people one by one."""


class Search:
    """The moves on one plan, with their random stream.

    Parameters
    ----------
    has_time
        Asked between changes; False ends the search at a valid plan.
    """

    def __init__(self, plan: Plan, *, seed: int, has_time: Callable[[], bool]) -> None:
        self.plan, self.has_time = plan, has_time
        self.draw = random.Random(seed)
        self.people_of = plan.facts.people_of
        self.seats_of_shift = plan.facts.seats_of_shift
        candidate = plan.facts.candidate
        self.teams_of = [
            [team for team in plan.facts.problem.teams if candidate[team[0], shift]]
            for shift in range(len(self.seats_of_shift))
        ]

    def open_shifts(self) -> list[int]:
        """Shifts with an empty place or without their lead, the dearest first."""
        plan, cost = self.plan, {}
        for shift in range(len(self.seats_of_shift)):
            missing = self._missing_cost(shift)
            lead = plan.costs.lead_cost[shift] if not plan.led[shift] else 0
            if plan.open_places[shift] or lead:
                cost[shift] = (-missing, -lead, shift)
        return sorted(cost, key=cost.__getitem__)

    def best_entry(self, shift: int, barred: int = -1, deaf: float = 0.0) -> tuple[int, int, int] | None:
        """Find the (delta, volunteer, seat) that best takes an open place, not asking a share `deaf` of the people."""
        plan, draw = self.plan, self.draw.random
        people = plan.able(shift)
        if barred >= 0 or deaf:
            people = [v for v in people if v != barred and (not deaf or draw() >= deaf)]
        return min(plan.entries(shift, people), default=None)

    def fill_directly(self, shift: int) -> bool:
        """Take the best entries while they pay; say whether any did."""
        found = False
        while True:
            entry = self.best_entry(shift)
            if entry is None or entry[0] >= 0:
                return found
            self.plan.add(entry[1], shift, entry[2])
            found = True

    def fill_by_team(self, shift: int) -> None:
        """Bring in each team that can come complete, while it pays."""
        for team in self.teams_of[shift]:
            if team[0] not in self.plan.on_shift[shift]:
                self._bring(team, shift)

    def _bring(self, team: Sequence[int], shift: int) -> None:
        plan, mark, before = self.plan, len(self.plan.journal), self.plan.cost
        for volunteer in team:
            seat = plan.open_seat(volunteer, shift) if plan.can_serve(volunteer, shift) else -1
            if seat < 0:
                plan.undo(mark)
                return
            plan.add(volunteer, shift, seat)
        if plan.cost >= before:
            plan.undo(mark)

    def reseat(self, shift: int) -> None:
        """Move people within a shift from a seat that many may take to an open one that asks for their skill."""
        plan = self.plan
        for volunteer in sorted(plan.on_shift[shift]):
            seat = plan.own[volunteer][shift]
            for other in plan.seats_for[volunteer][shift]:
                if other != seat and plan.is_short(other):
                    mark, before = len(plan.journal), plan.cost
                    plan.remove(volunteer, shift)
                    plan.add(volunteer, shift, other)
                    self.fill_directly(shift)
                    if plan.cost >= before:
                        plan.undo(mark)
                    else:
                        break

    def fill_by_chain(self, shift: int, depth: int, budget: list[int]) -> bool:
        """Bring somebody in who gives up another shift, whose place is then filled in turn; keep it if it pays."""
        plan = self.plan
        start = plan.cost
        for volunteer in self.people_of[shift]:
            if shift in plan.own[volunteer]:
                continue
            seat = plan.open_seat(volunteer, shift)
            if seat < 0:
                continue
            for other in plan.blockers(volunteer, shift):
                if budget[0] <= 0:
                    return False
                budget[0] -= 1
                mark = len(plan.journal)
                plan.remove(volunteer, other)
                plan.add(volunteer, shift, seat)
                self._refill(other, volunteer, depth, budget)
                if plan.cost < start:
                    return True
                plan.undo(mark)
        return False

    def _refill(self, shift: int, gone: int, depth: int, budget: list[int]) -> None:
        entry = self.best_entry(shift, barred=gone)
        if entry is not None and entry[0] < 0:
            self.plan.add(entry[1], shift, entry[2])
        elif depth > 1:
            self.fill_by_chain(shift, depth - 1, budget)

    def swap_in(self, shift: int) -> bool:
        """Replace somebody on the shift by somebody better, such as a lead where none is."""
        plan = self.plan
        start = plan.cost
        for volunteer in sorted(plan.on_shift[shift]):
            if (volunteer, shift) in plan.fixed:
                continue
            mark = len(plan.journal)
            plan.remove(volunteer, shift)
            entry = self.best_entry(shift, barred=volunteer)
            if entry is not None:
                plan.add(entry[1], shift, entry[2])
                self.take_best(volunteer, shift)
            if plan.cost < start:
                return True
            plan.undo(mark)
        return False

    def take_best(self, volunteer: int, barred: int) -> None:
        """Give a volunteer who was set free the open place that pays most."""
        plan = self.plan
        best = (0, -1, -1)
        for shift in plan.facts.shifts_of[volunteer]:
            if shift != barred and plan.can_serve(volunteer, shift):
                seat = plan.open_seat(volunteer, shift)
                if seat >= 0:
                    best = min(best, (plan.add_delta(volunteer, shift, seat), shift, seat))
        if best[0] < 0:
            plan.add(volunteer, best[1], best[2])

    def lead_by_chain(self, shift: int, budget: list[int]) -> bool:
        """Free a lead from another shift for one that has none, in exchange for somebody who sits there."""
        plan = self.plan
        start = plan.cost
        leads = [v for v in self.people_of[shift] if plan.costs.is_lead[v] and shift not in plan.own[v]]
        for sitter in sorted(plan.on_shift[shift]):
            if (sitter, shift) in plan.fixed:
                continue
            for lead in leads:
                for other in plan.blockers(lead, shift):
                    if budget[0] <= 0:
                        return False
                    budget[0] -= 1
                    mark = len(plan.journal)
                    plan.remove(sitter, shift)
                    plan.remove(lead, other)
                    seat = plan.open_seat(lead, shift)
                    if seat >= 0:
                        plan.add(lead, shift, seat)
                        self._refill(other, lead, 1, budget)
                        if plan.cost < start:
                            return True
                    plan.undo(mark)
        return False

    def repair(self, *, depth: int, budget: int) -> None:
        """Fill and lead whatever can be, shift by shift, the dearest first."""
        for shift in self.open_shifts():
            if not self.has_time():
                return
            self.fill_by_team(shift)
            self.fill_directly(shift)
            self.reseat(shift)
            while self.plan.open_places[shift] and self.fill_by_chain(shift, depth, [budget]):
                pass
            if self.plan.lead_cost[shift] and not self.plan.led[shift] and not self.swap_in(shift):
                self.lead_by_chain(shift, [budget])

    def polish(self) -> None:
        """Offer every assignment once to somebody better."""
        for shift in range(len(self.seats_of_shift)):
            if not self.has_time():
                return
            while self.swap_in(shift):
                pass
        for volunteer, shift, _ in self.plan.rows:
            self._drop_if_better(volunteer, shift)

    def _drop_if_better(self, volunteer: int, shift: int) -> None:
        mark, before = len(self.plan.journal), self.plan.cost
        if (volunteer, shift) not in self.plan.fixed:
            self.plan.remove(volunteer, shift)
            if self.plan.cost >= before:
                self.plan.undo(mark)

    def ruin_and_recreate(self, moves: int) -> int:
        """Free the people around a shift, seat anew, keep what is not worse; return the moves made."""
        plan = self.plan
        active = [shift for shift, seats in enumerate(self.seats_of_shift) if seats and self.people_of[shift]]
        if not active:
            return 0
        for move in range(moves):
            if not self.has_time():
                return move
            plan.journal.clear()
            before = plan.cost
            touched = self._ruin(active)
            self._recreate(touched, deaf=self.draw.choice((0.0, 0.1, 0.4)))
            if plan.cost > before:
                plan.undo(0)
        plan.journal.clear()
        return moves

    def _missing_cost(self, shift: int) -> int:
        plan = self.plan
        if not plan.open_places[shift]:
            return 0
        return sum(plan.costs.uncovered(seat, plan.filled[seat]) for seat in self.seats_of_shift[shift])

    def _ruin(self, active: Sequence[int]) -> list[int]:
        plan = self.plan
        unmet = self.open_shifts() if self.draw.random() < 0.5 else []
        shift = self.draw.choice(unmet or active)
        crew = self.people_of[shift] or self.people_of[self.draw.choice(active)]
        chosen = self.draw.sample(crew, min(len(crew), self.draw.randint(2, 8)))
        touched = {shift}
        wanting: set[int] = set()
        for volunteer in sorted({mate for v in chosen for mate in plan.facts.team_of[v] or (v,)}):
            wanting.update(plan.facts.shifts_of[volunteer])
            for other in list(plan.own[volunteer]):
                if (volunteer, other) not in plan.fixed:
                    plan.remove(volunteer, other)
                    touched.add(other)
        empty = sorted(s for s in wanting - touched if plan.open_places[s])
        touched.update(self.draw.sample(empty, min(len(empty), MOST_EMPTY)))
        return sorted(touched)

    def _recreate(self, touched: list[int], *, deaf: float) -> None:
        plan = self.plan
        self.draw.shuffle(touched)
        if self.draw.random() < IN_ORDER_SHARE:
            touched.sort(key=self._missing_cost, reverse=True)
        for shift in touched:
            if self.teams_of[shift] and self.draw.random() < TEAM_FIRST_SHARE:
                self.fill_by_team(shift)
            while True:
                entry = self.best_entry(shift, deaf=deaf)
                if entry is None or entry[0] >= 0:
                    break
                plan.add(entry[1], shift, entry[2])
            self.fill_by_team(shift)
