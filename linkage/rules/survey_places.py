"""Where a respondent lives: what an answer to the area question, or a visitor's note, means in the charter.

Labels of the source come first, then codes and names of the charter. A name that two places share means
neither, for a need put in the wrong place is worse than one a person has to look at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from linkage.schemas.charter import Charter


class Place(NamedTuple):
    """A community, and one of its areas where it is known; both by code."""

    community: str
    area: str | None


def places_by_code(charter: Charter) -> dict[str, Place]:
    """List every community and area of a charter by code."""
    places = {community.code: Place(community.code, None) for community in charter.communities}
    for community in charter.communities:
        places |= {area.code: Place(community.code, area.code) for area in community.areas}
    return places


def places_by_text(charter: Charter, labels: Mapping[str, str]) -> dict[str, Place]:
    """List what respondents may write, and the place it means.

    Parameters
    ----------
    labels
        The source's own wording of its options, to codes.
    """
    by_code = places_by_code(charter)
    named: dict[str, Place | None] = {}
    for community in charter.communities:
        for name, code in ((community.name, community.code), *((area.name, area.code) for area in community.areas)):
            named[name] = by_code[code] if named.get(name, by_code[code]) == by_code[code] else None
    known = {name: place for name, place in named.items() if place is not None}
    return known | by_code | {label: by_code[code] for label, code in labels.items()}


def only_place(charter: Charter) -> Place | None:
    """Return the one community of a charter that has one; where it is, nobody needs to be asked."""
    return Place(charter.communities[0].code, None) if len(charter.communities) == 1 else None
