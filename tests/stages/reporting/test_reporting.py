"""The stage `reporting`: figures once, documents linked and copied, parties told, the provider adopts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from linkage.db.audit import act
from linkage.db.guard import insert_rows
from linkage.db.tables import Assessment, Figure, FrozenList, HoursEntry, Project, Report, StageRun, StoredFile
from linkage.db.work import Work
from linkage.documents.store import fetch
from linkage.errors import CannotWrite, GateShut
from linkage.schemas.charter import Charter
from linkage.schemas.document import ListColumn, ListContext
from linkage.schemas.report import ReportContext
from linkage.stages import initiation, reporting
from linkage.stages.delivery_hours import correct_hours
from linkage.stages.reporting_context import report_context
from linkage.stages.reporting_figures import digest
from linkage.stages.reporting_money import last_result
from linkage.stages.standing import standing_of
from linkage.stages.steps import Due
from linkage.stages.summaries import due_summaries, send_summary
from linkage.stages.tracing import trace
from linkage.terms import (
    AssessedFigure,
    DecisionKind,
    ListKind,
    RaterKind,
    ReportFigure,
    ReportKind,
    ServiceMethod,
    Stage,
)

NOW = datetime(2024, 10, 2, 1, 0, tzinfo=UTC)
END = datetime(2025, 1, 2, 1, 0, tzinfo=UTC)


def papers(field: Any) -> Path:
    """Return where people find the papers of the first cycle."""
    folder: Path = field.adopted.work.settings.data_folder
    return folder / "documents" / "sunshine" / "elder-care" / "cycle-1"


def count(field: Any, now: datetime = NOW) -> None:
    """Count the figures and print nothing."""
    reporting.STEPS[0].run(field.adopted.work, field.adopted.due, now)


def a_context(field: Any, now: datetime = NOW) -> ReportContext:
    """Count the figures and return what the report is printed from."""
    count(field, now)

    def read(session: Any, standing: Any) -> ReportContext:
        report = reporting.report_of(session, standing)
        assert report is not None
        return report_context(session, standing, report)

    context: ReportContext = field.standing(read)
    return context


def adopt(field: Any, actor: str = "centre", now: datetime = NOW) -> Any:
    """Adopt the report as the provider."""
    return field.adopted.run(
        lambda session: reporting.adopt_report(session, field.adopted.project_id, actor=actor, now=now), now
    )


def test_stage_runs_from_figures_to_adoption(served: Any) -> None:
    """Figures, documents, lists, registers and notices are made; the stage waits for the provider alone."""
    counted = served.adopted.step(reporting, NOW)

    assert counted == {"figures": 16, "documents": 2, "lists": 0, "registers": 2, "told": 1}
    assert served.adopted.shut(reporting, NOW) == ["report_adopted"]
    adopt(served)
    assert served.adopted.shut(reporting, NOW) == []


def test_lifecycle_moves_on_after_adoption(served: Any) -> None:
    """The lifecycle runs the stage, waits for the adoption, and leaves for the assessment."""
    from linkage.stages import lifecycle
    from linkage.stages.steps import Outcome

    work = served.adopted.work

    first = lifecycle.run_inline(work, served.adopted.due, NOW)
    adopt(served)
    second = lifecycle.run_inline(work, served.adopted.due, NOW)

    assert (first.outcome, second.outcome) == (Outcome.WAITING, Outcome.MOVED)
    assert served.adopted.due.stage is Stage.ASSESSMENT


def test_second_run_changes_nothing(served: Any) -> None:
    """A rerun after a crash or a tick finds everything done: no second figure, file or notice."""
    served.adopted.step(reporting, NOW)
    tables = (Figure, Report, StoredFile, StageRun)
    before = [len(served.adopted.all(table)) for table in tables]

    again = served.adopted.step(reporting, NOW + timedelta(hours=1))

    assert again == {}
    assert [len(served.adopted.all(table)) for table in tables] == before
    assert [who for who, _ in served.adopted.messages("reporting/adoption_asked")] == ["centre"]


def test_purchaser_is_handed_the_adopted_report(served: Any) -> None:
    """The purchaser was told figures nobody had adopted, and after the adoption never got the report or its name."""
    served.adopted.step(reporting, NOW)
    before = served.adopted.messages("reporting/report_made")
    adopt(served)
    adopt(served, now=NOW + timedelta(hours=1))

    ((who, body),) = served.adopted.messages("reporting/report_made")
    (report,) = served.adopted.all(Report)
    file = next(row for row in served.adopted.all(StoredFile) if row.id == report.pdf_file_id)
    assert (before, who) == ([], "street")
    assert f"{file.name}（SHA-256 {file.sha256}" in body


def test_steps_wait_for_the_figures(served: Any) -> None:
    """Without figures nothing is printed and nobody is told."""
    for step in reporting.STEPS[1:]:
        assert step.run(served.adopted.work, served.adopted.due, NOW).summary == {}

    assert served.adopted.shut(reporting, NOW) == ["report_made", "report_adopted"]
    assert served.standing(lambda session, standing: reporting.next_look(session, standing, NOW)) == NOW


def test_figures_name_their_records(served: Any) -> None:
    """Each figure holds its records ascending, how many they are, and their digest; all assessed shares are there."""
    count(served)

    rows = {row.code: row for row in served.adopted.all(Figure)}

    for row in rows.values():
        assert row.record_ids == sorted(row.record_ids)
        assert row.n_records == len(row.record_ids)
        assert row.records_sha256 == digest(row.record_ids)
        assert row.cut_off_on == date(2024, 9, 30)
    assert {figure.value for figure in AssessedFigure} <= rows.keys()
    assert (rows["unit-meals"].numerator, rows["unit-meals"].unit) == (12, "餐")
    satisfaction = rows[AssessedFigure.SATISFACTION_RATIO.value]
    assert (satisfaction.numerator, satisfaction.denominator) == (10, 12)
    persons = rows[AssessedFigure.PERSONS_RATIO.value]
    assert (persons.numerator, persons.denominator) == (2, 10)


def test_figures_leave_out_what_came_after_the_cut_off(served: Any) -> None:
    """A report counts to the cycle's last day: service, ratings and needs after it belong to the next."""
    later = served.activity("lunch", date(2024, 10, 1))
    served.serve(later, ["R0003"], points=1)
    served.need("R0004", on=date(2024, 10, 1))
    count(served)

    rows = {row.code: row.numerator for row in served.adopted.all(Figure)}

    assert [rows[code] for code in ("persons", "person_times", "needs_asked")] == [2, 12, 2]


