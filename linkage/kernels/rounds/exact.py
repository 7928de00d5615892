"""The best rounds of a small day, found by looking at every order that can be kept, and therefore proven.

Each worker's rounds are listed with the least travel for each set of visits, then the sets are divided among the
workers. Days with visits by two, and days with too many orders, are left to the search.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from linkage.kernels.rounds.timeline import LUNCH_AT_DEPOT, LUNCH_ON_SPOT, Facts, Stops, timeline

MOST_VISITS: Final = 11
MOST_ORDERS: Final = 20_000
"""Orders begun by all workers together, a second's work; beyond, the day counts as too large."""
_MOST_DIVISIONS: Final = 400_000

Division = dict[int, tuple[int, tuple[tuple[int, Stops], ...]]]
"""By set of visits, as bits: least travel, and the stops of each worker."""


class _TooLarge(RuntimeError):
    """There are more orders than are looked at."""


@dataclass(eq=False)
class _Orders:
    """Lists one worker's rounds on a day."""

    facts: Facts
    worker: int
    visits: Sequence[int]
    left: list[int]
    has_time: Callable[[], bool]
    best: dict[int, tuple[int, Stops]] = field(default_factory=dict)

    def list(self) -> dict[int, tuple[int, Stops]]:
        """Return the least travel and the stops for each set of visits that can be made."""
        self._extend((), 0, self.facts.limits[self.worker].start, self.facts.depot[self.worker])
        return self.best

    def _extend(self, stops: Stops, made: int, clock: int, here: int) -> None:
        self.left[0] -= 1
        if self.left[0] < 0 or (self.left[0] % 500 == 0 and not self.has_time()):
            raise _TooLarge
        if made:
            timed = timeline(self.facts, self.worker, stops)
            if timed is not None and (made not in self.best or timed.travel < self.best[made][0]):
                self.best[made] = timed.travel, stops
        for stop, place, opens, closes, minutes, bit in self._next(stops, made, here):
            begin = max(clock + self.facts.travel[here][place], opens)
            if begin <= closes and begin + minutes <= self.facts.limits[self.worker].end:
                self._extend((*stops, stop), made | bit, begin + minutes, place)

    def _next(self, stops: Stops, made: int, here: int) -> Iterator[tuple[int, int, int, int, int, int]]:
        facts = self.facts
        for index, visit in enumerate(self.visits):
            if not made >> index & 1 and facts.able[visit][self.worker]:
                yield visit, facts.place[visit], *facts.window[visit], facts.minutes[visit], 1 << index
        rest, opens, closes = facts.lunch[self.worker]
        if rest and not any(stop < 0 for stop in stops):
            yield LUNCH_ON_SPOT, here, opens, closes, rest, 0
            yield LUNCH_AT_DEPOT, facts.depot[self.worker], opens, closes, rest, 0


def best_rounds(facts: Facts, day: int, visits: Sequence[int], has_time: Callable[[], bool]) -> dict[int, Stops] | None:
    """Return the stops of each worker in a day's best plan, or None where the day is too large to tell."""
    if len(visits) > MOST_VISITS or any(facts.people[visit] > 1 for visit in visits):
        return None
    workers = [worker for worker in range(len(facts.depot)) if facts.works[worker][day]]
    left = [MOST_ORDERS]
    divided: Division = {0: (0, ())}
    try:
        for worker in workers:
            rounds = _Orders(facts, worker, visits, left, has_time).list()
            divided = _divided(divided, rounds, worker)
    except _TooLarge:
        return None
    weight = {
        made: sum(facts.priority[visit] for index, visit in enumerate(visits) if not made >> index & 1)
        for made in divided
    }
    made = min(divided, key=lambda each: (weight[each], divided[each][0], each))
    return dict(divided[made][1])


def _divided(before: Division, rounds: dict[int, tuple[int, Stops]], worker: int) -> Division:
    """Give one more worker each of the rounds beside what the others make."""
    if len(before) * len(rounds) > _MOST_DIVISIONS:
        raise _TooLarge
    joined = dict(before)
    for made, (travel, stops) in before.items():
        for more, (further, own) in rounds.items():
            if not made & more and (made | more not in joined or travel + further < joined[made | more][0]):
                joined[made | more] = travel + further, (*stops, (worker, own))
    return joined
