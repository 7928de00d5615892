"""Small random matchings and an oracle that tries every plan."""

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache

import numpy as np
import pytest

from linkage.kernels.assignment import objectives
from linkage.kernels.assignment.problem import AssignmentProblem
from linkage.terms import MatchObjective

RandomProblem = Callable[..., AssignmentProblem]
BestValues = Callable[[AssignmentProblem, Sequence[MatchObjective]], tuple[int, ...]]


def _random(
    rng: np.random.Generator,
    *,
    needs: int = 4,
    offers: int = 3,
    use: int = 1,
    indivisible: bool = False,
    rules: Collection[str] = (),
):
    needs, offers = int(rng.integers(1, needs + 1)), int(rng.integers(1, offers + 1))
    listed = np.argwhere(rng.random((needs, offers)) < 0.7)
    pairs = len(listed)
    quantity = rng.integers(1, 4, needs)
    previous = rng.integers(0, 2, pairs) if rng.random() < 0.4 else np.zeros(pairs, dtype=int)
    sources = int(rng.integers(0, 3))
    caps = rng.integers(-1, 6, sources)
    columns = {
        "need_quantity": quantity,
        "need_priority": rng.integers(1, 4, needs),
        "need_group": rng.integers(-1, needs, needs) // 2,
        "offer_capacity": rng.integers(0, 5, offers) * (use if rng.random() < 0.5 else 1),
        "offer_source": rng.integers(-1, sources, offers),
        "source_caps": caps,
        "pair_need": listed[:, 0],
        "pair_offer": listed[:, 1],
        "pair_cost": rng.integers(0, 4, pairs) if rng.random() < 0.5 else rng.integers(-5, 50, pairs),
        "pair_use": rng.integers(1, use + 1, pairs),
        "previous": previous,
        "indivisible": indivisible,
        "fair_groups": bool(rng.random() < 0.4),
    }
    return AssignmentProblem.of(**(columns | _ruled(rng, columns, rules)))


def _ruled(rng, columns, rules):
    """Draw the rules named: windows, quotas, last helpers, exclusive groups of units or of any size, packages."""
    needs, offers, pairs = (len(columns[name]) for name in ("need_quantity", "offer_capacity", "pair_need"))
    changes = {}
    if "units" in rules:
        changes["need_quantity"] = np.ones(needs, dtype=int)
    if "windows" in rules:
        count = int(rng.integers(1, 4))
        window_offer = rng.integers(0, offers, count)
        rows = [
            (row, window)
            for row, offer in enumerate(columns["pair_offer"].tolist())
            for window in [-1, *np.flatnonzero(window_offer == offer).tolist()]
            if rng.random() < 0.6
        ]
        kept = np.array([row for row, _ in rows], dtype=int)
        changes |= {"window_offer": window_offer, "window_capacity": rng.integers(0, 4, count)}
        changes |= {name: columns[name][kept] for name in ("pair_need", "pair_offer", "pair_use", "previous")}
        changes |= {"pair_window": np.array([window for _, window in rows], dtype=int)}
        changes |= {"pair_cost": columns["pair_cost"][kept] + rng.integers(0, 3, len(rows))}
        pairs = len(rows)
    if "quotas" in rules:
        groups = int(columns["need_group"].max()) + 1 + int(rng.integers(0, 2))
        least = rng.integers(0, 4, groups) * (rng.random(groups) < 0.7)
        most = np.where(rng.random(groups) < 0.6, least + rng.integers(0, 3, groups), -1)
        changes |= {"group_min": least, "group_max": most}
    if "last" in rules:
        changes["is_last"] = rng.integers(0, 2, pairs)
    if "exclusive" in rules:
        changes["need_exclusive"] = rng.integers(-1, needs, needs) // 2
    if "packages" in rules:
        changes["need_package"] = rng.integers(-1, needs, needs) // 2
    return changes


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
    """The lexicographically best values over all plans, by trying each; None where the fixed pairs leave no plan."""
    oracle = _Oracle(problem, levels)
    caps = tuple(max(0, cap) for cap in problem.source_caps.tolist())
    free = (*problem.offer_capacity.tolist(), *problem.window_capacity.tolist())
    return oracle.best(0, free, caps, (0,) * problem.group_count, frozenset())


