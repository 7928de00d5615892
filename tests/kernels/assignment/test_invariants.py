"""What must hold for any matching: order, scale and more room never make it worse, and it is the same each time."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.kernels.assignment.problem import AssignmentProblem
from linkage.kernels.assignment.solve import MatchOptions, match
from linkage.terms import MatchObjective, MatchStatus


@st.composite
def _columns(draw):
    needs = draw(st.integers(1, 8))
    offers = draw(st.integers(1, 5))
    pairs = draw(
        st.lists(st.tuples(st.integers(0, needs - 1), st.integers(0, offers - 1)), unique=True, max_size=needs * offers)
    )
    several = draw(st.booleans())

    def column(count, low, high):
        return draw(st.lists(st.integers(low, high), min_size=count, max_size=count))

    ruled = {}
    if draw(st.booleans()):
        window_offer = column(draw(st.integers(0, 3)), 0, offers - 1)
        ruled |= {"window_offer": window_offer, "window_capacity": column(len(window_offer), 0, 4)}
        ruled["pair_window"] = [
            draw(st.sampled_from([-1, *(row for row, owner in enumerate(window_offer) if owner == offer)]))
            for _, offer in pairs
        ]
    if draw(st.booleans()):
        least = column(needs, 0, 3)
        ruled |= {"group_min": least, "group_max": [draw(st.sampled_from([-1, low, low + 2])) for low in least]}
    if draw(st.booleans()):
        ruled |= {"need_exclusive": column(needs, -1, needs - 1), "need_package": column(needs, -1, needs - 1)}
    return ruled | {
        "is_last": column(len(pairs), 0, 1),
        "need_quantity": column(needs, 1, 3 if several else 1),
        "need_priority": column(needs, 1, 4),
        "need_group": column(needs, -1, needs - 1),
        "offer_capacity": column(offers, 0, 6),
        "offer_source": column(offers, -1, 1),
        "source_caps": column(2, -1, 8),
        "pair_need": [need for need, _ in pairs],
        "pair_offer": [offer for _, offer in pairs],
        "pair_cost": column(len(pairs), -3, 30),
        "previous": column(len(pairs), 0, 1),
        "fair_groups": draw(st.booleans()),
        "indivisible": draw(st.booleans()),
    }


def _values(columns, **options):
    result = match(AssignmentProblem.of(**columns), MatchOptions(is_explained=False, **options))
    assert result.status is MatchStatus.OPTIMAL
    return {objective.objective: objective.value for objective in result.objectives}


@settings(deadline=None, max_examples=80)
@given(columns=_columns(), seed=st.integers(0, 2**32 - 1))
def test_values_do_not_depend_on_the_order_of_needs_offers_and_pairs(columns, seed):
    """Renumbering needs and offers and shuffling pairs leaves every objective's value."""
    rng = np.random.default_rng(seed)
    needs, offers = len(columns["need_quantity"]), len(columns["offer_capacity"])
    need_at, offer_at = rng.permutation(needs), rng.permutation(offers)
    pair_at = rng.permutation(len(columns["pair_need"])).astype(int)
    moved = dict(columns)
    for name in columns:
        if name.startswith("need_"):
            moved[name] = np.array(columns[name])[np.argsort(need_at)]
        elif name.startswith("offer_"):
            moved[name] = np.array(columns[name])[np.argsort(offer_at)]
        elif name in ("pair_cost", "pair_window", "previous", "is_last"):
            moved[name] = np.array(columns[name], dtype=int)[pair_at]
    moved["window_offer"] = offer_at[np.array(columns.get("window_offer", []), dtype=int)]
    moved["pair_need"] = need_at[np.array(columns["pair_need"], dtype=int)][pair_at]
    moved["pair_offer"] = offer_at[np.array(columns["pair_offer"], dtype=int)][pair_at]

    assert _values(moved) == _values(columns)


@settings(deadline=None, max_examples=60)
@given(columns=_columns(), factor=st.integers(2, 1000))
def test_cost_and_priority_scale(columns, factor):
    """Multiplying all costs or all priorities multiplies their value and changes nothing else."""
    base = _values(columns)
    for name, objective in (("pair_cost", MatchObjective.COST), ("need_priority", MatchObjective.UNMET_PRIORITY)):
        scaled = _values(columns | {name: [factor * value for value in columns[name]]})

        assert scaled == base | {objective: factor * base[objective]}


@settings(deadline=None, max_examples=50)
@given(columns=_columns(), more=st.integers(1, 3), data=st.data())
def test_more_room_never_leaves_more_unmet(columns, more, data):
    """Adding capacity, or lifting a cap or a maximum, makes no objective vector worse."""
    names = [name for name in ("offer_capacity", "source_caps", "window_capacity", "group_max") if columns.get(name)]
    name = data.draw(st.sampled_from(names))
    index = data.draw(st.integers(0, len(columns[name]) - 1))
    wider = list(columns[name])
    wider[index] = -1 if name in ("source_caps", "group_max") else wider[index] + more

    assert tuple(_values(columns | {name: wider}).values()) <= tuple(_values(columns).values())


