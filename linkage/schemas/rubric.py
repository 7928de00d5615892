"""The assessment rubric: a scheme as configuration, with its raters, weights, indicators, steps and bands.

Every number of a scheme differs from city to city and stands in the file. The scheme says where it comes from
(`origin`) and, where that is not a text somebody read, how it must be labelled; this software claims conformance
with no standard through it. Scoring happens in `linkage.rules`; here stand the shape and the reading of a band.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from linkage.schemas.record import Code, Flag, Name, Percent, Record, Text, no_flag
from linkage.terms import AssessedFigure, RaterKind, RoundingMode

Points = Annotated[
    Decimal,
    BeforeValidator(no_flag),
    Field(ge=0, le=1000, decimal_places=2),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1000}),
]
"""Points of a scale; decimals, because 89.5 must stay 89.5."""

Threshold = Annotated[
    Decimal,
    BeforeValidator(no_flag),
    Field(ge=0, le=1_000_000_000, decimal_places=6),
    WithJsonSchema({"type": "number", "minimum": 0}),
]


class Rounding(Record):
    """What happens to a score such as 89.5 before a band is read."""

    mode: RoundingMode = Field(description="取整方式；总分落在两档之间（如 89.5）时按此处理")
    places: int = Field(strict=True, ge=0, le=2, description="保留几位小数")


class Band(Record):
    """A result and what it means for the money."""

    code: Code = Field(description="等次代码")
    label: Name = Field(description="等次名称，例如：合格")
    at_least: Points = Field(description="取整后的总分不低于")
    passes: Flag = Field(description="是否算通过")
    pays: Flag = Field(description="是否可以拨付；不拨付的要整改")
    consequence: Text | None = Field(default=None, description="结果怎样使用，例如：优先续签、限期整改")


class Rater(Record):
    """Who scores, with which weight, and what they look at; raters may look at different objects."""

    kind: RaterKind = Field(description="评分方")
    weight_percent: Percent = Field(description="权重（百分比），各评分方合计 100")
    scope: Text = Field(description="评哪些内容")


class Step(Record):
    """One step of a scoring staircase; the first step that is reached gives the points."""

    at_least_ratio: Threshold | None = Field(default=None, description="完成率不低于，1 表示百分之百")
    at_least: Threshold | None = Field(default=None, description="数值不低于；与 at_least_ratio 二选一")
    points: Points = Field(description="得分")

    @property
    def threshold(self) -> Decimal:
        """The value from which this step counts."""
        return next((bound for bound in (self.at_least_ratio, self.at_least) if bound is not None), Decimal(0))


class Level(Record):
    """One answer a rater may give, with its points."""

    label: Name = Field(description="评分标准，例如：两项都符合")
    points: Points = Field(description="得分")


class IndicatorSource(Record):
    """Where an indicator's points come from; exactly one of `figure`, `judged` and `ratings` is given."""

    figure: AssessedFigure | None = Field(default=None, description="由系统核算的数字，按 steps 得分")
    steps: tuple[Step, ...] = Field(default=(), description="得分台阶，从高到低")
    judged: Flag = Field(default=False, description="由评分方判断打分")
    levels: tuple[Level, ...] = Field(default=(), description="判断时可选的档次，不填则在 0 到满分之间打分")
    ratings: Flag = Field(default=False, description="由服务对象满意度打分折算")

    def points(self, value: Decimal) -> Decimal:
        """Read the points a figure earns; 0 below the last step."""
        return next((step.points for step in self.steps if value >= step.threshold), Decimal(0))


class Indicator(Record):
    """One line of the score sheet."""

    code: Code = Field(description="指标代码")
    name: Name = Field(description="指标名称")
    group: Name = Field(description="所属部分，例如：项目完成情况")
    rater: RaterKind = Field(description="由谁评分")
    max_points: Points = Field(gt=0, description="满分")
    source: IndicatorSource = Field(description="分数从哪里来")


class SpotCheck(Record):
    """The share of projects drawn at random each year, and whether the draw counts in the final score."""

    ratio_percent: Percent = Field(description="每年随机抽查的项目比例（百分比）")
    counts_in_final: Flag = Field(description="抽查结果是否计入末期评估")


class Recusal(Record):
    """Who may not rate (回避): statements each rater confirms before scoring."""

    statements: tuple[Text, ...] = Field(min_length=1, description="评分前每位评分人确认的回避声明")


class Rubric(Record):
    """An assessment scheme.

    A rater's score is 100 times the points given over the points possible on that rater's indicators; the total
    is the sum of the raters' scores by their weights, rounded as `rounding` says.
    """

    rubric: Literal[1] = Field(description="格式版本，目前为 1")
    code: Code = Field(description="评估方案代码，与文件名相同")
    name: Name = Field(description="评估方案名称")
    origin: Text = Field(description="依据什么、在哪里看到的")
    label: Name | None = Field(default=None, description="必须随结果一起印出的说明，例如：示例，未经核实")
    rounding: Rounding = Field(description="取整规则，必须写明")
    bands: tuple[Band, ...] = Field(min_length=2, description="等次，从高到低，最后一档从 0 开始")
    raters: tuple[Rater, ...] = Field(min_length=1, description="评分方和权重")
    indicators: tuple[Indicator, ...] = Field(min_length=1, description="指标")
    spot_check: SpotCheck | None = Field(default=None, description="随机抽查")
    rectification_days: int = Field(strict=True, ge=1, le=365, description="整改期限（天）")
    late_without_reason_fails: Flag = Field(default=False, description="无正当理由逾期不交材料是否判为不合格")
    recusal: Recusal = Field(description="回避")

    def rounded(self, score: Decimal) -> Decimal:
        """Round a total score as the scheme says."""
        if self.rounding.mode is RoundingMode.NONE:
            return score
        mode = ROUND_HALF_UP if self.rounding.mode is RoundingMode.HALF_UP else ROUND_DOWN
        return score.quantize(Decimal(1).scaleb(-self.rounding.places), rounding=mode)

    def band_of(self, score: Decimal) -> Band:
        """Find the band of a total score from 0 to 100; the score is rounded first."""
        rounded = self.rounded(score)
        return next((band for band in self.bands if rounded >= band.at_least), self.bands[-1])

    def indicators_of(self, rater: RaterKind) -> tuple[Indicator, ...]:
        """List the indicators a rater scores."""
        return tuple(indicator for indicator in self.indicators if indicator.rater is rater)
