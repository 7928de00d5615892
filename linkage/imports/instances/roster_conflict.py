"""Which hard rules the fixed pairs of a roster file break, told in the file's ids.

The kernel names people and shifts by index and each rule in words; here both become ids and a rule's code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from linkage.imports.instances.columns import Id
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

_SAID_AGAIN: Final = "more than a cap of the volunteer"
"""A shift that is too long alone is told again with the cap it exceeds."""


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
    """Tell each rule once: what a later line says more exactly, and a team for each of its members, is left out."""
    unfit, teams = set[str](), set[str]()
    for line in instance.contradictions:
        if _SAID_AGAIN in line:
            continue
        told = _ABOUT.fullmatch(line)
        if told is None:
            yield {"rule": RosterRule.FIXED.value, "text": line}
            continue
        people, shifts = (re.findall(r"\d+", told[name] or "") for name in ("people", "shifts"))
        rule = next((rule for words, rule in _RULES if words in told["rule"]), RosterRule.FIXED)
        row: dict[str, Any] = {"rule": rule.value, "fixed_volunteers": _ids(instance.volunteers, people)}
        if shifts:
            row["fixed_shifts"] = _ids(instance.shifts, shifts)
        text = told["rule"]
        about = f"{told['people']} on {told['shifts']}"
        if rule is RosterRule.TEAM:
            team, text = re.findall(r"\d+", text), "their team cannot come complete"
            if f"{team} on {shifts}" in teams:
                continue
            teams.add(f"{team} on {shifts}")
            fixed = [person for person in team if (int(person), int(shifts[0])) in instance.fixed]
            row |= {
                "fixed_volunteers": _ids(instance.volunteers, fixed),
                "team": _ids(instance.volunteers, team),
            }
        elif rule is RosterRule.SKILL:
            unfit.add(about)
        elif rule is RosterRule.SEATS and len(people) == 1 and f"{people[0]} on {told['shifts']}" in unfit:
            continue
        yield row | {"text": text}


def _ids(names: list[Id], indices: list[str]) -> list[Id]:
    return [names[int(index)] for index in indices]
