"""Answers name everything by the ids of the file: changes of every kind, and rules that contradict each other."""

from __future__ import annotations

import numpy as np
import pytest

from linkage.imports.instances.matching import read_matching
from linkage.imports.instances.matching_answer import matching_answer
from linkage.imports.instances.roster import read_roster
from linkage.imports.instances.roster_answer import roster_answer
from linkage.imports.instances.roster_conflict import contradictory_answer
from linkage.imports.instances.rounds import read_rounds
from linkage.imports.instances.rounds_answer import rounds_answer
from linkage.kernels.assignment.solve import match
from linkage.kernels.roster.changes import NEW, RosterChange
from linkage.kernels.roster.reasons import Rival, Shortage, shortages
from linkage.kernels.roster.result import Conflict, RosterOptions, RosterResult, RosterTrace, RuleUse
from linkage.kernels.roster.solve import schedule
from linkage.kernels.rounds.reasons import unserved
from linkage.kernels.rounds.result import RoundsOptions
from linkage.kernels.rounds.solve import plan_rounds
from linkage.terms import RosterChangeKind, RosterRule, RosterStep
from tests.imports.instances.conftest import changed

ONE_VISIT = {
    "depots": [{"id": "station", "place": [0, 0]}],
    "visits": [{"id": "Li", "place": [0, 10], "minutes": 30}],
    "workers": [{"id": "a", "hours": [480, 1020]}],
}


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("visits.0.boxes", 5, {"kind": "raise_capacity", "day": 0, "worker": "a", "boxes": 4}),
        ("visits.0.skill", "nurse", {"kind": "grant_skill", "day": 0, "worker": "a", "skill": "nurse"}),
        ("visits.0.people", 2, {"kind": "add_worker", "day": 0, "worker": None, "count": 1, "depot": "station", "hours": [0, 1440]}),
        ("visits.0.window", [1020, 1030], {"kind": "extend_hours", "day": 0, "worker": "a", "hours": [480, 1060], "minutes": 40}),
    ],
)  # fmt: skip
def test_changes_of_rounds_are_told_by_id(path, value, told, written):
    """Whom or what a change concerns, and by how much."""
    document = changed({**ONE_VISIT, "visits": [dict(ONE_VISIT["visits"][0])], "workers": [{"id": "a", "hours": [480, 1020], "boxes": 1}]}, path, value)  # fmt: skip
    instance = read_rounds(written(document))
    result = plan_rounds(instance.problem, RoundsOptions(iterations=50))
    (row,) = rounds_answer(instance, result, unserved(instance.problem, result), 0.0)["unserved"]

    assert row["cheapest_change"] == told


def test_lunch_and_rivals_are_told(example, written):
    """A stop for lunch says where; a visit left out names the one it would displace."""
    document = {
        **ONE_VISIT,
        "visits": [
            {"id": "Li", "place": [0, 10], "minutes": 200, "window": [480, 500]},
            {"id": "Wu", "place": [0, 11], "minutes": 60, "window": [760, 800]},
            {"id": "Chen", "place": [0, 12], "minutes": 60, "window": [760, 770]},
        ],
        "workers": [{"id": "a", "hours": [460, 1020], "lunch": {"minutes": 30, "window": [690, 750]}}],
    }
    instance = read_rounds(written(document))
    result = plan_rounds(instance.problem)
    answer = rounds_answer(instance, result, unserved(instance.problem, result), 0.0)

    assert {"on the way", "depot"} & {stop.get("lunch") for stop in answer["rounds"][0]["stops"]}
    assert answer["unserved"][0]["reasons"][0]["detail"]["instead_of"] in {"Wu", "Chen"}


def _no_plan(conflict):
    nothing = np.zeros(0, dtype=np.int64)
    return RosterResult(
        volunteer=nothing, shift=nothing, seat=nothing, levels=(), terms={}, trace=RosterTrace(seed=0, candidate_pairs=0),
        conflict=conflict, has_plan=False,
    )  # fmt: skip


