"""Tracing: every link is followed, figures are counted again, and nobody is named."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from linkage.db.audit import act
from linkage.db.tables import Community, Figure, ServiceRecord, Tranche
from linkage.db.work import Work
from linkage.errors import Unknown
from linkage.stages import assessment, reporting
from linkage.stages.summaries import due_summaries, send_summary
from linkage.stages.tracing import trace
from linkage.terms import NeedCategory, ReportKind, Stage

NOW = datetime(2024, 10, 2, 1, 0, tzinfo=UTC)
END = datetime(2025, 1, 2, 1, 0, tzinfo=UTC)


def follow(field: Any, trace_id: str, **options: Any) -> dict[str, Any]:
    """Trace one id in a session that cannot write; the answer must be plain JSON."""
    found: dict[str, Any] = field.adopted.look(lambda session: trace(session, trace_id, **options))
    text = json.dumps(found, ensure_ascii=False)
    for personal in ("覃月英", "吴志强", "13800138000", "R0001", "V0001"):
        assert personal not in text
    return found


def figure_id(field: Any, code: str) -> str:
    """Return the trace code of a figure of the purchaser's report."""
    row = next(row for row in field.adopted.all(Figure) if row.code == code)
    return f"F{row.id}"


@pytest.fixture
def counted(served: Any) -> Any:
    """Return a project whose figures are counted."""
    reporting.STEPS[0].run(served.adopted.work, served.adopted.due, NOW)
    return served


@pytest.fixture
def assessed(closing: Any) -> Any:
    """Return a project whose assessment is open on its final figures."""
    reporting.STEPS[0].run(closing.adopted.work, closing.adopted.due, END)
    closing.adopted.enter(Stage.ASSESSMENT, END)
    closing.adopted.step(assessment, END)
    return closing


def test_every_figure_agrees_with_its_records(counted: Any) -> None:
    """Each figure, counted again from nothing but its records, comes to what was printed."""
    assert all(follow(counted, f"F{row.id}")["agrees"] for row in counted.adopted.all(Figure))


def test_summary_figures_agree_too(counted: Any) -> None:
    """A community summary's figures are traced like a report's."""
    due = due_summaries(counted.adopted.work, NOW)[0]
    send_summary(counted.adopted.work, due, NOW)
    rows = [row for row in counted.adopted.all(Figure) if row.report_id != counted.adopted.all(Figure)[0].report_id]

    found = [follow(counted, f"F{row.id}") for row in rows]

    assert all(one["agrees"] for one in found)
    assert {one["report"]["kind"] for one in found} == {ReportKind.COMMUNITY_SUMMARY.value}
    assert len(found[0]["report"]["files"]) == 2


def test_changed_record_is_found(counted: Any) -> None:
    """A record that stopped counting after the report makes its figures disagree, with both counts told."""

    def change(session: Any) -> None:
        session.get_one(ServiceRecord, 1).is_counted = False
        act(session, "test.changed")

    counted.adopted.run(change)

    found = follow(counted, figure_id(counted, "meals"))
    assert found["agrees"] is False
    assert (found["numerator"], found["recount"]["numerator"]) == (12, 11)


def test_unit_that_left_the_charter_does_not_agree(counted: Any) -> None:
    """A figure whose rule is gone cannot be counted again, and says so."""

    def rename(session: Any) -> None:
        session.add(
            Figure(
                project_id=counted.adopted.project_id,
                report_id=1,
                code="unit-gone",
                label="已撤销单元",
                numerator=0,
                denominator=None,
                unit="个",
                n_records=0,
                cut_off_on=date(2024, 9, 30),
                record_kind="service_record",
                record_ids=[],
                records_sha256="0" * 64,
            )
        )
        act(session, "test.changed")

    counted.adopted.run(rename)

    found = follow(counted, figure_id(counted, "unit-gone"))
    assert (found["agrees"], found["recount"]["numerator"]) == (False, None)


def test_figure_leads_to_records_activities_and_hours(counted: Any) -> None:
    """A figure leads to its records, their activities, the shifts accepted and the hours given."""
    found = follow(counted, figure_id(counted, "person_times"))

    assert found["records"]["count"] == 12
    assert found["records"]["ids"][0] == "R1"
    assert found["activities"]["count"] == 6
    assert found["activities"]["contract_units"] == ["meals"]
    staffed = found["activities"]["volunteering"]
    assert (staffed["assignments"], staffed["hours_entries"], staffed["minutes"]) == (6, 6, 540)
    assert [one["code"] for one in found["assessed_figures"]] == [
        "persons_ratio",
        "service_volume_ratio",
        "contract_units_ratio",
        "on_time_records_ratio",
    ]


@pytest.mark.parametrize(
    ("code", "letter", "activities"),
    [
        pytest.param("satisfaction_ratio", "rating-", 6, id="ratings"),
        pytest.param("needs_met", "N", 6, id="needs"),
        pytest.param("volunteer_minutes", "H", 6, id="hours"),
    ],
)
def test_figure_of_each_kind_finds_its_activities(counted: Any, code: str, letter: str, activities: int) -> None:
    """Ratings, needs and hours lead back to the activities they come from."""
    found = follow(counted, figure_id(counted, code))

    assert found["records"]["ids"][0].startswith(letter)
    assert found["activities"]["count"] == activities


