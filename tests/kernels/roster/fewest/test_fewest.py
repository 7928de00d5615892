"""Everything is covered by as few people as possible, and the bound is true."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from linkage.kernels.roster import check
from linkage.kernels.roster.counting import counting_bound
from linkage.kernels.roster.fewest import solve
from linkage.kernels.roster.fewest.closing import largest_groups
from linkage.kernels.roster.fewest.greedy import greedy
from linkage.kernels.roster.fewest.solve import fewest_people, with_fewer_people
from linkage.kernels.roster.fewest.units import Units, can_solve
from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.objective import Costs
from linkage.kernels.roster.problem import Pairs, RosterProblem, Seats, Shifts, Volunteers, Windows
from linkage.kernels.roster.proof import solve_exactly
from linkage.kernels.roster.result import RosterOptions, RosterResult
from linkage.kernels.roster.solve import schedule
from linkage.terms import RosterObjective, RosterStatus

COVER_THEN_PEOPLE = ((RosterObjective.UNCOVERED,), (RosterObjective.PEOPLE_USED,))
LEAD_TOO = ((RosterObjective.UNCOVERED,), (RosterObjective.LEAD_MISSING,), (RosterObjective.PEOPLE_USED,))
THOROUGH = RosterOptions(exact_effort=60.0, moves=4)
SEARCH_FIRST = RosterOptions(exact_pairs=0, moves=20)
BY_HAND = RosterOptions(exact_pairs=0, moves=4)


def tasks(seed: int, *, jobs: int = 30, people: int = 12, share: float = 0.5, **overrides) -> RosterProblem:
    """Draw a day of jobs, each of which some of the people can do; the first people could do all of them in shares."""
    rng = np.random.default_rng(seed)
    start = rng.integers(0, 900, jobs)
    minutes = rng.integers(60, 400, jobs)
    able = rng.random((people, jobs)) < share
    able[rng.integers(0, people, jobs), np.arange(jobs)] = True
    volunteer, shift = np.nonzero(able)
    facts = {
        "horizon_days": 1,
        "volunteers": Volunteers.of(people),
        "windows": Windows.always(people, 1),
        "shifts": Shifts.of(start, start + minutes),
        "seats": Seats.of(np.arange(jobs)),
        "eligible": Pairs.of(volunteer, shift),
        "objectives": COVER_THEN_PEOPLE,
    }
    return RosterProblem(**(facts | overrides))


def costs_of(problem: RosterProblem) -> Costs:
    return Costs.of(HardFacts.of(problem))


def values_of(result: RosterResult) -> list[tuple[int, int]]:
    return [(level.value, level.bound) for level in result.levels]


def exact_values(problem: RosterProblem) -> list[int]:
    """Solve the general model level by level, with nothing of this package."""
    costs = costs_of(problem)
    proven = solve_exactly(costs.facts, costs, THOROUGH)
    terms = costs.terms(proven.rows)
    return [costs.level_value(level, terms) for level in costs.levels]


def shapes(seed: int, a_random_roster: Callable[..., RosterProblem], **overrides) -> RosterProblem:
    """Draw a roster with caps, rest, travel, skills and several places, thin enough to be covered now and then."""
    drawn = a_random_roster(seed, people=8, shifts=7, **overrides)
    windows = Windows.always(8, drawn.horizon_days)
    return replace(drawn, windows=windows, previous=Pairs.of(), objectives=LEAD_TOO)


@pytest.mark.parametrize("options", [THOROUGH, SEARCH_FIRST], ids=["exact", "search"])
@pytest.mark.parametrize("seed", range(12))
def test_people_of_random_tasks_equal_the_general_model(seed: int, options: RosterOptions) -> None:
    """The optimum comes out whether the exact solver begins or the search, and its bound says so."""
    problem = tasks(seed, jobs=14, people=9, share=0.4)
    result = schedule(problem, options)

    assert can_solve(costs_of(problem))
    assert [value for value, _ in values_of(result)] == exact_values(problem)
    assert result.status == RosterStatus.OPTIMAL


@pytest.mark.parametrize("options", [THOROUGH, SEARCH_FIRST], ids=["exact", "search"])
@pytest.mark.parametrize("seed", range(40, 52))
def test_people_under_all_rules_equal_the_general_model(
    a_random_roster: Callable[..., RosterProblem], seed: int, options: RosterOptions
) -> None:
    """Caps, rest, travel, skills, leads and several places are kept; what cannot be covered goes another way."""
    problem = shapes(seed, a_random_roster)
    costs = costs_of(problem)
    found = fewest_people(costs, options)
    expected = exact_values(problem)
    if found is None:
        assert expected[:2] > [counting_bound(costs, level, {}) for level in costs.levels[:2]]
        return
    result = schedule(problem, options)

    values = [costs.level_value(level, costs.terms(found.rows)) for level in costs.levels]
    assert expected[:2] == values[:2] == found.bounds[:2]
    assert found.bounds[2] <= expected[2] <= values[2]
    if Units.of(costs).is_exact:
        assert values_of(result) == [(value, value) for value in expected]
    assert check.violations(problem, result) == []


@pytest.mark.parametrize("seed", range(100, 112))
def test_bound_by_counting_is_never_above_the_optimum(a_random_roster: Callable[..., RosterProblem], seed: int) -> None:
    """With or without everything covered, no plan as good on coverage has fewer people than counted."""
    problem = replace(a_random_roster(seed, people=6, shifts=9), previous=Pairs.of(), objectives=COVER_THEN_PEOPLE)
    uncovered, people = exact_values(problem)
    costs = costs_of(problem)

    assert counting_bound(costs, (RosterObjective.PEOPLE_USED,), {RosterObjective.UNCOVERED: uncovered}) <= people


def test_overlap_bound_counts_seats_and_what_may_stay_empty() -> None:
    """Five places at once need five people; with room for two dear or cheap misses, as many fewer as can be paid."""
    problem = tasks(
        0,
        jobs=3,
        people=7,
        share=1.0,
        shifts=Shifts.of([0, 30, 100], [60, 90, 130], priority=[1, 2, 1]),
        seats=Seats.of([0, 1, 2], minimum=[1, 0, 1], target=[2, 3, 1]),
        buffer_minutes=10,
    )
    costs = costs_of(problem)
    bounds = [
        counting_bound(costs, (RosterObjective.PEOPLE_USED,), {RosterObjective.UNCOVERED: lost})
        for lost in (0, 1, 3, 17)
    ]

    assert bounds == [5, 4, 3, 1]


def test_planted_plan_of_two_hundred_jobs_is_found_and_proven() -> None:
    """Where the busiest moment takes everybody planted, the search ends at the bound, with the same bytes each time."""
    problem = planted(3, crews=20, length=9)
    results = [schedule(problem) for _ in range(3)]

    assert values_of(results[0]) == [(0, 0), (20, 20)]
    assert len({result.volunteer.tobytes() for result in results}) == 1


def planted(seed: int, *, crews: int, length: int) -> RosterProblem:
    """Cut the day of each person of a crew into jobs, let others take each with one chance in two, and add spare people."""
    rng = np.random.default_rng(seed)
    cuts = np.sort(rng.integers(0, 1440, (crews, length)), axis=1)
    cuts[:, 0], cuts[:, -1] = 0, 1440
    start, end = cuts[:, :-1].ravel(), np.maximum(cuts[:, 1:].ravel(), cuts[:, :-1].ravel() + 1)
    people = crews + 5
    able = rng.random((people, start.size)) < 0.5
    able[np.repeat(np.arange(crews), length - 1), np.arange(start.size)] = True
    order = rng.permutation(people)
    volunteer, shift = np.nonzero(able[order])
    return RosterProblem(
        horizon_days=2,
        volunteers=Volunteers.of(people),
        windows=Windows.always(people, 2),
        shifts=Shifts.of(np.minimum(start, 1439 * 2), end),
        seats=Seats.of(np.arange(start.size)),
        eligible=Pairs.of(volunteer, shift),
        objectives=COVER_THEN_PEOPLE,
    )


def test_two_threads_give_the_same_plan() -> None:
    """Solving in another thread beside this one changes nothing."""
    problem = planted(5, crews=12, length=12)
    found: list[RosterResult] = []
    threads = [threading.Thread(target=lambda: found.append(schedule(problem, BY_HAND))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found[0].volunteer.tobytes() == found[1].volunteer.tobytes()


class _Countdown:
    """A clock that runs out after so many looks."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    def remaining_seconds(self) -> float:
        self.looks -= 1
        return 1000.0 if self.looks >= 0 else 0.0


