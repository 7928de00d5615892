"""The surge format: a wave of calls or visits and the people for it, and the plan told back.

It reads and tells; the counting is the kernel's.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any, Final

from linkage.imports.instances.fields import Key, Many, Record
from linkage.imports.instances.kinds import Ratio, Whole, as_fraction
from linkage.imports.instances.source import read
from linkage.kernels.surge import (
    HOURS_PER_DAY,
    MAX_CONTACTS,
    MAX_DAYS,
    MAX_PEOPLE,
    DayQuota,
    SurgePlan,
    SurgeProblem,
    contacts_per_hour_needed,
    contacts_possible,
    hours_per_day_needed,
)
from linkage.kernels.surge_outcomes import OutcomeShares, expected
from linkage.terms import ContactOutcome

_DIGITS: Final = 6
_MOST_AN_HOUR: Final = Fraction(10**6)
_SHARE: Final = Ratio(Fraction(0), Fraction(1))

FORMAT: Final = Record(
    {
        "contacts": Key(Whole(0, MAX_CONTACTS), "households or persons to be reached, each once", is_required=True),
        "contacts_per_hour": Key(
            Ratio(Fraction(0), _MOST_AN_HOUR),
            'attempts one person makes in an hour; a fraction such as "30000/1456" is kept exact',
            is_required=True,
        ),
        "hours_per_day": Key(Ratio(Fraction(0), Fraction(HOURS_PER_DAY)), "hours each works a day", is_required=True),
        "people_by_day": Key(
            Many(Whole(0, MAX_PEOPLE)), "people on day 1, 2, ..; the last number holds for ever after"
        ),
        "retry_share": Key(_SHARE, "share of attempts that must be made again, below 1; 0 if absent"),
        "days": Key(Whole(1, MAX_DAYS), "days in which the wave should be over", is_open=True),
        "outcomes": Key(
            Record(
                {
                    ContactOutcome.CALL_BACK.value: Key(_SHARE, "share of attempts that ask to be called back"),
                    ContactOutcome.NO_ANSWER.value: Key(_SHARE, "share of attempts without an answer"),
                    ContactOutcome.WRONG_NUMBER.value: Key(_SHARE, "share of attempts that find a wrong number"),
                    ContactOutcome.NEEDS_ACTION.value: Key(
                        _SHARE, "share of the reached for whom something is to be done"
                    ),
                }
            ),
            "how attempts end; call_back and no_answer make the share of retries",
            is_open=True,
        ),
    },
    note="A wave of calls or visits: how many people it needs, when it ends, and what each of them does.",
)


@dataclass(frozen=True, kw_only=True)
class SurgeInstance:
    """A surge problem, with the outcomes expected of attempts if the file tells them."""

    problem: SurgeProblem
    outcomes: OutcomeShares | None


def read_surge(path: Path) -> SurgeInstance:
    """Read a surge file.

    Raises
    ------
    UnreadableFile
        It is no JSON.
    InvalidFile
        Naming every mistake.
    InvalidProblem
        Shares add up to more than there is.
    """
    document, mistakes = read(path, FORMAT)
    for name in ("contacts_per_hour", "hours_per_day"):
        if as_fraction(document.get(name, 1)) == 0:
            mistakes.tell(name, "must be more than 0")
    retry = as_fraction(document.get("retry_share", 0)) or Fraction(0)
    if retry == 1:
        mistakes.tell("retry_share", "must be less than 1: at 1 nobody would ever be reached")
    told = document.get("outcomes")
    shares = {ContactOutcome(name): as_fraction(share) or Fraction(0) for name, share in (told or {}).items()}
    again = sum(
        (shares.get(name, Fraction(0)) for name in (ContactOutcome.CALL_BACK, ContactOutcome.NO_ANSWER)), Fraction(0)
    )
    if told and "retry_share" in document and again not in {0, retry}:
        mistakes.tell(
            "retry_share",
            f"is {float(retry):g}, but call_back and no_answer add up to {float(again):g}; tell one of them",
        )
    mistakes.refuse_if_any()
    outcomes = OutcomeShares.of(shares) if told is not None else None
    problem = SurgeProblem.of(
        contacts=document["contacts"],
        contacts_per_hour=document["contacts_per_hour"],
        hours_per_day=document["hours_per_day"],
        people_by_day=document.get("people_by_day", ()),
        retry_share=again or retry,
        days=document.get("days"),
    )
    return SurgeInstance(problem=problem, outcomes=outcomes)


def surge_answer(instance: SurgeInstance, plan: SurgePlan, seconds: float) -> dict[str, Any]:
    """Build the answer of `linkage solve surge`."""
    problem = instance.problem
    exact = None if problem.days is None else problem.work_hours / (problem.hours_per_day * problem.days)
    answer: dict[str, Any] = {
        "people_needed": plan.people_needed,
        "people_needed_exact": _number(exact),
        "finish_days": _number(plan.days_needed),
        "is_met": plan.is_met,
        "people_short_by_day": list(plan.people_short),
        "work_hours": _number(plan.work_hours),
        "attempts": ceil(problem.attempts),
        "quotas": [_quota(row) for row in plan.quotas],
        "quotas_at_people_needed": [_quota(row) for row in plan.target_quotas],
        "inverse": {
            "contacts_possible": None if problem.days is None else contacts_possible(problem, problem.days),
            "contacts_per_hour_needed": _number(contacts_per_hour_needed(problem)),
            "hours_per_day_needed": _number(hours_per_day_needed(problem)),
        },
        "sensitivity": [
            {
                "factor": row.factor.value,
                "value": _number(row.value),
                "people_needed": row.people_needed,
                "finish_days": _number(row.days_needed),
            }
            for row in plan.sensitivity
        ],
        "seconds": round(seconds, 3),
    }
    if instance.outcomes is not None:
        told = expected(problem.contacts, instance.outcomes)
        answer["outcomes"] = {"attempts": _number(told.attempts), "reached": _number(told.reached)} | {
            outcome.value: _number(count) for outcome, count in told.count.items()
        }
    return answer


def _number(value: Fraction | None) -> int | float | None:
    """Write a fraction as a whole number where it is one, else rounded."""
    if value is None:
        return None
    return int(value) if value.denominator == 1 else round(float(value), _DIGITS)


def _quota(row: DayQuota) -> dict[str, int]:
    return {
        "day": row.day,
        "people": row.people,
        "contacts": row.contacts,
        "each": row.each,
        "people_with_one_more": row.people_more,
    }
