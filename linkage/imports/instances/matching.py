"""The matching format: needs, offers, the pairs that may be joined, rules and objectives, as one JSON object.

It declares the format, and builds the kernel's arrays from a file. Whether a rule can be kept is the kernel's matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from linkage.imports.instances.columns import (
    UNKNOWN,
    Id,
    Integers,
    ids_of,
    looked_up,
    numbered,
    tell_repeated,
    whole,
    within,
)
from linkage.imports.instances.fields import ByName, Key, Many, Record
from linkage.imports.instances.kinds import Flag, Mistakes, Name, Whole, Word
from linkage.imports.instances.source import read
from linkage.kernels.assignment.problem import (
    MAX_CAPACITY,
    MAX_CAPACITY_SUM,
    MAX_COST,
    MAX_PRIORITY,
    MAX_QUANTITY,
    NONE,
    AssignmentProblem,
)
from linkage.terms import MatchObjective

_NEED: Final = Record(
    {
        "id": Key(Name(), "its id", is_required=True),
        "quantity": Key(Whole(1, MAX_QUANTITY), "units asked for; 1 if absent"),
        "priority": Key(Whole(1, MAX_PRIORITY), "what one unmet unit weighs; 1 if absent"),
        "group": Key(Name(), "the group, such as an estate, it counts in for fairness and quotas", is_open=True),
    }
)
_OFFER: Final = Record(
    {
        "id": Key(Name(), "its id", is_required=True),
        "capacity": Key(Whole(0, MAX_CAPACITY), "units of capacity; 1 if absent"),
        "source": Key(Name(), "the kind of source it comes from, for source_caps", is_open=True),
    }
)
_PAIR: Final = Record(
    {
        "need": Key(Name(), "id of a need", is_required=True),
        "offer": Key(Name(), "id of an offer that may serve it", is_required=True),
        "cost": Key(Whole(-MAX_COST, MAX_COST), "cost of one unit of the need, lower is better; 0 if absent"),
        "use": Key(Whole(1, MAX_QUANTITY), "units of capacity that one unit of the need takes; 1 if absent"),
    }
)
_PLANNED: Final = Record(
    {
        "need": Key(Name(), "id of a need", is_required=True),
        "offer": Key(Name(), "id of an offer it has a pair with", is_required=True),
        "quantity": Key(Whole(1, MAX_QUANTITY), "units of the need; 1 if absent"),
    }
)
_RULES: Final = Record(
    {
        "indivisible": Key(Flag(), "a need is met whole by one offer or not at all; false if absent"),
        "source_caps": Key(ByName(Whole(0, MAX_CAPACITY_SUM)), "units of capacity all offers of a source may give"),
        "fair_groups": Key(Flag(), "share what cannot be met evenly between groups; false if absent"),
    }
)
FORMAT: Final = Record(
    {
        "needs": Key(Many(_NEED), "what is asked for"),
        "offers": Key(Many(_OFFER), "what is there"),
        "pairs": Key(Many(_PAIR), "which offer may serve which need"),
        "rules": Key(_RULES, "limits beyond capacity"),
        "objectives": Key(Many(Word(MatchObjective)), "what to keep small, most important first"),
        "previous": Key(Many(_PLANNED), "the last accepted plan; objective `changed` counts what is lost of it"),
        "fixed": Key(Many(_PLANNED), "what must stay, at least"),
    },
    note="A matching problem: which offer serves which need. All numbers are whole.",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class MatchingInstance:
    """A matching problem with the ids its indices stand for."""

    problem: AssignmentProblem
    needs: list[Id]
    offers: list[Id]
    sources: list[Id]
    groups: list[Id]
    objectives: tuple[MatchObjective, ...] | None
    remarks: tuple[str, ...]


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
    need_ids = ids_of(needs, within("needs", needs), mistakes)
    offer_ids = ids_of(offers, within("offers", offers), mistakes)
    pair_need, pair_offer = _ends(pairs, "pairs", need_ids, offer_ids, mistakes)
    place = _places(pairs, pair_need, pair_offer, mistakes)
    previous = _planned(document, "previous", place, (need_ids, offer_ids), mistakes)
    fixed = _planned(document, "fixed", place, (need_ids, offer_ids), mistakes)
    rules: dict[str, Any] = document.get("rules", {})
    need_group, groups = numbered(row.get("group") for row in needs)
    offer_source, sources = numbered(row.get("source") for row in offers)
    caps: dict[str, int] = rules.get("source_caps", {})
    remarks = tuple(
        f"rules.source_caps.{name}: no offer comes from this source" for name in caps if name not in map(str, sources)
    )
    mistakes.refuse_if_any()
    problem = AssignmentProblem.of(
        need_quantity=whole(needs, "quantity", 1),
        need_priority=whole(needs, "priority", 1),
        need_group=need_group,
        offer_capacity=whole(offers, "capacity", 1),
        offer_source=offer_source,
        source_caps=np.asarray([caps.get(str(name), NONE) for name in sources], dtype=np.int64),
        pair_need=pair_need,
        pair_offer=pair_offer,
        pair_cost=whole(pairs, "cost", 0),
        pair_use=whole(pairs, "use", 1),
        previous=previous,
        fixed=fixed,
        indivisible=rules.get("indivisible", False),
        fair_groups=rules.get("fair_groups", False),
    )
    return MatchingInstance(
        problem=problem,
        needs=list(need_ids),
        offers=list(offer_ids),
        sources=sources,
        groups=groups,
        objectives=tuple(map(MatchObjective, document["objectives"])) if "objectives" in document else None,
        remarks=remarks,
    )


def _ends(
    rows: list[dict[str, Any]], name: str, needs: dict[Id, int], offers: dict[Id, int], mistakes: Mistakes
) -> tuple[Integers, Integers]:
    """Look up both ends of pairs."""
    return (
        looked_up([row["need"] for row in rows], needs, within(name, rows, ".need"), "need", mistakes),
        looked_up([row["offer"] for row in rows], offers, within(name, rows, ".offer"), "offer", mistakes),
    )


def _places(
    rows: Sequence[Any], pair_need: Integers, pair_offer: Integers, mistakes: Mistakes
) -> dict[tuple[int, int], int]:
    """Index the pairs; tell those listed twice."""
    keys = list(zip(pair_need.tolist(), pair_offer.tolist(), strict=True))
    place = dict(zip(keys, range(len(keys)), strict=True))
    if len(place) < len(keys):
        known = [key for key in keys if UNKNOWN not in key]
        if len(set(known)) < len(known):
            unlike = [key if UNKNOWN not in key else row for row, key in enumerate(keys)]
            tell_repeated(unlike, within("pairs", rows), "the same need and offer", mistakes)
    return place


def _planned(
    document: dict[str, Any],
    name: str,
    place: dict[tuple[int, int], int],
    ids: tuple[dict[Id, int], dict[Id, int]],
    mistakes: Mistakes,
) -> Integers:
    """Spread a list of planned units over the pairs."""
    rows = document.get(name, [])
    units = np.zeros(len(document.get("pairs", [])), dtype=np.int64)
    need, offer = _ends(rows, name, *ids, mistakes)
    keys = list(zip(need.tolist(), offer.tolist(), strict=True))
    for row, key in enumerate(keys):
        if UNKNOWN in key:
            continue
        if key not in place:
            mistakes.tell(
                within(name, rows)(row), "this need and offer are no pair of this file; list the pair, or drop this"
            )
            continue
        units[place[key]] += rows[row].get("quantity", 1)
    return units