def _kept(plan):
    return zip(plan.need.tolist(), plan.offer.tolist(), plan.window.tolist(), plan.quantity.tolist(), strict=True)


@settings(deadline=None, max_examples=80)
@given(columns=_columns())
def test_fixing_the_plan_keeps_it(columns):
    """A plan fixed as it stands is returned as it stands."""
    problem = AssignmentProblem.of(**columns)
    plan = match(problem)
    place = {pair: row for row, pair in enumerate(zip(columns["pair_need"], columns["pair_offer"], strict=True))}
    fixed = np.zeros(problem.pair_count, dtype=int)
    for need, offer, _, quantity in _kept(plan):
        fixed[place[need, offer]] = quantity
    again = match(AssignmentProblem.of(**(columns | {"fixed": fixed})))

    assert again.objectives == plan.objectives
    assert set(_kept(plan)) <= set(_kept(again))
    assert again.unmet.tolist() == plan.unmet.tolist()


@settings(deadline=None, max_examples=40)
@given(columns=_columns(), exact_pairs=st.sampled_from([0, 3_000]))
def test_the_same_input_gives_the_same_plan(columns, exact_pairs):
    """Three runs, the same bytes."""
    runs = []
    for _ in range(3):
        result = match(AssignmentProblem.of(**columns), MatchOptions(exact_pairs=exact_pairs, is_explained=False))
        runs.append((result.need.tobytes(), result.offer.tobytes(), result.quantity.tobytes(), result.objectives))

    assert runs[0] == runs[1] == runs[2]


@settings(deadline=None, max_examples=60)
@given(columns=_columns(), looks=st.integers(0, 12), exact_pairs=st.sampled_from([0, 3_000]))
def test_any_deadline_leaves_a_checked_plan_and_honest_bounds(columns, looks, exact_pairs):
    """Time that ends after some looks at the clock: no rule is broken, and no bound is above what can be reached."""
    left = iter([1e9] * looks)
    problem = AssignmentProblem.of(**columns)
    late = match(problem, MatchOptions(seconds_left=lambda: next(left, 0.0), exact_pairs=exact_pairs))
    best = match(problem)

    assert late.objectives[0].bound <= best.objectives[0].value <= late.objectives[0].value
    assert late.reasons.unmet.need.tolist() == np.flatnonzero(late.unmet).tolist()


def _tight(count=60, offers=12, seed=2):
    rng = np.random.default_rng(seed)
    pairs = np.argwhere(rng.random((count, offers)) < 0.4)
    return AssignmentProblem.of(
        need_quantity=rng.integers(1, 5, count),
        need_priority=rng.integers(1, 5, count),
        offer_capacity=rng.integers(5, 14, offers),
        pair_need=pairs[:, 0],
        pair_offer=pairs[:, 1],
        pair_cost=rng.integers(1, 40, len(pairs)),
        indivisible=True,
    )


def test_no_time_left_still_gives_a_checked_plan_and_its_gap():
    """At the deadline the plan at hand is returned with a gap that is told."""
    late = match(_tight(), MatchOptions(seconds_left=lambda: 0.0, search_moves=10_000))
    full = match(_tight())

    assert late.method == "greedy"
    assert (late.gap_ratio > 0) == (late.status is not MatchStatus.OPTIMAL)
    assert full.objectives[0].value <= late.objectives[0].value
    assert late.objectives[0].bound <= full.objectives[0].value


def test_exact_search_without_time_for_a_level_keeps_what_is_known():
    """Too little time to ask the exact solver at all: the plan stays, with the bounds of single limits."""
    columns = {"need_quantity": [2, 2, 1], "pair_need": [0, 1, 2], "pair_offer": [0, 0, 0], "pair_cost": [1, 1, 5]}
    problem = AssignmentProblem.of(**columns, offer_capacity=[3], need_package=[0, 0, -1])
    late = match(problem, MatchOptions(seconds_left=lambda: 0.01))

    assert (late.method, late.objectives[0].value) == ("exact", 4)
    assert late.objectives[0].bound <= 4


def test_wide_enough_gap_is_within():
    """A gap that the caller accepts gives the status within gap and no exact search."""
    result = match(_tight(), MatchOptions(gap_ratio=1.0, exact_pairs=0))
    tight = match(_tight(), MatchOptions(exact_effort=1e-6, search_moves=1))

    assert result.status in (MatchStatus.WITHIN_GAP, MatchStatus.OPTIMAL)
    assert tight.objectives[0].bound <= tight.objectives[0].value
