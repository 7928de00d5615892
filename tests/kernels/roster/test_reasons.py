"""Reasons count truly, and a proposed change really fills the place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from linkage.kernels.roster.changes import NEW, apply_change
from linkage.kernels.roster.problem import ANY, Pairs, Patterns, RosterProblem, Seats, Shifts, Volunteers, Windows
from linkage.kernels.roster.reasons import FunnelStep, Rival, pledge_shortfalls, shortages
from linkage.kernels.roster.result import RosterOptions
from linkage.kernels.roster.solve import schedule
from linkage.terms import RosterChangeKind, RosterObjective, RosterStep, ShortfallCause

THOROUGH = RosterOptions(exact_effort=60.0, moves=40)
COVER = ((RosterObjective.UNCOVERED,), (RosterObjective.LEAD_MISSING,))


@pytest.mark.parametrize("seed", range(30))
def test_change_fills_the_place_when_solved_again(a_random_roster: Callable[..., RosterProblem], seed: int) -> None:
    """With the change made, the optimum of coverage or of leads is better than before."""
    problem = a_random_roster(seed, people=5, shifts=8, objectives=COVER)
    result = schedule(problem, THOROUGH)
    found = shortages(problem, result)
    for shortage in found[:4]:
        if shortage.change is None:
            assert problem.seats.target[problem.seats.shift == shortage.shift].sum() == 0
            continue
        better = schedule(apply_change(problem, shortage.change), THOROUGH)
        before = tuple(level.value for level in result.levels)
        assert tuple(level.value for level in better.levels) < before, shortage


@pytest.mark.parametrize("seed", range(30, 60))
def test_shortages_are_exactly_the_empty_places(a_random_roster: Callable[..., RosterProblem], seed: int) -> None:
    """Every seat below target and every missing lead is explained once, and funnels only narrow."""
    problem = a_random_roster(seed, people=6, shifts=8)
    result = schedule(problem)
    found = shortages(problem, result)
    filled = np.bincount(result.seat, minlength=problem.seat_count)
    missing = {i: t - f for i, (t, f) in enumerate(zip(problem.seats.target, filled, strict=True)) if t > f}

    assert {s.seat: s.missing_count for s in found if s.seat != ANY} == missing
    for shortage in found:
        counts = [step.left_count for step in shortage.funnel]
        assert counts == sorted(counts, reverse=True)


def one_place(**facts: object) -> dict[str, object]:
    """Make one shift on Monday morning with one place for skill 0."""
    people = facts.pop("volunteers", Volunteers.of(2, skills=[[True], [False]]))
    return {
        "volunteers": people,
        "shifts": Shifts.of([540], [660]),
        "seats": Seats.of([0], skill=[0]),
        "windows": Windows.always(2, 7),
        **facts,
    }


CHANGES = {
    "half an hour more": (
        one_place(volunteers=Volunteers.of(2, skills=[[True], [False]], max_minutes_day=[90, 480])),
        (RosterChangeKind.RAISE_MINUTES, 0, 30),
    ),
    "come an hour earlier": (
        one_place(windows=Windows.of([0, 0, 1, 0], [600, 0, 0, 610], [1000, 10, 9999, 640])),
        (RosterChangeKind.EXTEND_AVAILABILITY, 0, 60),
    ),
    "leave later": (
        one_place(windows=Windows.of([0, 1], [0, 0], [650, 9999])),
        (RosterChangeKind.EXTEND_AVAILABILITY, 0, 10),
    ),
    "allow the pair": (one_place(eligible=Pairs.of([1], [0])), (RosterChangeKind.LIST_PAIR, 0, 0)),
    "train": (
        one_place(volunteers=Volunteers.of(2, skills=[[False], [False]])),
        (RosterChangeKind.GRANT_SKILL, 0, 0),
    ),
    "one more cook": (
        one_place(
            volunteers=Volunteers.of(2, skills=[[False], [False]]),
            windows=Windows.of([], [], []),
            served_minutes=np.asarray([[10], [0]]),
            eligible=Pairs.of(),
        ),
        (RosterChangeKind.ADD_VOLUNTEER, NEW, 0),
    ),
}


NEW_RULES = {
    "certificate": (
        one_place(volunteers=Volunteers.of(2, skills=[[True], [False]], skill_until=[[600], [9999]])),
        (RosterChangeKind.RENEW_CERTIFICATE, 0, 60),
        (RosterStep.SKILL, RosterStep.CERTIFICATE),
    ),
    "strain": (
        one_place(
            volunteers=Volunteers.of(2, skills=[[True], [False]], strain_cap_week=[1, 9]),
            shifts=Shifts.of([540], [660], strain=[3]),
        ),
        (RosterChangeKind.RAISE_STRAIN, 0, 0),
        (RosterStep.SKILL, RosterStep.STRAIN),
    ),
    "day off": (
        one_place(patterns=Patterns.of(days_off=[(0, 0), (1, 3)])),
        (RosterChangeKind.WORK_DAY_OFF, 0, 0),
        (RosterStep.SKILL, RosterStep.DAY_OFF),
    ),
    "weekend": (
        one_place(patterns=Patterns.of([0], max_weekends=[0]), first_weekday=5),
        (RosterChangeKind.MORE_WEEKENDS, 0, 0),
        (RosterStep.SKILL, RosterStep.PATTERN),
    ),
    "kind": (
        one_place(patterns=Patterns.of([0], max_shifts_by_kind=[[0]]), shifts=Shifts.of([540], [660], kind=[0])),
        (RosterChangeKind.MORE_OF_KIND, 0, 0),
        (RosterStep.SKILL, RosterStep.PATTERN),
    ),
    "run": (
        one_place(patterns=Patterns.of([0], max_consecutive_days=[0])),
        (RosterChangeKind.LONGER_RUN, 0, 0),
        (RosterStep.SKILL, RosterStep.PATTERN),
    ),
    "short run": (
        one_place(patterns=Patterns.of([0], min_consecutive_days=[2]), shifts=Shifts.of([1980], [2100])),
        (RosterChangeKind.GRANT_SKILL, 1, 0),
        (RosterStep.SKILL, RosterStep.PATTERN),
    ),
    "newcomer beside somebody": (
        one_place(
            volunteers=Volunteers.of(2, skills=[[True], [False]], newcomer=[True, False]),
            seats=Seats.of([0, 0], skill=[0, -1]),
        ),
        (RosterChangeKind.NAME_EXPERIENCED, 0, 0),
        (RosterStep.SKILL, RosterStep.NEWCOMER),
    ),
    "newcomer alone": (
        one_place(
            volunteers=Volunteers.of(1, skills=[[True]], newcomer=[True]),
            windows=Windows.always(1, 7),
            seats=Seats.of([0, 0], skill=[0, 0]),
        ),
        (RosterChangeKind.NAME_EXPERIENCED, 0, 0),
        (RosterStep.NEWCOMER,),
    ),
    "newcomer and one place": (
        one_place(volunteers=Volunteers.of(1, skills=[[True]], newcomer=[True]), windows=Windows.always(1, 7)),
        (RosterChangeKind.ADD_VOLUNTEER, NEW, 0),
        (RosterStep.NEWCOMER,),
    ),
    "team": (
        one_place(volunteers=Volunteers.of(2, skills=[[True], [True]]), teams=((0, 1),)),
        (RosterChangeKind.ADD_VOLUNTEER, NEW, 0),
        (RosterStep.TEAM,),
    ),
}


@pytest.mark.parametrize(("facts", "expected", "reasons"), NEW_RULES.values(), ids=NEW_RULES.keys())
def test_rule_is_the_reason_and_its_change_fills_the_place(
    a_roster: Callable[..., RosterProblem],
    facts: dict[str, object],
    expected: tuple[RosterChangeKind, int, int],
    reasons: tuple[RosterStep, ...],
) -> None:
    """The fewest rules of which everybody breaks one are told, and the change leaves fewer places empty."""
    problem = a_roster(**facts)
    result = schedule(problem)
    shortage = shortages(problem, result)[0]
    change = shortage.change

    assert shortage.reasons == reasons
    assert change is not None
    assert (change.kind, change.volunteer, change.minutes) == expected
    assert schedule(apply_change(problem, change)).levels[0].value < result.levels[0].value


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("rule", ["certificates", "strain", "newcomers", "teams", "over target", "patterns"])
def test_change_fills_the_place_under_every_rule(
    a_ruled_roster: Callable[..., RosterProblem], rule: str, seed: int
) -> None:
    """With the change made, the optimum of coverage or of leads is better than before, whatever rules there are."""
    problem = a_ruled_roster(rule, seed, people=5, shifts=7)
    problem = replace(problem, objectives=COVER, windows=Windows.always(5, 4))
    result = schedule(problem, THOROUGH)
    for shortage in shortages(problem, result)[:2]:
        if shortage.change is not None:
            better = schedule(apply_change(problem, shortage.change), THOROUGH)
            before = tuple(level.value for level in result.levels)
            assert tuple(level.value for level in better.levels) < before, shortage


@pytest.mark.parametrize(("facts", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_cheapest_change_is_the_smallest_that_is_enough(
    a_roster: Callable[..., RosterProblem], facts: dict[str, object], expected: tuple[RosterChangeKind, int, int]
) -> None:
    """Asking for less comes before asking for more, and the changed problem has no empty place."""
    problem = a_roster(**facts)
    change = shortages(problem, schedule(problem))[0].change

    assert change is not None
    assert (change.kind, change.volunteer, change.minutes) == expected
    assert schedule(apply_change(problem, change)).levels[0].value == 0


def test_lead_missing_is_explained_by_who_could_qualify(a_roster: Callable[..., RosterProblem]) -> None:
    """Whoever serves there already may qualify; somebody from outside would need an open place."""
    full = a_roster(shifts=Shifts.of([540], [660], leads=[True]), seats=Seats.of([0]))
    result = schedule(full)
    shortage = shortages(full, result)[0]

    assert (shortage.seat, shortage.missing_count) == (ANY, 1)
    assert shortage.funnel[0] == FunnelStep(step=RosterStep.LEAD, left_count=0)
    assert shortage.change is not None
    assert shortage.change.kind == RosterChangeKind.GRANT_LEAD
    assert shortage.change.volunteer == int(result.volunteer[0])
    assert schedule(apply_change(full, shortage.change)).terms[RosterObjective.LEAD_MISSING] == 0


def test_lead_of_a_shift_without_places_cannot_be_found(a_roster: Callable[..., RosterProblem]) -> None:
    """A shift that asks for a lead and offers no place is a contradiction no change of people resolves."""
    problem = a_roster(
        shifts=Shifts.of([540, 1980], [660, 2100], leads=[False, True]),
        seats=Seats.of([0, 1], target=[1, 0]),
    )
    shortage = shortages(problem, schedule(problem))[0]

    assert (shortage.shift, shortage.change) == (1, None)


def test_lead_may_be_a_new_volunteer(a_roster: Callable[..., RosterProblem]) -> None:
    """Where nobody can be reached, a new lead with the skill of an open place is looked for."""
    problem = a_roster(
        volunteers=Volunteers.of(0, skills=np.zeros((0, 1))),
        windows=Windows.of([], [], []),
        shifts=Shifts.of([540], [660], leads=[True]),
        seats=Seats.of([0], skill=[0]),
    )
    lead = shortages(problem, schedule(problem))[1].change

    assert lead is not None
    assert (lead.kind, lead.skill, lead.is_lead) == (RosterChangeKind.ADD_VOLUNTEER, 0, True)
    assert schedule(apply_change(problem, lead)).levels[1].value == 0


def test_funnel_names_the_shift_that_holds_people(a_roster: Callable[..., RosterProblem]) -> None:
    """Two shifts at once and one person: the place stays empty because the weightier shift holds the person."""
    problem = a_roster(
        volunteers=Volunteers.of(1),
        windows=Windows.always(1, 7),
        shifts=Shifts.of([540, 540], [660, 660], priority=[4, 1]),
    )
    shortage = shortages(problem, schedule(problem))[0]

    assert shortage.shift == 1
    assert [step.left_count for step in shortage.funnel] == [1, 1, 1, 1, 0]
    assert shortage.rivals == (Rival(shift=0, people_count=1, priority=4),)


def test_who_serves_there_already_is_told_apart(a_roster: Callable[..., RosterProblem]) -> None:
    """A second place is empty because the only volunteer has the first; it used to read as a clash of two shifts."""
    problem = a_roster(
        volunteers=Volunteers.of(1), windows=Windows.always(1, 7), seats=Seats.of([0], minimum=[2], target=[2])
    )
    first = shortages(problem, schedule(problem))[0]

    assert (first.shift, first.missing_count, first.reasons) == (0, 1, (RosterStep.SERVING,))
    assert next((s.step, s.left_count) for s in first.funnel if s.left_count == 0) == (RosterStep.SERVING, 0)


def test_funnel_counts_fixed_duties_as_facts(a_roster: Callable[..., RosterProblem]) -> None:
    """What is fixed cannot be bargained with: overlap and minutes of fixed pairs come before `taken`."""
    overlap = a_roster(
        volunteers=Volunteers.of(1),
        windows=Windows.always(1, 7),
        shifts=Shifts.of([540, 540], [660, 660]),
        fixed=Pairs.of([0], [0]),
    )
    minutes = a_roster(
        volunteers=Volunteers.of(1, max_minutes=[200]), windows=Windows.always(1, 7), fixed=Pairs.of([0], [0])
    )

    assert [s.left_count for s in shortages(overlap, schedule(overlap))[0].funnel] == [1, 1, 1, 0, 0]
    assert [s.left_count for s in shortages(minutes, schedule(minutes))[0].funnel] == [1, 1, 0, 0, 0]


def test_free_people_need_no_change(a_roster: Callable[..., RosterProblem]) -> None:
    """Where another aim goes first, somebody is free and no change of facts is proposed."""
    problem = a_roster(objectives=((RosterObjective.PEOPLE_USED,), (RosterObjective.UNCOVERED,)))
    shortage = shortages(problem, schedule(problem))[0]

    assert shortage.funnel[-1].left_count == 2
    assert shortage.change is None


def test_pledge_shortfall_names_its_cause(a_roster: Callable[..., RosterProblem]) -> None:
    """Own limits, too few shifts, both, or another aim: each in minutes."""
    facts = {"shifts": Shifts.of([540], [660]), "seats": Seats.of([0]), "windows": Windows.always(1, 7)}
    demand = a_roster(
        **{**facts, "windows": Windows.always(2, 7)}, volunteers=Volunteers.of(2, pledge_minutes=[120, 120])
    )
    own = a_roster(**facts, volunteers=Volunteers.of(1, pledge_minutes=[180]))
    both = a_roster(
        **{**facts, "windows": Windows.always(2, 7)},
        volunteers=Volunteers.of(2, pledge_minutes=[180, 120]),
        fixed=Pairs.of([1], [0]),
    )
    other = a_roster(
        **facts, volunteers=Volunteers.of(1, pledge_minutes=[60]), objectives=((RosterObjective.PEOPLE_USED,),)
    )
    found = [pledge_shortfalls(p, schedule(p)) for p in (demand, own, both, other)]

    assert [
        [(f.cause, f.shortfall_minutes, f.reachable_minutes, f.missing_shift_minutes) for f in each] for each in found
    ] == [
        [(ShortfallCause.DEMAND, 120, 120, 120)],
        [(ShortfallCause.OWN_LIMITS, 60, 120, 0)],
        [(ShortfallCause.BOTH, 180, 120, 120)],
        [(ShortfallCause.OTHER_AIMS, 60, 120, 0)],
    ]


def test_reachable_minutes_respect_caps_and_clashes(a_roster: Callable[..., RosterProblem]) -> None:
    """Of three shifts on Monday and two on Tuesday, what fits under day, week and horizon caps is counted exactly."""
    problem = a_roster(
        volunteers=Volunteers.of(
            1, pledge_minutes=[2000], max_minutes=[400], max_minutes_week=[350], max_minutes_day=[200]
        ),
        windows=Windows.always(1, 7),
        shifts=Shifts.of([480, 540, 600, 1980, 2200], [560, 660, 700, 2100, 2310]),
        seats=Seats.of([0, 1, 2, 3, 4]),
    )

    assert pledge_shortfalls(problem, schedule(problem))[0].reachable_minutes == 300
