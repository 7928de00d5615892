"""Which hard rules the fixed pairs of a roster problem break, alone or together, in words for `InvalidProblem`.

Only what can be seen without a solver: a duty pattern that the fixed pairs make impossible is found by `conflict`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from linkage.kernels.roster.hard import HardFacts

if TYPE_CHECKING:
    from linkage.kernels.roster.problem import RosterProblem


def _broken_alone(facts: HardFacts, volunteer: int, shift: int) -> Iterator[str]:
    """Name each hard rule that this pair breaks on its own."""
    people = facts.problem.volunteers
    if not facts.listed[volunteer, shift]:
        yield "the pair is not in the list of eligible pairs"
    if not facts.skilled[volunteer, shift]:
        yield "no seat of the shift fits the volunteer's skills and certificates"
    if not facts.available[volunteer, shift]:
        yield "the shift lies outside the volunteer's windows"
    if not facts.on_duty[volunteer, shift]:
        yield "it is a day off, or a kind of shift or weekend the pattern does not allow"
    if not facts.within_caps[volunteer, shift]:
        yield (
            f"the shift takes {facts.minutes[shift]} minutes and {facts.strain[shift]} points of strain, "
            "more than a cap of the volunteer"
        )
    if facts.alone[volunteer, shift] and not facts.candidate[volunteer, shift]:
        if people.newcomer[volunteer]:
            yield "a newcomer, and nobody experienced can serve there"
        if facts.team_of[volunteer]:
            yield f"team {list(facts.team_of[volunteer])} cannot come complete"


def _broken_caps(facts: HardFacts, volunteer: int, own: Sequence[int]) -> Iterator[str]:
    """Name each cap that these shifts together exceed."""
    people = facts.problem.volunteers
    total = sum(facts.minutes[s] for s in own)
    if total > people.max_minutes[volunteer]:
        yield f"{total} minutes exceed max_minutes {people.max_minutes[volunteer]}"
    for name, unit, amount, group, cap in (
        ("max_minutes_week", "minutes in week", facts.minutes, facts.week, people.max_minutes_week[volunteer]),
        ("max_minutes_day", "minutes in day", facts.minutes, facts.day, people.max_minutes_day[volunteer]),
        ("strain_cap_week", "points of strain in week", facts.strain, facts.week, people.strain_cap_week[volunteer]),
    ):
        sums: dict[int, int] = {}
        for s in own:
            sums[group[s]] = sums.get(group[s], 0) + amount[s]
        for index, spent in sorted(sums.items()):
            if spent > cap:
                yield f"{spent} {unit} {index} exceed {name} {cap}"


def seating(facts: HardFacts, shift: int, people: Sequence[int]) -> dict[int, int] | None:
    """Give each of these people a seat of the shift, or None if there is no way (augmenting paths)."""
    room = {seat: int(facts.problem.seats.maximum[seat]) for seat in facts.seats_of_shift[shift]}
    holders: dict[int, list[int]] = {seat: [] for seat in room}

    def place(person: int, tried: set[int]) -> bool:
        for seat, places in room.items():
            if seat in tried or not facts.takes(person, seat):
                continue
            tried.add(seat)
            if len(holders[seat]) < places:
                holders[seat].append(person)
                return True
            for place_in_seat, other in enumerate(holders[seat]):
                if place(other, tried):
                    holders[seat][place_in_seat] = person
                    return True
        return False

    for person in people:
        if not place(person, set()):
            return None
    return {person: seat for seat, persons in holders.items() for person in persons}


def fixed_mistakes(problem: RosterProblem) -> Iterator[str]:
    """Name the hard rules that the fixed pairs break alone or together."""
    if problem.fixed.volunteer.size == 0:
        return
    facts = HardFacts.of(problem)
    kept = facts.fixed
    for volunteer, shift in kept:
        yield from (
            f"fixed volunteer {volunteer} on shift {shift}: {broken}"
            for broken in _broken_alone(facts, volunteer, shift)
        )
    for volunteer in sorted({pair[0] for pair in kept}):
        own = sorted((pair[1] for pair in kept if pair[0] == volunteer), key=lambda s: (facts.start[s], s))
        rows = np.asarray(own)
        for earlier, later in np.argwhere(np.triu(facts.clash_table(volunteer, rows, rows), 1)).tolist():
            yield (
                f"fixed volunteer {volunteer} on shifts {own[earlier]} and {own[later]}: "
                "they overlap or leave too little time, or must not follow each other"
            )
        yield from (f"fixed volunteer {volunteer}: {broken}" for broken in _broken_caps(facts, volunteer, own))
    for shift in sorted({pair[1] for pair in kept}):
        people = [pair[0] for pair in kept if pair[1] == shift]
        if seating(facts, shift, people) is None:
            yield f"fixed volunteers {people} on shift {shift}: there are not enough seats they may take"
