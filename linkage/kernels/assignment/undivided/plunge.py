"""Seats the needs of a large problem by prices, a share of them at a time, the surest first.

After each share prices are set anew for those that are left. What no longer fits anywhere stays unseated: the answer
is a suggestion, to be repaired by others, and claims nothing.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from linkage.kernels.assignment.problem import NONE, Flags, Integers
from linkage.kernels.assignment.undivided import branch, prices
from linkage.kernels.assignment.undivided.knapsack import FREE, IN, OUT, States
from linkage.kernels.assignment.undivided.solver import Solver, ascent_of, tree_of

_SHARE: Final = 20  # of the open needs, one in so many is seated between two looks at the prices
_STEPS: Final = 8
_PATIENCE: Final = 5
_FAR: Final = 2**60
_NOWHERE: Final = 2**61


def plunge(solver: Solver) -> Integers:
    """Seat what can be seated: (n_needs,) int64 pair of each need, `NONE` where there was no time or no room."""
    layout = solver.layout
    tree, ascent = tree_of(layout), ascent_of(layout, solver.price, solver.reach)
    while solver.seconds_left() > 0:
        open_pairs = tree.state == FREE
        if not open_pairs.any():
            break
        ascent.price[:] = ascent.best_price
        ascent.direction[:] = 0.0
        ascent.mark[:2] = -_NOWHERE, 0
        ascent.step[0] = 1.0
        prices.ascend(layout, tree.state, tree.room, ascent, _FAR, _STEPS, _PATIENCE)
        branch.rule_out(layout, tree, branch.weigh(layout, tree, ascent), 2 * _NOWHERE)
        for pair in _surest(solver, tree, ascent.pick, open_pairs):
            if tree.state[pair] == FREE:
                _seat(solver, tree, pair)
    seat = np.full(layout.need_start.size - 1, NONE, dtype=np.int64)
    seated = np.flatnonzero(tree.state == IN)
    seat[layout.pair_need[seated]] = seated
    return seat


def _surest(solver: Solver, tree: branch.Tree, pick: States, open_pairs: Flags) -> list[int]:
    """Tell the best pairs of those needs that would miss theirs most."""
    layout = solver.layout
    margin = np.where(open_pairs, tree.forced_in, _NOWHERE)
    order = np.lexsort((margin, layout.pair_need))
    start = layout.need_start[:-1]
    best = order[start]
    second = order[np.minimum(start + 1, layout.need_start[1:] - 1)]
    regret = np.where(second == best, _NOWHERE, margin[second]) - margin[best]
    can = margin[best] < _FAR
    wanted = np.flatnonzero(can & (pick[best] == 1))
    if wanted.size == 0:
        wanted = np.flatnonzero(can)
    surest = wanted[np.argsort(-regret[wanted], kind="stable")]
    chosen: list[int] = best[surest[: max(1, int(can.sum()) // _SHARE)]].tolist()
    return chosen


def _seat(solver: Solver, tree: branch.Tree, pair: int) -> None:
    """Put a pair in, or rule it out where nothing fits any more; give its need up where that does not help."""
    layout = solver.layout
    before = int(tree.mark[1])
    for state in (IN, OUT):
        branch.decide(layout, tree, pair, state)
        if branch.follow(layout, tree):
            return
        branch.undo(layout, tree, before)
    need = layout.pair_need[pair]
    rows = slice(int(layout.need_start[need]), int(layout.need_start[need + 1]))
    tree.state[rows] = np.where(tree.state[rows] == FREE, OUT, tree.state[rows])
