"""Branch and price: split what is allowed until the best plan is proven (Barnhart et al. 1998).

A node is split on how many people are missing or too many in all, on whether a person works on a day, or on which place
the person takes then; people's part of these is respected exactly when schedules are priced. What no better plan can
contain is forbidden on the way. Dives that fix one whole schedule after another find
plans early. Everything is counted, so that the same problem gives the same plan.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from linkage.kernels.roster.duty.master import Floats, Master, Node, Relaxation
from linkage.kernels.roster.duty.narrowing import narrow
from linkage.kernels.roster.duty.tables import HARD, NEVER, SCALE, Integers

WHOLE = 1e-5
SUM_APART = 0.01
"""Sums nearer to a whole number than this are not split."""
DIVE_SLACK = 0.5
"""How far bounds may stay behind between two steps of a dive, in cost."""
LIKELY_STEPS, LIKELY = 12, 0.6
"""A step of a dive fixes one free person in so many, if their schedules are likely;"""
LONGEST_DIVE = 20
"""it fixes one person in so many at least, and one in any case."""
PENALTY_STEPS, PENALTY_FACTOR = 3, 100.0
"""How often, and by how much, being without a schedule becomes dearer at a node where somebody is."""
DIVE_NODES = 30
"""Nodes between two dives."""


def round_up(bound: int) -> int:
    """Round a scaled bound up to a whole cost, still scaled."""
    return -(-bound // SCALE) * SCALE


@dataclass(kw_only=True, eq=False)
class Incumbent:
    """The best plan: everybody's options by day, and its scaled cost."""

    plan: Integers
    cost: int

    def offer(self, plan: Integers, cost: int) -> bool:
        """Take a better plan."""
        if cost < self.cost:
            self.plan, self.cost = plan.copy(), cost
            return True
        return False


