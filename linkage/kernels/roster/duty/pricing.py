"""Prices everybody's schedules, on two threads: the cheapest one, or the cheapest through every choice.

People are dealt to threads by number and each writes only where nobody else does, so that the answer is the same on
one thread or two. Which prices are asked for is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linkage.kernels.roster.duty.tables import NEVER, Integers, Tables

ALONE = 8
"""Fewer people are priced on one thread."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Through:
    """Least costs of schedules through every choice.

    Parameters
    ----------
    least
        (n_people,) of all.
    group
        (n_groups,) through a group, less the group's own price.
    rest
        (n_people, days) through a day off.
    """

    least: Integers
    group: Integers
    rest: Integers


class Pricing:
    """Work space for every thread; `room` is how many numbers each has."""

    def __init__(self, t: Tables, *, room: int, seconds_left: Callable[[], float], threads: int = 2) -> None:
        self.t, self.seconds_left = t, seconds_left
        self.threads = threads if t.people >= ALONE else 1
        self.group_of = np.repeat(np.arange(t.group.shape[0]), np.diff(t.option_start))
        self.priced = np.zeros((t.group.shape[0], 2), dtype=np.int64)
        self.at = [np.zeros(room, dtype=np.int64) for _ in range(self.threads)]
        self.back = [np.zeros(room, dtype=np.int64) for _ in range(self.threads)]

    def _deal(self, work: Callable[[int, int], None]) -> bool:
        """Have `work(thread, person)` done for everybody; False if the time was up before."""
        is_stopped = [False]

        def run(thread: int) -> None:
            for person in range(thread, self.t.people, self.threads):
                if is_stopped[0] or self.seconds_left() <= 0:
                    is_stopped[0] = True
                    return
                work(thread, person)

        if self.threads == 1:
            run(0)
            return not is_stopped[0]
        with ThreadPoolExecutor(self.threads - 1) as pool:
            others = [pool.submit(run, thread) for thread in range(1, self.threads)]
            try:
                run(0)
            except KeyboardInterrupt:
                is_stopped[0] = True
                raise
            for other in others:
                other.result()
        return not is_stopped[0]

    def cheapest(
        self, tables: Tables, price: Integers, settled: Mapping[int, Integers], turn: int
    ) -> tuple[Integers, NDArray[np.bool_], Integers] | None:
        """Give everybody's least cost at these prices, whether the schedule keeps all caps, and the schedule.

        Whoever is settled is left out, at cost 0. None if the time is up.
        """
        from linkage.kernels.roster.duty.paths import best_path  # loads the compiler: only where it is wanted

        cost = np.zeros(self.t.people, dtype=np.int64)
        keeps_caps = np.ones(self.t.people, dtype=np.bool_)
        paths = np.zeros((self.t.people, self.t.days), dtype=np.int64)

        def work(thread: int, person: int) -> None:
            if person not in settled:
                cost[person], keeps_caps[person] = best_path(
                    tables, person, price, self.group_of, self.priced, self.at[thread], turn, paths[person]
                )

        return (cost, keeps_caps, paths) if self._deal(work) else None

    def through(self, tables: Tables, price: Integers) -> Through | None:
        """Give the least costs through every choice at these prices; None if the time is up."""
        from linkage.kernels.roster.duty.through import least_through  # loads the compiler: only where it is wanted

        least = np.zeros(self.t.people, dtype=np.int64)
        rest = np.full((self.t.people, self.t.days), NEVER, dtype=np.int64)
        group = np.full(self.priced.shape[0], NEVER, dtype=np.int64)
        path = np.zeros((self.t.people, self.t.days), dtype=np.int64)

        def work(thread: int, person: int) -> None:
            least[person] = least_through(
                tables,
                person,
                price,
                self.group_of,
                self.priced,
                self.at[thread],
                self.back[thread],
                group,
                rest[person],
                path[person],
            )

        if not self._deal(work):
            return None
        return Through(least=least, group=group - self.priced[:, 0], rest=rest)
