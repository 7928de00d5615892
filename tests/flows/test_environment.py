"""Prefect's settings: ours win over whatever lies in the current folder or the environment."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from flows.environment import client_variables, enter, loopback_url, server_variables, without_prefect
from linkage.settings import load_settings

SCRIPT = """
import json, sys
from pathlib import Path
from flows.environment import enter, without_heartbeats
from linkage.settings import load_settings
enter(load_settings({"LINKAGE_MODE": sys.argv[2]}, data_folder=Path(sys.argv[1])), "http://127.0.0.1:4999/api")
from prefect.settings import get_current_settings
with without_heartbeats():
    heartbeat = get_current_settings().flows.heartbeat_frequency
now = get_current_settings()
print(json.dumps({"url": now.api.url, "home": str(now.home), "level": now.logging.level,
  "ephemeral": now.server.ephemeral.enabled, "analytics": now.server.analytics_enabled, "heartbeat": heartbeat,
  "serializer": now.results.default_serializer, "profiles": str(now.profiles_path)}))
"""


def _settings_seen(folder: Path, data: Path, mode: str, environment: dict[str, str]) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(data), mode],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    seen: dict[str, object] = json.loads(done.stdout)
    return seen


def test_settings_of_the_current_folder_do_not_redirect(tmp_path: Path) -> None:
    """A user's `.env`, `prefect.toml` and exported variables for another server change nothing of ours."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / ".env").write_text(
        "PREFECT_API_URL=http://example.invalid/api\nPREFECT_LOGGING_LEVEL=DEBUG\nPREFECT_PROFILES_PATH=/nowhere.toml\n"
    )
    (folder / "prefect.toml").write_text(
        '[api]\nurl = "http://example.invalid/api"\n[results]\ndefault_serializer = "pickle"\n'
    )
    data = tmp_path / "data"

    seen = _settings_seen(folder, data, "embedded", {"PREFECT_API_URL": "http://other.invalid/api"})

    assert seen == {
        "url": "http://127.0.0.1:4999/api",
        "home": str(data / "prefect"),
        "level": "WARNING",
        "ephemeral": False,
        "analytics": False,
        "heartbeat": None,
        "serializer": "json",
        "profiles": str(data / "prefect" / "profiles.toml"),
    }


@pytest.mark.parametrize(("mode", "kept"), [("embedded", False), ("server", True)])
def test_own_variables_stay_only_in_server_mode(tmp_path: Path, mode: str, kept: bool) -> None:
    """What an operator exports for Prefect (an authorisation string) is for the server of `server` mode only."""
    environment = {"PREFECT_API_AUTH_STRING": "who:what", "no_proxy": "intranet"}

    enter(load_settings({"LINKAGE_MODE": mode}, data_folder=tmp_path), loopback_url(4999), environment)

    assert ("PREFECT_API_AUTH_STRING" in environment) is kept
    assert environment["PREFECT_API_URL"] == "http://127.0.0.1:4999/api"
    assert environment["no_proxy"] == "intranet,127.0.0.1,localhost"


def test_server_keeps_its_records_in_its_home(tmp_path: Path) -> None:
    """The server's database lies in the data folder, and telemetry is off by both switches."""
    variables = server_variables(tmp_path)

    assert variables["PREFECT_SERVER_DATABASE_CONNECTION_URL"] == f"sqlite+aiosqlite:///{tmp_path}/prefect.db"
    assert variables["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert variables["DO_NOT_TRACK"] == "1"
    assert "PREFECT_API_URL" not in variables


def test_environment_for_the_server_is_cleared_first() -> None:
    """Variables for some other Prefect do not reach our server."""
    assert without_prefect({"PREFECT_API_KEY": "x", "PATH": "y"}) == {"PATH": "y"}


def test_client_fails_rather_than_start_a_server_by_surprise(tmp_path: Path) -> None:
    """Without an address Prefect would start a temporary server; ours never may."""
    variables = client_variables(tmp_path, loopback_url(1))

    assert variables["PREFECT_SERVER_ALLOW_EPHEMERAL_MODE"] == "false"
    assert variables["PREFECT_API_URL"]
