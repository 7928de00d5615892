"""The phases of a large solve on one roster: start, prices, search, bounds; each ends by counts.

The clock is looked at between short calls of compiled functions; when the time is up, the best plan so far is left.
Where there is less time than the prices take to set up, people choose among what is there, as far as the time goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite
from typing import Final

import numpy as np

from linkage.kernels.roster.problem import RosterProblem
from linkage.kernels.roster.result import RosterOptions, RosterResult, RosterTrace
from linkage.kernels.roster.scale import bounds, moves, weights
from linkage.kernels.roster.scale.counting import Counts, Leasts
from linkage.kernels.roster.scale.facts import PERSON, SHIFT, Facts, Integers
from linkage.kernels.roster.scale.month import Desk, desk_of
from linkage.kernels.roster.scale.prices import SCALE
from linkage.kernels.roster.scale.reading import work_out_in_time
from linkage.kernels.roster.scale.start import company_for_newcomers, kept_pairs, seat_fixed
from linkage.kernels.roster.scale.state import ALONE, SAT, State, compare, empty_state, put_all
from linkage.kernels.roster.scale.telling import rows_of, served_pairs, told
from linkage.kernels.roster.watch import OutOfTime, Watch

CHUNK_MOVES: Final = 50
CHUNK_PEOPLE: Final = 50
CHUNK_SHIFTS: Final = 20
CHUNK_PAIRS: Final = 400
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
READ_SECONDS: Final = 9e-8
READ_WISH_SECONDS: Final = 2e-9
READ_WINDOW_SECONDS: Final = 3e-8
READ_LEAST_SECONDS: Final = 2e-3
"""What it takes a calm machine to read the facts, for each pair found, wish and window, and in any case."""
RESTORE_SECONDS: Final = 1e-6
LATE_SECONDS: Final = 0.1
"""What it takes to restore a pair of the previous plan, and how late a plan may come for it."""
GUIDE_SECONDS: Final = 2.5e-7
WIDER_SECONDS: Final = 4e-7
"""What it takes for each pair to set up the prices that lead the search, and to look at more pairs."""
TIGHT_SECONDS: Final = 3e-6
"""With less than this for each pair a plan is made before the prices are set up."""


@dataclass(kw_only=True, eq=False)
class Work:
    """A large roster being solved; build with `of`.

    Parameters
    ----------
    is_whole
        Whether the facts hold all pairs; bounds are counted and priced only then.
    knows_wishes
        Whether the facts know what people wish, and so the plan's worth.
    """

    problem: RosterProblem
    options: RosterOptions
    watch: Watch
    threads: int
    facts: Facts
    is_whole: bool
    knows_wishes: bool
    constants: Integers
    levels: list[Integers]
    rows: tuple[Integers, Integers]
    weight: Integers
    event: Integers
    leasts: Leasts
    looked: Facts
    desk: Desk
    random: np.random.Generator
    guide: bounds.Sieve | None = None
    made: int = 0
    state: State = field(init=False)

    @classmethod
    def of(cls, problem: RosterProblem, options: RosterOptions, watch: Watch, *, threads: int) -> Work:
        """Work out the facts and the weights."""
        began = watch.remaining_seconds()
        facts, is_whole, knows_wishes = work_out_in_time(problem, watch)
        if isfinite(began):
            expected = READ_SECONDS * facts.pairs.shape[0] + READ_WISH_SECONDS * problem.requests.volunteer.size
            expected += READ_WINDOW_SECONDS * problem.windows.volunteer.size + READ_LEAST_SECONDS
            watch.learn(began - watch.remaining_seconds(), expected)
        constants = weights.empty_terms(facts, problem)
        levels = weights.level_weights(problem)
        event = weights.events(facts, problem)
        return cls(
            problem=problem,
            options=options,
            watch=watch,
            threads=threads,
            facts=facts,
            is_whole=is_whole,
            knows_wishes=knows_wishes,
            constants=constants,
            levels=levels,
            rows=weights.level_rows(levels),
            weight=weights.summed(levels, event),
            event=event,
            leasts=Leasts(facts=facts, levels=levels),
            looked=facts,
            desk=desk_of(facts, round_up=True),
            random=np.random.default_rng(options.seed),
        )

    @property
    def worth(self) -> int:
        """The plan's weighted sum of all levels."""
        return int((self.weight * self.state.terms).sum())

    def _guidance(self) -> moves.Guide:
        if self.guide is None:
            none = np.zeros(self.facts.seats.shape[0], dtype=np.int64), np.zeros_like(self.facts.shifts[:, 0])
            return moves.Guide(*none, self.weight * SCALE, *self.rows)
        pricing = self.guide.pricing
        return moves.Guide(pricing.price, pricing.lead_price, self.weight * SCALE, *self.rows)

    def _slices(self, count: int, size: int) -> Iterator[Integers]:
        """Split the numbers below `count`, in random order, as long as there is time."""
        order = self.random.permutation(count)
        for first in range(0, count, size):
            if not self.watch.has_time():
                return
            yield order[first : first + size]

    def _act(self, numbers: Integers, kind: int) -> None:
        space = (np.zeros(MOST_PEOPLE, dtype=np.int64), np.zeros_like(self.state.terms))
        moves.act(self.looked, self.state, self.desk, self._guidance(), space, numbers, kind)

    def restore(self) -> None:
        """Seat whoever is left of the previous plan; a plan that people know is worth being a little late for."""
        kept = kept_pairs(self.looked)
        is_quick = RESTORE_SECONDS * kept.size + self.watch.reserve_seconds < LATE_SECONDS
        for first in range(0, kept.size, CHUNK_PAIRS):
            if not (is_quick or self.watch.has_time()):
                return
            self._act(kept[first : first + CHUNK_PAIRS], moves.RESTORE)

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
            if not self.watch.has_time():
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
        facts = self.guide.pricing.facts if self.guide else self.looked
        if facts is self.looked or not self.watch.has_time(WIDER_SECONDS * facts.pairs.shape[0]):
            return
        served = served_pairs(self.state)
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

    def run(self) -> RosterResult | None:
        """Go through the phases; None stands for no plan found: newcomers who must serve are alone."""
        pairs, hurried = self.facts.pairs.shape[0], None
        if not (self.is_whole and self.watch.has_time(TIGHT_SECONDS * pairs)):
            self._hurry()
            hurried = self.state
        if self.is_whole and self.watch.has_time(GUIDE_SECONDS * pairs):
            self.leasts.counts = Counts.of(self.facts, self.watch.has_time)
            try:
                self.guide = bounds.guide_of(
                    self.facts, self.weight, self.constants, watch=self.watch, threads=self.threads
                )
            except OutOfTime:
                self.guide = None
        if self.guide is None:
            found = self._rest(hurried)
        else:
            found = self._improve(self.guide)
            if hurried and not self.watch.has_time() and compare(*self.rows, hurried.terms, self.state.terms) < 0:
                self.looked, self.state = self.facts, hurried
                found = self._bounds()
        self._part_newcomers()
        return None if self.state.terms[ALONE] else self._told(found)

    def _hurry(self) -> None:
        """Let people choose once, or fill up the previous plan, by a random stream of its own."""
        kept, self.random = self.random, np.random.default_rng(self.options.seed)
        self.state = self._fresh()
        if self.problem.previous.volunteer.size:
            self.restore()
        else:
            self.choose(0)
        self.fill()
        self.random = kept

    def _rest(self, hurried: State | None) -> list[int]:
        """Search without prices, as long as there is time; return bounds by counting."""
        if hurried is None:
            self._hurry()
        self.search(self._moves)
        if self.is_whole and self.leasts.counts is None:
            self.leasts.counts = Counts.of(self.facts, self.watch.has_time)
        return self._bounds()

    @property
    def _moves(self) -> int:
        return max(1, self.options.moves * self.problem.volunteer_count // 20)

    def _improve(self, guide: bounds.Sieve) -> list[int]:
        """Construct and search by prices that settle meanwhile; return bounds."""
        self.looked = guide.pricing.facts
        self.state = self._fresh()
        self.restore()
        self.fill()
        count, people = self._moves, self.looked.people.shape[0]
        has_previous = bool(self.problem.previous.volunteer.size)
        for share, sweeps in GUIDE_SWEEPS:
            if not self.watch.has_time():
                return self._bounds()
            noise = bounds.noise_of(self.facts, self.weight, self.event, share)
            guide.raise_bound(self.worth * SCALE, sweeps, noise)
            if guide.price_all():
                self.look_wider()
            if has_previous:
                self.search(min(count // 8, FIRST_MOVES * people))
            elif self.watch.has_time():
                self.construct(min(count // 8, FIRST_MOVES * people))
        found = self._bounds()
        for left in range(LAST_ROUNDS, 0, -1):
            if not self.watch.has_time():
                return found
            self.search((count - self.made) // left)
            if len(self.levels) == 1 and guide.bound < self.worth * SCALE:
                guide.raise_bound(self.worth * SCALE, LAST_SWEEPS)
                if guide.price_all():
                    self.look_wider()
                found = self._bounds()
        return found

    def _bounds(self) -> list[int]:
        """Bound every level."""
        guide = self.guide
        if len(self.levels) == 1 and guide:
            return [max(self.leasts.of(self.levels[0], []), -(-guide.bound // SCALE))]
        values, found = self._values(), []
        for end in range(1, len(self.levels) + 1):
            least = self.leasts.of(self.levels[end - 1], values[: end - 1])
            if guide and values[end - 1] > least and self.watch.has_time():
                least = max(
                    least,
                    bounds.level_bound(self.facts, self.constants, self.levels[:end], values[:end], guide, self.event),
                )
            found.append(least)
        return found

    def _values(self) -> list[int]:
        return [int((level * self.state.terms).sum()) for level in self.levels]

    def _part_newcomers(self) -> None:
        """Give newcomers who must serve company; take the others off shifts on which nobody experienced is left."""
        moves.leave_alone(self.looked, self.state)
        for company in company_for_newcomers(self.looked, self.state):
            alone = self.state.terms[ALONE]
            for place in range(company.size):
                self._act(company[place : place + 1], moves.RESTORE)
                if self.state.terms[ALONE] < alone:
                    break

    def _told(self, found: list[int]) -> RosterResult:
        """Tell the plan with what it is worth and the bounds found."""
        trace = RosterTrace(
            seed=self.options.seed,
            candidate_pairs=int(self.facts.pairs.shape[0]),
            moves=self.made,
            is_cut_short=not self.watch.has_time(),
        )
        terms = self.state.terms if self.knows_wishes else None
        idle = [int((level * self.constants).sum()) for level in self.levels]
        return told(self.problem, rows_of(self.looked, self.state), terms, list(zip(found, idle, strict=True)), trace)
