"""Scheduling: plan, review, ask, answer, replace; nobody is assigned without accepting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from linkage.db.audit import act
from linkage.db.tables import (
    Activity,
    Assignment,
    FrozenList,
    Message,
    Person,
    RosterRun,
    Shift,
    ShiftOffer,
    StageRun,
    Volunteer,
)
from linkage.errors import AlreadyAnswered, ConflictingKey, GateShut, ShiftFull, Unknown
from linkage.stages import scheduling
from linkage.stages.scheduling_reading import stand_ins_of
from linkage.stages.standing import standing_of
from linkage.stages.volunteers import NewVolunteer, register_volunteer, register_volunteers
from linkage.terms import ActivityState, ListKind, OfferState, ReplacementReason, Stage

NOW = datetime(2024, 9, 15, 1, 0, tzinfo=UTC)
"""A Sunday, two weeks and a day before the cycle's end: few activities are left to plan."""
HOUR = timedelta(hours=1)

FRIDAY_ESCORT = {
    "code": "escort",
    "name": "陪同就医",
    "party": "team",
    "society": "volunteer",
    "category": "escort",
    "method": "case_work",
    "capacity_per_cycle": 10,
    "capacity_each": 1,
    "schedule": {"on_dates": ["2024-09-20", "2024-09-27"], "start": "08:30", "duration_minutes": 180},
    "crew": [{"skill": "陪诊", "min": 1, "target": 1}],
    "place": "社区医院",
    "content": "陪诊取药",
    "risks": "途中不适；告知家属",
}


@pytest.fixture
def project(adopt: Callable[..., Any]) -> Any:
    """Put a project with two escort mornings left in its cycle at scheduling."""
    adopted = adopt(services=[FRIDAY_ESCORT])
    adopted.enter(Stage.SCHEDULING, NOW)
    return adopted


def add_volunteers(project: Any, *codes: str, **changed: Any) -> list[int]:
    """Register volunteers who can do the escort at any time."""
    newcomers = [NewVolunteer(name=f"志愿者{code}", code=code, **({"skills": ["陪诊"]} | changed)) for code in codes]
    return project.run(lambda session: register_volunteers(session, project.project_id, newcomers, NOW), NOW)


def release(project: Any, now: datetime = NOW, **changed: Any) -> int:
    """Plan, review and ask."""
    project.step(scheduling, now)
    released = project.run(
        lambda session: scheduling.review(session, project.project_id, actor="centre", now=now, **changed), now
    )
    project.step(scheduling, now)
    return int(released)


def answer(project: Any, offer: ShiftOffer, *, accepts: bool, now: datetime = NOW, **changed: Any) -> int | None:
    """Answer one offer."""
    return project.run(
        lambda session: scheduling.answer(session, offer.id, accepts=accepts, actor="v", now=now, **changed), now
    )


def test_activities_are_planned_once_and_only_ahead(project: Any) -> None:
    """A cycle is planned once, from the day after today; each activity has the seats its crew asks."""
    project.step(scheduling, NOW)
    project.step(scheduling, NOW)

    activities = project.all(Activity)
    assert [row.code for row in activities] == ["escort-2024-09-20", "escort-2024-09-27"]
    assert {row.state for row in activities} == {ActivityState.PLANNED}
    assert [(row.skill, row.min_count, row.target_count) for row in project.all(Shift)] == [("陪诊", 1, 1)] * 2
    assert [who for who, _ in project.messages("scheduling/activities_planned")] == ["centre"]


def test_days_that_have_begun_are_not_planned(project: Any) -> None:
    """On the day of an activity it is too late to plan it."""
    project.step(scheduling, datetime(2024, 9, 19, 16, 0, tzinfo=UTC))

    assert [row.held_on for row in project.all(Activity)] == [date(2024, 9, 27)]


def test_nobody_is_asked_before_the_review(project: Any) -> None:
    """条例 art. 12: what is recruited for is reviewed first."""
    add_volunteers(project, "V1")
    project.step(scheduling, NOW)

    assert project.all(ShiftOffer) == []
    assert project.shut(scheduling, NOW) == ["activities_reviewed", "offers_answered"]


