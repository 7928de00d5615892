"""What recurs beside the services: summaries and reports, consent texts, volunteers' terms, simulation hints.

Simulation hints are plausible inputs (take-up, attendance, mood); the totals that follow from them are never
written here.
"""

from __future__ import annotations

from pydantic import Field

from linkage.schemas.record import Age, Count, DayOfMonth, Name, Positive, Ratio, Record, Reference, Text, Weekday
from linkage.terms import ConsentPurpose


class SummaryRule(Record):
    """When the communities' summary goes out: on a day of the week or of the month."""

    weekday: Weekday | None = Field(default=None, description="每周星期几，1＝星期一；与 day_of_month 二选一")
    day_of_month: DayOfMonth | None = Field(default=None, description="每月几号，1—28；与 weekday 二选一")
    hour: int = Field(strict=True, ge=0, le=23, description="几点发送，0—23（北京时间）")


class ReportRule(Record):
    """How many days after its period ends a report is due."""

    due_days: int = Field(strict=True, ge=0, le=180, description="周期结束后多少天内提交")


class Reporting(Record):
    """The reporting calendar."""

    community_summary: SummaryRule = Field(description="给社区的定期简报")
    progress_report: ReportRule = Field(description="每个周期给购买方的阶段报告")
    final_report: ReportRule = Field(description="项目结束后的末期报告")


class ConsentText(Record):
    """The words a person agrees to, for one purpose; a changed text is a new version and asks again (PIPL 14)."""

    purpose: ConsentPurpose = Field(description="用途，一个用途一份同意")
    version: Name = Field(description='版本，例如 "2024-1"；文字改动要换版本并重新征得同意')
    text: Text = Field(description="给本人看的告知文字")


class VolunteerTerms(Record):
    """What volunteers agree to; a pledge is voluntary and carries no penalty."""

    pledge_minutes_per_month: Count = Field(default=0, description="每月承诺服务分钟数，3 小时写 180；没有承诺写 0")
    answer_within_hours: int = Field(strict=True, ge=1, le=720, description="收到排班邀请后几小时内答复")
    agreement_text: Text | None = Field(default=None, description="志愿服务协议文字（服务超过一个月应签书面协议）")


class AgeBand(Record):
    """How many simulated residents are of an age."""

    min_age: Age = Field(description="最小年龄（含）")
    max_age: Age = Field(description="最大年龄（含）")
    population_count: Count = Field(description="这一年龄段的人数")


class Simulation(Record):
    """Hints for a demonstration: plausible rates, never results."""

    population: tuple[AgeBand, ...] = Field(min_length=1, description="各年龄段人数")
    answer_ratio: Ratio = Field(default=0.5, description="愿意填调查的比例")
    volunteers_count: Positive = Field(default=30, description="可招募的志愿者人数")
    volunteer_skills: dict[Name, Ratio] = Field(default_factory=dict, description="志愿者具备各技能的比例")
    acceptance_ratio: Ratio = Field(default=0.8, description="收到邀请后接受的比例")
    attendance_ratio: Ratio = Field(default=0.9, description="到场比例（服务名额实际用上的比例）")
    take_up: dict[Reference, Ratio] = Field(default_factory=dict, description="个别服务的到场比例，服务代码对应比例")
    satisfaction: dict[Name, Ratio] = Field(
        default_factory=lambda: {"5": 0.8, "4": 0.17, "3": 0.03}, description="满意度打分分布：1—5 分各占多少，合计 1"
    )
