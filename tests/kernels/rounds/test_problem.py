"""Numbers that cannot be are refused by name when a rounds problem is built."""

from __future__ import annotations

import numpy as np
import pytest

from linkage.errors import InvalidProblem
from tests.kernels.rounds.conftest import line


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"days": 0}, "horizon_days is 0", id="no-days"),
        pytest.param({"visits": {"minutes": [-1]}}, "visits.minutes[0]", id="minutes"),
        pytest.param({"visits": {"start": [700], "end": [600]}}, "visits[0] ends before it starts", id="window"),
        pytest.param({"visits": {"people": [3]}}, "visits.people[0]", id="people"),
        pytest.param({"visits": {"skill": [0]}}, "visits.skill[0]", id="skill"),
        pytest.param({"visits": {"priority": [0]}}, "visits.priority[0]", id="priority"),
        pytest.param({"visits": {"days": [[True, True]]}}, "visits.days has shape", id="days-shape"),
        pytest.param({"visits": {"boxes": [1, 2]}}, "visits.boxes has shape", id="boxes-shape"),
        pytest.param({"workers": {"place": [7]}}, "workers.place[0]", id="depot"),
        pytest.param({"workers": {"end": [1500]}}, "workers.end[0]", id="hours"),
        pytest.param({"workers": {"lunch_start": [700], "lunch_end": [600]}}, "workers.lunch[0] ends", id="lunch"),
        pytest.param({"workers": {"skills": np.zeros((2, 1))}}, "workers.skills has shape", id="skills"),
    ],
)
def test_wrong_numbers_are_named(changes, words):
    """Each mistake stands in the reasons."""
    with pytest.raises(InvalidProblem) as refusal:
        line([5], **changes)

    assert any(words in reason for reason in refusal.value.reasons)


def test_wrong_travel_is_named():
    """A way that takes less than no time, or time to stay where one is, is no way."""
    sound = line([5])
    for table in (-sound.travel_minutes, np.ones((2, 2), dtype=np.int64), np.zeros((2, 3), dtype=np.int64)):
        with pytest.raises(InvalidProblem, match="mistake"):
            type(sound)(horizon_days=1, visits=sound.visits, workers=sound.workers, travel_minutes=table)


def test_visits_asked_for_are_counted_by_week():
    """Three a week over ten days is three and three; the last, shorter week asks for no more than its days."""
    assert line([5], visits={"per_week": [3]}, days=10).times().tolist() == [6]
    assert line([5], visits={"per_week": [5]}, days=10).times().tolist() == [8]
    assert line([5], days=10).times().tolist() == [1]