def test_review_releases_all_but_the_struck_out(project: Any) -> None:
    """A reviewer strikes single activities out; only the others are released, staffed and told."""
    add_volunteers(project, "V1")

    assert release(project, except_codes=["escort-2024-09-20"]) == 1
    assert [row.state for row in project.all(Activity)] == [ActivityState.CANCELLED, ActivityState.RELEASED]
    assert len(project.all(ShiftOffer)) == 1
    assert [who for who, _ in project.messages("scheduling/activities_released")] == [
        "team",
        "committee-east",
        "committee-west",
    ]


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        pytest.param({"except_codes": ["escort-2024-09-21"]}, Unknown, id="unknown-activity"),
        pytest.param({"verdict": "refused"}, Unknown, id="unknown-verdict"),
    ],
)
def test_wrong_review_changes_nothing(project: Any, changed: dict[str, Any], refusal: type[Exception]) -> None:
    """A review that names what is not there is refused whole."""
    with pytest.raises(refusal):
        release(project, **changed)

    assert {row.state for row in project.all(Activity)} == {ActivityState.PLANNED}


def test_review_before_planning_is_refused(project: Any) -> None:
    """There is nothing to review before the plan."""
    with pytest.raises(GateShut, match="no activities of cycle 1"):
        project.run(lambda session: scheduling.review(session, project.project_id, actor="centre", now=NOW))


def test_review_twice_is_one_review(project: Any) -> None:
    """The same review again releases nothing more."""
    release(project)

    again = project.run(lambda session: scheduling.review(session, project.project_id, actor="centre", now=NOW))
    assert again == 0


def test_volunteer_hears_once_of_all_shifts(project: Any) -> None:
    """One notice holds all of a volunteer's shifts with time, place, content and risks, and until when to answer."""
    add_volunteers(project, "V1")
    release(project)

    [(who, body)] = project.messages("scheduling/shifts_offered")
    assert who == "V1"
    for text in (
        "2024年9月20日 08:30",
        "2024年9月27日 08:30",
        "社区医院",
        "陪诊取药",
        "途中不适",
        "2024年9月17日 09:00",
    ):
        assert text in body
    [run] = project.all(RosterRun)
    assert run.objectives["uncovered"] == {"value": 0, "bound": 0}
    assert {row.expires_at for row in project.all(ShiftOffer)} == {NOW + 48 * HOUR}


def test_empty_seats_are_told(project: Any) -> None:
    """Seats that nobody can be asked for are stored with the roster and told to the provider."""
    add_volunteers(project, "V1", skills=[])
    release(project)

    unfilled = project.all(RosterRun)[0].unfilled
    assert [(line["missing_count"], line["reasons"], line["change"]) for line in unfilled] == [
        (1, ["skill"], "grant_skill")
    ] * 2
    [(who, body)] = project.messages("scheduling/roster_made")
    assert who == "centre"
    assert "陪同就医（陪诊）：缺 2 个岗位" in body
    assert "没有人能同时满足：具备技能；最省力的办法：取得技能（1名志愿者可选）" in body
    [frozen] = project.all(FrozenList)
    assert frozen.kind is ListKind.VACANCY_LIST
    assert frozen.body["rows"] == [
        ["陪同就医", "陪诊", "2024-09-20", "具备技能", "具备技能0人", "取得技能（1名志愿者可选）", 2, 2]
    ]
    assert project.shut(scheduling, NOW) == []