def test_report_is_stored_linked_and_copied(served: Any) -> None:
    """The store and the folder people read hold the same HTML and PDF, and the report row names them."""
    served.adopted.step(reporting, NOW)
    (report,) = served.adopted.all(Report)

    for file_id, suffix in ((report.html_file_id, "html"), (report.pdf_file_id, "pdf")):
        kept = served.adopted.look(lambda session, one=file_id: fetch(session, one))
        assert (papers(served) / f"阶段服务报告-第1期.{suffix}").read_bytes() == kept


def test_report_prints_its_audit_head_and_traces(served: Any) -> None:
    """The PDF carries the audit head taken when the figures were counted, and a trace beside each number."""
    served.adopted.step(reporting, NOW)
    (report,) = served.adopted.all(Report)

    pages = PdfReader(papers(served) / "阶段服务报告-第1期.pdf").pages
    text = "".join(page.extract_text() for page in pages).replace(" ", "")

    assert f"留痕{report.audit_count}条" in text
    assert report.audit_hash[:16] in text
    assert all(f"F{row.id}" in text for row in served.adopted.all(Figure))
    assert "覃月英" not in text
    assert "13800138000" not in text


def test_mid_term_shares_are_held_against_the_days_that_passed(served: Any) -> None:
    """At half the period half of the target is due, and the report says what it was held against."""
    context = a_context(served)

    (unit,) = context.contract_units
    assert (unit.target_count, unit.expected_count, unit.counted_count, unit.forecast_count) == (200, 100, 12, 24)
    assert unit.is_behind
    assert any("助餐滞后：计入 12 餐，按时间进度应为 100 餐" in line for line in context.warnings)


def test_conflicting_sources_stand_side_by_side(served: Any) -> None:
    """456 and 465 party members stand in one paper: both are printed with source and date, never merged."""
    (conflict,) = a_context(served).conflicts

    assert [(value.value, value.source, value.as_of) for value in conflict.values] == [
        ("456 人", "社区党委介绍", "2023"),
        ("465 人", "党员花名册", "2023"),
    ]


