"""Assessment rubrics: band edges, steps, and every mistake told once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from linkage.errors import InvalidFile, UnreadableFile
from linkage.schemas.rubric_check import check_rubric, load_rubric
from linkage.terms import RaterKind

MISTAKES = {
    "band-order": ("at_least: 80", "at_least: 95", "bands[1].at_least", "is not below the band before (90)"),
    "band-floor": ("label: 不合格, at_least: 0", "label: 不合格, at_least: 10", "bands[3].at_least", "starts at 0"),
    "band-ceiling": ("at_least: 90", "at_least: 101", "bands[0].at_least", "above 100"),
    "band-twice": ("code: good", "code: excellent", "bands[1].code", "band 'excellent' was already given"),
    "band-pays-but-fails": ("passes: false, pays: false", "passes: false, pays: true", "bands[3].pays", "may not pay"),
    "no-rounding": ("rounding: {mode: half_up, places: 0}", "", "rounding", "'rounding' is missing"),
    "rounding-mode": ("mode: half_up", "mode: 四舍五入", "rounding.mode", "did you mean 'half_up'?"),
    "weights": ("kind: purchaser, weight_percent: 15", "kind: purchaser, weight_percent: 20", "raters", "sum to 105 %"),
    "rater-twice": ("{kind: community, weight_percent: 10,", "{kind: purchaser, weight_percent: 10,", "raters[2].kind", "rater 'purchaser' was already given"),
    "rater-unnamed": ("rater: service_user", "rater: front_line", "indicators[8].rater", "'front_line' is not among the raters"),
    "indicator-twice": ("code: process", "code: management", "indicators[1].code", "indicator 'management' was already given"),
    "two-sources": ("source: {ratings: true}", "source: {ratings: true, judged: true}", "indicators[8].source", "exactly one of figure, judged, ratings"),
    "no-source": ("source: {ratings: true}", "source: {}", "indicators[8].source", "none is given"),
    "system-judges": ("max_points: 10\n    source:\n      figure: contract_units_ratio\n      steps:\n        - {at_least_ratio: 1, points: 10}\n        - {at_least_ratio: 0.9, points: 8}\n        - {at_least_ratio: 0.8, points: 6}\n        - {at_least_ratio: 0.6, points: 3}\n        - {at_least_ratio: 0, points: 0}\n", "max_points: 10\n    source: {judged: true}\n", "indicators[9].source", "the system judges nothing"),
    "figure-unknown": ("figure: contract_units_ratio", "figure: contract_unit_ratio", "indicators[9].source.figure", "did you mean 'contract_units_ratio'?"),
    "steps-out-of-order": ("{at_least_ratio: 0.9, points: 8}", "{at_least_ratio: 0.7, points: 8}", "indicators[9].source.steps[2]", "not below the one before"),
    "step-points-out-of-order": ("{at_least_ratio: 0.9, points: 8}", "{at_least_ratio: 0.9, points: 5}", "indicators[9].source.steps[2]", "points '6' is not below"),
    "top-step-short": ("{at_least_ratio: 1, points: 10}", "{at_least_ratio: 1, points: 9}", "indicators[9].source.steps[0]", "is not the indicator's max_points 10"),
    "step-two-measures": ("{at_least_ratio: 0.9, points: 8}", "{at_least_ratio: 0.9, at_least: 9, points: 8}", "indicators[9].source.steps[1]", "one of them"),
    "steps-mixed": ("{at_least_ratio: 0.9, points: 8}", "{at_least: 0.9, points: 8}", "indicators[9].source.steps", "mix at_least_ratio and at_least"),
    "figure-without-steps": ("      steps:\n        - {at_least_ratio: 0.95, points: 5}\n        - {at_least_ratio: 0.8, points: 3}\n        - {at_least_ratio: 0, points: 0}\n", "", "indicators[11].source", "add 'steps:'"),
    "ratings-by-others": ("rater: purchaser, max_points: 10, source: {judged: true}}\n  - {code: outcome", "rater: purchaser, max_points: 10, source: {ratings: true}}\n  - {code: outcome", "indicators[4].source", "ratings come from service users"),
    "steps-without-figure": ("source: {ratings: true}", "source: {ratings: true, steps: [{at_least: 1, points: 10}]}", "indicators[8].source", "steps belong to a figure"),
    "levels-without-judgement": ("source: {ratings: true}", "source: {ratings: true, levels: [{label: 好, points: 10}]}", "indicators[8].source.levels", "levels belong to 'judged: true'"),
    "points-true": ("max_points: 15", "max_points: true", "indicators[1].max_points", "not true or false"),
}  # fmt: skip


def test_sample_rubrics_are_sound_and_claim_no_standard(rubric_path):
    """The samples have no mistakes, say what is unverified, and never name MZ/T 059, whose weights were not seen."""
    rubric = load_rubric(rubric_path)

    assert "未经核实" in (rubric.label or "")
    assert "MZ/T" not in rubric_path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("old", "new", "path", "part"), MISTAKES.values(), ids=MISTAKES.keys())
def test_one_mistake_is_one_message(four_bands, old, new, path, part):
    """Each mistake gives exactly one message with its path and what would be right."""
    assert old in four_bands

    rubric, problems = check_rubric(four_bands.replace(old, new, 1))

    assert rubric is None
    assert len(problems) == 1, problems
    assert problems[0].path.startswith(path)
    assert part in problems[0].message


def test_rater_without_indicator_is_told(performance):
    """Whoever weighs in the total has something to score."""
    line = next(line for line in performance.split("\n") if "code: ratings" in line)

    _, problems = check_rubric(performance.replace(line + "\n", ""))

    assert [problem.path for problem in problems] == ["raters[2].kind"]


@pytest.mark.parametrize(
    ("score", "band"),
    [
        ("0", "failed"), ("59", "failed"), ("59.49", "failed"), ("59.5", "qualified"), ("60", "qualified"),
        ("79.49", "qualified"), ("79.5", "good"), ("89.49", "good"), ("89.5", "excellent"), ("100", "excellent"),
    ],
)  # fmt: skip
def test_band_edges_follow_the_rounding_rule(four_bands, score, band):
    """Shenzhen's text says 80–89 and ≥ 90 and leaves 89.5 open; this scheme rounds half up, so it is excellent."""
    rubric, _ = check_rubric(four_bands)

    assert rubric is not None
    assert band == rubric.band_of(Decimal(score)).code


