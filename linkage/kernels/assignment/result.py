"""What a matching returns: the plan, each objective with its bound, and the limits that fixed pairs break.

Plain carriers of arrays and numbers; the reasons are built in `reasons`, the plan in `solve`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from linkage.kernels.assignment.problem import Integers
from linkage.kernels.assignment.reasons import MatchReasons
from linkage.kernels.assignment.remainder import Conflict
from linkage.terms import MatchObjective, MatchStatus

Method = Literal["none", "flow", "exact", "seating", "repair", "greedy"]


@dataclass(frozen=True, kw_only=True)
class ObjectiveValue:
    """One objective of a plan.

    Parameters
    ----------
    value
        What the plan reaches; lower is better.
    bound
        No plan that reaches the same values on all objectives before this one can be below; <= `value`.
    """

    objective: MatchObjective
    value: int
    bound: int


@dataclass(frozen=True, kw_only=True, eq=False)
class AssignmentResult:
    """A plan that `check.verify` has passed.

    Parameters
    ----------
    need, offer, window, quantity
        (n_matches,) int64, sorted by (need, offer, window); window `NONE` where the pair names none; quantity in units
        of the need, >= 1.
    unmet
        (n_needs,) int64 units of each need not served.
    objectives
        In lexicographic order.
    gap_ratio
        Of the first objective whose value is above its bound, (value - bound) over the scale of the objective,
        else 0. The scale is the whole priority-weighted demand for `unmet_priority`, the greater of value and 1
        for the others.
    conflicts
        Not empty only when the status is contradictory; the plan is empty then.
    method
        `flow` (proven optimum), `exact` (CP-SAT, one worker, where the flow leaves something open), `seating`
        (undivided needs by prices and search), `repair` (relaxation, then local search) or `greedy` (no time for more).
    """

    status: MatchStatus
    need: Integers
    offer: Integers
    window: Integers
    quantity: Integers
    unmet: Integers
    objectives: tuple[ObjectiveValue, ...]
    gap_ratio: float
    conflicts: tuple[Conflict, ...]
    method: Method
    reasons: MatchReasons | None
