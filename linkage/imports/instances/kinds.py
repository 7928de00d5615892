"""What a single value of an instance file may be, how mistakes are collected, and each kind's JSON Schema.

A file may hold a million rows, so every kind can look at many values at once and answers only whether all fit; where
they do not, it goes through them one by one, names each mistake with its path and keeps what is sound. Whether an id
is known, or two numbers go together, is not decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final, Protocol

from linkage.errors import InvalidFile
from linkage.schemas.draft import nearest
from linkage.terms import Term

SHOWN: Final = 100
"""How many mistakes are told one by one; the rest is counted."""

_SHOWN_CHARACTERS: Final = 40


class _Broken:
    """The one value of which nothing is sound."""


BROKEN: Final = _Broken()


def shown(value: Any) -> str:
    """Write a value as a message shows it: short, as JSON would, without control characters."""
    words = {None: "null", True: "true", False: "false"}
    if value is None or isinstance(value, bool):
        return words[value]
    if isinstance(value, str):
        text = value if len(value) <= _SHOWN_CHARACTERS else value[:_SHOWN_CHARACTERS] + "…"
        return f'"{"".join(c if c.isprintable() else "�" for c in text)}"'
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return "an object" if isinstance(value, dict) else str(value)


@dataclass
class Mistakes:
    """The mistakes of one file, in the order found.

    Parameters
    ----------
    source
        The file's name, for the message.
    excused
        Ids of records with mistakes: whoever refers to them is not to blame.
    """

    source: str
    count: int = 0
    lines: list[str] = field(default_factory=list)
    excused: set[str | int] = field(default_factory=set)

    def tell(self, path: str, message: str) -> None:
        """Add a mistake; only the first `SHOWN` are kept in words."""
        self.count += 1
        if self.count <= SHOWN:
            self.lines.append(f"{path}: {message}" if path else message)

    def broken(self, path: str, message: str) -> Any:
        """Add a mistake that leaves nothing of the value."""
        self.tell(path, message)
        return BROKEN

    def refuse_if_any(self) -> None:
        """Stop here if something is wrong.

        Raises
        ------
        InvalidFile
            Naming every mistake.
        """
        if not self.count:
            return
        more = [f"… and {self.count - SHOWN:,} more of the same kinds"] if self.count > SHOWN else []
        noun = "mistake" if self.count == 1 else "mistakes"
        raise InvalidFile(f"{self.source} has {self.count:,} {noun}; nothing was solved", [*self.lines, *more])


class Kind(Protocol):
    """One kind of value."""

    def fits(self, values: Sequence[Any]) -> bool:
        """Whether all values are of this kind; False asks for `mend`."""
        ...

    def mend(self, value: Any, path: str, mistakes: Mistakes) -> Any:
        """Name what is wrong with one value; return what of it is sound, or `BROKEN`."""
        ...

    def schema(self) -> dict[str, Any]:
        """Describe the kind as JSON Schema."""
        ...


@dataclass(frozen=True)
class Whole:
    """A whole number in a range; 3.0 counts as 3."""

    low: int
    high: int

    def fits(self, values: Sequence[Any]) -> bool:
        """Look at many."""
        return not values or (set(map(type, values)) <= {int} and self.low <= min(values) and max(values) <= self.high)

    def mend(self, value: Any, path: str, mistakes: Mistakes) -> Any:
        """Look at one."""
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or (isinstance(value, float) and not value.is_integer()):
            return mistakes.broken(path, f"must be a whole number, is {shown(value)}")
        if not self.low <= value <= self.high:
            return mistakes.broken(path, f"must lie in {self.low:,} .. {self.high:,}, is {value}")
        return int(value)

    def schema(self) -> dict[str, Any]:
        """Describe."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True)
