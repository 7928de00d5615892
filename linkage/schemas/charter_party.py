"""The parties of a project and what the five societies offer through them.

A party is a body with roles in this project. A service item is one line of the service list: what is offered,
to whom, when, where, by how many people, with which risks (条例 art. 12 asks that recruitment states them).
"""

from __future__ import annotations

from pydantic import Field

from linkage.schemas.record import (
    Age,
    ClockTime,
    Code,
    Count,
    Day,
    DayOfMonth,
    Flag,
    Name,
    Positive,
    Record,
    Reference,
    Text,
    Weekday,
)
from linkage.terms import NeedCategory, PartyKind, PartyRole, ServiceMethod, Society


class Contact(Record):
    """How a party is reached: a tag of the channel configuration, never an address or a number."""

    tag: Code = Field(description="通知渠道标签，对应渠道配置里的 tag；这里不写电话和邮箱")
    name: Name | None = Field(default=None, description="联系岗位，例如：项目主管（不写个人电话）")


class Party(Record):
    """A body that takes part; what it does here are its roles."""

    code: Code = Field(description="参与方代码")
    name: Name = Field(description="参与方全称")
    kind: PartyKind = Field(description="单位性质")
    society: Society | None = Field(default=None, description="属于五社中的哪一社；购买方、监督单位、评估机构不填")
    roles: tuple[PartyRole, ...] = Field(min_length=1, description="在本项目中的角色，可以有几个")
    contact: Contact | None = Field(default=None, description="怎样通知到它")


class Eligibility(Record):
    """Who may receive a service."""

    min_age: Age | None = Field(default=None, description="最小年龄（含）")
    max_age: Age | None = Field(default=None, description="最大年龄（含）")
    consent: Flag = Field(default=True, description="是否必须有本人（或监护人）同意，默认 true")


class Schedule(Record):
    """When a service takes place; exactly one way of repeating is given."""

    weekdays: tuple[Weekday, ...] | None = Field(
        default=None, min_length=1, description="每周星期几，1＝星期一 … 7＝星期日，例如 [1, 3, 5]"
    )
    times_per_week: int | None = Field(default=None, strict=True, ge=1, le=7, description="每周几次，日子由排班定")
    day_of_month: DayOfMonth | None = Field(default=None, description="每月几号，1—28，例如每月9日写 9")
    every_n_days: int | None = Field(
        default=None, strict=True, ge=1, le=366, description="每隔几天一次，从周期第一天算起"
    )
    on_dates: tuple[Day, ...] | None = Field(default=None, min_length=1, description="指定日期，例如节庆活动")
    start: ClockTime = Field(description='开始时间，写作 "10:30"')
    duration_minutes: int = Field(strict=True, ge=1, le=24 * 60, description="一次多少分钟")
    places: Positive | None = Field(default=None, description="志愿者名额上限，不填则按人员配置")


RECURRENCES = ("weekdays", "times_per_week", "day_of_month", "every_n_days", "on_dates")
"""The fields of a schedule of which exactly one is given."""


class CrewNeed(Record):
    """How many people with one skill a session needs."""

    skill: Name | None = Field(default=None, description="需要的技能，不限技能可不填")
    min: Count = Field(description="最少几人，少于此数不能开展")
    target: Positive = Field(description="最好几人")


class ServiceItem(Record):
    """One line of the service list: what one of the five societies offers."""

    code: Code = Field(description="服务项目代码")
    name: Name = Field(description="服务项目名称")
    party: Reference = Field(description="由谁提供，填参与方代码")
    society: Society = Field(description="来自五社中的哪一社")
    category: NeedCategory = Field(description="回应哪一类需求")
    method: ServiceMethod = Field(description="服务方式")
    contract_unit: Reference | None = Field(default=None, description="计入哪个合同单元，填代码；不计入合同的不填")
    areas: tuple[Reference, ...] = Field(default=(), description="覆盖的社区或片区代码；空表示全部")
    capacity_per_cycle: Positive = Field(description="每个周期能满足多少份需求")
    capacity_each: Positive = Field(description="每次能服务多少人")
    eligibility: Eligibility = Field(default=Eligibility(), description="服务条件")
    schedule: Schedule | None = Field(default=None, description="什么时候开展；物资、资金、场地等不排班的可不填")
    crew: tuple[CrewNeed, ...] = Field(default=(), description="每次需要的志愿者")
    needs_lead: Flag = Field(default=False, description="是否需要一名负责人带队")
    place: Name = Field(description="地点")
    content: Text = Field(description="服务内容，写给志愿者和居民看")
    risks: Text = Field(description="可能的风险和防护，招募时如实告知（志愿服务条例第十二条）")
