"""Every rule against brute force: the plan is the best of all plans, and without proof its bound is honest."""

from dataclasses import replace

import numpy as np
import pytest

from linkage.kernels.assignment.problem import AssignmentProblem
from linkage.kernels.assignment.solve import MatchOptions, match
from linkage.terms import MatchLimit, MatchObjective, MatchStatus

UNMET, COST = MatchObjective.UNMET_PRIORITY, MatchObjective.COST

FLOWS = {
    "windows": ({"windows"}, {}),
    "quotas": ({"quotas"}, {}),
    "last-helpers": ({"last"}, {}),
    "all-that-flows": ({"windows", "quotas", "last"}, {}),
}
PROVEN = {
    "one-of-single-units": ({"exclusive", "units", "quotas"}, {}),
    "one-of-any-size": ({"exclusive"}, {}),
    "packages": ({"packages"}, {}),
    "one-of-these-packages": ({"exclusive", "packages", "quotas"}, {}),
    "all-uneven": ({"exclusive", "packages", "quotas", "windows", "last"}, {"use": 2}),
    "all-undivided": ({"exclusive", "packages", "quotas", "windows", "last"}, {"use": 3, "indivisible": True}),
    "undivided-in-windows": ({"windows", "quotas", "last"}, {"use": 3, "indivisible": True}),
}


def _values(result):
    return tuple(objective.value for objective in result.objectives)


def _levels(result):
    return [objective.objective for objective in result.objectives]


def _fixed_at_times(rng, problem):
    if rng.random() < 0.5:
        return problem
    fixed = rng.integers(0, 3, problem.pair_count) * (rng.random(problem.pair_count) < 0.25)
    return replace(problem, fixed=fixed)


@pytest.mark.parametrize("name", FLOWS)
def test_rule_is_kept_inside_the_flow(random_problem, best_values, name):
    """Windows, quotas and last helpers stay a flow: the best plan of all, proven, or no plan where none exists."""
    rules, how = FLOWS[name]
    rng = np.random.default_rng(41)
    for _ in range(250):
        problem = _fixed_at_times(rng, random_problem(rng, rules=rules, **how))
        result = match(problem, MatchOptions(is_explained=False))
        best = best_values(problem, _levels(result))

        assert (result.status is MatchStatus.CONTRADICTORY) == (best is None)
        if best is not None:
            assert (result.method, result.status) == ("flow", MatchStatus.OPTIMAL)
            assert _values(result) == best


@pytest.mark.parametrize("name", PROVEN)
def test_rule_beyond_the_flow_is_proven_where_small(random_problem, best_values, name):
    """Exclusive groups and packages: small parts are solved exactly, and the bounds meet the values."""
    rules, how = PROVEN[name]
    rng = np.random.default_rng(42)
    for _ in range(80):
        problem = _fixed_at_times(rng, random_problem(rng, rules=rules, **how))
        result = match(problem, MatchOptions(is_explained=False))
        best = best_values(problem, _levels(result))

        assert (result.status is MatchStatus.CONTRADICTORY) == (best is None)
        if best is not None:
            assert result.status is MatchStatus.OPTIMAL
            assert _values(result) == best


@pytest.mark.parametrize("name", PROVEN)
def test_rule_without_proof_keeps_honest_bounds(random_problem, best_values, name):
    """The search alone keeps every rule, is seldom far off, and claims no bound that a better plan breaks."""
    rules, how = PROVEN[name]
    rng = np.random.default_rng(43)
    reached = []
    for _ in range(100):
        problem = _fixed_at_times(rng, random_problem(rng, rules=rules, needs=5, **how))
        result = match(problem, MatchOptions(exact_pairs=0, is_explained=False))
        best = best_values(problem, _levels(result))
        if best is None:
            continue
        reached.append(_values(result) == best)
        assert _values(result) >= best
        for objective, value in zip(result.objectives, best, strict=True):
            assert objective.bound <= value
            if objective.value != value:
                break  # later bounds speak of plans with the same value here
    assert np.mean(reached) > 0.85


@pytest.mark.parametrize("seed", range(3))
def test_any_order_of_objectives_is_followed(random_problem, best_values, seed):
    """Any subset of the objectives in any order that serves needs at all: lexicographically the best."""
    rng = np.random.default_rng(50 + seed)
    others = [level for level in MatchObjective if level not in (UNMET, COST)]
    for _ in range(80):
        problem = replace(random_problem(rng, rules={"windows", "quotas", "last"}), fair_groups=False)
        chosen = [level for level in others if rng.random() < 0.6]
        order = [chosen[place] for place in rng.permutation(len(chosen))]
        order.insert(int(rng.integers(0, len(order) + 1)), UNMET)
        if rng.random() < 0.7:
            order.insert(int(rng.integers(order.index(UNMET) + 1, len(order) + 1)), COST)
        result = match(problem, MatchOptions(objectives=tuple(order), is_explained=False))

        assert _values(result) == best_values(problem, order)


