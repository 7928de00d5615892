"""Prefect's settings: what is put into the environment before Prefect is imported for the first time.

This module decides where Prefect keeps its files, which server it speaks to and what it is silent about; it does
not import Prefect at its top, so that a process may load it and never pay for Prefect. The values and their
reasons were measured on Prefect 3.8.8. Environment variables win over a `.env`, a `prefect.toml` and a profile,
so every setting that could redirect us is set here, even to its default.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from pathlib import Path

from linkage.settings import Mode, Settings

LOOPBACK = "127.0.0.1"
_LOGGING_FILE = Path(__file__).with_name("logging.yml")


def prefect_home(settings: Settings) -> Path:
    """Return the folder of everything Prefect writes; it may be deleted while nothing runs."""
    return settings.data_folder / "prefect"


def client_variables(home: Path, api_url: str) -> dict[str, str]:
    """Return what a process needs that runs flows against the server at `api_url`."""
    return {
        "PREFECT_HOME": str(home),
        "PREFECT_PROFILES_PATH": str(home / "profiles.toml"),
        "PREFECT_API_URL": api_url,
        # Both names: some code paths of 3.8 read one, some the other.
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_CLIENT_MAX_RETRIES": "3",  # 5 would hold a stage for a minute when the server goes away
        "PREFECT_LOGGING_SETTINGS_PATH": str(_LOGGING_FILE),
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_LOGGING_COLORS": "false",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json",
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
    }


def server_variables(home: Path) -> dict[str, str]:
    """Return what our loopback server needs; its address is added by the process that has bound it."""
    variables = client_variables(home, "")
    del variables["PREFECT_API_URL"], variables["PREFECT_LOGGING_SETTINGS_PATH"]
    return variables | {
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{home / 'prefect.db'}",
        "PREFECT_API_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{home / 'prefect.db'}",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        # Batches of 1, the default, cost four times the processor time per task.
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
        "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "100",
        "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "100",
        "PREFECT_SERVER_SERVICES_TRIGGERS_READ_BATCH_SIZE": "100",
        # The record is for looking back a month, not for ever; ours is the database that is kept.
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(30 * 86400),
        "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "P3D",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    }


def without_prefect(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment cleared of Prefect settings made for something else."""
    return {name: value for name, value in environment.items() if not name.startswith("PREFECT_")}


def loopback_url(port: int) -> str:
    """Return the API address of a server on this machine."""
    return f"http://{LOOPBACK}:{port}/api"


def enter(settings: Settings, api_url: str, environment: MutableMapping[str, str] | None = None) -> None:
    """Set this process up for flows against `api_url`; call it before anything imports Prefect.

    In `server` mode the operator's own `PREFECT_…` variables stay (an authorisation string is one of them); in
    `embedded` mode they are meant for some other server and are taken out.
    """
    environment = os.environ if environment is None else environment
    home = prefect_home(settings)
    home.mkdir(parents=True, exist_ok=True)
    if settings.mode is not Mode.SERVER:
        for name in [name for name in environment if name.startswith("PREFECT_")]:
            del environment[name]
    environment.update(client_variables(home, api_url))
    for name in ("NO_PROXY", "no_proxy"):  # a proxy of the office network cannot reach our loopback
        known = [part for part in environment.get(name, "").split(",") if part]
        environment[name] = ",".join(dict.fromkeys([*known, LOOPBACK, "localhost"]))
    if "prefect" in sys.modules:
        from prefect.context import refresh_global_settings_context

        refresh_global_settings_context()


@contextmanager
def without_heartbeats() -> Iterator[None]:
    """Run flows without Prefect's heartbeat thread, whose join costs each synchronous flow a second.

    No environment value turns it off. It holds for the thread that enters it.
    """
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield
