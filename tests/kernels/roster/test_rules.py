"""Every rule of the roster, one after another, against enumeration of all plans of tiny problems."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linkage.kernels.roster import check, solve
from linkage.kernels.roster.check_patterns import pattern_violations
from linkage.kernels.roster.problem import (
    NO_LIMIT,
    Pairs,
    Patterns,
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

THOROUGH = RosterOptions(exact_effort=60.0, moves=20)
QUICK = settings(
    max_examples=16, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
SEARCH_ONLY = RosterOptions(exact_pairs=0, bound_pairs=0, moves=20)
RELAXED = RosterOptions(exact_pairs=0, moves=20)


def a_result(rows: list[tuple[int, int, int]]) -> RosterResult:
    """Make a result of these rows that claims nothing."""
    table = np.asarray(rows, dtype=np.int64).reshape(-1, 3)
    trace = RosterTrace(seed=0, candidate_pairs=0)
    return RosterResult(volunteer=table[:, 0], shift=table[:, 1], seat=table[:, 2], levels=(), terms={}, trace=trace)


def values_of(result: RosterResult) -> tuple[int, ...]:
    """Give the value of every level."""
    return tuple(level.value for level in result.levels)


def _own_plans(problem: RosterProblem, volunteer: int) -> Iterator[tuple[int, ...]]:
    """Yield the sets of shifts one person may serve as far as the person's own rules go."""
    mine = problem.patterns.volunteer == volunteer
    table = problem.patterns
    columns = {name: getattr(table, name)[mine] for name in vars(table) if name != "days_off"}
    alone = replace(problem, patterns=Patterns(**columns, days_off=table.days_off), teams=())
    for size in range(problem.shift_count + 1):
        for chosen in combinations(range(problem.shift_count), size):
            found = list(check._person_violations(check._Shifts(alone), volunteer, list(chosen)))
            found += check._permission_violations(check._Shifts(alone), [(volunteer, shift) for shift in chosen])
            found += pattern_violations(alone, {volunteer: list(chosen)})
            if not found:
                yield chosen


def _seatings(problem: RosterProblem, shift: int, crew: tuple[int, ...]) -> list[tuple[int, int, int]] | None:
    """Seat a crew at least cost, or None where it cannot be seated or lacks its company."""
    seats = np.flatnonzero(problem.seats.shift == shift).tolist()
    best: tuple[int, list[tuple[int, int, int]]] | None = None
    for chosen in product(seats, repeat=len(crew)):
        rows = [(v, shift, seat) for v, seat in zip(crew, chosen, strict=True)]
        broken = [line for v, s, seat in rows for line in check._seat_violations(problem, v, s, seat)]
        broken += check._crew_violations(problem, {shift: set(crew)})
        if broken or any(chosen.count(seat) > problem.seats.maximum[seat] for seat in chosen):
            continue
        cost = check._term_values(problem, a_result(rows))[RosterObjective.UNCOVERED]
        if best is None or cost < best[0]:
            best = cost, rows
    return None if best is None else best[1]


def best_by_enumeration(problem: RosterProblem) -> tuple[int, ...] | None:
    """Find the lexicographically best values of all plans that break no rule; None where every plan breaks one."""
    best: tuple[int, ...] | None = None
    known: dict[tuple[int, tuple[int, ...]], list[tuple[int, int, int]] | None] = {}
    for plans in product(*(list(_own_plans(problem, v)) for v in range(problem.volunteer_count))):
        crews: dict[int, list[int]] = defaultdict(list)
        for volunteer, chosen in enumerate(plans):
            for shift in chosen:
                crews[shift].append(volunteer)
        rows: list[tuple[int, int, int]] | None = []
        for shift, crew in crews.items():
            key = shift, tuple(crew)
            if key not in known:
                known[key] = _seatings(problem, *key)
            rows = None if rows is None or known[key] is None else rows + (known[key] or [])
        if rows is None:
            continue
        plan = a_result(rows)
        terms = check._term_values(problem, plan)
        values = tuple(sum(problem.weight_of(t) * terms[t] for t in level) for level in problem.objectives)
        if (best is None or values < best) and not check.violations(problem, plan):
            best = values
    return best


RULES = ("certificates", "strain", "newcomers", "teams", "groups", "over target", "successions", "patterns")


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("rule", RULES)
def test_rule_is_kept_at_the_optimum(a_ruled_roster: Callable[..., RosterProblem], rule: str, seed: int) -> None:
    """What the kernel proves to be best is what enumeration finds; where nothing is possible it names rules."""
    problem = a_ruled_roster(rule, seed)
    expected = best_by_enumeration(problem)
    result = schedule(problem, THOROUGH)
    if expected is None:
        assert result.status == RosterStatus.CONTRADICTORY
        assert result.conflict is not None
        assert result.conflict.rules
        return

    assert values_of(result) == expected
    assert result.status == RosterStatus.OPTIMAL


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "patterns"])
def test_search_keeps_the_rule(a_ruled_roster: Callable[..., RosterProblem], rule: str, seed: int) -> None:
    """Search alone breaks no rule, and counting and relaxing bound no level above its value."""
    problem = a_ruled_roster(rule, seed, people=7, shifts=10, days=6)
    searched, relaxed = schedule(problem, SEARCH_ONLY), schedule(problem, RELAXED)

    assert check.violations(problem, searched) == []
    assert searched.levels[0].bound <= relaxed.levels[0].bound <= relaxed.levels[0].value


