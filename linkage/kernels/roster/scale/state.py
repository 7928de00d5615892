"""A large roster in the making: who sits where, what each objective term is worth, and the journal to undo changes.

Compiled functions over flat arrays. They keep the hard rules (`may_serve` is asked first) and know nothing of why
a change is tried.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from linkage.kernels.compiled import compiled
from linkage.kernels.roster.scale.facts import (
    BUFFER,
    CAP,
    CAP_DAY,
    CAP_WEEK,
    DAY,
    DAY_COLUMN,
    END,
    EXPERIENCED,
    GROUP,
    HIGH,
    IS_LEAD,
    KEPT,
    KIND,
    LEAD_COST,
    LOW,
    MARK,
    MINIMUM,
    MINUTES,
    MOST,
    NEWCOMER,
    OVER,
    PERIOD,
    PERIOD_COLUMN,
    PERSON,
    PLACE,
    REST,
    SEAT,
    SEAT_END,
    SEATS,
    SHIFT,
    SHIFT_OF,
    START,
    STRAIN,
    STRAIN_CAP,
    STRAIN_COLUMN,
    TARGET,
    TOGETHER,
    WEEK,
    WIDTH,
    WISH,
    Facts,
    Integers,
    Small,
)

UNCOVERED: Final = 0
LEAD: Final = 1
PLEDGE: Final = 2
DISTURBANCE: Final = 3
PREFERENCE: Final = 4
UNFAIRNESS: Final = 5
PEOPLE: Final = 6
ALONE: Final = 7
"""Places of the terms in `terms`; the last counts shifts on which newcomers are without an experienced person."""
TERMS: Final = 8

FAIRNESS_MINUTES: Final = 30
"""As in `linkage.kernels.roster.objective`."""


CREW: Final = 0
LED: Final = 1
NEW: Final = 2
OLD: Final = 3
"""Columns of `crew`: people, leads, newcomers, experienced."""

OWN: Final = 0
IN_CREW: Final = 1
SAT: Final = 2
"""Columns of `place`."""

LENGTH: Final = 0
DRAW: Final = 1
"""Places of `misc`."""


class State(NamedTuple):
    """Mutable state of a roster.

    Parameters
    ----------
    load
        (n_volunteers, width) minutes in all, then by week, day and period, then strain by week.
    own_first, own_count, own_pair
        The pairs each volunteer serves.
    crew_first, crew_pair
        The pairs that serve each shift; their number is in `crew`.
    place
        (n_pairs, 3) where a serving pair stands in the two lists, and the seat it takes, -1 for none.
    filled
        (n_seats,) people.
    crew
        (n_shifts, 4) people, leads, newcomers, experienced.
    terms
        (8,) what the plan is worth, by term.
    journal
        (room, 3) changes: 1 for taken, pair, seat.
    misc
        Changes in the journal; state of the random stream.
    """

    load: Integers
    own_first: Integers
    own_count: Integers
    own_pair: Small
    crew_first: Integers
    crew_pair: Small
    place: Small
    filled: Integers
    crew: Integers
    terms: Integers
    journal: Integers
    misc: Integers


@compiled
def fairness(minutes: int) -> int:
    """Square of the begun half hours."""
    units = (minutes + FAIRNESS_MINUTES - 1) // FAIRNESS_MINUTES
    return units * units


@compiled
def marginal(facts: Facts, seat: int, filled: int) -> int:
    """Tell what one more person on a seat saves (negative beyond the target)."""
    if filled < facts.seats[seat, MINIMUM]:
        return int(facts.seats[seat, LOW])
    if filled < facts.seats[seat, TARGET]:
        return int(facts.seats[seat, HIGH])
    return int(-facts.seats[seat, OVER])


@compiled
def is_clash(facts: Facts, volunteer: int, one: int, other: int) -> bool:
    """Tell whether two shifts exclude each other for a volunteer."""
    if facts.shifts[one, START] > facts.shifts[other, START]:
        one, other = other, one
    gap = facts.limits[BUFFER]
    days = facts.shifts[other, DAY] - facts.shifts[one, DAY]
    if days > 0:
        gap = max(gap, facts.people[volunteer, REST])
        if (
            days == 1
            and facts.shifts[one, KIND] >= 0
            and facts.shifts[other, KIND] >= 0
            and facts.succession[facts.shifts[one, KIND], facts.shifts[other, KIND]]
        ):
            return True
    if facts.travel.size and facts.shifts[one, PLACE] >= 0 and facts.shifts[other, PLACE] >= 0:
        gap = max(gap, facts.travel[facts.shifts[one, PLACE], facts.shifts[other, PLACE]])
    return bool(facts.shifts[one, END] + gap > facts.shifts[other, START])


@compiled
def fits_caps(facts: Facts, state: State, volunteer: int, shift: int) -> bool:
    """Tell whether the minutes and the strain of one more shift stay within all caps."""
    minutes = facts.shifts[shift, MINUTES]
    week = facts.shifts[shift, WEEK]
    return bool(
        state.load[volunteer, 0] + minutes <= facts.people[volunteer, CAP]
        and state.load[volunteer, 1 + week] + minutes <= facts.people[volunteer, CAP_WEEK]
        and state.load[volunteer, facts.limits[DAY_COLUMN] + facts.shifts[shift, DAY]] + minutes
        <= facts.people[volunteer, CAP_DAY]
        and state.load[volunteer, facts.limits[STRAIN_COLUMN] + week] + facts.shifts[shift, STRAIN]
        <= facts.people[volunteer, STRAIN_CAP]
    )


@compiled
def may_serve(facts: Facts, state: State, pair: int) -> bool:
    """Tell whether a pair that does not serve could be added now, seats aside."""
    volunteer, shift = facts.pairs[pair, PERSON], facts.pairs[pair, SHIFT]
    if not fits_caps(facts, state, volunteer, shift):
        return False
    if facts.people[volunteer, NEWCOMER] and state.crew[shift, OLD] == 0:
        return False
    first = state.own_first[volunteer]
    for place in range(first, first + state.own_count[volunteer]):
        if is_clash(facts, volunteer, facts.pairs[state.own_pair[place], SHIFT], shift):
            return False
    return True


@compiled
def best_seat(facts: Facts, state: State, pair: int) -> int:
    """Return the open seat of the pair's shift that saves most (one that asks for fewer takers wins a tie), or -1."""
    shift = facts.pairs[pair, SHIFT]
    bits = facts.pairs[pair, SEATS]
    best, best_saving = -1, -(1 << 60)
    for seat in range(facts.shifts[shift, SEAT], facts.shifts[shift, SEAT_END]):
        if bits & 1 and state.filled[seat] < facts.seats[seat, MOST]:
            saving = marginal(facts, seat, state.filled[seat])
            if saving > best_saving:
                best, best_saving = seat, saving
        bits >>= 1
    return best


