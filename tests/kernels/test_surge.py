"""The surge planner reproduces the field's figures and never promises what its people cannot do."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.errors import InvalidProblem
from linkage.kernels import surge
from linkage.terms import SurgeFactor

RATE = Fraction(30_000, 1_456)


def _phone_check(**changes):
    return surge.SurgeProblem.of(
        **({"contacts": 30_000, "contacts_per_hour": RATE, "hours_per_day": 13, "people_by_day": (16,)} | changes)
    )


@pytest.mark.parametrize(("days", "people"), [(2, 56), (3, 38), (7, 16)])
def test_people_needed_reproduces_the_phone_check(days, people):
    """1,456 staff-hours at 13 hours a day: 2 days need 56 callers, 3 days 38, a week the 16 there were."""
    assert surge.plan(_phone_check(days=days)).people_needed == people


def test_people_needed_with_a_rounded_rate_asks_for_one_more():
    """The rounded 20.6 contacts an hour would ask for 57 callers: the fraction must be kept."""
    assert surge.plan(_phone_check(days=2, contacts_per_hour=20.6)).people_needed == 57


def test_days_needed_reproduces_the_joint_effort():
    """16 staff and 50 volunteers finish in 1.7 days."""
    days = surge.plan(_phone_check(people_by_day=(66,))).days_needed

    assert days == Fraction(1_456, 66 * 13)
    assert round(float(days), 1) == 1.7


def test_plan_counts_who_is_missing_day_by_day():
    """Sixteen on the first day and sixty on the second, for two days: forty are missing on the first, none after."""
    plan = surge.plan(_phone_check(days=2, people_by_day=(16, 60)))

    assert (plan.is_met, plan.people_short) == (False, (40, 0))


def test_quotas_add_up_to_all_contacts():
    """Every contact stands in one person's quota; no two quotas of a day differ by more than one."""
    plan = surge.plan(_phone_check(days=2))

    assert sum(row.contacts for row in plan.target_quotas) == 30_000
    assert [(row.each, row.people_more) for row in plan.target_quotas] == [(267, 48), (267, 48)]
    assert sum(row.each * row.people + row.people_more for row in plan.quotas) == 30_000
    assert len(plan.quotas) == 7


def test_retries_lengthen_the_work():
    """One attempt in four has to be made again: a third more attempts."""
    assert _phone_check(retry_share=Fraction(1, 4)).attempts == 40_000


def test_sensitivity_tells_the_answer_for_other_numbers():
    """A tenth slower needs 63 people for two days; one person more shortens the week."""
    plan = surge.plan(_phone_check(days=2))
    by_factor = {(row.factor, row.value): row for row in plan.sensitivity}

    assert by_factor[SurgeFactor.CONTACTS_PER_HOUR, RATE * Fraction(9, 10)].people_needed == 63
    assert by_factor[SurgeFactor.PEOPLE, Fraction(17)].days_needed == Fraction(1_456, 17 * 13)
    assert by_factor[SurgeFactor.HOURS_PER_DAY, Fraction(14)].people_needed == 52
    assert by_factor[SurgeFactor.RETRY_SHARE, Fraction(1, 10)].people_needed == 63


def test_inverse_gives_back_the_question():
    """The rate and the hours that are needed are those at which the target is just met."""
    problem = _phone_check(days=2, people_by_day=(16, 60))
    rate = surge.contacts_per_hour_needed(problem)

    assert surge.days_needed(_phone_check(people_by_day=(16, 60), contacts_per_hour=rate)) == 2
    assert surge.hours_per_day_needed(problem) == Fraction(1_456, 76)
    assert surge.contacts_possible(_phone_check(people_by_day=(56,)), 2) == 30_000


def test_nobody_there_never_finishes():
    """Without people there is no end, no rate that helps and no quota."""
    problem = _phone_check(people_by_day=(3, 0), days=2)
    none = _phone_check(days=2, people_by_day=())

    assert surge.days_needed(problem) is None
    assert surge.hours_per_day_needed(problem) is None
    assert (surge.days_needed(none), surge.contacts_per_hour_needed(none), surge.quotas(none)) == (None, None, ())


