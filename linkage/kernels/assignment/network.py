"""The matching as a network whose cheapest flow is the best plan, and its exact solution level by level.

Every unit of a need flows to an offer (through the window it is for), on to the offer's source and out, or along the
need's "unmet" arc, by way of its exclusive group and its group, so a flow always exists. Objectives become one integer weight as far as 64 bits allow; the levels that are left over
are solved on the optimal face of those before (arcs of non-zero reduced cost are frozen). Proven optimal for
units; for needs that may not be split it is a relaxation, hence a bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from linkage.kernels.assignment import choices, objectives
from linkage.kernels.assignment.problem import NONE, AssignmentProblem, Flags, Integers
from linkage.kernels.assignment.remainder import Remainder, Room
from linkage.kernels.assignment.residual import Residual
from linkage.terms import MatchObjective

_WEIGHT_LIMIT: Final = (
    2**62
)  # OR-Tools scales unit costs by the number of nodes + 1 in 64 bits; its prices may need more, and it tells
PATH_LIMIT: Final = 2**60  # path lengths are added to each other and compared with FAR


@dataclass(frozen=True, kw_only=True, eq=False)
class Network:
    """Nodes and arcs. Arcs stand in the order keep, pair, unmet, step, offer, source, window, set (see `spans`).

    A keep arc is the part of a pair that the previous plan had; it is cheaper than the pair's own arc, so it fills
    first. What must stay unmet because of a group's maximum or an exclusive group is asked for by its node.

    Parameters
    ----------
    nodes
        Needs, windows, offers, sources, groups, exclusive groups, then the sink.
    tail, head, capacity
        (n_arcs,) int64.
    level
        (n_levels, n_arcs) int64, what one unit on the arc adds to each objective.
    reach
        (n_levels,) how far one simple path or cycle can move each objective, at most.
    supply
        (n_nodes,) int64 units that leave each node more than enter it.
    pair
        (n_keep + n_pair arcs,) int64 row of the problem's pairs.
    forced
        (n_groups,) int64 units of each group that must stay unmet because of its maximum; empty without groups.
    begin
        (n_groups,) int64 units of each group that stay unmet whatever the flow; empty without groups.
    set_of_need
        (n_needs,) int64 exclusive group that each need's unmet units pass, counted from `first_set`, or `NONE`.
    """

    nodes: int
    sink: int
    first_window: int
    first_offer: int
    first_source: int
    first_group: int
    first_set: int
    tail: Integers
    head: Integers
    capacity: Integers
    level: Integers
    reach: tuple[int, ...]
    supply: Integers
    pair: Integers
    spans: dict[str, slice]
    forced: Integers
    begin: Integers
    set_of_need: Integers

    def units(self, flow: Integers, pair_count: int) -> Integers:
        """Read the units of each pair from a flow."""
        used = np.flatnonzero(flow[: self.pair.size])  # few of the pairs
        units = np.zeros(pair_count, dtype=np.int64)
        np.add.at(units, self.pair[used], flow[used])
        return units

    def places(self, pairs: Integers) -> Integers:
        """Tell the node that each of some pairs enters: its window, or its offer where it names none."""
        places: Integers = self.head[self.spans["pair"]][pairs]
        return places


@dataclass(frozen=True, kw_only=True)
class Block:
    """Consecutive levels that share one weight: level `first + k` counts `factors[k]` times."""

    first: int
    factors: tuple[int, ...]

    def weight(self, network: Network) -> Integers:
        """Combine the block's levels into one weight for each arc."""
        rows = network.level[self.first : self.first + len(self.factors)]
        weight: Integers = self.factors[0] * rows[0]
        for factor, row in zip(self.factors[1:], rows[1:], strict=True):
            weight += factor * row
        return weight

    def parts(self, combined: Integers) -> Integers:
        """Take the length of a simple path apart into levels: (len(factors), ...) int64."""
        rest = combined
        parts = []
        for factor in self.factors:
            part = (rest + factor // 2) // factor
            parts.append(part)
            rest = rest - part * factor
        return np.stack(parts)


def build(problem: AssignmentProblem, levels: Sequence[MatchObjective], remainder: Remainder, room: Room) -> Network:
    """Lay out the network of what is left to decide.

    A pair keeps its arc where the offer has no room at all, so that the price of a first unit is seen.
    """
    needs, offers, sources = problem.need_count, problem.offer_count, problem.source_count
    choice = choices.of(problem, levels, remainder)
    groups, sets = choice.forced.size, choice.set_least.size
    first_offer = needs + problem.window_count
    first_source = first_offer + offers
    first_group = first_source + sources
    first_set = first_group + groups
    sink = first_set + sets
    everything = int(remainder.quantity.sum()) + 1  # room beyond this binds nobody

    most = np.where(room.pair, remainder.quantity[problem.pair_need], 0)
    kept = np.zeros(0, dtype=np.int64)
    keep = np.zeros(problem.pair_count, dtype=np.int64)
    if MatchObjective.CHANGED in levels:
        keep = np.minimum(remainder.previous, most)
        kept = np.flatnonzero(keep)
    pair = np.concatenate((kept, np.arange(problem.pair_count)))
    place = np.where(problem.pair_window == NONE, first_offer + problem.pair_offer, needs + problem.pair_window)
    group = np.where(choice.group == NONE, sink, first_group + choice.group)
    source = problem.offer_source

    parts: dict[str, tuple[Integers, Integers, Integers]] = {
        "keep": (problem.pair_need[kept], place[kept], keep[kept]),
        "pair": (problem.pair_need, place, most - keep),
        "unmet": (
            np.arange(needs),
            np.where(choice.set == NONE, group, first_set + choice.set),
            remainder.quantity,
        ),
        "step": (first_group + choice.step_group, np.full(choice.step_group.size, sink), choice.step_width),
        "offer": (
            np.arange(first_offer, first_source),
            np.where(source == NONE, sink, first_source + source),
            np.minimum(room.offer, everything),
        ),
        "source": (
            np.arange(first_source, first_group),
            np.full(sources, sink),
            np.minimum(room.source, everything),
        ),
        "window": (
            np.arange(needs, first_offer),
            first_offer + problem.window_offer,
            np.minimum(room.window, everything),
        ),
        "set": (
            np.arange(first_set, sink),
            np.where(choice.set_group == NONE, sink, first_group + choice.set_group),
            choice.set_most,
        ),
    }
    spans: dict[str, slice] = {}
    begin = 0
    for name, (tails, _, _) in parts.items():
        spans[name] = slice(begin, begin + tails.size)
        begin += tails.size

    level, reach = _weigh(problem, levels, choice, spans, pair)
    supply = np.zeros(sink + 1, dtype=np.int64)
    supply[:needs] = remainder.quantity
    supply[first_group:first_set] = -choice.forced
    supply[first_set:sink] = -choice.set_least
    supply[sink] = -supply.sum()
    return Network(
        nodes=sink + 1,
        sink=sink,
        first_window=needs,
        first_offer=first_offer,
        first_source=first_source,
        first_group=first_group,
        first_set=first_set,
        tail=np.concatenate([tails for tails, _, _ in parts.values()]),
        head=np.concatenate([heads for _, heads, _ in parts.values()]),
        capacity=np.concatenate([capacities for _, _, capacities in parts.values()]),
        level=level,
        reach=reach,
        supply=supply,
        pair=pair,
        spans=spans,
        forced=choice.forced,
        begin=choice.begin,
        set_of_need=choice.set,
    )


def _weigh(
    problem: AssignmentProblem,
    levels: Sequence[MatchObjective],
    choice: choices.Choices,
    spans: dict[str, slice],
    pair: Integers,
) -> tuple[Integers, tuple[int, ...]]:
    """Tell what a unit on each arc adds to each objective, and how far a simple path can move each."""
    level = np.zeros((len(levels), max(span.stop for span in spans.values())), dtype=np.int64)
    reach: list[int] = []
    needs, places = problem.need_count, problem.offer_count + problem.window_count
    turns = min(needs, places) + 1  # a simple path enters and leaves each need and each place once
    exits = choice.forced.size + choice.set_least.size + 1
    for row, name in enumerate(levels):
        match name:
            case MatchObjective.QUOTA_SHORTFALL:
                level[row, spans["step"]] = choice.step_shortfall
                reach.append(2)
            case MatchObjective.UNMET_PRIORITY:
                level[row, spans["unmet"]] = problem.need_priority
                reach.append(2 * exits * int(problem.need_priority.max(initial=0)))
            case MatchObjective.UNFAIRNESS:
                level[row, spans["step"]] = choice.step_unfairness
                reach.append(2 * objectives.STEPS)
            case MatchObjective.CHANGED:
                level[row, spans["keep"]] = -1
                reach.append(turns)
            case MatchObjective.CONTINUITY:
                level[row, : pair.size] = objectives.is_another(problem)[pair]
                reach.append(turns)
            case MatchObjective.COST:
                level[row, : pair.size] = problem.pair_cost[pair]
                low, high = int(problem.pair_cost.min(initial=0)), int(problem.pair_cost.max(initial=0))
                reach.append((turns + 1) * (high - low))
    return level, tuple(reach)


def blocks_of(network: Network) -> tuple[Block, ...]:
    """Put as many levels into one weight as 64 bits allow, in order.

    A level counts more than twice what all levels after it in the block can move along a simple path, so that the
    cheapest flow is lexicographically best and a path's length can be taken apart again.
    """
    blocks = []
    first = 0
    while first < len(network.reach):
        end = len(network.reach)
        while end > first + 1 and not _fits(network, first, end):
            end -= 1
        blocks.append(Block(first=first, factors=factors_of(network.reach[first:end])))
        first = end
    return tuple(blocks)


def factors_of(reach: Sequence[int]) -> tuple[int, ...]:
    """Choose how often each level counts, given how far each can be moved."""
    factors: list[int] = []
    below = 0
    for span in reversed(reach):
        factors.append(2 * below + 1)
        below += factors[-1] * span
    return tuple(reversed(factors))


def _fits(network: Network, first: int, end: int) -> bool:
    factors = factors_of(network.reach[first:end])
    largest = np.abs(network.level[first:end]).max(axis=1, initial=0).tolist()
    weight = sum(factor * value for factor, value in zip(factors, largest, strict=True))
    path = sum(factor * span for factor, span in zip(factors, network.reach[first:end], strict=True))
    return bool(weight * (network.nodes + 1) < _WEIGHT_LIMIT and path < PATH_LIMIT)


def residual_of(
    network: Network, flow: Integers, weight: Integers, *, backwards: bool = False, usable: Flags | None = None
) -> Residual:
    """Arrange what a flow leaves open for paths towards given nodes, or (`backwards`) away from them.

    Parameters
    ----------
    usable
        (n_arcs,) bool, False for arcs whose flow may not change; all may if None.
    """
    forth = flow < network.capacity
    back = flow > 0
    if usable is not None:
        forth, back = forth & usable, back & usable
    tail = np.concatenate((network.tail[forth], network.head[back]))
    head = np.concatenate((network.head[forth], network.tail[back]))
    if backwards:
        tail, head = head, tail
    return Residual.towards(network.nodes, tail, head, np.concatenate((weight[forth], -weight[back])))
