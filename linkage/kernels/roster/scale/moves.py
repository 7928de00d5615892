"""Make a large roster better: seat whoever pays most, let people choose anew one by one, ruin and recreate.

People who are set free choose their best schedule exactly (`month.best_schedule`) among the places open then, valued
between what a place saves now and its price. A change stays only if no objective level gets worse, in the order of
levels. Loops end by counts.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from linkage.kernels.compiled import compiled
from linkage.kernels.roster.scale.facts import (
    IS_LEAD,
    KEPT,
    LEAD_COST,
    MARK,
    MINUTES,
    MOST,
    NEWCOMER,
    PERIOD,
    PERIOD_COLUMN,
    PERSON,
    PROMISED,
    SEAT,
    SEAT_END,
    SEATS,
    SHIFT,
    TARGET,
    WISH,
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
    is_fixed,
    units,
)
from linkage.kernels.roster.scale.state import (
    CREW,
    DISTURBANCE,
    LEAD,
    LED,
    LENGTH,
    NEW,
    OLD,
    PEOPLE,
    PLEDGE,
    PREFERENCE,
    SAT,
    UNCOVERED,
    UNFAIRNESS,
    State,
    best_seat,
    compare,
    draw,
    fairness,
    leave,
    marginal,
    may_serve,
    take,
    together,
    undo,
)

WHOLE: Final = 4
"""Prices count in quarters: 4 = price alone, 0 = what the place saves now."""


LOOK_AHEAD: Final = 200
"""Shifts looked at for one that is short."""
FILL: Final = 5
RECREATE: Final = 6
RESTORE: Final = 7
"""Kinds of work besides choosing anew."""


class Guide(NamedTuple):
    """What a change is worth to the search.

    Parameters
    ----------
    price, lead_price
        Scaled prices of seats and leads.
    weight
        (8,) scaled weights of the terms.
    levels, level_weight
        Rows of each level, and (term, weight) of each row, in order: `state.compare`.
    """

    price: Integers
    lead_price: Integers
    weight: Integers
    levels: Integers
    level_weight: Integers


@compiled
def _items(facts: Facts, state: State, desk: Desk, guide: Guide, volunteer: int, theta: int) -> int:
    """List what a volunteer who serves nothing (but fixed pairs) could take now; return the number of items."""
    count = 0
    weight = guide.weight
    promise = weight[PLEDGE] * facts.people[volunteer, PROMISED]
    for pair in range(facts.pair_first[volunteer], facts.pair_first[volunteer + 1]):
        shift = facts.pairs[pair, SHIFT]
        if is_fixed(facts, pair):
            seat, gain = state.place[pair, SAT], FORCED
        else:
            bits = facts.pairs[pair, SEATS]
            seat, gain = -1, -(1 << 60)
            for own in range(facts.shifts[shift, SEAT], facts.shifts[shift, SEAT_END]):
                if bits & 1 and state.filled[own] < facts.seats[own, MOST]:
                    value = weight[UNCOVERED] * marginal(facts, own, state.filled[own])
                    if state.filled[own] < facts.seats[own, TARGET]:
                        value += (guide.price[own] - value) * theta // WHOLE
                    if value > gain:
                        seat, gain = own, value
                bits >>= 1
            if seat < 0 or (facts.people[volunteer, NEWCOMER] and state.crew[shift, OLD] == 0):
                continue
        if facts.people[volunteer, IS_LEAD] and state.crew[shift, LED] == 0 and facts.shifts[shift, LEAD_COST]:
            value = weight[LEAD] * facts.shifts[shift, LEAD_COST]
            gain += value + (guide.lead_price[shift] - value) * theta // WHOLE
        gain += weight[DISTURBANCE] * (facts.pairs[pair, MARK] & KEPT)
        gain -= weight[PREFERENCE] * (facts.pairs[pair, WISH] - together(facts, state, volunteer, shift))
        if gain + promise * facts.shifts[shift, MINUTES] <= 0:
            continue
        desk.items[count, PAIR], desk.items[count, SEAT_TAKEN], desk.items[count, GAIN] = pair, seat, gain
        desk.items[count, SIZE] = units(desk, facts.shifts[shift, MINUTES])
        count += 1
    return count


@compiled
def choose_anew(facts: Facts, state: State, desk: Desk, guide: Guide, volunteer: int, theta: int) -> None:
    """Give a volunteer who serves nothing (but fixed pairs) the best schedule now."""
    count = _items(facts, state, desk, guide, volunteer, theta)
    if count == 0:
        return
    best_schedule(facts, desk, guide.weight, volunteer, count)
    last = desk.chosen.size - 2
    for place in range(last - desk.chosen[-1] + 1, last + 1):
        item = desk.chosen[place]
        pair = desk.items[item, PAIR]
        if state.place[pair, SAT] < 0 and may_serve(facts, state, pair):
            take(facts, state, pair, desk.items[item, SEAT_TAKEN])


@compiled
def set_free(facts: Facts, state: State, volunteer: int) -> None:
    """Take a volunteer off everything but fixed pairs."""
    first = state.own_first[volunteer]
    for place in range(first + state.own_count[volunteer] - 1, first - 1, -1):
        if not is_fixed(facts, state.own_pair[place]):
            leave(facts, state, state.own_pair[place])


@compiled
def gain_of(facts: Facts, state: State, weight: Integers, pair: int, seat: int) -> int:
    """Tell what seating a pair would gain, scaled."""
    volunteer, shift = facts.pairs[pair, PERSON], facts.pairs[pair, SHIFT]
    minutes = facts.shifts[shift, MINUTES]
    gain = weight[UNCOVERED] * marginal(facts, seat, state.filled[seat])
    if facts.people[volunteer, IS_LEAD] and state.crew[shift, LED] == 0:
        gain += weight[LEAD] * facts.shifts[shift, LEAD_COST]
    owed = (
        facts.owed[volunteer, facts.shifts[shift, PERIOD]]
        - state.load[volunteer, facts.limits[PERIOD_COLUMN] + facts.shifts[shift, PERIOD]]
    )
    gain += weight[PLEDGE] * min(minutes, max(0, owed))
    gain += weight[DISTURBANCE] * (facts.pairs[pair, MARK] & KEPT)
    gain -= weight[PREFERENCE] * (facts.pairs[pair, WISH] - together(facts, state, volunteer, shift))
    load = state.load[volunteer, 0]
    gain -= weight[UNFAIRNESS] * (fairness(load + minutes) - fairness(load)) + weight[PEOPLE] * (load == 0)
    return int(gain)


@compiled
def fill(facts: Facts, state: State, weight: Integers, shift: int) -> None:
    """Seat whoever gains most on a shift while it pays."""
    while True:
        best, best_pair, taken = 0, -1, -1
        for row in range(facts.shift_first[shift], facts.shift_first[shift + 1]):
            pair = facts.shift_pair[row]
            if state.place[pair, SAT] >= 0:
                continue
            seat = best_seat(facts, state, pair)
            if seat < 0:
                continue
            gain = gain_of(facts, state, weight, pair, seat)
            if gain > best and may_serve(facts, state, pair):
                best, best_pair, taken = gain, pair, seat
        if best_pair < 0:
            return
        take(facts, state, best_pair, taken)


@compiled
def _gather(facts: Facts, state: State, shift: int, people: Integers) -> int:
    """List the crew of a shift and some who could serve on it, in random order."""
    count = 0
    wanted = 3 + draw(state, people.size - 2)
    first = state.crew_first[shift]
    for place in range(first, first + state.crew[shift, CREW]):
        if count < people.size:
            people[count] = facts.pairs[state.crew_pair[place], PERSON]
            count += 1
    low, high = facts.shift_first[shift], facts.shift_first[shift + 1]
    while count > wanted:
        count -= 1
        place = draw(state, count + 1)
        people[place] = people[count]
    if high == low:
        return count
    for _ in range(3 * people.size):
        if count >= wanted:
            break
        volunteer = facts.pairs[facts.shift_pair[low + draw(state, high - low)], PERSON]
        is_new = True
        for place in range(count):
            is_new = is_new and people[place] != volunteer
        if is_new:
            people[count] = volunteer
            count += 1
    for place in range(count - 1, 0, -1):
        other = draw(state, place + 1)
        people[place], people[other] = people[other], people[place]
    return count


@compiled
def _is_short(facts: Facts, state: State, shift: int) -> bool:
    """Tell whether a shift has an empty place or lacks its lead."""
    if facts.shifts[shift, LEAD_COST] and state.crew[shift, LED] == 0:
        return True
    for seat in range(facts.shifts[shift, SEAT], facts.shifts[shift, SEAT_END]):
        if state.filled[seat] < facts.seats[seat, TARGET]:
            return True
    return False


@compiled
def _where(facts: Facts, state: State) -> int:
    """Draw the shift to work around: any, or one time in four the next that is short, if one is near."""
    shifts = facts.shifts.shape[0]
    shift = draw(state, shifts)
    if draw(state, 4):
        return shift
    for more in range(min(shifts, LOOK_AHEAD)):
        other = int((shift + more) % shifts)
        if _is_short(facts, state, other):
            return other
    return shift


@compiled
def _ruin_and_recreate(
    facts: Facts, state: State, desk: Desk, guide: Guide, people: Integers, before: Integers
) -> None:
    """Set a few people around one shift free and let them choose anew; undo it if the plan is worse."""
    if facts.shifts.shape[0] == 0:
        return
    shift = _where(facts, state)
    if facts.shift_first[shift] == facts.shift_first[shift + 1]:
        return
    count = _gather(facts, state, shift, people)
    for term in range(before.size):
        before[term] = state.terms[term]
    state.misc[LENGTH] = 0
    for place in range(count):
        set_free(facts, state, people[place])
    left = state.misc[LENGTH]
    for place in range(count):
        choose_anew(facts, state, desk, guide, people[place], WHOLE if place < count - 1 else 0)
    for row in range(left):
        seat = state.journal[row, 2]
        own = facts.pairs[state.journal[row, 1], SHIFT]
        if state.filled[seat] < facts.seats[seat, TARGET] or (
            facts.shifts[own, LEAD_COST] > 0 and state.crew[own, LED] == 0
        ):
            fill(facts, state, guide.weight, own)
    if compare(guide.levels, guide.level_weight, state.terms, before) > 0:
        undo(facts, state, 0)


@compiled
def act(
    facts: Facts,
    state: State,
    desk: Desk,
    guide: Guide,
    work: tuple[Integers, Integers],
    numbers: Integers,
    kind: int,
) -> None:
    """Do one kind of work for each of some numbers.

    From 0 to `WHOLE`, let these volunteers choose anew, led by prices in so many quarters; `FILL` these shifts;
    `RECREATE` once for each number; or `RESTORE` these pairs where they may serve. `work` is space for the people set free and for the terms before. One entry for
    all, because what an entry calls is compiled anew for each.
    """
    for row in range(numbers.size):
        number = numbers[row]
        if kind == FILL:
            fill(facts, state, guide.weight, number)
        elif kind == RECREATE:
            _ruin_and_recreate(facts, state, desk, guide, work[0], work[1])
        elif kind == RESTORE:
            if state.place[number, SAT] < 0 and may_serve(facts, state, number):
                seat = best_seat(facts, state, number)
                if seat >= 0:
                    take(facts, state, number, seat)
        else:
            set_free(facts, state, number)
            choose_anew(facts, state, desk, guide, number, kind)
    state.misc[LENGTH] = 0


@compiled
def leave_alone(facts: Facts, state: State) -> None:
    """Take newcomers who are not fixed off shifts on which nobody is experienced."""
    for shift in range(facts.shifts.shape[0]):
        if state.crew[shift, NEW] == 0 or state.crew[shift, OLD]:
            continue
        first = state.crew_first[shift]
        for place in range(first + state.crew[shift, CREW] - 1, first - 1, -1):
            pair = state.crew_pair[place]
            if facts.people[facts.pairs[pair, PERSON], NEWCOMER] and not is_fixed(facts, pair):
                leave(facts, state, pair)
    state.misc[LENGTH] = 0
