"""Delivery: check in, record, flag, clear, enter hours once, close."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from linkage.db.audit import act
from linkage.db.guard import insert_rows
from linkage.db.tables import (
    Activity,
    Assignment,
    CheckEvent,
    Decision,
    Evidence,
    HoursEntry,
    Match,
    MatchRun,
    Need,
    Person,
    Presence,
    Rating,
    ServiceItem,
    ServiceRecord,
    StoredFile,
    Volunteer,
)
from linkage.db.tables.delivery import HoursKind
from linkage.errors import AlreadyAnswered, ConflictingKey, GateShut, ImpossibleTime, NotAccepted, Unknown
from linkage.stages import delivery, lifecycle, scheduling
from linkage.stages.delivery import FlagSubject, ServiceEntry, SignIn, SignInSheet
from linkage.stages.standing import standing_of
from linkage.stages.steps import Outcome
from linkage.stages.volunteers import NewVolunteer, register_volunteers
from linkage.terms import (
    ActivityState,
    CheckMethod,
    MatchState,
    NeedCategory,
    NeedState,
    RecordFlag,
    Stage,
)

PLANNED = datetime(2024, 9, 15, 1, 0, tzinfo=UTC)
START = datetime(2024, 9, 30, 0, 30, tzinfo=UTC)
"""Monday 30 September, 08:30 in Shanghai: the last day of the cycle, the day before the National Day holiday."""
END = START + timedelta(hours=3)
SAME_DAY = START + timedelta(hours=5)
NEXT_DAY = datetime(2024, 10, 1, 1, 0, tzinfo=UTC)
LIMIT_ON = date(2024, 10, 18)
"""Ten working days later: the holiday does not count, Saturday 12 October does."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

ESCORT = {
    "code": "escort",
    "name": "陪同就医",
    "party": "team",
    "society": "volunteer",
    "category": "escort",
    "method": "case_work",
    "capacity_per_cycle": 10,
    "capacity_each": 2,
    "schedule": {"on_dates": ["2024-09-27", "2024-09-30"], "start": "08:30", "duration_minutes": 180},
    "crew": [{"min": 1, "target": 2}],
    "place": "社区医院",
    "content": "陪诊取药",
    "risks": "途中不适；告知家属",
}


class Served:
    """A project at delivery with two volunteers on its last activity and two residents, one with an accepted need."""

    def __init__(self, adopted: Any) -> None:
        self.adopted = adopted
        adopted.enter(Stage.SCHEDULING, PLANNED)
        newcomers = [NewVolunteer(name="甲", code="V1"), NewVolunteer(name="乙", code="V2")]
        self.volunteers = self.run(lambda s: register_volunteers(s, adopted.project_id, newcomers, PLANNED), PLANNED)
        adopted.step(scheduling, PLANNED)
        self.run(lambda s: scheduling.review(s, adopted.project_id, actor="centre", now=PLANNED), PLANNED)
        adopted.step(scheduling, PLANNED)
        for person_id in self.volunteers:
            self.run(
                lambda s, person_id=person_id: scheduling.answer_all(
                    s, adopted.project_id, person_id, accepts=True, actor="v", now=PLANNED
                ),
                PLANNED,
            )
        self.earlier, self.activity = (row.id for row in adopted.all(Activity))
        self.residents, self.need = self.run(self._enter_needs, PLANNED)
        adopted.enter(Stage.DELIVERY, PLANNED)

    def _enter_needs(self, session: Any) -> tuple[list[int], int]:
        project_id = self.adopted.project_id
        residents = insert_rows(
            session, Person, [{"project_id": project_id, "code": f"R{number}"} for number in range(2)]
        )
        item = self.adopted.all(ServiceItem)[0]
        need = Need(
            project_id=project_id,
            person_id=residents[0],
            community_id=1,
            category=NeedCategory.ESCORT,
            question_key="6",
            stated="陪诊",
            quantity=1,
            priority=2,
            asked_on=PLANNED.date(),
            cycle=1,
            state=NeedState.ACCEPTED,
        )
        run = MatchRun(project_id=project_id, cycle=1, status="optimal", objectives={}, seed=0, proposed_at=PLANNED)
        session.add_all([need, run])
        session.flush()
        session.add(
            Match(
                project_id=project_id,
                match_run_id=run.id,
                need_id=need.id,
                service_item_id=item.id,
                quantity=1,
                state=MatchState.ACCEPTED,
                reasons=[],
            )
        )
        act(session, "test.entered")
        return residents, need.id

    def run(self, use_case: Callable[[Any], Any], now: datetime) -> Any:
        """Run one use case."""
        return self.adopted.run(use_case, now)

    def check(self, number: int, in_at: datetime | None, out_at: datetime | None, now: datetime = SAME_DAY) -> None:
        """Check a volunteer in and out."""
        for call, at in ((delivery.check_in, in_at), (delivery.check_out, out_at)):
            if at is not None:
                self.run(
                    lambda s, call=call, at=at: call(
                        s,
                        self.activity,
                        self.volunteers[number],
                        at=at,
                        method=CheckMethod.CODE,
                        actor="centre",
                        now=now,
                    ),
                    now,
                )

    def record(self, *entries: ServiceEntry, now: datetime = SAME_DAY) -> list[int]:
        """Record services at the last activity."""
        return list(
            self.run(lambda s: delivery.record_service(s, self.activity, entries, actor="centre", now=now), now)
        )

    def clear(self, subject: FlagSubject, subject_id: int, now: datetime = NEXT_DAY, **changed: Any) -> None:
        """Clear a flag."""
        how = {"justification": "电话核实", "actor": "centre"} | changed
        self.run(lambda s: delivery.clear_flag(s, subject, subject_id, now=now, **how), now)

    def close(self, now: datetime = NEXT_DAY) -> None:
        """Close the cycle's delivery."""
        self.run(lambda s: delivery.close_delivery(s, self.adopted.project_id, actor="centre", now=now), now)

    def step(self, now: datetime) -> dict[str, int]:
        """Run the stage's steps."""
        return dict(self.adopted.step(delivery, now))


