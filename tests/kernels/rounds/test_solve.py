"""Rounds keep every rule, are as good as trying everything on small days, and never claim more than is proven."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from linkage.kernels.rounds import check, exact
from linkage.kernels.rounds.result import RoundsOptions, RoundsResult
from linkage.kernels.rounds.solve import plan_rounds
from linkage.terms import RoundsObjective, RoundsStatus
from tests.kernels.rounds.brute import best_value
from tests.kernels.rounds.conftest import line, random_problem

QUICK = RoundsOptions(iterations=150, together_tries=2, moves=10, sweeps=1)


def _values(result: RoundsResult) -> tuple[int, int]:
    unserved, travel = result.levels
    return unserved.value, travel.value


@pytest.mark.parametrize("seed", range(60))
def test_a_small_day_is_as_good_as_trying_everything(seed):
    """Five visits and two workers: no plan is better, and no bound lies above the best."""
    problem = random_problem(seed)
    result = plan_rounds(problem, QUICK)
    best = best_value(problem)

    assert _values(result) == best
    assert result.status is RoundsStatus.OPTIMAL


@pytest.mark.parametrize("seed", range(40))
def test_the_search_is_nearly_as_good_and_its_bounds_are_valid(seed, monkeypatch):
    """Where a day is too large to look at every order, the search comes close; no bound lies above the best."""
    monkeypatch.setattr(exact, "MOST_VISITS", 0)
    problem = random_problem(seed)
    result = plan_rounds(problem, QUICK)
    best = best_value(problem)

    assert _values(result) >= best
    assert result.levels[0].bound <= best[0]
    assert _values(result)[0] > best[0] or result.levels[1].bound <= best[1]
    assert _values(result)[0] <= best[0] + 4


@pytest.mark.parametrize("seed", range(40))
def test_every_rule_is_kept_together(seed):
    """Visits by two, lunches, several days and frequencies: the checker finds nothing, and bounds stay below values."""
    kinds = {"together": seed % 2 == 0, "lunch": seed % 3 == 0, "repeats": True}
    problem = random_problem(seed, visits=7, workers=3, days=7 if seed % 4 else 3, **kinds)
    result = plan_rounds(problem, QUICK)

    assert check.verify(problem, result) == []
    assert all(level.bound <= level.value for level in result.levels)


def test_an_empty_day_gives_an_empty_plan():
    """No visits, or nobody to make them: no rounds; what is left out is counted."""
    nobody = line([5, 9], workers={"place": []})
    for problem, missing in ((line([]), []), (nobody, [1, 1])):
        result = plan_rounds(problem)

        assert (result.round_worker.size, result.missing.tolist()) == (0, missing)
        assert result.status is RoundsStatus.OPTIMAL


def test_two_people_begin_together():
    """A visit by two holds the earlier one until the other comes: both begin in the same minute."""
    problem = line([10, 40, 42], visits={"people": [1, 1, 2]}, workers={"place": [0, 0]})
    result = plan_rounds(problem)
    begins = result.stop_begin[result.stop_visit == 2]

    assert result.missing.tolist() == [0, 0, 0]
    assert (begins.size, np.unique(begins).size) == (2, 1)
    assert np.unique(result.stop_round[result.stop_visit == 2]).size == 2


def test_one_person_cannot_be_two():
    """With one worker a visit by two stays out, and that is proven."""
    result = plan_rounds(line([10, 20], visits={"people": [1, 2]}))

    assert result.missing.tolist() == [0, 1]
    assert result.status is RoundsStatus.OPTIMAL


def test_visits_of_a_week_keep_their_distance():
    """Three times a week with a day between, and daily: the days asked for, no more."""
    problem = line([10, 20], visits={"per_week": [3, 5], "gap_days": [2, 1]}, days=7)
    result = plan_rounds(problem, QUICK)
    days = [sorted(result.round_day[result.stop_round[result.stop_visit == visit]].tolist()) for visit in (0, 1)]

    assert result.missing.tolist() == [0, 0]
    assert (len(days[0]), len(days[1])) == (3, 5)
    assert min(np.diff(days[0])) >= 2


def test_more_visits_than_days_are_counted_as_missing():
    """Four times a week with two days between fits three times into seven days: one is missing, which is proven."""
    problem = line([10], visits={"per_week": [4], "gap_days": [3]}, days=7)
    result = plan_rounds(problem, QUICK)

    assert result.missing.tolist() == [1]
    assert result.levels[0].bound == 1


def test_lunch_is_taken_on_the_way_where_the_depot_is_far():
    """An hour's drive out: going back for lunch would cost two hours, so it is eaten on the spot."""
    problem = line(
        [60, 61],
        visits={"minutes": [60, 60], "start": [600, 780]},
        workers={"start": [480], "end": [1020], "lunch_minutes": [30], "lunch_start": [690], "lunch_end": [780]},
    )
    result = plan_rounds(problem)

    assert result.stop_visit.tolist() == [0, -2, 1]
    assert result.levels[1].value == 122


