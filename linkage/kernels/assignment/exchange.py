"""What a proven flow knows beyond the limits: who would have to lose, and what one more unit is worth.

All from shortest paths in the residual graph, exact for one unit. Weights are those of the flow's first block of
levels, which holds all of them unless the numbers are very large; levels beyond count as ties here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from linkage.kernels.assignment.explain import pairs_of
from linkage.kernels.assignment.flow import Solved
from linkage.kernels.assignment.network import Block, Network, residual_of
from linkage.kernels.assignment.problem import NONE, AssignmentProblem, Flags, Integers
from linkage.kernels.assignment.reasons import UNMET_CAUSES, UnmetColumns
from linkage.kernels.assignment.remainder import Room
from linkage.kernels.assignment.residual import FAR, Residual
from linkage.terms import MatchObjective, UnmetCause

if TYPE_CHECKING:
    from linkage.kernels.assignment.simplex.residual import PricedResidual

_NOT_ENOUGH: Final = 2**61  # dearer than any path: a unit added to an offer whose source is at its cap


@dataclass(frozen=True, kw_only=True, eq=False)
class ProvenFlow:
    """A cheapest flow with the network it flows in."""

    problem: AssignmentProblem
    levels: tuple[MatchObjective, ...]
    network: Network
    room: Room
    block: Block
    flow: Integers
    price: Integers | None = None
    basis: Integers | None = None

    @classmethod
    def of(
        cls,
        problem: AssignmentProblem,
        levels: tuple[MatchObjective, ...],
        network: Network,
        room: Room,
        solved: Solved,
    ) -> Self:
        """Take over a solved flow; its prices count only where they are those of the first block."""
        return cls(
            problem=problem,
            levels=levels,
            network=network,
            room=room,
            block=solved.blocks[0],
            flow=solved.flow,
            price=solved.price if len(solved.blocks) == 1 else None,
            basis=None if solved.simplex is None else solved.simplex.basis,
        )

    @cached_property
    def weight(self) -> Integers:
        """Weight of each arc."""
        return self.block.weight(self.network)

    def residual(self, *, backwards: bool = False, usable: Flags | None = None) -> Residual | PricedResidual:
        """Arrange what the flow leaves open, as `network.residual_of` does."""
        network, price = self.network, self.price
        if price is None:
            return residual_of(network, self.flow, self.weight, backwards=backwards, usable=usable)
        from linkage.kernels.assignment.simplex.residual import PricedResidual  # loads the compiler

        forth, back = self.flow < network.capacity, self.flow > 0
        if usable is not None:
            forth, back = forth & usable, back & usable
        tail, head = (network.head, network.tail) if backwards else (network.tail, network.head)
        return PricedResidual.towards(
            tail, head, self.weight, forth=forth, back=back, price=-price if backwards else price
        )

    def is_full(self, span: str) -> Flags:
        """Tell which arcs of a span carry all they can."""
        arcs = self.network.spans[span]
        full: Flags = self.flow[arcs] >= self.network.capacity[arcs]
        return full


def with_exchanges(proven: ProvenFlow, columns: UnmetColumns) -> UnmetColumns:
    """Add to each unmet need what serving one unit of it instead of another need would cost, and whom."""
    problem, network = proven.problem, proven.network
    weight = proven.weight
    pairs, start = pairs_of(problem, columns.need)
    offers = network.places(pairs)
    forth = _cheapest_arc(proven, weight)[pairs]
    loss = np.full(columns.need.size, FAR, dtype=np.int64)
    loser = np.full(columns.need.size, NONE, dtype=np.int64)
    lengths_to = _lengths_to_ends(proven)
    unmet_arc = network.spans["unmet"].start + columns.need
    ends = _ends(proven, unmet_arc)
    for end in np.unique(ends[ends != NONE]).tolist():
        length, label = lengths_to(end)
        total = np.where(length[offers] < FAR, forth + length[offers], FAR)
        best, place = _least(total, start)
        here = ends == end
        known = here & (best < FAR)
        loss[known] = best[known] - weight[unmet_arc[known]]
        loser[known] = label[offers[place[known]]]

    other = (loser != NONE) & (loser != columns.need) & (loser < network.first_offer)
    parts = proven.block.parts(np.where(other, loss, 0))
    worse = parts != 0
    decided = np.where(worse.any(axis=0), worse.argmax(axis=0), NONE)
    margin = np.where(decided == NONE, 0, np.take_along_axis(parts, np.maximum(decided, 0)[None], axis=0)[0])
    for_fairness = np.zeros(columns.need.size, dtype=np.bool_)
    if MatchObjective.UNFAIRNESS in proven.levels:
        taken = columns.cause == UNMET_CAUSES.index(UnmetCause.CAPACITY_TAKEN)
        for_fairness = taken & (decided == proven.levels.index(MatchObjective.UNFAIRNESS))
    return replace(
        columns,
        cause=np.where(for_fairness, UNMET_CAUSES.index(UnmetCause.FAIRNESS), columns.cause),
        decided_by=decided,
        margin=margin,
        displaced_need=np.where(other, loser, NONE),
        other_offer=_other_offers(proven, columns, weight),
    )


def _ends(proven: ProvenFlow, unmet: Integers) -> Integers:
    """Tell where the units of some unmet arcs arrive that others could take the place of.

    A need whose exclusive group has no need met counts in its group; where one is met there is nothing to tell but
    that: `NONE`.
    """
    network = proven.network
    ends = network.head[unmet].copy()
    in_set = (ends >= network.first_set) & (ends < network.sink)
    arcs = network.spans["set"].start + ends[in_set] - network.first_set
    ends[in_set] = np.where(proven.flow[arcs] > 0, network.head[arcs], NONE)
    return ends


def _lengths_to_ends(proven: ProvenFlow) -> Callable[[int], tuple[Integers, Integers]]:
    """Tell lengths of paths to the sink or to a group; paths to a group begin with those that lead through the sink."""
    network = proven.network
    sink, nothing, label = np.array([network.sink]), np.zeros(1, dtype=np.int64), np.array([NONE])
    towards = proven.residual()
    to_sink = towards.shortest(sink, nothing, label, stamps=network.first_group)
    if network.first_group == network.sink:
        return lambda _: to_sink
    from_sink, _ = proven.residual(backwards=True).shortest(sink, nothing, label)

    def lengths_to(end: int) -> tuple[Integers, Integers]:
        if end == network.sink:
            return to_sink
        is_joined = (to_sink[0] < FAR) & (from_sink[end] < FAR)
        through = np.where(is_joined, to_sink[0] + from_sink[end], FAR)
        upper = (through, np.where(is_joined, to_sink[1], NONE))
        return towards.shortest(np.array([end]), nothing, label, stamps=network.first_group, upper=upper)

    return lengths_to


def _cheapest_arc(proven: ProvenFlow, weight: Integers) -> Integers:
    """Tell what one more unit on each pair weighs: its keep arc while that has room, else its own."""
    network = proven.network
    keep, pair = network.spans["keep"], network.spans["pair"]
    forth = weight[pair].copy()
    open_keep = np.flatnonzero(~proven.is_full("keep"))
    forth[network.pair[keep][open_keep]] = weight[keep][open_keep]
    return forth


def _least(total: Integers, start: Integers) -> tuple[Integers, Integers]:
    """Find the least of each segment and where it stands first; `FAR` and 0 for an empty segment."""
    count = start.size - 1
    best = np.full(count, FAR, dtype=np.int64)
    place = np.zeros(count, dtype=np.int64)
    filled = np.flatnonzero(np.diff(start))
    if filled.size:
        best[filled] = np.minimum.reduceat(total, start[filled])
        owner = np.repeat(np.arange(count), np.diff(start))
        hits = np.flatnonzero(total == best[owner])[::-1]
        place[owner[hits]] = hits
    return best, place


def _other_offers(proven: ProvenFlow, columns: UnmetColumns, weight: Integers) -> Integers:
    """Name the offer where one more unit would meet one unit of the need at least cost, if it is not eligible."""
    problem, network = proven.problem, proven.network
    inner = np.ones(network.tail.size, dtype=np.bool_)  # nobody loses: no path along "unmet", none through the sink
    inner[network.spans["unmet"]] = False
    inner[network.spans["step"]] = False
    inner &= network.head != network.sink
    graph = proven.residual(usable=inner)
    offers = np.arange(problem.offer_count)
    tight = np.zeros(problem.offer_count, dtype=np.bool_)
    capped = problem.offer_source != NONE
    tight[capped] = proven.is_full("source")[problem.offer_source[capped]]
    length, label = graph.shortest(network.first_offer + offers, np.where(tight, _NOT_ENOUGH, 0), offers)

    pairs, start = pairs_of(problem, columns.need)
    nodes = network.places(pairs)
    best, place = _least(_cheapest_arc(proven, weight)[pairs] + length[nodes], start)
    is_met = best < _NOT_ENOUGH // 2
    chosen = np.full(columns.need.size, NONE, dtype=np.int64)
    chosen[is_met] = label[nodes[place[is_met]]]
    owner = np.repeat(np.arange(columns.need.size), np.diff(start))
    eligible = np.zeros(columns.need.size, dtype=np.bool_)
    eligible[owner[problem.pair_offer[pairs] == chosen[owner]]] = True
    return np.where(eligible, NONE, chosen)


def prices(proven: ProvenFlow) -> tuple[Integers, Integers]:
    """Tell what one more unit of need at each offer, and under each source's cap, takes off each objective.

    Returns
    -------
    tuple
        (n_levels, n_offers) and (n_levels, n_sources) int64; levels beyond the first block are 0.
    """
    problem, network = proven.problem, proven.network
    graph = proven.residual(backwards=True)
    end = np.array([network.sink])
    from_sink, _ = graph.shortest(end, np.zeros(1, dtype=np.int64), end)
    first = network.first_offer
    length = from_sink[first : network.first_source].copy()
    sources = slice(network.first_source, network.first_group)
    for source in np.flatnonzero(proven.is_full("source")).tolist():
        members = np.flatnonzero(problem.offer_source == source)
        start = np.array([network.first_source + source])
        from_source, _ = graph.shortest(start, np.zeros(1, dtype=np.int64), start)
        length[members] = from_source[first + members]
    return _taken_apart(proven, length), _taken_apart(proven, from_sink[sources])


def _taken_apart(proven: ProvenFlow, length: Integers) -> Integers:
    parts = np.zeros((len(proven.levels), length.size), dtype=np.int64)
    gain = np.where(length < 0, -length, 0)
    begin = proven.block.first
    parts[begin : begin + len(proven.block.factors)] = proven.block.parts(gain)
    return parts