def test_default_order_puts_quotas_first_and_the_last_helper_before_cost():
    """What the problem gives a meaning to is an objective; nothing else is."""
    plain = {"need_quantity": [1], "offer_capacity": [1], "pair_need": [0], "pair_offer": [0], "pair_cost": [1]}
    full = plain | {"need_group": [0], "group_min": [1], "previous": [1], "is_last": [True], "fair_groups": True}

    assert _levels(match(AssignmentProblem.of(**plain))) == [UNMET, COST]
    assert _levels(match(AssignmentProblem.of(**full))) == list(MatchObjective)


def _parts(seed, count):
    """Many small problems side by side that share nothing: each a package beside single needs at one offer."""
    rng = np.random.default_rng(seed)
    pairs = [(4 * part + need, 2 * part + offer) for part in range(count) for need in range(4) for offer in range(2)]
    return {
        "need_quantity": rng.integers(1, 4, 4 * count),
        "need_priority": rng.integers(1, 4, 4 * count),
        "need_package": [part if need < 2 else -1 for part in range(count) for need in range(4)],
        "offer_capacity": rng.integers(0, 5, 2 * count),
        "pair_need": [need for need, _ in pairs],
        "pair_offer": [offer for _, offer in pairs],
        "pair_cost": rng.integers(0, 9, len(pairs)),
    }


def test_parts_that_nothing_joins_are_solved_by_themselves():
    """The values of many parts together are the sums of each part's own, all proven, however they are put together."""
    columns = _parts(7, 40)
    together = match(AssignmentProblem.of(**columns), MatchOptions(exact_pairs=16, part_pairs=16))
    batched = match(AssignmentProblem.of(**columns))
    total = np.zeros(2, dtype=int)
    for part in range(40):
        needs, offers, pairs = (
            slice(4 * part, 4 * part + 4),
            slice(2 * part, 2 * part + 2),
            slice(8 * part, 8 * part + 8),
        )
        own = {
            name: np.array(column)[pairs if name.startswith("pair") else offers if name.startswith("offer") else needs]
            for name, column in columns.items()
        }
        own |= {"pair_need": own["pair_need"] - 4 * part, "pair_offer": own["pair_offer"] - 2 * part}
        own["need_package"] = np.minimum(own["need_package"], 0)
        total += _values(match(AssignmentProblem.of(**own)))

    assert together.status is batched.status is MatchStatus.OPTIMAL
    assert together.method == "exact"
    assert _values(together) == _values(batched) == tuple(total.tolist())


def test_one_part_too_large_for_proof_leaves_the_others_proven():
    """The bound of the whole is the sum of what is proven and what the flow tells of the part that is not."""
    columns = _parts(8, 30)
    full = match(AssignmentProblem.of(**columns))
    loose = match(AssignmentProblem.of(**columns), MatchOptions(exact_pairs=0))

    assert loose.objectives[0].bound <= full.objectives[0].value <= loose.objectives[0].value


_BUS = {
    "need_quantity": [1, 1, 2],
    "offer_capacity": [9],
    "pair_need": [0, 1, 2],
    "pair_offer": [0, 0, 0],
    "pair_cost": [1, 1, 1],
}


@pytest.mark.parametrize(
    ("changes", "conflicts"),
    [
        pytest.param(
            {"window_offer": [0], "window_capacity": [1], "pair_window": [0, 0, -1], "fixed": [1, 1, 0]},
            {(MatchLimit.WINDOW_CAPACITY, 0, 2, 1)},
            id="window",
        ),
        pytest.param(
            {"need_group": [0, 0, 0], "group_max": [2], "fixed": [1, 1, 1]},
            {(MatchLimit.GROUP_MAX, 0, 3, 2)},
            id="group-maximum",
        ),
        pytest.param(
            {"need_exclusive": [0, 0, -1], "fixed": [1, 1, 0]}, {(MatchLimit.EXCLUSIVE, 0, 2, 1)}, id="exclusive"
        ),
        pytest.param(
            {"need_package": [0, 0, -1], "need_exclusive": [0, 0, -1], "fixed": [1, 0, 0]},
            {(MatchLimit.EXCLUSIVE, 0, 2, 1), (MatchLimit.PACKAGE, 0, 2, 1)},
            id="package-of-exclusive-needs",
        ),
        pytest.param(
            {"need_package": [0, -1, 0], "offer_capacity": [2], "fixed": [1, 0, 0]},
            {(MatchLimit.OFFER_CAPACITY, 0, 3, 2), (MatchLimit.PACKAGE, 0, 3, 1)},
            id="package-beyond-capacity",
        ),
        pytest.param(
            {
                "need_package": [0, -1, 0],
                "offer_source": [0],
                "source_caps": [2],
                "need_group": [0, 0, 0],
                "group_max": [9],
                "fixed": [1, 0, 0],
            },
            {(MatchLimit.SOURCE_CAP, 0, 3, 2), (MatchLimit.PACKAGE, 0, 3, 1)},
            id="package-beyond-a-cap",
        ),
        pytest.param(
            {
                "need_package": [0, -1, 0],
                "pair_need": [0, 1],
                "pair_offer": [0, 0],
                "pair_cost": [1, 1],
                "fixed": [1, 0],
            },
            {(MatchLimit.PACKAGE, 0, 3, 1)},
            id="package-without-offer",
        ),
        pytest.param(
            {
                "need_package": [0, -1, 0],
                "offer_capacity": [9, 1],
                "pair_offer": [0, 0, 1],
                "need_group": [0, 1, 1],
                "group_max": [5, 1],
                "window_offer": [0],
                "window_capacity": [1],
                "pair_window": [0, -1, -1],
                "fixed": [1, 0, 0],
            },
            {(MatchLimit.OFFER_CAPACITY, 1, 2, 1), (MatchLimit.PACKAGE, 0, 3, 1)},
            id="either-limit-alone-forbids-it",
        ),
    ],
)
def test_contradiction_names_the_rules_that_conflict(changes, conflicts):
    """No plan, and an irreducible set of the rules that forbid it, with what is asked of each and what it allows."""
    result = match(AssignmentProblem.of(**(_BUS | changes)))

    assert (result.status, result.need.size) == (MatchStatus.CONTRADICTORY, 0)
    assert {(row.limit, row.index, row.asked, row.allowed) for row in result.conflicts} == conflicts