class Tree:
    """The search; `lower` is a valid bound of all plans at any time (scaled)."""

    def __init__(self, master: Master, incumbent: Incumbent, has_time: Callable[[], bool]) -> None:
        self.master, self.incumbent, self.has_time = master, incumbent, has_time
        self.lower = -NEVER
        worth = np.where(master.row_cost < HARD // 2, np.abs(master.row_cost), 0).max(axis=1).sum()
        self.worst = int(worth) + int(np.abs(master.t.option_cost).sum())
        self.nodes, self.next_dive, self.dived_at = 0, DIVE_NODES, -NEVER
        self.unsettled = NEVER
        self.open: list[tuple[int, int, int, Node]] = []
        self._serial = 0

    def plan_cost(self, plan: Integers) -> int:
        """Scaled cost of a plan."""
        master = self.master
        count = np.zeros(master.row_cost.shape[0], dtype=np.int64)
        cost = 0
        for person in range(plan.shape[0]):
            cost += master.own_cost(person, plan[person])
            np.add.at(count, master.rows_of(plan[person]), 1)
        return cost + int(master.row_cost[np.arange(count.size), count].sum())

    def solve(self, node: Node, slack: float = 0.0) -> Relaxation:
        """Relax a node; take the plan if the answer is whole."""
        self.nodes += 1
        cutoff = self.incumbent.cost - SCALE + 1
        penalty = 10.0 + 2.0 * min(abs(self.incumbent.cost), self.worst) / SCALE
        result = self.master.solve(node, cutoff=cutoff, penalty=penalty, slack=slack)
        for _ in range(PENALTY_STEPS):
            if result.bound >= cutoff or not result.is_short:
                break
            penalty *= PENALTY_FACTOR
            result = self.master.solve(replace(node, bound=result.bound), cutoff=cutoff, penalty=penalty, slack=slack)
        if result.weight.size and result.bound < cutoff:
            self._offer_whole(result.weight)
        return result

    def _offer_whole(self, weight: Floats) -> None:
        chosen = np.flatnonzero(weight > 1 - WHOLE)
        master = self.master
        if chosen.size == master.t.people:
            plan = np.zeros_like(self.incumbent.plan)
            for column in chosen.tolist():
                plan[master.person[column]] = master.path[column]
            self.incumbent.offer(plan, self.plan_cost(plan))

    def fix(self, node: Node, person: int, path: Integers) -> Node:
        """Allow a person one schedule only."""
        t = self.master.t
        option_cost, rest_cost = node.option_cost.copy(), node.rest_cost.copy()
        days = t.days
        groups = t.group_start[person * days], t.group_start[(person + 1) * days]
        options = slice(int(t.option_start[groups[0]]), int(t.option_start[groups[1]]))
        kept = path[path >= 0]
        costs = option_cost[kept]
        option_cost[options] = NEVER
        option_cost[kept] = costs
        rest_cost[person, path >= 0] = NEVER
        settled = {**node.settled, person: path}
        return replace(node, option_cost=option_cost, rest_cost=rest_cost, depth=node.depth + 1, settled=settled)

    def dive(self, node: Node, first: Relaxation) -> None:
        """Fix schedule after schedule, the weightiest first, generating new ones in between."""
        weight = first.weight
        while self.has_time() and weight.size:
            free = np.asarray([person not in node.settled for person in self.master.person[: weight.size]])
            weight = np.where(free, weight, 0.0)
            likely = (self.master.t.people - len(node.settled)) // LIKELY_STEPS
            step = self.master.t.people // LONGEST_DIVE
            best = np.argsort(-weight, kind="stable")[: self.master.t.people]
            sure = [
                int(column)
                for place, column in enumerate(best)
                if weight[column] > (0.0 if place < step else LIKELY if place < likely else 1 - WHOLE)
            ]
            for column in sure or best[:1].tolist():
                if weight[column] > WHOLE and self.master.person[column] not in node.settled:
                    node = self.fix(node, self.master.person[column], self.master.path[column])
            result = self.solve(replace(node, bound=-NEVER), DIVE_SLACK)
            if result.bound > self.incumbent.cost - SCALE or len(node.settled) == self.master.t.people:
                return
            weight = result.weight

    def push(self, node: Node) -> None:
        """Keep a node for later."""
        self._serial += 1
        heapq.heappush(self.open, (round_up(node.bound), -node.depth, self._serial, node))

    def run(self, nodes: int) -> bool:
        """Look at so many nodes; True if the plan is proven."""
        plunge: Node | None = None
        for _ in range(nodes):
            while self.open and self.open[0][0] >= self.incumbent.cost:
                self.open.clear()
            if plunge is None and not self.open:
                self.lower = max(self.lower, min(self.incumbent.cost, self.unsettled))
                return True
            known = min(
                self.open[0][0] if self.open else NEVER, round_up(plunge.bound) if plunge is not None else NEVER
            )
            self.lower = max(self.lower, min(known, self.incumbent.cost, self.unsettled))
            if plunge is None:
                plunge = heapq.heappop(self.open)[3]
            if not self.has_time():
                self.push(plunge)
                return False
            plunge = self._expand(plunge)
        if plunge is not None:
            self.push(plunge)
        return False

    def _expand(self, node: Node) -> Node | None:
        if round_up(node.bound) >= self.incumbent.cost:
            return None
        result = self.solve(node)
        if not result.is_finished:
            self.push(replace(node, bound=max(node.bound, result.bound)))
            return None
        if round_up(result.bound) >= self.incumbent.cost:
            return None
        node = narrow(self.master, replace(node, bound=result.bound), self.incumbent.cost - SCALE + 1)
        if self.nodes >= self.next_dive or self.lower > self.dived_at:
            self.dive(node, result)
            self.next_dive, self.dived_at = self.nodes + DIVE_NODES, self.lower
        if round_up(node.bound) >= self.incumbent.cost:
            return None
        children = self.split(node, result)
        if not children or result.is_short:
            self.unsettled = min(self.unsettled, round_up(result.bound))
            return None
        for child in children[1:]:
            self.push(child)
        return children[0]

    def split(self, node: Node, result: Relaxation) -> list[Node]:
        """Split a node so that its fractional answer is allowed in neither part, the likelier part first."""
        for index, value in enumerate(result.sums.tolist()):
            if abs(value - round(value)) > SUM_APART:
                return self._split_sum(node, index, value)
        return self._split_person(node, np.flatnonzero(result.weight > WHOLE), result.weight)

    def _split_sum(self, node: Node, index: int, value: float) -> list[Node]:
        low, high = node.sum_low.copy(), node.sum_high.copy()
        low[index], high[index] = int(np.ceil(value)), int(np.floor(value))
        parts = [replace(node, sum_low=low, depth=node.depth + 1), replace(node, sum_high=high, depth=node.depth + 1)]
        return parts if value - np.floor(value) >= 0.5 else parts[::-1]

    def _split_person(self, node: Node, used: Integers, weight: Floats) -> list[Node]:
        t = self.master.t
        works: NDArray[np.float64] = np.zeros((t.people, t.days))
        takes = np.zeros(t.option_cost.size)
        for column in used.tolist():
            path = self.master.path[column]
            works[self.master.person[column]] += weight[column] * (path >= 0)
            takes[path[path >= 0]] += weight[column]
        apart = np.abs(works - np.rint(works))
        if apart.max() > WHOLE:
            person, day = np.unravel_index(int(np.argmax(apart)), apart.shape)
            return self._split_day(node, int(person), int(day), float(works[person, day]))
        apart = np.abs(takes - np.rint(takes))
        if apart.max() > WHOLE:
            return self._split_option(node, int(np.argmax(apart)))
        return []

    def _options(self, person: int, day: int) -> slice:
        t = self.master.t
        row = person * t.days + day
        return slice(int(t.option_start[t.group_start[row]]), int(t.option_start[t.group_start[row + 1]]))

    def _split_day(self, node: Node, person: int, day: int, works: float) -> list[Node]:
        option_cost, rest_cost = node.option_cost.copy(), node.rest_cost.copy()
        option_cost[self._options(person, day)] = NEVER
        rest_cost[person, day] = NEVER
        parts = [
            replace(node, rest_cost=rest_cost, depth=node.depth + 1),
            replace(node, option_cost=option_cost, depth=node.depth + 1),
        ]
        return parts if works >= 0.5 else parts[::-1]

    def _split_option(self, node: Node, option: int) -> list[Node]:
        t = self.master.t
        group = int(np.searchsorted(t.option_start, option, side="right")) - 1
        row = int(np.searchsorted(t.group_start, group, side="right")) - 1
        person, day = divmod(row, t.days)
        without, only, rest_cost = node.option_cost.copy(), node.option_cost.copy(), node.rest_cost.copy()
        cost = without[option]
        without[option] = NEVER
        only[self._options(person, day)] = NEVER
        only[option] = cost
        rest_cost[person, day] = NEVER
        return [
            replace(node, option_cost=only, rest_cost=rest_cost, depth=node.depth + 1),
            replace(node, option_cost=without, depth=node.depth + 1),
        ]
