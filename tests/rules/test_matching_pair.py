"""Which service may meet which need, and which fits better."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from linkage.rules.matching_pair import AskedNeed, MatchWeights, OfferedService, cost, grounds, obstacles
from linkage.terms import GapCause, NeedCategory

TODAY = date(2024, 7, 1)


def a_need(**changed: Any) -> AskedNeed:
    """Build a need for lunch in one area."""
    values: dict[str, Any] = {
        "need_id": 1,
        "category": NeedCategory.MEAL,
        "quantity": 1,
        "priority": 2,
        "community": "east",
        "area": "east-1",
        "age": 70,
    }
    return AskedNeed(**(values | changed))


def a_service(**changed: Any) -> OfferedService:
    """Build a lunch for everybody."""
    values: dict[str, Any] = {
        "service_item_id": 1,
        "code": "lunch",
        "party_id": 1,
        "category": NeedCategory.MEAL,
        "remaining": 5,
    }
    return OfferedService(**(values | changed))


@pytest.mark.parametrize(
    ("need", "service", "expected"),
    [
        pytest.param({}, {}, (), id="nothing-in-the-way"),
        pytest.param({}, {"areas": frozenset({"east-1"})}, (), id="area-listed"),
        pytest.param({}, {"areas": frozenset({"east"})}, (), id="community-listed"),
        pytest.param({}, {"areas": frozenset({"west", "east-2"})}, (GapCause.OUT_OF_AREA,), id="other-area"),
        pytest.param({"area": None}, {"areas": frozenset({"east-1"})}, (GapCause.OUT_OF_AREA,), id="area-not-known"),
        pytest.param({"age": 60}, {"min_age": 60}, (), id="just-old-enough"),
        pytest.param({"age": 59}, {"min_age": 60}, (GapCause.WRONG_AGE,), id="too-young"),
        pytest.param({"age": 17}, {"max_age": 17}, (), id="just-young-enough"),
        pytest.param({"age": 18}, {"max_age": 17}, (GapCause.WRONG_AGE,), id="too-old"),
        pytest.param({"age": None}, {"min_age": 60}, (GapCause.UNKNOWN_AGE,), id="age-unknown"),
        pytest.param({"age": None}, {}, (), id="age-not-asked"),
        pytest.param(
            {"age": None, "has_consent": False}, {"min_age": 60}, (GapCause.NO_CONSENT,), id="no-age-for-no-consent"
        ),
        pytest.param(
            {"age": None, "has_consent": False},
            {"min_age": 60, "needs_consent": False},
            (GapCause.UNKNOWN_AGE,),
            id="age-asked-of-all",
        ),
        pytest.param({"needed_by_on": TODAY}, {"first_on": date(2024, 7, 2)}, (GapCause.TOO_LATE,), id="too-late"),
        pytest.param({"needed_by_on": date(2024, 7, 2)}, {"first_on": date(2024, 7, 2)}, (), id="just-in-time"),
        pytest.param({"needed_by_on": TODAY}, {}, (), id="not-bound-to-days"),
        pytest.param({"has_consent": False}, {}, (GapCause.NO_CONSENT,), id="no-consent"),
        pytest.param({"has_consent": False}, {"needs_consent": False}, (), id="open-to-all"),
        pytest.param(
            {"age": 50, "has_consent": False},
            {"areas": frozenset({"west"}), "min_age": 60},
            (GapCause.OUT_OF_AREA, GapCause.WRONG_AGE, GapCause.NO_CONSENT),
            id="all-in-their-order",
        ),
    ],
)
def test_obstacles_table(need: dict[str, Any], service: dict[str, Any], expected: tuple[GapCause, ...]) -> None:
    """Each test a pair must pass, at its edge."""
    assert obstacles(a_need(**need), a_service(**service)) == expected


@pytest.mark.parametrize(
    ("need", "service", "expected"),
    [
        pytest.param({}, {"areas": frozenset({"east-1"})}, 0, id="own-area"),
        pytest.param({}, {"areas": frozenset({"east"})}, 10, id="own-community"),
        pytest.param({}, {}, 20, id="everywhere"),
        pytest.param({"last_party_id": 1}, {}, 20, id="same-provider"),
        pytest.param({"last_party_id": 9}, {}, 30, id="other-provider"),
        pytest.param({}, {"first_on": date(2024, 7, 6)}, 30, id="five-days-at-priority-two"),
        pytest.param({"priority": 8}, {"first_on": date(2024, 7, 6)}, 60, id="waiting-costs-the-urgent-more"),
        pytest.param({}, {"first_on": date(2025, 7, 6)}, 140, id="waiting-is-counted-to-sixty-days"),
        pytest.param({}, {"first_on": date(2024, 6, 1)}, 20, id="begun-already"),
        pytest.param({"waited_cycles": 2}, {}, -1980, id="passed-over-before"),
    ],
)
def test_cost_table(need: dict[str, Any], service: dict[str, Any], expected: int) -> None:
    """Near, early and familiar is cheaper; whoever was passed over before comes first among equals."""
    assert cost(a_need(**need), a_service(**service), MatchWeights(), TODAY) == expected


def test_grounds_name_what_speaks_for_a_pair() -> None:
    """A match carries its grounds as codes with numbers, no text."""
    found = [
        grounds(a_need(last_party_id=1, waited_cycles=1), a_service(first_on=TODAY)),
        grounds(a_need(last_party_id=9), a_service(areas=frozenset({"east"}))),
    ]

    assert found == [
        [
            {"code": "category"},
            {"code": "everywhere"},
            {"code": "same_provider"},
            {"code": "starts_on", "on": "2024-07-01"},
            {"code": "waited", "cycles": 1},
        ],
        [{"code": "category"}, {"code": "community_listed"}, {"code": "other_provider"}],
    ]