@pytest.fixture
def served(adopt: Callable[..., Any]) -> Served:
    """Bring a small project to the delivery of its last activity."""
    return Served(adopt(services=[ESCORT], volunteers={"answer_within_hours": 48, "pledge_minutes_per_month": 200}))


def test_nobody_checks_in_without_having_accepted(served: Served) -> None:
    """条例 art. 25: a check-in needs an acceptance; a resident or a stranger has none."""
    served.volunteers[0] = served.residents[0]

    with pytest.raises(NotAccepted, match="has not accepted"):
        served.check(0, START, None)
    assert served.adopted.all(CheckEvent) == []


def test_who_gave_the_seat_back_cannot_check_in(served: Served) -> None:
    """A withdrawn acceptance is none."""
    [assignment] = [row for row in served.adopted.all(Assignment, person_id=served.volunteers[0]) if row.id % 2 == 0]
    served.run(lambda s: scheduling.withdraw(s, assignment.id, actor="V1", now=PLANNED), PLANNED)

    with pytest.raises(NotAccepted):
        served.check(0, START, None)


@pytest.mark.parametrize(
    ("in_at", "out_at"),
    [
        pytest.param(SAME_DAY + HOUR, None, id="in-ahead"),
        pytest.param(None, END, id="out-without-in"),
        pytest.param(START, START - HOUR, id="out-before-in"),
        pytest.param(START, SAME_DAY + HOUR, id="out-ahead"),
    ],
)
def test_impossible_times_are_refused(served: Served, in_at: datetime | None, out_at: datetime | None) -> None:
    """Nobody comes or goes in the future, or leaves before coming."""
    with pytest.raises(ImpossibleTime):
        served.check(0, in_at, out_at)


def test_hours_are_entered_exactly_once(served: Served) -> None:
    """Check-in and check-out become one ledger entry of the minutes given, however often the steps run."""
    served.check(0, START, END)
    served.check(0, START + HOUR, END + HOUR)  # the first events stand

    assert served.step(SAME_DAY)["hours_entries"] == 1
    assert served.step(SAME_DAY) == {}
    served.step(NEXT_DAY)

    [entry] = served.adopted.all(HoursEntry)
    assert (entry.minutes, entry.kind, entry.served_on) == (180, HoursKind.SERVED, date(2024, 9, 30))
    assert entry.record_by_on == LIMIT_ON
    assert served.adopted.all(Activity)[1].state is ActivityState.DONE