@pytest.mark.parametrize(("mode", "band"), [("half_up", "excellent"), ("down", "good"), ("none", "good")])
def test_band_of_89_5_depends_on_configuration(four_bands, mode, band):
    """Where 89.5 belongs is decided by the scheme's rounding rule and nowhere else."""
    rubric, _ = check_rubric(four_bands.replace("mode: half_up", f"mode: {mode}"))

    assert rubric is not None
    assert band == rubric.band_of(Decimal("89.5")).code


def test_59_pays_nothing_and_60_pays(four_bands):
    """Mid-term 59: no payment; 60 is qualified."""
    rubric, _ = check_rubric(four_bands)

    assert rubric is not None
    assert (rubric.band_of(Decimal(59)).pays, rubric.band_of(Decimal(60)).pays) == (False, True)


@pytest.mark.parametrize(("ratio", "points"), [("1.2", 3), ("1", 3), ("0.99", 2), ("0.8", 2), ("0.6", 1), ("0.599", 0)])
def test_people_served_earns_3_2_1_0(performance, ratio, points):
    """People served and service volume: ratio ≥ 100 % → 3, ≥ 80 % → 2, ≥ 60 % → 1, else 0."""
    rubric, _ = check_rubric(performance)

    assert rubric is not None
    persons = rubric.indicators_of(RaterKind.SYSTEM)[0]
    assert points == persons.source.points(Decimal(ratio))


def test_load_refuses_mistakes_missing_files_and_other_names(tmp_path, four_bands):
    """A rubric is found by its code, so its file carries that name; what is wrong is told at once."""
    (tmp_path / "other.yaml").write_text(four_bands, encoding="utf-8")
    (tmp_path / "four-bands.yaml").write_text(four_bands.replace("at_least: 80", "at_least: 95"), encoding="utf-8")

    with pytest.raises(InvalidFile, match=r"name the file four-bands\.yaml"):
        load_rubric(tmp_path / "other.yaml")
    with pytest.raises(InvalidFile, match="1 mistake;"):
        load_rubric(tmp_path / "four-bands.yaml")
    with pytest.raises(UnreadableFile, match=r"gone\.yaml"):
        load_rubric(tmp_path / "gone.yaml")
    assert (check_rubric("words")[0], len(check_rubric("words")[1])) == (None, 1)
