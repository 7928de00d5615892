"""A vendor on loopback that answers as a test says: well, with an error code, late, or not at all."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Answer:
    """What the vendor does with one request."""

    document: object = field(default_factory=lambda: {"errcode": 0, "errmsg": "ok"})
    status: int = 200
    fault: str = ""  # "late": no answer in time; "reset": the line breaks; "redirect": to another place


OK = Answer()


@dataclass
class Vendor:
    """What a vendor was asked, and its answers to come; the last one stays."""

    port: int = 0
    answers: list[Answer] = field(default_factory=lambda: [OK])
    requests: list[tuple[str, dict[str, list[str]], Any]] = field(default_factory=list)
    wait: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def address(self) -> str:
        """Return where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def texts(self) -> list[str]:
        """Return the texts of the messages it was given, whatever the vendor."""
        return [
            document.get("text", document.get("content", {})).get("content")
            or document.get("content", {}).get("text", "")
            for _, _, document in self.requests
        ]

    def next(self) -> Answer:
        """Return the answer to the next request."""
        with self.lock:
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def a_vendor(*answers: Answer) -> Iterator[Vendor]:
    """Run a vendor for a while."""
    vendor = Vendor(answers=list(answers) or [OK])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            split = urlsplit(self.path)
            is_json = self.headers["Content-Type"].startswith("application/json")
            document = json.loads(content) if is_json else parse_qs(content.decode())
            with vendor.lock:
                vendor.requests.append((split.path, parse_qs(split.query), document))
            answer = vendor.next()
            if answer.fault == "late":
                vendor.wait.wait(5)
                self.close_connection = True
                return
            if answer.fault == "reset":
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            body = answer.document if isinstance(answer.document, bytes) else json.dumps(answer.document).encode()
            self.send_response(302 if answer.fault == "redirect" else answer.status)
            if answer.fault == "redirect":
                self.send_header("Location", f"{vendor.address}/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST  # noqa: N815 - http.server calls it so

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    vendor.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield vendor
    finally:
        vendor.wait.set()
        server.shutdown()
        server.server_close()
        thread.join()
