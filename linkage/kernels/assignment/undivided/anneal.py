"""Seats undivided needs in a great many small steps at a falling temperature, guided by prices of capacity.

A need moves to another of its seats, or takes the place of one that moves elsewhere. Offers may be overfull on the
way: each unit too much costs what a unit is worth there (`bid`) and a surcharge that grows while the
temperature falls, so that few are overfull in the end (Kirkpatrick, Gelatt and Vecchi 1983; penalties guided by
prices as in Yagiura, Ibaraki and Glover 2006). It proves nothing, and what it returns may still break a limit.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from linkage.kernels.assignment.problem import Floats, Integers
from linkage.kernels.compiled import compiled

OFFER: Final = 0
SIZE: Final = 1
COST: Final = 2
_MASK: Final = 0x7FFFFFFFFFFFFFFF
_LOW: Final = 0xFFFFFFFF
_BETWEEN: Final = 1_000  # steps between two changes of temperature
_NEAR: Final = 2_000  # needs that are moved among before others are, so that they stay in the processor's cache
_STAY: Final = 5  # steps for each of them, until others are
_SOFT: Final = 0.7  # share of the steps after which the surcharge grows faster, until next to nobody is overfull
_HARDENING: Final = 2.0**20
_MOMENTUM: Final = 0.7
_SHORTER: Final = 0.7
_WORTH_IT: Final = 1e-5  # a rise of the bound by less than this share is none
_NEVER: Final = 1e300


class Hall(NamedTuple):
    """Needs and their seats; the last seat of each need is to stay unmet, at an offer of its own that has no limit.

    Parameters
    ----------
    start
        (n_needs + 1,) int64: the seats of need i are rows start[i] .. start[i + 1] - 1.
    seat
        (n_seats, 3) int64 columns `OFFER`, `SIZE` (capacity taken) and `COST`.
    capacity
        (n_offers,) int64.
    first
        (n_offers + 1,) int64: those seated at an offer stand from here on in `Guests.member`.
    """

    start: Integers
    seat: Integers
    capacity: Integers
    first: Integers


class Guests(NamedTuple):
    """Who sits where.

    Parameters
    ----------
    at
        (n_needs,) int64 row of the seat taken.
    room
        (n_offers,) int64 capacity left, negative where overfull.
    member, place, heads
        (n_seats,), (n_needs,) and (n_offers,) int64: who is at each offer, in which place, how many.
    random
        (1,) int64 state of the random stream.
    """

    at: Integers
    room: Integers
    member: Integers
    place: Integers
    heads: Integers
    random: Integers


class Cooling(NamedTuple):
    """Temperature and surcharge at the beginning and at the end, both in the unit of cost; and all steps there are."""

    hot: float
    cold: float
    lenient: float
    strict: float
    steps: int


@compiled
def _draw(random: Integers) -> int:
    """Draw a whole number from 0 to 2^63 - 1 (xorshift; Marsaglia 2003)."""
    state: int = random[0]
    state ^= (state << 13) & _MASK
    state ^= state >> 7
    state ^= (state << 17) & _MASK
    random[0] = state
    return state


@compiled
def _over(room: int) -> int:
    return -room if room < 0 else 0


@compiled
def _move(hall: Hall, guests: Guests, need: int, row: int) -> None:
    old, offer = hall.seat[guests.at[need], OFFER], hall.seat[row, OFFER]
    guests.room[old] += hall.seat[guests.at[need], SIZE]
    guests.room[offer] -= hall.seat[row, SIZE]
    guests.heads[old] -= 1
    last = guests.member[hall.first[old] + guests.heads[old]]
    guests.member[hall.first[old] + guests.place[need]] = last
    guests.place[last] = guests.place[need]
    guests.member[hall.first[offer] + guests.heads[offer]] = need
    guests.place[need] = guests.heads[offer]
    guests.heads[offer] += 1
    guests.at[need] = row


@compiled
def sit(hall: Hall, guests: Guests) -> None:
    """Fill in room and lists from the seats taken."""
    guests.room[:] = hall.capacity
    guests.heads[:] = 0
    for need in range(guests.at.size):
        row = guests.at[need]
        offer = hall.seat[row, OFFER]
        guests.room[offer] -= hall.seat[row, SIZE]
        guests.member[hall.first[offer] + guests.heads[offer]] = need
        guests.place[need] = guests.heads[offer]
        guests.heads[offer] += 1


@compiled
def _elsewhere(
    hall: Hall, guests: Guests, price: Floats, surcharge: float, other: int, freed: int, size: int, limit: float
) -> int:
    """Find the cheapest other seat of a need that adds at most `limit`, once `size` is free at `freed`; -1 if none."""
    now = hall.seat[guests.at[other], COST]
    offer = hall.seat[guests.at[other], OFFER]
    best = -1
    for row in range(hall.start[other], hall.start[other + 1]):
        there = hall.seat[row, OFFER]
        if there == offer:
            continue
        room = guests.room[there] + (size if there == freed else 0)
        more = _over(room - hall.seat[row, SIZE]) - _over(room)
        added = hall.seat[row, COST] - now + (price[there] + surcharge) * more
        if added <= limit:
            best, limit = row, added
    return best


@compiled
def anneal(hall: Hall, guests: Guests, price: Floats, cooling: Cooling, begin: int, end: int) -> None:
    """Take the steps from `begin` to `end` of all there are."""
    needs = guests.at.size
    near = min(_NEAR, needs)
    rounds = max(1.0, cooling.steps / _BETWEEN)
    cool, raised = (cooling.cold / cooling.hot) ** (1 / rounds), (cooling.strict / cooling.lenient) ** (1 / rounds)
    temperature, surcharge = cooling.hot, cooling.lenient
    for step in range(begin, end):
        if step == begin or step % _BETWEEN == 0:
            past = step // _BETWEEN
            temperature, surcharge = cooling.hot * cool**past, cooling.lenient * raised**past
            surcharge *= _HARDENING ** max(0.0, past / rounds - _SOFT)
        if step == begin or step % _BETWEEN == 0:
            block = step // (_STAY * _NEAR) * _NEAR % needs
        need = (block + _draw(guests.random) % near) % needs
        first = hall.start[need]
        choices = hall.start[need + 1] - first
        if choices < 2:
            continue
        old = guests.at[need]
        row = first + _draw(guests.random) % (choices - 1)
        row += row >= old
        limit = -temperature * np.log(((_draw(guests.random) & _LOW) + 1.0) / (_LOW + 2.0))
        here, there = hall.seat[old, OFFER], hall.seat[row, OFFER]
        freed, size = hall.seat[old, SIZE], hall.seat[row, SIZE]
        relief = _over(guests.room[here]) - _over(guests.room[here] + freed)
        limit += hall.seat[old, COST] - hall.seat[row, COST] + (price[here] + surcharge) * relief
        if limit < 0:
            continue
        room, toll = guests.room[there], price[there] + surcharge
        if toll * (_over(room - size) - _over(room)) <= limit:
            _move(hall, guests, need, row)
            continue
        if guests.heads[there] == 0:
            continue
        other = guests.member[hall.first[there] + _draw(guests.random) % guests.heads[there]]
        limit -= toll * (_over(room - size + hall.seat[guests.at[other], SIZE]) - _over(room))
        another = _elsewhere(hall, guests, price, surcharge, other, here, freed, limit)
        if another >= 0:
            _move(hall, guests, other, another)
            _move(hall, guests, need, row)


class Bids(NamedTuple):
    """Prices of capacity while they are sought.

    Parameters
    ----------
    price, best_price, direction, wanted
        (n_offers,) float64: prices, those of the best bound, the smoothed and the plain excess of what is wanted.
    number
        (3,) float64: best bound of the cost, length of a step, steps since it rose.
    """

    price: Floats
    best_price: Floats
    direction: Floats
    wanted: Floats
    number: Floats


@compiled
def choose(hall: Hall, price: Floats, at: Integers) -> float:
    """Let every need take the seat that is cheapest at the prices; tell what they pay."""
    paid = 0.0
    for need in range(at.size):
        least = _NEVER
        for row in range(hall.start[need], hall.start[need + 1]):
            cost = hall.seat[row, COST] + price[hall.seat[row, OFFER]] * hall.seat[row, SIZE]
            if cost < least:
                least = cost
                at[need] = row
        paid += least
    return paid


@compiled
def bid(hall: Hall, bids: Bids, at: Integers, goal: float, steps: int, patience: int) -> None:
    """Raise the prices of capacity where more is wanted than there is.

    What needs pay for the seats that are cheapest, less what all capacity is worth, is a bound of the cost
    (Lagrangian relaxation of the capacities; subgradient steps as in Held, Wolfe and Crowder 1974).

    Parameters
    ----------
    at
        (n_needs,) int64, overwritten.
    goal
        What a plan costs that is known.
    patience
        Steps without a rise after which steps become shorter.
    """
    for _ in range(steps):
        bound = choose(hall, bids.price, at) - (bids.price * hall.capacity).sum()
        bids.number[2] = 0.0 if bound > bids.number[0] + _WORTH_IT * abs(bids.number[0]) else bids.number[2] + 1.0
        if bound > bids.number[0]:
            bids.number[0] = bound
            bids.best_price[:] = bids.price
        if bids.number[2] >= patience:
            bids.number[1] *= _SHORTER
            bids.number[2] = 0.0
            bids.price[:] = bids.best_price
        bids.wanted[:] = -hall.capacity
        for need in range(at.size):
            bids.wanted[hall.seat[at[need], OFFER]] += hall.seat[at[need], SIZE]
        bids.wanted[(bids.price <= 0) & (bids.wanted < 0)] = 0.0
        bids.direction[:] = _MOMENTUM * bids.direction + bids.wanted
        norm = (bids.direction**2).sum()
        if norm == 0:
            break
        bids.price[:] = np.maximum(0.0, bids.price + bids.number[1] * (goal - bound) / norm * bids.direction)


@compiled
def clear(hall: Hall, guests: Guests) -> None:
    """Send guests of overfull offers to stay unmet, the one whose going costs least first."""
    for offer in range(guests.room.size):
        while guests.room[offer] < 0:
            going, least = -1, _NEVER
            for place in range(guests.heads[offer]):
                need = guests.member[hall.first[offer] + place]
                row = guests.at[need]
                relief = min(hall.seat[row, SIZE], -guests.room[offer])
                loss = (hall.seat[hall.start[need + 1] - 1, COST] - hall.seat[row, COST]) / max(relief, 1)
                if relief > 0 and loss < least:
                    going, least = need, loss
            _move(hall, guests, going, hall.start[going + 1] - 1)
