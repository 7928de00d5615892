"""Lists for a wave: what cannot be done is said, what can is dealt evenly and by place."""

from __future__ import annotations

import numpy as np
import pytest

from linkage.errors import InvalidProblem
from linkage.kernels.surge_lists import NOBODY, ContactList, deal, level_shares


def _contacts(count, available, *, minutes=4, per_place=17, known=()):
    return ContactList(
        minutes=np.full(count, minutes),
        place=np.arange(count) // per_place,
        available=np.asarray(available, dtype=np.int64),
        known=np.asarray(known, dtype=np.int64).reshape(-1, 2),
    )


def test_wave_that_does_not_fit_is_said_and_dealt_as_far_as_it_goes():
    """11,145 households of 5 minutes against 76 callers of 391 minutes: 929 h against 495 h."""
    answer = deal(_contacts(11145, [391] * 76, minutes=5))

    assert not answer.is_possible
    assert answer.needed_minutes == 55725
    assert answer.reached == 76 * (391 // 5)
    assert answer.load.max() <= 391


def test_wave_that_fits_is_dealt_whole_and_evenly():
    """Everybody's load is level to a contact, and few entrances are split."""
    answer = deal(_contacts(11145, [700] * 76))

    assert answer.is_possible
    assert answer.reached == 11145
    assert np.ptp(answer.load) <= 8
    people_at = [np.unique(answer.person[first : first + 17]).size for first in range(0, 11145, 17)]
    assert sum(count > 1 for count in people_at) <= 100


def test_who_knows_the_place_is_asked_first():
    """Person 1 knows place 0 and gets it."""
    answer = deal(_contacts(20, [100, 100], per_place=10, known=[(1, 0)]))

    assert (answer.person[:10] == 1).all()
    assert (answer.person[10:] == 0).all()


def test_shares_are_level_up_to_what_people_have():
    """10 minutes among 2, 9 and 9 available: 2, 4, 4."""
    assert level_shares(np.asarray([2, 9, 9]), 10).tolist() == [2, 4, 4]
    assert level_shares(np.asarray([2, 9, 9]), 99).tolist() == [2, 9, 9]
    assert level_shares(np.asarray([5, 5]), 5).tolist() == [3, 2]


def test_nobody_and_nothing_are_dealt():
    """No people, or no contacts."""
    assert (deal(_contacts(3, [])).person == NOBODY).all()
    assert deal(_contacts(0, [5])).is_possible


def test_random_lists_keep_everybodys_minutes():
    """Loads add up, nobody is over, and nothing stays undealt that fits somebody."""
    for seed in range(200):
        rng = np.random.default_rng(seed)
        contacts = ContactList(
            minutes=rng.integers(1, 9, 12),
            place=rng.integers(0, 4, 12),
            available=rng.integers(0, 30, 3),
            known=np.stack((rng.integers(0, 3, 4), rng.integers(0, 4, 4)), axis=1),
        )
        answer = deal(contacts)
        own = [int(contacts.minutes[answer.person == who].sum()) for who in range(3)]

        assert answer.load.tolist() == own
        assert (answer.load <= contacts.available).all()
        left = contacts.minutes[answer.person == NOBODY]
        assert not left.size or left.min() > (contacts.available - answer.load).max()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"minutes": np.zeros(2, dtype=np.int64)}, "minutes must be 1"),
        ({"minutes": np.ones(3, dtype=np.int64)}, "equal length"),
        ({"place": np.asarray([-1, 0])}, "must not be negative"),
        ({"available": np.asarray([-1])}, "available must be"),
        ({"known": np.asarray([[4, 0]])}, "outside 0..0"),
        ({"known": np.zeros((1, 3), dtype=np.int64)}, "expected (n, 2)"),
        ({"minutes": np.asarray([0.5, 1.0])}, "whole numbers"),
    ],
)
def test_mistakes_are_named(change, words):
    """Every wrong number is told."""
    facts = {"minutes": np.ones(2, dtype=np.int64), "place": np.zeros(2, dtype=np.int64), "available": np.asarray([5])}
    with pytest.raises(InvalidProblem) as caught:
        ContactList(**(facts | change))
    assert words in str(caught.value) + " ".join(caught.value.reasons)
