"""Prices that lead the search, and a bound for every objective level.

A level is bounded with the levels before it held at their values: they are priced too (Lagrange), and what they are
worth in the plan is taken off. A bound counts only after all pairs were priced, not only those worth a look.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from linkage.kernels.roster.scale.candidates import worth_a_look
from linkage.kernels.roster.scale.facts import MINUTES, SHIFT_OF, TARGET, WISH, Facts, Integers, sift
from linkage.kernels.roster.scale.prices import SCALE, Pricing
from linkage.kernels.roster.scale.state import FAIRNESS_MINUTES, LEAD, PEOPLE, PLEDGE, PREFERENCE, TERMS, UNFAIRNESS
from linkage.kernels.roster.watch import OutOfTime, Watch

LEVEL_SWEEPS: Final = ((0.2, 40), (0.05, 40), (0.0125, 70))
"""Noise and sweeps of each stage of bounding a level; between them all pairs are priced."""

SIFT_SECONDS: Final = 2e-8
"""What it takes to leave out pairs, for each pair there is."""


@dataclass(kw_only=True, eq=False)
class Sieve:
    """All pairs, those worth a look, and the pricing of these; build with `of`."""

    facts: Facts
    weight: Integers
    constants: Integers
    watch: Watch
    threads: int
    keep: np.ndarray[tuple[int], np.dtype[np.int8]]
    pricing: Pricing
    full: Pricing
    bound: int

    @classmethod
    def of(
        cls,
        facts: Facts,
        weight: Integers,
        constants: Integers,
        *,
        keep: np.ndarray[tuple[int], np.dtype[np.int8]],
        watch: Watch,
        threads: int,
        guide: Sieve | None = None,
    ) -> Sieve:
        """Start with the pairs to be kept; they are those of the guide, if there is one."""
        desk = guide.full.desks[0] if guide else None
        full = Pricing.of(facts, weight, constants, has_time=watch.has_time, threads=threads, desk=desk)
        small = full if keep.all() else full.narrowed(guide.pricing.facts if guide else sift(facts, keep != 0))
        return cls(
            facts=facts,
            weight=weight,
            constants=constants,
            watch=watch,
            threads=threads,
            keep=keep.copy(),
            pricing=small,
            full=full,
            bound=-(1 << 62),
        )

    @property
    def is_whole(self) -> bool:
        """Whether no pair is left out."""
        return self.pricing is self.full

    def raise_bound(self, goal: int, sweeps: int, noise: int = 0) -> None:
        """Take subgradient steps on the pairs kept."""
        self.pricing.noise = noise
        self.pricing.factor = max(self.pricing.factor, 0.5)
        self.pricing.raise_bound(goal, sweeps)
        if self.is_whole:
            self.bound = max(self.bound, self.pricing.bound)

    def price_all(self) -> bool:
        """Price all pairs at the best prices, without noise; keep those chosen too and say whether any are new."""
        picked = np.zeros(self.keep.size, dtype=np.int8)
        self.full.noise = 0
        try:
            bound = self.full.evaluate(self.pricing.price, self.pricing.lead_price, picked)[0]
        except OutOfTime:
            return False
        self.bound = max(self.bound, bound)
        if not self.watch.has_time(SIFT_SECONDS * self.keep.size):
            return False
        new = (picked != 0) & (self.keep == 0)
        if not new.any():
            return False
        self.keep[new] = 1
        self.pricing = self.pricing.narrowed(sift(self.facts, self.keep != 0))
        return True

    def start_from(self, prices: list[tuple[Integers, Integers]]) -> None:
        """Start from the best of some prices."""
        for price, lead_price in prices:
            try:
                bound = self.pricing.evaluate(price, lead_price)[0]
            except OutOfTime:
                return
            if bound > self.pricing.bound:
                self.pricing.bound, self.pricing.price, self.pricing.lead_price = bound, price, lead_price
        if self.is_whole:
            self.bound = max(self.bound, self.pricing.bound)


def first_prices(facts: Facts, weight: Integers, total: int) -> list[tuple[Integers, Integers]]:
    """Suggest prices: none; what people gain by keeping their pledges; what an even load costs."""
    minutes = facts.shifts[facts.seats[:, SHIFT_OF], MINUTES]
    none = np.zeros(facts.shifts.shape[0], dtype=np.int64)
    prices = [(np.zeros_like(minutes), none)]
    if weight[PLEDGE]:
        prices.append((-weight[PLEDGE] * SCALE * np.minimum(minutes, facts.owed.max(initial=0)), none))
    if weight[UNFAIRNESS]:
        load = total // max(1, facts.people.shape[0]) // FAIRNESS_MINUTES
        units = -(-minutes // FAIRNESS_MINUTES)
        prices.append((weight[UNFAIRNESS] * SCALE * ((load + units) ** 2 - load * load), none))
    return prices


def demanded_minutes(facts: Facts) -> int:
    """Minutes of all places up to the target."""
    return int((facts.seats[:, TARGET] * facts.shifts[facts.seats[:, SHIFT_OF], MINUTES]).sum())


def noise_of(facts: Facts, weight: Integers, event: Integers, share: float) -> int:
    """Tell how far people who are alike are set apart: a share of a usual change of load, 0 where wishes do it."""
    wished = np.count_nonzero(facts.pairs[:, WISH]) if weight[PREFERENCE] else 0
    if 4 * wished >= facts.pairs.shape[0]:
        return 0
    usual = max(1, int(weight[UNFAIRNESS] * event[UNFAIRNESS] + weight[PEOPLE] * event[PEOPLE]))
    return 1 << max(0, int(share * SCALE * usual).bit_length() - 1)


def level_bound(
    facts: Facts, constants: Integers, levels: list[Integers], values: list[int], guide: Sieve, event: Integers
) -> int:
    """Bound the last of some levels, given the values of those before it.

    The levels before weigh as in the guide's sum; a plan as good on them cannot gain by them.
    """
    units = [_unit(level, guide.weight) for level in levels]
    weight = sum((unit * level for unit, level in zip(units, levels, strict=True)), np.zeros(TERMS, dtype=np.int64))
    sieve = Sieve.of(facts, weight, constants, keep=guide.keep, watch=guide.watch, threads=guide.threads, guide=guide)
    sieve.start_from(first_prices(facts, weight, demanded_minutes(facts)) + _lowered(facts, weight, guide, event))
    spent = sum(unit * value for unit, value in zip(units[:-1], values[:-1], strict=True))
    goal = (spent + units[-1] * values[-1]) * SCALE
    for share, sweeps in LEVEL_SWEEPS:
        if sieve.bound > goal - units[-1] * SCALE:
            break
        sieve.raise_bound(goal, sweeps, noise_of(facts, guide.weight, event, share))
        sieve.price_all()
    return -(-(-(-sieve.bound // SCALE) - spent) // units[-1])


def _unit(level: Integers, weight: Integers) -> int:
    """How often a level counts in the guide's sum."""
    own = np.flatnonzero(level)
    return max(1, int(weight[own[0]]) // int(level[own[0]])) if own.size else 1


def _lowered(facts: Facts, weight: Integers, guide: Sieve, event: Integers) -> list[tuple[Integers, Integers]]:
    """Take off the guide's prices what they pay people for terms that do not count here."""
    minutes = facts.shifts[facts.seats[:, SHIFT_OF], MINUTES]
    price, lead_price = guide.pricing.price, guide.pricing.lead_price
    if weight[UNFAIRNESS]:
        return [(price, lead_price)]
    usual = (
        int(guide.weight[UNFAIRNESS] * event[UNFAIRNESS]) * SCALE // max(1, int(minutes.sum()) // max(1, minutes.size))
    )
    lead = lead_price * (weight[LEAD] > 0)
    return [(np.maximum(price - usual * quarters * minutes // 4, 0), lead) for quarters in (0, 2, 3, 4, 6)]


def guide_of(facts: Facts, weight: Integers, constants: Integers, *, watch: Watch, threads: int) -> Sieve:
    """Make the sieve whose prices lead the search; raise `OutOfTime` when it is up before there is one."""
    none = np.zeros(facts.seats.shape[0], dtype=np.int64), np.zeros(facts.shifts.shape[0], dtype=np.int64)
    keep = worth_a_look(facts, weight * SCALE, none, watch.has_time)
    sieve = Sieve.of(facts, weight, constants, keep=keep, watch=watch, threads=threads)
    sieve.start_from(first_prices(facts, weight, demanded_minutes(facts)))
    return sieve