def test_nothing_to_do_is_over_at_once():
    """No contacts: no people needed, done at once, whoever is there."""
    for people in ((), (0,), (5,)):
        plan = surge.plan(_phone_check(contacts=0, days=1, people_by_day=people))
        assert (plan.people_needed, plan.days_needed, plan.is_met, plan.quotas) == (0, 0, True, ())


def test_quotas_end_after_a_year():
    """One person with a million contacts: quotas are told for a year, the end in days."""
    problem = _phone_check(contacts=10**6, people_by_day=(1,))

    assert len(surge.quotas(problem)) == surge.MAX_DAYS
    assert surge.days_needed(problem) > surge.MAX_DAYS


def test_no_target_leaves_the_inverse_open():
    """Without a target nothing is needed, met or short."""
    problem = _phone_check(retry_share=Fraction(199, 200), hours_per_day=24, people_by_day=())
    plan = surge.plan(problem)

    assert (plan.people_needed, plan.is_met, plan.people_short, plan.target_quotas) == (None, None, (), ())
    assert (surge.contacts_per_hour_needed(problem), surge.hours_per_day_needed(problem)) == (None, None)
    assert {row.factor for row in plan.sensitivity} == {SurgeFactor.CONTACTS_PER_HOUR, SurgeFactor.HOURS_PER_DAY}


@given(
    contacts=st.integers(0, 10**5),
    per_hour=st.fractions(min_value=1, max_value=60, max_denominator=100),
    days=st.integers(1, 14),
    retry=st.fractions(min_value=0, max_value=Fraction(9, 10), max_denominator=10),
)
def test_people_needed_is_enough_and_one_fewer_is_not(contacts, per_hour, days, retry):
    """The number needed finishes within the target, and one person fewer does not."""
    problem = _phone_check(contacts=contacts, contacts_per_hour=per_hour, days=days, retry_share=retry)
    needed = surge.people_needed(problem)

    def took(people):
        return surge.days_needed(
            _phone_check(contacts=contacts, contacts_per_hour=per_hour, retry_share=retry, people_by_day=(people,))
        )

    assert took(needed) is None or took(needed) <= days
    if needed:
        fewer = took(needed - 1)
        assert fewer is None or fewer > days


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"contacts": -1}, "contacts", id="negative-contacts"),
        pytest.param({"contacts": 2.5}, "contacts", id="part-contact"),
        pytest.param({"contacts": True}, "contacts", id="truth-contacts"),
        pytest.param({"contacts": 10**12}, "contacts", id="overflow-contacts"),
        pytest.param({"contacts_per_hour": 0}, "contacts_per_hour", id="no-rate"),
        pytest.param({"contacts_per_hour": float("nan")}, "contacts_per_hour", id="nan-rate"),
        pytest.param({"contacts_per_hour": "1/0"}, "contacts_per_hour", id="rate-over-nothing"),
        pytest.param({"contacts_per_hour": "many"}, "contacts_per_hour", id="word-rate"),
        pytest.param({"hours_per_day": 25}, "hours_per_day", id="long-day"),
        pytest.param({"hours_per_day": float("inf")}, "hours_per_day", id="endless-day"),
        pytest.param({"retry_share": 1}, "retry_share", id="all-fail"),
        pytest.param({"people_by_day": (3, -2)}, "people_by_day: day 2", id="negative-people"),
        pytest.param({"days": 0}, "days", id="no-days"),
        pytest.param({"days": 1000}, "days", id="too-many-days"),
    ],
)
def test_bad_numbers_are_refused(changes, words):
    """A number that cannot be is refused by name."""
    with pytest.raises(InvalidProblem) as refusal:
        _phone_check(**changes)

    assert [reason.startswith(words) for reason in refusal.value.reasons] == [True]
