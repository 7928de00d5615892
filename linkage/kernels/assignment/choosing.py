"""Decides which need of an exclusive group, and which packages, a large problem goes for; the flow does the rest.

First the needs of a package trade weight among themselves, those that are served less gain it, until the flow serves
all or none of them: for a package that is whole or absent its weight is what it was, so each of these flows is a
bound. Then what the flow serves most of is kept, the others are closed, and the flow is asked again. The bounds
apart it proves nothing, but every round ends with a plan that keeps all rules, and the best of them is told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from linkage.kernels.assignment import flow, greedy, network
from linkage.kernels.assignment.objectives import values_of
from linkage.kernels.assignment.problem import MAX_PRIORITY, NONE, AssignmentProblem, Flags, Integers
from linkage.kernels.assignment.remainder import Remainder, room_of, served_of
from linkage.kernels.assignment.rules import both_of_a_set
from linkage.terms import MatchObjective

_ROUNDS = 8
_TRADES = 5
_SCALE = 64
"""Parts of a unit of priority that are traded."""
_STEP = 0.4
_SECONDS_PER_PAIR = 1e-6
"""A round is begun only where there is this much time: to lay it out and to make a plan of what it finds."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Chosen:
    """What is decided.

    Parameters
    ----------
    units
        (n_pairs,) int64 the best plan found, the fixed units included.
    remainder
        With the needs closed that were not chosen.
    relaxed
        (n_pairs,) int64 the last relaxed plan without the fixed units: its packages are whole, its exclusive groups
        have one need.
    bound
        No plan of the remainder given is below on the first objective; 0 where nothing is known but the relaxed plan.
    """

    units: Integers
    remainder: Remainder
    relaxed: Integers
    bound: int


def choose(
    problem: AssignmentProblem,
    levels: Sequence[MatchObjective],
    remainder: Remainder,
    relaxed: Integers,
    seconds_left: Callable[[], float],
) -> Chosen:
    """Close needs until the relaxed plan keeps packages and exclusive groups.

    Parameters
    ----------
    relaxed
        (n_pairs,) int64 units without the fixed ones.
    """
    units = greedy.plan(problem, remainder, wanted=relaxed, seconds_left=seconds_left)
    best = values_of(problem, levels, units)
    left = remainder
    traded = _trade(problem, levels, remainder, relaxed, seconds_left)
    weighed, relaxed, bound = (problem, relaxed, 0) if traded is None else traded
    for number in range(_ROUNDS):
        closed = _losers(problem, left, remainder.fixed + relaxed, is_strict=number > 0)
        if not closed.any():
            break
        left = left.without(problem, closed)
        found = _flow(weighed, levels, left, seconds_left)
        if found is None:
            break
        relaxed, _ = found
        tried = greedy.plan(problem, remainder, wanted=relaxed, seconds_left=seconds_left)
        values = values_of(problem, levels, tried)
        if values < best:
            units, best = tried, values
    return Chosen(units=units, remainder=left, relaxed=relaxed, bound=bound)


def _flow(
    problem: AssignmentProblem,
    levels: Sequence[MatchObjective],
    left: Remainder,
    seconds_left: Callable[[], float],
) -> tuple[Integers, bool] | None:
    """Find the relaxed plan of what is left, and whether none is better; None where there is no time for it."""
    if seconds_left() < _SECONDS_PER_PAIR * problem.pair_count:
        return None
    net = network.build(problem, levels, left, room_of(problem, left))
    solved = flow.solve(net, network.blocks_of(net), seconds_left)
    return None if solved is None else (net.units(solved.flow, problem.pair_count), solved.is_cheapest)