@compiled
def together(facts: Facts, state: State, volunteer: int, shift: int) -> int:
    """Tell whether somebody of the volunteer's group is on the shift."""
    if facts.limits[TOGETHER] == 0 or facts.people[volunteer, GROUP] < 0:
        return 0
    first = state.crew_first[shift]
    for place in range(first, first + state.crew[shift, CREW]):
        other = facts.pairs[state.crew_pair[place], PERSON]
        if other != volunteer and facts.people[other, GROUP] == facts.people[volunteer, GROUP]:
            return int(facts.limits[TOGETHER])
    return 0


@compiled
def _weigh(facts: Facts, state: State, pair: int, seat: int, sign: int) -> None:
    """Move the terms and the sums by one pair that is (sign 1) added or (-1) has been taken off the lists."""
    volunteer, shift = facts.pairs[pair, PERSON], facts.pairs[pair, SHIFT]
    minutes, period, week = facts.shifts[shift, MINUTES], facts.shifts[shift, PERIOD], facts.shifts[shift, WEEK]
    terms = state.terms
    filled = state.filled[seat] - (sign < 0)
    terms[UNCOVERED] -= sign * marginal(facts, seat, filled)
    state.filled[seat] += sign
    if facts.people[volunteer, IS_LEAD]:
        if state.crew[shift, LED] - (sign < 0) == 0:
            terms[LEAD] -= sign * facts.shifts[shift, LEAD_COST]
        state.crew[shift, LED] += sign
    before = state.load[volunteer, facts.limits[PERIOD_COLUMN] + period]
    owed = facts.owed[volunteer, period]
    terms[PLEDGE] += max(0, owed - before - sign * minutes) - max(0, owed - before)
    state.load[volunteer, facts.limits[PERIOD_COLUMN] + period] = before + sign * minutes
    terms[DISTURBANCE] -= sign * (facts.pairs[pair, MARK] & KEPT)
    terms[PREFERENCE] += sign * (facts.pairs[pair, WISH] - together(facts, state, volunteer, shift))
    load = state.load[volunteer, 0]
    terms[UNFAIRNESS] += fairness(load + sign * minutes) - fairness(load)
    terms[PEOPLE] += (load + sign * minutes > 0) - (load > 0)
    state.load[volunteer, 0] = load + sign * minutes
    state.load[volunteer, 1 + week] += sign * minutes
    state.load[volunteer, facts.limits[DAY_COLUMN] + facts.shifts[shift, DAY]] += sign * minutes
    state.load[volunteer, facts.limits[STRAIN_COLUMN] + week] += sign * facts.shifts[shift, STRAIN]
    was_alone = state.crew[shift, NEW] > 0 and state.crew[shift, OLD] == 0
    state.crew[shift, NEW] += sign * facts.people[volunteer, NEWCOMER]
    state.crew[shift, OLD] += sign * facts.people[volunteer, EXPERIENCED]
    terms[ALONE] += (state.crew[shift, NEW] > 0 and state.crew[shift, OLD] == 0) - was_alone


