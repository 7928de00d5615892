"""Takes a matching problem apart where no rule joins its needs, and makes a problem of its own of each part.

Every objective is a sum over the parts, so the best plan of the whole is made of the best plans of the parts, level
by level. It solves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from linkage.kernels.assignment import objectives
from linkage.kernels.assignment.problem import NONE, AssignmentProblem, Flags, Integers
from linkage.kernels.assignment.remainder import Remainder
from linkage.terms import MatchObjective

_ON_GROUPS = (MatchObjective.UNFAIRNESS, MatchObjective.QUOTA_SHORTFALL)


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """A problem of its own, and the rows of the whole that its pairs are: (n_part_pairs,) int64."""

    problem: AssignmentProblem
    pairs: Integers


def parts_of(
    problem: AssignmentProblem,
    levels: Sequence[MatchObjective],
    remainder: Remainder,
    concerned: Flags,
    *,
    together: int,
) -> list[Part]:
    """List the parts that hold one of the needs concerned, the smallest first.

    Parameters
    ----------
    concerned
        (n_needs,) bool.
    together
        Parts with few pairs are told as one, up to this many pairs.
    """
    groups_count = any(level in levels for level in _ON_GROUPS) or bool(
        (objectives.by_group_of(problem, remainder.quantity) > remainder.most).any()
    )
    binding = _binding_sources(problem, remainder)
    label = _labels(problem, remainder, binding, by_group=groups_count)
    wanted = np.unique(label[: problem.need_count][concerned])
    count = np.bincount(label[problem.pair_need], minlength=int(label.max(initial=0)) + 1)
    order = wanted[np.lexsort((wanted, count[wanted]))]
    sizes = count[order]
    if order.size == 1 and sizes[0] == problem.pair_count and _is_all(problem, label, int(order[0])):
        return [Part(problem=problem, pairs=np.arange(problem.pair_count))]
    batch = np.full(int(label.max(initial=0)) + 1, NONE)
    number, filled = -1, together
    for place, size in zip(order.tolist(), sizes.tolist(), strict=True):
        if filled + size > together:
            number, filled = number + 1, 0
        filled += size
        batch[place] = number
    of_need = batch[label[: problem.need_count]]
    of_pair = of_need[problem.pair_need]
    needs_by, pairs_by = np.argsort(of_need, kind="stable"), np.argsort(of_pair, kind="stable")
    need_ends = np.searchsorted(of_need[needs_by], np.arange(number + 2))
    pair_ends = np.searchsorted(of_pair[pairs_by], np.arange(number + 2))
    return [
        _part(
            problem,
            needs_by[need_ends[index] : need_ends[index + 1]],
            pairs_by[pair_ends[index] : pair_ends[index + 1]],
            binding,
            by_group=groups_count,
        )
        for index in range(number + 1)
    ]


def _is_all(problem: AssignmentProblem, label: Integers, place: int) -> bool:
    return bool((label[: problem.need_count] == place).all())


def _binding_sources(problem: AssignmentProblem, remainder: Remainder) -> Flags:
    """Tell the sources whose cap is below what their offers could give together."""
    together = np.zeros(problem.source_count, dtype=np.int64)
    inside = problem.offer_source != NONE
    np.add.at(together, problem.offer_source[inside], remainder.capacity[inside])
    binding: Flags = remainder.caps < together
    return binding


def _labels(problem: AssignmentProblem, remainder: Remainder, binding: Flags, *, by_group: bool) -> Integers:
    """Number the parts: (n_needs + ...,) int64, the needs first."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    needs, offers, sources = problem.need_count, problem.offer_count, problem.source_count
    ends: list[tuple[Integers, Integers]] = []
    live = (remainder.quantity[problem.pair_need] > 0) | (remainder.fixed > 0)
    ends.append((problem.pair_need[live], needs + problem.pair_offer[live]))
    capped = np.flatnonzero(problem.offer_source != NONE)
    capped = capped[binding[problem.offer_source[capped]]]
    ends.append((needs + capped, needs + offers + problem.offer_source[capped]))
    begin = needs + offers + sources
    for owner in (problem.need_exclusive, problem.need_package, problem.need_group if by_group else None):
        if owner is not None:
            inside = np.flatnonzero(owner != NONE)
            ends.append((inside, begin + owner[inside]))
            begin += max(needs, problem.group_count)
    tail, head = (np.concatenate(column) for column in zip(*ends, strict=True))
    graph = coo_array((np.ones(tail.size, dtype=np.int8), (tail, head)), shape=(begin, begin))
    _, label = connected_components(graph, directed=False)
    found: Integers = label.astype(np.int64)
    return found


def _part(problem: AssignmentProblem, needs: Integers, pairs: Integers, binding: Flags, *, by_group: bool) -> Part:
    """Make a problem of some needs and their pairs, with all else numbered anew."""
    pairs = np.sort(pairs)
    needs = np.sort(needs)
    offers, pair_offer = np.unique(problem.pair_offer[pairs], return_inverse=True)
    place = np.full(problem.need_count, NONE)
    place[needs] = np.arange(needs.size)
    source = problem.offer_source[offers]
    source = np.where((source != NONE) & np.append(binding, np.zeros(1, dtype=np.bool_))[source], source, NONE)
    sources, offer_source = _renumbered(source)
    windows, pair_window = _renumbered(problem.pair_window[pairs])
    at_offer = np.full(problem.offer_count, NONE)
    at_offer[offers] = np.arange(offers.size)
    groups, need_group = _renumbered(problem.need_group[needs] if by_group else np.full(needs.size, NONE))
    has_quotas = bool(problem.group_min.size)
    return Part(
        problem=AssignmentProblem.of(
            need_quantity=problem.need_quantity[needs],
            need_priority=problem.need_priority[needs],
            need_group=need_group,
            need_exclusive=_renumbered(problem.need_exclusive[needs])[1],
            need_package=_renumbered(problem.need_package[needs])[1],
            offer_capacity=problem.offer_capacity[offers],
            offer_source=offer_source,
            source_caps=problem.source_caps[sources],
            window_offer=at_offer[problem.window_offer[windows]],
            window_capacity=problem.window_capacity[windows],
            group_min=problem.group_min[groups] if has_quotas else None,
            group_max=problem.group_max[groups] if has_quotas else None,
            pair_need=place[problem.pair_need[pairs]],
            pair_offer=pair_offer,
            pair_window=pair_window,
            pair_cost=problem.pair_cost[pairs],
            pair_use=problem.pair_use[pairs],
            is_last=problem.is_last[pairs],
            previous=problem.previous[pairs],
            fixed=problem.fixed[pairs],
            indivisible=problem.indivisible,
            fair_groups=problem.fair_groups,
        ),
        pairs=pairs,
    )


def _renumbered(column: Integers) -> tuple[Integers, Integers]:
    """Number what a column names from 0, in order; `NONE` stays."""
    named = column != NONE
    names, place = np.unique(column[named], return_inverse=True)
    anew = np.full(column.size, NONE)
    anew[named] = place
    return names, anew
