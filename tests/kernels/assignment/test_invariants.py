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

    return {
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
    result = match(AssignmentProblem.of(**columns), MatchOptions(**options))
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
    for name in ("need_quantity", "need_priority", "need_group"):
        moved[name] = np.array(columns[name])[np.argsort(need_at)]
    for name in ("offer_capacity", "offer_source"):
        moved[name] = np.array(columns[name])[np.argsort(offer_at)]
    for name in ("pair_cost", "previous"):
        moved[name] = np.array(columns[name], dtype=int)[pair_at]
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
    """Adding capacity, or lifting a cap, makes no objective vector worse."""
    name = data.draw(st.sampled_from(["offer_capacity", "source_caps"]))
    index = data.draw(st.integers(0, len(columns[name]) - 1))
    wider = list(columns[name])
    wider[index] = -1 if name == "source_caps" else wider[index] + more

    assert tuple(_values(columns | {name: wider}).values()) <= tuple(_values(columns).values())


@settings(deadline=None, max_examples=80)
@given(columns=_columns())
def test_fixing_the_plan_keeps_it(columns):
    """A plan fixed as it stands is returned as it stands."""
    problem = AssignmentProblem.of(**columns)
    plan = match(problem)
    place = {pair: row for row, pair in enumerate(zip(columns["pair_need"], columns["pair_offer"], strict=True))}
    fixed = np.zeros(problem.pair_count, dtype=int)
    for need, offer, quantity in zip(plan.need.tolist(), plan.offer.tolist(), plan.quantity.tolist(), strict=True):
        fixed[place[need, offer]] = quantity
    again = match(AssignmentProblem.of(**(columns | {"fixed": fixed})))

    assert again.objectives == plan.objectives
    assert again.unmet.tolist() == plan.unmet.tolist()


@settings(deadline=None, max_examples=40)
@given(columns=_columns(), exact_pairs=st.sampled_from([0, 3_000]))
def test_the_same_input_gives_the_same_plan(columns, exact_pairs):
    """Three runs, the same bytes."""
    runs = []
    for _ in range(3):
        result = match(AssignmentProblem.of(**columns), MatchOptions(exact_pairs=exact_pairs))
        runs.append((result.need.tobytes(), result.offer.tobytes(), result.quantity.tobytes(), result.objectives))

    assert runs[0] == runs[1] == runs[2]


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


def test_wide_enough_gap_is_within():
    """A gap that the caller accepts gives the status within gap and no exact search."""
    result = match(_tight(), MatchOptions(gap_ratio=1.0, exact_pairs=0))
    tight = match(_tight(), MatchOptions(exact_effort=1e-6, search_moves=1))

    assert result.status in (MatchStatus.WITHIN_GAP, MatchStatus.OPTIMAL)
    assert tight.objectives[0].bound <= tight.objectives[0].value