def test_conflicting_rules_of_a_roster_are_told_by_id(example, written):
    """Person, shift, seat, and what a rule is about: a skill, a kind, a week, a team or a day."""
    instance = read_roster(written(example("roster")))
    uses = (
        RuleUse(rule=RosterRule.FIXED, volunteer=0, shift=0),
        RuleUse(rule=RosterRule.SEATS, shift=0, seat=1, limit=1),
        RuleUse(rule=RosterRule.SKILL, volunteer=1, index=0),
        RuleUse(rule=RosterRule.MAX_SHIFTS_BY_KIND, volunteer=2, index=0, limit=14),
        RuleUse(rule=RosterRule.MAX_MINUTES_WEEK, volunteer=0, index=1),
        RuleUse(rule=RosterRule.TEAM, index=2),
        RuleUse(rule=RosterRule.DAYS_OFF, volunteer=2, index=6),
    )
    answer = roster_answer(instance, _no_plan(Conflict(rules=uses)), shortages=(), shortfalls=(), seconds=0.0)

    assert answer["status"] == "contradictory"
    assert answer["conflicts"] == [
        {"rule": "fixed", "volunteer": "v1", "shift": "s1"},
        {"rule": "seats", "shift": "s1", "seat": 1, "limit": 1},
        {"rule": "skill", "volunteer": "v2", "skill": "cook"},
        {"rule": "max_shifts_by_kind", "volunteer": "v3", "kind": "D", "limit": 14},
        {"rule": "max_minutes_week", "volunteer": "v1", "week": 1},
        {"rule": "team", "team": 2},
        {"rule": "days_off", "volunteer": "v3", "day": 6},
    ]


def test_empty_places_and_changes_of_a_roster_are_told_by_id(example, written):
    """The fewest rules with people before and after, the shifts that hold them, and every number of a change."""
    instance = read_roster(written(changed(example("roster"), "volunteers.2.pattern.max_shifts_by_kind.N", 1)))
    result = schedule(instance.problem, RosterOptions(moves=10))
    common = {"shift": 0, "seat": 0, "missing_count": 1, "funnel": ()}
    changes = [
        RosterChange(
            kind=RosterChangeKind.RAISE_MINUTES, volunteer=0, shift=0, minutes=60, raised=(1260, 2**31 - 1, 540)
        ),
        RosterChange(kind=RosterChangeKind.LONGER_RUN, volunteer=2, shift=0, limit=6),
        RosterChange(kind=RosterChangeKind.NAME_EXPERIENCED, volunteer=1, shift=0, companion=NEW),
        RosterChange(kind=RosterChangeKind.ADD_VOLUNTEER, volunteer=NEW, shift=1, skill=0, is_lead=True),
    ]
    rival = Rival(shift=1, people_count=2, priority=1)
    shortages = [
        Shortage(**common, reasons=(RosterStep.TAKEN,), rivals=(rival,), change=change) for change in changes
    ] + [Shortage(**(common | {"seat": -1}), reasons=(), rivals=(), change=None)]
    answer = roster_answer(instance, result, shortages=shortages, shortfalls=(), seconds=0.0)

    assert [row["cheapest_change"] for row in answer["unfilled"]] == [
        {"kind": "raise_minutes", "volunteer": "v1", "shift": "s1", "minutes": 60, "max_minutes": 1260, "max_minutes_day": 540},
        {"kind": "longer_run", "volunteer": "v3", "shift": "s1", "limit": 6},
        {"kind": "name_experienced", "volunteer": "v2", "shift": "s1", "companion": None},
        {"kind": "add_volunteer", "volunteer": None, "shift": "s2", "skill": "cook", "lead": True},
        None,
    ]  # fmt: skip
    assert answer["unfilled"][0]["reasons"] == [{"code": "taken", "detail": {"held_by_shifts": ["s2"], "shifts": 1}}]
    assert (answer["unfilled"][4]["seat"], answer["unfilled"][4]["reasons"][0]["code"]) == ("lead", "other_aims")
    assert answer["remarks"]


