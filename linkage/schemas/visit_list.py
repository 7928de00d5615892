"""A list of household visits as a file: where a visitor was, who went along, what the household needs.

The file is one a person writes after a round of visits; every mistake of it is told at once. What the charter knows
(places, committees) is checked where the visit is entered.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field
from stdnum.iso7064 import mod_11_2

from linkage.errors import InvalidFile, UnreadableFile
from linkage.schemas.draft import Draft
from linkage.schemas.problem import Problem, in_order
from linkage.schemas.record import Code, Day, Flag, Name, Positive, Record, Text
from linkage.schemas.validation import read_record
from linkage.schemas.yaml_source import read_yaml
from linkage.terms import NeedCategory

PHONE_PATTERN = r"^(\+86[ -]?)?(1[3-9]([ -]?\d){9}|0\d([ -]?\d){8,10})$"
IDENTITY_PATTERN = r"^\d{17}[\dX]$"


class VisitEntry(Record):
    """One household visit; without consent what identifies a person is not kept."""

    key: Annotated[str, Field(min_length=1, max_length=64)] = Field(
        description="走访编号，例如表单上的编号；同一编号就是同一次走访"
    )
    visited_on: Day = Field(description="走访日期")
    place: Code = Field(description="片区或社区代码")
    present_party: Code | None = Field(default=None, description="同行的居（村）委会，填参与方代码")
    has_consent: Flag = Field(description="是否同意留存个人信息")
    needs: dict[NeedCategory, Positive] = Field(min_length=1, description="需求类别与每期数量")
    priority: Literal[1, 2, 4, 8] = Field(default=4, description="紧急程度：1、2、4、8，8最急")
    needed_by_on: Day | None = Field(default=None, description="最迟日期")
    name: Name | None = Field(default=None, description="姓名")
    phone: str | None = Field(default=None, pattern=PHONE_PATTERN, description="联系电话，加引号")
    id_number: str | None = Field(default=None, pattern=IDENTITY_PATTERN, description="身份证号，加引号")
    birth_year: int | None = Field(default=None, strict=True, ge=1900, le=2100, description="出生年份")
    gender: Literal["男", "女"] | None = Field(default=None, description="性别")
    note: Text | None = Field(default=None, description="走访记录；密封保存，不发给任何一方")


class VisitList(Record):
    """The file."""

    visits: tuple[VisitEntry, ...] = Field(min_length=1, description="走访名单")


def check_visits(text: str | bytes) -> tuple[VisitList | None, tuple[Problem, ...]]:
    """Read a list and tell every problem, sorted by line."""
    read = read_yaml(text)
    if read.value is not None and not isinstance(read.value, dict):
        return None, (Problem(1, "", "this is no list of visits: it must begin with 'visits:' and entries"),)
    listed, draft = read_record(read, VisitList)
    if listed is not None:
        _check_entries(listed, draft)
    problems = in_order(draft.problems)
    return (None if problems else listed), problems


def _check_entries(listed: VisitList, draft: Draft) -> None:
    """Refuse two visits of one number, and identity numbers whose check digit is wrong (GB 11643-1999)."""
    first: dict[str, int] = {}
    for number, entry in enumerate(listed.visits):
        earlier = first.setdefault(entry.key, number)
        if earlier != number:
            line = draft.source.line(("visits", earlier, "key"))
            draft.tell(("visits", number, "key"), f"'{entry.key}' stands on line {line} too; give each visit its own")
        if entry.id_number is not None and not mod_11_2.is_valid(entry.id_number):
            draft.tell(("visits", number, "id_number"), "the check digit is wrong; read the number off the card again")


def load_visits(path: Path) -> tuple[VisitEntry, ...]:
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
    listed, problems = check_visits(content)
    if listed is None:
        raise InvalidFile(f"{path} has {len(problems)} mistakes; nothing was entered", [str(one) for one in problems])
    return listed.visits
