"""The four lists of a cycle, frozen: needs, services, responsibilities, gaps.

Each is a `ListContext` as it stood when matching was concluded, in counts, so that it can be posted and handed
over: no row names a resident. A list that exists is never written again.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from linkage.db.tables import Area, Community, Gap, Match, MatchRun, Need, Party, ServiceItem
from linkage.schemas.document import Cell, ColumnFormat, ListColumn
from linkage.stages.frozen_lists import ListPart, freeze
from linkage.stages.standing import Standing
from linkage.terms import GapCause, GapChange, ListKind, MatchState, NeedCategory, NeedState

_COUNT = ColumnFormat.COUNT


def freeze_lists(session: Session, standing: Standing, run: MatchRun, now: datetime) -> None:
    """Write the four lists of the cycle."""
    for kind, part in {
        ListKind.NEEDS_LIST: _needs(session, run),
        ListKind.SERVICE_LIST: _services(session, standing, run),
        ListKind.RESPONSIBILITY_LIST: _responsibilities(session, standing, run),
        ListKind.GAP_LIST: _gaps(session, run),
    }.items():
        freeze(session, standing, kind, part, now)


def _columns(*labels: str, counts: int = 0) -> tuple[ListColumn, ...]:
    """Name the columns; the last `counts` of them hold counts."""
    texts = len(labels) - counts
    return tuple(
        ListColumn(label=label, format=_COUNT, width=2) if number >= texts else ListColumn(label=label)
        for number, label in enumerate(labels)
    )


def _needs(session: Session, run: MatchRun) -> ListPart:
    rows = session.execute(
        select(
            Community.name,
            Area.name,
            Need.category,
            func.count(Need.id),
            func.sum(Need.quantity),
            func.max(Need.priority),
            func.min(Need.asked_on),
        )
        .join(Community, Community.id == Need.community_id)
        .outerjoin(Area, Area.id == Need.area_id)
        .where(Need.project_id == run.project_id, Need.cycle == run.cycle, Need.state != NeedState.WITHDRAWN)
        .group_by(Community.name, Area.name, Need.category)
        .order_by(Community.name, Area.name, Need.category)
    )
    columns = _columns("社区", "片区", "需求类别", "最早提出", "最高紧急程度", "需求（条）", "份数", counts=3)
    lines = [
        (community, area or "未注明", category.label, earliest.isoformat(), highest, count, int(total))
        for community, area, category, count, total, highest, earliest in rows
    ]
    return columns, lines, ("需求以条计，一人可提出几条，不等于人数。",)


def _accepted(session: Session, run: MatchRun) -> dict[int, tuple[int, int]]:
    rows = session.execute(
        select(Match.service_item_id, func.count(Match.id), func.sum(Match.quantity))
        .where(Match.match_run_id == run.id, Match.state == MatchState.ACCEPTED)
        .group_by(Match.service_item_id)
    )
    return {item: (count, int(total)) for item, count, total in rows}


def _services(session: Session, standing: Standing, run: MatchRun) -> ListPart:
    accepted = _accepted(session, run)
    rows = session.execute(
        select(ServiceItem, Party.name)
        .join(Party, Party.id == ServiceItem.party_id)
        .where(ServiceItem.project_id == run.project_id)
        .order_by(ServiceItem.id)
    )
    columns = _columns("服务", "提供方", "五社", "类别", "方式", "地点", "容量", "承接（条）", "余量", counts=3)
    lines = []
    for item, party in rows:
        count, total = accepted.get(item.id, (0, 0))
        place = standing.charter.service_item(item.code).place
        capacity = item.capacity_per_cycle
        words = (item.name, party, item.society.label, item.category.label, item.method.label, place)
        lines.append((*words, capacity, count, capacity - total))
    return columns, lines, ()


def _responsibilities(session: Session, standing: Standing, run: MatchRun) -> ListPart:
    names = {party.code: party.name for party in standing.charter.parties}
    lines: list[tuple[Cell, ...]] = [
        (names[duty.party], duty.duty, duty.detail, duty.due_on.isoformat() if duty.due_on else "长期")
        for duty in standing.charter.responsibilities
    ]
    accepted = _accepted(session, run)
    rows = session.execute(
        select(ServiceItem.id, ServiceItem.name, Party.name)
        .join(Party, Party.id == ServiceItem.party_id)
        .where(ServiceItem.id.in_(accepted))
        .order_by(Party.name, ServiceItem.id)
    )
    due = standing.cycle.to_on.isoformat()
    lines += [
        (party, f"承接：{name}", f"{accepted[item][0]} 条需求，共 {accepted[item][1]} 份", due)
        for item, name, party in rows
    ]
    return _columns("责任方", "责任事项", "内容", "期限"), lines, ()


def _gaps(session: Session, run: MatchRun) -> ListPart:
    rows = session.execute(
        select(Community.name, Need.category, Gap.cause, Gap.quantity, Gap.cheapest_change)
        .select_from(Gap)
        .join(Need, Need.id == Gap.need_id)
        .join(Community, Community.id == Need.community_id)
        .where(Gap.match_run_id == run.id)
        .order_by(Gap.id)
    )
    names = dict(
        session.execute(
            select(ServiceItem.code, ServiceItem.name).where(ServiceItem.project_id == run.project_id)
        ).all()
    )
    lines: dict[tuple[str, NeedCategory, GapCause, _Remedy], Counter[str]] = {}
    for community, category, cause, quantity, change in rows:
        sums = lines.setdefault((community, category, cause, _Remedy.of(change)), Counter())
        sums.update({_NEEDS: 1, _UNITS: quantity} | {part["change"]: part.get("by", 0) for part in _parts(change)})
    columns = _columns("社区", "需求类别", "原因", "怎样才能满足", "需求（条）", "份数", counts=2)
    printed = [
        (community, category.label, cause.label, remedy.text(sums, names), sums[_NEEDS], sums[_UNITS])
        for (community, category, cause, remedy), sums in lines.items()
    ]
    return columns, sorted(printed), ("缺口转入下一期继续匹配；提出时间不变。",)


_NEEDS, _UNITS = "needs", "units"


def _parts(change: dict[str, Any] | None) -> list[dict[str, Any]]:
    return [] if change is None else [change, *change.get("with", ())]


class _Remedy(NamedTuple):
    """What would meet a need: changes that go together, at a service where one is named."""

    changes: tuple[str, ...]
    service_item: str | None

    @classmethod
    def of(cls, change: dict[str, Any] | None) -> _Remedy:
        """Read it from a gap."""
        return cls(tuple(part["change"] for part in _parts(change)), (change or {}).get("service_item"))

    def text(self, sums: Counter[str], names: dict[str, str]) -> str:
        """Word it, with what all needs of the line ask together."""
        words = "，".join(
            GapChange.of(change).label + (f"{sums[change]}份" if sums[change] else "") for change in self.changes
        )
        return words if self.service_item is None else f"{words}（{names[self.service_item]}）"
