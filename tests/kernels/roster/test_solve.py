"""A roster keeps every hard rule, and its values and bounds are true."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linkage.kernels.roster import check
from linkage.kernels.roster.problem import (
    DEFAULT_OBJECTIVES,
    NO_LIMIT,
    Pairs,
    Requests,
    RosterProblem,
    Seats,
    Shifts,
    Volunteers,
    Windows,
)
from linkage.kernels.roster.result import RosterOptions, RosterResult, RosterTrace
from linkage.kernels.roster.solve import schedule
from linkage.terms import RosterObjective, RosterStatus

THOROUGH = RosterOptions(exact_effort=60.0, moves=40)
MODEST = RosterOptions(exact_effort=0.05, moves=40)
NO_EXACT = RosterOptions(exact_pairs=0, moves=200)
SEARCH_ONLY = RosterOptions(exact_pairs=0, bound_pairs=0, moves=60)
QUICK = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def pairs_of(result: RosterResult) -> list[tuple[int, int]]:
    """Give the pairs of volunteer and shift."""
    return list(zip(result.volunteer.tolist(), result.shift.tolist(), strict=True))


def values_of(result: RosterResult) -> tuple[int, ...]:
    """Give the value of every level."""
    return tuple(level.value for level in result.levels)


def every_plan(problem: RosterProblem) -> Iterator[RosterResult]:
    """Enumerate all plans of a tiny problem, the broken ones too, without any table of the solver."""
    choices = [
        [(v, s, -1), *((v, s, seat) for seat in np.flatnonzero(problem.seats.shift == s).tolist())]
        for v in range(problem.volunteer_count)
        for s in range(problem.shift_count)
    ]
    for chosen in product(*choices):
        rows = np.asarray([row for row in chosen if row[2] >= 0], dtype=np.int64).reshape(-1, 3)
        yield RosterResult(
            volunteer=rows[:, 0],
            shift=rows[:, 1],
            seat=rows[:, 2],
            levels=(),
            terms={},
            trace=RosterTrace(seed=0, candidate_pairs=0),
        )


def best_by_enumeration(problem: RosterProblem) -> tuple[int, ...]:
    """Find the lexicographically best values among all plans that break no rule."""
    best: tuple[int, ...] | None = None
    for plan in every_plan(problem):
        terms = check._term_values(problem, plan)
        values = tuple(sum(problem.weight_of(t) * terms[t] for t in level) for level in problem.objectives)
        if (best is None or values < best) and not check.violations(problem, plan):
            best = values
    assert best is not None
    return best


@pytest.mark.parametrize("size", [(0, 0), (0, 3), (3, 0), (1, 1)], ids=str)
def test_schedule_of_degenerate_problem_is_proven(
    a_random_roster: Callable[..., RosterProblem], size: tuple[int, int]
) -> None:
    """Nobody, nothing to do, or one of each is a plan like any other."""
    result = schedule(a_random_roster(3, people=size[0], shifts=size[1]))

    assert result.status == RosterStatus.OPTIMAL
    assert result.gap_ratio == 0.0


def test_schedule_of_no_days_is_empty() -> None:
    """A horizon without days holds no shifts and no plan."""
    problem = RosterProblem(
        horizon_days=0,
        volunteers=Volunteers.of(2, pledge_minutes=[60, 0]),
        windows=Windows.of([], [], []),
        shifts=Shifts.of([], []),
        seats=Seats.of([]),
    )
    result = schedule(problem)

    assert result.volunteer.size == 0
    assert result.terms[RosterObjective.PLEDGE_SHORTFALL] == 60


@pytest.mark.parametrize("seed", range(6))
def test_schedule_of_tiny_problem_equals_enumeration(a_random_roster: Callable[..., RosterProblem], seed: int) -> None:
    """No plan that keeps the rules is lexicographically better."""
    problem = a_random_roster(seed, people=3, shifts=3, days=2)
    result = schedule(problem, THOROUGH)

    assert values_of(result) == best_by_enumeration(problem)
    assert result.status == RosterStatus.OPTIMAL


@pytest.mark.parametrize("seed", range(3))
def test_schedule_in_another_order_of_aims_equals_enumeration(
    a_random_roster: Callable[..., RosterProblem], seed: int
) -> None:
    """Levels are taken in the order given, and the terms within one are summed with their weights."""
    problem = a_random_roster(
        seed + 50,
        people=3,
        shifts=3,
        days=2,
        objectives=(
            (RosterObjective.PREFERENCE, RosterObjective.LEAD_MISSING, RosterObjective.PLEDGE_SHORTFALL),
            (RosterObjective.UNFAIRNESS, RosterObjective.UNCOVERED),
        ),
        weights={RosterObjective.LEAD_MISSING: 40, RosterObjective.UNCOVERED: 3},
    )

    assert values_of(schedule(problem, THOROUGH)) == best_by_enumeration(problem)


@pytest.mark.parametrize("seed", range(100, 125))
def test_search_and_relaxation_enclose_the_optimum(a_random_roster: Callable[..., RosterProblem], seed: int) -> None:
    """Without the exact solver the first level's optimum lies between bound and value, and the plan is seldom off."""
    problem = a_random_roster(seed, people=7, shifts=12)
    rough, exact = schedule(problem, NO_EXACT), schedule(problem, THOROUGH)

    assert rough.levels[0].bound <= exact.levels[0].value <= rough.levels[0].value
    assert exact.levels[0].value == exact.levels[0].bound
    assert values_of(exact) <= values_of(rough)
    assert rough.levels[0].value <= 1.05 * exact.levels[0].value


