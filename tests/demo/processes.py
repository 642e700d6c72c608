"""Starting the demo's programs as real processes, and ending them."""

import os
import queue
import re
import subprocess
import sys
import threading
from pathlib import Path

from tests.demo.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[2]


class Program:
    """A child process whose log says where it listens."""

    def __init__(self, module: str, *arguments: str) -> None:
        """Start `python -m module` with these arguments."""
        self._lines: queue.Queue[str] = queue.Queue()
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def line(self, pattern: str) -> re.Match[str]:
        """Wait for a log line that fits."""
        while True:
            if match := re.search(pattern, self._lines.get(timeout=PATIENCE)):
                return match

    def stop(self) -> int:
        """Ask it to end; its exit status."""
        self.process.terminate()
        return self.ended()

    def kill(self) -> None:
        """End it without asking."""
        self.process.kill()
        self.ended()

    def ended(self) -> int:
        """Wait for its end; its exit status."""
        status = self.process.wait(timeout=PATIENCE)
        self._reader.join(timeout=PATIENCE)
        if self.process.stdout:
            self.process.stdout.close()
        return status

    def _read(self) -> None:
        if self.process.stdout:
            for line in self.process.stdout:
                self._lines.put(line)
