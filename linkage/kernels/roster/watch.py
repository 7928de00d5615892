"""How long a solve may still go on: the caller's deadline, less what must be done after the search.

It has no clock of its own. What a step takes is told in seconds of a calm machine and stretched by how slow this one
was found to be by the caller's clock. Once the time is up it stays up, and the clock is asked no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Final

from linkage.kernels.roster.result import Deadline, RosterOptions

MOST_SLOWNESS: Final = 4.0


class OutOfTime(Exception):
    """The deadline has passed in the middle of a step that leaves nothing when it is not finished."""


@dataclass(kw_only=True)
class Watch:
    """A deadline that leaves time for what comes after it.

    Parameters
    ----------
    reserve_seconds
        What is done after the time is up takes so long on a calm machine.
    slowness
        How many times slower than a calm machine this one is, 1 at least.
    """

    deadline: Deadline | None
    reserve_seconds: float = 0.0
    slowness: float = 1.0
    is_over: bool = False

    @classmethod
    def of(cls, options: RosterOptions) -> Watch:
        """Watch the deadline of some options."""
        return cls(deadline=options.deadline)

    def remaining_seconds(self) -> float:
        """Return what is left, zero or less when the time is up."""
        if self.deadline is None:
            return inf
        if self.is_over:
            return 0.0
        left = self.deadline.remaining_seconds() - self.reserve_seconds * self.slowness
        self.is_over = left <= 0
        return left

    def has_time(self, seconds: float = 0.0) -> bool:
        """Say whether a step that takes so long on a calm machine may begin."""
        return self.remaining_seconds() > seconds * self.slowness

    def learn(self, spent_seconds: float, expected_seconds: float) -> None:
        """Learn from a step how slow this machine is now."""
        if self.deadline is not None and expected_seconds > 0:
            self.slowness = min(max(1.0, spent_seconds / expected_seconds), MOST_SLOWNESS)
