"""Codes in a charter: each is given once, and whatever is referred to exists.

Where an entry lacks its code or repeats another's, references that may have meant it are named in that complaint,
so that one mistake stays one message and nothing goes untold.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final

from linkage.schemas.draft import EACH, Draft, listed, nearest, suggestion
from linkage.schemas.problem import Location, Problem, path_text

Pattern = tuple[str | int, ...]

_CODES: Final[tuple[tuple[str, tuple[Pattern, ...]], ...]] = (
    ("community or area", (("communities", EACH, "code"), ("communities", EACH, "areas", EACH, "code"))),
    ("party", (("parties", EACH, "code"),)),
    ("service", (("services", EACH, "code"),)),
    ("contract unit", (("contract_units", EACH, "code"),)),
    ("responsibility", (("responsibilities", EACH, "code"),)),
    ("budget line", (("budget", "lines", EACH, "code"),)),
    ("tranche", (("tranches", EACH, "code"),)),
    ("survey source", (("survey", EACH, "source"),)),
    ("consent purpose", (("consents", EACH, "purpose"),)),
)

_REFERENCES: Final[tuple[tuple[str, tuple[Pattern, ...]], ...]] = (
    ("party", (("services", EACH, "party"), ("responsibilities", EACH, "party"))),
    ("contract unit", (("services", EACH, "contract_unit"),)),
    (
        "community or area",
        (
            ("services", EACH, "areas", EACH),
            ("survey", EACH, "area_labels", EACH),
            ("matching", "community_quotas", EACH, "community"),
        ),
    ),
)


def check_duplicates(draft: Draft) -> None:
    """Each code is given once in its section; community and area codes share one space."""
    for noun, patterns in _CODES:
        first: dict[str, Location] = {}
        for pattern in patterns:
            for location, code in draft.find(*pattern):
                if code in first:
                    line = draft.source.line(first[code])
                    draft.tell(location, f"{noun} '{code}' was already given on line {line}; give each its own")
                else:
                    first[code] = location
    for location, party in draft.items("parties", EACH):
        roles = party.get("roles")
        if isinstance(roles, list) and draft.is_sound((*location, "roles")) and len(set(roles)) < len(roles):
            draft.tell((*location, "roles"), "a role is given twice; keep one of each")


def check_references(draft: Draft) -> None:
    """Whatever a section refers to by code exists in the section that defines it."""
    for noun, patterns in _REFERENCES:
        used = [(location, str(code)) for pattern in patterns for location, code in draft.find(*pattern)]
        _check_used(draft, noun, used)
    used = [(location, str(location[-1])) for location, _ in draft.find("simulation", "take_up", EACH)]
    _check_used(draft, "service", used)


def check_scheme(draft: Draft, schemes: Collection[str]) -> None:
    """The assessment scheme is one of those configured."""
    scheme = draft.get(("assessment", "scheme"))
    if scheme is not None and scheme not in schemes:
        message = f"unknown assessment scheme '{scheme}'; {suggestion(scheme, sorted(schemes))}"
        draft.tell(("assessment", "scheme"), message)


def known_codes(draft: Draft, patterns: Iterable[Pattern]) -> frozenset[str] | None:
    """List the codes of some sections; None where a section is missing or broken as a whole."""
    known: set[str] = set()
    for pattern in patterns:
        codes = draft.codes(*pattern)
        if codes is None:
            return None
        known.update(codes)
    return frozenset(known)


def _check_used(draft: Draft, noun: str, used: list[tuple[Location, str]]) -> None:
    definitions = dict(_CODES)[noun]
    known = known_codes(draft, definitions)
    if known is None:
        return
    unknown: dict[str, list[Location]] = {}
    for location, code in used:
        if code not in known:
            unknown.setdefault(code, []).append(location)
    lacking = list(_lacking(draft, definitions))
    by_weight = sorted(unknown, key=lambda code: (-len(unknown[code]), nearest(code, known) is not None))
    for location, orphan in zip(lacking, by_weight, strict=False):
        _add(draft, location, f"'{orphan}' is referred to on {_lines(draft, unknown.pop(orphan))} but given nowhere")
    referred = {code for _, code in used}
    names = _names(draft, definitions)
    for code, locations in unknown.items():
        named = nearest(code, names)
        advice = f"did you mean '{names[named]}' ({named})?" if named else suggestion(code, sorted(known))
        message = f"unknown {noun} '{code}'; {advice}"
        meant = nearest(code, known)
        if meant is not None and meant not in referred and len(locations) > 1:
            draft.tell(locations[0], f"{message} Or correct '{meant}': '{code}' stands on {_lines(draft, locations)}")
            continue
        for location in locations:
            draft.tell(location, message)


def _names(draft: Draft, patterns: Iterable[Pattern]) -> dict[str, str]:
    """Map names to codes: people write the name where a code is meant."""
    entries = [entry for pattern in patterns for _, entry in draft.items(*pattern[:-1])]
    return {str(entry["name"]): str(entry["code"]) for entry in entries if {"name", "code"} <= entry.keys()}


def _lacking(draft: Draft, patterns: Iterable[Pattern]) -> Iterator[Location]:
    """Find where a code is missing, or repeats that of an entry with another name: some code is given nowhere."""
    names: dict[str, Any] = {}
    for pattern in patterns:
        for location, entry in draft.items(*pattern[:-1]):
            code = str(entry.get("code"))
            if "code" not in entry or names.setdefault(code, entry.get("name")) != entry.get("name"):
                yield (*location, "code")


def _add(draft: Draft, location: Location, remark: str) -> None:
    """Extend the complaint that stands at a location."""
    path = path_text(location)
    draft.problems[:] = [
        Problem(problem.line, path, f"{problem.message}; {remark}") if problem.path == path else problem
        for problem in draft.problems
    ]


def _lines(draft: Draft, locations: Iterable[Location]) -> str:
    numbers = sorted({draft.source.line(location) for location in locations})
    return f"line{'s' if len(numbers) > 1 else ''} {listed(map(str, numbers), 6)}"