@pytest.mark.parametrize("seed", range(200, 240))
def test_schedule_of_random_problem_passes_the_checker(
    a_random_roster: Callable[..., RosterProblem], seed: int
) -> None:
    """The independent checker finds no broken rule, and every bound is on the right side."""
    problem = a_random_roster(seed, people=8, shifts=14, days=6)
    result = schedule(problem, SEARCH_ONLY)

    assert check.violations(problem, result) == []
    assert all(0 <= level.bound <= level.value for level in result.levels)


def test_schedule_keeps_fixed_pairs(a_roster: Callable[..., RosterProblem]) -> None:
    """Fixed stays fixed."""
    problem = a_roster(fixed=Pairs.of([1, 1], [0, 1]))

    assert pairs_of(schedule(problem)) == [(1, 0), (1, 1)]


@given(seed=st.integers(0, 10_000))
@QUICK
def test_schedule_keeps_part_of_its_own_plan_when_fixed(
    a_random_roster: Callable[..., RosterProblem], seed: int
) -> None:
    """Half of a plan, fixed, is found again in the next plan."""
    problem = a_random_roster(seed, people=6, shifts=9)
    first = schedule(problem, SEARCH_ONLY)
    kept = Pairs.of(first.volunteer[::2], first.shift[::2])
    second = schedule(replace(problem, fixed=kept), SEARCH_ONLY)

    assert set(zip(kept.volunteer.tolist(), kept.shift.tolist(), strict=True)) <= set(pairs_of(second))


def test_schedule_lets_go_of_released_volunteers(a_roster: Callable[..., RosterProblem]) -> None:
    """A released volunteer's pairs neither bind nor count as disturbance."""
    problem = a_roster(
        fixed=Pairs.of([1], [0]),
        previous=Pairs.of([1], [0]),
        released=np.asarray([1]),
        windows=Windows.of([0], [0], [9999]),
    )
    result = schedule(problem)

    assert pairs_of(result) == [(0, 0), (0, 1)]
    assert result.terms[RosterObjective.DISTURBANCE] == 0


def test_schedule_moves_nobody_when_a_neighbour_drops_out(a_random_roster: Callable[..., RosterProblem]) -> None:
    """With disturbance before coverage, whoever stays keeps every shift and vacated places are only filled up."""
    problem = a_random_roster(7, people=12, shifts=16, days=6)
    before = schedule(problem, NO_EXACT)
    objectives = ((RosterObjective.DISTURBANCE,), *(o for o in DEFAULT_OBJECTIVES if o[0] != "disturbance"))
    stays = problem.windows.volunteer != 3
    windows = problem.windows
    after = schedule(
        replace(
            problem,
            windows=Windows.of(windows.volunteer[stays], windows.start[stays], windows.end[stays]),
            previous=Pairs.of(before.volunteer, before.shift),
            released=np.asarray([3]),
            objectives=objectives,
        ),
        NO_EXACT,
    )

    assert after.terms[RosterObjective.DISTURBANCE] == 0
    assert {pair for pair in pairs_of(before) if pair[0] != 3} <= set(pairs_of(after))


