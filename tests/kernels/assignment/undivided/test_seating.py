"""Undivided needs are seated as well as can be, and the bounds are honest."""

from dataclasses import replace

import numpy as np
import pytest

from linkage.kernels.assignment import exact, greedy, objectives
from linkage.kernels.assignment.problem import AssignmentProblem
from linkage.kernels.assignment.remainder import subtract_fixed, use_of
from linkage.kernels.assignment.solve import MatchOptions, match
from linkage.kernels.assignment.undivided.anneal import COST, Guests, Hall, choose, clear, sit
from linkage.kernels.assignment.undivided.draft import Draft
from linkage.kernels.assignment.undivided.layout import lay_out
from linkage.kernels.assignment.undivided.seating import SeatingEffort, draft, seat
from linkage.terms import MatchObjective


def _patient():
    return 1e9


def _seated(problem, *, known=None, **effort):
    levels = objectives.levels_of(problem, None)
    remainder, conflicts = subtract_fixed(problem)
    assert not conflicts
    start = greedy.plan(problem, remainder, seconds_left=_patient)
    known = known or [objectives.least_of(problem, level) for level in levels]
    found = seat(
        problem, levels, remainder, start=start, known=known, effort=SeatingEffort(seconds_left=_patient, **effort)
    )
    return levels, start, found


@pytest.mark.parametrize("seed", range(4))
def test_small_seatings_are_the_best_of_all_plans(random_problem, best_values, seed):
    """Against every plan: the values are the best, and the bounds meet them."""
    rng = np.random.default_rng(seed)
    tried = 0
    for _ in range(60):
        problem = random_problem(rng, needs=6, offers=3, use=3, indivisible=True)
        levels, start, found = _seated(problem)
        if found is None:
            continue
        tried += 1
        units, bounds = found
        values = objectives.values_of(problem, levels, units)

        assert values <= objectives.values_of(problem, levels, start)
        assert values == best_values(problem, levels)
        assert tuple(bounds) == values
    assert tried > 10


def _drawn(rng, *, offers, needs, scale=1, tightness=0.8):
    """Draw costs that fall as the size rises, so that every limit binds."""
    size = rng.integers(1, 101, (needs, offers))
    return AssignmentProblem.of(
        need_quantity=np.ones(needs, dtype=np.int64),
        offer_capacity=(size.sum(axis=0) * tightness / offers).astype(np.int64) * scale,
        pair_need=np.repeat(np.arange(needs), offers),
        pair_offer=np.tile(np.arange(offers), needs),
        pair_cost=(111 - size + rng.integers(-10, 11, (needs, offers))).ravel(),
        pair_use=(size * scale + (rng.integers(0, scale, size.shape) if scale > 1 else 0)).ravel(),
        indivisible=True,
    )


@pytest.mark.parametrize("scale", [1, 10**6], ids=["tables", "fractions"])
@pytest.mark.parametrize("tightness", [0.9, 0.5], ids=["enough", "short"])
def test_seatings_agree_with_the_exact_solver(scale, tightness):
    """Also where a table over the capacity would be too large: the same values as CP-SAT, bounds never above them."""
    rng = np.random.default_rng(3)
    for _ in range(3):
        problem = _drawn(rng, offers=3, needs=14, scale=scale, tightness=tightness)
        levels, start, (units, bounds) = _seated(problem)
        remainder, _ = subtract_fixed(problem)
        effort = exact.ExactEffort(deterministic=20, seconds_left=_patient, seed=0)
        proven = exact.improve(problem, levels, remainder, start=start, floor=0, effort=effort)
        best = objectives.values_of(problem, levels, proven[0])

        assert tuple(proven[1]) == best
        assert objectives.values_of(problem, levels, units) == best
        assert tuple(bounds) <= best


def test_seating_is_the_same_every_time_and_keeps_to_the_deadline():
    """The same bytes on each run; a deadline only cuts it short, and leaves a plan and a bound that hold."""
    problem = _drawn(np.random.default_rng(1), offers=10, needs=60)
    levels, _, (units, bounds) = _seated(problem, nodes=2_000)
    again = _seated(problem, nodes=2_000)[2]
    assert again[0].tobytes() == units.tobytes()
    assert again[1] == bounds

    for looks in (0, 1, 5, 30):
        left = iter([1e9, *[1.0] * looks])
        remainder, _ = subtract_fixed(problem)
        start = greedy.plan(problem, remainder, seconds_left=_patient)
        known = [objectives.least_of(problem, level) for level in levels]
        effort = SeatingEffort(seconds_left=lambda left=left: next(left, 0.0))
        cut, cut_bounds = seat(problem, levels, remainder, start=start, known=known, effort=effort)
        values = objectives.values_of(problem, levels, cut)

        assert values <= objectives.values_of(problem, levels, start)
        assert cut_bounds[0] <= objectives.values_of(problem, levels, units)[0]
        assert all(bound <= value for bound, value in zip(cut_bounds, values, strict=True))


def test_problems_with_other_rules_are_left_alone():
    """Divisible needs, fair groups and binding caps of sources are none of ours."""
    problem = _drawn(np.random.default_rng(1), offers=3, needs=5)
    levels = objectives.levels_of(problem, None)
    capped = replace(problem, offer_source=np.zeros(3, dtype=np.int64), source_caps=np.array([5]))
    divided = replace(problem, need_quantity=np.full(5, 2), indivisible=False)

    assert lay_out(problem, levels, subtract_fixed(problem)[0]) is not None
    assert lay_out(capped, levels, subtract_fixed(capped)[0]) is None
    assert lay_out(divided, levels, subtract_fixed(divided)[0]) is None
    assert lay_out(problem, (*levels[:1], MatchObjective.UNFAIRNESS), subtract_fixed(problem)[0]) is None


