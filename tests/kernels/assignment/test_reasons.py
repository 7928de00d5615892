"""Every reason is true: applying a change meets the need, and a full re-solve agrees with every number."""

import numpy as np
import pytest

from linkage.kernels.assignment.problem import AssignmentProblem
from linkage.kernels.assignment.solve import MatchOptions, match
from linkage.terms import AlternativeCause, MatchObjective, UnmetCause

UNMET, UNFAIR, CHANGED, COST = (
    MatchObjective.UNMET_PRIORITY,
    MatchObjective.UNFAIRNESS,
    MatchObjective.CHANGED,
    MatchObjective.COST,
)


def _values(result):
    return tuple(objective.value for objective in result.objectives)


def _only_unmet_need_left(problem, result, need):
    """Trim every other need to what it is served, so that nothing but this need is unmet."""
    quantity = problem.need_quantity - np.where(np.arange(problem.need_count) == need, 0, result.unmet)
    kept = quantity > 0
    rows = kept[problem.pair_need]
    place = np.cumsum(kept) - 1
    return {
        "need_quantity": quantity[kept],
        "need_priority": problem.need_priority[kept],
        "offer_capacity": problem.offer_capacity.copy(),
        "offer_source": problem.offer_source,
        "source_caps": problem.source_caps.copy(),
        "pair_need": place[problem.pair_need[rows]],
        "pair_offer": problem.pair_offer[rows],
        "pair_cost": problem.pair_cost[rows],
        "pair_use": problem.pair_use[rows],
        "indivisible": problem.indivisible,
    }


def _unmet(columns):
    return _values(match(AssignmentProblem.of(**columns), MatchOptions(objectives=(UNMET, COST), is_explained=False)))[
        0
    ]


@pytest.mark.parametrize(
    ("use", "indivisible"), [(1, False), (3, False), (3, True)], ids=["even", "uneven", "undivided"]
)
def test_change_meets_the_need_and_nobody_loses(random_problem, use, indivisible):
    """With the change all that is unmet of the need is served beside all that was; one unit less does not do it."""
    rng = np.random.default_rng(21)
    checked = 0
    while checked < 150:
        problem = random_problem(rng, use=use, indivisible=indivisible)
        result = match(problem)
        for row in range(int((result.unmet > 0).sum())):
            reason = result.reasons.of_unmet(row)
            if reason.change is None:
                assert reason.cause is UnmetCause.NO_ELIGIBLE_OFFER
                continue
            columns = _only_unmet_need_left(problem, result, reason.need)
            assert _unmet(columns) > 0
            columns["offer_capacity"][reason.change.offer] += reason.change.added_capacity
            if reason.change.source is not None:
                columns["source_caps"][reason.change.source] += reason.change.added_cap

            assert _unmet(columns) == 0
            checked += 1


def test_change_is_the_smallest_for_even_units(random_problem):
    """Where every unit takes one unit of capacity, no smaller addition at any offer meets the need."""
    rng = np.random.default_rng(22)
    checked = 0
    while checked < 100:
        problem = random_problem(rng)
        result = match(problem)
        for row in range(int((result.unmet > 0).sum())):
            reason = result.reasons.of_unmet(row)
            if reason.change is None or reason.change.added_cap or not reason.change.added_capacity:
                continue
            for offer in range(problem.offer_count):
                columns = _only_unmet_need_left(problem, result, reason.need)
                columns["offer_capacity"][offer] += reason.change.added_capacity - 1
                assert _unmet(columns) > 0
            checked += 1


def test_other_offer_meets_one_unit_as_well(random_problem):
    """One more unit at the other offer named meets one unit of the need, because others can move."""
    rng = np.random.default_rng(23)
    checked = 0
    while checked < 40:
        problem = random_problem(rng, needs=6, offers=4)
        result = match(problem)
        for row in range(int((result.unmet > 0).sum())):
            reason = result.reasons.of_unmet(row)
            if reason.other_offer is None:
                continue
            columns = _only_unmet_need_left(problem, result, reason.need)
            before = _unmet(columns)
            columns["offer_capacity"][reason.other_offer] += 1

            assert _unmet(columns) == before - problem.need_priority[reason.need]
            checked += 1


