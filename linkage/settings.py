"""What an installation may tune: read from `config/linkage.toml`, a file of the user's own and the environment.

This module decides where values come from and that they are valid; it reads nothing at import time. The
environment (`LINKAGE_…`) wins over the user's file (`LINKAGE_SETTINGS` or `linkage.toml` in the data folder),
which wins over the defaults that `config/linkage.toml` ships.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from linkage.errors import MisconfiguredSetting
from linkage.terms import MatchObjective

ENVIRONMENT_PREFIX = "LINKAGE_"


def assets_folder(name: str) -> Path:
    """Return the folder `templates` or `config`: beside the package in a checkout, inside it when installed."""
    package = Path(__file__).resolve().parent
    beside = package.parent / name
    return beside if beside.is_dir() else package / "_assets" / name


class Mode(StrEnum):
    """Who runs the stages: this process, one supervised worker, or workers of a Prefect server."""

    INLINE = "inline"
    EMBEDDED = "embedded"
    SERVER = "server"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MatchingSettings(_Section):
    """Weights and limits of matching."""

    area_mismatch_cost: Annotated[int, Field(ge=0, le=1000)] = 20
    answer_within_hours: Annotated[int, Field(ge=1, le=720)] = 72
    objectives: tuple[MatchObjective, ...] = (MatchObjective.UNMET_PRIORITY, MatchObjective.COST)


class SchedulingSettings(_Section):
    """Limits of the roster; minutes are of service, not of travel."""

    max_minutes_per_day: Annotated[int, Field(ge=30, le=720)] = 360
    max_minutes_per_month: Annotated[int, Field(ge=60, le=20000)] = 2400
    buffer_minutes: Annotated[int, Field(ge=0, le=240)] = 30
    answer_within_hours: Annotated[int, Field(ge=1, le=720)] = 48
    solver_seconds: Annotated[float, Field(gt=0, le=600)] = 10.0


class DeliverySettings(_Section):
    """How check-ins become minutes and when a record is flagged."""

    min_presence_ratio: Annotated[float, Field(ge=0, le=1)] = 0.6
    max_overrun_minutes: Annotated[int, Field(ge=0, le=600)] = 60
    rounding_minutes: Annotated[int, Field(ge=1, le=60)] = 1
    record_within_working_days: Annotated[int, Field(ge=1, le=60)] = 10


class OutboxSettings(_Section):
    """How messages leave (reliability: attempts, back-off, lease)."""

    max_attempts: Annotated[int, Field(ge=1, le=20)] = 8
    base_delay_seconds: Annotated[int, Field(ge=1, le=3600)] = 30
    max_delay_seconds: Annotated[int, Field(ge=1, le=86400)] = 3600
    lease_seconds: Annotated[int, Field(ge=10, le=3600)] = 300
    repeat_unknown: bool = True
    breaker_failures: Annotated[int, Field(ge=1, le=100)] = 5
    breaker_pause_seconds: Annotated[int, Field(ge=1, le=86400)] = 600


class LifecycleSettings(_Section):
    """The clock of the lifecycle."""

    lease_seconds: Annotated[int, Field(ge=5, le=3600)] = 300
    tick_seconds: Annotated[int, Field(ge=1, le=3600)] = 15


class RetentionSettings(_Section):
    """How long each record class is kept, in days (采购法 art. 42: 15 years; GB/T 40143-2021: 10 years)."""

    project: int = 15 * 366
    volunteer: int = 10 * 366
    survey: int = 3 * 366
    message: int = 366


class Settings(_Section):
    """Everything an installation may tune, validated."""

    data_folder: Path
    database_url: str = ""
    key_file: Path | None = None
    mode: Mode = Mode.EMBEDDED
    prefect_api_url: str = ""
    prefect_port: Annotated[int, Field(ge=0, le=65535)] = 0
    channels_file: Path | None = None
    templates_folder: Path = Field(default_factory=lambda: assets_folder("templates"))
    fonts_folder: Path | None = None
    matching: MatchingSettings = MatchingSettings()
    scheduling: SchedulingSettings = SchedulingSettings()
    delivery: DeliverySettings = DeliverySettings()
    outbox: OutboxSettings = OutboxSettings()
    lifecycle: LifecycleSettings = LifecycleSettings()
    retention: RetentionSettings = RetentionSettings()

    @property
    def url(self) -> str:
        """Return the database address: the one given, or SQLite in the data folder."""
        return self.database_url or f"sqlite:///{self.data_folder / 'linkage.db'}"

    @property
    def key_path(self) -> Path:
        """Return where the organisation keys lie; never inside the database."""
        return self.key_file or self.data_folder / "keys" / "linkage.key"


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"{path}: not valid TOML: {error}"
        raise MisconfiguredSetting(message) from error
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}); set LINKAGE_SETTINGS to a readable file or unset it"
        raise MisconfiguredSetting(message) from error


def _merge(base: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = _merge(below, value) if isinstance(below, dict) and isinstance(value, Mapping) else value
    return merged


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """Read `LINKAGE_MODE` as `mode` and `LINKAGE_OUTBOX__MAX_ATTEMPTS` as `outbox.max_attempts`."""
    values: dict[str, Any] = {}
    for name, value in environment.items():
        if not name.startswith(ENVIRONMENT_PREFIX) or name in {"LINKAGE_DATA", "LINKAGE_SETTINGS"} or not value:
            continue
        path = name.removeprefix(ENVIRONMENT_PREFIX).lower().split("__")
        head = path[0]
        if head not in Settings.model_fields:
            continue
        inner: Any = value
        for key in reversed(path[1:]):
            inner = {key: inner}
        values = _merge(values, {head: inner})
    return values


def load_settings(environment: Mapping[str, str] | None = None, *, data_folder: Path | None = None) -> Settings:
    """Read the settings in force.

    Parameters
    ----------
    environment
        Defaults to the process environment.
    data_folder
        Where the database, keys, mailbox and documents lie; defaults to `LINKAGE_DATA`, else `./data`.

    Raises
    ------
    MisconfiguredSetting
        With one reason for each wrong value.
    """
    environment = os.environ if environment is None else environment
    folder = (data_folder or Path(environment.get("LINKAGE_DATA") or "data")).expanduser().resolve()
    values = _read_toml(assets_folder("config") / "linkage.toml")
    own = environment.get("LINKAGE_SETTINGS")
    own_path = Path(own) if own else folder / "linkage.toml"
    if own or own_path.is_file():
        values = _merge(values, _read_toml(own_path))
    values = _merge(values, _from_environment(environment))
    values["data_folder"] = folder
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        reasons = tuple(f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors())
        message = f"settings are wrong (config/linkage.toml, {own_path}, LINKAGE_… variables)"
        raise MisconfiguredSetting(message, reasons) from error
