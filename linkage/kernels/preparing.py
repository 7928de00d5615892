"""Compiles every optimiser's inner loops ahead of use, by solving a tiny problem with each.

An engine whose loops are compiled enters `ENGINES` with a problem small enough to be solved at once and forced upon
that engine. The plans are thrown away; nothing is decided here. The exact solver that stands beside an engine is
loaded with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from linkage.kernels.assignment.problem import AssignmentProblem
    from linkage.kernels.roster.problem import RosterProblem

_LONG: Final = 1e6
"""Seconds: a tiny problem is solved to its end."""

SMALL_MATCHING: Final = 300
SMALL_ROSTER: Final = 100
"""Pairs up to which a problem is solved before its engine would have been loaded."""


def _simplex() -> None:
    """Solve a matching with every rule by our own network simplex, once cold and once from the plan that stands."""
    from linkage.kernels.assignment.problem import AssignmentProblem
    from linkage.kernels.assignment.solve import MatchOptions, match

    need, offer = np.divmod(np.arange(12), 3)
    problem = AssignmentProblem.of(
        need_quantity=np.full(4, 2),
        need_group=np.arange(4) % 2,
        offer_capacity=[3, 2, 2],
        offer_source=[0, 0, 1],
        source_caps=[4, 3],
        pair_need=need,
        pair_offer=offer,
        pair_cost=(7 * np.arange(12)) % 5,
        previous=(np.arange(12) == 0).astype(np.int64),
        fair_groups=True,
    )
    match(problem, MatchOptions(simplex_arcs=0))


def _undivided() -> None:
    """Seat undivided needs by prices and search, and draft a plan of them."""
    from linkage.kernels.assignment import greedy
    from linkage.kernels.assignment.objectives import least_of, levels_of
    from linkage.kernels.assignment.problem import AssignmentProblem
    from linkage.kernels.assignment.remainder import subtract_fixed
    from linkage.kernels.assignment.undivided.draft import Draft
    from linkage.kernels.assignment.undivided.layout import lay_out
    from linkage.kernels.assignment.undivided.seating import SeatingEffort, seat

    need, offer = np.divmod(np.arange(48), 4)
    problem = AssignmentProblem.of(
        need_quantity=np.ones(12, dtype=np.int64),
        need_priority=1 + np.arange(12) % 3,
        offer_capacity=[9, 8, 7, 9],
        pair_need=need,
        pair_offer=offer,
        pair_cost=3 + (17 * np.arange(48)) % 23,
        pair_use=2 + (11 * np.arange(48)) % 5,
        indivisible=True,
    )
    import_module("linkage.kernels.assignment.exact")
    levels = levels_of(problem, None)
    remainder, _ = subtract_fixed(problem)
    start = greedy.plan(problem, remainder, seconds_left=lambda: _LONG)
    if (seating := lay_out(problem, levels, remainder)) is not None:
        Draft(seating, seating.seats(remainder, start), None, lambda: _LONG, 0).run(100)
    seat(
        problem,
        levels,
        remainder,
        start=start,
        known=[least_of(problem, level) for level in levels],
        effort=SeatingEffort(seconds_left=lambda: _LONG, nodes=200),
    )


def _fewest() -> None:
    """Cover a few shifts by as few people as possible: fewer than are needed overlap, so that the search has to run."""
    from linkage.kernels.roster.fewest.solve import fewest_people
    from linkage.kernels.roster.hard import HardFacts
    from linkage.kernels.roster.objective import Costs
    from linkage.kernels.roster.problem import Pairs, RosterProblem, Seats, Shifts, Volunteers, Windows
    from linkage.kernels.roster.result import RosterOptions
    from linkage.terms import RosterObjective

    start = np.asarray([0, 200, 400, 400, 400])
    problem = RosterProblem(
        horizon_days=1,
        volunteers=Volunteers.of(5),
        windows=Windows.always(5, 1),
        shifts=Shifts.of(start, start + 120),
        seats=Seats.of(np.arange(5)),
        eligible=Pairs.of([0, 1, 2, 2, 2, 3, 4], [0, 1, 2, 3, 4, 2, 3]),
        objectives=((RosterObjective.UNCOVERED,), (RosterObjective.PEOPLE_USED,)),
    )
    fewest_people(Costs.of(HardFacts.of(problem)), RosterOptions(moves=1, exact_pairs=0))


def _duty() -> None:
    """Staff a fortnight of early and late shifts by people on work patterns."""
    from linkage.kernels.roster.duty.solve import whole_schedules
    from linkage.kernels.roster.hard import HardFacts
    from linkage.kernels.roster.objective import Costs
    from linkage.kernels.roster.problem import Patterns, RosterProblem, Seats, Shifts, Volunteers, Windows
    from linkage.kernels.roster.result import RosterOptions
    from linkage.terms import RosterObjective

    day, kind = np.divmod(np.arange(28), 2)
    start = day * 1440 + 360 + 480 * kind
    problem = RosterProblem(
        horizon_days=14,
        volunteers=Volunteers.of(6, max_minutes=np.full(6, 4800)),
        windows=Windows.always(6, 14),
        shifts=Shifts.of(start, start + 480, kind=kind),
        seats=Seats.of(
            np.arange(28), minimum=np.ones(28, np.int64), target=np.full(28, 2), under_weight=np.full(28, 9)
        ),
        patterns=Patterns.of(
            np.arange(6),
            max_consecutive_days=np.full(6, 5),
            min_consecutive_days=np.full(6, 2),
            min_consecutive_days_off=np.full(6, 2),
            max_weekends=np.ones(6, np.int64),
        ),
        forbidden_successions=np.asarray([[1, 0]]),
        objectives=((RosterObjective.UNCOVERED, RosterObjective.PREFERENCE),),
    )
    facts = HardFacts.of(problem)
    import_module("linkage.kernels.roster.exact")
    whole_schedules(facts, Costs.of(facts), RosterOptions(moves=2))


def _scale() -> None:
    """Staff a week by the search for large rosters."""
    from linkage.kernels.roster.problem import RosterProblem, Seats, Shifts, Volunteers, Windows
    from linkage.kernels.roster.result import RosterOptions
    from linkage.kernels.roster.scale.candidates import best_pairs
    from linkage.kernels.roster.scale.reading import work_out
    from linkage.kernels.roster.scale.solve import schedule_at_scale
    from linkage.kernels.roster.scale.state import TERMS

    start = np.arange(20) * 480
    problem = RosterProblem(
        horizon_days=7,
        volunteers=Volunteers.of(
            8,
            leads=np.arange(8) % 2 == 0,
            max_minutes_week=np.full(8, 1200),
            max_minutes_day=np.full(8, 480),
            pledge_minutes=np.full(8, 240),
        ),
        windows=Windows.always(8, 7),
        shifts=Shifts.of(start, start + 240, leads=np.arange(20) % 3 == 0),
        seats=Seats.of(np.arange(20), minimum=np.ones(20, np.int64), target=np.full(20, 2)),
    )
    schedule_at_scale(problem, RosterOptions(moves=20))
    facts = work_out(problem)
    none = np.zeros(facts.seats.shape[0], dtype=np.int64), np.zeros(facts.shifts.shape[0], dtype=np.int64)
    best_pairs(facts, np.zeros(TERMS, dtype=np.int64), none, lambda: True)  # asked for where there are many pairs


ENGINES: Final[Mapping[str, Callable[[], None]]] = {
    "matching": _simplex,
    "undivided needs": _undivided,
    "rosters with few people": _fewest,
    "duty rosters": _duty,
    "large rosters": _scale,
}
"""What to solve to have each engine compiled, by what the engine is for."""


def engines_of_matching(problem: AssignmentProblem) -> Iterator[str]:
    """Name the engines that a matching is likely to use, so that they can be loaded before its deadline runs."""
    from linkage.kernels.assignment.flow import LARGE

    if problem.pair_count + problem.need_count + problem.offer_count >= LARGE:
        yield "matching"
    if problem.indivisible and problem.pair_count > SMALL_MATCHING:
        yield "undivided needs"


def engines_of_roster(problem: RosterProblem) -> Iterator[str]:
    """Name the engines that a roster is likely to use, so that they can be loaded before its deadline runs."""
    from linkage.kernels.roster.scale.solve import is_large
    from linkage.terms import RosterObjective

    if problem.volunteer_count * problem.shift_count <= SMALL_ROSTER:
        return
    if is_large(problem):
        yield "large rosters"
    elif problem.patterns.volunteer.size:
        yield "duty rosters"
    elif any(RosterObjective.PEOPLE_USED in level for level in problem.objectives[:2]):
        yield "rosters with few people"
