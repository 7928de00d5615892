"""Large rosters: never better than the optimum, never a bound above it, the same on one or two threads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from linkage.kernels.roster import check
from linkage.kernels.roster.check import BrokenPlan
from linkage.kernels.roster.problem import Pairs, Patterns, RosterProblem, Seats, Shifts, Volunteers, Windows
from linkage.kernels.roster.result import RosterOptions
from linkage.kernels.roster.scale import check as scale_check
from linkage.kernels.roster.scale.solve import can_solve, schedule_at_scale
from linkage.kernels.roster.solve import schedule
from linkage.terms import RosterObjective, RosterStatus


class Clock:
    """A deadline that passes after some looks."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    def remaining_seconds(self) -> float:
        self.looks -= 1
        return float(self.looks)


def test_small_rosters_are_bounded_by_the_optimum(a_mixed_roster):
    """Value >= optimum >= bound at the first level that differs, checked by the checker that looks at each person."""
    same = 0
    for seed in range(16):
        problem = a_mixed_roster(seed)
        optimum = schedule(problem)
        result = schedule_at_scale(problem, RosterOptions(moves=100), threads=1)

        assert result is not None
        check.verify(problem, result)
        assert optimum.status is RosterStatus.OPTIMAL
        assert [level.value for level in optimum.levels] <= [level.value for level in result.levels]
        for best, level in zip(optimum.levels, result.levels, strict=True):
            assert level.bound <= best.value
            if best.value != level.value:
                break
        else:
            same += 1
    assert same >= 12


def test_same_bytes_on_one_and_two_threads(a_mixed_roster):
    """Neither a second run nor a second thread changes the plan or a bound."""
    problem = a_mixed_roster(4, people=70, shifts=60)
    options = RosterOptions(moves=10)
    one = schedule_at_scale(problem, options, threads=1)
    for other in (schedule_at_scale(problem, options, threads=2), schedule_at_scale(problem, options, threads=2)):
        for name in ("volunteer", "shift", "seat"):
            assert (getattr(one, name) == getattr(other, name)).all()
        assert [level.bound for level in one.levels] == [level.bound for level in other.levels]


@pytest.mark.parametrize("looks", [0, 3, 40, 400])
def test_deadline_leaves_a_valid_plan(a_mixed_roster, looks):
    """Whenever the time is up, the plan so far is returned, checked, with bounds that hold."""
    problem = a_mixed_roster(6, people=40, shifts=40)
    result = schedule_at_scale(problem, RosterOptions(moves=50, deadline=Clock(looks)))

    assert result.trace.is_cut_short
    check.verify(problem, result)


def test_fixed_stays_and_previous_is_kept(a_mixed_roster):
    """What is fixed serves; a plan that was good is not changed without need."""
    problem = replace(a_mixed_roster(10, people=30, shifts=30), together_weight=0)
    first = schedule_at_scale(problem, RosterOptions(moves=100))
    pairs = Pairs.of(first.volunteer, first.shift)
    fixed = Pairs.of(first.volunteer[::3], first.shift[::3])
    again = schedule_at_scale(replace(problem, previous=pairs, fixed=fixed), RosterOptions(moves=20))

    check.verify(replace(problem, previous=pairs, fixed=fixed), again)
    assert again.levels[0].value <= first.levels[0].value
    assert again.terms[RosterObjective.DISTURBANCE] <= first.volunteer.size // 10


def test_nobody_and_nothing_give_an_empty_plan(a_roster):
    """No people, or no seats: an empty plan with its value as bound."""
    empty = RosterProblem(
        horizon_days=1,
        volunteers=Volunteers.of(0),
        windows=Windows.of([], [], []),
        shifts=Shifts.of([], []),
        seats=Seats.of([]),
    )
    nobody = a_roster(windows=Windows.of([], [], []))

    assert schedule_at_scale(empty, RosterOptions()).volunteer.size == 0
    result = schedule_at_scale(nobody, RosterOptions())
    assert result.levels[0].is_proven
    assert result.terms[RosterObjective.UNCOVERED] == 20


