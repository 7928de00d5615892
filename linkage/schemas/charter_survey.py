"""How survey answers become classified, located and consented needs.

Each source names its questions by key or exact title, so that a re-worded questionnaire is noticed instead of
misread. What a resident wrote freely is classified by keywords; what fits none of them waits for a person.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from linkage.schemas.record import Code, Flag, Name, Positive, Record, Reference
from linkage.terms import Channel, NeedCategory


class ConsentQuestion(Record):
    """The question by which a respondent allows use of the answers for service."""

    question: Name = Field(description="同意题的编号或题目全文")
    yes: tuple[Name, ...] = Field(min_length=1, description="哪些选项表示同意，按问卷原文")


class RespondentQuestions(Record):
    """Which question holds what is known about the respondent; each by key or exact title."""

    name: Name | None = Field(default=None, description="姓名题")
    phone: Name | None = Field(default=None, description="电话题")
    id_number: Name | None = Field(default=None, description="身份证号题")
    age: Name | None = Field(default=None, description="年龄题")
    gender: Name | None = Field(default=None, description="性别题")
    area: Name | None = Field(default=None, description="片区题")
    consent: ConsentQuestion | None = Field(default=None, description="知情同意题")


class NeedQuestion(Record):
    """A question whose answers become needs: by its options, or by keywords in free text."""

    question: Name = Field(description="题目编号或题目全文")
    quantity: Positive = Field(default=1, description="选一次算几份需求（每个周期），默认 1")
    priority: Literal[1, 2, 4, 8] = Field(default=1, description="紧急程度：1 一般，2 较需要，4 急需，8 紧急")
    options: dict[Name, NeedCategory] | None = Field(default=None, description="选项原文对应的需求类别")
    open: Flag = Field(default=False, description="是否开放题（填空）")
    keywords: dict[Name, NeedCategory] | None = Field(default=None, description="开放题里出现这些词时对应的需求类别")


class SurveySource(Record):
    """One questionnaire or visit form and how it is read."""

    source: Code = Field(description="来源代码，同一份问卷重复导入用同一个代码")
    channel: Channel = Field(description="渠道")
    title: Name = Field(description="问卷或登记表名称")
    respondent: RespondentQuestions = Field(default=RespondentQuestions(), description="填答人信息在哪些题")
    area_labels: dict[Name, Reference] = Field(default_factory=dict, description="片区选项原文对应的社区或片区代码")
    needs: tuple[NeedQuestion, ...] = Field(min_length=1, description="哪些题的回答是需求")
