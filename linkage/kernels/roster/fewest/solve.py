"""Finds the fewest people that cover everything, and proves how few that can be.

Small rosters go to the exact solver at once; larger ones are searched, and then closed by the exact solver while its
share of the effort lasts. Where not everything can be covered it says so, and the general search takes over. Plans
are checked by whoever called.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from linkage.kernels.roster.counting import counting_bound
from linkage.kernels.roster.fewest.greedy import greedy
from linkage.kernels.roster.fewest.units import Integers, Row, Units
from linkage.kernels.roster.objective import Costs
from linkage.kernels.roster.proof import most_of_terms
from linkage.kernels.roster.result import RosterOptions
from linkage.terms import RosterObjective

if TYPE_CHECKING:
    from linkage.kernels.roster.fewest.search import Search

STEPS_PER_MOVE: Final = 10_000
"""Steps of the search for each move of the options; a step takes a few microseconds."""
EFFORT_PER_MOVE: Final = 0.1
"""Deterministic seconds of the exact solver for each move of the options, where the search ends above the bound."""
COMPILING_SECONDS: Final = 30.0
"""With less time than this the search is not begun on a machine where it was never compiled."""
ROUND_STEPS: Final = 300_000
ROUNDS: Final = 8
"""A round of the search, in steps, is at most this long, and at most this part of a run."""
PLAN_SHARE: Final = 10
"""Percent of the steps for a plan that the general search made."""
FIRST_SHARE: Final = 60
"""Percent of the steps before the exact solver is asked; the others come after it."""
LOADING_SECONDS: Final = 3.0
"""With less time than this neither solver nor compiler is loaded."""
BUILDING_SECONDS: Final = 5e-4
"""Time the exact solver takes to get going for each pair, on a busy machine; it is not begun with less."""
CLOSING_PAIRS: Final = 80_000
"""Beyond so many pairs of person and unit the exact solver's model takes too long to build."""


@dataclass(frozen=True, kw_only=True)
class FewestPeople:
    """A plan that covers all it can with few people.

    Parameters
    ----------
    bounds
        One for every objective level.
    is_whole
        False if time ran out before everything was covered.
    """

    rows: list[Row]
    bounds: list[int]
    moves: int
    effort: float
    is_whole: bool