def test_stand_ins_are_ranked_with_reasons(project: Any) -> None:
    """Whoever could be asked for an activity's seats is listed in the order in which they would be asked, and why."""
    add_volunteers(project, "V1", "V2", "V3")
    add_volunteers(project, "V4", skills=[])
    release(project)
    first, second = sorted(project.all(ShiftOffer), key=lambda offer: offer.shift_id)
    codes = {person.id: person.code for person in project.all(Person)}

    rows = project.look(lambda session: stand_ins_of(session, project.project_id, "escort-2024-09-20"))

    never, asked = rows[0], rows[-1]
    assert [row.rank for row in rows] == [1, 2]
    assert {row.volunteer for row in rows} == {"V1", "V2", "V3"} - {codes[first.person_id]}
    assert (asked.volunteer, asked.last_asked) == (codes[second.person_id], "2024-09-15 09:00")
    assert never.reasons == (ReplacementReason.FREE, ReplacementReason.NEVER_ASKED)
    with pytest.raises(Unknown, match="no activity 'nothing'"):
        project.look(lambda session: stand_ins_of(session, project.project_id, "nothing"))


def test_roster_runs_again_after_a_crash_between_months(adopt: Callable[..., Any]) -> None:
    """A roster that stopped after a month goes on with the next; nobody is asked or told twice."""
    service = FRIDAY_ESCORT | {"schedule": {"day_of_month": 15, "start": "08:30", "duration_minutes": 180}}
    project = adopt(services=[service])
    start = datetime(2024, 7, 1, 1, 0, tzinfo=UTC)
    project.enter(Stage.SCHEDULING, start)
    add_volunteers(project, "V1")
    release(project, start)
    undisturbed = [(row.shift_id, row.person_id) for row in project.all(ShiftOffer)]
    with project.work._writer.begin() as connection:  # as if the process had died before its last transaction
        connection.exec_driver_sql("DELETE FROM stage_run WHERE step = 'roster'")
        connection.exec_driver_sql("DELETE FROM message_attempt")
        connection.exec_driver_sql("DELETE FROM message WHERE kind = 'scheduling/shifts_offered'")
        connection.exec_driver_sql("DELETE FROM shift_offer WHERE shift_id = 3")
        connection.exec_driver_sql("DELETE FROM roster_run WHERE month_on = '2024-09-01'")

    project.step(scheduling, start)

    assert [(row.shift_id, row.person_id) for row in project.all(ShiftOffer)] == undisturbed
    assert len(project.messages("scheduling/shifts_offered")) == 1
    assert len(project.all(RosterRun)) == 3


def test_acceptance_makes_the_assignment(project: Any) -> None:
    """条例 art. 25: an offer alone assigns nobody; its acceptance does, once."""
    add_volunteers(project, "V1")
    release(project)
    assert project.all(Assignment) == []
    offer = project.all(ShiftOffer)[0]

    assignment_id = answer(project, offer, accepts=True)

    assert assignment_id == answer(project, offer, accepts=True)
    assert [row.shift_offer_id for row in project.all(Assignment)] == [offer.id]


def test_declining_assigns_nobody(project: Any) -> None:
    """A decline needs no reason and leaves no assignment."""
    add_volunteers(project, "V1")
    release(project)

    assert answer(project, project.all(ShiftOffer)[0], accepts=False) is None
    assert project.all(Assignment) == []


@pytest.mark.parametrize(
    ("first", "then", "at"),
    [
        pytest.param(True, False, NOW, id="accepted-then-declined"),
        pytest.param(False, True, NOW, id="declined-then-accepted"),
        pytest.param(None, True, NOW + 48 * HOUR, id="lapsed"),
    ],
)
def test_answer_stands(project: Any, first: bool | None, then: bool, at: datetime) -> None:
    """An answer is not turned round by another, and silence is not answered late."""
    add_volunteers(project, "V1")
    release(project)
    offer = project.all(ShiftOffer)[0]
    if first is not None:
        answer(project, offer, accepts=first)

    with pytest.raises(AlreadyAnswered):
        answer(project, offer, accepts=then, now=at)


def test_unknown_offer_is_refused(project: Any) -> None:
    """An offer that is not here cannot be answered."""
    with pytest.raises(Unknown):
        project.run(lambda session: scheduling.answer(session, 99, accepts=True, actor="v", now=NOW))


