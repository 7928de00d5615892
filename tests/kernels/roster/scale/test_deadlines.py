"""Wherever the deadline of a large roster falls, a checked plan with true bounds comes soon after."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

from linkage.kernels.roster import check
from linkage.kernels.roster.problem import Pairs, RosterProblem, Seats, Shifts, Volunteers, Windows
from linkage.kernels.roster.result import RosterOptions
from linkage.kernels.roster.scale import check as scale_check
from linkage.kernels.roster.scale.solve import schedule_at_scale
from linkage.kernels.roster.solve import schedule
from linkage.kernels.roster.watch import Watch
from linkage.terms import RosterStatus


class Looks:
    """A clock on which every look takes a while; it counts the looks after the time is up."""

    def __init__(self, looks: int, seconds_each: float) -> None:
        self.left, self.seconds_each, self.late = looks, seconds_each, 0

    def remaining_seconds(self) -> float:
        """Give the time of the looks that are left."""
        self.left -= 1
        self.late += self.left <= 0
        return self.left * self.seconds_each


@pytest.fixture(scope="session")
def a_month(a_mixed_roster):
    """Make three problems of 130 people: with nothing planned before, with a previous plan, and half of it fixed."""
    problem = replace(a_mixed_roster(6, people=130, shifts=40), teams=())
    plan = schedule_at_scale(problem, RosterOptions(moves=5), threads=1)
    known = replace(problem, previous=Pairs.of(plan.volunteer, plan.shift), released=np.asarray([1, 5]))
    stays = np.flatnonzero(~np.isin(plan.volunteer, known.released))[::2]
    half = replace(known, fixed=Pairs.of(plan.volunteer[stays], plan.shift[stays]))
    return {"new": problem, "known": known, "half fixed": half}


@pytest.fixture(scope="session")
def a_long_solve(a_month):
    """Solve them to their ends."""
    return {name: schedule_at_scale(problem, RosterOptions(moves=20), threads=1) for name, problem in a_month.items()}


@pytest.mark.parametrize("name", ["new", "known", "half fixed"])
@pytest.mark.parametrize("seconds_each", [1e-4, 1e-3, 10.0], ids=["quick", "slow", "no matter how long"])
def test_plan_is_valid_wherever_the_time_ends(a_month, a_long_solve, name, seconds_each):
    """Whichever look is the last: every rule holds, no bound is above a plan, and the clock is hardly asked again."""
    problem, best = a_month[name], a_long_solve[name].levels[0].value
    for looks in (*range(24), 30, 45, 70, 100, 150, 250, 400, 700):
        clock = Looks(looks, seconds_each)
        result = schedule_at_scale(problem, RosterOptions(moves=20, deadline=clock), threads=1)

        check.verify(problem, result)
        assert result.levels[0].bound <= best
        assert result.trace.is_cut_short or clock.left > 0
        assert clock.late <= 3


def test_previous_plan_is_kept_without_any_time(a_month):
    """Even where the time was up from the start people keep what they know, but for a seat that somebody else took."""
    problem = a_month["known"]
    result = schedule_at_scale(problem, RosterOptions(deadline=Looks(0, 1.0)))
    now = set(zip(result.volunteer.tolist(), result.shift.tolist(), strict=True))
    people = problem.volunteers
    escorted = set(result.shift[people.experienced[result.volunteer]].tolist())
    kept = {
        (volunteer, shift)
        for volunteer, shift in zip(problem.previous.volunteer.tolist(), problem.previous.shift.tolist(), strict=True)
        if volunteer not in problem.released and (shift in escorted or not people.newcomer[volunteer])
    }

    assert len(kept) > 80
    assert len(kept - now) <= 2


def test_deadline_that_is_not_reached_changes_nothing(a_month, a_long_solve):
    """With time enough the plan and its bounds are those without a deadline."""
    for name, problem in a_month.items():
        result = schedule_at_scale(problem, RosterOptions(moves=20, deadline=Looks(10**9, 1.0)), threads=1)

        assert (result.volunteer == a_long_solve[name].volunteer).all()
        assert (result.shift == a_long_solve[name].shift).all()
        assert result.levels == a_long_solve[name].levels
        assert not result.trace.is_cut_short


def test_standing_pairs_are_read_without_time(a_month):
    """Where no pair can be looked for, those that stand already are found, with what marks them, and no others."""
    from linkage.kernels.roster.scale.facts import FIXED, MARK, PERSON, SHIFT
    from linkage.kernels.roster.scale.reading import work_out, work_out_in_time

    problem = a_month["half fixed"]
    facts, is_whole, knows_wishes = work_out_in_time(problem, Watch(deadline=Looks(0, 1.0)))
    whole = work_out(problem)
    stands = whole.pairs[:, MARK] > 0
    found = set(map(tuple, facts.pairs[:, [PERSON, SHIFT, MARK]].tolist()))

    assert not is_whole
    assert not knows_wishes
    assert set(map(tuple, whole.pairs[stands][:, [PERSON, SHIFT, MARK]].tolist())) <= found
    assert (facts.pairs[:, MARK] & FIXED > 0).sum() == problem.fixed.volunteer.size
    assert facts.pairs.shape[0] < whole.pairs.shape[0] // 2


def test_list_of_pairs_leaves_the_same_pairs(a_month):
    """A list of pairs, in any order and with repetitions, is the same rule as in the general search."""
    from linkage.kernels.roster.scale.facts import PERSON, SHIFT
    from linkage.kernels.roster.scale.reading import work_out

    problem = a_month["new"]
    whole = work_out(problem).pairs
    chosen = np.random.default_rng(3).permutation(problem.volunteer_count * 40)[:1500]
    listed = np.concatenate((chosen, chosen[:50]))
    pairs = work_out(replace(problem, eligible=Pairs.of(listed // 40, listed % 40))).pairs

    kept = np.isin(whole[:, PERSON].astype(np.int64) * 40 + whole[:, SHIFT], chosen)
    assert (pairs == whole[kept]).all()


def test_newcomer_who_must_serve_gets_company_without_time():
    """Whoever is experienced is sought at once for a shift on which a newcomer is fixed."""
    problem = RosterProblem(
        horizon_days=1,
        volunteers=Volunteers.of(3, newcomer=[True, False, False], experienced=[False, False, True]),
        windows=Windows.always(3, 1),
        shifts=Shifts.of([540], [660]),
        seats=Seats.of([0], target=[2]),
        fixed=Pairs.of([0], [0]),
    )
    result = schedule_at_scale(problem, RosterOptions(deadline=Looks(0, 1.0)))

    check.verify(problem, result)
    assert result.volunteer.tolist() == [0, 2]


def test_no_time_to_find_company_is_no_plan():
    """A newcomer is fixed, the only experienced person on another shift: nothing is claimed to be impossible."""
    import_module("linkage.kernels.roster.scale.work")  # which is not loaded where there is no time
    people, shifts = 300, 200
    newcomer, experienced = np.zeros(people, dtype=np.bool_), np.zeros(people, dtype=np.bool_)
    newcomer[0], experienced[1] = True, True
    start = np.full(shifts, 540)
    problem = RosterProblem(
        horizon_days=1,
        volunteers=Volunteers.of(people, newcomer=newcomer, experienced=experienced),
        windows=Windows.always(people, 1),
        shifts=Shifts.of(start, start + 60),
        seats=Seats.of(np.arange(shifts), target=np.full(shifts, 2)),
        fixed=Pairs.of([0, 1], [0, 1]),
    )
    result = schedule(problem, RosterOptions(deadline=Looks(0, 1.0)))

    assert result.status is RosterStatus.NO_PLAN
    assert result.volunteer.size == 0


def test_weights_have_their_middle():
    """The middle of many weights, counted, is numpy's, rounded down."""
    from linkage.kernels.roster.scale.weights import _median

    rng = np.random.default_rng(5)
    for size in (0, 1, 2, 5, 8, 31):
        weight = rng.integers(0, 12, size)
        assert _median(weight) == (int(np.median(weight)) if size else 0)


def test_wishes_are_counted_alike_without_a_table(a_month, a_long_solve, monkeypatch):
    """What wishes weigh is the same where a table of all pairs would be too large."""
    plan = a_long_solve["new"]
    rows = np.stack((plan.volunteer, plan.shift, plan.seat), axis=1)
    value = scale_check.preference(a_month["new"], rows)
    monkeypatch.setattr(scale_check, "LARGEST_TABLE", 0)
    monkeypatch.setattr(scale_check, "CHUNK_WISHES", 3)

    assert scale_check.preference(a_month["new"], rows) == value
