"""`make doctor`: look at this machine, change nothing, say what is missing.

It runs with the machine's own Python, before anything is installed.
"""

import fcntl
import os
import shutil
import socket
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from hanportal.demo.setup import bootstrap, system

PROJECT = Path(__file__).resolve().parents[3]
HOST = "127.0.0.1"
DEFAULT_PORT = 8000
PORTS = 8
"""As many as the stack has services; a test compares."""
DISK_GIGABYTES = 3
"""What set-up fills, with room for a demo's data."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    remedy: str = ""
    """How to get it; empty when it is there."""


def python() -> Finding:
    """Whether this Python is new enough and can make an environment."""
    version = ".".join(map(str, sys.version_info[:3]))
    if find_spec("ensurepip") is None:
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        return Finding(
            f"Python {version} without venv",
            f"sudo apt-get install {package} (make does it as root)",
        )
    return Finding(f"Python {version} ({sys.executable})")


def library(need: system.Need) -> Finding:
    """Whether a library or program that no wheel brings is there."""
    what = f"{need.what}, for {need.reason}"
    if need.is_met():
        return Finding(what)
    command = " ".join(system.install_command([need]))
    return Finding(
        what, f"sudo apt-get update && sudo {command} (make does it as root)"
    )


def disk(folder: Path) -> Finding:
    """Whether there is room, unless set-up has filled it already."""
    free = shutil.disk_usage(folder).free / 1e9
    what = f"{free:.0f} GB free where {folder} is"
    if free >= DISK_GIGABYTES or bootstrap.STAMP.exists():
        return Finding(what)
    return Finding(what, f"make room for {DISK_GIGABYTES} GB")


def ports(given: Mapping[str, str]) -> Finding:
    """Whether the stack's ports are free, or held by the demo that runs."""
    text = given.get("HANPORTAL_PORT", str(DEFAULT_PORT))
    if text == "0":
        return Finding("Ports: any that are free")
    if not text.isdigit() or not 1024 <= int(text) <= 65_000:
        return Finding(
            f"HANPORTAL_PORT is {text!r}", "set it to 0 or a number from 1024 to 65000"
        )
    wanted = range(int(text), int(text) + PORTS)
    what = f"Ports {wanted[0]} to {wanted[-1]}"
    taken = [str(port) for port in wanted if is_taken(port)]
    if not taken:
        return Finding(f"{what} are free")
    if demo_runs(given):
        return Finding(f"{what}: the demo runs")
    return Finding(
        f"{what}: taken are {', '.join(taken)}",
        "make run HANPORTAL_PORT=9000 (0 takes any free ones)",
    )


def is_taken(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def demo_runs(given: Mapping[str, str]) -> bool:
    """Whether a stack holds the lock of the data folder."""
    value = given.get("HANPORTAL_DATA", "")
    folder = Path(value).expanduser() if value else PROJECT / ".data"
    try:
        with (folder / "stack.lock").open(encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def examine(given: Mapping[str, str]) -> Iterator[Finding]:
    """Look at everything that `make run` and `make test` need."""
    yield python()
    yield library(system.PANGO)
    yield library(system.CHROMIUM)
    yield ports(given)
    yield disk(PROJECT)


def main() -> int:
    """Tell what was found; 1 when something is missing."""
    missing = 0
    for finding in examine(os.environ):
        mark = "✗" if finding.remedy else "✓"
        sys.stdout.write(f"  {mark} {finding.what}\n")
        if finding.remedy:
            missing += 1
            sys.stdout.write(f"      → {finding.remedy}\n")
    if not missing:
        sys.stdout.write("Nothing is missing.\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
