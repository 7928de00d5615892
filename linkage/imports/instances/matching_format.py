"""The matching format: needs, offers, the pairs that may be joined, rules and objectives, declared once.

Only what single values may be stands here; `matching` reads a file and decides what goes together.
"""

from __future__ import annotations

from typing import Final

from linkage.imports.instances.fields import ByName, Key, Many, Record, Row
from linkage.imports.instances.kinds import Flag, Name, Whole, Word
from linkage.kernels.assignment.problem import (
    MAX_CAPACITY,
    MAX_CAPACITY_SUM,
    MAX_COST,
    MAX_PRIORITY,
    MAX_QUANTITY,
)
from linkage.terms import MatchObjective

_LARGEST_MINUTE: Final = 2**31 - 1

_MINUTE: Final = Whole(-_LARGEST_MINUTE, _LARGEST_MINUTE)
_NEED: Final = Record(
    {
        "id": Key(Name(), "its id", is_required=True),
        "quantity": Key(Whole(1, MAX_QUANTITY), "units asked for; 1 if absent"),
        "priority": Key(Whole(1, MAX_PRIORITY), "what one unmet unit weighs; 1 if absent"),
        "group": Key(Name(), "the group, such as an estate, it counts in for fairness and quotas", is_open=True),
        "window": Key(
            Row((_MINUTE, _MINUTE), "[start, end] in minutes"),
            "when it can be served: of offers with windows, only in those that overlap; any time if absent",
            is_open=True,
        ),
        "last": Key(Name(), "id of the offer that helped it in the last cycle, for `continuity`", is_open=True),
    }
)
_WINDOW: Final = Record(
    {
        "id": Key(Name(), "its id among the windows of the offer", is_required=True),
        "start": Key(_MINUTE, "minutes from the horizon's start", is_required=True),
        "end": Key(_MINUTE, "minutes from the horizon's start", is_required=True),
        "capacity": Key(Whole(0, MAX_CAPACITY), "units of capacity in it; those of the offer if absent"),
    }
)
_OFFER: Final = Record(
    {
        "id": Key(Name(), "its id", is_required=True),
        "capacity": Key(Whole(0, MAX_CAPACITY), "units of capacity; 1 if absent"),
        "source": Key(Name(), "the kind of source it comes from, for source_caps", is_open=True),
        "windows": Key(Many(_WINDOW), "when it is there; a match then names one of them", is_open=True),
    }
)
_PAIR: Final = Record(
    {
        "need": Key(Name(), "id of a need", is_required=True),
        "offer": Key(Name(), "id of an offer that may serve it", is_required=True),
        "cost": Key(Whole(-MAX_COST, MAX_COST), "cost of one unit of the need, lower is better; 0 if absent"),
        "use": Key(Whole(1, MAX_QUANTITY), "units of capacity that one unit of the need takes; 1 if absent"),
        "window": Key(Name(), "window of the offer; each that fits the need if absent", is_open=True),
    }
)
_PLANNED: Final = Record(
    {
        "need": Key(Name(), "id of a need", is_required=True),
        "offer": Key(Name(), "id of an offer it has a pair with", is_required=True),
        "quantity": Key(Whole(1, MAX_QUANTITY), "units of the need; 1 if absent"),
        "window": Key(Name(), "window of the offer, where the pair has several", is_open=True),
    }
)
_QUOTA: Final = Record(
    {
        "min": Key(Whole(0, MAX_QUANTITY), "units of the group to be met at least; objective `quota_shortfall`"),
        "max": Key(Whole(0, MAX_QUANTITY), "units of the group to be met at most; always kept", is_open=True),
    }
)
_RULES: Final = Record(
    {
        "indivisible": Key(Flag(), "a need is met whole by one offer or not at all; false if absent"),
        "source_caps": Key(ByName(Whole(0, MAX_CAPACITY_SUM)), "units of capacity all offers of a source may give"),
        "fair_groups": Key(Flag(), "share what cannot be met evenly between groups; false if absent"),
        "quotas": Key(ByName(_QUOTA), "for a group, least and most units to be met"),
        "exclusive": Key(Many(Many(Name())), "lists of needs of which at most one is met"),
        "packages": Key(Many(Many(Name())), "lists of needs that are all met whole, or none of them"),
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