def test_shut_gates_name_whose_turn_it_is(served: Any) -> None:
    """Each tranche shows its gates, shut since when, and who can open them."""
    context = a_context(served)

    first = context.tranches[0]
    assert (first.number, first.amount_fen, str(first.ratio)) == (1, 3_000_000, "0.5")
    assert [(gate.is_open, gate.whose_turn) for gate in first.gates] == [(False, "购买方")]


CHANGSHA = {
    "code": "groups",
    "name": "小组服务",
    "method": "group_work",
    "target_count": 7,
    "unit": "个",
    "counts": "groups",
    "per_unit": [{"measure": "sessions", "at_least": 6}, {"measure": "person_times", "at_least": 42}],
}


def test_group_with_five_sessions_is_told_with_its_reason(
    found_field: Callable[..., Any], charter_sections: dict[str, Any]
) -> None:
    """Seven groups of which one has 5 sessions are printed as 6 of 7, with the reason (Changsha county 2022)."""
    services = charter_sections["services"]
    services[0] |= {"code": "song", "name": "歌会小组", "method": "group_work", "contract_unit": "groups"}
    average = {"measure": "person_times", "at_least": 25, "basis": "average"}
    fairs = CHANGSHA | {"code": "fairs", "name": "集市", "counts": "activities", "per_unit": [average]}
    cases = {"code": "cases", "name": "个案", "method": "case_work", "target_count": 1, "unit": "个", "counts": "cases"}
    services[1] |= {"contract_unit": "cases"}
    services[2] |= {"method": "group_work", "contract_unit": "fairs"}
    follow_ups = {"per_unit": [{"measure": "follow_ups", "at_least": 6}]}
    field = found_field(services=services, contract_units=[CHANGSHA, fairs, cases | follow_ups])
    for group in range(7):
        for session in range(5 if group == 6 else 6):
            on = date(2024, 7, 1) + timedelta(days=7 * session)
            field.serve(field.activity("song", on, series=f"第{group + 1}组"), person_times=9)
    field.serve(field.activity("goods", date(2024, 8, 1)), person_times=10)
    field.serve(field.activity("escort", date(2024, 8, 2)), ["R0009"])
    field.serve(field.activity("escort", date(2024, 8, 9)), ["R0009"], is_counted=False)
    field.adopted.enter(Stage.REPORTING, NOW)

    context = a_context(field)

    groups, fairs_found, cases_found = context.contract_units
    assert (groups.recorded_count, groups.counted_count, groups.target_count) == (7, 6, 7)
    assert groups.minimum == "每个活动节数不少于 6，每个参与人次不少于 42"
    assert [(one.reference, one.reason) for one in groups.uncounted] == [
        ("歌会小组“第7组”（第1期）", "活动节数只有 5，要求不少于 6")
    ]
    assert [(one.reference, one.reason) for one in fairs_found.uncounted] == [
        ("爱心米油（2024-08-01）", "计入后平均参与人次为 10，要求平均不少于 25")
    ]
    assert [(one.reference, one.reason) for one in cases_found.uncounted] == [
        ("陪同就医 R0009", "跟进次数只有 1，要求不少于 6（另有 1 条记录待核实）")
    ]
    assert "有 1 条服务记录待核实，核实前不计入。" in context.warnings


def test_records_that_do_not_count_are_told_in_sum(served: Any) -> None:
    """Single records that do not count are told together, with their reason."""
    served.serve(served.activity("lunch", date(2024, 9, 5)), ["R0001"], method=ServiceMethod.TRAINING)

    (unit,) = a_context(served).contract_units

    assert [(one.reference, one.reason) for one in unit.uncounted] == [("1 条记录", "服务方式与合同单元不符")]


def test_report_without_answers_prints_no_satisfaction(found_field: Callable[..., Any]) -> None:
    """Without answers and volunteers the report leaves those parts out instead of printing zero."""
    field = found_field()
    field.adopted.enter(Stage.REPORTING, NOW)

    context = a_context(field)

    assert context.satisfaction is None
    assert context.volunteers is None
    shown = {figure.code: figure.value for figure in context.key_figures}
    assert shown[AssessedFigure.SATISFACTION_RATIO.value] is None
    assert shown[ReportFigure.PERSONS.value] == 0