def _trade(
    problem: AssignmentProblem,
    levels: Sequence[MatchObjective],
    remainder: Remainder,
    relaxed: Integers,
    seconds_left: Callable[[], float],
) -> tuple[AssignmentProblem, Integers, int] | None:
    """Let the needs of packages trade weight; tell the problem with the weights of the best bound, and its plan."""
    highest = int(problem.need_priority.max(initial=1))
    several = np.bincount(problem.need_package[problem.need_package != NONE], minlength=1) > 1
    packed = np.flatnonzero((problem.need_package != NONE) & (remainder.quantity > 0))
    packed = packed[several[problem.need_package[packed]]]
    if not packed.size or levels[0] is not MatchObjective.UNMET_PRIORITY or highest * _SCALE > MAX_PRIORITY // 4:
        return None
    weight = _SCALE * problem.need_priority
    best: tuple[AssignmentProblem, Integers, int] | None = None
    for number in range(_TRADES):
        step = _STEP * _SCALE * highest / (number + 2)
        weight = _shifted(problem, packed, weight, remainder.fixed + relaxed, step)
        weighed = replace(problem, need_priority=weight)
        found = _flow(weighed, levels, remainder, seconds_left)
        if found is None:
            break
        relaxed, is_bound = found
        bound = -(-values_of(weighed, levels, remainder.fixed + relaxed)[0] // _SCALE) if is_bound else 0
        if best is None or bound >= best[2]:
            best = weighed, relaxed, bound
        if not greedy.broken_packages(problem, remainder, remainder.fixed + relaxed).any():
            break
    return best


def _shifted(problem: AssignmentProblem, packed: Integers, weight: Integers, units: Integers, step: float) -> Integers:
    """Move weight within each package from the needs that are served more to those served less, the sum unchanged."""
    package = problem.need_package[packed]
    quantity = problem.need_quantity[packed]
    share = served_of(problem, units)[packed] / quantity
    total, count = np.zeros(problem.need_count), np.zeros(problem.need_count)
    np.add.at(total, package, share)
    np.add.at(count, package, 1)
    wanted = step * (total / np.maximum(count, 1))[package] - step * share
    moved = np.trunc(np.clip(wanted, 1 - weight[packed], None) / quantity).astype(np.int64)
    rest = np.zeros(problem.need_count, dtype=np.int64)
    np.add.at(rest, package, moved * quantity)
    # What rounding and clipping leave over is taken back where most was given; a package that cannot is left alone.
    shifted = weight.copy()
    for place in np.flatnonzero(rest).tolist():
        members = np.flatnonzero(package == place)
        taken = int(np.argmax(moved[members] * np.sign(rest[place])))
        if rest[place] % quantity[members[taken]]:
            moved[members] = 0
        else:
            moved[members[taken]] -= rest[place] // quantity[members[taken]]
    shifted[packed] += moved
    too_low = np.unique(package[shifted[packed] < 1])
    keep = np.isin(package, too_low)
    shifted[packed[keep]] = weight[packed[keep]]
    return shifted


def _losers(problem: AssignmentProblem, left: Remainder, units: Integers, *, is_strict: bool) -> Flags:
    """Tell the needs to close: all but the weightiest of an exclusive group, and packages that are not whole.

    In the first round only the less complete half of the packages is closed: the others may become whole.
    """
    served = served_of(problem, units)
    weight = served * problem.need_priority
    losers = both_of_a_set(problem, served)
    if losers.any():
        order = np.lexsort((np.arange(weight.size), -weight))
        order = order[losers[order]]
        _, first = np.unique(problem.need_exclusive[order], return_index=True)
        losers[order[first]] = False
    broken = greedy.broken_packages(problem, left, units)
    if broken.any():
        package = problem.need_package
        whole, have = np.zeros(problem.need_count, dtype=np.int64), np.zeros(problem.need_count, dtype=np.int64)
        np.add.at(whole, package[broken], problem.need_quantity[broken] * problem.need_priority[broken])
        np.add.at(have, package[broken], weight[broken])
        share = have[package[broken]] / whole[package[broken]]
        losers[np.flatnonzero(broken)[is_strict | (share <= np.median(share))]] = True
    packed = losers & (problem.need_package != NONE)
    gone = np.zeros(problem.need_count, dtype=np.bool_)
    gone[problem.need_package[packed]] = True
    losers |= (problem.need_package != NONE) & gone[problem.need_package] & ~left.must
    return losers