def test_last_seat_is_taken_once(project: Any) -> None:
    """Two offers for one seat cannot both be accepted."""
    people = add_volunteers(project, "V1", "V2")
    release(project)
    first = project.all(ShiftOffer)[0]
    other = next(person for person in people if person != first.person_id)

    def offer_again(session: Any) -> int:
        row = ShiftOffer(
            project_id=project.project_id,
            shift_id=first.shift_id,
            person_id=other,
            state=OfferState.OFFERED,
            is_replacement=True,
            offered_at=NOW,
            expires_at=NOW + HOUR,
        )
        session.add(row)
        session.flush()
        act(session, "test.offered")
        return row.id

    second_id = project.run(offer_again)
    answer(project, first, accepts=True)

    with pytest.raises(ShiftFull, match="all 1 seats"):
        project.run(lambda session: scheduling.answer(session, second_id, accepts=True, actor="v", now=NOW))


def test_all_shifts_are_answered_at_once(project: Any) -> None:
    """A volunteer answers everything with one word, or each shift with its own; what is not named stays open."""
    [person] = add_volunteers(project, "V1")
    release(project)
    first, second = project.all(ShiftOffer)

    def say(accepts: bool | dict[int, bool]) -> scheduling.Answers:
        return project.run(
            lambda session: scheduling.answer_all(
                session, project.project_id, person, accepts=accepts, actor="V1", now=NOW
            )
        )

    assert say({first.id: True}) == (1, 0)
    assert project.shut(scheduling, NOW) == ["offers_answered"]
    assert say(True) == (1, 0)
    assert say({first.id: True, second.id: True}) == (2, 0)
    assert len(project.all(Assignment)) == 2
    assert project.shut(scheduling, NOW) == []
    with pytest.raises(AlreadyAnswered):
        say({first.id: False})
    with pytest.raises(Unknown):
        say({99: True})


def test_declined_seat_goes_to_the_least_recently_asked(project: Any) -> None:
    """A declined seat is offered to somebody else, flagged as a replacement, and told."""
    people = add_volunteers(project, "V1", "V2", "V3")
    release(project)
    first, second = project.all(ShiftOffer)
    idle = (set(people) - {first.person_id, second.person_id}).pop()
    answer(project, second, accepts=True)
    answer(project, first, accepts=False)

    later = NOW + HOUR
    assert project.step(scheduling, later)["replaced"] == 1

    [new] = project.all(ShiftOffer, is_replacement=True)
    assert (new.person_id, new.shift_id, new.state) == (idle, first.shift_id, OfferState.OFFERED)
    assert len(project.messages("scheduling/replacement_asked")) == 1
    assert project.step(scheduling, later) == {}


def test_silence_lapses_and_is_replaced(project: Any) -> None:
    """An offer that is not answered in time lapses; it is never taken for consent, and others are asked."""
    add_volunteers(project, "V1", "V2")
    release(project)

    with project.work.read(project.organization_id) as session:
        standing = standing_of(session, project.project_id)
        assert scheduling.next_look(session, standing, NOW) == NOW + 48 * HOUR
    summary = project.step(scheduling, NOW + 48 * HOUR)

    assert summary == {"expired": 2, "replaced": 2}
    assert project.all(Assignment) == []
    assert {row.state for row in project.all(ShiftOffer, is_replacement=False)} == {OfferState.EXPIRED}


def test_nobody_is_asked_twice_and_the_provider_hears_once(project: Any) -> None:
    """When everybody has declined a shift, the provider is told once and the stage does not wait for ever."""
    people = add_volunteers(project, "V1", "V2")
    release(project)
    for round_number in range(4):
        now = NOW + round_number * HOUR
        for person in people:
            project.run(
                lambda session, person=person, now=now: scheduling.answer_all(
                    session, project.project_id, person, accepts=False, actor="v", now=now
                ),
                now,
            )
        project.step(scheduling, now + HOUR / 2)

    assert len(project.all(ShiftOffer)) == 4
    assert len(project.messages("scheduling/seats_unfilled")) == 1
    assert project.shut(scheduling, NOW + 4 * HOUR) == []


