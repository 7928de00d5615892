"""The phases of a large solve on one roster: start, prices, search, bounds; each ends by counts.

The clock is looked at between short calls of compiled functions; when the time is up, the best plan so far is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from linkage.kernels.roster.problem import RosterProblem
from linkage.kernels.roster.result import RosterOptions, RosterTrace
from linkage.kernels.roster.scale import bounds, counting, moves, weights
from linkage.kernels.roster.scale.facts import GROUP, PERSON, ROW, SHIFT, TOGETHER, Facts, Integers, work_out
from linkage.kernels.roster.scale.month import Desk, desk_of
from linkage.kernels.roster.scale.prices import SCALE
from linkage.kernels.roster.scale.start import seat_fixed, seat_previous
from linkage.kernels.roster.scale.state import (
    ALONE,
    LEAD,
    PEOPLE,
    PLEDGE,
    PREFERENCE,
    SAT,
    UNCOVERED,
    UNFAIRNESS,
    State,
    compare,
    empty_state,
    put_all,
)

CHUNK_MOVES: Final = 50
CHUNK_PEOPLE: Final = 50
CHUNK_SHIFTS: Final = 20
"""Work done between two looks at the clock."""
MOST_PEOPLE: Final = 16
"""People set free at once, at most."""
GUIDE_SWEEPS: Final = ((0.8, 60), (0.2, 60), (0.05, 80), (0.0125, 100))
"""Noise and sweeps of prices before each construction."""
LAST_ROUNDS: Final = 5
LAST_SWEEPS: Final = 60
"""Rounds of the rest of the moves, and sweeps that raise the bound of a single level after each."""
FIRST_MOVES: Final = 1
"""Moves for each person after each construction."""


@dataclass(kw_only=True, eq=False)
class Work:
    """A large roster being solved; build with `of`."""

    problem: RosterProblem
    options: RosterOptions
    threads: int
    facts: Facts
    constants: Integers
    levels: list[Integers]
    rows: tuple[Integers, Integers]
    weight: Integers
    event: Integers
    guide: bounds.Sieve
    looked: Facts
    state: State
    desk: Desk
    random: np.random.Generator
    made: int = 0

    @classmethod
    def of(cls, problem: RosterProblem, options: RosterOptions, *, threads: int) -> Work:
        """Work out the facts and the weights; seat nobody but the fixed."""
        facts = work_out(problem)
        constants = weights.empty_terms(facts, problem)
        levels = weights.level_weights(problem)
        desk = desk_of(facts, round_up=True)
        event = weights.events(facts, problem)
        weight = weights.summed(levels, event)
        guide = bounds.guide_of(facts, weight, constants, has_time=options.has_time, threads=threads)
        looked = guide.pricing.facts
        state = empty_state(looked, constants, options.seed)
        return cls(
            problem=problem,
            options=options,
            threads=threads,
            facts=facts,
            constants=constants,
            levels=levels,
            rows=weights.level_rows(levels),
            weight=weight,
            event=event,
            guide=guide,
            looked=looked,
            state=state,
            desk=desk,
            random=np.random.default_rng(options.seed),
        )

    @property
    def worth(self) -> int:
        """The plan's weighted sum of all levels."""
        return int((self.weight * self.state.terms).sum())

    def _guidance(self) -> moves.Guide:
        pricing = self.guide.pricing
        return moves.Guide(pricing.price, pricing.lead_price, self.weight * SCALE, *self.rows)

    def _slices(self, count: int, size: int) -> Iterator[Integers]:
        """Split the numbers below `count`, in random order, as long as there is time."""
        order = self.random.permutation(count)
        for first in range(0, count, size):
            if not self.options.has_time():
                return
            yield order[first : first + size]

    def _act(self, numbers: Integers, kind: int) -> None:
        space = (np.zeros(MOST_PEOPLE, dtype=np.int64), np.zeros_like(self.state.terms))
        moves.act(self.looked, self.state, self.desk, self._guidance(), space, numbers, kind)

    def fill(self) -> None:
        """Seat whoever pays, shift by shift."""
        for shifts in self._slices(self.looked.shifts.shape[0], CHUNK_SHIFTS):
            self._act(shifts, moves.FILL)

    def choose(self, theta: int) -> None:
        """Let everybody choose anew in turn, led by prices in `theta` quarters."""
        for people in self._slices(self.looked.people.shape[0], CHUNK_PEOPLE):
            self._act(people, theta)

    def search(self, count: int) -> None:
        """Ruin and recreate."""
        for done in range(0, count, CHUNK_MOVES):
            if not self.options.has_time():
                return
            numbers = np.arange(min(CHUNK_MOVES, count - done))
            self._act(numbers, moves.RECREATE)
            self.made += numbers.size

    def construct(self, count: int) -> None:
        """Build a plan by the present prices and search from there; keep it if it is better than the one there is."""
        old = self.state
        self.state = self._fresh()
        for theta in (moves.WHOLE, moves.WHOLE // 2, 0):
            self.choose(theta)
        self.fill()
        self.search(count)
        if compare(*self.rows, self.state.terms, old.terms) > 0:
            self.state = old

    def _fresh(self) -> State:
        state = empty_state(self.looked, self.constants, self.options.seed)
        seat_fixed(self.looked, state)
        return state

    def look_wider(self) -> None:
        """Search among the pairs that the guide looks at now; the plan stays."""
        facts = self.guide.pricing.facts
        if facts is self.looked:
            return
        served = np.flatnonzero(self.state.place[:, SAT] >= 0)
        old, seats = self.looked.pairs, self.state.place[served, SAT].astype(np.int64)
        key = old[served, PERSON].astype(np.int64) * self.facts.shifts.shape[0] + old[served, SHIFT]
        new = facts.pairs[:, PERSON].astype(np.int64) * self.facts.shifts.shape[0] + facts.pairs[:, SHIFT]
        order = np.argsort(new, kind="stable")
        pairs = order[np.searchsorted(new[order], key)]
        draw = self.state.misc[1]
        self.looked, self.desk = facts, desk_of(facts, round_up=True)
        self.state = empty_state(facts, self.constants, self.options.seed)
        put_all(facts, self.state, pairs.astype(np.int64), seats)
        self.state.misc[1] = draw

    def run(self) -> tuple[Integers, list[int], RosterTrace] | None:
        """Go through the phases."""
        seat_fixed(self.looked, self.state)
        seat_previous(self.looked, self.state)
        self.fill()
        people = self.looked.people.shape[0]
        count = max(1, self.options.moves * people // 20)
        has_previous = bool(self.problem.previous.volunteer.size)
        for share, sweeps in GUIDE_SWEEPS:
            noise = bounds.noise_of(self.facts, self.weight, self.event, share)
            self.guide.raise_bound(self.worth * SCALE, sweeps, noise)
            if self.guide.price_all():
                self.look_wider()
            if has_previous:
                self.search(min(count // 8, FIRST_MOVES * people))
            else:
                self.construct(min(count // 8, FIRST_MOVES * people))
        found = self._bounds()
        for left in range(LAST_ROUNDS, 0, -1):
            self.search((count - self.made) // left)
            if len(self.levels) == 1 and self.guide.bound < self.worth * SCALE:
                self.guide.raise_bound(self.worth * SCALE, LAST_SWEEPS)
                if self.guide.price_all():
                    self.look_wider()
                found = self._bounds()
        self.leave_alone()
        if self.state.terms[ALONE]:
            return None
        values = self._values()
        trace = RosterTrace(
            seed=self.options.seed,
            candidate_pairs=int(self.facts.pairs.shape[0]),
            moves=self.made,
            is_cut_short=not self.options.has_time(),
        )
        return self._rows(), [int(min(*pair)) for pair in zip(found, values, strict=True)], trace

    def _values(self) -> list[int]:
        return [int((level * self.state.terms).sum()) for level in self.levels]

    def _bounds(self) -> list[int]:
        """Bound every level."""
        if len(self.levels) == 1:
            return [max(self._least(self.levels[0], []), -(-self.guide.bound // SCALE))]
        values, found = self._values(), []
        for end in range(1, len(self.levels) + 1):
            least = self._least(self.levels[end - 1], values[: end - 1])
            if values[end - 1] > least and self.options.has_time():
                least = max(
                    least,
                    bounds.level_bound(
                        self.facts, self.constants, self.levels[:end], values[:end], self.guide, self.event
                    ),
                )
            found.append(least)
        return found

    def _least(self, level: Integers, before: list[int]) -> int:
        """Least a level can be, by counting what nobody can take and what the coverage of the levels before asks for."""
        least = int(level[UNCOVERED]) * counting.never_covered(self.facts)
        least += int(level[LEAD]) * counting.never_led(self.facts)
        least += int(level[PLEDGE]) * counting.never_promised(self.facts)
        if self.facts.limits[TOGETHER] and level[PREFERENCE]:
            grouped = int((self.facts.people[self.facts.pairs[:, PERSON], GROUP] >= 0).sum())
            least -= int(level[PREFERENCE] * self.facts.limits[TOGETHER]) * grouped
        for weight, value in zip(self.levels, before, strict=False):
            if weight[UNCOVERED]:
                minutes = counting.least_minutes(self.facts, value // int(weight[UNCOVERED]))
                least += int(level[UNFAIRNESS]) * counting.even_load(self.facts, minutes)
                least += int(level[PEOPLE]) * counting.fewest_people(self.facts, minutes)
        return least

    def leave_alone(self) -> None:
        """Take newcomers off shifts on which nobody experienced is left."""
        if self.state.terms[ALONE]:
            moves.leave_alone(self.looked, self.state)

    def _rows(self) -> Integers:
        served = np.flatnonzero(self.state.place[:, SAT] >= 0)
        pairs = self.looked.pairs[served]
        seats = self.facts.seats[self.state.place[served, SAT], ROW]
        rows = np.stack((pairs[:, PERSON].astype(np.int64), pairs[:, SHIFT].astype(np.int64), seats), axis=1)
        return np.ascontiguousarray(rows[np.lexsort((rows[:, 0], rows[:, 2], rows[:, 1]))])
