"""Reads generalised-assignment files of the OR-Library, and draws more of the kind.

A file holds `m n`, the cost of each pair row by row for m agents, what each pair takes, and the agents' capacities.
Types b, c and d are drawn by the recipes of Chu and Beasley (1997); agents are offers, jobs are needs of one unit.
"""

from __future__ import annotations

import numpy as np

from linkage.kernels.assignment.problem import AssignmentProblem


def read(text):
    """Turn the text of a file into a problem of undivided needs."""
    numbers = np.array(text.split(), dtype=np.int64)
    agents, jobs = numbers[:2].tolist()
    cost, use = numbers[2 : 2 + 2 * agents * jobs].reshape(2, agents, jobs)
    return problem_of(cost, use, numbers[2 + 2 * agents * jobs :][:agents])


def draw(kind, agents, jobs, *, seed):
    """Draw an instance of type b, c or d."""
    rng = np.random.default_rng(seed)
    if kind == "d":
        use = rng.integers(1, 101, (agents, jobs))
        cost = 111 - use + rng.integers(-10, 11, (agents, jobs))
    else:
        use = rng.integers(5, 26, (agents, jobs))
        cost = rng.integers(10, 51, (agents, jobs))
    capacity = use.sum(axis=1) * 8 // (10 * agents)
    if kind == "b":
        cheapest = cost.argmin(axis=0)
        most = max(int(use[agent, cheapest == agent].sum()) for agent in range(agents))
        capacity = np.full(agents, (6 * 15 * jobs // agents + 4 * most) * 7 // 100)
    return problem_of(cost, use, capacity)


def problem_of(cost, use, capacity):
    """Every job may go to every agent; rows of `cost` and `use` are agents."""
    agents, jobs = cost.shape
    return AssignmentProblem.of(
        need_quantity=np.ones(jobs, dtype=np.int64),
        offer_capacity=capacity,
        pair_need=np.tile(np.arange(jobs), agents),
        pair_offer=np.repeat(np.arange(agents), jobs),
        pair_cost=cost.ravel(),
        pair_use=use.ravel(),
        indivisible=True,
    )
