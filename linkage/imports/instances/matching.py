"""Reads a matching file: ids become indices, rules become columns, and pairs are spread over their offers' windows.

It builds the kernel's arrays; whether a rule can be kept is the kernel's matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from linkage.imports.instances.columns import (
    UNKNOWN,
    Id,
    Integers,
    ids_of,
    looked_up,
    numbered,
    tell_repeated,
    tell_twice,
    whole,
    within,
)
from linkage.imports.instances.fields import SoundRows
from linkage.imports.instances.kinds import Mistakes, printable, shown
from linkage.imports.instances.matching_format import FORMAT
from linkage.imports.instances.matching_windows import Joined, PlaceFinder, WindowTable, join, windows_of
from linkage.imports.instances.source import read
from linkage.kernels.assignment.problem import NONE, AssignmentProblem
from linkage.terms import MatchObjective

Rows = Sequence[dict[str, Any]]


@dataclass(frozen=True, kw_only=True, eq=False)
class MatchingInstance:
    """A matching problem with the ids its indices stand for."""

    problem: AssignmentProblem
    needs: list[Id]
    offers: list[Id]
    windows: list[Id]
    sources: list[Id]
    groups: list[Id]
    objectives: tuple[MatchObjective, ...] | None
    places: PlaceFinder
    remarks: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class _PairTable:
    """The pairs by need, offer and window; `has_all` unless some were left out for a mistake of their own."""

    place: dict[tuple[int, int, int], int]
    count: int
    windows: WindowTable
    has_all: bool


def read_matching(path: Path) -> MatchingInstance:
    """Read a matching file.

    Raises
    ------
    UnreadableFile
        It is no JSON.
    InvalidFile
        Naming every mistake.
    InvalidProblem
        Sums exceed what the kernel can count.
    """
    document, mistakes = read(path, FORMAT)
    needs, offers, pairs = (document.get(name, []) for name in ("needs", "offers", "pairs"))
    rules: dict[str, Any] = document.get("rules", {})
    need_ids = ids_of(needs, within("needs", needs), mistakes)
    offer_ids = ids_of(offers, within("offers", offers), mistakes)
    windows = windows_of(offers, mistakes)
    ends = _ends(pairs, "pairs", (need_ids, offer_ids), mistakes)
    joined = join(needs, pairs, ends, windows, mistakes)
    _tell_twice(pairs, joined, mistakes)
    is_asked = bool(document.get("previous") or document.get("fixed"))
    place = dict(zip(joined.keys(), range(joined.row.size), strict=True)) if is_asked else {}
    has_all = not isinstance(pairs, SoundRows) and UNKNOWN not in ends[0] and UNKNOWN not in ends[1]
    table = _PairTable(place=place, count=joined.row.size, windows=windows, has_all=has_all)
    planned = {
        name: _planned(document.get(name, []), name, table, (need_ids, offer_ids), mistakes)
        for name in ("previous", "fixed")
    }
    need_group, groups = numbered(row.get("group") for row in needs)
    offer_source, sources = numbered(row.get("source") for row in offers)
    caps: dict[str, int] = rules.get("source_caps", {})
    quotas, groups, remarks = _quotas(rules.get("quotas", {}), groups, mistakes)
    remarks += [
        f"rules.source_caps.{name}: no offer comes from this source" for name in caps if name not in map(str, sources)
    ]
    bound = {
        name: _sets(rules.get(name, []), name, need_ids, len(needs), mistakes) for name in ("exclusive", "packages")
    }
    last = looked_up([row.get("last") for row in needs], offer_ids, within("needs", needs, ".last"), "offer", mistakes)
    objectives = _objectives(document, mistakes)
    mistakes.refuse_if_any()
    if objectives is not None and quotas[:, 0].any() and MatchObjective.QUOTA_SHORTFALL not in objectives:
        remarks.append("rules.quotas: min counts for nothing, as quota_shortfall is not among the objectives")
    problem = AssignmentProblem.of(
        need_quantity=whole(needs, "quantity", 1),
        need_priority=whole(needs, "priority", 1),
        need_group=need_group,
        need_exclusive=bound["exclusive"],
        need_package=bound["packages"],
        offer_capacity=whole(offers, "capacity", 1),
        offer_source=offer_source,
        source_caps=np.asarray([caps.get(str(name), NONE) for name in sources], dtype=np.int64),
        window_offer=windows.offer,
        window_capacity=windows.capacity,
        group_min=quotas[:, 0] if rules.get("quotas") else None,
        group_max=quotas[:, 1] if rules.get("quotas") else None,
        pair_need=joined.need,
        pair_offer=joined.offer,
        pair_window=joined.window,
        pair_cost=whole(pairs, "cost", 0)[joined.row],
        pair_use=whole(pairs, "use", 1)[joined.row],
        is_last=(last[joined.need] == joined.offer).astype(np.int64),
        previous=planned["previous"],
        fixed=planned["fixed"],
        indivisible=rules.get("indivisible", False),
        fair_groups=rules.get("fair_groups", False),
    )
    return MatchingInstance(
        problem=problem,
        needs=list(need_ids),
        offers=list(offer_ids),
        windows=windows.names,
        sources=sources,
        groups=groups,
        objectives=objectives,
        places=PlaceFinder(spans=[row.get("window") for row in needs], offer_count=len(offers), windows=windows),
        remarks=tuple(remarks),
    )


def _ends(
    rows: Rows, name: str, ids: tuple[dict[Id, int], dict[Id, int]], mistakes: Mistakes
) -> tuple[Integers, Integers]:
    """Look up both ends of pairs."""
    needs, offers = ids
    return (
        looked_up([row["need"] for row in rows], needs, within(name, rows, ".need"), "need", mistakes),
        looked_up([row["offer"] for row in rows], offers, within(name, rows, ".offer"), "offer", mistakes),
    )


def _tell_twice(rows: Rows, joined: Joined, mistakes: Mistakes) -> None:
    """Tell pairs listed twice, for the same window if they have one."""
    order = np.lexsort((joined.window, joined.offer, joined.need))
    columns = (column[order] for column in (joined.need, joined.offer, joined.window))
    if np.logical_and.reduce([np.diff(column) == 0 for column in columns]).any():
        origin = joined.row.tolist()
        where = within("pairs", rows)
        tell_repeated(joined.keys(), lambda at: where(origin[at]), "the same need, offer and window", mistakes)


def _planned(
    rows: Rows,
    name: str,
    pairs: _PairTable,
    ids: tuple[dict[Id, int], dict[Id, int]],
    mistakes: Mistakes,
) -> Integers:
    """Spread a list of planned units over the pairs."""
    place = pairs.place
    units = np.zeros(pairs.count, dtype=np.int64)
    need, offer = _ends(rows, name, ids, mistakes)
    choices: dict[tuple[int, int], list[int]] = {}
    if rows:
        for (one, other, _), at in place.items():
            choices.setdefault((one, other), []).append(at)
    for row, (one, other) in enumerate(zip(need.tolist(), offer.tolist(), strict=True)):
        where = within(name, rows)(row)
        if UNKNOWN in (one, other):
            continue
        window = rows[row].get("window")
        if window is not None:
            index = pairs.windows.index.get((other, window), UNKNOWN)
            options = [place[one, other, index]] if (one, other, index) in place and index != UNKNOWN else []
        else:
            options = choices.get((one, other), [])
        if len(options) == 1:
            units[options[0]] += rows[row].get("quantity", 1)
        elif options:
            mistakes.tell(where, "the pair has several windows; name the window meant")
        elif pairs.has_all:
            mistakes.tell(where, "this need and offer are no pair of this file; list the pair, or drop this")
    return units


def _objectives(document: dict[str, Any], mistakes: Mistakes) -> tuple[MatchObjective, ...] | None:
    """Take the objectives in their order, each once, and meeting needs before what it costs."""
    if "objectives" not in document:
        return None
    has_all = not any(line.startswith("objectives") for line in mistakes.lines)
    asked = [MatchObjective(name) for name in document["objectives"]]
    where = within("objectives", document["objectives"])
    tell_twice(((where(row), name.value) for row, name in enumerate(asked)), mistakes)
    if not has_all:
        return None
    if MatchObjective.UNMET_PRIORITY not in asked:
        mistakes.tell("objectives", "unmet_priority is missing: to do nothing would be the best plan")
    elif MatchObjective.COST in asked[: asked.index(MatchObjective.UNMET_PRIORITY)]:
        mistakes.tell("objectives", "cost stands before unmet_priority: to do nothing would be the best plan")
    return tuple(asked)


def _quotas(
    quotas: dict[str, dict[str, Any]], groups: list[Id], mistakes: Mistakes
) -> tuple[Integers, list[Id], list[str]]:
    """Tell least and most of every group; groups that only the quotas know stand last, with a remark."""
    for group, told in quotas.items():
        if told.get("max") is not None and told.get("min", 0) > told["max"]:
            mistakes.tell(f"rules.quotas.{printable(group)}", f"min {told['min']} is above max {told['max']}")
    known = {str(name) for name in groups}
    added: list[Id] = [name for name in quotas if name not in known]
    table = np.tile(np.asarray([0, NONE], dtype=np.int64), (len(groups) + len(added), 1))
    for row, name in enumerate([*groups, *added]):
        quota = quotas.get(str(name), {})
        most = quota.get("max")
        table[row] = quota.get("min", 0), NONE if most is None else most
    return table, [*groups, *added], [f"rules.quotas.{name}: no need is of this group" for name in added]


def _sets(lists: Sequence[list[Id]], name: str, needs: dict[Id, int], count: int, mistakes: Mistakes) -> Integers:
    """Number sets of needs; a need may be in one set of a kind."""
    found = np.full(count, NONE, dtype=np.int64)
    for number, names in enumerate(lists):
        path = f"rules.{name}[{number}]"
        members = looked_up(names, needs, within(path, names), "need", mistakes).tolist()
        for place, need in enumerate(members):
            if need == UNKNOWN:
                continue
            if found[need] not in (NONE, number):
                text = f"{shown(names[place])} is in rules.{name}[{found[need]}] already; a need can be in one of them"
                mistakes.tell(f"{path}[{place}]", text)
            found[need] = number
    return found