class _Attempt:
    """What is known so far about one problem."""

    def __init__(self, units: Units, holder: Integers, bound: int, options: RosterOptions) -> None:
        self.units, self.holder, self.bound, self.options = units, holder, bound, options
        self.pairs = int(self.units.able.sum())
        self.size = self._size_of(self.holder)
        self.steps = 0
        self.effort = 0.0
        self.is_impossible = False
        self.searching: Search | None = None

    def _size_of(self, holder: Integers) -> int:
        """People of a plan, one more than there are if it is not whole."""
        return np.unique(holder).size if (holder >= 0).all() else int(self.units.people.size) + 1

    def _has_time_to_load(self, module: str, seconds: float) -> bool:
        """Whether a module is loaded or the time is enough to load it."""
        deadline = self.options.deadline
        return not deadline or module in sys.modules or deadline.remaining_seconds() > seconds

    @property
    def is_open(self) -> bool:
        """Whether a better plan or a better bound may be found, and there is time."""
        return self.bound < self.size and not self.is_impossible and self.options.has_time()

    def close(self, *, most: int, effort: float) -> bool:
        """Let the exact solver look for a plan with at most so many people; say whether to ask again."""
        if not self._has_time_to_load("ortools.sat.python.cp_model", LOADING_SECONDS):
            return False
        from linkage.kernels.roster.fewest.closing import close  # loads the solver: only where it is wanted

        found = close(
            self.units,
            least=self.bound,
            most=most,
            holder=self.holder,
            options=self.options,
            effort=effort - self.effort,
        )
        self.effort += found.effort
        if self.units.is_exact:
            self.bound = min(max(self.bound, found.bound), self.size)
        if found.holder is not None:
            self._keep(found.holder)
        elif found.is_impossible and most >= self.units.people.size:
            self.is_impossible = True
        return self.units.is_exact or not found.is_impossible

    def _keep(self, holder: Integers) -> None:
        """Note a plan if it has fewer people, or covers more while none is whole."""
        size = self._size_of(holder)
        if size < self.size or (not self.is_whole and (holder >= 0).sum() > (self.holder >= 0).sum()):
            self.holder, self.size = holder, size

    def solve_small(self) -> None:
        """Let the exact solver look for a plan of the bound's size, then for the smallest."""
        most, effort = self.bound, self.options.exact_effort
        while self.is_open and self.effort < effort and self.close(most=most, effort=effort):
            most = self.size - 1

    def search(self, steps: int) -> None:
        """Search for so many steps more, unless the time left would go into compiling."""
        if self.searching is None:
            if not self._has_time_to_load("numba", LOADING_SECONDS):
                return
            from linkage.kernels.compiled import is_prepared  # loads the compiler: only where it is wanted

            if not self._has_time_to_load(f"{__package__}.moves", 0 if is_prepared(__package__) else COMPILING_SECONDS):
                return
            from linkage.kernels.roster.fewest.search import Search  # loads the compiler: only where it is wanted

            self.searching = Search(
                self.units,
                bound=self.bound,
                start=self.holder,
                seed=self.options.seed,
                has_time=self.options.has_time,
            )
        search = self.searching
        search.bound, search.round_steps = self.bound, min(ROUND_STEPS, steps // ROUNDS)
        search.run(steps)
        self.steps = search.made
        self._keep(search.holder)

    def close_fully(self, effort: float) -> None:
        """Let the exact solver go on from the plan found, where its model is not too large for the time left."""
        effort += self.effort
        deadline = self.options.deadline
        while self.is_open and self.effort < effort and self.pairs <= CLOSING_PAIRS:
            is_late = deadline is not None and deadline.remaining_seconds() < BUILDING_SECONDS * self.pairs
            if is_late or not self.close(most=self.size - 1, effort=effort):
                return

    @property
    def is_whole(self) -> bool:
        """Whether everything is covered."""
        return bool((self.holder >= 0).all())


def fewest_people(costs: Costs, options: RosterOptions) -> FewestPeople | None:
    """Cover everything with as few people as possible.

    Parameters
    ----------
    costs
        Of a problem that `units.can_solve`.
    options
        `moves` bounds the search and the exact solver after it, `exact_pairs` and `exact_effort` the exact solver
        that small problems start with.

    Returns
    -------
    FewestPeople or None
        None where no plan was found that covers everything, with time left to search in another way.
    """
    units = Units.of(costs)
    uncovered = counting_bound(costs, (RosterObjective.UNCOVERED,), {})
    bound = max(_counted(costs, uncovered), int(units.count > 0))
    attempt = _Attempt(units, greedy(units, options.has_time), bound, options)
    if attempt.pairs <= options.exact_pairs:
        attempt.solve_small()
    if attempt.is_impossible:
        return None
    steps = options.moves * STEPS_PER_MOVE
    if attempt.is_open:
        attempt.search(steps * FIRST_SHARE // 100)
    if attempt.is_whole:
        attempt.close_fully(options.moves * EFFORT_PER_MOVE)
    if attempt.is_whole and attempt.is_open:
        attempt.search(steps - attempt.steps)
    if not attempt.is_whole and options.has_time():
        return None
    rows = attempt.units.rows(attempt.holder.tolist())
    return FewestPeople(
        rows=rows,
        bounds=_bounds(costs, rows, attempt.bound if attempt.is_whole else 0),
        moves=attempt.steps,
        effort=attempt.effort,
        is_whole=attempt.is_whole,
    )


def with_fewer_people(costs: Costs, rows: list[Row], options: RosterOptions) -> list[Row]:
    """Let fewer people serve the places that a plan fills; its coverage stays as it is.

    Parameters
    ----------
    costs
        Of a problem that `units.can_solve`.
    rows
        A plan that keeps every rule.
    """
    if not rows or not options.has_time():
        return rows
    units, holder = Units.of_plan(costs, rows)
    terms = costs.terms(rows)
    weight = costs.facts.problem.weight_of(RosterObjective.UNCOVERED)
    bound = max(1, _counted(costs, weight * terms[RosterObjective.UNCOVERED]))
    attempt = _Attempt(units, holder, bound, options)
    if attempt.is_open:
        attempt.search(options.moves * STEPS_PER_MOVE * PLAN_SHARE // 100)
    return units.rows(attempt.holder.tolist())


def _counted(costs: Costs, uncovered: int) -> int:
    """Bound the people of a plan that leaves so much uncovered (weighted) by counting."""
    weight = costs.facts.problem.weight_of
    term = uncovered // weight(RosterObjective.UNCOVERED) if weight(RosterObjective.UNCOVERED) else 0
    people = counting_bound(costs, (RosterObjective.PEOPLE_USED,), {RosterObjective.UNCOVERED: term})
    return people // weight(RosterObjective.PEOPLE_USED) if weight(RosterObjective.PEOPLE_USED) else 0


def _bounds(costs: Costs, rows: list[Row], people: int) -> list[int]:
    """Bound every level by counting, and the last by the people a whole plan needs."""
    terms = costs.terms(rows)
    bounds = []
    for number, level in enumerate(costs.levels):
        value = costs.level_value(level, terms)
        bound = counting_bound(costs, level, most_of_terms(costs, costs.levels[:number], terms))
        if RosterObjective.PEOPLE_USED in level:
            weight = costs.facts.problem.weight_of(RosterObjective.PEOPLE_USED)
            settled = value - weight * terms[RosterObjective.PEOPLE_USED]
            bound = max(bound, weight * people + settled)
        bounds.append(min(bound, value))
    return bounds