def test_team_that_does_not_pay_stays_away(a_roster: Callable[..., RosterProblem]) -> None:
    """A team comes complete or not at all, and only where coming is worth what it costs."""
    problem = a_roster(
        teams=((0, 1),),
        seats=Seats.of([0], target=[2]),
        objectives=((RosterObjective.PEOPLE_USED,), (RosterObjective.UNCOVERED,)),
    )

    assert schedule(problem, SEARCH_ONLY).volunteer.size == 0
    cover = replace(problem, objectives=((RosterObjective.UNCOVERED,),))
    assert schedule(cover, SEARCH_ONLY).volunteer.tolist() == [0, 1]


def test_fixed_newcomer_finds_company(a_roster: Callable[..., RosterProblem]) -> None:
    """A newcomer who is fixed brings somebody experienced to the shift, even before everything else is covered."""
    problem = a_roster(
        volunteers=Volunteers.of(2, newcomer=[True, False], experienced=[False, True]),
        shifts=Shifts.of([540, 540], [660, 660], priority=[1, 4]),
        seats=Seats.of([0, 1], target=[2, 1]),
        fixed=Pairs.of([0], [0]),
    )

    assert schedule(problem, SEARCH_ONLY).shift.tolist() == [0, 0]


def test_search_with_few_chains_left_keeps_the_rules(
    a_random_roster: Callable[..., RosterProblem], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Running out of chains in the middle of one leaves a valid plan."""
    monkeypatch.setattr(solve, "REPAIR_CHAINS", 2)
    for seed in range(6):
        problem = a_random_roster(seed, people=8, shifts=14, days=3)
        assert check.violations(problem, schedule(problem, SEARCH_ONLY)) == []


def test_pattern_without_shifts_is_kept(a_roster: Callable[..., RosterProblem]) -> None:
    """No shifts at all: the pattern binds nobody."""
    problem = a_roster(shifts=Shifts.of([], []), seats=Seats.of([]), patterns=Patterns.of([0], days_off=[(0, 1)]))

    assert schedule(problem).status == RosterStatus.OPTIMAL


PERSONAL = [rule for rule in RULES if rule not in {"teams", "patterns"}]


@given(seed=st.integers(0, 10_000), rule=st.sampled_from(PERSONAL))
@QUICK
def test_optimum_does_not_depend_on_who_is_who(
    a_ruled_roster: Callable[..., RosterProblem], seed: int, rule: str
) -> None:
    """Renaming the volunteers changes no value under any rule."""
    problem = replace(a_ruled_roster(rule, seed, people=4), previous=Pairs.of(), requests=Requests.of())
    order = np.random.default_rng(seed).permutation(4)
    windows = problem.windows
    renamed = replace(
        problem,
        volunteers=Volunteers(**{name: column[order] for name, column in vars(problem.volunteers).items()}),
        windows=Windows.of(np.argsort(order)[windows.volunteer], windows.start, windows.end),
    )

    assert values_of(schedule(problem, THOROUGH)) == values_of(schedule(renamed, THOROUGH))


@given(seed=st.integers(0, 10_000), rule=st.sampled_from([rule for rule in RULES if rule != "patterns"]))
@QUICK
def test_optimum_does_not_rise_with_more_freedom(
    a_ruled_roster: Callable[..., RosterProblem], seed: int, rule: str
) -> None:
    """More time, valid certificates and more strength never make the first aim worse."""
    problem = a_ruled_roster(rule, seed, people=4)
    people = problem.volunteers
    freer = replace(
        problem,
        windows=Windows.always(4, problem.horizon_days),
        volunteers=replace(
            people,
            skill_until=np.full_like(people.skill_until, NO_LIMIT),
            strain_cap_week=np.full_like(people.strain_cap_week, NO_LIMIT),
        ),
    )

    assert values_of(schedule(freer, THOROUGH))[0] <= values_of(schedule(problem, THOROUGH))[0]


def test_no_aims_at_all_still_keeps_the_rules(a_roster: Callable[..., RosterProblem]) -> None:
    """Without objectives any plan that keeps the hard rules will do, also where search finds none and rules conflict."""
    fixed = {
        "volunteers": Volunteers.of(3, newcomer=[True, False, False], experienced=[False, True, True]),
        "windows": Windows.always(3, 7),
        "shifts": Shifts.of([540, 540], [660, 660]),
        "fixed": Pairs.of([0, 1], [0, 1]),
        "objectives": (),
    }
    possible = a_roster(**fixed, seats=Seats.of([0, 1], target=[1, 1], maximum=[2, 1]))
    result = schedule(possible)

    assert result.levels == ()
    assert check.violations(possible, result) == []
    assert schedule(a_roster(**fixed, seats=Seats.of([0, 1]))).status == RosterStatus.CONTRADICTORY