def test_missing_check_out_waits_for_a_person(served: Served) -> None:
    """Without a check-out nothing counts; the day after it is flagged; cleared with minutes and a reason it counts."""
    served.check(0, START, None)
    served.step(SAME_DAY)
    assert served.adopted.all(Presence) == []

    served.step(NEXT_DAY)

    [presence] = served.adopted.all(Presence)
    assert (presence.flag, presence.is_counted) == (RecordFlag.NO_CHECK_OUT, False)
    assert served.adopted.all(HoursEntry) == []
    assert "flags_cleared" in served.adopted.shut(delivery, NEXT_DAY)
    assert [who for who, _ in served.adopted.messages("delivery/records_flagged")] == ["centre"]
    with pytest.raises(ValueError, match="state the minutes"):
        served.clear(FlagSubject.PRESENCE, presence.id)

    served.clear(FlagSubject.PRESENCE, presence.id, minutes=170)
    served.step(NEXT_DAY)

    [entry] = served.adopted.all(HoursEntry)
    assert (entry.minutes, entry.reason) == (170, "电话核实")
    assert served.adopted.all(Presence)[0].flag is RecordFlag.NO_CHECK_OUT  # the flag stays beside its reason
    assert [row.verdict for row in served.adopted.all(Decision) if row.kind == "clear_flag"] == ["counted"]
    assert "flags_cleared" not in served.adopted.shut(delivery, NEXT_DAY)


def test_late_check_out_settles_the_flag(served: Served) -> None:
    """A check-out that is entered after the flag makes the presence whole again."""
    served.check(0, START, None)
    served.step(NEXT_DAY)

    served.check(0, None, END, now=NEXT_DAY)
    served.step(NEXT_DAY)

    [presence] = served.adopted.all(Presence)
    assert (presence.flag, presence.minutes, presence.is_counted) == (None, 180, True)
    assert len(served.adopted.all(HoursEntry)) == 1


@pytest.mark.parametrize(
    ("minutes", "flag"),
    [
        pytest.param(100, RecordFlag.TOO_SHORT, id="below-60-percent"),
        pytest.param(241, RecordFlag.TOO_LONG, id="an-hour-over"),
    ],
)
def test_refused_presence_never_counts(served: Served, minutes: int, flag: RecordFlag) -> None:
    """A presence that a person refuses stays out of the ledger, with the reason."""
    served.check(0, START, START + timedelta(minutes=minutes))
    served.step(SAME_DAY)
    [presence] = served.adopted.all(Presence)
    assert presence.flag is flag

    served.clear(FlagSubject.PRESENCE, presence.id, counts=False)
    served.step(NEXT_DAY)

    assert served.adopted.all(HoursEntry) == []
    with pytest.raises(ConflictingKey):
        served.clear(FlagSubject.PRESENCE, presence.id, counts=True)


def test_sheet_that_comes_late_is_flagged_by_its_entry(served: Served) -> None:
    """Order 67 art. 11: what is entered after ten working days waits; entered in time, late steps do not matter."""
    in_time = datetime(2024, 10, 18, 10, 0, tzinfo=UTC)
    late = datetime(2024, 10, 18, 16, 30, tzinfo=UTC)  # 19 October, 00:30 in Shanghai
    served.check(0, START, END, now=in_time)
    served.check(1, START, END, now=late)

    served.step(late + HOUR)

    assert [row.flag for row in served.adopted.all(Presence)] == [None, RecordFlag.LATE_RECORD]


def test_record_counts_person_times_and_meets_the_need(served: Served) -> None:
    """A record of a person finds the accepted need it serves, which is then met; a case gets its own series."""
    [first, crowd] = served.record(
        ServiceEntry(key="1", minutes=90, person_id=served.residents[0], rating=5),
        ServiceEntry(key="2", minutes=30, person_times=12),
    )

    rows = {row.id: row for row in served.adopted.all(ServiceRecord)}
    assert (rows[first].need_id, rows[first].series) == (served.need, f"escort-person-{served.residents[0]}")
    assert (rows[crowd].person_times, rows[crowd].person_id, rows[crowd].series) == (12, None, None)
    assert served.adopted.all(Need)[0].state is NeedState.MET
    assert [(row.service_record_id, row.points) for row in served.adopted.all(Rating)] == [(first, 5)]


