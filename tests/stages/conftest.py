"""An installation on SQLite with one adopted project, and builders for what people hand in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage.db.audit import act
from linkage.db.base import Owned
from linkage.db.tables import Message, Party, Person, Project
from linkage.db.work import Work
from linkage.schemas.charter import Charter
from linkage.schemas.survey import Answer, Question, QuestionKind, SurveyFile, SurveyFormat, Value
from linkage.settings import load_settings
from linkage.stages import initiation
from linkage.stages.standing import standing_of
from linkage.stages.steps import Due, StageModule
from linkage.terms import Stage

NOW = datetime(2024, 7, 1, 1, 0, tzinfo=UTC)
Outcome = TypeVar("Outcome")
Row = TypeVar("Row", bound=Owned)

CHARTER: dict[str, Any] = {
    "charter": 1,
    "organization": {"code": "sunshine", "name": "阳光社会工作服务中心"},
    "project": {
        "code": "elder-care",
        "name": "邻里互助为老服务项目",
        "linkage_mode": "social_work_led",
        "aims": ["老人有饭吃、有人陪"],
        "period": {"from_on": "2024-07-01", "to_on": "2024-12-31"},
        "cycle_months": 3,
        "beneficiaries": {"description": "60岁以上老人", "target_count": 20},
        "claims": [
            {"subject": "在册党员人数", "value": 456, "unit": "人", "source": "社区党委介绍", "as_of": "2023"},
            {"subject": "在册党员人数", "value": 465, "unit": "人", "source": "党员花名册", "as_of": "2023"},
            {"subject": "60岁以上老人", "value": 306, "unit": "人", "source": "老年人名册", "as_of": "2024"},
        ],
    },
    "communities": [
        {
            "code": "east",
            "name": "东社区",
            "kind": "urban",
            "areas": [{"code": "east-1", "name": "一号院"}, {"code": "east-2", "name": "二号院"}],
        },
        {"code": "west", "name": "西社区", "kind": "urban", "areas": [{"code": "west-1", "name": "花园里"}]},
    ],
    "parties": [
        {"code": "street", "name": "街道办事处", "kind": "government", "roles": ["purchaser"]},
        {
            "code": "centre",
            "name": "阳光社会工作服务中心",
            "kind": "social_organization",
            "society": "social_organization",
            "roles": ["provider"],
        },
        {
            "code": "committee-east",
            "name": "东社区居委会",
            "kind": "community",
            "society": "community",
            "roles": ["community"],
        },
        {
            "code": "committee-west",
            "name": "西社区居委会",
            "kind": "community",
            "society": "community",
            "roles": ["community"],
        },
        {
            "code": "team",
            "name": "邻里志愿服务队",
            "kind": "volunteer_team",
            "society": "volunteer",
            "roles": ["volunteer_organization"],
        },
        {
            "code": "shop",
            "name": "便民超市",
            "kind": "merchant",
            "society": "charitable_resource",
            "roles": ["resource_giver"],
        },
        {"code": "assessor", "name": "评估中心", "kind": "assessment_body", "roles": ["assessor"]},
    ],
    "services": [
        {
            "code": "lunch",
            "name": "助餐点午餐",
            "party": "centre",
            "society": "social_organization",
            "category": "meal",
            "method": "meal",
            "contract_unit": "meals",
            "capacity_per_cycle": 2,
            "capacity_each": 2,
            "eligibility": {"min_age": 60},
            "schedule": {"weekdays": [1, 2, 3, 4, 5], "start": "11:00", "duration_minutes": 120},
            "crew": [{"skill": "做饭", "min": 1, "target": 1}, {"min": 1, "target": 2}],
            "place": "助餐点",
            "content": "两荤一素",
            "risks": "烫伤；上岗前培训",
        },
        {
            "code": "escort",
            "name": "陪同就医",
            "party": "team",
            "society": "volunteer",
            "category": "escort",
            "method": "case_work",
            "areas": ["east"],
            "capacity_per_cycle": 10,
            "capacity_each": 1,
            "schedule": {"weekdays": [5], "start": "08:30", "duration_minutes": 180},
            "crew": [{"min": 1, "target": 1}],
            "place": "社区医院",
            "content": "陪诊取药",
            "risks": "途中不适；告知家属",
        },
        {
            "code": "goods",
            "name": "爱心米油",
            "party": "shop",
            "society": "charitable_resource",
            "category": "goods",
            "method": "community_activity",
            "capacity_per_cycle": 5,
            "capacity_each": 5,
            "place": "便民超市",
            "content": "每期五份米油",
            "risks": "注意保质期",
        },
    ],
    "contract_units": [
        {"code": "meals", "name": "助餐", "method": "meal", "target_count": 200, "unit": "餐", "counts": "meals"},
    ],
    "responsibilities": [
        {"code": "survey", "duty": "需求调查", "party": "centre", "detail": "每期一次"},
        {"code": "venue", "duty": "提供场地", "party": "committee-east", "detail": "工作日开放活动室"},
    ],
    "budget": {"total_yuan": "60000.00", "lines": [{"code": "all", "name": "服务费", "amount_yuan": "60000.00"}]},
    "tranches": [
        {"code": "first", "name": "首期款", "ratio_percent": 50, "cycle": 0, "gates": ["approval"]},
        {
            "code": "last",
            "name": "尾款",
            "ratio_percent": 50,
            "cycle": 2,
            "gates": ["result", "documents", "approval"],
            "documents": ["末期报告"],
            "assessment": "final",
        },
    ],
    "assessment": {"scheme": "example"},
    "reporting": {
        "community_summary": {"weekday": 1, "hour": 9},
        "progress_report": {"due_days": 10},
        "final_report": {"due_days": 30},
    },
    "consents": [{"purpose": "service", "version": "2024-1", "text": "只用于为您安排服务"}],
    "volunteers": {"answer_within_hours": 48},
    "survey": [
        {
            "source": "paper",
            "channel": "questionnaire",
            "title": "需求问卷",
            "respondent": {
                "name": "姓名",
                "phone": "电话",
                "age": "年龄",
                "area": "片区",
                "consent": {"question": "同意", "yes": ["是"]},
            },
            "area_labels": {"东一": "east-1", "东二": "east-2"},
            "needs": [
                {
                    "question": "需要什么",
                    "priority": 2,
                    "options": {"午餐": "meal", "陪诊": "escort", "米油": "goods", "法律": "legal"},
                },
                {"question": "最急需", "priority": 8, "options": {"没人做饭": "meal"}},
                {"question": "其他", "open": True, "keywords": {"看病": "escort", "送饭": "meal"}},
            ],
        },
        {
            "source": "visits",
            "channel": "home_visit",
            "title": "入户走访",
            "needs": [{"question": "需求", "options": {"午餐": "meal"}}],
        },
    ],
}
"""A small charter: two communities, three services of three societies, two cycles of three months."""

QUESTIONS = (
    Question(key="1", title="姓名", kind=QuestionKind.OPEN),
    Question(key="2", title="电话", kind=QuestionKind.OPEN),
    Question(key="3", title="年龄", kind=QuestionKind.NUMBER),
    Question(key="4", title="片区", kind=QuestionKind.SINGLE, options=("东一", "东二", "花园里")),
    Question(key="5", title="同意", kind=QuestionKind.SINGLE, options=("是", "否")),
    Question(key="6", title="需要什么", kind=QuestionKind.MULTI, options=("午餐", "陪诊", "米油", "法律")),
    Question(key="7", title="最急需", kind=QuestionKind.MULTI, options=("没人做饭",)),
    Question(key="8", title="其他", kind=QuestionKind.OPEN),
)


def build_charter(**changed: Any) -> Charter:
    """Build the small charter, with whole sections replaced."""
    return Charter.model_validate(deepcopy(CHARTER) | changed)


def build_answer(number: int, needs: tuple[str, ...] = ("午餐",), **changed: Value) -> Answer:
    """Build what one resident answered; `changed` sets questions by key, such as `q3=72`."""
    values: dict[str, Value] = {
        "1": f"居民{number}",
        "2": f"138{number:08d}",
        "3": 70,
        "4": "东一",
        "5": "是",
        "6": needs,
        "7": None,
        "8": None,
    }
    values |= {key.removeprefix("q"): value for key, value in changed.items()}
    raw = {question.title: "" if values[question.key] is None else str(values[question.key]) for question in QUESTIONS}
    return Answer(respondent=f"k{number}", values=values, submitted_at=NOW, raw=raw, row=number + 1)


def build_file(*answers: Answer) -> SurveyFile:
    """Build a survey export as the readers return it."""
    header = tuple(question.title for question in QUESTIONS)
    return SurveyFile(SurveyFormat.WENJUANXING_TEXT, header, QUESTIONS, answers)


@dataclass(frozen=True)
class Adopted:
    """A project of the small charter, and the organisation that owns it."""

    work: Work
    organization_id: int
    project_id: int

    def run(self, use_case: Callable[[Session], Outcome], now: datetime = NOW) -> Outcome:
        """Run one use case in a transaction of its own."""
        with self.work.begin(self.organization_id, now=now) as session:
            return use_case(session)

    def look(self, query: Callable[[Session], Outcome]) -> Outcome:
        """Read in a session that cannot write."""
        with self.work.read(self.organization_id) as session:
            return query(session)

    def all(self, table: type[Row], **wanted: Any) -> list[Row]:
        """Return the rows of a table that have these values, by id."""
        with self.work.read(self.organization_id) as session:
            rows = session.execute(select(table).filter_by(**wanted).order_by(table.id)).scalars()
            return list(rows)

    @property
    def due(self) -> Due:
        """The work of the stage the project stands at."""
        with self.work.read(self.organization_id) as session:
            project = session.get_one(Project, self.project_id)
            return Due(self.organization_id, self.project_id, project.stage, project.version)

    def step(self, stage: StageModule, now: datetime = NOW) -> dict[str, int]:
        """Run the steps of one stage without moving on; return what they counted."""
        summary: dict[str, int] = {}
        for step in stage.STEPS:
            summary |= step.run(self.work, self.due, now).summary
        return summary

    def shut(self, stage: StageModule, now: datetime = NOW) -> list[str]:
        """Return the codes of the conditions that keep the project in a stage."""
        with self.work.read(self.organization_id) as session:
            standing = standing_of(session, self.project_id)
            return [one.code for one in stage.conditions(session, standing, now) if not one.is_open]

    def enter(self, stage: Stage, now: datetime = NOW) -> None:
        """Put the project at a stage, as if all before it had been done."""
        with self.work.begin(self.organization_id, now=now) as session:
            project = session.get_one(Project, self.project_id)
            project.stage, project.version, project.stage_entered_at = stage, project.version + 1, now
            act(session, "test.entered", project_id=project.id)

    def messages(self, kind: str) -> list[tuple[str, str]]:
        """Return who was told something, by party or person code, and the body of each notice."""
        with self.work.read(self.organization_id) as session:
            rows = session.execute(select(Message).where(Message.kind == kind).order_by(Message.id)).scalars()
            return [(self._recipient(session, row), row.body or "") for row in rows]

    @staticmethod
    def _recipient(session: Session, message: Message) -> str:
        if message.party_id is not None:
            return session.get_one(Party, message.party_id).code
        return session.get_one(Person, message.person_id).code


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Work]:
    """Open a fresh installation on SQLite."""
    settings = load_settings({"LINKAGE_MODE": "inline"}, data_folder=tmp_path / "data")
    opened = Work.open(settings, now=lambda: NOW)
    yield opened
    opened.close()


@pytest.fixture
def adopt(work: Work) -> Callable[..., Adopted]:
    """Return a builder that adopts the small charter with whole sections replaced."""

    def build(**changed: Any) -> Adopted:
        organization_id = work.organization("sunshine", "阳光社会工作服务中心")
        with work.begin(organization_id, now=NOW) as session:
            project_id = initiation.adopt(session, build_charter(**changed), NOW)
        return Adopted(work, organization_id, project_id)

    return build


@pytest.fixture
def adopted(adopt: Callable[..., Adopted]) -> Adopted:
    """Adopt the small charter as it is."""
    return adopt()


@pytest.fixture
def an_answer() -> Callable[..., Answer]:
    """Return a builder of what one resident answered."""
    return build_answer


@pytest.fixture
def a_file() -> Callable[..., SurveyFile]:
    """Return a builder of a survey export."""
    return build_file


@pytest.fixture
def charter_sections() -> dict[str, Any]:
    """Return a copy of the small charter's sections, to change before adopting."""
    return deepcopy(CHARTER)
