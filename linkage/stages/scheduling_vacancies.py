"""Seats that nobody was asked for: told by service with the reason and the cheapest change, and frozen as a list.

The kernel's funnel and its cheapest change were kept with each month's roster; here they become Chinese words and
counts. A line names no person: whom a change concerns stays with the organisation's own records.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from linkage.db.tables import Activity, FrozenList, RosterRun, Shift
from linkage.schemas.document import Cell, ColumnFormat, ListColumn
from linkage.stages.frozen_lists import freeze
from linkage.stages.standing import Standing
from linkage.terms import ActivityState, ListKind, RosterChangeKind, RosterStep

_COLUMNS = (
    ListColumn(label="服务"),
    ListColumn(label="岗位"),
    ListColumn(label="最早一场", format=ColumnFormat.DATE),
    ListColumn(label="没有人能同时满足的条件"),
    ListColumn(label="最早一场逐项筛选后的人数", width=3),
    ListColumn(label="怎样才能补上"),
    ListColumn(label="涉及场次", format=ColumnFormat.COUNT, width=2),
    ListColumn(label="缺岗位", format=ColumnFormat.COUNT, width=2),
)


@dataclass
class VacantSeats:
    """The empty seats of one service and kind that share a reason and a remedy.

    Parameters
    ----------
    reasons
        The fewest rules of which everybody breaks at least one.
    left_counts
        For the earliest of them, how many volunteers are left after each rule.
    people
        Volunteers whom the cheapest change concerns; empty where somebody is still to be found.
    """

    name: str
    skill: str
    is_lead: bool
    first_on: date
    reasons: tuple[RosterStep, ...]
    left_counts: tuple[tuple[RosterStep, int], ...]
    change: RosterChangeKind | None
    missing_count: int = 0
    days_count: int = 0
    people: set[int] = field(default_factory=set)

    @property
    def seat(self) -> str:
        """What is asked of whoever takes the seat."""
        return "领队" if self.is_lead else self.skill or "志愿者"

    @property
    def obstacle(self) -> str:
        """The rules that nobody passes together, in words."""
        nobody_stands = "没有志愿者" if self.change else "有人可以邀请，让位于更优先的安排"
        return "、".join(step.label for step in self.reasons) or nobody_stands

    @property
    def remedy(self) -> str:
        """The cheapest change in words."""
        if self.change is None:
            return "不需要改动"
        return f"{self.change.label}（{len(self.people)}名志愿者可选）" if self.people else self.change.label

    @property
    def funnel(self) -> str:
        """How many volunteers are left after each rule, in words, up to where nobody is."""
        parts = []
        for step, left in self.left_counts:
            parts.append(f"{step.label}{left}人")
            if not left:
                break
        return "，".join(parts)


def vacant_seats(session: Session, standing: Standing) -> list[VacantSeats]:
    """List the cycle's seats that nobody was asked for, by service, seat, reason and remedy, earliest first."""
    runs = session.execute(
        select(RosterRun.unfilled).where(
            RosterRun.project_id == standing.project.id,
            RosterRun.month_on.between(standing.cycle.from_on, standing.cycle.to_on),
        )
    ).scalars()
    empty = {line["shift_id"]: line for run in runs for line in run}
    rows = session.execute(
        select(Shift, Activity.name, Activity.held_on)
        .join(Activity, Activity.id == Shift.activity_id)
        .where(
            Activity.project_id == standing.project.id,
            Activity.cycle == standing.project.cycle,
            Activity.state == ActivityState.RELEASED,
        )
        .order_by(Activity.starts_at, Shift.id)
    )
    found: dict[tuple[str, str, bool, tuple[str, ...], str | None], VacantSeats] = {}
    for shift, name, held_on in rows:
        line = empty.get(shift.id)
        if line is None:
            continue
        key = (name, shift.skill, shift.is_lead, tuple(line["reasons"]), line["change"])
        vacant = found.setdefault(key, _first(shift, name, held_on, line))
        vacant.missing_count += line["missing_count"]
        vacant.days_count += 1
        if line["change_person_id"] is not None:
            vacant.people.add(line["change_person_id"])
    return list(found.values())


def _first(shift: Shift, name: str, held_on: date, line: dict[str, Any]) -> VacantSeats:
    return VacantSeats(
        name=name,
        skill=shift.skill,
        is_lead=shift.is_lead,
        first_on=held_on,
        reasons=tuple(RosterStep.of(step) for step in line["reasons"]),
        left_counts=tuple((RosterStep.of(step), left) for step, left in line["left_counts"]),
        change=None if line["change"] is None else RosterChangeKind.of(line["change"]),
    )


def seat_count(session: Session, standing: Standing) -> int:
    """Count the seats of the cycle's released activities."""
    total = session.execute(
        select(func.sum(Shift.target_count))
        .join(Activity, Activity.id == Shift.activity_id)
        .where(
            Activity.project_id == standing.project.id,
            Activity.cycle == standing.project.cycle,
            Activity.state == ActivityState.RELEASED,
        )
    ).scalar_one()
    return int(total or 0)


def summary_lines(vacant: Iterable[VacantSeats]) -> tuple[dict[str, Any], ...]:
    """Sum up for a notice: a line for each service and seat, with the commonest reason and remedy."""
    groups: dict[tuple[str, str], list[VacantSeats]] = {}
    for line in vacant:
        groups.setdefault((line.name, line.seat), []).append(line)
    lines = []
    for (name, seat), parts in groups.items():
        blocked: Counter[str] = Counter()
        remedy: Counter[str] = Counter()
        for part in parts:
            blocked[part.obstacle] += part.missing_count
            remedy[part.remedy] += part.missing_count
        lines.append(
            {
                "name": name,
                "seat": seat,
                "first_on": min(part.first_on for part in parts),
                "missing_count": sum(part.missing_count for part in parts),
                "days_count": sum(part.days_count for part in parts),
                "obstacle": blocked.most_common(1)[0][0],
                "remedy": remedy.most_common(1)[0][0],
            }
        )
    return tuple(lines)


def freeze_vacancies(session: Session, standing: Standing, vacant: Iterable[VacantSeats], now: datetime) -> None:
    """Write the cycle's list of empty seats, once; a cycle without any gets none."""
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            line.name,
            line.seat,
            line.first_on,
            line.obstacle,
            line.funnel,
            line.remedy,
            line.days_count,
            line.missing_count,
        )
        for line in vacant
    )
    project, kind = standing.project, ListKind.VACANCY_LIST
    is_frozen = session.execute(
        select(FrozenList.id).where(
            FrozenList.project_id == project.id, FrozenList.cycle == project.cycle, FrozenList.kind == kind
        )
    ).first()
    if not rows or is_frozen:
        return
    notes = ("排班时没有人可以邀请的岗位；“怎样才能补上”是系统试算后最省力的一种办法，照办即可补上一个岗位。",)
    freeze(session, standing, kind, (_COLUMNS, rows, notes), now)
