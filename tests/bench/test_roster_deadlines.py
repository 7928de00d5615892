"""How late a roster comes after its deadline, by size and deadline; nothing is asserted on time.

Run with `pytest -s tests/bench/test_roster_deadlines.py`. The engines are loaded beforehand. Late is what the plan
took beyond the deadline, below 0 if it was there before; the gap is that of the first level. On a busy machine set
LINKAGE_BENCH_CLOCK=cpu: then the deadline is on the process's own time, of all threads. The largest case, of 10,000
people, runs only if LINKAGE_BENCH_LARGE is set.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter, process_time

import numpy as np
import pytest

from linkage.kernels.preparing import ENGINES
from linkage.kernels.roster.problem import Pairs, RosterProblem
from linkage.kernels.roster.result import RosterOptions
from linkage.kernels.roster.solve import schedule
from linkage.terms import RosterObjective
from tests.bench.roster_world import after_dropping, roster_world, weighted, with_wishes

CLOCK: Callable[[], float] = process_time if os.environ.get("LINKAGE_BENCH_CLOCK") == "cpu" else perf_counter
SECONDS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0)
FEW = ((RosterObjective.UNCOVERED,), (RosterObjective.PEOPLE_USED,))


class Until:
    """A deadline so many seconds from now."""

    def __init__(self, seconds: float) -> None:
        self.at = CLOCK() + seconds

    def remaining_seconds(self) -> float:
        """Tell what is left."""
        return self.at - CLOCK()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


@pytest.fixture(scope="module", autouse=True)
def _loaded() -> None:
    """Compile and load every engine of rosters before anything is measured."""
    for name in ("large rosters", "rosters with few people", "duty rosters"):
        ENGINES[name]()


def _table(name: str, problem: RosterProblem, more_seconds: tuple[float, ...] = ()) -> None:
    _say(f"\n{name}\n  deadline     late  places filled        value        bound      gap  status")
    for seconds in (*SECONDS, *more_seconds):
        gc.collect()
        until = Until(seconds)
        result = schedule(problem, RosterOptions(deadline=until))
        late = -until.remaining_seconds()
        level = result.levels[0]
        _say(
            f"  {seconds:6.2f} s {late:7.3f}s {result.volunteer.size:14} {level.value:12} {level.bound:12} "
            f"{level.gap_ratio:8.2%}  {result.status}"
        )
        assert result.has_plan


def _teamed(problem: RosterProblem) -> RosterProblem:
    return replace(problem, teams=tuple((first, first + 1) for first in range(0, 40, 2)))


@pytest.mark.parametrize(
    ("name", "build"),
    [
        ("500 x 400, sum", lambda: weighted(with_wishes(roster_world(500, 400, load=0.9)))),
        ("500 x 400, levels in order", lambda: roster_world(500, 400, load=0.9)),
        ("500 x 400, with teams", lambda: _teamed(roster_world(500, 400, load=0.9))),
        ("500 x 400, few people", lambda: roster_world(500, 400, load=0.5, objectives=FEW)),
        ("2,000 x 2,000, sum", lambda: weighted(with_wishes(roster_world(2000, 2000, load=0.9)))),
        ("2,000 x 2,000, with teams", lambda: _teamed(roster_world(2000, 2000, load=0.9))),
        ("2,000 x 2,000, few people", lambda: roster_world(2000, 2000, load=0.5, objectives=FEW)),
    ],
)
def test_how_late(name: str, build: Callable[[], RosterProblem]) -> None:
    """A plan made from nothing."""
    _table(name, build())


def test_how_late_of_ten_thousand() -> None:
    """The largest plan made from nothing; only where LINKAGE_BENCH_LARGE is set."""
    if not os.environ.get("LINKAGE_BENCH_LARGE"):
        _say("\n10,000 x 5,000: left out; set LINKAGE_BENCH_LARGE=1 to run it")
        pytest.skip("LINKAGE_BENCH_LARGE is not set")
    _table("10,000 x 5,000, sum", weighted(with_wishes(roster_world(10_000, 5000, load=0.9))), (10.0, 20.0))


@pytest.mark.parametrize(("people", "shifts"), [(500, 400), (2000, 2000)])
@pytest.mark.parametrize("share", [0, 2], ids=["none fixed", "half fixed"])
def test_how_late_after_a_drop_out(people: int, shifts: int, share: int) -> None:
    """A plan made again."""
    problem = roster_world(people, shifts, load=0.9)
    before = schedule(problem, RosterOptions(moves=1))
    after = after_dropping(problem, Pairs.of(before.volunteer, before.shift))
    if share:
        stays = np.flatnonzero(~np.isin(before.volunteer, after.released))[::share]
        after = replace(after, fixed=Pairs.of(before.volunteer[stays], before.shift[stays]))
    _table(f"{people} x {shifts} after a drop-out, {'half' if share else 'none'} fixed", after)
