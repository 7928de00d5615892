"""Tells which needs a plan breaks a rule for, so that only their part of the problem has to be solved anew.

It repairs nothing; `check` says the same in words, by itself.
"""

from __future__ import annotations

import numpy as np

from linkage.kernels.assignment.objectives import by_group_of
from linkage.kernels.assignment.problem import NONE, AssignmentProblem, Flags, Integers
from linkage.kernels.assignment.remainder import Remainder, served_of, use_of, window_use_of


def concerned_of(problem: AssignmentProblem, remainder: Remainder, units: Integers) -> Flags:
    """Tell the needs that take part in breaking a rule: (n_needs,) bool; none where the plan keeps all of them.

    Parameters
    ----------
    units
        (n_pairs,) int64, the fixed ones included; they keep the needs' quantities and the groups' maxima.
    """
    served = served_of(problem, units)
    found = (remainder.must & (served < problem.need_quantity)) | both_of_a_set(problem, served)
    packed = problem.need_package != NONE
    if packed.any():
        package = problem.need_package
        begun, short = np.zeros_like(found), np.zeros_like(found)
        begun[package[packed & (served > 0)]] = True
        short[package[packed & (served < problem.need_quantity)]] = True
        found[packed] |= (begun & short)[package[packed]]
    by_offer, by_source = use_of(problem, units)
    caps = np.where(problem.source_caps == NONE, np.iinfo(np.int64).max, problem.source_caps)
    offers = by_offer > problem.offer_capacity
    offers |= np.append(by_source > caps, np.zeros(1, dtype=np.bool_))[problem.offer_source]
    windows = np.append(window_use_of(problem, units) > problem.window_capacity, np.zeros(1, dtype=np.bool_))
    held = units > 0
    over = held & (offers[problem.pair_offer] | windows[problem.pair_window])
    found[problem.pair_need[over]] = True
    if problem.indivisible:
        split = np.bincount(problem.pair_need[held], minlength=problem.need_count) > 1
        found |= split | ((served > 0) & (served < problem.need_quantity))
    if problem.group_max.size:
        most = np.where(problem.group_max == NONE, np.iinfo(np.int64).max, problem.group_max)
        too_many = np.append(by_group_of(problem, served) > most, np.zeros(1, dtype=np.bool_))
        found |= too_many[problem.need_group]
    return found


def both_of_a_set(problem: AssignmentProblem, served: Integers) -> Flags:
    """Tell the needs that are served although another of their exclusive group is: (n_needs,) bool."""
    held = (problem.need_exclusive != NONE) & (served > 0)
    count = np.bincount(problem.need_exclusive[held], minlength=problem.need_count)
    both = np.zeros(problem.need_count, dtype=np.bool_)
    both[held] = count[problem.need_exclusive[held]] > 1
    return both
