"""Seats undivided needs so that as little priority as possible stays unmet, and the rest at least cost, with bounds.

The priority that may stay unmet is first set to what a relaxation says must stay unmet, and raised step by step
until a plan is found; then the objectives after it are one cost, which `solver` brings down and bounds. What is too
large for that, or better left to the exact solver, is drafted. No plan it seats is worse than the one it is given.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from linkage.kernels.assignment.objectives import values_of
from linkage.kernels.assignment.problem import NONE, AssignmentProblem, Floats, Integers
from linkage.kernels.assignment.remainder import Remainder
from linkage.kernels.assignment.undivided.layout import Seating, lay_out
from linkage.terms import MatchObjective

if TYPE_CHECKING:
    from linkage.kernels.assignment.undivided.solver import Solver

_FEWEST_SEATS: Final = 300  # below, the exact solver is quicker than the compiler is loaded
MOST_SEATS: Final = 10_000  # beyond, a search in depth is too slow to find even one plan
_COMPILING_SECONDS: Final = 25.0
_LOADING_SECONDS: Final = 1.5
_DRAFT_STEPS: Final = (60, 400, 1_200, 6_000)  # for each need
_LEAST_STEPS, _MOST_STEPS = 2_400_000, 30_000_000  # of the longest drafts
_MOST_PLUNGED: Final = 100_000
_PLUNGE_STEPS: Final = 600
_STEPS: Final = 40


@dataclass(frozen=True, kw_only=True)
class SeatingEffort:
    """How far to go.

    Parameters
    ----------
    nodes
        Nodes of the search in depth for the cost; a tenth for each try to leave less priority unmet.
    gap_ratio
        The search for the cost stops this close to the bound.
    seed
        Of the drafts.
    seconds_left
        Asked every few milliseconds; at 0 or below the best plan so far is returned.
    """

    seconds_left: Callable[[], float]
    seed: int = 0
    nodes: int = 150_000
    gap_ratio: float = 0.0


def is_undivided(problem: AssignmentProblem, levels: Sequence[MatchObjective], remainder: Remainder) -> bool:
    """Tell whether a problem is of undivided needs and not too small to be drafted here."""
    return problem.pair_count >= _FEWEST_SEATS and lay_out(problem, levels, remainder) is not None


def seat(
    problem: AssignmentProblem,
    levels: Sequence[MatchObjective],
    remainder: Remainder,
    *,
    start: Integers,
    known: Sequence[int],
    effort: SeatingEffort,
) -> tuple[Integers, list[int]] | None:
    """Seat what is open.

    Parameters
    ----------
    start
        (n_pairs,) int64 units of a plan that keeps every rule, the fixed ones included.
    known
        A bound of each objective; after the first only for plans that reach those before.

    Returns
    -------
    tuple or None
        Units of the best plan, and a bound of each objective given the values before; None where a rule or an
        objective of the problem does not fit into undivided needs.
    """
    seating = lay_out(problem, levels, remainder)
    if seating is None or not _has_time(effort.seconds_left()):
        return None
    bounds = [max(int(known[0]), seating.unmet_before)]
    joined = seating.cost_before
    seats = seating.seats(remainder, start)
    if seats.size:
        bounds[0], seats = _serve_most(seating, seats, bounds[0], effort)
        if len(levels) > 1:
            joined, seats = _cheapen(seating, seats, effort)
    units = seating.units(problem, remainder, seats)
    values = values_of(problem, levels, units)
    bounds += seating.bounds(joined, values[1:])
    if values[0] == known[0]:
        bounds[1:2] = [max(bound, min(value, known[1])) for bound, value in zip(bounds[1:2], values[1:2], strict=True)]
    return units, bounds


def draft(
    problem: AssignmentProblem,
    levels: Sequence[MatchObjective],
    remainder: Remainder,
    start: Integers,
    effort: SeatingEffort,
    *,
    worth: Floats | None = None,
) -> Iterator[Integers]:
    """Draft plans of a large problem, each with more steps than the one before, as long as there is time.

    Parameters
    ----------
    start
        (n_pairs,) int64 units of a plan that keeps every rule, the fixed ones included.
    worth
        (n_levels, n_pairs) float64 what one more unit of capacity takes off each objective at the pair's offer, if known.

    Yields
    ------
    Integers
        (n_pairs,) int64 units, the fixed ones included; every limit is kept.
    """
    if problem.pair_count < _FEWEST_SEATS or not _has_time(effort.seconds_left()):
        return
    seating = lay_out(problem, levels, remainder)
    if seating is None or not seating.row.size:
        return
    from linkage.kernels.assignment.undivided.draft import Draft  # loads the compiler

    of_seats = None if worth is None else worth[:, seating.row]
    seats = seating.seats(remainder, start)
    work = Draft(seating, seats, of_seats, effort.seconds_left, effort.seed)
    *short, longer, longest = (steps * seats.size for steps in _DRAFT_STEPS)
    for steps in (*short, max(longer, _LEAST_STEPS), min(longest, _MOST_STEPS)):
        found = work.run(steps)
        if found is None:
            return
        seats = found
        yield seating.units(problem, remainder, seats)
    if (problem.pair_use == problem.pair_use[0]).all() or problem.pair_count > _MOST_PLUNGED or len(levels) == 1:
        return
    from linkage.kernels.assignment.undivided.plunge import plunge

    solver, row = _solver(seating, seating.unmet(seats) - seating.unmet_before, effort, 1)
    solver.ascend(_PLUNGE_STEPS)
    seat = plunge(solver)
    yield seating.units(problem, remainder, np.where(seat == NONE, NONE, row[seat]))


def _has_time(seconds: float) -> bool:
    """Tell whether there is time to load the compiled functions, or to compile them."""
    if seconds > _COMPILING_SECONDS:
        return True
    if "numba" not in sys.modules and seconds < _LOADING_SECONDS:
        return False
    from linkage.kernels.compiled import is_prepared  # loads the compiler

    return is_prepared(__package__)


def _solver(seating: Seating, budget: int, effort: SeatingEffort, nodes: int) -> tuple[Solver, Integers]:
    """Make a solver with one more offer, at which needs stay unmet up to a budget of priority."""
    from linkage.kernels.assignment.undivided.solver import Solver, layout_of  # loads the compiler

    offers = seating.capacity.size
    may = np.flatnonzero(seating.weight <= budget)
    need = np.concatenate((seating.need, may))
    order = np.lexsort((np.concatenate((seating.offer, np.full(may.size, offers))), need))
    layout = layout_of(
        need[order],
        np.concatenate((seating.offer, np.full(may.size, offers)))[order],
        np.concatenate((seating.size, seating.weight[may]))[order],
        np.concatenate((seating.cost, np.zeros(may.size, dtype=np.int64)))[order],
        np.append(seating.capacity, budget),
    )
    row = np.concatenate((np.arange(seating.need.size), np.full(may.size, NONE)))[order]
    return Solver(plain=layout, seconds_left=effort.seconds_left, nodes=nodes), row


def _serve_most(seating: Seating, seats: Integers, floor: int, effort: SeatingEffort) -> tuple[int, Integers]:
    """Leave less priority unmet; tell what must stay unmet at least, and a plan."""
    common = int(np.gcd.reduce(seating.weight))
    step = 0
    for _ in range(_STEPS):
        reached = seating.unmet(seats)
        floor = seating.unmet_before - (seating.unmet_before - floor) // common * common  # the next sum of weights
        if floor + step >= reached or effort.seconds_left() <= 0:
            break
        solver, row = _solver(seating, floor + step - seating.unmet_before, effort, effort.nodes // 10)
        solver.seek()
        if solver.seat is not None:
            seats = row[solver.seat]
            if step == 0:
                break
            step = 0
        elif solver.is_impossible:
            floor += step + common
            step *= 2
        else:
            step = 2 * step + common
    return min(floor, seating.unmet(seats)), seats


def _cheapen(seating: Seating, seats: Integers, effort: SeatingEffort) -> tuple[int, Integers]:
    """Bring the joined cost down with no more priority unmet; tell a bound of it, and a plan."""
    solver, row = _solver(seating, seating.unmet(seats) - seating.unmet_before, effort, effort.nodes)
    place = np.full(seats.size, NONE, dtype=np.int64)
    place[solver.plain.pair_need[row == NONE]] = np.flatnonzero(row == NONE)
    met = np.isin(row, seats[seats != NONE]) & (row != NONE)
    place[solver.plain.pair_need[met]] = np.flatnonzero(met)
    solver.keep(place)
    solver.run(gap_ratio=effort.gap_ratio)
    best = place if solver.seat is None else solver.seat
    return seating.cost_before + min(solver.bound, solver.cost), row[best]
