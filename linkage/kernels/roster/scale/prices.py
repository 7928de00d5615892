"""Prices of seats and leads, and the bound they prove: each volunteer chooses alone, seats and leads are paid for.

With "who serves sits on a seat" and "a led shift has a lead" turned into prices (Lagrange; Held and Karp 1971), every
set of prices gives a bound of the weighted sum of the terms, in whole numbers. Deflected subgradient steps (Camerini,
Fratta and Maffioli 1975) raise it. Seats nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.kernels.compiled import compiled
from linkage.kernels.roster.scale.facts import (
    GROUP,
    HIGH,
    IS_LEAD,
    KEPT,
    LEAD_COST,
    LOW,
    MARK,
    MINIMUM,
    MINUTES,
    MOST,
    OVER,
    PROMISED,
    SHIFT,
    TARGET,
    TOGETHER,
    WISH,
    Bytes,
    Facts,
    Integers,
)
from linkage.kernels.roster.scale.month import (
    FORCED,
    GAIN,
    PAIR,
    SEAT_TAKEN,
    SIZE,
    Desk,
    best_schedule,
    dearest_seat,
    desk_of,
    is_fixed,
    units,
)
from linkage.kernels.roster.scale.state import DISTURBANCE, LEAD, PLEDGE, PREFERENCE, TERMS, UNCOVERED
from linkage.kernels.roster.watch import OutOfTime

SCALE: Final = 64
"""Prices are whole numbers of 1/64 of a unit of the objective."""
CHUNK: Final = 64
"""Volunteers priced between two looks at the clock."""

Floats = NDArray[np.float64]


@compiled
def sweep(
    facts: Facts,
    desk: Desk,
    price: Integers,
    lead_price: Integers,
    weight: Integers,
    bonus: Integers,
    span: tuple[int, int],
    used: Integers,
    led: Integers,
    picked: Bytes,
    noise: int,
) -> int:
    """Let some volunteers choose their best schedules; return what they gain, count who takes which seat.

    `picked` marks what is chosen, unless it is empty. Each pair gains up to `noise` - 1 (a power of two) more, so that
    people who are alike do not all choose the same; that can only lower a bound.
    """
    total = 0
    for volunteer in range(span[0], span[1]):
        count = 0
        forced = 0
        promise = weight[PLEDGE] * facts.people[volunteer, PROMISED]
        for pair in range(facts.pair_first[volunteer], facts.pair_first[volunteer + 1]):
            shift = facts.pairs[pair, SHIFT]
            seat = dearest_seat(facts, pair, price)
            gain = price[seat] - weight[PREFERENCE] * facts.pairs[pair, WISH] + bonus[volunteer]
            gain += weight[DISTURBANCE] * (facts.pairs[pair, MARK] & KEPT)
            if facts.people[volunteer, IS_LEAD]:
                gain += lead_price[shift]
            if noise:
                gain += ((pair * 40503 + volunteer * 30011 + shift * 7919) >> 3) & (noise - 1)
            fixed = is_fixed(facts, pair)
            if fixed:
                gain += FORCED
                forced += FORCED
            elif gain + promise * facts.shifts[shift, MINUTES] <= 0:
                continue
            desk.items[count, PAIR] = pair
            desk.items[count, SEAT_TAKEN] = seat
            desk.items[count, GAIN] = gain
            desk.items[count, SIZE] = units(desk, facts.shifts[shift, MINUTES])
            count += 1
        if count == 0:
            continue
        total += best_schedule(facts, desk, weight, volunteer, count) - forced
        last = desk.chosen.size - 2
        for place in range(last - desk.chosen[-1] + 1, last + 1):
            item = desk.chosen[place]
            used[desk.items[item, SEAT_TAKEN]] += 1
            if facts.people[volunteer, IS_LEAD]:
                led[facts.pairs[desk.items[item, PAIR], SHIFT]] += 1
            if picked.size:
                picked[desk.items[item, PAIR]] = 1
    return total


def _like(desk: Desk) -> Desk:
    """Make an empty desk of the same size."""
    return Desk(*(array if name == "unit" else np.zeros_like(array) for name, array in desk._asdict().items()))


@dataclass(kw_only=True, eq=False)
class Pricing:
    """The bound of one weighted sum of terms over some pairs; build with `of`.

    Parameters
    ----------
    weight
        (8,) int64 scaled weights of the terms.
    constant
        Scaled worth of what no choice changes: pledges, previous pairs, wishes, all unserved.
    price, lead_price
        (n_seats,) and (n_shifts,) best prices so far, scaled.
    bound
        Best scaled bound so far.
    """

    facts: Facts
    weight: Integers
    constant: int
    price: Integers
    lead_price: Integers
    bonus: Integers
    has_time: Callable[[], bool]
    threads: int
    bound: int = -(1 << 62)
    sweeps: int = 0
    noise: int = 0
    factor: float = 1.0
    idle: int = 0
    desks: list[Desk] = field(default_factory=list)
    stride: Floats = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def of(
        cls,
        facts: Facts,
        weight: Integers,
        constants: Integers,
        *,
        has_time: Callable[[], bool],
        threads: int = 2,
        desk: Desk | None = None,
    ) -> Pricing:
        """Start at no prices; a desk of the same facts, if there is one, saves making one."""
        own = desk_of(facts, round_up=False) if desk is None else desk
        scaled = weight * SCALE
        constant = int((scaled * constants).sum()) - int(scaled[UNCOVERED] * constants[UNCOVERED])
        constant -= int(scaled[LEAD] * constants[LEAD])
        return cls(
            facts=facts,
            weight=scaled,
            constant=constant,
            price=np.zeros(facts.seats.shape[0], dtype=np.int64),
            lead_price=np.zeros(facts.shifts.shape[0], dtype=np.int64),
            bonus=_bonus(facts, int(scaled[PREFERENCE])),
            has_time=has_time,
            threads=threads,
            stride=1.0 / np.sqrt(np.maximum(1, facts.seats[:, TARGET])),
            desks=[own if desk is None and not thread else _like(own) for thread in range(threads)],
        )

    def narrowed(self, facts: Facts) -> Pricing:
        """Price other pairs of the same roster from here on; the bound starts anew."""
        return replace(self, facts=facts, bound=-(1 << 62), idle=0, desks=[_like(desk) for desk in self.desks])

    def seat_side(self, price: Integers) -> tuple[int, Integers, Integers]:
        """Least cost of the seats if people cost `price`; the least and the most people at which it is reached."""
        seats, unit = self.facts.seats, int(self.weight[UNCOVERED])
        minimum, target, most = seats[:, MINIMUM], seats[:, TARGET], seats[:, MOST]
        points = np.stack((np.zeros_like(minimum), minimum, target, most))
        below = seats[:, HIGH] * (target - minimum)
        cost = np.stack(
            (below + seats[:, LOW] * minimum, below, np.zeros_like(below), seats[:, OVER] * (most - target))
        )
        value = unit * cost + price * points
        least = value.min(axis=0)
        is_best = value == least
        low = np.where(is_best, points, np.iinfo(np.int64).max).min(axis=0)
        high = np.where(is_best, points, -1).max(axis=0)
        return int(least.sum()), low, high

    def evaluate(
        self, price: Integers, lead_price: Integers, picked: Bytes | None = None
    ) -> tuple[int, Integers, Integers]:
        """Return the scaled bound at these prices and its slope; raise `OutOfTime` when the deadline has passed."""
        facts = self.facts
        marks = np.zeros(0, dtype=np.int8) if picked is None else picked
        used = [np.zeros(facts.seats.shape[0], dtype=np.int64) for _ in range(self.threads)]
        led = [np.zeros(facts.shifts.shape[0], dtype=np.int64) for _ in range(self.threads)]
        gain = [0] * self.threads
        people = facts.people.shape[0]
        is_stopped = [False]

        def work(thread: int) -> None:
            for first in range(thread * CHUNK, people, CHUNK * self.threads):
                if is_stopped[0] or not self.has_time():
                    is_stopped[0] = True
                    return
                gain[thread] += sweep(
                    facts,
                    self.desks[thread],
                    price,
                    lead_price,
                    self.weight,
                    self.bonus,
                    (first, min(first + CHUNK, people)),
                    used[thread],
                    led[thread],
                    marks,
                    self.noise,
                )

        if self.threads == 1 or people <= CHUNK:
            work(0)
        else:
            with ThreadPoolExecutor(self.threads) as pool:
                try:
                    for done in [pool.submit(work, thread) for thread in range(self.threads)]:
                        done.result()
                except KeyboardInterrupt:
                    is_stopped[0] = True
                    raise
        if is_stopped[0]:
            raise OutOfTime
        self.sweeps += 1
        seats, low, high = self.seat_side(price)
        most_lead = self.weight[LEAD] * facts.shifts[:, LEAD_COST]
        taken, leading = np.sum(used, axis=0), np.sum(led, axis=0)
        slope = np.clip(taken, low, high) - taken
        wanted = np.where(lead_price < most_lead, 1, np.minimum(leading, 1))
        lead_slope = np.where(most_lead > 0, wanted - leading, 0)
        bound = self.constant + seats + int(np.minimum(lead_price, most_lead).sum()) - sum(gain)
        return bound, slope, lead_slope

    def raise_bound(self, goal: int, sweeps: int) -> None:
        """Take subgradient steps towards a scaled goal that no bound exceeds."""
        most_lead = (self.weight[LEAD] * self.facts.shifts[:, LEAD_COST]).astype(np.float64)
        price, lead = self.price.astype(np.float64), self.lead_price.astype(np.float64)
        direction, lead_direction = np.zeros_like(price), np.zeros_like(lead)
        for _ in range(sweeps):
            whole, lead_whole = np.rint(price).astype(np.int64), np.rint(lead).astype(np.int64)
            try:
                bound, slope, lead_slope = self.evaluate(whole, lead_whole)
            except OutOfTime:
                return
            if bound > self.bound:
                self.bound, self.price, self.lead_price, self.idle = bound, whole, lead_whole, 0
            else:
                self.idle += 1
            if bound >= goal:
                return
            if self.idle >= PATIENCE:
                self.factor, self.idle = self.factor * SHRINK, 0
                price, lead = self.price.astype(np.float64), self.lead_price.astype(np.float64)
            direction = slope + DEFLECTION * direction
            lead_direction = lead_slope + DEFLECTION * lead_direction
            norm = float(self.stride * direction @ direction + lead_direction @ lead_direction)
            if norm == 0:
                return
            step = self.factor * (goal - bound) / norm
            price += step * self.stride * direction
            lead = np.clip(lead + step * lead_direction, 0, most_lead)


PATIENCE: Final = 20
DEFLECTION: Final = 0.9
SHRINK: Final = 0.6


def _bonus(facts: Facts, unit: int) -> Integers:
    """Bound what serving with one's group saves: of n members on a shift n - 1 count, a share (g - 1) / g at most."""
    group = facts.people[:, GROUP]
    size = np.bincount(group[group >= 0], minlength=1)
    own = np.where(group >= 0, size[np.maximum(group, 0)], 1)
    return -(-unit * int(facts.limits[TOGETHER]) * (own - 1) // np.maximum(own, 1))


def term_weights(weight_of: dict[int, int]) -> Integers:
    """Make the (8,) array of weights."""
    weight = np.zeros(TERMS, dtype=np.int64)
    for term, value in weight_of.items():
        weight[term] = value
    return weight