def test_schedule_spreads_the_load(a_roster: Callable[..., RosterProblem]) -> None:
    """Nobody gets none while somebody gets two, unless fewer people is the earlier aim."""
    assert sorted(schedule(a_roster()).volunteer.tolist()) == [0, 1]
    few = schedule(a_roster(objectives=((RosterObjective.UNCOVERED,), (RosterObjective.PEOPLE_USED,))))
    assert len(set(few.volunteer.tolist())) == 1


def test_schedule_counts_minutes_served_before_towards_the_pledge(a_roster: Callable[..., RosterProblem]) -> None:
    """Who has kept the pledge already gives way to who has not."""
    problem = a_roster(
        volunteers=Volunteers.of(2, pledge_minutes=[120, 120]),
        shifts=Shifts.of([540], [660]),
        seats=Seats.of([0]),
        served_minutes=np.asarray([[120], [0]]),
    )

    assert pairs_of(schedule(problem)) == [(1, 0)]


def test_schedule_follows_wishes_among_equal_plans(a_roster: Callable[..., RosterProblem]) -> None:
    """A wish decides where nothing earlier does."""
    problem = a_roster(requests=Requests.of([0, 1], [1, 1], want=[False, True]))

    assert (1, 1) in pairs_of(schedule(problem))


def test_schedule_keeps_rest_and_travel(a_roster: Callable[..., RosterProblem]) -> None:
    """Too little rest overnight, or too long a way, and one person cannot serve both."""
    one = {"windows": Windows.always(2, 7), "eligible": Pairs.of([0, 0], [0, 1])}
    rest = a_roster(volunteers=Volunteers.of(2, rest_minutes=[1400, 0]), **one)
    way = a_roster(
        shifts=Shifts.of([540, 690], [660, 800], place=[0, 2]),
        travel_minutes=np.asarray([[0, 20, 500], [20, 0, 20], [500, 20, 0]]),
        **one,
    )

    assert len(pairs_of(schedule(rest))) == 1
    assert len(pairs_of(schedule(way))) == 1
    assert len(pairs_of(schedule(replace(way, shifts=Shifts.of([540, 700], [660, 800], place=[0, 2]))))) == 2


def test_schedule_takes_the_way_in_the_direction_walked(a_roster: Callable[..., RosterProblem]) -> None:
    """Once the way back was taken for the way there, and the checker refused the plan."""
    problem = a_roster(
        windows=Windows.always(2, 7),
        eligible=Pairs.of([0, 0], [0, 1]),
        shifts=Shifts.of([700, 540], [800, 660], place=[1, 0]),
        travel_minutes=np.asarray([[0, 90], [10, 0]]),
    )

    assert len(pairs_of(schedule(problem))) == 1


def test_schedule_knows_places_next_door(a_roster: Callable[..., RosterProblem]) -> None:
    """Once zero minutes between two places counted as no way at all, and both shifts were refused."""
    problem = a_roster(
        eligible=Pairs.of([0, 0], [0, 1]),
        shifts=Shifts.of([540, 670], [660, 800], place=[0, 1]),
        travel_minutes=np.asarray([[0, 0], [0, 0]]),
    )

    assert len(pairs_of(schedule(problem))) == 2


@given(seed=st.integers(0, 10_000))
@QUICK
def test_schedule_is_the_same_for_the_same_seed(a_random_roster: Callable[..., RosterProblem], seed: int) -> None:
    """Same problem and seed, same bytes."""
    problem = a_random_roster(seed, people=6, shifts=9)
    first, second = schedule(problem, MODEST), schedule(problem, MODEST)

    assert first.volunteer.tobytes() == second.volunteer.tobytes()
    assert first.seat.tobytes() == second.seat.tobytes()
    assert first.levels == second.levels


@given(seed=st.integers(0, 10_000))
@QUICK
def test_optimum_does_not_depend_on_the_order_of_people(
    a_random_roster: Callable[..., RosterProblem], seed: int
) -> None:
    """Renaming the volunteers changes no value."""
    problem = a_random_roster(seed, people=5, shifts=6, previous=Pairs.of(), requests=Requests.of())
    order = np.random.default_rng(seed).permutation(5)
    people, windows = problem.volunteers, problem.windows
    shuffled = Volunteers(**{name: getattr(people, name)[order] for name in vars(people)})
    renamed = replace(
        problem,
        volunteers=shuffled,
        windows=Windows.of(np.argsort(order)[windows.volunteer], windows.start, windows.end),
    )

    assert values_of(schedule(problem, THOROUGH)) == values_of(schedule(renamed, THOROUGH))


