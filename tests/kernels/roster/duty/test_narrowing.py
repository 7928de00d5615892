"""Narrowing forbids no better plan; sums tell rows apart by slope."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from linkage.kernels.roster.duty.branch import Incumbent, Tree
from linkage.kernels.roster.duty.master import Master
from linkage.kernels.roster.duty.narrowing import narrow
from linkage.kernels.roster.duty.solve import _prepared, _Run
from linkage.kernels.roster.duty.sums import Sums, segments_of
from linkage.kernels.roster.duty.tables import HARD, SCALE
from linkage.kernels.roster.hard import HardFacts
from linkage.kernels.roster.objective import Costs
from linkage.kernels.roster.problem import RosterProblem
from linkage.kernels.roster.result import RosterOptions


@pytest.mark.parametrize("seed", [3, 5, 8, 20])
def test_narrowing_keeps_the_best_plan(seed: int, a_random_rota: Callable[..., RosterProblem]) -> None:
    """What is forbidden at a cutoff just above the best cost is in no best plan."""
    facts = HardFacts.of(a_random_rota(seed, people=5, days=9))
    prepared = _prepared(facts, Costs.of(facts))
    assert prepared is not None
    duty = prepared[1]
    run = _Run(duty, RosterOptions(moves=50))
    assert run.found > 0
    plan, cost, lower = run.prove()
    assert cost <= lower
    master = Master(duty.tables, duty.row_cost, room=run.state.at.size, seconds_left=lambda: 60.0)
    tree = Tree(master, Incumbent(plan=plan, cost=cost + SCALE), lambda: True)
    root = master.root(duty.most)
    tree.solve(root)

    kept = narrow(master, root, cost + 1)

    assert (kept.option_cost[plan[plan >= 0]] == duty.tables.option_cost[plan[plan >= 0]]).all()
    assert (kept.rest_cost[plan < 0] == duty.tables.rest_cost[plan < 0]).all()
    count = np.zeros(kept.low.size, dtype=np.int64)
    for path in plan:
        np.add.at(count, master.rows_of(path), 1)
    assert (kept.low <= count).all()
    assert (count <= kept.high).all()
    assert kept.bound <= cost


def test_narrowing_says_when_somebody_has_no_schedule(a_random_rota: Callable[..., RosterProblem]) -> None:
    """Without a choice on any day, and no day off, no plan is left."""
    facts = HardFacts.of(a_random_rota(3))
    prepared = _prepared(facts, Costs.of(facts))
    assert prepared is not None
    duty = prepared[1]
    run = _Run(duty, RosterOptions())
    master = Master(duty.tables, duty.row_cost, room=run.state.at.size, seconds_left=lambda: 60.0)
    tree = Tree(master, Incumbent(plan=run.state.plan, cost=HARD), lambda: True)
    root = master.root(duty.most)
    tree.solve(root)
    nothing = replace(
        root, option_cost=np.full_like(root.option_cost, HARD << 9), rest_cost=np.full_like(root.rest_cost, HARD << 9)
    )

    assert narrow(master, nothing, HARD).bound >= HARD


def test_sums_add_up_segments_of_the_same_slope() -> None:
    """Missing people at one weight make one sum; a slope that only one row has makes none."""
    missing = np.asarray([[20, 10, 0, 1, 2], [30, 20, 10, 0, 7]])
    sums = Sums([segments_of(row, 4) for row in missing], 5)

    assert sums.members == [[(0, 0), (1, 0)]]
    assert sums.most.tolist() == [5]
    assert sums.adds[0].tolist() == [[0, 1, 2, 2, 2], [0, 1, 2, 3, 3]]
    price, low, high = np.asarray([4]), np.asarray([1]), np.asarray([3])
    assert sums.floor(price, low, high) == 4
    assert sums.floor(-price, low, high) == -12
    assert sums.tilt(missing, price)[0].tolist() == [20, 6, -8, -7, -6]
    assert sums.uphill(price * 1.0, low, high, np.asarray([2, 2])).tolist() == [-3.0]
