"""Seat those who are there from the start: fixed pairs, then whatever of the previous plan is still possible."""

from __future__ import annotations

import numpy as np

from linkage.kernels.roster.scale.facts import (
    FIXED,
    KEPT,
    MARK,
    MOST,
    SEAT,
    SEAT_END,
    SEATS,
    SHIFT,
    Facts,
)
from linkage.kernels.roster.scale.state import LENGTH, SAT, State, best_seat, may_serve, take


def _place(facts: Facts, pairs: list[int], first: int, end: int) -> dict[int, int]:
    """Give each pair of a shift a seat (augmenting paths); the problem is valid, so there is a way."""
    holders: dict[int, list[int]] = {seat: [] for seat in range(first, end)}

    def seat_one(pair: int, tried: set[int]) -> bool:
        for seat in range(first, end):
            if seat in tried or not facts.pairs[pair, SEATS] >> (seat - first) & 1:
                continue
            tried.add(seat)
            if len(holders[seat]) < facts.seats[seat, MOST]:
                holders[seat].append(pair)
                return True
            for place, other in enumerate(holders[seat]):
                if seat_one(other, tried):
                    holders[seat][place] = pair
                    return True
        return False

    for pair in pairs:
        seat_one(pair, set())
    return {pair: seat for seat, own in holders.items() for pair in own}


def seat_fixed(facts: Facts, state: State) -> None:
    """Seat the fixed pairs, shift by shift."""
    fixed = np.flatnonzero(facts.pairs[:, MARK] & FIXED)
    shifts = facts.pairs[fixed, SHIFT]
    for shift in np.unique(shifts).tolist():
        own = fixed[shifts == shift].tolist()
        first, end = int(facts.shifts[shift, SEAT]), int(facts.shifts[shift, SEAT_END])
        for pair, seat in sorted(_place(facts, own, first, end).items()):
            take(facts, state, pair, seat)
            state.misc[LENGTH] = 0


def seat_previous(facts: Facts, state: State) -> None:
    """Seat what is left of the previous plan where it still can be."""
    for pair in np.flatnonzero(facts.pairs[:, MARK] & KEPT).tolist():
        if state.place[pair, SAT] < 0 and may_serve(facts, state, pair):
            seat = best_seat(facts, state, pair)
            if seat >= 0:
                take(facts, state, pair, seat)
                state.misc[LENGTH] = 0
