"""Supervision of the loopback Prefect server: one for a data folder, started beside other work, stopped in order.

A server that is already running for this folder is used and left running. What it prints goes to `server.log` in
Prefect's home. This module starts and stops; whether the lifecycle needs a server is not its business (it does not).
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import IO

from flows.environment import loopback_url, prefect_home, server_variables, without_prefect
from flows.loopback import ADDRESS_FILE, ALREADY_RUNNING, LOCK_FILE
from linkage.settings import Settings

START_SECONDS = 180.0
_STOP_SECONDS = 15.0
_POLL_SECONDS = 0.1
_LOG_BYTES = 5_000_000
_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))

Progress = Callable[[float], None]


def answers(api_url: str, timeout_seconds: float = 2.0) -> bool:
    """Say whether a Prefect API answers at an address (it answers once its database is migrated)."""
    try:
        with _NO_PROXY.open(f"{api_url}/health", timeout=timeout_seconds) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError, ValueError):
        return False


@dataclass
class LoopbackServer:
    """A loopback server of one data folder, ours or one that was there before.

    Parameters
    ----------
    process
        None if the server was there before; it is then not ours to stop.
    """

    home: Path
    process: subprocess.Popen[bytes] | None
    _port: int | None = field(default=None, repr=False)

    @property
    def port(self) -> int | None:
        """The port, once the server's process has bound one (a moment after its start)."""
        if self._port is None:
            address = _address(self.home)
            if address is not None and (self.process is None or address[0] == self.process.pid):
                self._port = address[1]
        return self._port

    @property
    def is_alive(self) -> bool:
        """Whether its process runs; it may not answer yet."""
        return self.process.poll() is None if self.process is not None else _is_locked(self.home)

    def wait_address(self, timeout_seconds: float = 30.0) -> str | None:
        """Return the API address, known long before it answers; None if the server did not come up."""
        until = time.monotonic() + timeout_seconds
        while time.monotonic() < until:
            if self.port is not None:
                return loopback_url(self.port)
            if not self.is_alive:
                if self.process is None or self.process.returncode != ALREADY_RUNNING:
                    return None
                self.process = None  # another process was faster: use its server
            time.sleep(_POLL_SECONDS / 5)
        return None

    def wait_ready(
        self, timeout_seconds: float = START_SECONDS, on_progress: Progress | None = None, stop: Event | None = None
    ) -> bool:
        """Wait until the API answers; False if it ended, did not answer in time, or `stop` was set.

        Parameters
        ----------
        on_progress
            Called a few times a second with the seconds waited so far.
        """
        began = time.monotonic()
        api_url = self.wait_address(timeout_seconds)
        while api_url is not None and time.monotonic() - began < timeout_seconds:
            if answers(api_url):
                return True
            if not self.is_alive or (stop is not None and stop.is_set()):
                return False
            if on_progress is not None:
                on_progress(time.monotonic() - began)
            time.sleep(_POLL_SECONDS)
        return False

    def revive(self) -> None:
        """Start the server again, at the same port, if it was ours and has ended by itself."""
        if self.process is None or self.process.poll() is None:
            return
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.home.mkdir(parents=True, exist_ok=True)
        self.process = _launch(self.home, self._port or 0)

    def stop(self) -> None:
        """Stop the server in order if it is ours; returns when its process is gone."""
        process, self.process = self.process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def start_in_background(settings: Settings) -> LoopbackServer:
    """Start the folder's loopback server, or find the one that runs; returns at once."""
    home = prefect_home(settings)
    home.mkdir(parents=True, exist_ok=True)
    if _is_locked(home):
        return LoopbackServer(home, None)
    known = _address(home)
    port = settings.prefect_port or (known[1] if known else 0)
    return LoopbackServer(home, _launch(home, port))


def _launch(home: Path, port: int) -> subprocess.Popen[bytes]:
    with _open_log(home) as log:
        return subprocess.Popen(  # noqa: S603  # our own module, no words from outside
            [sys.executable, "-m", "flows.loopback", str(home), str(port)],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            cwd=home,  # a `.env` or `prefect.toml` of the current folder is not its business
            env=without_prefect(os.environ) | server_variables(home),
            start_new_session=True,  # Ctrl-C is for us; we stop the server when our own work is put down
        )


def _open_log(home: Path) -> IO[bytes]:
    path = home / "server.log"
    if path.exists() and path.stat().st_size > _LOG_BYTES:
        path.replace(home / "server.log.1")
    return path.open("ab")


def _address(home: Path) -> tuple[int, int] | None:
    """Return process id and port as the last server told them."""
    try:
        told = json.loads((home / ADDRESS_FILE).read_text(encoding="utf-8"))
        return int(told["pid"]), int(told["port"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_locked(home: Path) -> bool:
    """Say whether a living server holds the folder's lock."""
    try:
        lock = os.open(home / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(lock)
    return False
