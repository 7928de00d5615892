"""Which hard rules the fixed pairs of a roster file break, told in the file's ids.

The kernel names people and shifts by index and each rule in words; here both become ids and a rule's code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from linkage.imports.instances.roster import RosterInstance
from linkage.terms import RosterRule, RosterStatus

_ABOUT: Final = re.compile(
    r"fixed volunteers? (?P<people>[\d, \[\]]+?)(?: on shifts? (?P<shifts>[\d and]+?))?: (?P<rule>.*)"
)
_RULES: Final = (
    ("not in the list", RosterRule.LISTED),
    ("no seat of the shift", RosterRule.SKILL),
    ("windows", RosterRule.AVAILABLE),
    ("day off", RosterRule.DAYS_OFF),
    ("overlap", RosterRule.GAPS),
    ("max_minutes_week", RosterRule.MAX_MINUTES_WEEK),
    ("max_minutes_day", RosterRule.MAX_MINUTES_DAY),
    ("strain_cap_week", RosterRule.STRAIN_WEEK),
    ("minutes", RosterRule.MAX_MINUTES),
    ("newcomer", RosterRule.NEWCOMER),
    ("team", RosterRule.TEAM),
    ("not enough seats", RosterRule.SEATS),
)
"""What the kernel's words say, by the first that stands in them."""


def contradictory_answer(instance: RosterInstance, seconds: float) -> dict[str, Any]:
    """Build the answer for a file whose fixed pairs contradict hard rules: no plan, and the rules."""
    return {
        "status": RosterStatus.CONTRADICTORY.value,
        "objectives": {},
        "gap": 0.0,
        "seconds": round(seconds, 3),
        "assignments": [],
        "unfilled": [],
        "conflicts": list(_conflicts(instance)),
    }


def _conflicts(instance: RosterInstance) -> Iterator[dict[str, Any]]:
    for line in instance.contradictions:
        told = _ABOUT.fullmatch(line)
        if told is None:
            yield {"rule": RosterRule.FIXED.value, "text": line}
            continue
        people = [instance.volunteers[int(index)] for index in re.findall(r"\d+", told["people"])]
        shifts = [instance.shifts[int(index)] for index in re.findall(r"\d+", told["shifts"] or "")]
        rule = next((rule for words, rule in _RULES if words in told["rule"]), RosterRule.FIXED)
        row: dict[str, Any] = {"rule": rule.value, "fixed_volunteers": people}
        if shifts:
            row["fixed_shifts"] = shifts
        yield row | {"text": told["rule"]}
