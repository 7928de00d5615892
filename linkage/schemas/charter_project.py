"""The project itself: who keeps its records, what it aims at, when, where and for whom.

Figures from conflicting sources stand side by side as claims, each with its source and cut-off date; nothing
here merges or averages them.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import NamedTuple

from pydantic import Field

from linkage.schemas.record import AsOf, Code, Count, Day, Name, Number, Positive, Record, Text
from linkage.terms import CommunityKind, LinkageMode


class CyclePeriod(NamedTuple):
    """One turn of the lifecycle, both days included; numbers start at 1 (0 means initiation)."""

    number: int
    from_on: date
    to_on: date


class Organization(Record):
    """The organisation that owns the records: one installation serves several that never see each other."""

    code: Code = Field(description="机构代码，小写英文字母、数字、- 或 _，例如 yangguang")
    name: Name = Field(description="机构全称")
    uscc: str | None = Field(default=None, description="统一社会信用代码，18位，可不填")


class ProjectPeriod(Record):
    """The days a project runs, both included."""

    from_on: Day = Field(description="开始日期，写作 2024-07-01")
    to_on: Day = Field(description="结束日期（含当天），写作 2025-06-30")


class Beneficiaries(Record):
    """Whom the project serves, and how many of them it promises to reach."""

    description: Text = Field(description="服务对象是谁")
    population_count: Count | None = Field(default=None, description="符合条件的总人数，不清楚可不填")
    target_count: Positive = Field(description="计划服务的人数（人数，不是人次）")


class Claim(Record):
    """A figure that one source states; sources that disagree stand side by side."""

    subject: Name = Field(description="说的是什么，例如：在册党员人数")
    value: Number = Field(description="数值，按来源原样填写")
    unit: Name = Field(description="单位，例如：人、人次、户")
    source: Name = Field(description="出处，例如：社区党委花名册")
    as_of: AsOf = Field(description="截止时间，可写到年、月或日：2022、2022-05、2022-05-31")


class Project(Record):
    """The project's name, aims, period and beneficiaries."""

    code: Code = Field(description="项目代码，小写英文字母、数字、- 或 _，建立后不再改")
    name: Name = Field(description="项目名称")
    linkage_mode: LinkageMode = Field(description="联动模式")
    aims: tuple[Text, ...] = Field(min_length=1, description="项目目标，一条一行")
    period: ProjectPeriod = Field(description="项目周期")
    cycle_months: int = Field(strict=True, ge=1, le=12, description="每个服务周期几个月，例如 3 表示按季度")
    beneficiaries: Beneficiaries = Field(description="服务对象")
    claims: tuple[Claim, ...] = Field(default=(), description="各来源给出的数字，口径不一致时并列，不合并")


class Area(Record):
    """A part of a community that people name: a drum tower, an estate, a grid."""

    code: Code = Field(description="片区代码")
    name: Name = Field(description="片区名称，例如：鼓楼、小区、网格")


class Community(Record):
    """A place the project works in; the committee that acts for it is a party."""

    code: Code = Field(description="社区（村）代码")
    name: Name = Field(description="社区（村）名称")
    kind: CommunityKind = Field(description="村或城市社区")
    population_count: Count | None = Field(default=None, description="人口数")
    households_count: Count | None = Field(default=None, description="户数")
    areas: tuple[Area, ...] = Field(default=(), description="片区：鼓楼、小区、网格等")


def cycle_periods(from_on: date, to_on: date, cycle_months: int) -> tuple[CyclePeriod, ...]:
    """Cut a project's days into cycles of whole months; the last one ends with the project.

    A cycle starts on the day of the month on which the project started, or on the last day of a shorter month.
    """
    periods: list[CyclePeriod] = []
    start = from_on
    while start <= to_on:
        number = len(periods) + 1
        following = _months_later(from_on, number * cycle_months)
        periods.append(CyclePeriod(number, start, min(following - timedelta(days=1), to_on)))
        start = following
    return tuple(periods)


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