def test_a_short_round_needs_no_lunch_stop():
    """Who is back before lunch would be missed eats at the depot, and nothing is planned for it."""
    problem = line(
        [5], visits={"end": [600]}, workers={"lunch_minutes": [30], "lunch_start": [690], "lunch_end": [780]}
    )

    assert plan_rounds(problem).stop_visit.tolist() == [0]


def test_meals_fit_into_what_is_carried():
    """Forty meals at lunch time, thirty to a round: both workers go, and arrive in the window."""
    problem = line(
        [3, 6, 9, 12],
        visits={"minutes": np.full(4, 3), "boxes": np.full(4, 10), "start": np.full(4, 690), "end": np.full(4, 750)},
        workers={"place": [0, 0], "boxes": [30, 30]},
    )
    result = plan_rounds(problem)

    assert result.missing.tolist() == [0] * 4
    assert np.unique(result.round_worker).size == 2
    assert (result.stop_begin >= 690).all()
    assert (result.stop_begin <= 750).all()


def test_the_more_important_visit_goes_first():
    """Two visits at the same minute and one worker: the heavier one is made, the other counted."""
    result = plan_rounds(line([10, 20], visits={"start": [600, 600], "end": [600, 600], "priority": [1, 4]}))

    assert result.missing.tolist() == [1, 0]
    assert result.levels[0].value == 1


def test_the_same_seed_gives_the_same_bytes():
    """Three runs agree in every column."""
    problem = random_problem(4, visits=12, workers=3, together=True, lunch=True)
    runs = [plan_rounds(problem, QUICK) for _ in range(3)]

    for name in ("round_worker", "round_leave", "stop_visit", "stop_begin", "missing"):
        assert len({getattr(run, name).tobytes() for run in runs}) == 1


def test_no_time_gives_a_sound_plan():
    """A deadline that has passed still gives a plan that keeps the rules, and claims nothing."""

    class Passed:
        def remaining_seconds(self) -> float:
            return 0.0

    problem = random_problem(4, visits=12, workers=3, together=True, lunch=True)
    result = plan_rounds(problem, RoundsOptions(deadline=Passed()))

    assert result.is_cut_short
    assert check.verify(problem, result) == []
    assert [level.bound for level in result.levels] == [0, 0]


def test_the_checker_names_what_is_wrong():
    """Each change of a sound plan that breaks a rule is found."""
    problem = line(
        [10, 40],
        visits={"end": [700, 700], "people": [1, 2], "boxes": [1, 1]},
        workers={"place": [0, 0], "start": [480, 480], "end": [900, 900], "boxes": [9, 9], "lunch_minutes": [0, 0]},
    )
    sound = plan_rounds(problem)
    own = np.flatnonzero(sound.stop_visit == 1)
    broken = {
        "late": replace(sound, stop_begin=sound.stop_begin + 500),
        "early": replace(sound, stop_arrive=sound.stop_arrive - 5, stop_begin=sound.stop_begin - 5),
        "home early": replace(sound, round_back=sound.round_back - 1),
        "too long": replace(sound, round_leave=sound.round_leave - 500),
        "alone": replace(sound, **{
            name: np.delete(getattr(sound, name), own[0])
            for name in ("stop_round", "stop_visit", "stop_arrive", "stop_begin")
        }),
        "apart": replace(sound, stop_begin=np.where(np.arange(sound.stop_begin.size) == own[0], sound.stop_begin + 1, sound.stop_begin)),
        "miscounted": replace(sound, missing=sound.missing + 1),
        "value": replace(sound, levels=tuple(replace(level, value=level.value + 1) for level in sound.levels)),
        "bound": replace(sound, levels=tuple(replace(level, bound=level.value + 1) for level in sound.levels)),
    }  # fmt: skip

    assert check.verify(problem, sound) == []
    for name, plan in broken.items():
        assert check.verify(problem, plan), name
    fewer = replace(problem, workers=replace(problem.workers, boxes=np.asarray([0, 0])))
    idle = replace(problem, workers=replace(problem.workers, days=np.zeros((2, 1), dtype=np.bool_)))
    lunch = np.full(2, 30), np.full(2, 480), np.full(2, 485)
    hungry = replace(
        problem,
        workers=replace(problem.workers, lunch_minutes=lunch[0], lunch_start=lunch[1], lunch_end=lunch[2]),
    )
    assert all(check.verify(other, sound) for other in (fewer, idle, hungry))


def test_objectives_are_told_in_their_order():
    """Serving people goes before saving minutes on the way."""
    assert [level.objective for level in plan_rounds(line([5])).levels] == [
        RoundsObjective.UNSERVED,
        RoundsObjective.TRAVEL_MINUTES,
    ]