def test_last_cycle_ends_with_the_final_report(closing: Any) -> None:
    """The last cycle's report is the final one, held against the whole target."""
    context = a_context(closing, END)

    assert context.kind is ReportKind.FINAL_REPORT
    assert context.contract_units[0].expected_count == 200


def test_final_report_feeds_the_assessment(closing: Any) -> None:
    """The assessment finds every share it asks for in the report, each with its figure."""
    from linkage.stages import assessment
    from linkage.stages.tracing_links import scores_of

    count(closing, END)
    closing.adopted.enter(Stage.ASSESSMENT, END)

    closing.adopted.step(assessment, END)

    assert len(closing.adopted.all(Assessment)) == 1
    figures = closing.adopted.all(Figure)
    used = closing.adopted.look(lambda session: scores_of(session, figures))
    assert {score.indicator for score in used} == {"units", "needs", "timely-records", "satisfaction"}


def test_report_tells_the_last_result(closing: Any) -> None:
    """A report prints the last assessment's score, band and raters, and what had to be put right."""
    from linkage.stages import assessment, assessment_sheet

    count(closing, END)
    closing.adopted.enter(Stage.ASSESSMENT, END)
    closing.adopted.step(assessment, END)
    sheets = {
        (RaterKind.THIRD_PARTY, "assessor"): ("management", "process", "records", "finance"),
        (RaterKind.PURCHASER, "street"): ("daily", "outcome"),
        (RaterKind.COMMUNITY, "committee-east"): ("presence", "governance"),
    }
    for (rater, actor), lines in sheets.items():
        points = dict.fromkeys(lines, Decimal(3))
        closing.adopted.run(
            lambda session, one=rater, by=actor, given=points: assessment_sheet.submit(
                session, closing.adopted.project_id, one, given, actor=by, is_unrelated=True, now=END
            ),
            END,
        )
    closing.adopted.step(assessment, END)

    result = closing.standing(last_result)

    (row,) = closing.adopted.all(Assessment)
    assert (result.band, result.is_passed) == ("不合格", False)
    assert result.score * 100 == row.score_hundredths
    assert [one.rater for one in result.raters][:2] == [RaterKind.THIRD_PARTY, RaterKind.PURCHASER]
    assert all(one.score is not None for one in result.raters)
    assert result.rectification.startswith("整改中，期限 2025-02-01")


def test_notices_carry_traces_and_no_resident(served: Any) -> None:
    """The purchaser gets key figures with n and trace; no name, phone or condition stands in a notice."""
    served.adopted.step(reporting, NOW)
    adopt(served)

    ((_, body),) = served.adopted.messages("reporting/report_made")
    ((_, asked),) = served.adopted.messages("reporting/adoption_asked")

    satisfaction = next(row for row in served.adopted.all(Figure) if row.code == "satisfaction_ratio")
    assert f"满意率：83.33%（10/12），依据 12 条记录（F{satisfaction.id}）" in body
    assert "应于2024年10月10日前提交" in asked
    for text in (body, asked):
        assert "覃月英" not in text
        assert "13800138000" not in text


def test_adoption_is_one_decision(served: Any) -> None:
    """Adopting twice is one decision; it names the report and its file."""
    served.adopted.step(reporting, NOW)

    first, second = adopt(served), adopt(served)
    served.adopted.enter(Stage.ASSESSMENT, NOW)

    assert first.id == second.id == adopt(served).id
    assert first.kind is DecisionKind.ADOPT_REPORT
    assert first.detail["report_id"] == served.adopted.all(Report)[0].id


@pytest.mark.parametrize(
    ("steps", "actor", "stage", "expected"),
    [
        pytest.param(0, "centre", Stage.REPORTING, "is not made yet", id="nothing-counted"),
        pytest.param(1, "centre", Stage.REPORTING, "is not made yet", id="nothing-printed"),
        pytest.param(2, "street", Stage.REPORTING, "only centre may adopt", id="not-the-provider"),
        pytest.param(2, "centre", Stage.DELIVERY, "stands at delivery", id="wrong-stage"),
    ],
)
def test_adoption_is_refused(served: Any, steps: int, actor: str, stage: Stage, expected: str) -> None:
    """Only the provider adopts, only a finished report, only at its stage; nothing is decided otherwise."""
    for step in reporting.STEPS[:steps]:
        step.run(served.adopted.work, served.adopted.due, NOW)
    served.adopted.enter(stage, NOW)

    with pytest.raises(GateShut, match=expected):
        adopt(served, actor)

    assert served.adopted.shut(reporting, NOW)[-1] == "report_adopted"


