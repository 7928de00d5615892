"""Which needs of earlier cycles are open again in the next: the last word of each person, if it was not served.

A need that was asked again later is represented by the later one, whatever became of it; the earlier one stays in
its cycle. Accepted and never served is not served.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from linkage.terms import NeedCategory, NeedState

UNSERVED: Final = frozenset({NeedState.OPEN, NeedState.MATCHED, NeedState.ACCEPTED, NeedState.UNMET})


class PastNeed(NamedTuple):
    """A need as it stands, and whose it is: a person's, a response's, or both (consent may have come later)."""

    need_id: int
    cycle: int
    state: NeedState
    category: NeedCategory
    person_id: int | None
    response_id: int | None


def to_carry(needs: Iterable[PastNeed], cycle: int) -> frozenset[int]:
    """Return the ids of needs that are carried into a cycle."""
    by_person: dict[tuple[int | None, NeedCategory], PastNeed] = {}
    by_response: dict[tuple[int | None, NeedCategory], PastNeed] = {}
    in_order = sorted(needs, key=lambda one: (one.cycle, one.need_id))
    for need in in_order:
        by_person[need.person_id, need.category] = by_response[need.response_id, need.category] = need
    return frozenset(
        need.need_id
        for need in in_order
        if need.cycle < cycle
        and need.state in UNSERVED
        and (need.person_id is None or by_person[need.person_id, need.category] is need)
        and (need.response_id is None or by_response[need.response_id, need.category] is need)
    )