def test_same_record_again_is_the_same_record(served: Served) -> None:
    """A repeated line adds nothing; the same key with other values is refused and nothing is written."""
    entry = ServiceEntry(key="1", minutes=90, person_id=served.residents[1], rating=4)

    assert served.record(entry) == served.record(entry)
    with pytest.raises(ConflictingKey, match="not overwritten"):
        served.record(ServiceEntry(key="1", minutes=91, person_id=served.residents[1]))
    with pytest.raises(ConflictingKey, match="stands twice"):
        served.record(ServiceEntry(key="9", minutes=90), ServiceEntry(key="9", minutes=91))
    assert len(served.adopted.all(ServiceRecord)) == len(served.adopted.all(Rating)) == 1


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param({"person_id": 999}, id="stranger"),
        pytest.param({"need_id": 999}, id="unknown-need"),
    ],
)
def test_record_of_an_unknown_is_refused(served: Served, entry: dict[str, int]) -> None:
    """A record names people and needs of its project only."""
    with pytest.raises(Unknown):
        served.record(ServiceEntry(key="1", minutes=60, **entry))


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"minutes": -1}, id="minutes"),
        pytest.param({"person_times": 0}, id="person-times"),
        pytest.param({"rating": 6}, id="rating"),
        pytest.param({"rating": 0}, id="no-stars"),
    ],
)
def test_impossible_line_is_refused(wrong: dict[str, int]) -> None:
    """A line has minutes from 0, person-times from 1 and a rating from 1 to 5."""
    with pytest.raises(ValueError, match="1"):
        ServiceEntry(**({"key": "1", "minutes": 60} | wrong))


def test_flagged_record_counts_after_a_justification(served: Served) -> None:
    """A record that looks wrong does not count and meets no need until a person gives a written reason."""
    [record_id] = served.record(ServiceEntry(key="1", minutes=241, person_id=served.residents[0]))
    assert not served.adopted.all(ServiceRecord)[0].is_counted
    assert served.adopted.all(Need)[0].state is NeedState.ACCEPTED
    [waiting] = served.adopted.look(lambda s: delivery.waiting_flags(s, served.adopted.project_id))
    assert (waiting.flag, waiting.activity_code) == (RecordFlag.TOO_LONG, "escort-2024-09-30")
    with pytest.raises(ValueError, match="justification"):
        served.clear(FlagSubject.RECORD, record_id, justification="  ")

    served.clear(FlagSubject.RECORD, record_id, minutes=200)
    served.clear(FlagSubject.RECORD, record_id, minutes=200)

    [row] = served.adopted.all(ServiceRecord)
    assert (row.is_counted, row.minutes, row.justification) == (True, 200, "电话核实")
    assert served.adopted.all(Need)[0].state is NeedState.MET


@pytest.mark.parametrize(
    ("subject", "subject_id", "changed", "refusal"),
    [
        pytest.param(FlagSubject.RECORD, 1, {}, Unknown, id="not-flagged"),
        pytest.param(FlagSubject.RECORD, 99, {}, Unknown, id="no-such-record"),
        pytest.param(FlagSubject.PRESENCE, 99, {}, Unknown, id="no-such-presence"),
        pytest.param(FlagSubject.RECORD, 1, {"minutes": -5}, ValueError, id="minutes"),
    ],
)
def test_wrong_clearing_is_refused(
    served: Served, subject: FlagSubject, subject_id: int, changed: dict[str, Any], refusal: type[Exception]
) -> None:
    """Only what is flagged can be cleared."""
    served.record(ServiceEntry(key="1", minutes=60))

    with pytest.raises(refusal):
        served.clear(subject, subject_id, **changed)


def test_rating_is_given_once(served: Served) -> None:
    """A word stands: the same again changes nothing, another is refused; it may come after the close."""
    [record_id] = served.record(ServiceEntry(key="1", minutes=60, person_id=served.residents[0]))

    def rate(points: int) -> None:
        served.run(lambda s: delivery.rate(s, record_id, points, now=NEXT_DAY), NEXT_DAY)

    rate(5)
    rate(5)
    with pytest.raises(AlreadyAnswered):
        rate(1)
    with pytest.raises(ValueError, match="1"):
        rate(6)
    with pytest.raises(Unknown):
        served.run(lambda s: delivery.rate(s, 99, 5, now=NEXT_DAY), NEXT_DAY)
    assert [(row.points, row.given_on) for row in served.adopted.all(Rating)] == [(5, NEXT_DAY.date())]


