"""Frozen lists and registers (台账) as document contexts: what stands in rows becomes a dated paper.

Lists were frozen by matching and are printed as they stood. A register holds what is new since the report before: what
was served in the cycle, and what was entered or corrected since; together the registers of all cycles hold every row
once. It has the fields of order 67 art. 7 (activity, date, place, content, time, organiser, who led it) and stays with
the organisation. No phone and no identity number stands in it; a resident is a code, and only volunteers, whose record
it is, are named.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from linkage.db.audit import Head
from linkage.db.tables import (
    Activity,
    Assignment,
    ContractUnit,
    FrozenList,
    HoursEntry,
    Person,
    Report,
    ServiceItem,
    ServiceRecord,
    Shift,
)
from linkage.schemas.document import Cell, ColumnFormat, ListColumn, ListContext
from linkage.stages.reporting_files import audit_head, check_code, simulation_seed
from linkage.stages.standing import Standing, local_date
from linkage.terms import ListKind, ReportKind

_DATE, _COUNT, _MINUTES = ColumnFormat.DATE, ColumnFormat.COUNT, ColumnFormat.MINUTES
_INTERNAL = "内部资料，由本机构保管，请勿外传"
_SINCE = "每期台账只列本期的记录，以及上期报告之后补记、更正的记录。"

SERVICE_REGISTER = "服务记录台账"
HOURS_REGISTER = "志愿服务时长台账"


def frozen_lists(session: Session, standing: Standing, cycle: int) -> dict[ListKind, FrozenList]:
    """Find the lists that matching froze in a cycle."""
    query = select(FrozenList).where(FrozenList.project_id == standing.project.id, FrozenList.cycle == cycle)
    return {row.kind: row for row in session.execute(query.order_by(FrozenList.id)).scalars()}


def list_contexts(session: Session, standing: Standing, cycle: int) -> dict[str, ListContext]:
    """Return each frozen list as it stood: file stem to context."""
    return {
        list_stem(kind, cycle): ListContext.model_validate(row.body)
        for kind, row in frozen_lists(session, standing, cycle).items()
    }


def list_stem(kind: ListKind, cycle: int) -> str:
    """Return the name people find a list under."""
    return f"{kind.label}-第{cycle}期"


def register_contexts(session: Session, standing: Standing, report: Report) -> dict[str, ListContext]:
    """Return the registers of a report's cycle: file stem to context."""
    reading = _Registers(session, standing, report)
    columns, rows, notes = reading.services()
    services = _context(standing, report, SERVICE_REGISTER, columns, rows, notes)
    columns, rows, notes = reading.hours()
    hours = _context(standing, report, HOURS_REGISTER, columns, rows, notes)
    return {f"{context.title}-第{report.cycle}期": context for context in (services, hours)}


def _report_before(session: Session, report: Report) -> Report | None:
    """Find the purchaser's report of the cycle before."""
    query = (
        select(Report)
        .where(
            Report.project_id == report.project_id,
            Report.kind != ReportKind.COMMUNITY_SUMMARY,
            Report.cycle < report.cycle,
        )
        .order_by(Report.cycle.desc())
    )
    return session.execute(query.limit(1)).scalar_one_or_none()


Columns = tuple[ListColumn, ...]
Rows = tuple[tuple[Cell, ...], ...]


def _context(
    standing: Standing, report: Report, title: str, columns: Columns, rows: Rows, notes: tuple[str, ...]
) -> ListContext:
    return ListContext(
        organization=standing.charter.organization.name,
        project_name=standing.project.name,
        cut_off_on=report.cut_off_on,
        generated_at=report.generated_at,
        is_simulated=standing.project.is_simulated,
        simulation_seed=simulation_seed(standing),
        audit_head=audit_head(Head(report.audit_count, report.audit_hash)),
        check_code=check_code(report.organization_id, report.project_id, report.key, title),
        title=title,
        subtitle=f"{standing.charter.cycle(report.cycle).from_on:%Y-%m-%d} 至 {report.cut_off_on:%Y-%m-%d}",
        confidentiality=_INTERNAL,
        columns=columns,
        rows=rows,
        notes=notes,
    )


