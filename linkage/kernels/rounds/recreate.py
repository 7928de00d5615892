"""Improves the rounds of a day by taking out neighbouring visits and putting them back, better ones kept.

It is used where the routing search does not see the whole day: visits by two and lunch on the way. Ruin and recreate
after Schrimpf and others (2000), with a fixed number of moves and a seed.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from linkage.kernels.rounds.plan import Plan
from linkage.kernels.rounds.result import RoundsOptions

FEWEST: Final = 2
MOST: Final = 8
"""So many visits are taken out at a time."""


def recreate(plan: Plan, day: int, visits: tuple[int, ...], options: RoundsOptions) -> Plan:
    """Return a plan of the day that is at least as good.

    Parameters
    ----------
    visits
        Those the day is asked to make.
    """
    rng = np.random.default_rng(options.seed)
    best, value = plan, plan.value()
    for _ in range(options.moves):
        if not options.has_time():
            break
        out = [visit for visit in visits if day not in best.days_of(visit)]
        seed = int(rng.choice(out if out and rng.random() < 0.5 else visits))
        near = best.facts.travel[best.facts.place[seed]]
        made = sorted((v for v in visits if v not in out), key=lambda v: (near[best.facts.place[v]], v))
        tried = best.copy()
        for visit in made[: int(rng.integers(FEWEST, MOST + 1))]:
            tried.remove(visit, day)
        _put_back(tried, day, visits, rng)
        reached = tried.value()
        if reached <= value:
            best, value = tried, reached
    return best


def _put_back(plan: Plan, day: int, visits: tuple[int, ...], rng: np.random.Generator) -> None:
    """Insert what is out, the heavier first and equals in a drawn order."""
    out = [visit for visit in visits if day not in plan.days_of(visit)]
    draw = rng.permutation(len(out)).tolist()
    for _, visit in sorted(zip(draw, out, strict=True), key=lambda each: (-plan.facts.priority[each[1]], each[0])):
        insertion = plan.insertion(visit, day, is_quick=True) if plan.is_allowed(visit, day) else None
        if insertion is not None:
            plan.apply(visit, day, insertion)