class _Oracle:
    """Tries every way to serve each need in turn, remembering what is best for each state of the limits."""

    def __init__(self, problem, levels):
        self.problem, self.levels = problem, levels
        for name in _COLUMNS:
            setattr(self, name, getattr(problem, name).tolist())
        groups = problem.group_count
        self.demand = objectives.group_demand(problem).tolist()
        self.least = [*self.group_min, *[0] * groups][:groups]
        self.most = [*self.group_max, *[-1] * groups][:groups]
        self.has_last = {int(need) for need in problem.pair_need[problem.is_last > 0]}
        self.best = cache(self._best)

    def _best(self, need, free, caps, unmet, chosen):
        if need == self.problem.need_count:
            return self._at_the_end(unmet)
        rows = range(self.need_start[need], self.need_start[need + 1])
        quantity = self.need_quantity[need]
        found = None
        for split in _splits([(row, 0) for row in rows], quantity, self.problem.indivisible):
            missing = quantity - sum(split.values())
            after = _chosen(chosen, self.need_exclusive[need], self.need_package[need], missing, quantity)
            left = self._left(split, free, caps)
            if after is None or left is None or any(split.get(row, 0) < self.fixed[row] for row in rows):
                continue
            short = tuple(count + missing * (g == self.need_group[need]) for g, count in enumerate(unmet))
            rest = self.best(need + 1, *left, short, after)
            if rest is not None:
                own = self._own(need, rows, split, missing)
                values = tuple(own.get(level, 0) + other for level, other in zip(self.levels, rest, strict=True))
                found = values if found is None or values < found else found
        return found

    def _left(self, split, free, caps):
        left, under = list(free), list(caps)
        for row, units in split.items():
            offer, window, use = self.pair_offer[row], self.pair_window[row], units * self.pair_use[row]
            left[offer] -= use
            if window >= 0:
                left[self.problem.offer_count + window] -= use
            source = self.offer_source[offer]
            if source >= 0 and self.source_caps[source] >= 0:
                under[source] -= use
        return None if min(left + under, default=0) < 0 else (tuple(left), tuple(under))

    def _own(self, need, rows, split, missing):
        others = sum(units for row, units in split.items() if not self.is_last[row])
        return {
            MatchObjective.UNMET_PRIORITY: missing * self.need_priority[need],
            MatchObjective.CHANGED: sum(max(0, self.previous[row] - split.get(row, 0)) for row in rows),
            MatchObjective.CONTINUITY: others if need in self.has_last else 0,
            MatchObjective.COST: sum(self.pair_cost[row] * units for row, units in split.items()),
        }

    def _at_the_end(self, unmet):
        demand = self.demand
        if any(0 <= self.most[g] < demand[g] - count for g, count in enumerate(unmet)):
            return None
        unfair = sum(-(-100 * k // demand[g]) for g, count in enumerate(unmet) for k in range(1, count + 1))
        short = sum(max(0, self.least[g] - (demand[g] - count)) for g, count in enumerate(unmet))
        at_the_end = {MatchObjective.UNFAIRNESS: unfair, MatchObjective.QUOTA_SHORTFALL: short}
        return tuple(at_the_end.get(level, 0) for level in self.levels)


_COLUMNS = (
    *("need_quantity", "need_priority", "need_group", "need_exclusive", "need_package", "need_start"),
    *("offer_source", "source_caps", "group_min", "group_max", "is_last", "previous", "fixed"),
    *("pair_offer", "pair_window", "pair_use", "pair_cost"),
)


def _chosen(chosen: frozenset, exclusive: int, package: int, missing: int, quantity: int) -> frozenset | None:
    """Remember which exclusive groups are taken and which packages are whole or left; None where that breaks a rule."""
    marks = set(chosen)
    if exclusive >= 0 and missing < quantity:
        if ("taken", exclusive) in chosen:
            return None
        marks.add(("taken", exclusive))
    if package >= 0:
        if 0 < missing < quantity or ("whole" if missing else "left", package) in chosen:
            return None
        marks.add(("left" if missing else "whole", package))
    return frozenset(marks)


@pytest.fixture
def random_problem() -> RandomProblem:
    """Draw a matching of a few needs and offers, with groups, sources and a previous plan at times."""
    return _random


@pytest.fixture
def best_values() -> BestValues:
    """Try every plan and tell the best values; None where the fixed pairs leave no plan."""
    return _best