@compiled
def _put(facts: Facts, state: State, pair: int, seat: int) -> None:
    volunteer, shift = facts.pairs[pair, PERSON], facts.pairs[pair, SHIFT]
    _weigh(facts, state, pair, seat, 1)
    place = state.own_first[volunteer] + state.own_count[volunteer]
    state.own_pair[place] = pair
    state.place[pair, OWN] = place
    state.own_count[volunteer] += 1
    place = state.crew_first[shift] + state.crew[shift, CREW]
    state.crew_pair[place] = pair
    state.place[pair, IN_CREW] = place
    state.crew[shift, CREW] += 1
    state.place[pair, SAT] = seat


@compiled
def _lift(facts: Facts, state: State, pair: int) -> None:
    volunteer, shift = facts.pairs[pair, PERSON], facts.pairs[pair, SHIFT]
    state.own_count[volunteer] -= 1
    place, last = state.place[pair, OWN], state.own_first[volunteer] + state.own_count[volunteer]
    state.own_pair[place] = state.own_pair[last]
    state.place[state.own_pair[place], OWN] = place
    state.crew[shift, CREW] -= 1
    place, last = state.place[pair, IN_CREW], state.crew_first[shift] + state.crew[shift, CREW]
    state.crew_pair[place] = state.crew_pair[last]
    state.place[state.crew_pair[place], IN_CREW] = place
    seat = state.place[pair, SAT]
    state.place[pair, SAT] = -1
    _weigh(facts, state, pair, seat, -1)


@compiled
def take(facts: Facts, state: State, pair: int, seat: int) -> None:
    """Seat a pair that may serve on an open seat."""
    _put(facts, state, pair, seat)
    length = state.misc[LENGTH]
    state.journal[length, 0], state.journal[length, 1], state.journal[length, 2] = 1, pair, seat
    state.misc[LENGTH] = length + 1


