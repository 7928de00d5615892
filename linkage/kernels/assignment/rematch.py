"""Matches again after a change: offers drop out or shrink, needs appear or vanish, costs move.

The earlier plan is put into the new problem where it still fits, and the simplex goes on from there, with the
earlier tree where the earlier flow was kept; so it looks at what changed and at what that moves, and the new plan is
the optimum of the new problem all the same. Least disturbance is the objective `changed` against the earlier plan,
proven like the others. It decides nothing that `match` would decide otherwise.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import Self

import numpy as np

from linkage.kernels.assignment import solve
from linkage.kernels.assignment.exchange import ProvenFlow
from linkage.kernels.assignment.network import Network
from linkage.kernels.assignment.problem import NONE, AssignmentProblem, Integers
from linkage.kernels.assignment.result import AssignmentResult


@dataclass(frozen=True, kw_only=True, eq=False)
class Standing:
    """A matching that stands, kept to be changed.

    Parameters
    ----------
    units
        (n_pairs,) int64 of the plan.
    proven
        The flow that proves it; without it (a plan that was stored, or repaired) the next one takes longer, that is
        all.
    """

    problem: AssignmentProblem
    units: Integers
    proven: ProvenFlow | None = None

    @classmethod
    def of(cls, problem: AssignmentProblem, result: AssignmentResult) -> Self:
        """Take up a plan as it was told or stored."""
        units = np.zeros(problem.pair_count, dtype=np.int64)
        rows, known = _rows_of(problem, result.need, result.offer, result.window)
        units[rows[known]] = result.quantity[known]
        return cls(problem=problem, units=units)


@dataclass(frozen=True, kw_only=True, eq=False)
class Identity:
    """Which rows of a problem are which of the earlier one; `NONE` for what is new.

    Parameters
    ----------
    need, offer, window
        (n_needs,), (n_offers,) and (n_windows,) int64 rows of the earlier problem.
    """

    need: Integers
    offer: Integers
    window: Integers

    @classmethod
    def same(cls, problem: AssignmentProblem) -> Self:
        """Every row is what it was."""
        return cls(
            need=np.arange(problem.need_count),
            offer=np.arange(problem.offer_count),
            window=np.arange(problem.window_count),
        )


def match_standing(
    problem: AssignmentProblem, options: solve.MatchOptions = solve.DEFAULTS
) -> tuple[AssignmentResult, Standing]:
    """Match as `solve.match` does, and keep what makes the next matching quick."""
    result, units, proven = solve.match_and_keep(problem, options)
    return result, Standing(problem=problem, units=units, proven=proven)


def rematch(
    problem: AssignmentProblem,
    earlier: Standing,
    identity: Identity | None = None,
    options: solve.MatchOptions = solve.DEFAULTS,
) -> tuple[AssignmentResult, Standing]:
    """Match anew after a change.

    Parameters
    ----------
    problem
        As it is now. Without a previous plan of its own, the earlier plan is its previous plan.
    identity
        None where every need, offer and window is still the row it was.

    Returns
    -------
    tuple
        What `solve.match` would find for this problem, the same values with the same proof; and what to keep of it.
    """
    rows = _earlier_rows(problem, earlier.problem, identity)
    units = np.append(earlier.units, 0)[rows]
    if not problem.previous.any():
        problem = _with_previous(problem, units)
    start = _Start(
        problem=problem, units=units, earlier=earlier, rows=rows, identity=identity or Identity.same(problem)
    )
    result, units, proven = solve.match_and_keep(problem, options, start=start)
    return result, Standing(problem=problem, units=units, proven=proven)


def _with_previous(problem: AssignmentProblem, units: Integers) -> AssignmentProblem:
    """Give a problem a plan as its previous one; units of a plan need no checking, so the problem is not built anew."""
    previous = units.copy()
    previous.flags.writeable = False
    known = copy(problem)
    object.__setattr__(known, "previous", previous)
    return known


def _keys(problem: AssignmentProblem, need: Integers, offer: Integers, window: Integers) -> Integers:
    keys: Integers = (need * (problem.offer_count + 1) + offer) * (problem.window_count + 1) + window + 1
    return keys


def _rows_of(
    problem: AssignmentProblem, need: Integers, offer: Integers, window: Integers
) -> tuple[Integers, Integers]:
    """Find the rows of pairs; where there is none the row means nothing, and False stands beside it."""
    own = _keys(problem, problem.pair_need, problem.pair_offer, problem.pair_window)
    asked = _keys(problem, need, offer, window)
    rows = np.minimum(np.searchsorted(own, asked), max(0, own.size - 1))
    return rows, (own[rows] == asked) if own.size else np.zeros(asked.size, dtype=np.bool_)


def _earlier_rows(problem: AssignmentProblem, earlier: AssignmentProblem, identity: Identity | None) -> Integers:
    """Find each pair's row in the earlier problem, or `NONE`."""
    columns = ("pair_need", "pair_offer", "pair_window")
    if identity is None and all(np.array_equal(getattr(problem, name), getattr(earlier, name)) for name in columns):
        return np.arange(problem.pair_count)
    identity = Identity.same(problem) if identity is None else identity
    is_windowed = problem.pair_window != NONE
    need, offer = identity.need[problem.pair_need], identity.offer[problem.pair_offer]
    window = np.full(problem.pair_count, NONE)
    window[is_windowed] = identity.window[problem.pair_window[is_windowed]]
    rows, known = _rows_of(earlier, need, offer, window)
    known &= (need != NONE) & (offer != NONE) & (is_windowed == (window != NONE))
    return np.where(known, rows, NONE)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Start:
    """The earlier plan laid into a network."""

    problem: AssignmentProblem
    units: Integers
    earlier: Standing
    rows: Integers
    identity: Identity

    def __call__(self, network: Network) -> tuple[Integers, Integers]:
        flow = np.zeros(network.tail.size, dtype=np.int64)
        keep, pair = network.spans["keep"], network.spans["pair"]
        left = np.maximum(self.units - self.problem.fixed, 0)
        kept = network.pair[keep]
        flow[keep] = np.minimum(left[kept], network.capacity[keep])
        left[kept] -= flow[keep]
        flow[pair] = np.minimum(left, network.capacity[pair])
        return flow, self._asked(network)

    def _asked(self, network: Network) -> Integers:
        """Find the arcs of the earlier tree again: by what they stand for, or else by their place."""
        proven = self.earlier.proven
        if proven is None or proven.basis is None:
            return np.zeros(0, dtype=np.int64)
        was_asked = np.zeros(proven.network.tail.size, dtype=np.bool_)
        was_asked[proven.basis] = True
        row_asked = np.zeros(self.earlier.problem.pair_count + 1, dtype=np.bool_)  # the last one for what is new
        row_asked[proven.network.pair[was_asked[: proven.network.pair.size]]] = True
        asked = [np.flatnonzero(row_asked[self.rows[network.pair]])]
        known = {"unmet": self.identity.need, "offer": self.identity.offer, "window": self.identity.window}
        for name, span in network.spans.items():
            before = np.append(was_asked[proven.network.spans[name]], [False])
            size = span.stop - span.start
            if name in known:
                asked.append(span.start + np.flatnonzero(before[known[name]]))
            elif name not in ("keep", "pair") and size + 1 == before.size:
                asked.append(span.start + np.flatnonzero(before))
        return np.concatenate(asked)
