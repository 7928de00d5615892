"""Every rule of the roster, one after another, against enumeration of all plans of tiny problems."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest

from linkage.kernels.roster import check
from linkage.kernels.roster.check_patterns import pattern_violations
from linkage.kernels.roster.problem import Patterns, RosterProblem
from linkage.kernels.roster.result import RosterOptions, RosterResult, RosterTrace
from linkage.kernels.roster.solve import schedule
from linkage.terms import RosterObjective, RosterStatus

THOROUGH = RosterOptions(exact_effort=60.0, moves=20)
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
            found = list(check._person_violations(alone, volunteer, list(chosen)))
            found += check._permission_violations(alone, [(volunteer, shift) for shift in chosen])
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