def test_exchange_tells_what_serving_the_need_would_cost(random_problem):
    """Forcing one unit of an unmet need in makes the named objective worse by the named margin, those before equal."""
    rng = np.random.default_rng(24)
    checked = 0
    while checked < 150:
        problem = random_problem(rng, needs=5)
        result = match(problem)
        for row in range(int((result.unmet > 0).sum())):
            reason = result.reasons.of_unmet(row)
            if reason.displaced_need is None or result.unmet[reason.need] != problem.need_quantity[reason.need]:
                continue
            forced = _best_with_a_unit_of(problem, result, reason.need)
            difference = tuple(np.subtract(forced, _values(result)).tolist())
            first = next((place for place, value in enumerate(difference) if value), None)

            if first is None:
                assert reason.decided_by is None
            else:
                assert (reason.decided_by, reason.margin) == (result.reasons.levels[first], difference[first])
            checked += 1


def _best_with_a_unit_of(problem, result, need):
    """The best values among plans that serve at least one unit of the need: fixed at each of its offers in turn."""
    best = None
    for row in range(problem.need_start[need], problem.need_start[need + 1]):
        fixed = np.zeros(problem.pair_count, dtype=np.int64)
        fixed[row] = 1
        columns = {name: getattr(problem, name) for name in _COLUMNS} | {"fixed": fixed}
        forced = match(
            AssignmentProblem.of(**columns), MatchOptions(objectives=result.reasons.levels, is_explained=False)
        )
        if not forced.conflicts and (best is None or _values(forced) < best):
            best = _values(forced)
    return best


_COLUMNS = (
    "need_quantity",
    "need_priority",
    "need_group",
    "offer_capacity",
    "offer_source",
    "source_caps",
    "pair_need",
    "pair_offer",
    "pair_cost",
    "pair_use",
    "previous",
    "indivisible",
    "fair_groups",
)


def test_prices_tell_what_one_more_unit_is_worth(random_problem):
    """One more unit of an offer, or of a source's cap, lowers the objectives by exactly its price."""
    rng = np.random.default_rng(25)
    for _ in range(60):
        problem = random_problem(rng, needs=5)
        result = match(problem)
        prices = [("offer_capacity", result.reasons.offer_price), ("source_caps", result.reasons.source_price)]
        for name, price in prices:
            for index in range(price.shape[1]):
                limits = getattr(problem, name).copy()
                if limits[index] < 0:
                    continue
                limits[index] += 1
                columns = {column: getattr(problem, column) for column in _COLUMNS} | {name: limits}
                after = _values(match(AssignmentProblem.of(**columns), MatchOptions(is_explained=False)))

                assert tuple(np.subtract(_values(result), after).tolist()) == tuple(price[:, index].tolist())


def _match(**columns):
    defaults = {"need_quantity": [1, 1], "offer_capacity": [1], "pair_need": [0, 1], "pair_offer": [0, 0]}
    return match(AssignmentProblem.of(**(defaults | {"pair_cost": [1, 1]} | columns)))


def test_need_without_offer_says_so():
    """A need that no offer is eligible for has no change to suggest."""
    reason = _match(pair_need=[1], pair_offer=[0], pair_cost=[1]).reasons.of_unmet(0)

    assert (reason.need, reason.cause, reason.change) == (0, UnmetCause.NO_ELIGIBLE_OFFER, None)


def test_need_behind_higher_priority_names_the_holder():
    """The one place went to a need of priority 4: the reason names it, and by how much it weighs more."""
    reason = _match(need_priority=[1, 4]).reasons.of_unmet(0)

    assert (reason.cause, reason.decided_by, reason.margin) == (UnmetCause.CAPACITY_TAKEN, UNMET, 3)
    assert reason.displaced_need == 1
    assert [(holder.need, holder.offer, holder.priority) for holder in reason.holders] == [(1, 0, 4)]
    assert (reason.change.offer, reason.change.added_capacity, reason.change.meets) == (0, 1, 1)


def test_need_behind_a_cheaper_one_says_by_how_much():
    """Two equal needs, one place: the cheaper match wins by the difference in cost."""
    reason = _match(pair_cost=[7, 2]).reasons.of_unmet(0)

    assert (reason.decided_by, reason.margin, reason.displaced_need) == (COST, 5, 1)


