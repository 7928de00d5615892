"""A printed figure: the number with everything that lets a reader check it.

A figure is never a bare number. It says its unit, the day it was counted to, how many records stand behind
it and the code under which those records are found. This module holds the shape only; whether a percentage
is possible and which figures may be combined is decided in `linkage.rules.figures`.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import model_validator

from linkage.schemas.record import Count, Name, Record

PERCENT_UNIT = "%"
YUAN_UNIT = "元"
MINUTES_UNIT = "分钟"


class Period(Record):
    """A span of days, both ends included (Asia/Shanghai)."""

    from_on: date
    to_on: date

    @model_validator(mode="after")
    def _in_order(self) -> Period:
        if self.to_on < self.from_on:
            raise ValueError(f"a period ends on or after its first day, not {self.to_on} before {self.from_on}")
        return self


class Share(Record):
    """A part of a whole, kept as its two counts so that no percentage is printed without its n."""

    numerator: Count
    denominator: Count


class Figure(Record):
    """One number of a report.

    Parameters
    ----------
    figure_id
        The stored figure; `linkage trace` takes it.
    trace
        The short code printed beside the number (`F12`).
    value
        In `unit`: an integer count, minutes for 分钟, yuan with two decimals for 元, 0 to 100 for %.
        None where nothing was counted, which is not zero.
    n_records
        How many records lead to the number.
    n_responses
        How many people answered, for a percentage taken from answers.
    numerator, denominator
        The two counts of a ratio, where they are known.
    cut_off_on
        The last day whose records are in the number.
    """

    figure_id: int
    code: Name
    label: Name
    value: int | Decimal | None
    unit: Name
    n_records: Count
    n_responses: Count | None = None
    numerator: Count | None = None
    denominator: Count | None = None
    cut_off_on: date
    period: Period
    note: str = ""
    trace: Name

    @model_validator(mode="after")
    def _percentage_has_its_n(self) -> Figure:
        if (self.numerator is None) != (self.denominator is None):
            raise ValueError("numerator and denominator come together or not at all")
        if self.unit == PERCENT_UNIT and self.value is not None and self.n is None:
            raise ValueError("a percentage needs n_responses, or numerator and denominator")
        return self

    @property
    def n(self) -> int | None:
        """The base of a percentage: the denominator, else the number of answers."""
        return self.n_responses if self.denominator is None else self.denominator
