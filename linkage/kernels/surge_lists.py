"""Who calls on whom in a wave: can it be done at all, and a fair list for everybody, whole entrances together.

It deals contacts by minutes alone: each person's share is levelled against the hours they have, those who know an
entrance get its contacts first, and an entrance is split only where a share is full. Who may call whom and when is
not known here; `surge` counts people and days.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from linkage.errors import InvalidProblem

Integers = NDArray[np.int64]
NOBODY = -1
MOST_MINUTES = 10**6


def _no_pairs() -> Integers:
    return np.zeros((0, 2), dtype=np.int64)


@dataclass(frozen=True, kw_only=True, eq=False)
class ContactList:
    """Contacts and the people who reach them. Construction raises `InvalidProblem` with every mistake.

    Parameters
    ----------
    minutes
        (n_contacts,) int64 minutes each takes, retries included, 1 .. 10^6.
    place
        (n_contacts,) int64 >= 0, such as the entrance; contacts of one place are kept together.
    available
        (n_people,) int64 minutes each person has, 0 .. 10^6.
    known
        (n, 2) int64 pairs of person and place: who knows it is asked first.
    """

    minutes: Integers
    place: Integers
    available: Integers
    known: Integers = field(default_factory=_no_pairs)

    def __post_init__(self) -> None:
        mistakes = list(self._mistakes())
        if mistakes:
            raise InvalidProblem(f"the list has {len(mistakes)} mistake(s); correct them and try again", mistakes)

    def _mistakes(self) -> Iterator[str]:
        tables = {"minutes": self.minutes, "place": self.place, "available": self.available, "known": self.known}
        wrong = [f"{name} must hold whole numbers" for name, table in tables.items() if table.dtype != np.int64]
        if wrong:
            yield from wrong
            return
        if self.minutes.shape != self.place.shape or self.minutes.ndim != 1:
            yield f"minutes and place must be columns of equal length, not {self.minutes.shape} and {self.place.shape}"
        if self.known.ndim != 2 or self.known.shape[1] != 2:
            yield f"known has shape {self.known.shape}, expected (n, 2)"
        elif self.known.size and not (self.known.min() >= 0 and (self.known[:, 0] < self.available.size).all()):
            yield f"known names a person outside 0..{self.available.size - 1} or a place below 0"
        if self.minutes.size and not (self.minutes.min() >= 1 and self.minutes.max() <= MOST_MINUTES):
            yield f"minutes must be 1..{MOST_MINUTES}"
        if self.place.size and self.place.min() < 0:
            yield "place must not be negative"
        if self.available.size and not (self.available.min() >= 0 and self.available.max() <= MOST_MINUTES):
            yield f"available must be 0..{MOST_MINUTES}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Deal:
    """Who reaches whom.

    Parameters
    ----------
    person
        (n_contacts,) int64, `NOBODY` where nobody has time left.
    load
        (n_people,) int64 minutes dealt; nobody has more than `available`.
    needed_minutes, available_minutes
        What the contacts take and what the people have, in all.
    """

    person: Integers
    load: Integers
    needed_minutes: int
    available_minutes: int

    @property
    def is_possible(self) -> bool:
        """Whether the minutes suffice in all."""
        return self.needed_minutes <= self.available_minutes

    @property
    def reached(self) -> int:
        """Contacts dealt."""
        return int((self.person != NOBODY).sum())


def level_shares(available: Integers, needed: int) -> Integers:
    """Split minutes as evenly as what people have allows; whole minutes, the first ones get those left over."""
    wanted = min(needed, int(available.sum()))
    low, high = 0, int(available.max(initial=0))
    while low < high:
        middle = (low + high + 1) // 2
        if int(np.minimum(available, middle).sum()) <= wanted:
            low = middle
        else:
            high = middle - 1
    share = np.minimum(available, low)
    more = np.flatnonzero(available > low)[: wanted - int(share.sum())]
    share[more] += 1
    return share


def deal(contacts: ContactList) -> Deal:
    """Deal the contacts: by place, those who know it first, everybody up to an even share, then up to their minutes."""
    share = level_shares(contacts.available, int(contacts.minutes.sum()))
    order = np.lexsort((np.arange(contacts.place.size), contacts.place))
    knowing: dict[int, list[int]] = {}
    for person, place in contacts.known.tolist():
        knowing.setdefault(place, []).append(person)
    person = np.full(contacts.place.size, NOBODY, dtype=np.int64)
    load = np.zeros(contacts.available.size, dtype=np.int64)
    minutes, place_of = contacts.minutes.tolist(), contacts.place.tolist()
    rest = []
    for contact in order.tolist():
        for who in knowing.get(place_of[contact], ()):
            if load[who] + minutes[contact] <= share[who]:
                person[contact] = who
                load[who] += minutes[contact]
                break
        else:
            rest.append(contact)
    rest = _deal_on(rest, minutes, share, person, load)
    _deal_left(rest, minutes, contacts.available, person, load)
    return Deal(
        person=person,
        load=load,
        needed_minutes=int(contacts.minutes.sum()),
        available_minutes=int(contacts.available.sum()),
    )


def _deal_on(rest: list[int], minutes: list[int], share: Integers, person: Integers, load: Integers) -> list[int]:
    """Deal one person after another up to the share, in the order of places; return what fits nowhere."""
    left = []
    people = np.argsort(-(share - load), kind="stable").tolist()
    at = 0
    for contact in rest:
        while at < len(people) and load[people[at]] + minutes[contact] > share[people[at]]:
            at += 1
        if at == len(people):
            left.append(contact)
            continue
        person[contact] = people[at]
        load[people[at]] += minutes[contact]
    return left


def _deal_left(rest: list[int], minutes: list[int], available: Integers, person: Integers, load: Integers) -> None:
    """Give what is left, the longest first, to whoever has done least and has time."""
    for contact in sorted(rest, key=lambda c: (-minutes[c], c)):
        fits = np.flatnonzero(load + minutes[contact] <= available)
        if fits.size:
            who = int(fits[np.argmin(load[fits])])
            person[contact] = who
            load[who] += minutes[contact]
