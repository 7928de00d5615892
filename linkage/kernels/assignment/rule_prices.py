"""What one more unit is worth in a window and under a group's maximum, exact for one unit of a proven flow.

From shortest paths in the residual graph, like the prices of offers and sources in `exchange`; it is asked for
seldom, because a window at a full offer takes a search of its own.
"""

from __future__ import annotations

import numpy as np

from linkage.kernels.assignment import objectives
from linkage.kernels.assignment.exchange import ProvenFlow
from linkage.kernels.assignment.problem import Integers
from linkage.terms import MatchObjective


def of_windows(proven: ProvenFlow) -> Integers:
    """Tell what one more unit of need in each window takes off each objective: (n_levels, n_windows) int64."""
    problem, network = proven.problem, proven.network
    graph = proven.residual(backwards=True)
    full = np.flatnonzero(proven.is_full("window"))
    length = np.zeros(problem.window_count, dtype=np.int64)
    for offer in np.unique(problem.window_offer[full]).tolist():
        start = np.array([network.first_offer + offer])
        distance, _ = graph.shortest(start, np.zeros(1, dtype=np.int64), start)
        here = full[problem.window_offer[full] == offer]
        length[here] = distance[network.first_window + here]
    return _taken_apart(proven, -length)


def of_groups(proven: ProvenFlow) -> Integers:
    """Tell what one more unit under each group's maximum takes off each objective: (n_levels, n_groups) int64."""
    problem, network = proven.problem, proven.network
    gain = np.zeros(problem.group_count, dtype=np.int64)
    binding = np.flatnonzero(network.forced)
    if binding.size:
        end = np.array([network.sink])
        to_sink, _ = proven.residual().shortest(end, np.zeros(1, dtype=np.int64), end)
        gain[binding] = _last_unmet(proven)[binding] - to_sink[network.first_group + binding]
    return _taken_apart(proven, gain)


def _last_unmet(proven: ProvenFlow) -> Integers:
    """Weigh the last unmet unit that each group's maximum asks for: (n_groups,) int64."""
    problem, network = proven.problem, proven.network
    begin = network.begin
    demand = objectives.group_demand(problem)
    costs = {
        MatchObjective.UNFAIRNESS: -(-begin * objectives.STEPS // np.maximum(demand, 1)),
        MatchObjective.QUOTA_SHORTFALL: (begin > objectives.allowed_unmet(problem)).astype(np.int64),
    }
    weight = np.zeros(problem.group_count, dtype=np.int64)
    for row, factor in enumerate(proven.block.factors):
        level = proven.levels[proven.block.first + row]
        if level in costs:
            weight += factor * costs[level]
    return weight


def _taken_apart(proven: ProvenFlow, gain: Integers) -> Integers:
    parts = np.zeros((len(proven.levels), gain.size), dtype=np.int64)
    begin = proven.block.first
    parts[begin : begin + len(proven.block.factors)] = proven.block.parts(np.maximum(gain, 0))
    return parts