def test_evidence_is_attached_once(served: Served) -> None:
    """A stored file proves an activity; the same again changes nothing."""

    def store(session: Any) -> int:
        row = StoredFile(sha256="0" * 64, size_bytes=1, media_type="image/png", name="a.png", stored_at=SAME_DAY)
        session.add(row)
        session.flush()
        act(session, "test.stored")
        return row.id

    file_id = served.run(store, SAME_DAY)
    for _ in range(2):
        served.run(
            lambda s: delivery.attach_evidence(s, served.activity, file_id, kind="photo", actor="centre", now=SAME_DAY),
            SAME_DAY,
        )

    assert [row.kind for row in served.adopted.all(Evidence)] == ["photo"]
    with pytest.raises(Unknown):
        served.run(
            lambda s: delivery.attach_evidence(s, served.activity, 99, kind="photo", actor="centre", now=SAME_DAY),
            SAME_DAY,
        )


def test_sheet_enters_everything_at_once(served: Served) -> None:
    """A sheet's check-ins, check-outs, records and ratings are one transaction; the same sheet again adds nothing."""
    sheet = SignInSheet(
        served.activity,
        [SignIn(served.volunteers[0], START, END), SignIn(served.volunteers[1], START, None)],
        [ServiceEntry(key="1", minutes=90, person_id=served.residents[0], rating=5)],
    )

    first = served.run(lambda s: delivery.record_sheet(s, sheet, actor="centre", now=SAME_DAY), SAME_DAY)
    again = served.run(lambda s: delivery.record_sheet(s, sheet, actor="centre", now=SAME_DAY), SAME_DAY)

    assert (first.check_events, again.check_events) == (3, 0)
    assert first.record_ids == again.record_ids
    assert {row.method for row in served.adopted.all(CheckEvent)} == {CheckMethod.ROSTER}
    assert served.step(SAME_DAY)["hours_entries"] == 1


def test_sheets_entered_together_are_entered_as_singly(served: Served) -> None:
    """A day's sheets in one go are what each alone would be: each its own count, a line that comes twice only once."""
    first, second = served.volunteers
    sheets = [
        SignInSheet(served.activity, [SignIn(first, START, END)], [ServiceEntry(key="1", minutes=90, rating=5)]),
        SignInSheet(
            served.earlier,
            [SignIn(second, START - 3 * DAY, None)],
            [ServiceEntry(key="1", minutes=60, person_id=served.residents[0]), ServiceEntry(key="2", minutes=60)],
        ),
        SignInSheet(served.activity, [SignIn(first, START, END)], [ServiceEntry(key="1", minutes=90)]),
        SignInSheet(served.earlier),
    ]

    counts = served.run(lambda s: delivery.record_sheets(s, sheets, actor="centre", now=SAME_DAY), SAME_DAY)
    singly = [
        served.run(lambda s, sheet=sheet: delivery.record_sheet(s, sheet, actor="centre", now=SAME_DAY), SAME_DAY)
        for sheet in sheets
    ]

    assert [count.check_events for count in counts] == [2, 1, 0, 0]
    assert [count.record_ids for count in counts] == [(1,), (2, 3), (1,), ()]
    assert [(count.check_events, count.record_ids) for count in singly] == [(0, one.record_ids) for one in counts]
    assert [row.need_id for row in served.adopted.all(ServiceRecord)] == [None, served.need, None]
    assert {row.series for row in served.adopted.all(ServiceRecord) if row.person_id is not None} == {
        f"escort-person-{served.residents[0]}"
    }
    assert len(served.adopted.all(Rating)) == 1
    assert {row.state for row in served.adopted.all(Activity)} == {ActivityState.DONE}


def test_no_sheets_are_nothing(served: Served) -> None:
    """An evening on which no sheet came back writes nothing."""
    assert served.adopted.look(lambda s: delivery.record_sheets(s, [], actor="centre", now=SAME_DAY)) == ()


