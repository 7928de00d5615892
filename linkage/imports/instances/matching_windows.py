"""The time windows of a matching file: which windows a pair may use, and the pairs spread over them.

An offer with windows serves in one of them; a need with a window of its own only takes those that overlap it. It
decides what may be, not what is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from linkage.imports.instances.columns import UNKNOWN, Id, Integers, tell_repeated, whole, within
from linkage.imports.instances.kinds import Mistakes, shown
from linkage.kernels.assignment.problem import NONE
from linkage.schemas.draft import suggestion

Rows = Sequence[dict[str, Any]]


@dataclass(frozen=True, kw_only=True, eq=False)
class WindowTable:
    """The windows of all offers, one row each.

    Parameters
    ----------
    index
        Row by (offer, id of the window).
    """

    offer: Integers
    capacity: Integers
    spans: list[tuple[int, int]]
    names: list[Id]
    index: dict[tuple[int, Id], int]

    def of(self, offer: int) -> list[int]:
        """Rows of an offer's windows."""
        return np.flatnonzero(self.offer == offer).tolist()


@dataclass(frozen=True, kw_only=True, eq=False)
class Joined:
    """Pairs by window; `row` is the pair of the file each comes from."""

    row: Integers
    need: Integers
    offer: Integers
    window: Integers

    def keys(self) -> Iterator[tuple[int, int, int]]:
        """Name each pair by need, offer and window."""
        return zip(self.need.tolist(), self.offer.tolist(), self.window.tolist(), strict=True)


def windows_of(offers: Rows, mistakes: Mistakes) -> WindowTable:
    """List the windows of the offers."""
    offer, rows, names = [], [], list[Id]()
    for number, each in enumerate(offers):
        own = each.get("windows") or []
        where = f"{within('offers', offers)(number)}.windows"
        tell_repeated([row["id"] for row in own], within(where, own), "the same window id", mistakes)
        for place, row in enumerate(own):
            if row["end"] < row["start"]:
                path = within(where, own)(place)
                mistakes.tell(path, f"ends at {row['end']}, before it starts at {row['start']}")
            offer.append(number)
            rows.append({"capacity": each.get("capacity", 1)} | row)
            names.append(row["id"])
    return WindowTable(
        offer=np.asarray(offer, dtype=np.int64),
        capacity=whole(rows, "capacity", 1),
        spans=[(int(row["start"]), int(row["end"])) for row in rows],
        names=names,
        index={(number, name): row for row, (number, name) in enumerate(zip(offer, names, strict=True))},
    )


def join(needs: Rows, pairs: Rows, ends: tuple[Integers, Integers], windows: WindowTable, mistakes: Mistakes) -> Joined:
    """Spread the pairs over the windows they may use; pairs with unknown ends are left out."""
    need, offer = ends
    for row, each in enumerate(needs):
        span = each.get("window")
        if span is not None and span[1] < span[0]:
            mistakes.tell(within("needs", needs, ".window")(row), f"ends at {span[1]}, before it starts at {span[0]}")
    known = np.flatnonzero((need != UNKNOWN) & (offer != UNKNOWN))
    named = [row.get("window") for row in pairs] if any("window" in row for row in pairs) else None
    if not windows.names and named is None:
        return Joined(row=known, need=need[known], offer=offer[known], window=np.full(known.size, NONE))
    by_offer = {number: windows.of(number) for number in np.unique(windows.offer).tolist()}
    found: list[tuple[int, int]] = []
    for row in known.tolist():
        span = needs[int(need[row])].get("window")
        name = None if named is None else named[row]
        own = by_offer.get(int(offer[row]), [])
        if name is not None:
            index = windows.index.get((int(offer[row]), name))
            if index is None or not _overlap(span, windows.spans[index]):
                path = within("pairs", pairs, ".window")(row)
                mistakes.tell(path, _no_window(name, index, [windows.names[each] for each in own]))
            else:
                found.append((row, index))
        elif own:
            found += [(row, each) for each in own if _overlap(span, windows.spans[each])]
        else:
            found.append((row, NONE))
    table = np.asarray(found, dtype=np.int64).reshape(-1, 2)
    return Joined(row=table[:, 0], need=need[table[:, 0]], offer=offer[table[:, 0]], window=table[:, 1])


@dataclass(frozen=True, kw_only=True, eq=False)
class PlaceFinder:
    """Where a need could be served if the offer were eligible: in windows that fit its own, or where there are none.

    Parameters
    ----------
    spans
        Window of each need, None for any time.
    """

    spans: Sequence[list[int] | None]
    offer_count: int
    windows: WindowTable

    def __call__(self, need: int) -> tuple[Integers, Integers]:
        """List offers and windows; where no offer is there in time, every offer, in a window that is to be added."""
        every = np.arange(self.offer_count)
        bare = np.setdiff1d(every, self.windows.offer)
        fits = [row for row, span in enumerate(self.windows.spans) if _overlap(self.spans[need], span)]
        offers = np.concatenate((bare, self.windows.offer[fits]))
        if not offers.size:
            return every, np.full_like(every, NONE)
        return offers, np.concatenate((np.full_like(bare, NONE), np.asarray(fits, dtype=np.int64)))

    def new_window(self, need: int, offer: int) -> list[int] | None:
        """Tell the window an offer would have to add for a need; None where it has no windows."""
        return self.spans[need] if offer in self.windows.offer else None


def _overlap(wanted: list[int] | None, there: tuple[int, int]) -> bool:
    """Whether two windows share time; a moment inside another window does."""
    if wanted is None:
        return True
    start, end = max(wanted[0], there[0]), min(wanted[1], there[1])
    return start < end or (start == end and (wanted[0] == wanted[1] or there[0] == there[1]))


def _no_window(name: Id, index: int | None, own: list[Id]) -> str:
    if index is not None:
        return f"the window {shown(name)} does not meet the need's own window; correct one of them, or drop the pair"
    known = suggestion(str(name), map(str, own)) if own else "it has none"
    return f"{shown(name)} is no window of this offer; {known}"
