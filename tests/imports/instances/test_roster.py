"""A roster file becomes the kernel's tables: people, windows, seats, patterns, places and wishes."""

from __future__ import annotations

from linkage.imports.instances.roster import read_roster
from linkage.kernels.roster.problem import NO_LIMIT
from linkage.terms import RosterObjective
from tests.imports.instances.conftest import changed


def test_people_become_tables(example, written):
    """Skills with the end of their certificates, caps, groups, leads; who says nothing is always there."""
    problem = read_roster(written(example("roster"))).problem
    people, windows = problem.volunteers, problem.windows

    assert people.skills.tolist() == [[True], [False], [False]]
    assert people.skill_until[0, 0] == 9000
    assert people.leads.tolist() == [True, False, False]
    assert people.max_minutes.tolist() == [1200, NO_LIMIT, 4320]
    assert people.group[0] == people.group[1] != people.group[2]
    assert (people.newcomer.tolist(), people.experienced.tolist()) == ([False, True, False], [True, False, False])
    assert people.strain_cap_week.tolist() == [NO_LIMIT, 9, NO_LIMIT]
    assert windows.volunteer.tolist() == [0, 0, 1, 2]
    assert (windows.start[2], windows.end[2]) == (0, 8 * 1440)
    assert problem.served_minutes.tolist() == [[60], [0], [0]]


def test_everybody_may_lead_where_nobody_says_who(example, written):
    """A file without the key has no shift without a lead for want of it."""
    problem = read_roster(written(changed(example("roster"), "volunteers.0.lead", ...))).problem

    assert problem.volunteers.leads.all()


def test_seats_fill_what_is_absent(example, written):
    """The target is min, the maximum the target, open where it is null or over-cover has a weight."""
    document = changed(
        example("roster"), "shifts.1.seats", [{"target": 3}, {"min": 2}, {"min": 1, "over_weight": 2}, {}]
    )
    instance = read_roster(written(document))
    seats = instance.problem.seats

    assert seats.minimum.tolist() == [1, 1, 3, 2, 1, 1]
    assert seats.target.tolist() == [2, 1, 3, 2, 1, 1]
    assert seats.maximum.tolist() == [NO_LIMIT, 1, 3, 2, NO_LIMIT, 1]
    assert seats.under_weight.tolist() == [100, 1, 1, 1, 1, 1]
    assert instance.seat_of.tolist() == [0, 1, 0, 1, 2, 3]


def test_patterns_speak_of_kinds_by_name(example, written):
    """Limits by kind, days off and successions are looked up; a kind that no shift has is remarked."""
    document = changed(example("roster"), "volunteers.2.pattern.max_shifts_by_kind.N", 3)
    changed(document, "forbidden_successions.1", ["N", "D"])
    instance = read_roster(written(document))
    patterns = instance.problem.patterns

    assert patterns.volunteer.tolist() == [2]
    assert patterns.max_shifts_by_kind.tolist() == [[14]]
    assert patterns.max_consecutive_days.tolist() == [5]
    assert patterns.days_off.tolist() == [[2, 6]]
    assert instance.problem.forbidden_successions.tolist() == [[0, 0]]
    assert len(instance.remarks) == 2


def test_travel_is_distance_times_speed_rounded_up(example, written):
    """Fifty units at half a minute each: 25 minutes; without a speed nobody travels."""
    document = example("roster")
    near, far = (
        read_roster(written(changed(document, "minutes_per_distance", speed))).problem for speed in (0.5, 0.51)
    )
    still = read_roster(written(changed(document, "minutes_per_distance", ...))).problem

    assert near.travel_minutes.tolist() == [[0, 25], [25, 0]]
    assert far.travel_minutes.max() == 26
    assert still.travel_minutes.size == 0


def test_objectives_and_weights_are_those_of_the_file(example, written):
    """An inner list is one level; without objectives the kernel's order holds."""
    document = example("roster")
    told = read_roster(written(document)).problem
    del document["objectives"]

    assert told.objectives[1] == (RosterObjective.LEAD_MISSING, RosterObjective.PLEDGE_SHORTFALL)
    assert told.weights == {RosterObjective.UNCOVERED: 3}
    assert len(read_roster(written(document)).problem.objectives) == len(RosterObjective)


def test_the_horizon_follows_from_the_shifts(example, written):
    """Without a number of days the last shift's day is the last."""
    document = example("roster")
    del document["horizon_days"]
    del document["volunteers"][2]["pattern"]["days_off"]

    assert read_roster(written(document)).problem.horizon_days == 2