def _columns(*described: tuple[str, ColumnFormat, int]) -> Columns:
    return tuple(ListColumn(label=label, format=kind, width=width) for label, kind, width in described)


class _Registers:
    """The rows of the registers, read once for both."""

    def __init__(self, session: Session, standing: Standing, report: Report) -> None:
        self._session = session
        self._standing = standing
        self._project_id = standing.project.id
        self._cut_off_on = report.cut_off_on
        self._before = _report_before(session, report)
        self._activities = {
            row.id: row
            for row in session.execute(select(Activity).where(Activity.project_id == self._project_id)).scalars()
        }
        query = select(ServiceItem.id, ServiceItem.code).where(ServiceItem.project_id == self._project_id)
        self._items = dict(session.execute(query).all())
        self._leads = self._led_by()
        self._organisers = {activity_id: self._organiser(row) for activity_id, row in self._activities.items()}

    def _is_new(self, table: type[ServiceRecord | HoursEntry]) -> ColumnElement[bool]:
        """Narrow to what no earlier register holds."""
        is_counted = table.served_on <= self._cut_off_on
        if self._before is None:
            return is_counted
        is_later = or_(
            table.served_on > self._before.cut_off_on,
            table.recorded_at > self._before.generated_at,
        )
        return and_(is_counted, is_later)

    def _led_by(self) -> dict[int, int]:
        """Return who held each activity's lead seat."""
        query = (
            select(Shift.activity_id, Assignment.person_id)
            .join(Assignment, Assignment.shift_id == Shift.id)
            .where(Shift.project_id == self._project_id, Shift.is_lead.is_(True), Assignment.ended_at.is_(None))
            .order_by(Assignment.id.desc())
        )
        return dict(self._session.execute(query).all())

    def _name(self, person_id: int) -> str:
        person = self._session.get_one(Person, person_id)
        return person.name or person.code

    def _organiser(self, activity: Activity) -> tuple[str, str]:
        """Return who organised an activity and who led it: the one who held the lead seat, else the body's contact."""
        party = self._standing.charter.party(
            self._standing.charter.service_item(self._items[activity.service_item_id]).party
        )
        lead_id = self._leads.get(activity.id)
        if lead_id is not None:
            return party.name, self._name(lead_id)
        return party.name, (party.contact.name if party.contact is not None else None) or party.name

    def services(self) -> tuple[Columns, Rows, tuple[str, ...]]:
        """List the service records, counted or waiting."""
        units = dict(
            self._session.execute(
                select(ContractUnit.id, ContractUnit.name).where(ContractUnit.project_id == self._project_id)
            ).all()
        )
        codes = dict(
            self._session.execute(select(Person.id, Person.code).where(Person.project_id == self._project_id)).all()
        )
        row = ServiceRecord
        query = (
            select(
                row.id,
                row.activity_id,
                row.contract_unit_id,
                row.person_id,
                row.served_on,
                row.recorded_at,
                row.minutes,
                row.person_times,
                row.flag,
                row.is_counted,
            )
            .where(row.project_id == self._project_id, self._is_new(row))
            .order_by(row.served_on, row.id)
        )
        rows: list[tuple[Cell, ...]] = []
        for (
            record_id,
            activity_id,
            unit_id,
            person_id,
            on,
            recorded_at,
            minutes,
            times,
            flag,
            is_counted,
        ) in self._session.execute(query):
            activity = self._activities[activity_id]
            rows.append(
                (
                    f"R{record_id}",
                    activity.name,
                    on,
                    activity.place,
                    activity.content,
                    activity.method.label,
                    "" if person_id is None else codes[person_id],
                    times,
                    minutes,
                    *self._organisers[activity_id],
                    "" if unit_id is None else units[unit_id],
                    local_date(recorded_at),
                    "计入" if is_counted else "未计入",
                    "" if flag is None else flag.label,
                )
            )
        columns = _columns(
            ("记录编号", ColumnFormat.TEXT, 2),
            ("活动名称", ColumnFormat.TEXT, 3),
            ("日期", _DATE, 2),
            ("地点", ColumnFormat.TEXT, 3),
            ("服务内容", ColumnFormat.TEXT, 6),
            ("服务方式", ColumnFormat.TEXT, 2),
            ("服务对象编号", ColumnFormat.TEXT, 2),
            ("人次", _COUNT, 1),
            ("服务时间", _MINUTES, 2),
            ("活动组织单位", ColumnFormat.TEXT, 4),
            ("活动负责人", ColumnFormat.TEXT, 2),
            ("合同单元", ColumnFormat.TEXT, 2),
            ("登记日期", _DATE, 2),
            ("是否计入", ColumnFormat.TEXT, 2),
            ("说明", ColumnFormat.TEXT, 3),
        )
        return columns, tuple(rows), ("人次不等于人数：同一居民可计多次。服务对象以编号代替姓名。", _SINCE)

    def hours(self) -> tuple[Columns, Rows, tuple[str, ...]]:
        """List the hours ledger, corrections included."""
        seats = dict(
            self._session.execute(
                select(Assignment.id, Shift.activity_id)
                .join(Shift, Shift.id == Assignment.shift_id)
                .where(Assignment.project_id == self._project_id)
            ).all()
        )
        query = (
            select(HoursEntry)
            .where(HoursEntry.project_id == self._project_id, self._is_new(HoursEntry))
            .order_by(HoursEntry.served_on, HoursEntry.id)
        )
        names: dict[int, tuple[str, str]] = {}
        rows: list[tuple[Cell, ...]] = []
        for entry in self._session.execute(query).scalars():
            if entry.person_id not in names:
                names[entry.person_id] = (
                    self._session.get_one(Person, entry.person_id).code,
                    self._name(entry.person_id),
                )
            activity = None if entry.assignment_id is None else self._activities[seats[entry.assignment_id]]
            recorded_on = local_date(entry.recorded_at)
            rows.append(
                (
                    f"H{entry.id}",
                    *names[entry.person_id],
                    "" if activity is None else activity.name,
                    entry.served_on,
                    "" if activity is None else activity.place,
                    "" if activity is None else activity.content,
                    entry.minutes,
                    *(("", "") if activity is None else self._organisers[activity.id]),
                    recorded_on,
                    entry.record_by_on,
                    "是" if recorded_on <= entry.record_by_on else "否",
                    entry.kind.label,
                    "" if entry.corrects_id is None else f"更正 H{entry.corrects_id}",
                )
            )
        columns = _columns(
            ("记录编号", ColumnFormat.TEXT, 2),
            ("志愿者编号", ColumnFormat.TEXT, 2),
            ("姓名", ColumnFormat.TEXT, 2),
            ("活动名称", ColumnFormat.TEXT, 3),
            ("日期", _DATE, 2),
            ("地点", ColumnFormat.TEXT, 3),
            ("服务内容", ColumnFormat.TEXT, 6),
            ("服务时间", _MINUTES, 2),
            ("活动组织单位", ColumnFormat.TEXT, 4),
            ("活动负责人", ColumnFormat.TEXT, 2),
            ("登记日期", _DATE, 2),
            ("登记期限", _DATE, 2),
            ("是否按期", ColumnFormat.TEXT, 2),
            ("类别", ColumnFormat.TEXT, 2),
            ("说明", ColumnFormat.TEXT, 3),
        )
        return columns, tuple(rows), ("服务时间为实际服务时间，不含路途；更正另记一笔，不改原记录。", _SINCE)
