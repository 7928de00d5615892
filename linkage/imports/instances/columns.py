"""Turns the rows of a checked instance file into columns, and ids into indices.

The rows' kinds have been checked; here ids are looked up, with the nearest known one for a misspelt one, and ids and
pairs that stand twice are told.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from linkage.imports.instances.fields import place_in_file
from linkage.imports.instances.kinds import Mistakes, shown
from linkage.schemas.draft import listed, nearest

Integers = NDArray[np.int64]
Id = str | int
Rows = Sequence[Mapping[str, Any]]
Paths = Callable[[int], str]

UNKNOWN: Final = -1
_MOST_COMPARED: Final = 20_000
"""With more known ids than this no nearest one is looked for."""


def within(name: str, rows: Sequence[Any], rest: str = "") -> Paths:
    """Name values of the rows of a list by where they stand in the file: `pairs[17].need`."""
    return lambda row: f"{name}[{place_in_file(rows, row)}]{rest}"


def whole(rows: Rows, key: str, default: int) -> Integers:
    """Take a column of whole numbers; absent and null count as the default."""
    values = [row.get(key, default) for row in rows]
    if None in values:
        values = [default if value is None else value for value in values]
    return np.asarray(values, dtype=np.int64).reshape(-1)


def ids_of(rows: Rows, paths: Paths, mistakes: Mistakes) -> dict[Id, int]:
    """Index the rows by their ids; tell those that stand twice."""
    ids = [row["id"] for row in rows]
    index = {name: row for row, name in enumerate(ids)}
    if len(index) < len(ids):
        first: dict[Id, int] = {}
        for row, name in enumerate(ids):
            if name in first:
                mistakes.tell(f"{paths(row)}.id", f"{shown(name)} is the id of {paths(first[name])} already")
            first.setdefault(name, row)
    return index


def looked_up(
    values: Sequence[Id | None], known: Mapping[Id, int], where: Paths, noun: str, mistakes: Mistakes
) -> Integers:
    """Turn ids into indices; null gives `UNKNOWN` in silence, an unknown id is told with the nearest known one.

    Parameters
    ----------
    where
        Path of the value in a row.
    noun
        What the ids name, such as `need`.
    """
    found = np.asarray([known.get(value, UNKNOWN) for value in values], dtype=np.int64).reshape(-1)  # type: ignore[arg-type]  # null is no key
    bad = [row for row in np.flatnonzero(found == UNKNOWN).tolist() if values[row] not in {None, *mistakes.excused}]
    hints: dict[Id | None, str] = {}
    for row in bad:
        value = values[row]
        if value not in hints:
            hints[value] = f"{shown(value)} is no {noun} of this file{_hint(value, known)}"
        mistakes.tell(where(row), hints[value])
    return found


def _hint(value: Id | None, known: Mapping[Id, int]) -> str:
    if not known:
        return ", which has none"
    if len(known) > _MOST_COMPARED:
        return ""
    names = {str(name): name for name in known}
    near = nearest(str(value), names)
    if near is not None:
        return f"; nearest is {shown(names[near])}"
    return f"; known: {listed(names, 6)}"


def tell_repeated(keys: Iterable[Hashable], where: Paths, what: str, mistakes: Mistakes) -> None:
    """Tell rows whose key stood in an earlier row."""
    first: dict[Hashable, int] = {}
    for row, key in enumerate(keys):
        if key in first:
            mistakes.tell(where(row), f"{what} as {where(first[key])}")
        first.setdefault(key, row)


def tell_twice(names: Iterable[tuple[str, str]], mistakes: Mistakes) -> None:
    """Tell words that stood before, each with its place: `objectives[1]: "cost" stands in objectives[0] already`."""
    first: dict[str, str] = {}
    for where, name in names:
        if name in first:
            mistakes.tell(where, f"{shown(name)} stands in {first[name]} already")
        first.setdefault(name, where)


def numbered(values: Iterable[Id | None]) -> tuple[Integers, list[Id]]:
    """Number names in the order they first stand; null gives `UNKNOWN`."""
    names: dict[Id, int] = {}
    found = [UNKNOWN if value is None else names.setdefault(value, len(names)) for value in values]
    return np.asarray(found, dtype=np.int64).reshape(-1), list(names)
