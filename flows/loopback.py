"""The loopback server's own process: one complete Prefect server on SQLite, for one data folder.

Run as `python -m flows.loopback HOME PORT` by `flows.server`, which holds the other end of standard input: when that
end closes, however the parent died, this process ends too, so that no orphan is left. It is what `prefect server
start` runs, with three changes: the port is bound and told before the slow imports; schedules work under SQLAlchemy
2.1; and transactions that may write begin as writers. With SQLite's default they begin as readers; two that meet make
the server answer 503, and the client then sleeps about two seconds (measured: 3 of 4 runs of a small flow, 1 of 20
with larger batches).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import TYPE_CHECKING

from flows.environment import LOOPBACK, loopback_url

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession, AsyncSessionTransaction

LOCK_FILE = "server.lock"
ADDRESS_FILE = "server.json"
ALREADY_RUNNING = 75  # EX_TEMPFAIL of sysexits.h: another server holds the lock of this folder
_PATIENCE_SECONDS = 10.0


def _end_with_parent() -> None:
    """Stop in order when standard input closes; go without order if that takes too long."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGINT)  # uvicorn raises it again when it has stopped; SIGTERM would then kill
    time.sleep(_PATIENCE_SECONDS)
    os._exit(1)


def _bind(port: int) -> socket.socket:
    """Bind the wanted port, else any that is free."""
    for wanted in dict.fromkeys((port, 0)):
        # The protocol is named, else asyncio leaves Nagle's delay on: 40 ms a request.
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((LOOPBACK, wanted))
        except OSError:
            bound.close()
        else:
            return bound
    message = f"no port can be bound on {LOOPBACK}"
    raise OSError(message)


def _tell_address(home: Path, port: int) -> None:
    draft = home / f"{ADDRESS_FILE}.{os.getpid()}"
    draft.write_text(json.dumps({"pid": os.getpid(), "port": port}), encoding="utf-8")
    draft.replace(home / ADDRESS_FILE)


def _begin_as_writer() -> None:
    """Make each transaction that may write take SQLite's write lock at its start."""
    from prefect.server.database.configurations import AioSqliteConfiguration
    from prefect.server.database.dependencies import set_database_config
    from prefect.settings import PREFECT_SERVER_DATABASE_CONNECTION_URL

    class WriterFirst(AioSqliteConfiguration):
        @contextlib.asynccontextmanager
        async def begin_transaction(
            self,
            session: AsyncSession,
            with_for_update: bool = False,  # noqa: ARG002  # the caller's wish to read first is what we overrule
        ) -> AsyncGenerator[AsyncSessionTransaction, None]:
            async with super().begin_transaction(session, with_for_update=True) as transaction:
                yield transaction

    address = PREFECT_SERVER_DATABASE_CONNECTION_URL.value()
    if address.startswith("sqlite"):
        set_database_config(WriterFirst(connection_url=address))


def _let_schedules_insert() -> None:
    """Let Prefect's scheduler insert its runs under SQLAlchemy 2.1.

    It hands over each run's state beside the columns. SQLAlchemy 2.0 passed over such a key; 2.1 asks the property
    what to do with it and refuses the whole batch (Prefect 3.8.8: no scheduled run is ever made, and a stack trace is
    written each minute). The state is inserted by Prefect's own next statement, so there is nothing to do here.
    """
    from prefect.server.database.orm_models import FlowRun
    from sqlalchemy import inspect
    from sqlalchemy.ext.hybrid import hybrid_property

    state = inspect(FlowRun).all_orm_descriptors["state"]
    if isinstance(state, hybrid_property):
        state.inplace.bulk_dml(lambda _, __, ___: None)


def main(home: Path, port: int) -> int:
    """Serve until standard input closes or a signal asks to stop."""
    lock = os.open(home / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return ALREADY_RUNNING
    bound = _bind(port)
    port = bound.getsockname()[1]
    _tell_address(home, port)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    origin = f"http://{LOOPBACK}:{port}"
    os.environ.update(
        PREFECT_API_URL=loopback_url(port),
        PREFECT_SERVER_API_HOST=LOOPBACK,
        PREFECT_SERVER_API_PORT=str(port),
        PREFECT_SERVER_CORS_ALLOWED_ORIGINS=origin,  # the default lets any page in the browser read the API
    )
    import uvicorn
    from prefect.server.api.server import create_app

    _begin_as_writer()
    _let_schedules_insert()
    server = uvicorn.Server(uvicorn.Config(create_app(final=True), log_level="warning", access_log=False))
    server.run(sockets=[bound])
    return 0


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):  # also uvicorn's way to end, once it has stopped in order
        sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
