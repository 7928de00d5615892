"""The working-day calendar of an installation: shipped, corrected by a file of one's own."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from linkage.errors import MisconfiguredSetting
from linkage.settings import Settings, load_settings
from linkage.stages.working_calendar import calendar_for


def settings_with(folder: Path, text: str) -> Settings:
    """Return settings whose data folder holds a calendar file."""
    (folder / "calendar").mkdir()
    (folder / "calendar" / "china.toml").write_text(text, encoding="utf-8")
    return load_settings({}, data_folder=folder)


def test_own_file_tells_a_year_the_library_lacks(tmp_path: Path) -> None:
    """A year entered in the data folder is known, and its days win."""
    settings = settings_with(
        tmp_path,
        '[[years]]\nyear = 2027\nsource = "国务院办公厅通知"\ndays_off = [2027-10-06]\nwork_days = [2027-10-09]\n',
    )

    calendar = calendar_for(settings, date(2027, 1, 1), date(2027, 12, 31))

    assert 2027 in calendar.known_years
    assert not calendar.is_working(date(2027, 10, 6))
    assert calendar.is_working(date(2027, 10, 9))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("[[years]]\nyear = 2027\n", "years.0.source", id="no-source"),
        pytest.param('[[years]]\nyear = 2027\nsource = "x"\nholidays = []\n', "years.0.holidays", id="unknown-key"),
        pytest.param('[[years]]\nyear = 2027\nsource = "x"\ndays_off = ["soon"]\n', "years.0.days_off.0", id="no-day"),
    ],
)
def test_wrong_calendar_is_told_with_its_place(tmp_path: Path, text: str, reason: str) -> None:
    """Every wrong value of a calendar file is named."""
    settings = settings_with(tmp_path, text)

    with pytest.raises(MisconfiguredSetting, match=r"china\.toml") as refusal:
        calendar_for(settings, date(2027, 1, 1), date(2027, 12, 31))
    assert refusal.value.reasons[0].startswith(reason)


def test_broken_calendar_file_is_told(tmp_path: Path) -> None:
    """A file that is not TOML is named."""
    with pytest.raises(MisconfiguredSetting, match="not valid TOML"):
        calendar_for(settings_with(tmp_path, "[[years"), date(2027, 1, 1), date(2027, 12, 31))
