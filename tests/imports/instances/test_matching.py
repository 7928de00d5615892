"""A matching file becomes the kernel's columns: windows, quotas, choices, plans that stand."""

from __future__ import annotations

from linkage.imports.instances.matching import read_matching
from linkage.imports.instances.matching_answer import matching_answer, matching_prices
from linkage.kernels.assignment.problem import NONE
from linkage.kernels.assignment.solve import match
from tests.imports.instances.conftest import changed


def test_pairs_are_spread_over_the_windows_that_fit(example, written):
    """A need from 10:00 to 11:40 takes the morning only; one without a window takes both; one may name its window."""
    document = changed(example("matching"), "pairs.4", {"need": "n3", "offer": "o1", "window": "pm", "cost": 9})
    problem = read_matching(written(document)).problem
    pairs = set(zip(problem.pair_need.tolist(), problem.pair_offer.tolist(), problem.pair_window.tolist(), strict=True))

    assert pairs == {(0, 0, 0), (1, 0, 0), (1, 0, 1), (2, 0, 1), (2, 1, NONE), (3, 1, NONE)}
    assert problem.window_capacity.tolist() == [2, 4]


def test_rules_become_columns(example, written):
    """Caps by source, quotas by group, exclusive needs, the last helper, and the plan that stands."""
    instance = read_matching(written(example("matching")))
    problem = instance.problem

    assert problem.source_caps.tolist() == [40]
    assert (problem.group_min.tolist(), problem.group_max.tolist()) == ([0, 1], [NONE, 2])
    assert problem.need_exclusive.tolist() == [NONE, NONE, 0, 0]
    assert problem.is_last.sum() == 2
    assert problem.previous.sum() == 1
    assert [objective.value for objective in instance.objectives or ()] == example("matching")["objectives"]


def test_a_window_that_only_touches_does_not_fit(example, written):
    """A need from 11:00 on finds no minute in a window that ends at 11:00."""
    document = changed(example("matching"), "needs.0.window", [660, 700])
    document["previous"] = []
    problem = read_matching(written(document)).problem

    assert 0 not in problem.pair_need.tolist()


def test_quotas_of_unknown_groups_are_remarked(example, written):
    """Nobody is in the group: its minimum counts as missed, and the file's author is told."""
    instance = read_matching(written(changed(example("matching"), "rules.quotas.estate-9", {"min": 2})))

    assert instance.remarks == ("rules.quotas.estate-9: no need is of this group",)
    assert instance.problem.group_min.tolist() == [0, 1, 2]


def test_a_minimum_that_no_objective_counts_is_remarked(example, written):
    """A least quota means something only as `quota_shortfall`; without it the file's author is told."""
    instance = read_matching(written(example("matching") | {"objectives": ["unmet_priority", "cost"]}))

    assert len(instance.remarks) == 1
    assert "quota_shortfall" in instance.remarks[0]


def test_ids_may_be_numbers(written):
    """7 and "7" are different ids, and come back as they were written."""
    document = {
        "needs": [{"id": 7}, {"id": "7"}],
        "offers": [{"id": 0, "capacity": 5}],
        "pairs": [{"need": 7, "offer": 0}, {"need": "7", "offer": 0}],
    }
    instance = read_matching(written(document))
    answer = matching_answer(instance, match(instance.problem), 0.0)

    assert {(type(row["need"]), row["offer"]) for row in answer["assignments"]} == {(int, 0), (str, 0)}


def test_an_answer_names_windows_and_limits(example, written):
    """Matches name their window; changes name every limit that is to be raised; prices name theirs."""
    document = changed(example("matching"), "rules.source_caps.merchant", 3)
    instance = read_matching(written(document))
    result = match(instance.problem)
    answer = matching_answer(instance, result, 0.0)

    assert {row.get("window") for row in answer["assignments"]} <= {"am", "pm", None}
    assert any(row.get("window") == "am" for row in answer["assignments"])
    rules = {one["rule"] for row in answer["unmet"] for one in row["cheapest_change"]["raises"]}
    assert "source_cap" in rules
    assert all(row["gains"] for row in matching_prices(instance, result))


def _change_of(document, written):
    instance = read_matching(written(document))
    answer = matching_answer(instance, match(instance.problem), 0.0)
    return answer["unmet"][0]["cheapest_change"]


def test_a_new_pair_is_told_where_it_could_be(written):
    """A pair to be added names a window that fits the need; it used to name offers that are not there at that time."""
    offer = {"id": "o1", "capacity": 5, "windows": [{"id": "am", "start": 540, "end": 660}, {"id": "pm", "start": 780, "end": 900}]}  # fmt: skip
    document = {"needs": [{"id": "n1", "window": [800, 820]}], "offers": [offer], "pairs": []}
    told = _change_of(document, written)
    late = _change_of(document | {"needs": [{"id": "n1", "window": [1000, 1020]}]}, written)
    beside = _change_of(document | {"offers": [{"id": "o0", "capacity": 0}, offer]}, written)

    assert told["placements"] == [
        {"need": "n1", "offer": "o1", "quantity": 1, "window": "pm", "is_new_pair": True, "cost": 0}
    ]
    assert late["placements"][0]["new_window"] == [1000, 1020]
    assert (beside["offer"], beside["added_capacity"]) == ("o1", 0)


def test_a_package_is_told_the_pair_it_lacks(written):
    """Two needs that belong together, one of which nobody may serve yet: a change is told all the same."""
    document = {
        "needs": [{"id": "n1"}, {"id": "n2"}],
        "offers": [{"id": "o1", "capacity": 5}],
        "pairs": [{"need": "n1", "offer": "o1"}],
        "rules": {"packages": [["n1", "n2"]]},
    }
    change = _change_of(document, written)

    assert [row["need"] for row in change["placements"] if row.get("is_new_pair")] == ["n2"]
