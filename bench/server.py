"""A PostgreSQL for one measurement: the wheel's own, with fsync on, on this disk."""

import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from hanportal.demo.stack import postgres
from hanportal.demo.stack.foundation import Foundation
from hanportal.demo.stack.layout import Folder, Ports
from hanportal.demo.stack.supervisor import STOP_SIGNALS, Supervisor


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
            addresses = foundation.start(supervisor, {})
            # The supervisor only notes a signal; a measurement is to end with it.
            for number in STOP_SIGNALS:
                signal.signal(number, lambda *_received: sys.exit(130))
            yield addresses


def psql() -> Path:
    """The wheel's psql, as old as its server."""
    return postgres.BINARIES / "psql"