def test_fixed_pairs_that_break_rules_are_told_by_id(example, written):
    """Somebody fixed to a shift outside the hours, and two people to one place."""
    document = example("roster") | {"fixed": [["v1", "s2"], ["v2", "s2"], ["v3", "s2"]], "previous": [], "released": []}
    document["volunteers"][0]["available"] = [[0, 100]]
    answer = contradictory_answer(read_roster(written(document)), 0.0)

    assert answer["status"] == "contradictory"
    told = {(row["rule"], *row["fixed_volunteers"]) for row in answer["conflicts"]}
    assert ("available", "v1") in told
    assert ("seats", "v1", "v2", "v3") in told


def test_one_broken_rule_is_told_once(written):
    """A team was told for each member, by index, as if all were fixed; an unfit person also as a lack of seats."""
    shift = {"id": "s1", "start": 480, "end": 600}
    document = {
        "volunteers": [{"id": "Li"}, {"id": "Wu"}, {"id": "Chen", "max_minutes_day": 60}],
        "teams": [["Li", "Wu"]],
        "shifts": [
            shift | {"seats": [{"min": 1}]},
            shift | {"id": "s2", "seats": [{"skill": "cook"}]},
            shift | {"id": "s3", "start": 1920, "end": 2000, "seats": [{}]},
        ],
    }
    told = [
        contradictory_answer(read_roster(written(document | {"fixed": [pair]})), 0.0)["conflicts"]
        for pair in (["Wu", "s1"], ["Chen", "s2"], ["Chen", "s3"])
    ]

    assert [[row["rule"] for row in rows] for rows in told] == [["team", "seats"], ["skill", "max_minutes_day"], ["max_minutes_day"]]  # fmt: skip
    assert (told[0][0]["fixed_volunteers"], told[0][0]["team"]) == (["Wu"], ["Li", "Wu"])


def test_a_least_above_the_most_is_a_contradiction(written):
    """A pattern's least minutes against the person's own most: two rules that cannot both hold, not a slip."""
    person = {"id": "Li", "max_minutes": 300, "pattern": {"min_minutes": 600}}
    shifts = [{"id": f"s{day}", "start": 1440 * day, "end": 1440 * day + 300, "seats": [{}]} for day in range(3)]
    instance = read_roster(written({"volunteers": [person], "shifts": shifts}))
    answer = roster_answer(instance, schedule(instance.problem), shortages=(), shortfalls=(), seconds=0.0)

    assert {row["rule"] for row in answer["conflicts"]} == {"min_minutes", "max_minutes"}


def test_nobody_to_ask_is_no_other_aim(written):
    """A file without volunteers used to say that another aim went first."""
    instance = read_roster(written({"shifts": [{"id": "s1", "start": 480, "end": 600, "seats": [{}]}]}))
    result = schedule(instance.problem)
    answer = roster_answer(instance, result, shortages=shortages(instance.problem, result), shortfalls=(), seconds=0.0)

    assert answer["unfilled"][0]["reasons"] == [{"code": "no_volunteers", "detail": {}}]
    assert answer["unfilled"][0]["cheapest_change"]["kind"] == "add_volunteer"


def test_rules_that_fixed_matches_break_are_told_by_id(example, written):
    """A window's capacity and an exclusive group are named by what the file calls them."""
    document = example("matching") | {"previous": []}
    document["offers"][0]["windows"][0]["capacity"] = 1
    document["fixed"] = [
        {"need": "n1", "offer": "o1", "quantity": 2},
        {"need": "n3", "offer": "o2"},
        {"need": "n4", "offer": "o2"},
    ]
    instance = read_matching(written(document))
    answer = matching_answer(instance, match(instance.problem), 0.0)
    rules = {row["rule"]: row for row in answer["conflicts"]}

    assert answer["status"] == "contradictory"
    assert (rules["window_capacity"]["offer"], rules["window_capacity"]["window"]) == ("o1", "am")
    assert rules["exclusive"]["needs"] == ["n3", "n4"]
