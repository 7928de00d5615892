"""What was promised and what it is paid for: contract units, duties, budget, tranches, assessment scheme.

Money is written in yuan and computed in integer fen; the tranche amounts always sum to the budget's total.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from pydantic import Field

from linkage.schemas.record import Code, Count, Day, Name, Percent, Positive, Record, Reference, Text, Yuan, to_fen
from linkage.terms import AssessmentPhase, GateKind, ServiceMethod, UnitBasis, UnitCount, UnitMeasure


class UnitMinimum(Record):
    """What one unit must reach to count, such as six sessions for a group."""

    measure: UnitMeasure = Field(description="量什么")
    at_least: Positive = Field(description="至少多少")
    basis: UnitBasis = Field(default=UnitBasis.EACH, description="每个单元都要达到，还是平均达到")


class ContractUnit(Record):
    """A count owed by contract together with the minimum that makes each unit count."""

    code: Code = Field(description="合同单元代码")
    name: Name = Field(description="合同单元名称，按合同写")
    method: ServiceMethod | None = Field(default=None, description="服务方式；不填表示统计全项目所有服务")
    target_count: Positive = Field(description="合同约定的数量")
    unit: Name = Field(description="计量单位，例如：餐、场、人次")
    counts: UnitCount = Field(description="数什么")
    per_unit: tuple[UnitMinimum, ...] = Field(default=(), description="每个单元的最低要求，达不到的不计数并写明原因")


class Duty(Record):
    """One line of the responsibility list."""

    code: Code = Field(description="责任条目代码")
    duty: Name = Field(description="责任事项")
    party: Reference = Field(description="由谁负责，填参与方代码")
    detail: Text = Field(description="具体做什么、做到什么程度")
    due_on: Day | None = Field(default=None, description="完成期限，长期责任可不填")


class BudgetLine(Record):
    """One line of the budget."""

    code: Code = Field(description="预算科目代码")
    name: Name = Field(description="预算科目名称")
    amount_yuan: Yuan = Field(description='金额（元），最多两位小数，例如 "12000.00"')
    note: Text | None = Field(default=None, description="测算说明")

    @property
    def amount_fen(self) -> int:
        """The amount in fen."""
        return to_fen(self.amount_yuan)


class Budget(Record):
    """The project's money; its lines sum to its total."""

    total_yuan: Yuan = Field(gt=0, description='总金额（元），例如 "180000.00"，等于各科目之和')
    lines: tuple[BudgetLine, ...] = Field(min_length=1, description="预算科目")

    @property
    def total_fen(self) -> int:
        """The total in fen."""
        return to_fen(self.total_yuan)


class Tranche(Record):
    """A planned part of the money with the gates that hold it."""

    code: Code = Field(description="拨付批次代码")
    name: Name = Field(description="拨付批次名称，例如：首期款")
    ratio_percent: Percent = Field(description="占总金额的百分比，各批次合计 100")
    cycle: Count = Field(description="第几个周期结束后拨付，0 表示立项时")
    gates: tuple[GateKind, ...] = Field(min_length=1, description="拨付条件")
    documents: tuple[Name, ...] = Field(default=(), description="需要移交的材料名称")
    assessment: AssessmentPhase = Field(default=AssessmentPhase.NONE, description="对应哪次评估")


class AssessmentPlan(Record):
    """Which assessment scheme scores the project."""

    scheme: Reference = Field(description="评估方案代码，对应 config/rubrics 里的文件")


def split_fen(total_fen: int, percents: Sequence[Decimal]) -> tuple[int, ...]:
    """Split money by percentages without losing a fen (largest remainder; ties go to the earlier part).

    Parameters
    ----------
    total_fen
        The sum to split, in fen.
    percents
        Shares that sum to 100.
    """
    exact = [percent * total_fen / 100 for percent in percents]
    amounts = [int(amount) for amount in exact]
    by_remainder = sorted(range(len(exact)), key=lambda index: (amounts[index] - exact[index], index))
    for index in by_remainder[: total_fen - sum(amounts)]:
        amounts[index] += 1
    return tuple(amounts)
