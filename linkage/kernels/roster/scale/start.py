"""Who is there from the start: the seats of fixed pairs, what is left of the previous plan, company for newcomers."""

from __future__ import annotations

import numpy as np

from linkage.kernels.roster.scale.facts import (
    EXPERIENCED,
    FIXED,
    KEPT,
    MARK,
    MOST,
    NEWCOMER,
    PERSON,
    SEAT,
    SEAT_END,
    SEATS,
    SHIFT,
    Facts,
    Integers,
)
from linkage.kernels.roster.scale.state import NEW, OLD, SAT, State, put_all


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


def fixed_seats(facts: Facts) -> tuple[Integers, Integers]:
    """List the fixed pairs and the seat of each, shift by shift."""
    fixed = np.flatnonzero(facts.pairs[:, MARK] & FIXED)
    shifts = facts.pairs[fixed, SHIFT].astype(np.int64)
    order = np.argsort(shifts, kind="stable")
    fixed, shifts = fixed[order], shifts[order]
    seats = facts.shifts[shifts, SEAT]
    has_choice = facts.shifts[shifts, SEAT_END] - seats > 1
    for shift in np.unique(shifts[has_choice]).tolist():
        rows = slice(*np.searchsorted(shifts, [shift, shift + 1]).tolist())
        first, end = int(facts.shifts[shift, SEAT]), int(facts.shifts[shift, SEAT_END])
        placed = _place(facts, fixed[rows].tolist(), first, end)
        seats[rows] = [placed[pair] for pair in fixed[rows].tolist()]
    return fixed, seats


def seat_fixed(facts: Facts, state: State) -> None:
    """Seat the fixed pairs."""
    put_all(facts, state, *fixed_seats(facts))


def kept_pairs(facts: Facts) -> Integers:
    """List the pairs of the previous plan, newcomers behind those who may keep them company."""
    kept = np.flatnonzero(facts.pairs[:, MARK] & KEPT)
    return kept[np.argsort(facts.people[facts.pairs[kept, PERSON], NEWCOMER], kind="stable")]


def company_for_newcomers(facts: Facts, state: State) -> list[Integers]:
    """List for each shift with newcomers and nobody experienced the pairs of those who are."""
    found = []
    for shift in np.flatnonzero((state.crew[:, NEW] > 0) & (state.crew[:, OLD] == 0)).tolist():
        pairs = facts.shift_pair[facts.shift_first[shift] : facts.shift_first[shift + 1]].astype(np.int64)
        found.append(
            pairs[(facts.people[facts.pairs[pairs, PERSON], EXPERIENCED] == 1) & (state.place[pairs, SAT] < 0)]
        )
    return found