def test_late_adoption_says_since_when(served: Any) -> None:
    """The charter gives ten days for the report; the condition shows the day, and when it has passed."""

    def detail(now: datetime) -> str:
        found = served.standing(lambda session, standing: reporting.conditions(session, standing, now))
        return str(found[-1].detail)

    assert detail(NOW) == "2024-10-10 前"
    assert detail(NOW + timedelta(days=9)) == "已逾 2024-10-10"


def test_folder_that_cannot_be_written_leaves_the_stage_as_it_was(served: Any) -> None:
    """If the papers cannot be written nothing is linked and no half file stands; the next run makes them."""
    folder = papers(served)
    folder.parent.mkdir(parents=True)
    folder.write_text("a file where a folder is meant")

    with pytest.raises(CannotWrite):
        served.adopted.step(reporting, NOW)
    assert served.adopted.all(Report)[0].pdf_file_id is None
    assert served.adopted.all(StoredFile) == []
    folder.unlink()

    served.adopted.step(reporting, NOW)
    assert served.adopted.shut(reporting, NOW) == ["report_adopted"]


def test_papers_of_an_interrupted_run_are_replaced(served: Any) -> None:
    """A crash between writing and linking leaves files that the next run replaces under the same name."""
    folder = papers(served)
    folder.mkdir(parents=True)
    (folder / "阶段服务报告-第1期.pdf").write_bytes(b"half")

    served.adopted.step(reporting, NOW)

    assert (folder / "阶段服务报告-第1期.pdf").read_bytes().startswith(b"%PDF")


def test_registers_hold_the_fields_of_order_67(served: Any) -> None:
    """Order 67 art. 7: activity, date, place, content, time, organiser, who led; a resident is a code, no phone stands."""
    served.adopted.step(reporting, NOW)

    services = CalamineWorkbook.from_path(papers(served) / "服务记录台账-第1期.xlsx").get_sheet_by_index(0).to_python()
    hours = CalamineWorkbook.from_path(papers(served) / "志愿服务时长台账-第1期.xlsx").get_sheet_by_index(0).to_python()

    lawful = {"活动名称", "日期", "地点", "服务内容", "服务时间（小时）", "活动组织单位", "活动负责人"}
    for sheet in (services, hours):
        assert any(lawful <= set(map(str, row)) for row in sheet)
        assert not any("13800138000" in str(cell) for row in sheet for cell in row)
    assert sum(str(row[0]).startswith("R") for row in services) == 12
    assert any("R0001" in row for row in services)
    assert not any("覃月英" in map(str, row) for row in services)
    lines = [row for row in hours if str(row[0]).startswith("H")]
    assert [line[2] for line in lines] == ["吴志强"] * 6
    assert {line[9] for line in lines} == {"吴志强", "阳光社会工作服务中心"}


def test_registers_of_all_cycles_hold_every_row_once(served: Any) -> None:
    """A cycle's register lists what was served in it, and what was entered or corrected since the report before."""
    served.adopted.step(reporting, NOW)
    later = NOW + timedelta(days=30)

    def go_on(session: Any) -> None:
        entry = session.execute(select(HoursEntry).order_by(HoursEntry.id)).scalars().first()
        correct_hours(session, entry.id, minutes=80, reason="早退", actor="centre", now=later)
        session.get_one(Project, served.adopted.project_id).cycle = 2

    served.write(go_on)
    served.serve(served.activity("lunch", date(2024, 10, 8), cycle=2), ["R0001"])
    served.adopted.enter(Stage.REPORTING, END)
    served.adopted.step(reporting, END)

    seen: dict[str, list[list[str]]] = {"服务记录台账": [], "志愿服务时长台账": []}
    for title, numbers in seen.items():
        for folder, cycle in ((papers(served), 1), (papers(served).parent / "cycle-2", 2)):
            sheet = CalamineWorkbook.from_path(folder / f"{title}-第{cycle}期.xlsx").get_sheet_by_index(0).to_python()
            numbers.append([str(row[0]) for row in sheet if re.fullmatch(r"[RH]\d+", str(row[0]))])
    assert [len(numbers) for numbers in seen["服务记录台账"]] == [12, 1]
    assert [len(numbers) for numbers in seen["志愿服务时长台账"]] == [6, 1]
    assert all(set(first).isdisjoint(second) for first, second in seen.values())


