"""A portal of the tests' own: it takes callbacks and keeps them."""

import queue
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.demo.waiting import PATIENCE


@dataclass(frozen=True)
class Callback:
    """What the simulator posted, and to where."""

    path: str
    headers: dict[str, str]
    body: bytes


class Portal:
    """Listens on loopback. Each test has an address of its own on it."""

    def __init__(self) -> None:
        """Start listening on a free port."""
        self._received: dict[str, queue.Queue[Callback]] = {}
        self._statuses: dict[str, list[int]] = {}
        self._count = 0
        portal = self

        class Handler(BaseHTTPRequestHandler):
            """Keeps what comes and answers as told."""

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): text for name, text in self.headers.items()}
                status = portal.take(Callback(self.path, headers, body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def address(self, *, answers: Iterable[int] = ()) -> str:
        """A new address; it gives these statuses in turn, then 200 for good."""
        self._count += 1
        path = f"/hes/{self._count}/callback/"
        self._received[path] = queue.Queue()
        self._statuses[path] = list(answers)
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def next(self, address: str) -> Callback:
        """Wait for the next callback at this address."""
        return self._at(address).get(timeout=PATIENCE)

    def waiting(self, address: str) -> int:
        """How many callbacks have come that nobody has taken."""
        return self._at(address).qsize()

    def take(self, callback: Callback) -> int:
        """Keep a callback; the status to answer."""
        statuses = self._statuses[callback.path]
        status = statuses.pop(0) if statuses else 200
        self._received[callback.path].put(callback)
        return status

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _at(self, address: str) -> "queue.Queue[Callback]":
        return self._received["/" + address.split("/", 3)[3]]