@pytest.mark.parametrize(
    ("sign_in", "refusal"),
    [
        pytest.param(SignIn(999, START, END), NotAccepted, id="stranger"),
        pytest.param(SignIn(1, START, SAME_DAY + HOUR), ImpossibleTime, id="ahead"),
        pytest.param(SignIn(1, START, START - HOUR), ImpossibleTime, id="out-before-in"),
    ],
)
def test_wrong_sheet_enters_nothing(served: Served, sign_in: SignIn, refusal: type[Exception]) -> None:
    """One wrong line refuses the whole sheet."""
    sheet = SignInSheet(served.activity, [sign_in], [ServiceEntry(key="1", minutes=90)])

    with pytest.raises(refusal):
        served.run(lambda s: delivery.record_sheet(s, sheet, actor="centre", now=SAME_DAY), SAME_DAY)
    assert served.adopted.all(CheckEvent) == served.adopted.all(ServiceRecord) == []


def test_unreleased_activity_is_not_served(served: Served) -> None:
    """Nothing is recorded on an activity that is not there or was cancelled."""

    def cancel(session: Any) -> None:
        session.get(Activity, served.activity).state = ActivityState.CANCELLED
        act(session, "test.cancelled")

    served.run(cancel, SAME_DAY)

    with pytest.raises(GateShut):
        served.check(0, START, END)
    served.activity = 99
    with pytest.raises(Unknown):
        served.check(0, START, END)


def test_correction_is_a_new_entry(served: Served) -> None:
    """Order 67 art. 13: a correction points at the old entry and holds the difference; right is left alone."""
    served.check(0, START, END)
    served.step(SAME_DAY)
    [entry] = served.adopted.all(HoursEntry)

    def correct(entry_id: int, minutes: int, reason: str = "本人提出") -> int | None:
        return served.run(
            lambda s: delivery.correct_hours(s, entry_id, minutes=minutes, reason=reason, actor="centre", now=NEXT_DAY),
            NEXT_DAY,
        )

    first = correct(entry.id, 150)
    assert correct(entry.id, 150) is None
    assert first is not None
    correct(first, 160)

    assert [(row.minutes, row.corrects_id) for row in served.adopted.all(HoursEntry)] == [
        (180, None),
        (-30, entry.id),
        (10, entry.id),
    ]
    with pytest.raises(ValueError, match="reason"):
        correct(entry.id, 10, reason=" ")
    with pytest.raises(Unknown):
        correct(99, 10)


def test_delivery_is_closed_after_its_cycle(served: Served) -> None:
    """Closing before the cycle is over, with flags waiting or at another stage is refused."""
    served.check(0, START, None)
    assert served.adopted.shut(delivery, SAME_DAY) == ["period_over", "delivery_closed"]
    with pytest.raises(GateShut, match="runs to 2024-09-30"):
        served.close(SAME_DAY)
    with pytest.raises(GateShut, match="1 flagged"):
        served.close()
    served.adopted.enter(Stage.REPORTING, NEXT_DAY)
    with pytest.raises(GateShut, match="stands at reporting"):
        served.close()


def test_closed_delivery_is_not_written_to(served: Served) -> None:
    """What was not served is cancelled, hours are up to date, and nothing more is recorded in the cycle."""
    served.check(0, START, END)
    served.close()
    served.close()

    assert [row.state for row in served.adopted.all(Activity)] == [ActivityState.CANCELLED, ActivityState.DONE]
    assert len(served.adopted.all(HoursEntry)) == 1
    assert served.adopted.shut(delivery, NEXT_DAY) == []
    assert [who for who, _ in served.adopted.messages("delivery/delivery_closed")] == [
        "centre",
        "committee-east",
        "committee-west",
    ]
    with pytest.raises(GateShut, match="was closed"):
        served.record(ServiceEntry(key="1", minutes=60), now=NEXT_DAY)


def test_seat_given_back_during_delivery_is_offered_again(served: Served) -> None:
    """条例 art. 22: who tells in time frees the seat, and others are asked while there is time."""
    newcomer = NewVolunteer(name="丙", code="V3")
    served.run(lambda s: register_volunteers(s, served.adopted.project_id, [newcomer], PLANNED), PLANNED)
    [last] = [row for row in served.adopted.all(Assignment, person_id=served.volunteers[0]) if row.id % 2 == 0]
    served.run(lambda s: scheduling.withdraw(s, last.id, actor="V1", now=PLANNED), PLANNED)

    assert served.step(PLANNED + HOUR)["replaced"] == 1
    assert [who for who, _ in served.adopted.messages("scheduling/replacement_asked")] == ["V3"]


