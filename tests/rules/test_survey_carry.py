"""Which needs of earlier cycles are open again in the next."""

from __future__ import annotations

from typing import Any

import pytest

from linkage.rules.survey_carry import PastNeed, to_carry
from linkage.terms import NeedCategory, NeedState

MEAL, ESCORT = NeedCategory.MEAL, NeedCategory.ESCORT


@pytest.mark.parametrize("state", NeedState)
def test_carry_what_was_not_served(state: NeedState) -> None:
    """Met and withdrawn needs rest; all others, also accepted and never served, are asked on."""
    rests = {NeedState.MET, NeedState.WITHDRAWN}

    assert (1 in to_carry([PastNeed(1, 1, state, MEAL, 7, 1)], 2)) == (state not in rests)


@pytest.mark.parametrize(
    ("needs", "cycle", "expected"),
    [
        pytest.param([(1, 1, "unmet", MEAL, 7, 1), (2, 2, "open", MEAL, 7, 2)], 2, set(), id="asked-again-this-cycle"),
        pytest.param([(1, 1, "unmet", MEAL, 7, 1), (2, 2, "unmet", MEAL, 7, 2)], 3, {2}, id="the-last-word-only"),
        pytest.param([(1, 1, "unmet", MEAL, 7, 1), (2, 2, "met", MEAL, 7, 1)], 3, set(), id="served-since"),
        pytest.param([(1, 1, "unmet", MEAL, 7, 1), (2, 2, "withdrawn", MEAL, 7, 1)], 3, set(), id="taken-back-since"),
        pytest.param([(1, 1, "unmet", MEAL, 7, 1), (2, 2, "met", ESCORT, 7, 1)], 3, {1}, id="another-category"),
        pytest.param(
            [(1, 1, "unmet", MEAL, None, 1), (2, 1, "unmet", MEAL, None, 2)], 2, {1, 2}, id="two-unknown-people"
        ),
        pytest.param([(1, 1, "unmet", MEAL, None, 1), (2, 2, "unmet", MEAL, None, 1)], 3, {2}, id="one-unknown-person"),
        pytest.param([(1, 1, "unmet", MEAL, None, 1), (2, 2, "unmet", MEAL, 7, 1)], 3, {2}, id="consent-came-later"),
        pytest.param([(1, 1, "unmet", MEAL, 7, None), (2, 1, "unmet", MEAL, 8, None)], 2, {1, 2}, id="no-response"),
        pytest.param([], 2, set(), id="nothing"),
    ],
)
def test_carry_the_last_word_of_each_person(needs: list[tuple[Any, ...]], cycle: int, expected: set[int]) -> None:
    """Of a person's needs of one kind only the last counts, whatever became of the earlier ones."""
    past = [PastNeed(one, on, NeedState.of(state), kind, who, said) for one, on, state, kind, who, said in needs]

    assert to_carry(past, cycle) == expected