@pytest.mark.parametrize("looks", [0, 1, 2, 3, 5, 8])
def test_plan_is_valid_whenever_time_runs_out(looks: int) -> None:
    """Wherever the deadline falls there is a checked plan with true bounds."""
    problem = tasks(11, jobs=60, people=20, share=0.3)
    result = schedule(problem, RosterOptions(exact_pairs=0, deadline=_Countdown(looks)))

    assert check.violations(problem, result) == []
    assert all(level.bound <= level.value for level in result.levels)


@pytest.mark.parametrize(
    "options", [RosterOptions, lambda **rest: RosterOptions(exact_pairs=0, **rest)], ids=["solver", "compiler"]
)
def test_nothing_is_loaded_when_time_is_short(monkeypatch: pytest.MonkeyPatch, options) -> None:
    """With a second left neither the solver nor the compiler is loaded; the plan by hand is what comes back."""
    monkeypatch.setattr(solve, "sys", SimpleNamespace(modules={}))
    problem = planted(0, crews=8, length=6)
    found = fewest_people(costs_of(problem), options(deadline=SimpleNamespace(remaining_seconds=lambda: 1.0)))

    assert found is not None
    assert (len({row[0] for row in found.rows}), found.moves, found.effort) == (11, 0, 0.0)


@pytest.mark.parametrize(
    "overrides",
    [
        {"objectives": ((RosterObjective.PEOPLE_USED,), (RosterObjective.UNCOVERED,))},
        {"objectives": ((RosterObjective.UNCOVERED, RosterObjective.PEOPLE_USED),)},
        {"objectives": (*COVER_THEN_PEOPLE, (RosterObjective.UNFAIRNESS,))},
        {"objectives": ((RosterObjective.PEOPLE_USED,),)},
        {"fixed": Pairs.of([0], [0]), "eligible": None},
        {"teams": ((0, 1),)},
        {"volunteers": Volunteers.of(12, rest_minutes=np.arange(12))},
        {"volunteers": Volunteers.of(12, newcomer=np.arange(12) == 3)},
    ],
    ids=["people first", "one level", "fairness after", "no coverage", "fixed", "teams", "many rests", "newcomer"],
)
def test_other_rosters_are_left_to_the_general_search(overrides) -> None:
    """Only coverage and then people is taken, without rules that tie people or pairs together."""
    assert not can_solve(costs_of(tasks(1, **overrides)))