@given(seed=st.integers(0, 10_000))
@QUICK
def test_coverage_never_falls_when_somebody_joins(a_random_roster: Callable[..., RosterProblem], seed: int) -> None:
    """A resource more never lowers the optimum."""
    problem = a_random_roster(seed, people=5, shifts=7, objectives=((RosterObjective.UNCOVERED,),))
    caps = dict.fromkeys(("max_minutes", "max_minutes_week", "max_minutes_day"), np.full(5, NO_LIMIT))
    freer = replace(problem, volunteers=replace(problem.volunteers, **caps))

    assert values_of(schedule(freer, THOROUGH)) <= values_of(schedule(problem, THOROUGH))


@given(seed=st.integers(0, 10_000), factor=st.integers(2, 50))
@QUICK
def test_coverage_scales_with_the_weights(
    a_random_roster: Callable[..., RosterProblem], seed: int, factor: int
) -> None:
    """All weights times k, the optimum times k."""
    problem = a_random_roster(seed, people=4, shifts=6, objectives=((RosterObjective.UNCOVERED,),))
    heavier = replace(problem, seats=replace(problem.seats, under_weight=problem.seats.under_weight * factor))

    assert values_of(schedule(heavier, THOROUGH))[0] == factor * values_of(schedule(problem, THOROUGH))[0]


def test_schedule_without_any_bound_says_how_far_it_may_be(a_random_roster: Callable[..., RosterProblem]) -> None:
    """Search and counting prove little: the status and the gap say so."""
    result = schedule(a_random_roster(115, people=7, shifts=12), SEARCH_ONLY)

    assert result.status == RosterStatus.BEST_FOUND
    assert 0 < result.gap_ratio < 1


@pytest.mark.parametrize("seed", range(300, 320))
def test_counting_bounds_no_level_above_its_optimum(a_random_roster: Callable[..., RosterProblem], seed: int) -> None:
    """For each aim alone, what counting finds unavoidable is not more than the exact optimum."""
    problem = a_random_roster(seed, people=5, shifts=8)
    for objective in RosterObjective:
        alone = replace(problem, objectives=((objective,),))
        counted, exact = schedule(alone, SEARCH_ONLY), schedule(alone, THOROUGH)
        assert counted.levels[0].bound <= exact.levels[0].value == exact.levels[0].bound


class Countdown:
    """A deadline that passes after so many looks at the clock."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    def remaining_seconds(self) -> float:
        """Give one second until the looks are used up."""
        self.looks -= 1
        return 1.0 if self.looks > 0 else 0.0


@pytest.mark.parametrize("looks", [0, 1, 3, 10, 30, 60, 100, 10_000])
def test_schedule_cut_short_returns_a_valid_plan(a_random_roster: Callable[..., RosterProblem], looks: int) -> None:
    """Whenever the deadline passes, the plan keeps the rules and the bounds are honest."""
    problem = a_random_roster(11, people=8, shifts=14, days=6)
    exact = schedule(problem, THOROUGH)
    result = schedule(problem, replace(THOROUGH, deadline=Countdown(looks)))

    assert check.violations(problem, result) == []
    assert result.levels[0].bound <= exact.levels[0].value <= result.levels[0].value
    assert result.trace.is_cut_short == (looks < 10_000)


def test_search_ends_when_every_level_is_close(a_random_roster: Callable[..., RosterProblem]) -> None:
    """The rest of the moves is spared once every level is near its bound by counting, and only then."""
    problem = a_random_roster(2, people=8, shifts=12)
    options = replace(SEARCH_ONLY, moves=60)
    moves = [schedule(problem, replace(options, close_enough_ratio=ratio)).trace.moves for ratio in (0.0, 1.0)]

    assert moves == [60, 30]


def test_fairness_is_bounded_by_what_can_be_served(a_roster: Callable[..., RosterProblem]) -> None:
    """A place that nobody can fill spares no minutes elsewhere: the bound by counting knows who serves how much."""
    problem = a_roster(
        volunteers=Volunteers.of(2, skills=[[True], [False]]),
        windows=Windows.of([1], [0], [2880]),
        shifts=Shifts.of([540, 1980], [600, 2100]),
        seats=Seats.of([0, 1], skill=[0, -1]),
        objectives=((RosterObjective.UNCOVERED,), (RosterObjective.UNFAIRNESS,)),
    )
    result = schedule(problem, SEARCH_ONLY)

    assert [(level.value, level.bound) for level in result.levels] == [(10, 10), (16, 16)]
