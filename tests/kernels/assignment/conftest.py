"""Small random matchings and an oracle that tries every plan."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache

import numpy as np
import pytest

from linkage.kernels.assignment import objectives
from linkage.kernels.assignment.problem import AssignmentProblem
from linkage.terms import MatchObjective

RandomProblem = Callable[..., AssignmentProblem]
BestValues = Callable[[AssignmentProblem, Sequence[MatchObjective]], tuple[int, ...]]


def _random(rng: np.random.Generator, *, needs: int = 4, offers: int = 3, use: int = 1, indivisible: bool = False):
    needs, offers = int(rng.integers(1, needs + 1)), int(rng.integers(1, offers + 1))
    listed = np.argwhere(rng.random((needs, offers)) < 0.7)
    pairs = len(listed)
    quantity = rng.integers(1, 4, needs)
    previous = rng.integers(0, 2, pairs) if rng.random() < 0.4 else np.zeros(pairs, dtype=int)
    sources = int(rng.integers(0, 3))
    caps = rng.integers(-1, 6, sources)
    return AssignmentProblem.of(
        need_quantity=quantity,
        need_priority=rng.integers(1, 4, needs),
        need_group=rng.integers(-1, needs, needs) // 2,
        offer_capacity=rng.integers(0, 5, offers) * (use if rng.random() < 0.5 else 1),
        offer_source=rng.integers(-1, sources, offers),
        source_caps=caps,
        pair_need=listed[:, 0],
        pair_offer=listed[:, 1],
        pair_cost=rng.integers(0, 4, pairs) if rng.random() < 0.5 else rng.integers(-5, 50, pairs),
        pair_use=rng.integers(1, use + 1, pairs),
        previous=previous,
        indivisible=indivisible,
        fair_groups=bool(rng.random() < 0.4),
    )


def _splits(pairs: list[tuple[int, int]], quantity: int, whole: bool) -> Iterator[dict[int, int]]:
    """Every way to serve a need: units by pair row, up to its quantity, or all or nothing by one offer."""
    if whole:
        yield {}
        yield from ({row: quantity} for row, _ in pairs)
    elif not pairs:
        yield {}
    else:
        (row, _), rest = pairs[0], pairs[1:]
        for units in range(quantity + 1):
            for split in _splits(rest, quantity - units, whole=False):
                yield {row: units, **split} if units else split


def _best(problem: AssignmentProblem, levels: Sequence[MatchObjective]) -> tuple[int, ...]:
    """The lexicographically best values over all plans, by trying each."""
    demand = objectives.group_demand(problem).tolist()

    def fairness(unmet: tuple[int, ...]) -> int:
        return sum(-(-100 * k // demand[g]) for g, count in enumerate(unmet) for k in range(1, count + 1))

    @cache
    def best(need: int, free: tuple[int, ...], caps: tuple[int, ...], unmet: tuple[int, ...]):
        if need == problem.need_count:
            return tuple(fairness(unmet) if level is MatchObjective.UNFAIRNESS else 0 for level in levels)
        rows = range(problem.need_start[need], problem.need_start[need + 1])
        quantity, group = int(problem.need_quantity[need]), int(problem.need_group[need])
        found = None
        for split in _splits([(row, 0) for row in rows], quantity, problem.indivisible):
            if any(split.get(row, 0) < problem.fixed[row] for row in rows):
                continue
            left, under = list(free), list(caps)
            for row, units in split.items():
                offer = int(problem.pair_offer[row])
                left[offer] -= units * int(problem.pair_use[row])
                source = int(problem.offer_source[offer])
                if source >= 0 and problem.source_caps[source] >= 0:
                    under[source] -= units * int(problem.pair_use[row])
            if min(left, default=0) < 0 or min(under, default=0) < 0:
                continue
            missing = quantity - sum(split.values())
            after = tuple(count + (missing if g == group else 0) for g, count in enumerate(unmet))
            rest = best(need + 1, tuple(left), tuple(under), after)
            if rest is None:
                continue
            own = {
                MatchObjective.UNMET_PRIORITY: missing * int(problem.need_priority[need]),
                MatchObjective.UNFAIRNESS: 0,
                MatchObjective.CHANGED: sum(max(0, int(problem.previous[row]) - split.get(row, 0)) for row in rows),
                MatchObjective.COST: sum(int(problem.pair_cost[row]) * units for row, units in split.items()),
            }
            values = tuple(own[level] + other for level, other in zip(levels, rest, strict=True))
            found = values if found is None or values < found else found
        return found

    caps = tuple(max(0, cap) for cap in problem.source_caps.tolist())
    return best(0, tuple(problem.offer_capacity.tolist()), caps, (0,) * problem.group_count)


@pytest.fixture
def random_problem() -> RandomProblem:
    """Draw a matching of a few needs and offers, with groups, sources and a previous plan at times."""
    return _random


@pytest.fixture
def best_values() -> BestValues:
    """Try every plan and tell the best values; None where the fixed pairs leave no plan."""
    return _best