@compiled
def leave(facts: Facts, state: State, pair: int) -> None:
    """Take a pair off its seat."""
    length = state.misc[LENGTH]
    state.journal[length, 0], state.journal[length, 1], state.journal[length, 2] = 0, pair, state.place[pair, SAT]
    state.misc[LENGTH] = length + 1
    _lift(facts, state, pair)


@compiled
def put_all(facts: Facts, state: State, pairs: Integers, seats: Integers) -> None:
    """Seat many pairs that are known to fit together."""
    for row in range(pairs.size):
        _put(facts, state, pairs[row], seats[row])


@compiled
def undo(facts: Facts, state: State, mark: int) -> None:
    """Go back to the state the journal had at this length."""
    while state.misc[LENGTH] > mark:
        state.misc[LENGTH] -= 1
        row = state.misc[LENGTH]
        if state.journal[row, 0]:
            _lift(facts, state, state.journal[row, 1])
        else:
            _put(facts, state, state.journal[row, 1], state.journal[row, 2])


@compiled
def draw(state: State, below: int) -> int:
    """Draw a whole number from 0 to `below` - 1 (xorshift; Marsaglia 2003)."""
    x = np.uint64(state.misc[DRAW])
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    state.misc[DRAW] = np.int64(x)
    return int(np.int64((x >> np.uint64(11)) % np.uint64(below)))


@compiled
def compare(levels: Integers, weight: Integers, terms: Integers, before: Integers) -> int:
    """Compare two plans level by level: negative if `terms` is better than `before`, 0 if equal."""
    if terms[ALONE] != before[ALONE]:
        return int(terms[ALONE] - before[ALONE])
    for level in range(levels.size - 1):
        change = 0
        for row in range(levels[level], levels[level + 1]):
            change += weight[2 * row + 1] * (terms[weight[2 * row]] - before[weight[2 * row]])
        if change != 0:
            return change
    return 0


def _own_room(facts: Facts) -> Integers:
    """Bound the shifts of each volunteer: no more than there are pairs, or than fit the cap of minutes."""
    pairs = np.diff(facts.pair_first)
    if facts.shifts.shape[0] == 0:
        return pairs
    return np.minimum(pairs, facts.people[:, CAP] // int(facts.shifts[:, MINUTES].min()))


def _first(count: Integers) -> Integers:
    first = np.zeros(count.size + 1, dtype=np.int64)
    np.cumsum(count, out=first[1:])
    return first


def empty_state(facts: Facts, constants: Integers, seed: int) -> State:
    """Make the state of nobody serving; `constants` are its terms."""
    people, shifts = facts.people.shape[0], facts.shifts.shape[0]
    own = _first(_own_room(facts))
    places = np.zeros(shifts, dtype=np.int64)
    np.add.at(places, facts.seats[:, SHIFT_OF], facts.seats[:, MOST])
    crew = _first(np.minimum(places, np.diff(facts.shift_first)))
    place = np.zeros((facts.pairs.shape[0], 3), dtype=np.int32)
    place[:, SAT] = -1
    room = 1000 + 120 * int(np.diff(own).max(initial=0)) + 50 * int(np.diff(crew).max(initial=0))
    return State(
        load=np.zeros((people, int(facts.limits[WIDTH])), dtype=np.int64),
        own_first=own,
        own_count=np.zeros(people, dtype=np.int64),
        own_pair=np.zeros(int(own[-1]), dtype=np.int32),
        crew_first=crew,
        crew_pair=np.zeros(int(crew[-1]), dtype=np.int32),
        place=place,
        filled=np.zeros(facts.seats.shape[0], dtype=np.int64),
        crew=np.zeros((shifts, 4), dtype=np.int64),
        terms=constants.copy(),
        journal=np.zeros((room, 3), dtype=np.int64),
        misc=np.asarray([0, (seed * 2654435761 + 88172645463325252) % (1 << 62)], dtype=np.int64),
    )