def test_withdrawing_in_time_frees_the_seat(project: Any) -> None:
    """条例 art. 22: who tells in time that they cannot come gives the seat back, and somebody else is asked."""
    add_volunteers(project, "V1", "V2")
    release(project)
    first = project.all(ShiftOffer)[0]
    assignment_id = answer(project, first, accepts=True)
    assert assignment_id is not None

    for _ in range(2):
        project.run(lambda session: scheduling.withdraw(session, assignment_id, actor="V1", now=NOW, reason="生病"))
    project.step(scheduling, NOW + HOUR)

    assert project.all(Assignment)[0].ended_at == NOW
    assert project.all(ShiftOffer, id=first.id)[0].state is OfferState.WITHDRAWN
    assert [row.shift_id for row in project.all(ShiftOffer, is_replacement=True)] == [first.shift_id]
    [(who, body)] = project.messages("scheduling/volunteer_withdrew")
    assert who == "centre"
    assert "志愿者V" not in body  # a party's notice carries a code, never a name


def test_withdrawing_afterwards_is_refused(project: Any) -> None:
    """A service that is over cannot be given back; neither can one that does not exist."""
    add_volunteers(project, "V1")
    release(project)
    assignment_id = answer(project, project.all(ShiftOffer)[0], accepts=True)

    with pytest.raises(AlreadyAnswered, match="begun or is over"):
        project.run(
            lambda session: scheduling.withdraw(
                session, assignment_id, actor="V1", now=datetime(2024, 9, 21, tzinfo=UTC)
            )
        )
    with pytest.raises(Unknown):
        project.run(lambda session: scheduling.withdraw(session, 99, actor="V1", now=NOW))


def test_volunteers_are_registered_once(project: Any) -> None:
    """The same code is the same person; codes are numbered where none is given; names are sealed."""
    add_volunteers(project, "V1")

    def register(session: Any) -> list[int]:
        again = register_volunteer(session, project.project_id, NewVolunteer(name="别名", code="V1"), NOW)
        new = register_volunteer(session, project.project_id, NewVolunteer(name="新人", phone="13800138000"), NOW)
        return [again, new]

    again, new = project.run(register)

    with project.work.read(project.organization_id) as session:
        people = {row.id: row for row in session.execute(select(Person)).scalars()}
        assert (people[again].code, people[again].name) == ("V1", "志愿者V1")
        assert (people[new].code, people[new].name, people[new].phone) == ("V0002", "新人", "13800138000")


@pytest.mark.parametrize(
    ("newcomer", "refusal"),
    [
        pytest.param(NewVolunteer(name="某", party_code="nobody"), Unknown, id="unknown-party"),
        pytest.param(NewVolunteer(name="某", availability=[(8, 0, 60)]), ValueError, id="weekday-8"),
        pytest.param(NewVolunteer(name="某", availability=[(1, 60, 60)]), ValueError, id="empty-window"),
        pytest.param(NewVolunteer(name="某", code="R1"), ConflictingKey, id="code-of-a-resident"),
    ],
)
def test_wrong_registration_is_refused(project: Any, newcomer: NewVolunteer, refusal: type[Exception]) -> None:
    """A volunteer with an unknown party, an impossible window or a resident's code is not entered."""

    def enter_resident(session: Any) -> None:
        session.add(Person(project_id=project.project_id, code="R1"))
        act(session, "test.entered")

    project.run(enter_resident)

    with pytest.raises(refusal):
        project.run(lambda session: register_volunteer(session, project.project_id, newcomer, NOW))
    assert project.all(Volunteer) == []


def test_steps_leave_one_done_row_each(project: Any) -> None:
    """Plan and roster are done once a stage version."""
    release(project)
    project.step(scheduling, NOW)

    assert sorted(row.step for row in project.all(StageRun)) == ["plan", "roster"]
    assert len(project.all(Message, kind="scheduling/roster_made")) == 1