class Ratio:
    """An exact number: whole, decimal, or a fraction written as text such as "30000/1456"."""

    low: Fraction
    high: Fraction

    def fits(self, values: Sequence[Any]) -> bool:
        """Look at many."""
        return not values

    def mend(self, value: Any, path: str, mistakes: Mistakes) -> Any:
        """Look at one."""
        number = as_fraction(value)
        if number is None:
            return mistakes.broken(path, f'must be a number or a fraction such as "30000/1456", is {shown(value)}')
        if not self.low <= number <= self.high:
            return mistakes.broken(path, f"must lie in {self.low} .. {self.high}, is {shown(value)}")
        return value

    def schema(self) -> dict[str, Any]:
        """Describe."""
        number = {"type": "number", "minimum": float(self.low), "maximum": float(self.high)}
        return {"anyOf": [number, {"type": "string", "pattern": r"^\d+(\.\d+)?(/\d+)?$"}]}


def as_fraction(value: Any) -> Fraction | None:
    """Read a number as it is written, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and len(value) > _SHOWN_CHARACTERS:
        return None
    try:
        return Fraction(str(value) if isinstance(value, float) else value)
    except (ValueError, ZeroDivisionError):
        return None


@dataclass(frozen=True)
class Real:
    """A finite number either side of 0, such as a coordinate."""

    most: float

    def fits(self, values: Sequence[Any]) -> bool:
        """Look at many."""
        return set(map(type, values)) <= {int, float} and all(-self.most <= value <= self.most for value in values)

    def mend(self, value: Any, path: str, mistakes: Mistakes) -> Any:
        """Look at one."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return mistakes.broken(path, f"must be a number, is {shown(value)}")
        if not -self.most <= value <= self.most:
            return mistakes.broken(path, f"must lie in {-self.most:g} .. {self.most:g}, is {value}")
        return value

    def schema(self) -> dict[str, Any]:
        """Describe."""
        return {"type": "number", "minimum": -self.most, "maximum": self.most}


@dataclass(frozen=True)
class Flag:
    """True or false."""

    def fits(self, values: Sequence[Any]) -> bool:
        """Look at many."""
        return set(map(type, values)) <= {bool}

    def mend(self, value: Any, path: str, mistakes: Mistakes) -> Any:
        """Look at one."""
        if not isinstance(value, bool):
            return mistakes.broken(path, f"must be true or false, is {shown(value)}")
        return value

    def schema(self) -> dict[str, Any]:
        """Describe."""
        return {"type": "boolean"}


@dataclass(frozen=True)
class Name:
    """An id or a name: text without control characters, or a whole number."""

    def fits(self, values: Sequence[Any]) -> bool:
        """Look at many."""
        kinds = set(map(type, values))
        if kinds <= {str}:
            return all(values) and "".join(values).isprintable()
        return kinds <= {int}

    def mend(self, value: Any, path: str, mistakes: Mistakes) -> Any:
        """Look at one."""
        if isinstance(value, bool) or not isinstance(value, str | int):
            return mistakes.broken(path, f"must be an id (text or a whole number), is {shown(value)}")
        if isinstance(value, str) and not (value and value.isprintable()):
            return mistakes.broken(path, f"must be a non-empty id without control characters, is {shown(value)}")
        return value

    def schema(self) -> dict[str, Any]:
        """Describe."""
        return {"anyOf": [{"type": "string", "minLength": 1}, {"type": "integer"}]}


@dataclass(frozen=True)
class Word:
    """One of a closed list of words."""

    words: type[Term]

    def fits(self, values: Sequence[Any]) -> bool:
        """Look at many."""
        return set(map(type, values)) <= {str} and set(values) <= {word.value for word in self.words}

    def mend(self, value: Any, path: str, mistakes: Mistakes) -> Any:
        """Look at one."""
        known = [word.value for word in self.words]
        if not isinstance(value, str) or value not in known:
            near = did_you_mean(value, known)
            return mistakes.broken(path, f"must be one of {', '.join(known)}, is {shown(value)}{near}")
        return value

    def schema(self) -> dict[str, Any]:
        """Describe."""
        return {"enum": [word.value for word in self.words]}


def did_you_mean(value: Any, known: Iterable[str]) -> str:
    """Suggest the nearest known word, or nothing."""
    near = nearest(value, known) if isinstance(value, str) else None
    return "" if near is None else f'; did you mean "{near}"?'


def printable(name: str) -> str:
    """Write a key without control characters."""
    return shown(name)[1:-1]