def test_tie_is_told_as_a_tie():
    """Two needs equal in everything: no objective decided between them."""
    reason = _match().reasons.of_unmet(0)

    assert (reason.cause, reason.decided_by) == (UnmetCause.CAPACITY_TAKEN, None)
    assert reason.displaced_need is not None


def test_need_of_a_better_served_group_waits_for_fairness():
    """A group with one of two needs met waits behind a group with none met, although it would cost less."""
    result = _match(
        need_quantity=[1, 1, 1],
        need_priority=[1, 2, 1],
        need_group=[0, 0, 1],
        offer_capacity=[2],
        pair_need=[0, 1, 2],
        pair_offer=[0, 0, 0],
        pair_cost=[1, 1, 9],
        fair_groups=True,
    )
    reason = result.reasons.of_unmet(0)

    assert (reason.cause, reason.decided_by) == (UnmetCause.FAIRNESS, UNFAIR)
    assert reason.displaced_need == 2


def test_need_behind_a_source_cap_asks_to_raise_the_cap():
    """The offer has room, its source has none: only the cap has to change."""
    reason = _match(offer_capacity=[5], offer_source=[0], source_caps=[1]).reasons.of_unmet(0)

    assert reason.cause is UnmetCause.SOURCE_CAP
    assert (reason.change.added_capacity, reason.change.source, reason.change.added_cap) == (0, 0, 1)


def test_undivided_need_beyond_every_offer_says_no_capacity():
    """Three units in one piece do not fit an offer of two, however idle."""
    reason = _match(need_quantity=[3, 1], offer_capacity=[2], indivisible=True).reasons.of_unmet(0)

    assert (reason.cause, reason.change.added_capacity) == (UnmetCause.NO_CAPACITY, 2)


@pytest.mark.parametrize(
    ("columns", "cause"),
    [
        pytest.param({}, AlternativeCause.COSTLIER, id="costlier"),
        pytest.param({"pair_cost": [1, 1]}, AlternativeCause.EQUAL, id="equal"),
        pytest.param({"pair_offer": [0], "pair_need": [0], "pair_cost": [1]}, AlternativeCause.ONLY_CHOICE, id="only"),
        pytest.param({"pair_cost": [3, 1], "offer_capacity": [1, 0]}, AlternativeCause.CAPACITY_TAKEN, id="full"),
        pytest.param(
            {"pair_cost": [3, 1], "offer_source": [-1, 0], "source_caps": [0]}, AlternativeCause.SOURCE_CAP, id="cap"
        ),
        pytest.param({"pair_cost": [3, 1], "previous": [1, 0]}, AlternativeCause.CONTINUITY, id="continuity"),
        pytest.param({"pair_cost": [3, 1], "fixed": [1, 0]}, AlternativeCause.FIXED, id="fixed"),
    ],
)
def test_match_tells_why_not_the_next_best_offer(columns, cause):
    """One need at one of two offers, the first unless they are equal: why the other was not taken."""
    defaults = {"need_quantity": [1], "offer_capacity": [1, 1], "pair_need": [0, 0], "pair_offer": [0, 1]}
    result = match(AssignmentProblem.of(**(defaults | {"pair_cost": [1, 2]} | columns)))
    reason = result.reasons.of_match(0)

    assert reason.cause is cause
    assert reason.offer == 0 or cause is AlternativeCause.EQUAL


def test_match_tells_its_rank_among_the_choices():
    """Third cheapest of four, two cheaper ones full: rank 3, and the cheapest other is named."""
    result = match(
        AssignmentProblem.of(
            need_quantity=[1],
            offer_capacity=[0, 1, 0, 1],
            pair_need=[0, 0, 0, 0],
            pair_offer=[0, 1, 2, 3],
            pair_cost=[2, 5, 1, 9],
        )
    )
    reason = result.reasons.of_match(0)

    assert (reason.offer, reason.cost, reason.cost_rank, reason.choices) == (1, 5, 3, 4)
    assert (reason.next_offer, reason.next_cost) == (2, 1)
