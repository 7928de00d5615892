"""Make a roster: a good plan, a bound for every objective level, checked before it is returned.

A pure function of the problem and the options. It never raises for a shortage: seats that cannot be filled
stay empty and are explained by `reasons`; only a contradictory problem is refused (when it is built).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from linkage.kernels.roster import check
from linkage.kernels.roster.at_once import empty_plan, no_plan
from linkage.kernels.roster.counting import Counted
from linkage.kernels.roster.duty.solve import roster_with_patterns
from linkage.kernels.roster.fewest.solve import fewest_people, with_fewer_people
from linkage.kernels.roster.fewest.units import can_solve
from linkage.kernels.roster.fixed import seating
from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.model import Row
from linkage.kernels.roster.objective import Costs
from linkage.kernels.roster.plan import Plan
from linkage.kernels.roster.problem import RosterProblem
from linkage.kernels.roster.proof import POLISH_ROUNDS, Proven, is_close, prove_levels, solve_exactly
from linkage.kernels.roster.result import RosterLevel, RosterOptions, RosterResult, RosterTrace
from linkage.kernels.roster.scale.solve import can_solve as can_solve_at_scale
from linkage.kernels.roster.scale.solve import is_large, schedule_at_scale
from linkage.kernels.roster.search import Search
from linkage.kernels.roster.watch import Watch

SETUP_SECONDS = 9e-8
FILL_SECONDS = 4.5e-7
"""What it takes a calm machine to work out the rules for each person and shift, and to fill each place from each person;
with less time than that the compiled search covers more, whatever else is wanted."""
LATE_SECONDS = 0.03
"""How late a plan may come that is better than none."""
PLACE_SECONDS = 1.5e-5
PERSON_SECONDS = 2e-5
CELL_SECONDS = 1e-8
"""What it takes after the search, for each place, person, and pair of a person and a shift."""
AT_SCALE = "linkage.kernels.roster.scale.work"
LOADING_SECONDS = 2.0
"""The module that loads the compiled search; with less time than this it is not loaded."""
REPAIR_CHAINS = 200
ROUND_MOVES = 200
"""A longer search is repaired and polished after each so many moves."""


def _fixed_rows(facts: HardFacts) -> list[Row]:
    rows = []
    for shift in sorted({s for _, s in facts.fixed}):
        seated = seating(facts, shift, [v for v, s in facts.fixed if s == shift]) or {}
        rows += [(volunteer, shift, seat) for volunteer, seat in seated.items()]
    return rows


def _start(facts: HardFacts, costs: Costs) -> Plan:
    """Seat the fixed pairs, then whatever of the previous plan is still possible."""
    plan = Plan(facts, costs, _fixed_rows(facts))
    for volunteer, shift in facts.previous:
        if facts.candidate[volunteer, shift] and plan.can_serve(volunteer, shift):
            seat = plan.open_seat(volunteer, shift)
            if seat >= 0:
                plan.add(volunteer, shift, seat)
    plan.leave_broken_company()
    plan.journal.clear()
    return plan


def _search(counted: Counted, options: RosterOptions) -> tuple[list[Row], int, bool]:
    """Build a plan by local search; return it, the moves made, and whether it keeps every hard rule."""
    plan = _start(counted.costs.facts, counted.costs)
    search = Search(plan, seed=options.seed, has_time=options.has_time)
    search.repair(depth=1, budget=REPAIR_CHAINS)
    search.polish()
    moves, rounds = 0, max(POLISH_ROUNDS, options.moves // ROUND_MOVES)
    for _ in range(rounds):
        moves += search.ruin_and_recreate(options.moves // rounds)
        search.repair(depth=2, budget=REPAIR_CHAINS)
        search.polish()
        if not options.has_time() or is_close(counted, plan.rows, options.close_enough_ratio):
            break
    return plan.rows, moves, not any(plan.company.broken(plan.on_shift))


def _result(costs: Costs, rows: Sequence[Row], bounds: Sequence[int], trace: RosterTrace) -> RosterResult:
    ordered = sorted(rows, key=lambda row: (row[1], row[2], row[0]))
    table = np.asarray(ordered, dtype=np.int64).reshape(-1, 3)
    terms, idle = costs.terms(ordered), costs.terms(())
    levels = tuple(
        RosterLevel(
            terms=level, value=costs.level_value(level, terms), bound=bound, idle=costs.level_value(level, idle)
        )
        for level, bound in zip(costs.levels, bounds, strict=False)
    )
    return RosterResult(
        volunteer=table[:, 0], shift=table[:, 1], seat=table[:, 2], levels=levels, terms=terms, trace=trace
    )


def _no_plan(
    facts: HardFacts, costs: Costs, proven: Proven, trace: RosterTrace, options: RosterOptions
) -> RosterResult:
    """Say that there is no plan, and which rules contradict each other where that is certain."""
    conflict = None
    if proven.is_impossible:
        from linkage.kernels.roster.conflict import find_conflict  # loads the solver: only where it is wanted

        conflict = find_conflict(facts, options)
    return replace(_result(costs, [], [], trace), levels=(), conflict=conflict, has_plan=False)


def _seconds_after(problem: RosterProblem) -> float:
    """Tell what it takes a calm machine to bound by counting, make and check a plan."""
    places = int(np.minimum(problem.seats.target, problem.volunteer_count).sum())
    cells = problem.volunteer_count * problem.shift_count
    return PLACE_SECONDS * places + PERSON_SECONDS * problem.volunteer_count + CELL_SECONDS * cells


def _is_loaded(options: RosterOptions) -> bool:
    """Say whether the compiled search is loaded, or there is time to load it."""
    return AT_SCALE in sys.modules or options.seconds_left() > LOADING_SECONDS


def _quick(problem: RosterProblem, options: RosterOptions) -> RosterResult | None:
    """Plan at once where the time left is less than it takes to set up the search here."""
    setup = SETUP_SECONDS * problem.volunteer_count * problem.shift_count
    fill = FILL_SECONDS * problem.volunteer_count * int(problem.seats.target.sum())
    if can_solve_at_scale(problem) and options.seconds_left() < setup + fill and AT_SCALE in sys.modules:
        return schedule_at_scale(problem, options)
    if options.seconds_left() + LATE_SECONDS > setup + _seconds_after(problem):
        return None
    empty = empty_plan(problem, options)
    if empty is not None:
        check.verify(problem, empty)
    return empty


def schedule(problem: RosterProblem, options: RosterOptions | None = None) -> RosterResult:
    """Staff the shifts.

    Parameters
    ----------
    problem
        A valid problem; an empty one gives an empty plan.
    options
        Seed and effort, in counts.

    Returns
    -------
    RosterResult
        The best plan found with its bounds, `check.verify` has passed; or no plan, with the hard rules that
        contradict each other.
    """
    options = options or RosterOptions()
    if is_large(problem) and _is_loaded(options):
        large = schedule_at_scale(problem, options)
        if large is not None or not options.has_time():
            return large or no_plan(problem, options)
    if options.deadline is not None:
        quick = _quick(problem, options)
        if quick is not None:
            return quick
        watch = Watch(deadline=options.deadline, reserve_seconds=_seconds_after(problem))
        options = replace(options, deadline=watch)
    left = options.seconds_left()
    facts = HardFacts.of(problem)
    costs = Costs.of(facts)
    moves = 0
    is_about_people = can_solve(costs)
    fewest = fewest_people(costs, options) if is_about_people else None
    if fewest:
        moves, proven = fewest.moves, Proven(rows=fewest.rows, bounds=fewest.bounds, effort=fewest.effort)
    elif problem.patterns.volunteer.size:
        proven = roster_with_patterns(facts, costs, options)
    else:
        counted = Counted(costs)
        counted.warm()
        setup_seconds = left - options.seconds_left() if options.deadline else 0.0
        rows, moves, is_whole = _search(counted, options)
        proven = (
            prove_levels(counted, rows, options, setup_seconds) if is_whole else solve_exactly(facts, costs, options)
        )
        if is_about_people and proven.has_plan:
            proven = replace(proven, rows=with_fewer_people(costs, proven.rows, options))
    trace = RosterTrace(
        seed=options.seed,
        candidate_pairs=int(facts.candidate.sum()),
        moves=moves,
        exact_effort=proven.effort,
        is_cut_short=not options.has_time(),
    )
    if not proven.has_plan:
        return _no_plan(facts, costs, proven, trace, options)
    result = _result(costs, proven.rows, proven.bounds, trace)
    check.verify(problem, result)
    return result
