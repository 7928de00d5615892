"""A list of volunteers as a file: who joins, with which skills and when they can serve.

The file is one a person writes; every mistake of it is told at once. It is read here and entered elsewhere.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field

from linkage.errors import InvalidFile, UnreadableFile
from linkage.schemas.problem import Problem, in_order
from linkage.schemas.record import ClockTime, Code, Count, Flag, Name, Record, Weekday
from linkage.schemas.validation import read_record
from linkage.schemas.yaml_source import read_yaml


class Availability(Record):
    """A span of one weekday in which somebody can serve."""

    weekday: Weekday = Field(description="星期几，1＝星期一 … 7＝星期日")
    start: ClockTime = Field(description='从几点，写作 "09:00"')
    end: ClockTime = Field(description='到几点，写作 "11:30"')


class VolunteerEntry(Record):
    """One volunteer (order 67 art. 5 asks for the basics; what is not needed here is not asked)."""

    name: Name = Field(description="姓名")
    code: str | None = Field(default=None, pattern=r"^V\d{4,}$", description="编号，例如 V0001；不填则自动编号")
    phone: str | None = Field(default=None, pattern=r"^\+?[\d -]{5,20}$", description="联系电话，加引号")
    skills: tuple[Name, ...] = Field(default=(), description="技能，与服务清单里的写法一致")
    availability: tuple[Availability, ...] = Field(default=(), description="什么时候能来；不填表示随时")
    is_lead: Flag = Field(default=False, description="能否带队")
    party_code: Code | None = Field(default=None, description="属于哪个志愿服务组织，填参与方代码")
    birth_year: int | None = Field(default=None, strict=True, ge=1900, le=2100, description="出生年份")
    gender: Literal["男", "女"] | None = Field(default=None, description="性别")
    pledge_minutes_per_month: Count | None = Field(default=None, description="每月承诺分钟数，不填按章程")
    max_minutes_per_month: Count | None = Field(default=None, description="每月最多分钟数，不填按系统设置")
    joined_on: date | None = Field(default=None, description="加入日期，不填为登记当天")

    def windows(self) -> tuple[tuple[int, int, int], ...]:
        """Return the spans as (weekday, from minute, to minute)."""
        return tuple((one.weekday, _minute(one.start), _minute(one.end)) for one in self.availability)


class VolunteerList(Record):
    """The file."""

    volunteers: tuple[VolunteerEntry, ...] = Field(min_length=1, description="志愿者名单")


def _minute(clock: object) -> int:
    hour, minute = str(clock).split(":")[:2]
    return int(hour) * 60 + int(minute)


def check_volunteers(text: str | bytes) -> tuple[VolunteerList | None, tuple[Problem, ...]]:
    """Read a list and tell every problem, sorted by line."""
    read = read_yaml(text)
    if read.value is not None and not isinstance(read.value, dict):
        return None, (Problem(1, "", "this is no list of volunteers: it must begin with 'volunteers:' and entries"),)
    listed, draft = read_record(read, VolunteerList)
    if listed is not None:
        for number, entry in enumerate(listed.volunteers):
            for place, (_, start, end) in enumerate(entry.windows()):
                if start >= end:
                    message = "the span ends before it begins; write start before end, over midnight as two spans"
                    draft.tell(("volunteers", number, "availability", place), message)
    problems = in_order(draft.problems)
    return (None if problems else listed), problems


def load_volunteers(path: Path) -> tuple[VolunteerEntry, ...]:
    """Read a sound list from a file.

    Raises
    ------
    UnreadableFile
        The file does not exist or may not be read.
    InvalidFile
        With one reason for each mistake.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror}; check the path") from error
    listed, problems = check_volunteers(content)
    if listed is None:
        raise InvalidFile(f"{path} has {len(problems)} mistakes; nothing was entered", [str(one) for one in problems])
    return listed.volunteers