def test_seat_beyond_target_is_taken_for_a_pledge(a_roster):
    """A place beyond the target costs its weight, less than a pledge in the same sum."""
    level = ((RosterObjective.UNCOVERED, RosterObjective.PLEDGE_SHORTFALL),)
    problem = a_roster(
        volunteers=Volunteers.of(2, pledge_minutes=[120, 120]),
        seats=Seats.of([0], target=[1], maximum=[2], over_weight=[7]),
        objectives=level,
    )
    result = schedule_at_scale(problem, RosterOptions())

    assert result.levels[0].value == 7
    assert result.levels[0].is_proven


def test_minutes_without_a_common_divisor_are_rounded_safely(a_mixed_roster):
    """Odd minutes with wide caps are counted coarsely: bounds stay below, plans stay valid."""
    problem = a_mixed_roster(8, people=6, shifts=8)
    shifts = replace(problem.shifts, end=problem.shifts.end + np.arange(8) % 7)
    problem = replace(problem, shifts=shifts, windows=Windows.always(6, problem.horizon_days))
    wide = replace(problem.volunteers, max_minutes=np.full(6, 10**6), pledge_minutes=np.full(6, 900))
    problem = replace(problem, volunteers=wide)
    optimum, result = schedule(problem), schedule_at_scale(problem, RosterOptions(moves=100))

    check.verify(problem, result)
    assert result.levels[0].bound <= optimum.levels[0].value <= result.levels[0].value


def test_unknown_rules_are_left_to_others(a_roster):
    """Duty patterns and teams are not solved here."""
    assert can_solve(a_roster())
    assert not can_solve(a_roster(patterns=Patterns.of([0])))
    assert not can_solve(a_roster(teams=((0, 1),)))


def test_gap_is_the_share_of_what_is_at_stake(a_roster):
    """Value less bound over what an empty plan would cost less bound."""
    problem = a_roster()
    result = schedule_at_scale(problem, RosterOptions())
    assert result.gap_ratio == 0

    level = result.levels[0]
    worse = replace(result, levels=(replace(level, value=level.bound + 5), *result.levels[1:]))
    assert worse.gap_ratio == worse.levels[0].gap_ratio == 5 / (20 - level.bound)


def test_checkers_agree(a_mixed_roster):
    """Random wrong plans: the checker of large plans finds fault where the one that looks at each person does."""
    for seed in range(60):
        problem = a_mixed_roster(seed)
        rng = np.random.default_rng(seed)
        if not problem.seat_count:
            continue
        seat = rng.integers(0, problem.seat_count, 4)
        rows = np.stack((rng.integers(0, problem.volunteer_count, 4), problem.seats.shift[seat], seat), axis=1)
        plan = replace(schedule(problem, RosterOptions(moves=1, exact_pairs=0, bound_pairs=0)))
        plan = replace(plan, volunteer=rows[:, 0], shift=rows[:, 1], seat=rows[:, 2])
        assert bool(check.violations(problem, plan)) == bool(list(scale_check.violations(problem, rows)))
        if len(set(map(tuple, rows[:, :2].tolist()))) == 4:
            assert scale_check.term_values(problem, rows) == check._term_values(problem, plan)


def test_claims_that_do_not_hold_are_refused(a_roster):
    """A wrong term, a wrong level and a bound above the value are defects."""
    problem = a_roster()
    rows = np.zeros((0, 3), dtype=np.int64)
    terms = scale_check.term_values(problem, rows)
    levels = [(terms[level[0]], 0) for level in problem.objectives]
    scale_check.verify(problem, rows, terms, levels)

    with pytest.raises(BrokenPlan):
        scale_check.verify(problem, rows, terms | {RosterObjective.UNCOVERED: 0}, levels)
    with pytest.raises(BrokenPlan):
        scale_check.verify(problem, rows, terms, [(levels[0][0], 99), *levels[1:]])
