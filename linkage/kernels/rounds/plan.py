"""A plan of rounds while it is made: stops of every worker on every day, and where one more visit would fit.

It keeps every limit: a round without a timeline is never held. Which visits are worth inserting is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from linkage.kernels.rounds.timeline import (
    LUNCH_AT_DEPOT,
    LUNCH_ON_SPOT,
    Facts,
    Loosened,
    Stops,
    Timeline,
    timeline,
)

Windows = Mapping[int, tuple[int, int]]

MOST_TIMES_TRIED = 24
"""Minutes tried for a visit by two."""


@dataclass(frozen=True, kw_only=True)
class Insertion:
    """How a visit enters a day: the new stops of one worker, or of two who begin together at `minute`.

    Parameters
    ----------
    travel
        Minutes of travel it adds.
    """

    travel: int
    stops: tuple[tuple[int, Stops], ...]
    minute: int | None = None


@dataclass(eq=False)
class Plan:
    """Stops by (worker, day); visits by two have a common minute, by (visit, day)."""

    facts: Facts
    rounds: dict[tuple[int, int], Stops] = field(default_factory=dict)
    together: dict[tuple[int, int], int] = field(default_factory=dict)

    def copy(self) -> Plan:
        """Return a plan that can be changed on its own."""
        return Plan(self.facts, dict(self.rounds), dict(self.together))

    def windows(self, day: int) -> dict[int, tuple[int, int]]:
        """Windows of the visits by two of a day: their common minute."""
        return {visit: (minute, minute) for (visit, on), minute in self.together.items() if on == day}

    def stops(self, worker: int, day: int) -> Stops:
        """Stops of a worker on a day, none if not out."""
        return self.rounds.get((worker, day), ())

    def time(self, worker: int, day: int) -> Timeline | None:
        """Time a round."""
        return timeline(self.facts, worker, self.stops(worker, day), Loosened(windows=self.windows(day)))

    def days_of(self, visit: int) -> list[int]:
        """Days on which a visit is made."""
        return sorted({day for (_, day), stops in self.rounds.items() if visit in stops})

    def travel(self) -> int:
        """Minutes on the way, all together."""
        travel = self.facts.travel
        total = 0
        for (worker, _), stops in self.rounds.items():
            here = depot = self.facts.depot[worker]
            for stop in stops:
                if stop != LUNCH_ON_SPOT:
                    place = depot if stop == LUNCH_AT_DEPOT else self.facts.place[stop]
                    total += travel[here][place]
                    here = place
            total += travel[here][depot]
        return total

    def missing(self) -> list[int]:
        """How often each visit is still to be made."""
        made = [0] * len(self.facts.place)
        for visit, _ in {(stop, day) for (_, day), stops in self.rounds.items() for stop in stops if stop >= 0}:
            made[visit] += 1
        return [times - done for times, done in zip(self.facts.times, made, strict=True)]

    def unserved(self) -> int:
        """Weight of the visits not made."""
        return sum(weight * count for weight, count in zip(self.facts.priority, self.missing(), strict=True))

    def value(self) -> tuple[int, int]:
        """Both objectives, to be compared in order."""
        return self.unserved(), self.travel()

    def set(self, worker: int, day: int, stops: Sequence[int]) -> None:
        """Give a worker other stops; without a visit there is no round."""
        if any(stop >= 0 for stop in stops):
            self.rounds[worker, day] = tuple(stops)
        else:
            self.rounds.pop((worker, day), None)

    def remove(self, visit: int, day: int) -> None:
        """Take a visit out of a day; a lunch that is no longer needed goes too."""
        self.together.pop((visit, day), None)
        windows = self.windows(day)
        for worker in range(len(self.facts.depot)):
            stops = self.stops(worker, day)
            if visit in stops:
                left = tuple(stop for stop in stops if stop != visit)
                self.set(worker, day, with_lunch(self.facts, worker, left, windows) or left)

    def is_allowed(self, visit: int, day: int) -> bool:
        """Whether a visit may be made once more, on this day, with what is planned of it."""
        facts, made = self.facts, self.days_of(visit)
        if not facts.allowed[visit][day] or len(made) >= facts.times[visit]:
            return False
        if any(abs(day - other) < facts.gap[visit] for other in made):
            return False
        per_week = int(facts.problem.visits.per_week[visit])
        return not per_week or sum(other // 7 == day // 7 for other in made) < per_week

    def insertion(self, visit: int, day: int, *, is_quick: bool = False) -> Insertion | None:
        """Find the cheapest way to make a visit on a day without moving others between workers.

        Parameters
        ----------
        is_quick
            Lunches stay where they stand among the stops.
        """
        if self.facts.people[visit] > 1:
            return self._joint_insertion(visit, day)
        windows = self.windows(day)
        workers = [w for w in range(len(self.facts.depot)) if self.facts.can_come(visit, w, day)]
        for moves_lunch in (False,) if is_quick else (False, True):
            best: Insertion | None = None
            for worker in workers:
                if moves_lunch and not self.facts.lunch[worker][0]:
                    continue
                stops = self.stops(worker, day)
                found = insert(self.facts, worker, stops, visit, windows, moves_lunch=moves_lunch)
                if found is not None and (best is None or found[0] < best.travel):
                    best = Insertion(travel=found[0], stops=((worker, found[1]),))
            if best is not None:
                return best
        return None

    def _joint_insertion(self, visit: int, day: int) -> Insertion | None:
        windows = self.windows(day)
        best: Insertion | None = None
        workers = [w for w in range(len(self.facts.depot)) if self.facts.can_come(visit, w, day)]
        for minute in self._minutes(visit, day, workers):
            fits = []
            for worker in workers:
                found = insert(self.facts, worker, self.stops(worker, day), visit, windows | {visit: (minute, minute)})
                if found is not None:
                    fits.append((found[0], worker, found[1]))
            for first, second in combinations(sorted(fits)[:2], 2):
                if best is None or first[0] + second[0] < best.travel:
                    pair = ((first[1], first[2]), (second[1], second[2]))
                    best = Insertion(travel=first[0] + second[0], stops=pair, minute=minute)
        return best

    def _minutes(self, visit: int, day: int, workers: Sequence[int]) -> list[int]:
        """List minutes worth trying for a visit by two: the window's ends and when each could be there."""
        opens, closes = self.facts.window[visit]
        place = self.facts.place[visit]
        minutes = {opens, closes}
        for worker in workers:
            limits, depot = self.facts.limits[worker], self.facts.depot[worker]
            minutes.add(limits.start + self.facts.travel[depot][place])
            minutes.add(limits.end - self.facts.travel[place][depot] - self.facts.minutes[visit])
            timed, stops = self.time(worker, day), self.stops(worker, day)
            if timed is not None:
                for stop, begin in zip(stops, timed.begin, strict=True):
                    if stop >= 0:
                        there = self.facts.place[stop]
                        minutes.add(begin + self.facts.minutes[stop] + self.facts.travel[there][place])
                        minutes.add(begin - self.facts.minutes[visit] - self.facts.travel[place][there])
        inside = sorted(minute for minute in minutes if opens <= minute <= closes)
        step = max(1, len(inside) // MOST_TIMES_TRIED)
        return sorted({*inside[::step], *inside[-1:]})

    def apply(self, visit: int, day: int, insertion: Insertion) -> None:
        """Make a visit as found by `insertion`."""
        if insertion.minute is not None:
            self.together[visit, day] = insertion.minute
        for worker, stops in insertion.stops:
            self.set(worker, day, stops)


def with_lunch(facts: Facts, worker: int, stops: Sequence[int], windows: Windows) -> Stops | None:
    """Put a worker's lunch where it costs least travel, then least time; None if there is no room for it."""
    bare = tuple(stop for stop in stops if stop >= 0)
    if not facts.lunch[worker][0] or not bare:
        return bare if timeline(facts, worker, bare, Loosened(windows=windows)) is not None else None
    best: tuple[int, int, Stops] | None = None
    for stops_tried in _lunches(bare):
        timed = timeline(facts, worker, stops_tried, Loosened(windows=windows))
        if timed is not None and (best is None or (timed.travel, timed.back) < best[:2]):
            best = timed.travel, timed.back, stops_tried
    return None if best is None else best[2]


def _lunches(bare: Stops) -> Iterator[Stops]:
    yield bare
    for place in range(len(bare) + 1):
        for lunch in (LUNCH_ON_SPOT, LUNCH_AT_DEPOT):
            yield (*bare[:place], lunch, *bare[place:])


def insert(
    facts: Facts, worker: int, stops: Stops, visit: int, windows: Windows, *, moves_lunch: bool = False
) -> tuple[int, Stops] | None:
    """Insert a visit where it adds least travel; with `moves_lunch`, lunch is put anew for every place tried."""
    loosened = Loosened(windows=windows)
    old = timeline(facts, worker, stops, loosened)
    before = 0 if old is None else old.travel
    bare = tuple(stop for stop in stops if stop >= 0) if moves_lunch else stops
    best: tuple[int, Stops] | None = None
    for place in range(len(bare) + 1):
        if not _is_worth_trying(facts, bare, place, visit, windows):
            continue
        tried: Stops | None = (*bare[:place], visit, *bare[place:])
        if moves_lunch and tried is not None:
            tried = with_lunch(facts, worker, tried, windows)
        timed = None if tried is None else timeline(facts, worker, tried, loosened)
        if tried is not None and timed is not None and (best is None or timed.travel - before < best[0]):
            best = timed.travel - before, tried
    return best


def _is_worth_trying(facts: Facts, stops: Stops, place: int, visit: int, windows: Windows) -> bool:
    """Whether the visit can follow the stop before and precede the one after, whatever else happens."""
    opens, closes = windows.get(visit, facts.window[visit])
    if place and (before := stops[place - 1]) >= 0:
        earliest = windows.get(before, facts.window[before])[0] + facts.minutes[before]
        if earliest + facts.travel[facts.place[before]][facts.place[visit]] > closes:
            return False
    if place < len(stops) and (after := stops[place]) >= 0:
        latest = windows.get(after, facts.window[after])[1]
        return opens + facts.minutes[visit] + facts.travel[facts.place[visit]][facts.place[after]] <= latest
    return True
