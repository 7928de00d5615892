"""Outcomes of calls are expected from their shares, in exact fractions, and never add up to more than there is."""

from fractions import Fraction

import pytest

from linkage.errors import InvalidProblem
from linkage.kernels.surge_outcomes import OutcomeShares, expected
from linkage.terms import ContactOutcome

CALL_BACK, NO_ANSWER, WRONG_NUMBER, NEEDS_ACTION = ContactOutcome


def test_outcomes_are_expected_from_their_shares():
    """A fifth does not answer, a twentieth calls back: 4,000 attempts for 3,000 contacts, 200 wrong numbers among them."""
    shares = OutcomeShares.of(
        {
            NO_ANSWER: Fraction(1, 5),
            CALL_BACK: Fraction(1, 20),
            WRONG_NUMBER: Fraction(1, 20),
            NEEDS_ACTION: Fraction(1, 10),
        }
    )
    told = expected(3000, shares)

    assert shares.retry_share == Fraction(1, 4)
    assert (told.attempts, told.reached) == (4000, 2800)
    assert told.count == {CALL_BACK: 200, NO_ANSWER: 800, WRONG_NUMBER: 200, NEEDS_ACTION: 280}


def test_every_attempt_ends_somehow():
    """What is neither reached, called back, unanswered nor wrong does not exist."""
    told = expected(977, OutcomeShares.of({NO_ANSWER: Fraction(1, 3), WRONG_NUMBER: Fraction(1, 7)}))
    ended = sum(told.count[outcome] for outcome in (CALL_BACK, NO_ANSWER, WRONG_NUMBER))

    assert ended + told.reached == told.attempts


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        pytest.param({NO_ANSWER: Fraction(3, 2)}, "must lie in 0 .. 1", id="more-than-all"),
        pytest.param({NEEDS_ACTION: Fraction(-1, 2)}, "must lie in 0 .. 1", id="negative"),
        pytest.param(
            {NO_ANSWER: Fraction(1, 2), CALL_BACK: Fraction(1, 2)}, "nobody would ever be reached", id="all-again"
        ),
        pytest.param({NO_ANSWER: Fraction(3, 4), WRONG_NUMBER: Fraction(1, 2)}, "more than 1", id="too-much"),
    ],
)
def test_impossible_shares_are_refused(shares, words):
    """The message names what cannot be."""
    with pytest.raises(InvalidProblem) as refusal:
        OutcomeShares.of(shares)

    assert any(words in reason for reason in refusal.value.reasons)
