"""Raises the bound by changing the prices of needs: a deflected subgradient with whole-number evaluations.

Prices rise where a need is chosen by no offer and fall where several choose it (Held, Wolfe and Crowder 1974;
Camerini, Fratta and Maffioli 1975). Chooses no plan, proves nothing but the bound it returns.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from linkage.kernels.assignment.problem import Integers
from linkage.kernels.assignment.undivided.knapsack import Layout, States, relax
from linkage.kernels.compiled import compiled

Floats = NDArray[np.float64]


class Ascent(NamedTuple):
    """Where an ascent stands.

    Parameters
    ----------
    price, best_price
        (n_needs,) float64 and int64, scaled.
    direction
        (n_needs,) float64, the deflected subgradient.
    pick, table, chosen, value
        As in `knapsack.relax`.
    step
        (3,) float64: the step's factor, the deflection, and how far above the bound a step aims at most.
    mark
        (4,) int64: best bound, steps since it rose, 1 if the last choice was a plan, steps taken.
    """

    price: Floats
    best_price: Integers
    direction: Floats
    whole: Integers
    pick: States
    table: Integers
    chosen: Integers
    value: Integers
    step: Floats
    mark: Integers


@compiled
def ascend(layout: Layout, state: States, room: Integers, ascent: Ascent, goal: int, steps: int, patience: int) -> int:
    """Take some steps towards a goal; tell the best bound so far. Stops early when a choice is a plan or beats goal."""
    price, direction, whole = ascent.price, ascent.direction, ascent.whole
    mark, step = ascent.mark, ascent.step
    needs = price.size
    for _ in range(steps):
        for need in range(needs):
            whole[need] = int(np.rint(price[need]))
        bound = relax(layout, state, room, whole, ascent.pick, ascent.table, ascent.chosen, ascent.value)
        mark[3] += 1
        norm = 0.0
        missed = 0
        for need in range(needs):
            count = 1
            for pair in range(layout.need_start[need], layout.need_start[need + 1]):
                count -= ascent.pick[pair]
            if count != 0:
                missed += 1
            direction[need] = count + step[1] * direction[need]
            norm += direction[need] * direction[need]
        if bound > mark[0]:
            mark[0] = bound
            mark[1] = 0
            ascent.best_price[:] = whole
        else:
            mark[1] += 1
        mark[2] = missed == 0
        if missed == 0 or bound >= goal or norm == 0.0:
            break
        if mark[1] >= patience:
            mark[1] = 0
            step[0] *= 0.5
            for need in range(needs):
                price[need] = ascent.best_price[need]
                direction[need] = 0.0
            continue
        length = step[0] * min(goal - bound, step[2]) / norm
        for need in range(needs):
            price[need] += length * direction[need]
    return int(mark[0])
