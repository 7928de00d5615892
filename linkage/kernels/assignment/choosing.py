"""Decides which need of an exclusive group, and which packages, a large problem goes for; the flow does the rest.

What the relaxed plan serves most of is kept, the others are closed, and the flow is asked again, a few times. A
heuristic: it proves nothing, but every round ends with a plan that keeps all rules, and the best of them is told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from linkage.kernels.assignment import flow, greedy, network
from linkage.kernels.assignment.objectives import values_of
from linkage.kernels.assignment.problem import NONE, AssignmentProblem, Flags, Integers
from linkage.kernels.assignment.remainder import Remainder, room_of, served_of
from linkage.kernels.assignment.rules import both_of_a_set
from linkage.terms import MatchObjective

_ROUNDS = 8
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
    """

    units: Integers
    remainder: Remainder
    relaxed: Integers


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
    for number in range(_ROUNDS):
        closed = _losers(problem, left, remainder.fixed + relaxed, is_strict=number > 0)
        if not closed.any() or seconds_left() < _SECONDS_PER_PAIR * problem.pair_count:
            break
        left = left.without(problem, closed)
        net = network.build(problem, levels, left, room_of(problem, left))
        solved = flow.solve(net, network.blocks_of(net), seconds_left)
        if solved is None:
            break
        relaxed = net.units(solved.flow, problem.pair_count)
        tried = greedy.plan(problem, remainder, wanted=relaxed, seconds_left=seconds_left)
        values = values_of(problem, levels, tried)
        if values < best:
            units, best = tried, values
    return Chosen(units=units, remainder=left, relaxed=relaxed)


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
