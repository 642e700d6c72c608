"""The stage of the journey: the portal served on loopback, and an eID beside it.

Every reference is drawn as wide as one can be, so that a page that fits, fits always.
"""

import itertools
import json
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from unittest.mock import patch
from urllib.error import URLError

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test.testcases import LiveServerThread

from orders.models import references

STARTING_SECONDS = 30


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def portal_on(port: int) -> Iterator[str]:
    """The portal with its static files, in a thread of this process."""
    server = LiveServerThread("127.0.0.1", StaticFilesHandler, port=port)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    if server.error:
        raise server.error
    try:
        with patch.object(references, "_signs", _widest_signs()):
            yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()


def _widest_signs() -> Callable[[], str]:
    """Draws eight signs as wide as any, a new eight each time."""
    drawn = itertools.product("WM", repeat=8)
    return lambda: "{}{}{}{}-{}{}{}{}".format(*next(drawn))


@contextmanager
def eid_on(
    port: int, *, portal: str, people: list[dict[str, str]], folder: Path
) -> Iterator[str]:
    """The demo's eID provider as a process of its own."""
    file = folder / "people.json"
    file.write_text(json.dumps(people), encoding="utf-8")
    issuer = f"http://127.0.0.1:{port}"
    command = [
        *(sys.executable, "-m", "hanportal.demo.eid", "--port", str(port)),
        *("--people", str(file), "--issuer", issuer),
        *("--client-id", "hanportal-test", "--client-secret", "a-secret-of-the-tests"),
        *("--redirect-uri", f"{portal}/logg-inn/retur/"),
        *("--post-logout-redirect-uri", f"{portal}/"),
    ]
    process = subprocess.Popen(command)
    try:
        _wait_for(f"{issuer}/.well-known/openid-configuration")
        yield issuer
    finally:
        process.terminate()
        process.wait(timeout=STARTING_SECONDS)


def _wait_for(address: str) -> None:
    pause = threading.Event()
    for _attempt in range(STARTING_SECONDS * 10):
        with suppress(URLError, ConnectionError):
            urllib.request.urlopen(address, timeout=2).close()
            return
        pause.wait(0.1)
    raise TimeoutError(f"{address} did not answer in {STARTING_SECONDS} seconds.")
