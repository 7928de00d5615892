"""A file under check: what of it is sound, what was already complained about, and the complaints so far.

Rules that span several values look at a draft, not at the finished record, so that they still work when some
sections are broken: a value that is already known to be wrong is passed over in silence, which keeps one
mistake to one message.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from linkage.schemas.problem import Location, Problem, path_text
from linkage.schemas.yaml_source import YamlSource

EACH: Final = "*"
"""In a pattern of `Draft.find`: every item of a list, or every value of a mapping."""


@dataclass
class Draft:
    """A read file together with the locations known to be wrong.

    Parameters
    ----------
    source
        The file's values and lines, with misspelt keys already mended.
    broken
        Locations that have a complaint of their own.
    problems
        Complaints so far; rules add to them by `tell`.
    """

    source: YamlSource
    broken: set[Location] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def tell(self, location: Location, message: str) -> None:
        """Add a complaint at a location, on its line."""
        self.problems.append(Problem(self.source.line(location), path_text(location), message))

    def is_sound(self, location: Location) -> bool:
        """Tell whether nothing at, above or below a location was complained about."""
        return not any(
            location[: len(broken)] == broken or broken[: len(location)] == location for broken in self.broken
        )

    def find(self, *pattern: str | int) -> Iterator[tuple[Location, Any]]:
        """Walk to every sound, present value that fits a pattern of keys, positions and `EACH`."""
        for location, value in self._walk((), self.source.value, pattern):
            if value is not None and self.is_sound(location):
                yield location, value

    def get(self, location: Location) -> Any:
        """Read one value if it is present and sound, else None."""
        return next((value for _, value in self.find(*location)), None)

    def number(self, location: Location) -> Decimal | None:
        """Read one number exactly if it is present and sound, else None."""
        value = self.get(location)
        return None if value is None else Decimal(value)

    def day(self, location: Location) -> date | None:
        """Read one calendar day if it is present and sound, else None."""
        value = self.get(location)
        return date.fromisoformat(value) if isinstance(value, str) else value

    def items(self, *pattern: str | int) -> Iterator[tuple[Location, dict[str, Any]]]:
        """Walk to every mapping that fits a pattern, even one with broken values inside."""
        for location, value in self._walk((), self.source.value, pattern):
            if isinstance(value, dict):
                yield location, value

    def codes(self, *pattern: str | int) -> dict[str, Location] | None:
        """List the codes a pattern leads to, also misspelt ones; None where the section itself is missing or broken."""
        section = next(iter(self._walk((), self.source.value, pattern[:1])), (None, None))[1]
        if not isinstance(section, list) or () in self.broken or pattern[:1] in self.broken:
            return None
        found: dict[str, Location] = {}
        for location, value in self._walk((), self.source.value, pattern):
            found.setdefault(str(value), location)
        return found

    def _walk(self, location: Location, value: Any, pattern: Sequence[str | int]) -> Iterator[tuple[Location, Any]]:
        if not pattern:
            yield location, value
            return
        step, rest = pattern[0], pattern[1:]
        if step == EACH:
            entries: Iterable[tuple[str | int, Any]] = ()
            if isinstance(value, list):
                entries = enumerate(value)
            elif isinstance(value, dict):
                entries = value.items()
            for key, child in entries:
                yield from self._walk((*location, key), child, rest)
        elif isinstance(value, dict) and step in value:
            yield from self._walk((*location, step), value[str(step)], rest)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            yield from self._walk((*location, step), value[step], rest)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Find the known word that a misspelt one most resembles, if one does."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)), None)


def listed(words: Iterable[str], limit: int = 12) -> str:
    """List words for a message; a long list is cut with its length."""
    words = list(words)
    shown = ", ".join(words[:limit])
    return shown if len(words) <= limit else f"{shown}, … ({len(words)} in all)"


def suggestion(word: str, known: Iterable[str]) -> str:
    """Say what would be right in place of an unknown word: the nearest known one, else all of them."""
    known = list(known)
    near = nearest(word, known)
    if near is not None:
        return f"did you mean '{near}'?"
    return f"known: {listed(known)}" if known else "none is defined"