@pytest.mark.parametrize("is_even", [False, True])
def test_drafts_for_a_large_problem_keep_every_limit(is_even):
    """A draft fits: each need once, no offer over its capacity; the same bytes again, fewer drafts at a deadline."""
    problem = _drawn(np.random.default_rng(2), offers=20, needs=505, tightness=0.6)
    if is_even:
        problem = replace(problem, pair_use=np.ones_like(problem.pair_use), offer_capacity=np.full(20, 20))
    levels = objectives.levels_of(problem, None)
    remainder, _ = subtract_fixed(problem)
    start = greedy.plan(problem, remainder, seconds_left=_patient)

    def drafted(seconds_left):
        return list(draft(problem, levels, remainder, start, SeatingEffort(seconds_left=seconds_left)))

    drafts = drafted(_patient)
    left = iter([1e9] * 4)
    cut = drafted(lambda: next(left, 0.0))

    assert [units.tobytes() for units in drafts] == [units.tobytes() for units in drafted(_patient)]
    assert 0 < len(cut) < len(drafts)
    for units, again in zip(drafts, cut, strict=False):
        assert (units == again).all()
        assert (use_of(problem, units)[0] <= problem.offer_capacity).all()
        assert np.bincount(problem.pair_need, weights=units).max() <= 1
    reached = [objectives.values_of(problem, levels, units) for units in (start, *drafts)]
    assert min(reached[1:]) < reached[0]
    assert not drafted(lambda: 0.0)


@pytest.mark.parametrize("seed", range(3))
def test_prices_of_capacity_bound_every_plan(seed):
    """What needs pay at the prices, less what capacity is worth, is below the best plan and not far from it."""
    problem = _drawn(np.random.default_rng(seed), offers=4, needs=30)
    levels = objectives.levels_of(problem, None)
    remainder, _ = subtract_fixed(problem)
    start = greedy.plan(problem, remainder, seconds_left=_patient)
    seating = lay_out(problem, levels, remainder)
    drafting = Draft(seating, seating.seats(remainder, start), None, _patient, 0)
    at = np.zeros(problem.need_count, dtype=np.int64)
    bound = choose(drafting.hall, drafting.price, at) - float(drafting.price @ drafting.hall.capacity)
    effort = exact.ExactEffort(deterministic=20.0, seconds_left=_patient, seed=0)
    best, bounds = exact.improve(problem, levels, remainder, start=start, floor=0, effort=effort)
    unmet, cost = objectives.values_of(problem, levels, best)
    dear = drafting.hall.seat[drafting.hall.start[1:] - 1, COST] // seating.weight
    least = int(dear[0]) * unmet + cost

    assert (unmet, cost) == tuple(bounds)
    assert (drafting.price >= 0).all()
    assert 0.8 * least < bound <= least


@pytest.mark.parametrize("seed", range(3))
def test_needs_of_several_units_equal_the_exact_solver(seed):
    """Where a unit is a unit at every offer, the draft and what follows it end at the optimum, and prove it."""
    rng = np.random.default_rng(seed)
    needs, offers = 60, 8
    problem = AssignmentProblem.of(
        need_quantity=rng.integers(1, 5, needs),
        need_priority=rng.choice([1, 2, 4], needs),
        offer_capacity=rng.integers(8, 20, offers),
        pair_need=np.repeat(np.arange(needs), offers),
        pair_offer=np.tile(np.arange(offers), needs),
        pair_cost=rng.integers(10, 500, needs * offers),
        indivisible=True,
    )
    found = match(problem, MatchOptions(is_explained=False))
    levels = objectives.levels_of(problem, None)
    remainder, _ = subtract_fixed(problem)
    effort = exact.ExactEffort(deterministic=100.0, seconds_left=_patient, seed=1)
    start = greedy.plan(problem, remainder, seconds_left=_patient)
    best, bounds = exact.improve(problem, levels, remainder, start=start, floor=0, effort=effort)

    assert tuple(bounds) == objectives.values_of(problem, levels, best)
    assert [level.value for level in found.objectives] == bounds
    assert [level.bound for level in found.objectives] == bounds


def test_room_is_left_to_no_one_who_does_not_fit():
    """Guests of overfull offers go until the others fit, the one whose going costs least first."""
    hall = Hall(
        start=np.array([0, 2, 4, 6]),
        seat=np.array([[0, 3, 1], [1, 0, 9], [0, 2, 1], [1, 0, 4], [0, 1, 1], [1, 0, 90]]),
        capacity=np.array([4, 0]),
        first=np.array([0, 3, 6]),
    )
    guests = Guests(
        at=np.array([0, 2, 4]),
        room=np.zeros(2, dtype=np.int64),
        member=np.zeros(6, dtype=np.int64),
        place=np.zeros(3, dtype=np.int64),
        heads=np.zeros(2, dtype=np.int64),
        random=np.array([1]),
    )
    sit(hall, guests)
    assert guests.room.tolist() == [-2, 0]
    clear(hall, guests)

    assert guests.at.tolist() == [0, 3, 4]
    assert guests.room.tolist() == [0, 0]
    assert guests.heads.tolist() == [2, 1]
