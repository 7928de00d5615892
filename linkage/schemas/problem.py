"""One mistake in a file that a person wrote: where it stands, what is wrong, what would be right.

A problem is told, never raised: a check returns all of them, sorted by line, so that a file is corrected in
one go. A file without problems is sound.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

Location: TypeAlias = tuple[str | int, ...]
"""Keys and list positions from the top of a document down to one value."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """A mistake, told to the person who can mend it.

    Parameters
    ----------
    line
        1-based line in the file; 1 where the whole file is meant.
    path
        Keys and list positions down to the value, such as `tranches[1].ratio_percent`; empty for the whole file.
    message
        What is wrong and what would be right, in English, quoting the file's own words.
    """

    line: int
    path: str
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.path}: {self.message}" if self.path else f"line {self.line}: {self.message}"


def path_text(location: Location) -> str:
    """Write a location as people read it: `services[2].crew[0].min`."""
    text = ""
    for step in location:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Sort problems by line, then path; the same problem told twice is told once."""
    return tuple(sorted(set(problems)))
