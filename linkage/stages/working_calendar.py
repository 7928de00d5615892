"""The working-day calendar of an installation: the library's, corrected by the files people keep.

Shared by the stages that count working days. The shipped `config/calendar` is read first, then `calendar` in the
data folder; the later file wins. It decides nothing: counting stands in `linkage.rules.workdays`.
"""

from __future__ import annotations

import tomllib
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from linkage.errors import MisconfiguredSetting
from linkage.rules.workdays import CalendarYear, WorkCalendar, china_calendar
from linkage.settings import Settings, assets_folder

FILE = "china.toml"


class _Year(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    year: Annotated[int, Field(strict=True, ge=2000, le=2200)]
    source: Annotated[str, Field(min_length=1)]
    days_off: tuple[date, ...] = ()
    work_days: tuple[date, ...] = ()


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    years: tuple[_Year, ...] = ()


def calendar_for(settings: Settings, from_on: date, to_on: date) -> WorkCalendar:
    """Return the calendar that covers a span and the year after it (limits run over New Year).

    Raises
    ------
    MisconfiguredSetting
        If a calendar file is wrong: which, and each wrong value.
    """
    files = (assets_folder("config") / "calendar" / FILE, settings.data_folder / "calendar" / FILE)
    found = tuple((path, path.stat().st_mtime_ns) for path in files if path.is_file())
    return _calendar(found, from_on.year, to_on.year)


@lru_cache(maxsize=16)
def _calendar(files: tuple[tuple[Path, int], ...], from_year: int, to_year: int) -> WorkCalendar:
    """Build a calendar once for each state of the files, each with the instant it was changed."""
    overrides = tuple(year for path, _ in files for year in _read(path))
    return china_calendar(range(from_year, to_year + 2), overrides)


def _read(path: Path) -> tuple[CalendarYear, ...]:
    try:
        held = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MisconfiguredSetting(f"{path}: not valid TOML: {error}") from error
    except ValidationError as error:
        reasons = tuple(f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors())
        raise MisconfiguredSetting(f"{path}: the calendar is wrong; correct these values", reasons) from error
    return tuple(CalendarYear(year.year, year.days_off, year.work_days) for year in held.years)
