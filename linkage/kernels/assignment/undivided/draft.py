"""Drafts a plan of a large problem of undivided needs: prices of capacity first, then seats by `anneal`.

To stay unmet is a seat too, one that costs more than any other could save. A draft keeps every capacity; it proves
nothing, and others may make it better still.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from linkage.kernels.assignment.problem import NONE, Floats, Integers
from linkage.kernels.assignment.undivided.anneal import (
    COST,
    OFFER,
    SIZE,
    Bids,
    Cooling,
    Guests,
    Hall,
    anneal,
    bid,
    choose,
    clear,
    sit,
)
from linkage.kernels.assignment.undivided.layout import Seating

_DEAR: Final = 4  # times the most that a unit of priority can save elsewhere
_HOT, _COLD = 0.05, 0.005  # temperatures, as shares of what a seat is dearer than the need's best at the prices
_LENIENT, _STRICT = 0.01, 1.75  # surcharges for a seat of average size, as such shares too
_BIDS: Final = 400
_PATIENCE: Final = 10
_CHUNK_SEATS: Final = 10_000_000  # passed over between two looks at the deadline, some 20 ms
_CHUNK_STEPS: Final = 100_000
_SEED: Final = 88_172_645_463_325_252
_FAR: Final = 1e300


class Draft:
    """The work of drafting one problem.

    Parameters
    ----------
    seating
        The open needs and where they can go.
    start
        (n_needs,) int64 seats of a plan, `NONE` where a need is unmet.
    worth
        (n_levels, n_seats) float64 what one more unit of capacity takes off each objective where the seat is, if that
        is known; else it is worked out here.
    """

    def __init__(
        self, seating: Seating, start: Integers, worth: Floats | None, seconds_left: Callable[[], float], seed: int
    ) -> None:
        self.seconds_left = seconds_left
        self.random = (_SEED + seed) & 0x7FFFFFFFFFFFFFFF
        needs = seating.weight.size
        first = np.searchsorted(seating.need, np.arange(needs))
        more = seating.cost - np.minimum.reduceat(seating.cost, first)[seating.need]
        dear = 1 + int(_DEAR * float((more / np.maximum(seating.weight, 1)[seating.need]).max()))
        self.hall = _hall_of(seating, dear)
        self.size = max(1.0, float(seating.size.mean()))
        place = np.arange(seating.need.size) + seating.need
        self.row = np.full(self.hall.seat.shape[0], NONE, dtype=np.int64)
        self.row[place] = np.arange(seating.need.size)
        self.price = np.zeros(self.hall.capacity.size)
        if worth is None:
            at = np.where(start == NONE, self.hall.start[1:] - 1, place[start])
            self._bid(at)
        else:
            self.price[seating.offer] = np.array([dear, *seating.factor], dtype=np.float64) @ worth
        paid = seating.cost + self.price[seating.offer] * seating.size
        self.spread = max(1.0, float(np.median(paid - np.minimum.reduceat(paid, first)[seating.need])))

    def _bid(self, at: Integers) -> None:
        """Find prices, given a plan."""
        goal = float(self.hall.seat[at, COST].sum(dtype=np.float64))
        offers = self.price.size
        bids = Bids(
            price=np.zeros(offers),
            best_price=self.price,
            direction=np.zeros(offers),
            wanted=np.zeros(offers),
            number=np.array([-_FAR, 1.0, 0.0]),
        )
        chunk = max(1, _CHUNK_SEATS // self.hall.seat.shape[0])
        for begin in range(0, _BIDS, chunk):
            if self.seconds_left() <= 0:
                return
            bid(self.hall, bids, at, goal, min(chunk, _BIDS - begin), _PATIENCE)

    def run(self, steps: int) -> Integers | None:
        """Draft a plan in so many steps.

        Returns
        -------
        Integers or None
            (n_needs,) int64 row of each need's seat in the seating, `NONE` where it stays unmet; None if time was up.
        """
        hall = self.hall
        needs = hall.start.size - 1
        guests = Guests(
            at=np.empty(needs, dtype=np.int64),
            room=np.empty_like(hall.capacity),
            member=np.empty(hall.seat.shape[0], dtype=np.int64),
            place=np.empty(needs, dtype=np.int64),
            heads=np.empty_like(hall.capacity),
            random=np.array([self.random], dtype=np.int64),
        )
        choose(hall, self.price, guests.at)
        sit(hall, guests)
        cooling = Cooling(
            hot=_HOT * self.spread,
            cold=_COLD * self.spread,
            lenient=_LENIENT * self.spread / self.size,
            strict=_STRICT * self.spread / self.size,
            steps=steps,
        )
        for begin in range(0, cooling.steps, _CHUNK_STEPS):
            if self.seconds_left() <= 0:
                return None
            anneal(hall, guests, self.price, cooling, begin, min(begin + _CHUNK_STEPS, cooling.steps))
        clear(hall, guests)
        seats: Integers = self.row[guests.at]
        return seats


def _hall_of(seating: Seating, dear: int) -> Hall:
    """Lay the seats out, with one more for each need: to stay unmet, at `dear` for each unit of priority."""
    needs, offers = seating.weight.size, seating.capacity.size
    start = np.searchsorted(seating.need, np.arange(needs + 1)) + np.arange(needs + 1)
    place = np.arange(seating.need.size) + seating.need
    seat = np.empty((place.size + needs, 3), dtype=np.int64)
    for column, values in ((OFFER, seating.offer), (SIZE, seating.size), (COST, seating.cost)):
        seat[place, column] = values
    seat[start[1:] - 1] = np.stack((np.full(needs, offers), np.zeros(needs, dtype=np.int64), dear * seating.weight), 1)
    together = np.bincount(seat[:, OFFER], minlength=offers + 1)
    return Hall(
        start=start,
        seat=seat,
        capacity=np.append(seating.capacity, 0),
        first=np.concatenate(([0], np.cumsum(together))),
    )
