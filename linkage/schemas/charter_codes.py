"""Codes in a charter: each is given once, and whatever is referred to exists.

A code that an entry lacks altogether has been complained about already; references that may have meant it are
passed over, so that one mistake stays one message.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any, Final

from linkage.schemas.draft import EACH, Draft, nearest, suggestion
from linkage.schemas.problem import Location

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
    ("community or area", (("services", EACH, "areas", EACH), ("survey", EACH, "area_labels", EACH))),
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
        definitions = dict(_CODES)[noun]
        known = known_codes(draft, definitions)
        if known is None:
            continue
        used = [reference for pattern in patterns for reference in draft.find(*pattern)]
        _tell_unknown(draft, noun, used, known, lacking=_lacking(draft, definitions))
    services = known_codes(draft, (("services", EACH, "code"),))
    if services is not None:
        used = [(location, location[-1]) for location, _ in draft.find("simulation", "take_up", EACH)]
        _tell_unknown(draft, "service", used, services, lacking=_lacking(draft, (("services", EACH, "code"),)))


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


def _lacking(draft: Draft, patterns: Iterable[Pattern]) -> int:
    """Count entries whose code is missing."""
    return sum("code" not in entry for pattern in patterns for _, entry in draft.items(*pattern[:-1]))


def _tell_unknown(
    draft: Draft, noun: str, used: list[tuple[Location, Any]], known: frozenset[str], *, lacking: int
) -> None:
    unknown = Counter(str(code) for _, code in used if code not in known)
    orphans = [code for code, _ in unknown.most_common() if nearest(code, known) is None][:lacking]
    for location, code in used:
        if code not in known and code not in orphans:
            draft.tell(location, f"unknown {noun} '{code}'; {suggestion(str(code), sorted(known))}")
