"""A watch leaves time for what comes after the deadline, and a plan is there at once where nothing else is possible."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from math import inf

import numpy as np
import pytest

from linkage.kernels.roster import check
from linkage.kernels.roster.problem import Pairs, Patterns
from linkage.kernels.roster.result import RosterOptions
from linkage.kernels.roster.solve import schedule
from linkage.kernels.roster.watch import MOST_SLOWNESS, Watch
from linkage.terms import RosterObjective, RosterStatus


class Clock:
    """A deadline that says what it is told and counts how often it is asked."""

    def __init__(self, *seconds: float) -> None:
        self.seconds, self.asked = list(seconds), 0

    def remaining_seconds(self) -> float:
        """Give the next number, the last for ever."""
        self.asked += 1
        return self.seconds.pop(0) if len(self.seconds) > 1 else self.seconds[0]


def test_watch_keeps_the_reserve_and_stays_over():
    """The reserve is taken off; once nothing is left, the clock is asked no more."""
    clock = Clock(5.0, 2.5, 9.0)
    watch = Watch(deadline=clock, reserve_seconds=2.0)

    assert watch.remaining_seconds() == 3.0
    assert not watch.has_time(0.5)
    assert not watch.is_over
    clock.seconds = [2.0, 9.0]
    assert not watch.has_time()
    assert watch.is_over
    assert watch.remaining_seconds() == 0
    assert clock.asked == 3


@pytest.mark.parametrize(("spent", "slowness"), [(0.1, 1.0), (3.0, 3.0), (1e9, MOST_SLOWNESS)])
def test_watch_learns_how_slow_the_machine_is(spent, slowness):
    """A step that took longer than on a calm machine stretches all others, within reason."""
    watch = Watch(deadline=Clock(10.0), reserve_seconds=1.0)
    watch.learn(spent, 1.0)
    assert watch.remaining_seconds() == 10.0 - slowness


def test_no_deadline_is_never_over():
    """Nothing is learned and nothing is kept back."""
    watch = Watch.of(RosterOptions())
    watch.learn(5.0, 1.0)
    assert watch.remaining_seconds() == inf
    assert watch.has_time(1e9)


def test_empty_plan_is_there_at_once(a_random_roster):
    """Teams, and no time at all: nobody serves, the bounds are below any plan, and the clock is asked but once."""
    for seed in range(4):
        problem = a_random_roster(seed, people=6, shifts=8)
        group = np.arange(6) % 2
        problem = replace(problem, teams=((0, 1),), volunteers=replace(problem.volunteers, group=group))
        problem = replace(problem, objectives=((RosterObjective.PREFERENCE,), (RosterObjective.UNCOVERED,)))
        clock = Clock(-1.0)
        best, result = schedule(problem, RosterOptions(moves=20)), schedule(problem, RosterOptions(deadline=clock))

        check.verify(problem, result)
        assert result.volunteer.size == 0
        assert result.trace.is_cut_short
        assert result.levels[0].bound <= best.levels[0].value
        assert clock.asked == 1


def test_who_must_serve_is_planned_without_time(a_roster):
    """An empty plan would not do where somebody is fixed."""
    problem = a_roster(fixed=Pairs.of([1], [0]))
    result = schedule(problem, RosterOptions(deadline=Clock(-1.0)))

    check.verify(problem, result)
    assert (1, 0) in set(zip(result.volunteer.tolist(), result.shift.tolist(), strict=True))


def test_patterns_are_not_planned_empty(a_roster):
    """Who has a duty pattern may owe minutes: an empty plan is not taken for one."""
    problem = a_roster(patterns=Patterns.of([0], min_minutes=[120]))
    result = schedule(problem, RosterOptions(deadline=Clock(-1.0)))

    assert result.status is RosterStatus.NO_PLAN or result.volunteer.size > 0


def test_little_time_loads_no_compiler():
    """A large roster that must be there at once is left empty rather than late: loading the compiler takes a second."""
    script = """
import sys
import numpy as np
from linkage.kernels.roster.problem import RosterProblem, Seats, Shifts, Volunteers, Windows
from linkage.kernels.roster.result import RosterOptions
from linkage.kernels.roster.solve import schedule

class Clock:
    def remaining_seconds(self):
        return 0.0

start = np.full(200, 540)
problem = RosterProblem(
    horizon_days=1,
    volunteers=Volunteers.of(400),
    windows=Windows.always(400, 1),
    shifts=Shifts.of(start, start + 60),
    seats=Seats.of(np.arange(200)),
)
result = schedule(problem, RosterOptions(deadline=Clock()))
print(result.has_plan, result.trace.is_cut_short, "numba" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["True", "True", "False"]