def test_long_lists_are_cut_unless_all_are_asked_for(served: Any) -> None:
    """A trace shows the first fifty ids with the count; everything on request."""
    served.serve(served.activity("lunch", date(2024, 9, 9)), [None] * 60)
    reporting.STEPS[0].run(served.adopted.work, served.adopted.due, NOW)
    code = figure_id(served, "person_times")

    assert [follow(served, code)["records"][key] for key in ("count", "shown")] == [72, 50]
    assert len(follow(served, code, all_records=True)["records"]["ids"]) == 72


def test_figure_leads_on_to_points_and_tranche(assessed: Any) -> None:
    """A contract unit's figure leads to the points that its share earned and to the tranche they decide."""
    found = follow(assessed, figure_id(assessed, "unit-meals"))

    assert [(one["indicator"], one["figure"]) for one in found["scores"]] == [
        ("units", figure_id(assessed, "contract_units_ratio")),
        ("timely-records", figure_id(assessed, "on_time_records_ratio")),
    ]
    assert [one["code"] for one in found["tranches"]] == ["last"]
    assert [gate["kind"] for gate in found["tranches"][0]["gates"]] == ["result", "documents", "approval"]


def test_ratings_lead_on_to_the_users_points(assessed: Any) -> None:
    """Service users are raters: their answers lead to the points given by them."""
    found = follow(assessed, figure_id(assessed, "satisfaction_ratio"))

    assert [(one["indicator"], one["rater"]) for one in found["scores"]] == [("satisfaction", "service_user")]


def test_tranche_leads_back_to_figures(assessed: Any) -> None:
    """A tranche leads to its gates, its assessment, the points and the figures these rest on."""
    row = next(row for row in assessed.adopted.all(Tranche) if row.code == "last")

    found = follow(assessed, f"T{row.id}")

    assert [one["state"] for one in found["assessments"]] == ["open"]
    assert {one["code"] for one in found["figures"]} == {
        "contract_units_ratio",
        "needs_answered_ratio",
        "on_time_records_ratio",
    }
    assert found["tranche"]["state"] == "locked"


def test_need_is_followed_to_service_and_figures(counted: Any) -> None:
    """A need leads to its match with reasons, the answer, the service records, the unit and the figures."""
    found = follow(counted, "N1")

    assert [(one["service_item"], one["state"], one["reasons"]) for one in found["matches"]] == [
        ("lunch", "accepted", [{"ground": "category"}])
    ]
    assert found["common_issue"] == {"category": "meal", "cycle": 1, "needs": 1}
    assert found["service_records"]["count"] == 12
    assert found["contract_units"] == ["meals"]
    assert {"needs_asked", "needs_met", "needs_answered_ratio", "person_times"} <= {
        one["code"] for one in found["figures"]
    }


def test_unmet_need_leads_to_its_gap(counted: Any) -> None:
    """A need that could not be met leads to its dated gap, the reasons and the smallest change."""
    found = follow(counted, "N2")

    assert (found["category"], found["matches"]) == (NeedCategory.LEGAL.value, [])
    assert [(one["cause"], one["noted_on"]) for one in found["gaps"]] == [("no_offer", "2024-07-05")]
    assert {one["code"] for one in found["figures"]} == {"needs_asked", "needs_answered_ratio"}


def test_activity_leads_to_shifts_records_and_figures(counted: Any) -> None:
    """An activity leads to its seats and acceptances, its records, its hours and its figures."""
    found = follow(counted, "A1")

    assert [(one["is_lead"], one["assignments"]) for one in found["shifts"]] == [(True, 1)]
    assert found["service_records"]["ids"] == ["R1", "R2"]
    assert found["hours_entries"]["ids"] == ["H1"]
    assert "unit-meals" in {one["code"] for one in found["figures"]}


def test_record_leads_to_need_rating_and_figures(counted: Any) -> None:
    """A service record leads to its activity, need and rating, and to every figure it is in."""
    found = follow(counted, "r1")

    assert (found["need"], found["activity"]["id"]) == ("N1", "A1")
    assert found["ratings"] == [{"points": 5, "given_on": "2024-07-01"}]
    assert "satisfaction_ratio" in {one["code"] for one in found["figures"]}


def test_hours_lead_to_the_accepted_shift(counted: Any) -> None:
    """An hours entry leads to the shift that was accepted and to the figures it is in."""
    found = follow(counted, "H1")

    assert found["assignment"]["activity"]["id"] == "A1"
    assert found["minutes"] == 90
    assert {one["code"] for one in found["figures"]} == {"volunteers", "volunteer_minutes", "pledge_kept"}


@pytest.mark.parametrize(
    ("trace_id", "expected"),
    [
        pytest.param("F0", "no trace id", id="zero"),
        pytest.param("X1", "no trace id", id="letter"),
        pytest.param("F", "no trace id", id="no-number"),
        pytest.param("F1; DROP TABLE figure", "no trace id", id="more-than-an-id"),
        pytest.param("F٣", "no trace id", id="foreign-digits"),
        pytest.param("F999999", "no figure F999999 here", id="unknown"),
        pytest.param("R999999", "no service record R999999 here", id="unknown-record"),
    ],
)
def test_id_that_is_none_is_refused(adopted: Any, trace_id: str, expected: str) -> None:
    """What is not an id, or is not here, is refused with what would be right."""
    with pytest.raises(Unknown, match=expected):
        adopted.look(lambda session: trace(session, trace_id))


def test_other_organization_sees_no_figure(counted: Any, work: Work) -> None:
    """A figure of one organisation does not exist for another."""
    other = work.organization("moonlight", "月光社会工作服务中心")

    with work.read(other) as session, pytest.raises(Unknown):
        trace(session, "F1")
    assert counted.adopted.all(Community)