def test_pledge_is_reminded_on_day_20_once(served: Served) -> None:
    """From day 20 on who is below the pledge hears of it once, kindly; the month's rate is told once, after it."""

    def enter_first_month(session: Any) -> None:
        for person_id in served.volunteers:
            volunteer = session.execute(select(Volunteer).where(Volunteer.person_id == person_id)).scalar_one()
            volunteer.joined_on = date(2024, 7, 1)
        act(session, "test.entered")

    served.run(enter_first_month, PLANNED)
    day_19, day_20 = (datetime(2024, 9, day, 1, 0, tzinfo=UTC) for day in (19, 20))

    assert "pledge_reminders" not in served.step(day_19)
    assert served.step(day_20)["pledge_reminders"] == 2
    assert "pledge_reminders" not in served.step(day_20 + HOUR)
    told = served.adopted.messages("delivery/pledge_reminder")
    assert [who for who, _ in told] == ["V1", "V2"]
    assert "没有关系" in told[0][1]
    for word in ("必须", "扣", "处罚", "取消"):
        assert word not in told[0][1]

    served.check(0, START, START + timedelta(minutes=200))
    served.step(NEXT_DAY)
    served.step(NEXT_DAY)

    [*_, (who, body)] = served.adopted.messages("delivery/pledge_month")
    assert who == "centre"
    assert "（1/2）" in body


def test_next_look_is_midnight_or_the_next_lapse(served: Served) -> None:
    """Missing check-outs show at local midnight; an open offer may lapse before."""
    with served.adopted.work.read(served.adopted.organization_id) as session:
        standing = standing_of(session, served.adopted.project_id)
        assert delivery.next_look(session, standing, PLANNED) == datetime(2024, 9, 15, 16, 0, tzinfo=UTC)


def test_activities_are_found_by_code(served: Served) -> None:
    """People name an activity by its code."""
    project_id = served.adopted.project_id

    assert (
        served.adopted.look(lambda s: delivery.find_activity(s, project_id, "escort-2024-09-30").id) == served.activity
    )
    with pytest.raises(Unknown, match="no activity"):
        served.adopted.look(lambda s: delivery.find_activity(s, project_id, "escort-2024-09-31"))


def test_lifecycle_moves_through_scheduling_and_delivery(adopt: Callable[..., Any]) -> None:
    """Each stage is left as soon as its people have decided, and not before."""
    project = adopt(services=[ESCORT])
    project.enter(Stage.SCHEDULING, PLANNED)

    def run(now: datetime) -> tuple[Outcome, list[str]]:
        done = lifecycle.run_inline(project.work, project.due, now)
        return done.outcome, [condition.code for condition in done.waits]

    [person] = project.run(
        lambda s: register_volunteers(s, project.project_id, [NewVolunteer(name="甲", code="V1")], PLANNED), PLANNED
    )
    assert run(PLANNED) == (Outcome.WAITING, ["activities_reviewed", "offers_answered"])
    project.run(lambda s: scheduling.review(s, project.project_id, actor="centre", now=PLANNED), PLANNED)
    assert run(PLANNED) == (Outcome.WAITING, ["offers_answered"])
    project.run(
        lambda s: scheduling.answer_all(s, project.project_id, person, accepts=True, actor="V1", now=PLANNED), PLANNED
    )
    assert run(PLANNED) == (Outcome.MOVED, [])
    assert run(SAME_DAY) == (Outcome.WAITING, ["period_over", "delivery_closed"])
    sheet = SignInSheet(project.all(Activity)[1].id, [SignIn(person, START, END)], [ServiceEntry(key="1", minutes=90)])
    project.run(lambda s: delivery.record_sheet(s, sheet, actor="centre", now=SAME_DAY), SAME_DAY)
    assert run(NEXT_DAY) == (Outcome.WAITING, ["delivery_closed"])
    project.run(lambda s: delivery.close_delivery(s, project.project_id, actor="centre", now=NEXT_DAY), NEXT_DAY)
    assert run(NEXT_DAY) == (Outcome.MOVED, [])
    assert project.due.stage is Stage.REPORTING
    assert [entry.minutes for entry in project.all(HoursEntry)] == [180]
