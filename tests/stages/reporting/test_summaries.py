"""Scheduled community summaries: which are due, each once, and nothing in them that points at somebody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from linkage.db.audit import act
from linkage.db.tables import Community, Message, Party, Project, Report
from linkage.errors import CannotWrite
from linkage.stages.summaries import DueSummary, due_summaries, send_summary
from linkage.terms import ActivityState, ProjectState, ReportKind

NOW = datetime(2024, 8, 5, 1, 0, tzinfo=UTC)
"""The fifth of August at nine in the morning in Shanghai."""

MONTHLY = {
    "community_summary": {"day_of_month": 5, "hour": 9},
    "progress_report": {"due_days": 10},
    "final_report": {"due_days": 30},
}


@pytest.fixture
def field(found_field: Callable[..., Any]) -> Any:
    """Return a project with monthly summaries."""
    return found_field(reporting=MONTHLY)


def a_crowd(field: Any, count: int, *, area: str = "east-1") -> None:
    """Serve lunch to some residents of one area in July."""
    codes = [f"R{number:04d}" for number in range(1, count + 1)]
    for code in codes:
        field.person(code, area=area)
    field.serve(field.activity("lunch", date(2024, 7, 9)), codes)


def send_all(field: Any, now: datetime = NOW) -> list[DueSummary]:
    """Send what is due; return it."""
    found = due_summaries(field.adopted.work, now)
    for due in found:
        send_summary(field.adopted.work, due, now)
    return list(found)


def bodies(field: Any) -> dict[str, str]:
    """Return the notice each community's body got."""
    return dict(field.adopted.messages("summaries/summary_sent"))


def test_summary_is_due_for_each_community_once(field: Any) -> None:
    """Each community gets the month that has ended, once, however often the clock asks."""
    sent = send_all(field)

    assert [(due.from_on, due.to_on) for due in sent] == [(date(2024, 7, 1), date(2024, 7, 31))] * 2
    assert due_summaries(field.adopted.work, NOW) == ()
    send_summary(field.adopted.work, sent[0], NOW)
    assert [who for who, _ in field.adopted.messages("summaries/summary_sent")] == ["committee-east", "committee-west"]
    assert len(field.adopted.all(Report)) == 2


def test_summary_is_not_due_before_its_hour(field: Any) -> None:
    """The charter says the fifth at nine: a minute earlier nothing is due."""
    assert due_summaries(field.adopted.work, NOW - timedelta(minutes=1)) == ()


def test_missed_periods_are_made_and_their_notices_expire(field: Any) -> None:
    """A worker that was down makes every missed summary, oldest first; an old notice expires instead of arriving late."""
    later = datetime(2024, 10, 6, 1, tzinfo=UTC)

    sent = send_all(field, later)

    assert [due.to_on.month for due in sent] == [7, 7, 8, 8, 9, 9]
    expiries = [row.expires_at for row in field.adopted.all(Message, kind="summaries/summary_sent")]
    assert [at is not None and at <= later for at in expiries] == [True] * 4 + [False] * 2


@pytest.mark.parametrize(
    ("state", "now", "expected"),
    [
        pytest.param(ProjectState.STOPPED, NOW, 0, id="stopped"),
        pytest.param(ProjectState.CLOSED, NOW, 2, id="closed-still-tells-its-last-days"),
        pytest.param(ProjectState.OPEN, datetime(2025, 4, 1, tzinfo=UTC), 0, id="long-over"),
    ],
)
def test_summaries_follow_the_project(field: Any, state: ProjectState, now: datetime, expected: int) -> None:
    """A stopped project is silent; a closed one still tells its last period; long after its end nothing is due."""

    def change(session: Any) -> None:
        session.get_one(Project, field.adopted.project_id).state = state
        act(session, "test.changed")

    field.adopted.run(change)

    assert len(due_summaries(field.adopted.work, now)) == expected


