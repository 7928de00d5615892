"""The linear relaxation of the roster: a valid bound for every level, from the values a plan reaches.

HiGHS through scipy, single thread; the bound is rounded up to whole numbers after a tolerance that is larger
than the solver's. Where it stops early there is no bound and none is claimed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array

from linkage.kernels.roster.model import Entries, LinearModel
from linkage.kernels.roster.result import RosterOptions
from linkage.terms import RosterObjective

TOLERANCE_RATIO = 1e-6
MOST_STEPS = 20_000
"""Simplex steps before a relaxation is given up: a count, so that the answer does not depend on the machine."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Relaxed:
    """Optimum of a relaxation.

    Parameters
    ----------
    columns
        (n_columns,) float64, value of every column.
    prices
        (n_rows,) float64 >= 0, what one unit more on the right of a row saves at the margin.
    """

    value: float
    columns: NDArray[np.float64]
    prices: NDArray[np.float64]


def relax(
    model: LinearModel, entries: Entries, constant: int, options: RosterOptions, reserve_seconds: float = 0.0
) -> Relaxed | None:
    """Minimise the entries over the relaxed model, or return None where the solver did not finish.

    Parameters
    ----------
    reserve_seconds
        How long before the deadline the solver is told to stop: it looks at the clock between long steps only.
    """
    width = len(model.upper)
    if width == 0:
        return Relaxed(value=float(constant), columns=np.zeros(0), prices=np.zeros(len(model.rows)))
    cost = np.zeros(width)
    np.add.at(cost, [column for column, _ in entries], [float(coefficient) for _, coefficient in entries])
    sizes = [len(row) for row, _ in model.rows]
    flat = np.asarray([entry for row, _ in model.rows for entry in row], dtype=np.int64).reshape(-1, 2)
    starts = np.concatenate(([0], np.cumsum(sizes, dtype=np.int64)))
    coefficients = flat[:, 1].astype(np.float64)
    limits = np.asarray([limit for _, limit in model.rows], dtype=np.float64)
    largest = np.ones(len(sizes))
    rows = np.repeat(np.arange(len(sizes)), sizes)
    np.maximum.at(largest, rows, np.abs(coefficients))
    matrix = csr_array((coefficients / largest[rows], flat[:, 0], starts), shape=(len(sizes), width))
    matrix.sum_duplicates()
    bounds = np.column_stack((np.zeros(width), np.asarray(model.upper, dtype=np.float64)))
    limit: dict[str, Any] = {"maxiter": MOST_STEPS}
    if options.deadline is not None:
        left = options.seconds_left() - reserve_seconds
        if left <= 0:
            return None
        limit["time_limit"] = left
    scale = max(1.0, float(np.abs(cost).max()))
    solver: Any = linprog  # the stubs do not know sparse matrices
    answer = solver(
        cost / scale,
        A_ub=matrix if sizes else None,
        b_ub=limits / largest if sizes else None,
        bounds=bounds,
        method="highs-ds",
        options=limit,
    )
    if answer.status != 0:
        return None
    prices = -np.asarray(answer.ineqlin.marginals, dtype=np.float64) * scale / largest if sizes else np.zeros(0)
    return Relaxed(value=float(answer.fun) * scale + constant, columns=answer.x, prices=prices)


def level_bound(
    model: LinearModel, level: Sequence[RosterObjective], options: RosterOptions, reserve_seconds: float = 0.0
) -> int:
    """Bound one level over the model as limited so far; its floor, which no plan goes below, if the solver gives up."""
    entries, constant = model.level(level)
    floor = model.costs.level_floor(level)
    relaxed = relax(model, entries, constant, options, reserve_seconds)
    if relaxed is None:
        return floor
    return max(floor, ceil(relaxed.value - TOLERANCE_RATIO * max(1.0, abs(relaxed.value), abs(constant))))