def _district(seed, *, most, **rules):
    """300 needs at 40 offers that have room for nine of ten units, in one part."""
    rng = np.random.default_rng(seed)
    needs, offers, choices = 300, 40, 6
    quantity = rng.integers(1, most + 1, needs)
    package, exclusive = np.full(needs, -1), np.full(needs, -1)
    shuffled = rng.permutation(needs)
    package[shuffled[:60]] = np.arange(60) // 2
    exclusive[shuffled[100:160]] = np.arange(60) // 3
    size = rng.lognormal(0, 0.5, offers)
    columns = {
        "need_quantity": quantity,
        "need_priority": rng.choice([1, 2, 4, 8], needs, p=[0.55, 0.28, 0.13, 0.04]),
        "need_group": rng.integers(0, 5, needs),
        "need_package": package,
        "need_exclusive": exclusive,
        "offer_capacity": np.rint(size / size.sum() * 0.85 * quantity.sum()).astype(int),
        "pair_need": np.repeat(np.arange(needs), choices),
        "pair_offer": np.concatenate([rng.permutation(offers)[:choices] for _ in range(needs)]),
        "pair_cost": rng.integers(1, 100, needs * choices),
    }
    if "group_max" in rules:
        rules["group_max"] = np.bincount(columns["need_group"], weights=quantity).astype(int) * 8 // 10
    if "window_offer" in rules:
        rules["window_offer"] = np.arange(offers)
        rules["window_capacity"] = columns["offer_capacity"] // 2
        rules["pair_window"] = np.where(rng.random(needs * choices) < 0.5, columns["pair_offer"], -1)
    return AssignmentProblem.of(**(columns | rules))


@pytest.mark.parametrize(
    ("most", "rules", "share"),
    [
        pytest.param(1, {"need_exclusive": None}, 0.001, id="packages"),
        pytest.param(3, {}, 0.01, id="packages-and-exclusive-groups"),
        pytest.param(3, {"group_max": None, "window_offer": None}, 0.03, id="with-windows-and-maxima"),
        pytest.param(3, {"indivisible": True, "group_max": None, "window_offer": None}, 0.03, id="undivided"),
    ],
)
def test_large_part_comes_near_its_bound(most, rules, share):
    """Where a part is too large to be proven, little of what is asked lies between the first objective and its bound."""
    problem = _district(71, most=most, **rules)
    first = match(problem, MatchOptions(exact_pairs=0, is_explained=False)).objectives[0]

    assert first.objective is UNMET
    assert 0 <= first.value - first.bound <= share * int(problem.need_priority @ problem.need_quantity)


@pytest.mark.parametrize("looks", range(10))
@pytest.mark.parametrize("indivisible", [True, False], ids=["undivided", "divided"])
def test_little_time_still_gives_a_plan_that_keeps_every_rule(looks, indivisible):
    """Whatever stage the time allows, the plan passes the checker and no bound is above what more time reaches."""
    problem = _district(72, most=3, indivisible=indivisible, group_max=None, window_offer=None)
    left = iter([1.0] * looks)
    late = match(problem, MatchOptions(exact_pairs=0, seconds_left=lambda: next(left, 0.001)))
    full = match(problem, MatchOptions(exact_pairs=0, is_explained=False))

    assert late.objectives[0].bound <= full.objectives[0].value
    assert late.reasons.matches.need.size == late.need.size
