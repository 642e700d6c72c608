"""The head-end simulator as a process beside a measurement."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def simulator(folder: Path, fleet: Mapping[str, Any]) -> Iterator[str]:
    """The simulator with this fleet; its address.

    It takes its secrets from the environment, and keeps its ledger in the folder.
    """
    file = folder / "fleet.json"
    file.write_text(json.dumps(fleet), encoding="utf-8")
    log = folder / "simulator.log"
    with log.open("w", encoding="utf-8") as told:
        # Into a file: a pipe that nobody empties would stop it.
        process = subprocess.Popen(  # noqa: S603 -- our own program
            [
                *(sys.executable, "-m", "hanportal.demo.headend"),
                *("--fleet", str(file), "--ledger", str(folder / "ledger.sqlite")),
            ],
            stdout=told,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _address(log, process)
    finally:
        process.terminate()
        process.wait(timeout=10)


def _address(log: Path, process: subprocess.Popen[bytes]) -> str:
    """Where it listens, once it says so."""
    while process.poll() is None:
        said = log.read_text(encoding="utf-8")
        if found := re.search(r"Listening on (http://\S+?)/?$", said, re.MULTILINE):
            return found.group(1)
        time.sleep(0.05)
    raise RuntimeError(f"The simulator did not start: {log.read_text()}")