def test_summary_counts_its_own_community_and_days(field: Any) -> None:
    """A community's summary holds what happened there in its days, and its report row says which."""
    a_crowd(field, 5)
    field.serve(field.activity("lunch", date(2024, 8, 1)), ["R0001"])
    send_all(field)

    rows = field.adopted.all(Report)

    assert [row.kind for row in rows] == [ReportKind.COMMUNITY_SUMMARY] * 2
    assert [(row.from_on, row.to_on, row.cycle) for row in rows] == [(date(2024, 7, 1), date(2024, 7, 31), 1)] * 2
    assert "服务 5 位居民、5 人次" in bodies(field)["committee-east"]
    assert "西社区还没有服务记录" in bodies(field)["committee-west"]


def test_small_counts_do_not_hang_on_a_wall(field: Any) -> None:
    """Where fewer than five residents were served, neither they nor their visits nor meals are printed."""
    a_crowd(field, 4)
    field.need("R0001")
    send_all(field)

    body = bodies(field)["committee-east"]
    html = next(field.adopted.work.settings.data_folder.rglob("*东社区*.html")).read_text(encoding="utf-8")

    for text in (body, html):
        assert "服务人数" not in text
        assert "服务人次：" not in text
        assert "助餐餐次" not in text
        assert "提出的需求" not in text
        assert "少于 5 的数字不列出" in text


def test_summary_names_no_resident(field: Any) -> None:
    """A summary and its notice name no resident and carry no phone."""
    a_crowd(field, 6)
    send_all(field)

    papers = [path.read_text(encoding="utf-8") for path in field.adopted.work.settings.data_folder.rglob("*.html")]

    for text in (*papers, *bodies(field).values()):
        assert "覃月英" not in text
        assert "13800138000" not in text
        assert "R0001" not in text


def test_summary_tells_what_comes_and_thanks_who_gave(field: Any) -> None:
    """Residents see the next occasion of each released service near them, and who gave."""
    field.activity("lunch", date(2024, 8, 20), state=ActivityState.RELEASED)
    field.activity("lunch", date(2024, 8, 21), state=ActivityState.RELEASED)
    field.activity("escort", date(2024, 8, 9), area="west-1", state=ActivityState.RELEASED)
    field.activity("goods", date(2024, 8, 9), state=ActivityState.PLANNED)
    send_all(field)

    east = next(field.adopted.work.settings.data_folder.rglob("*东社区*.html")).read_text(encoding="utf-8")
    west = next(field.adopted.work.settings.data_folder.rglob("*西社区*.html")).read_text(encoding="utf-8")

    assert east.count("2024年8月20日") == 1
    assert "2024年8月21日" not in east
    assert "陪同就医" not in east
    assert "陪同就医" in west
    assert "爱心米油" not in west
    assert "便民超市" in east


def test_community_without_a_body_is_told_through_the_others(field: Any) -> None:
    """Where no committee acts for a place, every community body of the project is told."""

    def change(session: Any) -> None:
        session.execute(select(Community).where(Community.code == "west")).scalar_one().party_id = None
        act(session, "test.changed")

    field.adopted.run(change)
    send_all(field)

    told = field.adopted.messages("summaries/summary_sent")
    codes = {row.code for row in field.adopted.all(Party)}
    assert [who for who, body in told if "西社区" in body] == ["committee-east", "committee-west"]
    assert {who for who, _ in told} <= codes


def test_summary_that_cannot_be_written_stays_due(field: Any) -> None:
    """If the paper cannot be written nobody is told and it stays due; its figures are not counted twice."""
    due = due_summaries(field.adopted.work, NOW)[0]
    folder = field.adopted.work.settings.data_folder / "documents"
    folder.write_text("a file where a folder is meant")

    with pytest.raises(CannotWrite):
        send_summary(field.adopted.work, due, NOW)
    assert due in due_summaries(field.adopted.work, NOW)
    assert bodies(field) == {}
    folder.unlink()

    send_summary(field.adopted.work, due, NOW)
    assert due not in due_summaries(field.adopted.work, NOW)
    assert len(field.adopted.all(Report)) == 1
