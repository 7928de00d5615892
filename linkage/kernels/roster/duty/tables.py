"""The duty problem as flat arrays for compiled code: what each person can do each day and what it leads to.

A person's month is a path through layers, one a day; a node says how many days in a row were off, or how many were
worked and what the last shift was (its class: what may follow it). Along the path minutes, weekends and shifts of
capped kinds are counted. Everything is built once from `Person` rows; nothing is chosen here. Costs are integers in
units of 1 / `SCALE`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

SCALE: Final = 1024
"""One unit of cost in stored numbers; prices are rounded to this grid so that sums are exact."""
NEVER: Final = 1 << 60
"""Cost of what is impossible."""
HARD: Final = 1 << 51
"""Cost of breaking a hard limit that the search may break on its way."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One way to work on a day: a place on a shift, or on several.

    Parameters
    ----------
    units
        Length in the person's units of minutes, >= 0.
    slot
        Row of the person's `caps` that it counts in, or -1.
    follows
        Bits of the classes that may have been worked the day before.
    kind
        Class of the shift: what may follow it, 0 .. 61.
    rows
        Cover rows it adds one to.
    cost
        Private cost in whole units, may be negative.
    tag
        The caller's own number.
    """

    units: int
    slot: int
    follows: int
    kind: int
    rows: tuple[int, ...]
    cost: int = 0
    tag: int = 0


@dataclass(frozen=True, kw_only=True)
class Person:
    """One person's rules and choices.

    Parameters
    ----------
    days
        Choices for every day.
    may_rest
        For every day, whether the person may stay away.
    max_run
        Most days in a row, or None.
    min_run, min_off
        Least days in a row worked and off; runs that touch the horizon's ends are free of it.
    max_weekends
        Most weekends, or None.
    end_costs
        Cost of having worked 0, 1, 2 ... units in all, in whole units, None where not allowed; longer is not allowed.
        A single entry means that units are not counted.
    caps
        Most shifts of each slot.
    """

    days: Sequence[Sequence[Choice]]
    may_rest: Sequence[bool]
    max_run: int | None = None
    min_run: int = 1
    min_off: int = 1
    max_weekends: int | None = None
    end_costs: Sequence[int | None] = (0,)
    caps: Sequence[int] = field(default_factory=tuple)


class Tables(NamedTuple):
    """What compiled code reads.

    Rows of `group`, options and `edge` are contiguous for a person and day; `*_start` says where they begin. A group
    gathers the options of a day that are alike but for their costs.

    Parameters
    ----------
    size
        (n_people, 7): off levels, nodes, weekend counts (0 if not counted), unit counts, cap slots, and where the
        person's `end_cost` and `cap` begin.
    span
        (n_people, days + 1, 2): least and most units worth counting after each day.
    end_cost, cap
        Cost of each total of units; most shifts of each slot.
    group
        (n_groups, 2): units, slot.
    rows
        Option `o` covers `rows[row_start[o] : row_start[o + 1]]`.
    edge
        (n_edges, 4): node before the day, node after it, group or -1 for a day off, 1 if a weekend begins to count.
    rest_cost
        (n_people, days): 0, or `NEVER` where the person must work.
    """

    size: Integers
    span: Integers
    end_cost: Integers
    cap: Integers
    group_start: Integers
    group: Integers
    option_start: Integers
    option_cost: Integers
    row_start: Integers
    rows: Integers
    edge_start: Integers
    edge: Integers
    rest_cost: Integers

    @property
    def people(self) -> int:
        """Number of people."""
        return int(self.size.shape[0])

    @property
    def days(self) -> int:
        """Number of days."""
        return int(self.rest_cost.shape[1])


def _weekend_part(day: int, first_weekday: int) -> int:
    return max(0, (day + first_weekday) % 7 - 4)


@dataclass
class _Builder:
    first_weekday: int
    group_start: list[int] = field(default_factory=lambda: [0])
    groups: list[tuple[int, int]] = field(default_factory=list)
    option_start: list[int] = field(default_factory=lambda: [0])
    options: list[Choice] = field(default_factory=list)
    edge_start: list[int] = field(default_factory=lambda: [0])
    edges: list[tuple[int, int, int, int]] = field(default_factory=list)

    def add_day(self, person: Person, day: int, off: int, runs: int, kinds: int) -> None:
        alike: dict[tuple[int, int, int, int], list[Choice]] = {}
        for choice in person.days[day]:
            alike.setdefault((choice.units, choice.slot, choice.follows, choice.kind), []).append(choice)
        part = _weekend_part(day, self.first_weekday)
        saturates = person.max_run is None
        sources = _work_sources(day, off, runs, kinds)
        for (units, slot, follows, kind), options in sorted(alike.items(), key=lambda item: item[0]):
            group = len(self.groups)
            self.groups.append((units, slot))
            self.options += options
            self.option_start.append(len(self.options))
            for source, run, last in sources:
                if last >= 0 and not follows >> last & 1:
                    continue
                if run >= runs and not saturates:
                    continue
                target = off + min(run, runs - 1) * kinds + kind
                starts_weekend = part == 1 or (part == 2 and (run == 0 or day == 0))
                self.edges.append((source, target, group, int(starts_weekend)))
        self.edges += [(source, target, -1, 0) for source, target in _rest_edges(person, day, off, runs, kinds)]
        self.group_start.append(len(self.groups))
        self.edge_start.append(len(self.edges))


def _work_sources(day: int, off: int, runs: int, kinds: int) -> list[tuple[int, int, int]]:
    """Nodes from which a person may work on a day: node, days worked so far in a row, class of the last shift."""
    if day == 0:
        return [(off - 1, 0, -1)]
    rested = [(level, 0, -1) for level in range(off) if level in {off - 1, day - 1}]
    return rested + [(off + run * kinds + kind, run + 1, kind) for run in range(runs) for kind in range(kinds)]


def _rest_edges(person: Person, day: int, off: int, runs: int, kinds: int) -> list[tuple[int, int]]:
    if day == 0:
        return [(off - 1, 0)]
    edges = [(level, min(level + 1, off - 1)) for level in range(off)]
    for run in range(runs):
        if run + 1 >= person.min_run or run == day - 1:
            edges += [(off + run * kinds + kind, 0) for kind in range(kinds)]
    return edges


def _column(values: Sequence[int] | Sequence[Sequence[int]]) -> Integers:
    return np.asarray(values, dtype=np.int64)


def build(people: Sequence[Person], *, days: int, first_weekday: int = 0) -> tuple[Tables, Integers]:
    """Lay the people's rules out; `first_weekday` is 0 for a horizon that starts on a Monday. Also give every option's tag."""
    builder = _Builder(first_weekday)
    size: list[tuple[int, ...]] = []
    end_cost: list[int] = []
    cap: list[int] = []
    weekends = len({(day + first_weekday) // 7 for day in range(days) if _weekend_part(day, first_weekday)})
    for person in people:
        off = max(1, person.min_off)
        runs = max(1, person.min_run if person.max_run is None else person.max_run)
        kinds = 1 + max((choice.kind for row in person.days for choice in row), default=0)
        is_counted = person.max_weekends is not None and person.max_weekends < weekends
        counts = 1 + (person.max_weekends or 0) if is_counted else 0
        numbers = (off, off + runs * kinds, counts, len(person.end_costs), len(person.caps))
        size.append((*numbers, len(end_cost), len(cap)))
        for day in range(days):
            builder.add_day(person, day, off, runs, kinds)
        end_cost += [NEVER if cost is None else cost * SCALE for cost in person.end_costs]
        cap += person.caps
    span = np.zeros((len(people), days + 1, 2), dtype=np.int64)
    span[:, :, 1] = np.asarray([len(person.end_costs) - 1 for person in people])[:, None] if people else 0
    options = builder.options
    rest = [[0 if rest else NEVER for rest in person.may_rest] for person in people]
    tables = Tables(
        size=_column(size).reshape(-1, 7),
        span=span,
        end_cost=_column(end_cost),
        cap=_column(cap),
        group_start=_column(builder.group_start),
        group=_column(builder.groups).reshape(-1, 2),
        option_start=_column(builder.option_start),
        option_cost=_column([choice.cost * SCALE for choice in options]),
        row_start=np.cumsum([0, *(len(choice.rows) for choice in options)], dtype=np.int64),
        rows=_column([row for choice in options for row in choice.rows]),
        edge_start=_column(builder.edge_start),
        edge=_column(builder.edges).reshape(-1, 4),
        rest_cost=_column(rest).reshape(len(people), days),
    )
    return tables, _column([choice.tag for choice in options])