def test_lists_are_printed_as_they_were_frozen(served: Any) -> None:
    """A frozen list becomes HTML, PDF and XLSX beside the report, and its row names the PDF."""
    context = ListContext(
        organization="阳光社会工作服务中心",
        project_name="邻里互助为老服务项目",
        cut_off_on=date(2024, 7, 8),
        generated_at=NOW,
        is_simulated=False,
        check_code="elder-care-1",
        title="缺口清单",
        columns=(ListColumn(label="原因"),),
        rows=(("没有此类服务",),),
    )

    def enter(session: Any) -> None:
        act(session, "test.frozen")
        row = {
            "project_id": served.adopted.project_id,
            "stored_file_id": None,
            "kind": ListKind.GAP_LIST,
            "cycle": 1,
            "as_of_on": date(2024, 7, 8),
            "body": context.model_dump(mode="json"),
        }
        insert_rows(session, FrozenList, [row])

    served.adopted.run(enter)

    assert served.adopted.step(reporting, NOW)["lists"] == 3
    (row,) = served.adopted.all(FrozenList)
    stored = next(file for file in served.adopted.all(StoredFile) if file.id == row.stored_file_id)
    assert stored.name == "缺口清单-第1期.pdf"
    assert {path.suffix for path in papers(served).glob("缺口清单*")} == {".html", ".pdf", ".xlsx"}


def test_two_organizations_never_share_a_folder(served: Any, work: Work) -> None:
    """Two organisations may have projects of one code; the papers of one never replace the other's."""
    charter = served.standing(lambda _session, standing: standing.charter)
    owner = work.organization("moonlight", "月光社会工作服务中心")
    with work.begin(owner, now=NOW) as session:
        project_id = initiation.adopt(session, charter, NOW)
    served.adopted.step(reporting, NOW)
    before = (papers(served) / "阶段服务报告-第1期.pdf").read_bytes()

    for step in reporting.STEPS:
        step.run(work, Due(owner, project_id, Stage.REPORTING, 1), NOW)

    assert (papers(served) / "阶段服务报告-第1期.pdf").read_bytes() == before
    other = work.settings.data_folder / "documents" / "moonlight" / "elder-care" / "cycle-1"
    assert (other / "阶段服务报告-第1期.pdf").exists()


def test_simulated_project_marks_its_papers(adopt: Callable[..., Any], work: Work) -> None:
    """What a simulation made says so, with the seed that makes it again."""
    charter = adopt().look(lambda session: standing_of(session, 1).charter)
    owner = work.organization("simulated", "演示")
    with work.begin(owner, now=NOW) as session:
        project_id = initiation.adopt(session, charter, NOW, is_simulated=True, seed=20240701)
    reporting.STEPS[0].run(work, Due(owner, project_id, Stage.REPORTING, 1), NOW)

    with work.read(owner) as session:
        standing = standing_of(session, project_id)
        report = session.execute(select(Report)).scalar_one()
        context = report_context(session, standing, report)

    assert (context.is_simulated, context.simulation_seed) == (True, 20240701)


def test_reporting_runs_on_both_databases(both_databases: Work, charter_sections: dict[str, Any]) -> None:
    """SQLite and PostgreSQL give the same report and the same summaries."""
    work = both_databases
    owner = work.organization("sunshine", "阳光社会工作服务中心")
    with work.begin(owner, now=NOW) as session:
        project_id = initiation.adopt(session, Charter.model_validate(charter_sections), NOW)
    due = Due(owner, project_id, Stage.REPORTING, 1)

    done = [dict(step.run(work, due, NOW).summary) for step in reporting.STEPS]
    waiting = due_summaries(work, NOW)
    send_summary(work, waiting[0], NOW)

    assert done == [{"figures": 14}, {"documents": 2}, {"lists": 0}, {"registers": 2}, {"told": 1}]
    assert len(due_summaries(work, NOW)) == len(waiting) - 1 == 25
    with work.read(owner) as session:
        assert trace(session, "F1")["agrees"] is True
