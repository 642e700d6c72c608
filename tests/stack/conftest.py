"""Looking for processes that should be gone."""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

SERVICES = (
    "DATABASE_URL",
    "MIGRATION_DATABASE_URL",
    "ADMIN_DATABASE_URL",
    "REDIS_URL",
    "CACHE_URL",
)
PROC = Path("/proc")


def processes_of(folder: Path) -> list[str]:
    """Every process that was started in, for, or with this folder."""
    needle = str(folder).encode()
    found = []
    for process in PROC.glob("[0-9]*"):
        try:
            told = (process / "cmdline").read_bytes()
            known = told + (process / "environ").read_bytes()
            known += os.fsencode((process / "cwd").readlink())
        except OSError:
            continue
        if needle in known and int(process.name) != os.getpid():
            found.append(told.replace(b"\0", b" ").decode(errors="replace"))
    return found


def until(seen: Callable[[], bool], *, seconds: float = 30) -> bool:
    """Whether it is seen in time."""
    deadline = time.monotonic() + seconds
    while not seen():
        if time.monotonic() > deadline:
            return False
    return True


@pytest.fixture
def output() -> StringIO:
    """What the person at the terminal reads."""
    return StringIO()


@pytest.fixture
def console(output: StringIO) -> Console:
    """A terminal of 200 columns that keeps what it is told."""
    return Console(file=output, width=200, highlight=False)


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A folder for a PostgreSQL of its own, which does not run as root.

    Not below pytest's folder: any pytest of the same user locks others out of it.
    """
    with tempfile.TemporaryDirectory(prefix="hanportal-test-") as folder:
        yield Path(folder)


@pytest.fixture
def own_environment(scratch: Path) -> dict[str, str]:
    """Our environment without the services that these tests themselves use."""
    kept = {name: value for name, value in os.environ.items() if name not in SERVICES}
    return {**kept, "TMPDIR": str(scratch)}


@pytest.fixture(autouse=True)
def _only_where_proc_is() -> None:
    if sys.platform != "linux":
        pytest.skip("processes are looked for in /proc")
