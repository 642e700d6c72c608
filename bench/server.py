"""A PostgreSQL for one measurement: the wheel's own, with fsync on, on this disk."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from hanportal.demo.stack import postgres
from hanportal.demo.stack.foundation import Foundation
from hanportal.demo.stack.layout import Folder, Ports
from hanportal.demo.stack.supervisor import Supervisor


@contextmanager
def services() -> Iterator[dict[str, str]]:
    """Addresses of a PostgreSQL and two Valkeys that end with the context."""
    with tempfile.TemporaryDirectory(prefix="hanportal-bench-") as scratch:
        Path(scratch).chmod(0o711)
        foundation = Foundation(
            folder=Folder.open(Path(scratch) / "data"),
            ports=Ports.free(),
            parameters=postgres.DURABLE,
        )
        with Supervisor(Console(stderr=True)) as supervisor:
            yield foundation.start(supervisor, {})


def psql() -> Path:
    """The wheel's psql, as old as its server."""
    return postgres.BINARIES / "psql"
