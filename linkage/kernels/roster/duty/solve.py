"""Solve a roster with work patterns: local search over whole schedules, then branch and price until proven.

Levels that fit into one whole number together are solved as one; what is proven of the sum is told level by level. The
search ends by counts, by proof or at the deadline; a plan is at hand soon after the start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from linkage.kernels.roster.counting import counting_bound
from linkage.kernels.roster.duty.reading import Duty, NotSupported, read
from linkage.kernels.roster.duty.tables import NEVER, SCALE
from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.objective import Costs
from linkage.kernels.roster.proof import Proven, most_of_terms
from linkage.kernels.roster.result import RosterOptions
from linkage.terms import RosterObjective

LARGEST_COST: int = 1 << 42
"""Sums of costs stay below, so that scaled sums fit into 64 bits."""
ROOM = 4_000_000
"""Numbers of the work space in which a person's path is found; more if a person needs more."""
LARGEST_ROOM = 16_000_000
WARM_MOVES = 40
"""Moves of the first local search, times the people."""
CHUNK = 20
HOT, COLD = 30.0, 0.5
"""Temperatures at the start and the end of a search, in the cost of the least important thing."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """The first levels, as one sum: the cost of one of each term and the most the sum can be."""

    levels: int
    unit: dict[RosterObjective, int]
    most: int


def grouped(costs: Costs, limit: int = LARGEST_COST) -> Group:
    """Combine as many levels as stay within the limit together, one at least."""
    weight_of = costs.facts.problem.weight_of
    best: Group | None = None
    for count in range(1, len(costs.levels) + 1):
        unit = dict.fromkeys(RosterObjective, 0)
        scale = 1
        for level in reversed(costs.levels[:count]):
            for term in level:
                unit[term] = scale * weight_of(term)
            scale *= 1 + sum((costs.most[term] - costs.floor[term]) * weight_of(term) for term in level)
        if best is not None and scale > limit:
            break
        best = Group(levels=count, unit=unit, most=scale)
    return best or Group(levels=0, unit=dict.fromkeys(RosterObjective, 0), most=1)


def can_solve(facts: HardFacts, costs: Costs) -> bool:
    """Whether `roster_with_patterns` takes this problem."""
    try:
        group = grouped(costs)
        duty = read(facts, costs, group.unit)
    except NotSupported:
        return False
    return group.most <= LARGEST_COST and _room(duty) <= LARGEST_ROOM


def _room(duty: Duty) -> int:
    size = duty.tables.size
    most = (size[:, 1] * np.maximum(1, size[:, 2]) * size[:, 3]).max(initial=0)
    return max(ROOM, int(most) * (duty.tables.days + 1))


def roster_with_patterns(facts: HardFacts, costs: Costs, options: RosterOptions) -> Proven:
    """Find a roster in which everybody's schedule keeps the pattern, and bound it.

    Parameters
    ----------
    facts, costs
        Of a problem for which `can_solve` holds.
    options
        `moves` times a constant is the number of parts the proof may look at.

    Returns
    -------
    Proven
        Rows of volunteer, shift and seat, with a bound for every level; or that no plan exists.
    """
    from linkage.kernels.roster.duty import construct, search  # loads the compiler: only where it is wanted
    from linkage.kernels.roster.duty.branch import Incumbent, Tree
    from linkage.kernels.roster.duty.master import Master

    group = grouped(costs)
    duty = read(facts, costs, group.unit)
    t, room = duty.tables, _room(duty)
    state = construct.start(t, duty.row_cost, seed=options.seed, room=room)
    spare = np.zeros(room, dtype=np.int64)
    if not all(construct.trim(t, person, state, spare) for person in range(t.people)):
        return Proven(rows=[], bounds=[], is_impossible=True, has_plan=False)
    found = construct.construct(t, state, SCALE)
    if found <= 0:
        return Proven(rows=[], bounds=[], is_impossible=found < 0, has_plan=False)
    master = Master(t, duty.row_cost, room=room, has_time=options.has_time)
    moves = WARM_MOVES * t.people
    for done in range(0, moves, CHUNK):
        if not options.has_time():
            break
        search.run(t, state, CHUNK, SCALE * HOT * (COLD / HOT) ** (done / moves), 8)
        master.add_plan(state.plan)
    master.add_plan(state.best)
    incumbent = Incumbent(plan=state.best.copy(), cost=int(state.numbers[search.BEST]))
    tree = Tree(master, incumbent, options.has_time)
    root = master.root(duty.most)
    first = tree.solve(root)
    tree.dive(root, first)
    tree.push(replace(root, bound=first.bound))
    tree.run(10 * options.moves)
    rows = duty.rows_of(incumbent.plan)
    if incumbent.cost >= NEVER:
        return Proven(rows=[], bounds=[], has_plan=False)
    bounds = _bounds(costs, group, rows, -(-tree.lower // SCALE) + duty.constant)
    return Proven(rows=rows, bounds=bounds)


def _bounds(costs: Costs, group: Group, rows: Sequence[tuple[int, int, int]], lower: int) -> list[int]:
    """Tell a bound of the sum of some levels level by level; the others are bounded by counting."""
    terms = costs.terms(rows)
    bounds = []
    left = lower - sum(group.unit[term] * costs.floor[term] for term in RosterObjective)
    for number, level in enumerate(costs.levels):
        value, floor = costs.level_value(level, terms), costs.level_floor(level)
        bound = counting_bound(costs, level, most_of_terms(costs, costs.levels[:number], terms))
        if number < group.levels:
            unit = min(group.unit[term] // costs.facts.problem.weight_of(term) for term in level)
            bound = max(bound, left // unit + floor)
            left -= (value - floor) * unit
        bounds.append(min(bound, value))
    return bounds