def test_roster_that_cannot_be_covered_goes_to_the_general_search() -> None:
    """Two jobs at once with one person: one stays empty, and one person is used."""
    problem = tasks(0, jobs=2, people=1, share=1.0, shifts=Shifts.of([0, 10], [60, 70]))

    assert fewest_people(costs_of(problem), SEARCH_FIRST) is None
    assert fewest_people(costs_of(problem), THOROUGH) is None
    assert values_of(schedule(problem)) == [(10, 10), (1, 1)]


@pytest.mark.parametrize("seed", range(4))
def test_plan_with_gaps_is_served_by_fewer_people_at_the_same_coverage(seed: int) -> None:
    """Where something stays empty, the plan of the general search keeps its coverage and needs no more people."""
    problem = planted(seed, crews=6, length=5)
    start, end = problem.shifts.start, problem.shifts.end
    short = replace(
        problem,
        volunteers=Volunteers.of(
            11, leads=np.arange(11) % 2 == 0, max_minutes=np.full(11, 1200), max_minutes_day=np.full(11, 900)
        ),
        shifts=Shifts.of([*start, 0, 0], [*end, 900, 900], leads=np.arange(start.size + 2) % 3 == 0),
        seats=Seats.of(np.arange(start.size + 2)),
        eligible=Pairs.of([*problem.eligible.volunteer, 0, 0], [*problem.eligible.shift, start.size, start.size + 1]),
        objectives=LEAD_TOO,
    )
    costs = costs_of(short)
    rows = solve_exactly(costs.facts, costs, THOROUGH).rows
    spread = solve_exactly(costs.facts, costs, RosterOptions(exact_effort=0.02)).rows or rows
    before, after = costs.terms(spread), costs.terms(with_fewer_people(costs, spread, SEARCH_FIRST))

    assert fewest_people(costs, THOROUGH) is None
    assert after[RosterObjective.UNCOVERED] == before[RosterObjective.UNCOVERED] > 0
    assert after[RosterObjective.LEAD_MISSING] <= before[RosterObjective.LEAD_MISSING]
    assert after[RosterObjective.PEOPLE_USED] <= before[RosterObjective.PEOPLE_USED]
    assert check.violations(short, schedule(short, SEARCH_FIRST)) == []
    assert with_fewer_people(costs, [], SEARCH_FIRST) == []


