"""What a wave of calls ends in: how many call back, do not answer, have another number, need something done.

Shares of attempts, in exact fractions. Who does not answer or asks to be called back is attempted again, which is the
wave's share of retries; a wrong number is not. It counts; what is done for those who need something is decided
elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from linkage.errors import InvalidProblem
from linkage.terms import ContactOutcome

AGAIN = (ContactOutcome.CALL_BACK, ContactOutcome.NO_ANSWER)
"""Outcomes after which the contact is attempted again."""


@dataclass(frozen=True, kw_only=True)
class OutcomeShares:
    """Shares of attempts by outcome, 0 <= share; build with `of`.

    Parameters
    ----------
    shares
        Of call-back, no answer and wrong number, together less than 1 with both of the first; needs action is a share
        of the contacts reached, at most 1.
    """

    shares: dict[ContactOutcome, Fraction]

    @classmethod
    def of(cls, shares: dict[ContactOutcome, Fraction]) -> Self:
        """Fill outcomes not given with 0.

        Raises
        ------
        InvalidProblem
            A share is below 0, or they add up to more than there is.
        """
        filled = {outcome: shares.get(outcome, Fraction(0)) for outcome in ContactOutcome}
        mistakes = [
            f"outcomes.{name}: must lie in 0 .. 1, is {share}" for name, share in filled.items() if not 0 <= share <= 1
        ]
        ended = sum(filled[outcome] for outcome in (*AGAIN, ContactOutcome.WRONG_NUMBER))
        if sum(filled[outcome] for outcome in AGAIN) >= 1:
            mistakes.append("outcomes: call_back and no_answer add up to 1 or more; nobody would ever be reached")
        elif ended > 1:
            mistakes.append(f"outcomes: call_back, no_answer and wrong_number add up to {ended}, more than 1")
        if mistakes:
            raise InvalidProblem(f"the outcomes have {len(mistakes)} mistake(s); correct them and try again", mistakes)
        return cls(shares=filled)

    @property
    def retry_share(self) -> Fraction:
        """Share of attempts that must be made again."""
        return sum((self.shares[outcome] for outcome in AGAIN), Fraction(0))


@dataclass(frozen=True, kw_only=True)
class ExpectedOutcomes:
    """What to expect of a whole wave; numbers of attempts, and of contacts, not rounded.

    Parameters
    ----------
    attempts
        Of all contacts, again and again until each is reached or its number is known to be wrong.
    count
        Attempts that end in call-back, no answer or a wrong number, and contacts reached who need action.
    reached
        Contacts spoken to; those with a wrong number are not.
    """

    attempts: Fraction
    count: dict[ContactOutcome, Fraction]
    reached: Fraction


def expected(contacts: int, outcomes: OutcomeShares) -> ExpectedOutcomes:
    """Tell what a wave to so many contacts will end in."""
    attempts = contacts / (1 - outcomes.retry_share)
    wrong = attempts * outcomes.shares[ContactOutcome.WRONG_NUMBER]
    reached = contacts - wrong
    count = {outcome: attempts * outcomes.shares[outcome] for outcome in AGAIN}
    count[ContactOutcome.WRONG_NUMBER] = wrong
    count[ContactOutcome.NEEDS_ACTION] = reached * outcomes.shares[ContactOutcome.NEEDS_ACTION]
    return ExpectedOutcomes(attempts=attempts, count=count, reached=reached)
