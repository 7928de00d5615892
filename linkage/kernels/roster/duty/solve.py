"""Solve a roster with work patterns: local search over whole schedules, then branch and price until proven.

Levels that fit into one whole number together are solved as one; what is proven of the sum is told level by level. The
search ends by counts, by proof or at the deadline; a plan is at hand soon after the start.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from linkage.kernels.roster.counting import counting_bound
from linkage.kernels.roster.duty.reading import Duty, NotSupported, read
from linkage.kernels.roster.duty.tables import HARD, NEVER, SCALE, Integers
from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.objective import Costs
from linkage.kernels.roster.proof import Proven, most_of_terms, solve_exactly
from linkage.kernels.roster.result import RosterOptions
from linkage.terms import RosterObjective

LARGEST_COST: int = 1 << 40
"""Sums of costs stay below, so that scaled sums are below `HARD`."""
ROOM = 4_000_000
"""Numbers of the work space in which a person's path is found; more if a person needs more."""
LARGEST_ROOM = 16_000_000
COMPILING_SECONDS, LOADING_SECONDS = 20.0, 1.0
"""Time without which the compiler is not begun with, and compiled code not loaded."""
SMALL_PAIRS = 400
"""Up to so many candidate pairs the exact solver is asked first."""
HASTY_PAIRS = 2000
"""Beyond so many, the exact solver is not begun with in less time than loading compiled code takes."""
WARM_MOVES = 40
"""Moves of the first local search, times the people."""
POLISH_MOVES = 20
"""Moves of a local search around a new best plan, times the people."""
CHUNK = 5
NODE_CHUNK = 10
NODES_OF_A_MOVE = 10
HOT, WARM, COLD = 30.0, 3.0, 0.5
"""Temperatures in the cost of the least important thing: at the start, around a good plan, at the end."""
NOISE = 8
"""Random part of prices, in 1 / `SCALE`; it breaks ties."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """The first levels, as one sum: the factor of each, the cost of one of each term, more than the sum can be."""

    factors: tuple[int, ...]
    unit: dict[RosterObjective, int]
    most: int


def grouped(costs: Costs, limit: int = LARGEST_COST) -> Group:
    """Combine as many levels as stay within the limit together, one at least."""
    weight_of = costs.facts.problem.weight_of
    best: Group | None = None
    for count in range(1, len(costs.levels) + 1):
        unit = dict.fromkeys(RosterObjective, 0)
        scale = 1
        factors: list[int] = []
        for level in reversed(costs.levels[:count]):
            factors.insert(0, scale)
            for term in level:
                unit[term] = scale * weight_of(term)
            scale *= 1 + sum((costs.most[term] - costs.floor[term]) * weight_of(term) for term in level)
        if best is not None and scale > limit:
            break
        best = Group(factors=tuple(factors), unit=unit, most=scale)
    return best or Group(factors=(), unit=dict.fromkeys(RosterObjective, 0), most=1)


def can_solve(facts: HardFacts, costs: Costs) -> bool:
    """Whether whole schedules can express this problem."""
    return _prepared(facts, costs) is not None


def _prepared(facts: HardFacts, costs: Costs) -> tuple[Group, Duty] | None:
    """Read the problem, or give None where whole schedules cannot express it or would need too much room."""
    group = grouped(costs)
    if group.most > LARGEST_COST:
        return None
    try:
        duty = read(facts, costs, group.unit)
    except NotSupported:
        return None
    return (group, duty) if _room(duty) <= LARGEST_ROOM else None


def _room(duty: Duty) -> int:
    size = duty.tables.size
    most = (size[:, 1] * np.maximum(1, size[:, 2]) * size[:, 3]).max(initial=0)
    return max(ROOM, int(most) * (duty.tables.days + 1))


class _Run:
    """One solve: the plan in the making, its schedules and what is proven."""

    def __init__(self, duty: Duty, options: RosterOptions) -> None:
        from linkage.kernels.roster.duty import construct  # loads the compiler: only where it is wanted

        self.duty, self.options, room = duty, options, _room(duty)
        self.state = construct.start(duty.tables, duty.row_cost, seed=options.seed, room=room)
        spare = np.zeros(room, dtype=np.int64)
        self.found = 0
        for person in range(duty.tables.people):
            if not options.has_time():
                return
            if not construct.trim(duty.tables, person, self.state, spare):
                self.found = -1
                return
        self.found = construct.construct(duty.tables, self.state, SCALE, has_time=options.has_time)

    def prove(self) -> tuple[Integers, int, int]:
        """Search; return the plan, its scaled cost and a scaled bound."""
        from linkage.kernels.roster.duty.branch import Incumbent, Tree
        from linkage.kernels.roster.duty.master import Master

        duty, has_time = self.duty, self.options.has_time
        self.master = Master(
            duty.tables, duty.row_cost, room=self.state.at.size, seconds_left=self.options.seconds_left
        )
        self.incumbent = Incumbent(plan=self.state.plan.copy(), cost=NEVER)
        self._search(WARM_MOVES, HOT)
        tree = Tree(self.master, self.incumbent, has_time)
        root = self.master.root(duty.most)
        first = tree.solve(root)
        tree.lower = first.bound
        tree.dive(root, first)
        self._search(POLISH_MOVES, WARM)
        tree.push(replace(root, bound=first.bound))
        before = self.incumbent.cost
        for _ in range(0, NODES_OF_A_MOVE * self.options.moves, NODE_CHUNK):
            if tree.run(NODE_CHUNK) or not has_time():
                break
            if self.incumbent.cost < before:
                self._search(POLISH_MOVES, WARM)
                before = self.incumbent.cost
        return self.incumbent.plan, self.incumbent.cost, tree.lower

    def _search(self, moves_per_person: int, hot: float) -> None:
        """Search around the best plan; let the schedules met join the pool."""
        from linkage.kernels.roster.duty import construct, search

        t, state, master = self.duty.tables, self.state, self.master
        if self.incumbent.cost < NEVER:
            own = [master.own_cost(person, path) for person, path in enumerate(self.incumbent.plan)]
            construct.set_plan(t, state, self.incumbent.plan, np.asarray(own, dtype=np.int64))
        moves = moves_per_person * t.people
        for done in range(0, moves, CHUNK):
            if not self.options.has_time():
                break
            search.run(t, state, CHUNK, SCALE * hot * (COLD / hot) ** (done / moves), NOISE)
            if hot == HOT:
                master.add_plan(state.plan)
        if self.incumbent.offer(state.best, int(state.numbers[search.BEST])):
            master.add_plan(state.best)


def roster_with_patterns(facts: HardFacts, costs: Costs, options: RosterOptions) -> Proven:
    """Find a roster in which everybody keeps the pattern, and bound it: by the exact solver if that is enough.

    Small problems are asked there first, so that they never wait for the compiler; so are problems that whole schedules
    cannot express.
    """
    prepared = _prepared(facts, costs)
    pairs = int(facts.candidate.sum())
    if prepared is None or not _has_time_to_load(options):
        if pairs > HASTY_PAIRS and options.seconds_left() <= LOADING_SECONDS:
            return Proven(rows=[], bounds=[], has_plan=False)
        return solve_exactly(facts, costs, options)
    if pairs <= SMALL_PAIRS:
        proven = solve_exactly(facts, costs, options)
        if proven.is_impossible or (proven.has_plan and _is_proven(costs, proven)):
            return proven
    return _combined(costs, *prepared, options)


def _has_time_to_load(options: RosterOptions) -> bool:
    if options.deadline is None:
        return True
    from linkage.kernels.compiled import is_loaded, is_prepared  # loads the compiler: only where it is wanted

    search = sys.modules.get(f"{__package__}.search")
    if search is not None and is_loaded(search.run):
        return True
    return options.seconds_left() > (LOADING_SECONDS if is_prepared(__package__) else COMPILING_SECONDS)


def _is_proven(costs: Costs, proven: Proven) -> bool:
    terms = costs.terms(proven.rows)
    values = [costs.level_value(level, terms) for level in costs.levels]
    return all(value <= bound for value, bound in zip(values, proven.bounds, strict=True))


def whole_schedules(facts: HardFacts, costs: Costs, options: RosterOptions) -> Proven:
    """Combine whole personal schedules into a roster, and bound it.

    Parameters
    ----------
    facts, costs
        Of a problem for which `can_solve` holds.
    options
        Seed, deadline, and `moves`: times a constant, the number of parts the proof may look at.

    Returns
    -------
    Proven
        Rows of volunteer, shift and seat, with a bound for every level; or no plan.

    Raises
    ------
    NotSupported
        If `can_solve` does not hold.
    """
    prepared = _prepared(facts, costs)
    if prepared is None:
        raise NotSupported("whole schedules cannot express this problem")
    return _combined(costs, *prepared, options)


def _combined(costs: Costs, group: Group, duty: Duty, options: RosterOptions) -> Proven:
    run = _Run(duty, options)
    if run.found <= 0:
        return Proven(rows=[], bounds=[], is_impossible=run.found < 0, has_plan=False)
    plan, cost, lower = run.prove()
    if cost >= HARD // 2:
        return Proven(rows=[], bounds=[], is_impossible=lower >= HARD // 2, has_plan=False)
    rows = duty.rows_of(plan)
    return Proven(rows=rows, bounds=_bounds(costs, group, rows, -(-lower // SCALE) + duty.constant))


def _bounds(costs: Costs, group: Group, rows: Sequence[tuple[int, int, int]], lower: int) -> list[int]:
    """Tell a bound of the sum of some levels level by level; the others are bounded by counting."""
    terms = costs.terms(rows)
    bounds = []
    left = lower - sum(group.unit[term] * costs.floor[term] for term in RosterObjective)
    for number, level in enumerate(costs.levels):
        value, floor = costs.level_value(level, terms), costs.level_floor(level)
        bound = counting_bound(costs, level, most_of_terms(costs, costs.levels[:number], terms))
        if number < len(group.factors):
            bound = max(bound, left // group.factors[number] + floor)
            left -= (value - floor) * group.factors[number]
        bounds.append(min(bound, value))
    return bounds