def test_plan_by_hand_keeps_caps_and_leaves_open_what_nobody_can_take() -> None:
    """Two hours a person at most: of three jobs of an hour for one person, one stays open; no time, nothing seated."""
    problem = tasks(
        0,
        jobs=3,
        people=1,
        share=1.0,
        volunteers=Volunteers.of(1, max_minutes=[120]),
        shifts=Shifts.of([0, 100, 200], [60, 160, 260]),
    )
    units = Units.of(costs_of(problem))

    assert greedy(units, lambda: True).tolist() == [0, 0, -1]
    assert greedy(units, lambda: False).tolist() == [-1, -1, -1]


def test_nothing_to_cover_uses_nobody() -> None:
    """No seat that costs anything means no people."""
    problem = tasks(0, jobs=2, people=3, seats=Seats.of([0, 1], under_weight=[0, 0]))

    assert values_of(schedule(problem)) == [(0, 0), (0, 0)]


def test_skills_make_more_people_necessary_than_overlap() -> None:
    """Two jobs one after the other that nobody can both do need two people, and that is proven."""
    problem = tasks(
        0,
        jobs=2,
        people=4,
        shifts=Shifts.of([0, 100], [60, 160]),
        eligible=Pairs.of([0, 1, 2, 3], [0, 0, 1, 1]),
    )

    assert values_of(schedule(problem)) == [(0, 0), (2, 2)]
    assert values_of(schedule(problem, SEARCH_FIRST)) == [(0, 0), (2, 2)]


def test_groups_cover_every_exclusion_and_nothing_else(a_random_roster: Callable[..., RosterProblem]) -> None:
    """With rest and travel, where exclusions are not intervals, groups are made of units that exclude one another."""
    for seed in range(6):
        units = Units.of(costs_of(shapes(seed, a_random_roster)))
        first, near = units.neighbours
        for kind in range(first.shape[0]):
            pairs = {(u, int(v)) for u in range(units.count) for v in near[first[kind, u] : first[kind, u + 1]]}
            covered = {(u, v) for group in largest_groups(units, kind) for u in group for v in group if u != v}

            assert covered == pairs
