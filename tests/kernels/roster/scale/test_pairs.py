"""The eligible pairs of a large roster are found in the time there is, which loading the loop does not count into."""

from __future__ import annotations

from dataclasses import replace

from linkage.kernels.roster.scale import pairs
from linkage.kernels.roster.scale.reading import work_out, work_out_in_time
from linkage.kernels.roster.watch import Watch


class Clock:
    """A clock that only moves when it is told to."""

    def __init__(self, seconds: float) -> None:
        self.left = seconds

    def remaining_seconds(self) -> float:
        """Give what is left."""
        return self.left


def test_loading_the_loop_leaves_time_to_count(a_mixed_roster, monkeypatch):
    """The first call of a process loads the loop for seconds; no pair was found then, and the plan was empty."""
    problem = replace(a_mixed_roster(6, people=130, shifts=40), teams=())
    clock, find, calls = Clock(10.0), pairs._find_pairs, []

    def loading(*arguments):
        clock.left -= 0.0 if calls else 3.0
        calls.append(1)
        find(*arguments)

    monkeypatch.setattr(pairs, "_find_pairs", loading)
    facts, is_whole, _ = work_out_in_time(problem, Watch(deadline=clock))

    assert is_whole
    assert facts.pairs.shape == work_out(problem).pairs.shape
