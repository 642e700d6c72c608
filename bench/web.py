"""Our web server beside a measurement, with the measurement's own database."""

import multiprocessing
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.wsgi import get_wsgi_application
from django.db import connections
from gunicorn.app.base import BaseApplication


class Portal(BaseApplication):
    """gunicorn with one worker, on a socket that is open already."""

    def __init__(self, listening: socket.socket) -> None:
        self.listening = listening
        super().__init__()

    def load_config(self) -> None:
        """As quiet as it can be."""
        self.cfg.set("bind", f"fd://{self.listening.fileno()}")
        self.cfg.set("workers", 1)
        self.cfg.set("loglevel", "error")

    def load(self) -> object:
        """The portal."""
        return get_wsgi_application()


@contextmanager
def bound() -> Iterator[tuple[socket.socket, int]]:
    """A socket on a free port of the loopback, and the port."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(512)
        listening.set_inheritable(True)
        yield listening, listening.getsockname()[1]


@contextmanager
def web(listening: socket.socket) -> Iterator[None]:
    """Serve the portal there, from the database that Django is connected to."""
    connections.close_all()
    server = multiprocessing.get_context("fork").Process(
        target=Portal(listening).run, daemon=False
    )
    server.start()
    try:
        yield
    finally:
        server.terminate()
        server.join(timeout=20)
